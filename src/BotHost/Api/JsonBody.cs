using System.Net.Mime;
using System.Text.Json;
using System.Text.Json.Serialization;
using CodingAgent.BotHost.Web;
using Microsoft.Net.Http.Headers;

namespace CodingAgent.BotHost.Api;

/// <summary>
/// Reads a small JSON body. The framework's own binding reads before the API key was looked at and refuses without words; a misspelt
/// member would be dropped in silence.
/// </summary>
internal static class JsonBody
{
    // The longest goal, escaped in the most wasteful way, and as much again.
    private const long MaxBytes = 1024 * 1024;

    private static readonly JsonSerializerOptions Json =
        new(JsonSerializerDefaults.Web) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    /// <summary>The body (an empty one has no member set), or the answer that says what is wrong with it.</summary>
    public static async Task<(T? Value, IResult? Refusal)> ReadAsync<T>(HttpRequest request)
        where T : class, new()
    {
        using var body = await BoundedBody.ReadAsync(request, MaxBytes, request.HttpContext.RequestAborted);
        if (body is null)
            return (null, Results.Problem($"The body is larger than {MaxBytes} bytes.", statusCode: StatusCodes.Status413PayloadTooLarge));
        if (body.Bytes.IsEmpty)
            return (new T(), null);
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.MediaType.Equals(MediaTypeNames.Application.Json, StringComparison.OrdinalIgnoreCase))
            return (null, Results.Problem("Send the body as JSON, with 'Content-Type: application/json'.", statusCode: StatusCodes.Status415UnsupportedMediaType));
        try
        {
            return JsonSerializer.Deserialize<T>(body.Bytes.Span, Json) is { } value ? (value, null) : (null, Bad("The body is null; it must be a JSON object."));
        }
        catch (JsonException e)
        {
            var known = typeof(T).GetProperties().Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name));
            return (null, Bad($"The body cannot be read at {ApiText.Shown(e.Path ?? "$")}, line {(e.LineNumber ?? 0) + 1}; it is a JSON object with {string.Join(", ", known)}."));
        }
    }

    private static IResult Bad(string detail) => Results.Problem(detail, statusCode: StatusCodes.Status400BadRequest);
}
