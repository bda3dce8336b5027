using System.Net.Http.Headers;
using System.Net.Mime;
using System.Text.Json;

namespace CodingAgent.Forges.Webhooks;

/// <summary>What is asked of a delivery of any forge.</summary>
internal static class WebhookBody
{
    /// <summary>Whether a request says that it is of a media type.</summary>
    public static bool Is(Func<string, string?> header, string mediaType) =>
        MediaTypeHeaderValue.TryParse(header("Content-Type"), out var type) && string.Equals(type.MediaType, mediaType, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a request says that it is JSON.</summary>
    public static bool SaysJson(Func<string, string?> header) => Is(header, MediaTypeNames.Application.Json);

    /// <summary>Ids and event names become keys, markers and log text.</summary>
    public static bool IsName(string? value) => value is { Length: > 0 and <= 100 } && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    /// <summary>Whether a body is a JSON object, to its end.</summary>
    public static bool IsJsonObject(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            while (reader.Read())
            {
                // Reading to the end checks the grammar without building anything.
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
