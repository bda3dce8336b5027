using System.ClientModel;
using System.ClientModel.Primitives;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace CodingAgent.Agents.Models;

/// <summary>Sorts the endpoint's errors into "try again" and "trying again changes nothing", each as one line without the key.</summary>
internal sealed partial class OpenAiErrors(OpenAiOptions options, TimeProvider time)
{
    private const int MaxChars = 400;

    /// <summary>Where we asked, without user info or query.</summary>
    public string Endpoint => options.BaseUrl.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

    public Exception Classify(ClientResultException error)
    {
        var raw = error.GetRawResponse();
        if (raw is null || error.Status == 0)
            return Unreachable(error);
        var (code, message) = Detail(raw);
        var what = $"The model endpoint {Endpoint} answered {error.Status}{(code.Length > 0 ? $" {code}" : "")}";
        // 409 is a lock the endpoint gives up by itself; 408, 429 and 5xx pass (agents.md §3).
        if (error.Status is 408 or 409 or 429 or >= 500)
            return new ModelUnavailableException(Line($"{what}: {message}"), RetryAfter(raw), error);
        return error.Status switch
        {
            401 => new ModelRejectedException(Line($"{what}: it does not accept the key. Set OPENAI_API_KEY to a valid one for this endpoint."), 401),
            403 => new ModelRejectedException(Line($"{what}: the key may not use this model or endpoint. {message}"), 403),
            404 => new ModelRejectedException(Line($"{what}: the model or the address is unknown. Check the model's name and OPENAI_BASE_URL. {message}"), 404),
            _ => new ModelRejectedException(Line($"{what}: {message}"), error.Status),
        };
    }

    public ModelUnavailableException Unreachable(Exception error)
    {
        var cause = error is AggregateException { InnerExceptions: [.., var last] } ? last : error;
        var why = cause is OperationCanceledException or TimeoutException
            ? $"no answer within {options.NetworkTimeout.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} seconds"
            : cause.Message;
        return new ModelUnavailableException(Line($"The model endpoint {Endpoint} cannot be reached: {why}"), null, error);
    }

    private TimeSpan? RetryAfter(PipelineResponse raw)
    {
        if (raw.Headers.TryGetValue("retry-after-ms", out var ms) && double.TryParse(ms, NumberStyles.Float, CultureInfo.InvariantCulture, out var millis) && millis >= 0)
            return TimeSpan.FromMilliseconds(Math.Min(millis, TimeSpan.FromDays(1).TotalMilliseconds));
        if (!raw.Headers.TryGetValue("retry-after", out var after))
            return null;
        if (double.TryParse(after, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds >= 0)
            return TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.FromDays(1).TotalSeconds));
        if (!DateTimeOffset.TryParse(after, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
            return null;
        var wait = at - time.GetUtcNow();
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }

    private static (string Code, string Message) Detail(PipelineResponse raw)
    {
        try
        {
            using var body = JsonDocument.Parse(raw.Content);
            if (body.RootElement.ValueKind == JsonValueKind.Object && body.RootElement.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object)
            {
                var code = Text(error, "code") ?? Text(error, "type") ?? "";
                return (code, Text(error, "message") ?? "no reason given");
            }
        }
        catch (JsonException)
        {
            // A proxy's page; its text says nothing a person could use.
        }
        return ("", "no reason given");
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // Endpoints quote the key they were sent, whole or in parts.
    private string Line(string text)
    {
        var line = KeyLike().Replace(text.Replace(options.ApiKey, "***", StringComparison.Ordinal), "***").ReplaceLineEndings(" ");
        return line.Length <= MaxChars ? line : line[..MaxChars] + "…";
    }

    [GeneratedRegex(@"\b(?:sk|key|pk)-[\w*.\-]{4,}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex KeyLike();
}
