using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace CodingAgent.Playground.LocalForge.GitLab;

/// <summary>
/// The parameters of a call, wherever they came: query, JSON, or a form, in which <c>a[b]</c> is a field of an object and <c>a[]</c> an item of a
/// list. What came in a form is text, so every kind is also read from text.
/// </summary>
internal sealed class GitLabParameters(JsonObject values)
{
    public static async Task<GitLabParameters> ReadAsync(HttpRequest request)
    {
        var values = new JsonObject();
        foreach (var (key, texts) in request.Query)
            Put(values, key, texts);
        if (request.HasFormContentType)
        {
            foreach (var (key, texts) in await request.ReadFormAsync(request.HttpContext.RequestAborted))
                Put(values, key, texts);
            return new GitLabParameters(values);
        }

        using var reader = new StreamReader(request.Body);
        var body = await reader.ReadToEndAsync(request.HttpContext.RequestAborted);
        if (body.Length == 0 || request.ContentType?.Contains("json", StringComparison.OrdinalIgnoreCase) != true)
            return new GitLabParameters(values);
        try
        {
            foreach (var (key, value) in JsonNode.Parse(body) as JsonObject ?? throw GitLabProblem.BadRequest("JSON object expected"))
                values[key] = value?.DeepClone();
        }
        // Two fields of one name are found out only when they are looked at.
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw GitLabProblem.Parameter("The request body is invalid JSON");
        }

        return new GitLabParameters(values);
    }

    public bool Has(string name) => values.ContainsKey(name);

    /// <summary>A text; null when absent or null.</summary>
    public string? Text(string name) => values[name] switch
    {
        null => null,
        JsonValue value => value.ToString(),
        _ => throw GitLabProblem.Parameter($"{name} is invalid"),
    };

    public string Needed(string name) => Text(name) switch
    {
        null => throw GitLabProblem.Parameter($"{name} is missing"),
        "" => throw GitLabProblem.Parameter($"{name} is empty"),
        var text => text,
    };

    public bool? Flag(string name) => Text(name) switch
    {
        null => null,
        "true" or "1" or "on" => true,
        "false" or "0" or "off" => false,
        _ => throw GitLabProblem.Parameter($"{name} is invalid"),
    };

    public long? Number(string name) => Text(name) switch
    {
        null or "" => null,
        var text when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
        _ => throw GitLabProblem.Parameter($"{name} is invalid"),
    };

    /// <summary>A list, or texts with commas between; null when absent.</summary>
    public IReadOnlyList<string>? List(string name) => values[name] switch
    {
        null => null,
        JsonArray many => [.. many.Select(n => n?.ToString() ?? "").Where(t => t.Length > 0)],
        JsonValue one => one.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
        _ => throw GitLabProblem.Parameter($"{name} is invalid"),
    };

    public IReadOnlyList<long>? Numbers(string name) => List(name)?.Select(t =>
        long.TryParse(t, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw GitLabProblem.Parameter($"{name} is invalid")).ToList();

    /// <summary>The fields of an object; null when absent.</summary>
    public GitLabParameters? Inner(string name) => values[name] is JsonObject inner ? new GitLabParameters(inner) : null;

    private static void Put(JsonObject values, string key, IEnumerable<string?> texts)
    {
        var open = key.IndexOf('[', StringComparison.Ordinal);
        if (open < 0)
        {
            values[key] = texts.LastOrDefault();
            return;
        }

        var (name, rest) = (key[..open], key[(open + 1)..]);
        var close = rest.IndexOf(']', StringComparison.Ordinal);
        if (close == 0)
        {
            values[name] = new JsonArray([.. texts.Select(t => (JsonNode?)t)]);
        }
        else if (close > 0)
        {
            if (values[name] is not JsonObject inner)
                values[name] = inner = [];
            Put(inner, rest[..close] + rest[(close + 1)..], texts);
        }
    }
}
