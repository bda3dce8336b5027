using System.Text.Json.Nodes;

namespace CodingAgent.Playground.LocalForge.GitLab;

/// <summary>An error answer, worded and shaped like GitLab's: mostly one <c>message</c>, from checked parameters one <c>error</c>.</summary>
internal sealed class GitLabProblem(int status, JsonObject body) : Exception($"{status} {body.ToJsonString()}")
{
    public GitLabProblem(int status, string message)
        : this(status, new JsonObject { ["message"] = message })
    {
    }

    public int Status { get; } = status;

    public JsonObject Body { get; } = body;

    /// <summary>404 of a record that is looked up by its number.</summary>
    public static GitLabProblem NotFound() => new(404, "404 Not found");

    /// <summary>404 of something with a name.</summary>
    public static GitLabProblem NotFound(string what) => new(404, $"404 {what} Not Found");

    public static GitLabProblem Forbidden() => new(403, "403 Forbidden");

    public static GitLabProblem Unauthorized() => new(401, "401 Unauthorized");

    public static GitLabProblem NotAllowed() => new(405, "405 Method Not Allowed");

    /// <summary>400 of a parameter that is missing or not of its kind.</summary>
    public static GitLabProblem Parameter(string error) => new(400, new JsonObject { ["error"] = error });

    /// <summary>400 of a record that does not hold together: the field, and what is wrong with it.</summary>
    public static GitLabProblem Invalid(string field, string error) => new(400, new JsonObject { ["message"] = new JsonObject { [field] = new JsonArray(error) } });

    public static GitLabProblem BadRequest(string reason) => new(400, $"400 Bad request - {reason}");
}
