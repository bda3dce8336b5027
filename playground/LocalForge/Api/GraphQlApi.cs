using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Api;

/// <summary>The few GraphQL operations REST has no equal for: draft off, draft on, and who am I.</summary>
internal sealed partial class GraphQlApi(World world, Shapes shapes, Actions actions)
{
    public void Map(ApiRoutes routes)
    {
        routes.PostAbsolute("/api/graphql", c => Task.FromResult(Run(c)));
        routes.Post("/graphql", Run);
    }

    private Answer Run(ApiCall call)
    {
        var account = call.Account;
        var query = call.Needed("Query", "query");
        var variables = call.Body["variables"] as JsonObject ?? [];
        var mutation = Mutation().Match(query);
        if (!mutation.Success)
        {
            return query.Contains("viewer", StringComparison.Ordinal)
                ? Data("viewer", new JsonObject { ["login"] = account.Login, ["id"] = $"U_{account.Id}" })
                : Error("This forge answers viewer, markPullRequestReadyForReview and convertPullRequestToDraft only.", "NOT_IMPLEMENTED");
        }

        var id = IdOf(mutation.Groups["input"].Value, variables);
        var issue = world.Repos.SelectMany(r => r.Pulls).FirstOrDefault(i => Shapes.NodeIdOf(i.Pull!) == id);
        if (issue is null || issue.Repo.AccessOf(account) < RepoAccess.Read)
            return Error($"Could not resolve to a node with the global id of '{id}'", "NOT_FOUND");
        if (issue.Author != account && issue.Repo.AccessOf(account) < RepoAccess.Write)
            return Error($"{account.Login} does not have permission to change the draft state.", "FORBIDDEN");
        actions.SetDraft(issue, account, mutation.Groups["name"].Value == "convertPullRequestToDraft");
        return Data(mutation.Groups["name"].Value, new JsonObject
        {
            ["pullRequest"] = new JsonObject { ["id"] = id, ["number"] = issue.Number, ["isDraft"] = issue.Pull!.IsDraft, ["url"] = shapes.Web(issue) },
        });
    }

    // The input is a variable holding the object, or a literal whose id is a string or a variable.
    private static string IdOf(string input, JsonObject variables)
    {
        if (Variable().Match(input) is { Success: true } whole)
            return (variables[whole.Groups["name"].Value] as JsonObject)?["pullRequestId"]?.ToString() ?? "";
        var id = InputId().Match(input);
        return id.Groups["text"].Success ? id.Groups["text"].Value
            : id.Groups["name"].Success ? variables[id.Groups["name"].Value]?.ToString() ?? "" : "";
    }

    private static Answer Data(string field, JsonObject value) => Answer.Ok(new JsonObject { ["data"] = new JsonObject { [field] = value } });

    private static Answer Error(string message, string type) => Answer.Ok(new JsonObject
    {
        ["data"] = null,
        ["errors"] = new JsonArray(new JsonObject { ["type"] = type, ["message"] = message }),
    });

    [GeneratedRegex(@"(?<name>markPullRequestReadyForReview|convertPullRequestToDraft)\s*\(\s*input\s*:\s*(?<input>\$\w+|\{[^}]*\})", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Mutation();

    [GeneratedRegex(@"^\$(?<name>\w+)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Variable();

    [GeneratedRegex(@"pullRequestId\s*:\s*(""(?<text>[^""]*)""|\$(?<name>\w+))", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex InputId();
}
