using System.Net.Mime;
using System.Text;
using CodingAgent.BotHost.Api;
using CodingAgent.BotHost.Web;
using CodingAgent.Storage;
using Google.Protobuf;
using Microsoft.Net.Http.Headers;
using Temporalio.Api.Common.V1;

namespace CodingAgent.BotHost.Codec;

/// <summary>
/// Temporal's remote codec protocol: its command line and pages send payloads here and get them opened, or sealed, back. For holders of an
/// administrator's API key, and for browsers that logged in with one and show a page of a configured origin.
/// </summary>
public static class CodecEndpoints
{
    /// <summary>Where it is.</summary>
    public const string Path = "/codec";

    private const string CorsPolicy = "temporal-pages";

    // What Temporal's server answers in one page of a history is at most 4 MB; Base64 and room beside it.
    private const long MaxBytes = 16 * 1024 * 1024;

    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    /// <summary>Registers what it needs.</summary>
    public static void AddCodec(this IServiceCollection services, IReadOnlyList<string> origins)
    {
        // Headers as Temporal's pages send them; answers are JSON and nothing else.
        services.AddCors(cors => cors.AddPolicy(CorsPolicy, policy => policy
            .WithOrigins([.. origins]).WithMethods("POST").WithHeaders("Content-Type", "X-Namespace", "Authorization").AllowCredentials()));
        services.AddSingleton(p => new SealedPayloads(p.GetRequiredService<PayloadCipher>()));
    }

    /// <summary>Maps it.</summary>
    /// <param name="app">The application.</param>
    /// <param name="origins">Origins of Temporal's pages; none where only the command line asks.</param>
    public static void MapCodec(this WebApplication app, IReadOnlyList<string> origins)
    {
        var login = origins.Count == 0 ? null : new CodecLogin(app.Services.GetRequiredService<ApiAccess>(), origins);
        var codec = app.MapGroup(Path).RequireAuthorization(policy => policy.AddKeys().RequireAssertion(
            context => context.User.IsInRole(nameof(ApiRole.Admin)) || (context.Resource is HttpContext http && login?.Admits(http.Request) == true)));
        if (origins.Count > 0)
            codec.RequireCors(CorsPolicy);
        codec.MapPost("/encode", (HttpRequest request, SealedPayloads payloads) => AnswerAsync(request, payloads.EncodeAsync));
        codec.MapPost("/decode", (HttpRequest request, SealedPayloads payloads) => AnswerAsync(request, payloads.DecodeAsync));
        login?.Map(app, Path);
    }

    private static async Task<IResult> AnswerAsync(HttpRequest request, Func<IReadOnlyCollection<Payload>, Task<IReadOnlyCollection<Payload>>> convert)
    {
        // A form could be sent from anywhere without asking first.
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.MediaType.Equals(MediaTypeNames.Application.Json, StringComparison.OrdinalIgnoreCase))
            return Results.Problem("Send payloads as JSON, with 'Content-Type: application/json'.", statusCode: StatusCodes.Status415UnsupportedMediaType);
        using var body = await BoundedBody.ReadAsync(request, MaxBytes, request.HttpContext.RequestAborted);
        if (body is null)
            return Results.Problem($"The body is larger than {MaxBytes} bytes.", statusCode: StatusCodes.Status413PayloadTooLarge);
        try
        {
            var asked = Parser.Parse<Payloads>(Encoding.UTF8.GetString(body.Bytes.Span));
            var answer = new Payloads { Payloads_ = { await convert(asked.Payloads_) } };
            request.HttpContext.Response.Headers.CacheControl = "no-store";
            return Results.Text(JsonFormatter.Default.Format(answer), MediaTypeNames.Application.Json);
        }
        catch (Exception e) when (e is InvalidJsonException or InvalidProtocolBufferException or FormatException or InvalidOperationException)
        {
            return Results.Problem("The body is not a JSON object with 'payloads', each with 'metadata' and 'data' in Base64.", statusCode: StatusCodes.Status400BadRequest);
        }
        catch (StorageException e)
        {
            return Results.Problem(ApiText.Shown(e.Message), statusCode: StatusCodes.Status422UnprocessableEntity);
        }
    }
}
