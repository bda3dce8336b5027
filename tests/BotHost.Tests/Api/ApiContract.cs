using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Json.Schema;

namespace CodingAgent.BotHost.Tests.Api;

/// <summary>The published OpenAPI document, held against real answers.</summary>
internal static class ApiContract
{
    private static readonly Lazy<JsonObject> Document = new(() => JsonNode.Parse(File.ReadAllText(Path))!.AsObject());

    public static string Path => System.IO.Path.Combine(Root(), "docs", "contracts", "openapi.json");

    /// <summary>Paths and methods that stand in it, as <c>GET /tasks/{id}</c>.</summary>
    public static IEnumerable<string> Calls => Document.Value["paths"]!.AsObject().SelectMany(p => p.Value!.AsObject().Select(o => $"{o.Key.ToUpperInvariant()} {p.Key}"));

    /// <summary>Fails where an answer is not one that the document has for the call.</summary>
    public static void Hold(HttpMethod method, string pathAndQuery, HttpResponseMessage response, string body)
    {
        var path = pathAndQuery.Split('?')[0];
        var template = Document.Value["paths"]!.AsObject().Select(p => p.Key)
            .FirstOrDefault(t => Regex.IsMatch(path, $"^{Regex.Replace(t, @"\{[a-z]+\}", "[^/]+")}$", RegexOptions.NonBacktracking));
        if (template is null)
            return;
        var call = $"{method} {template}";
        var answer = Resolved(Document.Value["paths"]![template]![method.Method.ToLowerInvariant()]?["responses"]?[$"{(int)response.StatusCode}"]);
        answer.ShouldNotBeNull($"{call} answered {(int)response.StatusCode}, which docs/contracts/openapi.json does not have: {body}");
        foreach (var (name, _) in answer["headers"]?.AsObject() ?? [])
            (response.Headers.Contains(name) || name == "Link").ShouldBeTrue($"{call} {(int)response.StatusCode} has no header {name}");
        foreach (var name in (string[])["Link", "Location", "Retry-After", "WWW-Authenticate"])
            (!response.Headers.Contains(name) || answer["headers"]?[name] is not null).ShouldBeTrue($"{call} {(int)response.StatusCode} has a header {name} that the document has not");
        var type = response.Content.Headers.ContentType ?? new MediaTypeHeaderValue("no/type");
        var media = answer["content"]?[type.MediaType!];
        media.ShouldNotBeNull($"{call} answered {(int)response.StatusCode} as {type}, which docs/contracts/openapi.json does not have");
        if (media["schema"] is { } schema && type.MediaType!.EndsWith("json", StringComparison.Ordinal))
            Hold(call, schema, body);
    }

    /// <summary>Fails where JSON is not of a schema of the document.</summary>
    public static void Hold(string what, JsonNode schema, string json)
    {
        var whole = new JsonObject { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["allOf"] = new JsonArray(schema.DeepClone()), ["$defs"] = Document.Value["components"]!["schemas"]!.DeepClone() };
        var result = JsonSchema.FromText(whole.ToJsonString().Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal))
            .Evaluate(System.Text.Json.JsonDocument.Parse(json).RootElement, new EvaluationOptions { OutputFormat = OutputFormat.List });
        result.IsValid.ShouldBeTrue($"{what}: {string.Join("; ", (result.Details ?? []).Where(d => d.Errors is not null).SelectMany(d => d.Errors!.Select(e => $"{d.InstanceLocation} {e.Value}")))} in {json}");
    }

    /// <summary>A schema of the document.</summary>
    public static JsonNode Schema(string name) => Document.Value["components"]!["schemas"]![name]!;

    private static JsonNode? Resolved(JsonNode? node) =>
        node?["$ref"]?.GetValue<string>() is { } pointer ? pointer[2..].Split('/').Aggregate((JsonNode?)Document.Value, (at, part) => at?[part]) : node;

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(folder.FullName, "CodingAgent.sln")))
            folder = folder.Parent!;
        return folder.FullName;
    }
}
