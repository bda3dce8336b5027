using System.Text.Json.Nodes;

namespace CodingAgent.Playground.LocalForge.Api;

/// <summary>An error answer, worded and shaped like GitHub's.</summary>
internal sealed class ApiProblem(int status, string message, JsonArray? errors = null) : Exception(message)
{
    public int Status { get; } = status;

    public JsonArray? Errors { get; } = errors;

    public static ApiProblem NotFound() => new(404, "Not Found");

    /// <summary>422 with one error of code <c>custom</c>.</summary>
    public static ApiProblem Invalid(string resource, string message, string? field = null) => new(422, "Validation Failed", new JsonArray(new JsonObject
    {
        ["resource"] = resource,
        ["code"] = "custom",
        ["field"] = field,
        ["message"] = message,
    }));

    public static ApiProblem Missing(string resource, string field) => new(422, "Validation Failed", new JsonArray(new JsonObject
    {
        ["resource"] = resource,
        ["code"] = "missing_field",
        ["field"] = field,
    }));
}
