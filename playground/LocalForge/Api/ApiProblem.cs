using System.Text.Json.Nodes;

namespace CodingAgent.Playground.LocalForge.Api;

/// <summary>An error answer, worded and shaped like GitHub's.</summary>
internal sealed class ApiProblem(int status, string message, JsonArray? errors = null) : Exception(message)
{
    public int Status { get; } = status;

    public JsonArray? Errors { get; } = errors;

    public static ApiProblem NotFound() => new(404, "Not Found");

    /// <summary>422 with one error of code <c>custom</c>.</summary>
    public static ApiProblem Invalid(string resource, string message, string? field = null)
    {
        var error = new JsonObject { ["resource"] = resource, ["code"] = "custom", ["message"] = message };
        if (field is not null)
            error["field"] = field;
        return new ApiProblem(422, "Validation Failed", new JsonArray(error));
    }

    public static ApiProblem Missing(string resource, string field) => new(422, "Validation Failed", new JsonArray(new JsonObject
    {
        ["resource"] = resource,
        ["code"] = "missing_field",
        ["field"] = field,
    }));
}
