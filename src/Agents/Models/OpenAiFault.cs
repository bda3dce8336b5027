using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using CodingAgent.Mcp.Texts;

namespace CodingAgent.Agents.Models;

/// <summary>What an error body says, in whichever of the shapes endpoints, gateways and proxies use.</summary>
/// <param name="Code">Code or type, as short text; empty when there is none.</param>
/// <param name="Message">The words; empty when there are none.</param>
/// <param name="Param">The request's parameter it is about, when said.</param>
internal sealed partial record OpenAiFault(string Code, string Message, string? Param = null)
{
    private static readonly HashSet<string> Credit = new(StringComparer.OrdinalIgnoreCase)
    {
        "402", "insufficient_quota", "insufficient_credits", "insufficient_balance", "billing_not_active", "billing_hard_limit_reached", "payment_required",
        "budget_exceeded", "insufficient_funds", "insufficient_user_quota", "credit_limit", "exceeded_current_quota_error", "arrearage", "spend_limit_exceeded",
        "billing_error", "1113",
    };

    private static readonly HashSet<string> Passing = new(StringComparer.OrdinalIgnoreCase)
    {
        "rate_limit_exceeded", "rate_limit_error", "server_error", "internal_error", "internal_server_error", "api_error", "overloaded_error", "overloaded",
        "timeout", "request_timeout", "service_unavailable", "unavailable", "resource_exhausted", "upstream_error", "model_loading",
    };

    /// <summary>The status that the code stands for, when it is one.</summary>
    public int? Status => int.TryParse(Code, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 400 and <= 599 ? status : null;

    /// <summary>No credit, by code or type; the words alone never say so surely (per-minute quotas are told in the same ones).</summary>
    public bool IsAboutCredit { get; private init; } = Credit.Contains(Code);

    /// <summary>When to try again, as the body says it: seconds, a duration or a time; null when it does not.</summary>
    public string? RetryAfter { get; init; }

    /// <summary>All names the error gives itself: code, type, status, and the inner error's.</summary>
    private IReadOnlyList<string> Names { get; init; } = [Code];

    /// <summary>True when it calls itself one of these.</summary>
    public bool HasCode(IReadOnlySet<string> codes) => Names.Any(codes.Contains);

    /// <summary>It passes by itself.</summary>
    public bool Passes => Passing.Contains(Code);

    /// <summary>Reads the error of a body that was sent as one; never null, because there is always something to say.</summary>
    public static OpenAiFault OfError(string body)
    {
        try
        {
            var root = WireJson.Parse(body);
            return Find(root) ?? new OpenAiFault("", "");
        }
        catch (JsonException)
        {
            return new OpenAiFault("", PageWords(body));
        }
    }

    /// <summary>The error in a body or choice that was sent as a success; null when there is none.</summary>
    public static OpenAiFault? Find(JsonElement root)
    {
        // Seen around Google's: an array of one error.
        if (root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0)
            root = root[0];
        if (root.ValueKind != JsonValueKind.Object)
            return null;
        if (WireJson.Member(root, "error") is { } error)
        {
            if (error.ValueKind == JsonValueKind.Object)
                return OfObject(error);
            // Seen: {"error":"code","message":"words"} and {"error":"words"}.
            if (error.ValueKind == JsonValueKind.String)
            {
                // A gateway that quotes the JSON of the one behind it.
                if (Nested(error.GetString()!) is { } inner)
                    return inner;
                return (WireJson.Text(root, "message") ?? WireJson.Text(root, "error_description")) is { } words
                    ? new OpenAiFault(Short(error.GetString()!), words)
                    : new OpenAiFault("", error.GetString()!);
            }
            if (error.ValueKind == JsonValueKind.Array)
                return error.EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } only ? OfObject(only) : new OpenAiFault("", Words(error) ?? "");
            return error.ValueKind == JsonValueKind.True ? OfObject(root) : null;
        }
        if (WireJson.Member(root, "detail") is { } detail)
            return new OpenAiFault("", Words(detail) ?? "");
        if (WireJson.Array(root, "errors") is [var first, ..])
            return first.ValueKind == JsonValueKind.Object ? OfObject(first) : new OpenAiFault("", Words(first) ?? "");
        return WordsOf(root) is not null || WireJson.Text(root, "object") == "error" ? OfObject(root) : null;
    }

    // Under the names that gateways and other vendors have for it.
    private static string? WordsOf(JsonElement error) =>
        ((string[])["message", "detail", "msg", "Message", "error_msg", "error_message", "description", "reason", "title"])
            .Select(name => WireJson.Text(error, name)).FirstOrDefault(text => !string.IsNullOrWhiteSpace(text));

    private static OpenAiFault OfObject(JsonElement error)
    {
        // One error inside another, of the one behind.
        if (WireJson.Object(error, "error") is { } behind && WordsOf(error) is null)
            return OfObject(behind);
        var words = WireJson.Member(error, "message") is { ValueKind: not JsonValueKind.String } message ? Words(message) : WordsOf(error) ?? Words(WireJson.Member(error, "detail"));
        string?[] names = [Name(error, "code"), Name(error, "error_code"), Name(error, "type"), Name(error, "status"), Name(WireJson.Object(error, "innererror") ?? default, "code")];
        var details = WireJson.Array(error, "details");
        names = [.. names, .. details.Select(d => Name(d, "reason"))];
        var about = WireJson.Object(error, "metadata");
        var param = WireJson.Text(error, "param");
        // A gateway's own words say nothing ("Provider returned error"); the provider's stand beside them, or inside as JSON.
        var raw = Words(WireJson.Member(about, "raw"));
        var inner = Nested(raw) ?? Nested(words);
        if (inner is { Message.Length: > 0 })
        {
            words = raw is null || string.IsNullOrWhiteSpace(words) ? inner.Message : $"{words}: {inner.Message}";
            names = [.. names, .. inner.Names];
            param ??= inner.Param;
        }
        else if (raw is { Length: > 0 })
        {
            words = string.IsNullOrWhiteSpace(words) ? raw : $"{words}: {raw}";
        }
        var given = names.Where(n => n is { Length: > 0 }).Select(n => n!).ToList();
        return new OpenAiFault(given.FirstOrDefault() ?? "", words ?? "", param)
        {
            Names = given,
            IsAboutCredit = given.Exists(Credit.Contains),
            RetryAfter = Text(WireJson.Object(about, "headers"), "X-RateLimit-Reset") ?? Text(error, "retry_after") ?? Text(error, "retry_after_seconds")
                ?? details.Select(d => WireJson.Text(d, "retryDelay")).FirstOrDefault(d => d is not null) ?? inner?.RetryAfter,
        };
    }

    private static string? Text(JsonElement? from, string name) => WireJson.Member(from, name) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        _ => null,
    };

    private static string? Name(JsonElement error, string member) => WireJson.Member(error, member) switch
    {
        { ValueKind: JsonValueKind.String } text => Short(text.GetString()!),
        { ValueKind: JsonValueKind.Number } number => Short(number.GetRawText()),
        _ => null,
    };

    private static string Short(string text) => TextCut.Head(text.Trim(), 60);

    private static OpenAiFault? Nested(string? text)
    {
        if (text?.IndexOf('{', StringComparison.Ordinal) is not (>= 0 and var at) || text.Length > 20_000)
            return null;
        try
        {
            return Find(WireJson.Parse(text[at..(text.LastIndexOf('}') + 1)]));
        }
        catch (Exception e) when (e is JsonException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    private static string? Words(JsonElement? value) => value switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        // FastAPI's list of what is wrong with a request, and where.
        { ValueKind: JsonValueKind.Array } list => string.Join("; ", list.EnumerateArray().Select(one => WireJson.Text(one, "msg") is { } msg
            ? string.Join('.', WireJson.Array(one, "loc").Select(l => l.ToString()).Append("")).TrimEnd('.') is { Length: > 0 } place ? $"{place}: {msg}" : msg
            : one.GetRawText())),
        { } other => WireJson.Text(other, "message") ?? WireJson.Text(other, "msg") ?? WireJson.Text(other, "error") ?? other.GetRawText(),
    };

    /// <summary>What can be told of a body that is no JSON: a page's title, or a short plain text.</summary>
    public static string PageWords(string body)
    {
        if (Title().Match(body) is { Success: true } title)
            return $"a page titled '{title.Groups["title"].Value.Trim()}'";
        var text = body.Trim();
        return text.Length is > 0 and <= 200 && !text.Contains('<', StringComparison.Ordinal) ? text : "";
    }

    [GeneratedRegex("<title[^>]*>(?<title>[^<]{1,100})", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Title();
}
