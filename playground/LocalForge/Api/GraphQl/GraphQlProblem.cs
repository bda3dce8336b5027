using GraphQL;

namespace CodingAgent.Playground.LocalForge.Api.GraphQl;

/// <summary>A refusal of one field; <paramref name="type"/> is one of GitHub's words, e.g. <c>NOT_FOUND</c>.</summary>
internal sealed class GraphQlProblem(string type, string message) : ExecutionError(message)
{
    public string Type { get; } = type;

    public static GraphQlProblem NoNode(string id) => new("NOT_FOUND", $"Could not resolve to a node with the global id of '{id}'");

    /// <summary>What REST would refuse, in GraphQL's words.</summary>
    public static GraphQlProblem Of(ApiProblem problem) => new(
        problem.Status switch { 403 => "FORBIDDEN", 404 => "NOT_FOUND", _ => "UNPROCESSABLE" },
        problem.Errors is [var first, ..] && first?["message"]?.ToString() is { } text ? text : problem.Message);
}
