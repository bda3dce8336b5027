using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Api;

/// <summary>
/// Which permission a call needs of an installation's token, as GitHub's table of them says
/// (https://docs.github.com/rest/authentication/permissions-required-for-github-apps). What is not named here no app may call.
/// </summary>
internal static class AppRules
{
    private const string Refusal = "Resource not accessible by integration";
    private const string RepoRoute = "/repos/{owner}/{repo}";

    /// <summary>Refuses what the token does not allow.</summary>
    /// <exception cref="ApiProblem">403.</exception>
    public static void Check(string method, string route, ApiCall call, AppGrant grant)
    {
        if (grant.Installation.SuspendedAt is not null)
            throw new ApiProblem(403, "This installation has been suspended");
        if (!(route.StartsWith(RepoRoute, StringComparison.Ordinal) ? InRepo(method, route[RepoRoute.Length..], call, grant) : route is "" or "/meta" or "/users/{login}" or "/installation/repositories" or "/graphql" or "/api/graphql"))
            throw new ApiProblem(403, Refusal);
    }

    /// <summary>Whether GraphQL may be asked this. Taking a draft's state off and resolving a thread need the contents too (cli/cli#8910).</summary>
    public static bool AllowsQuery(bool isMutation, AppGrant grant) => isMutation
        ? grant.Allows("pull_requests", "write") && grant.Allows("contents", "write")
        : grant.Allows("pull_requests", "read") || grant.Allows("issues", "read");

    private static bool InRepo(string method, string rest, ApiCall call, AppGrant grant)
    {
        // What everybody may read an app may read too; all else is not there for it.
        var repo = call.World.FindRepo(call.Route("owner"), call.Route("repo"));
        if (repo is null || !grant.Covers(repo))
            return method == "GET" && repo is not { IsPrivate: false } ? throw ApiProblem.NotFound() : method == "GET";
        var level = method == "GET" ? "read" : "write";
        var part = rest.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return part switch
        {
            [] => method == "GET",
            ["rules", ..] or ["collaborators", _, "permission"] => method == "GET",
            ["branches", ..] or ["compare", ..] or ["contents", ..] => method == "GET" && grant.Allows("contents", "read"),
            ["git", ..] => grant.Allows("contents", level),
            ["commits", ..] when call.Route("rest").EndsWith("/check-runs", StringComparison.Ordinal) || call.Route("rest").EndsWith("/check-suites", StringComparison.Ordinal) => grant.Allows("checks", "read"),
            ["commits", ..] when call.Route("rest").EndsWith("/status", StringComparison.Ordinal) || call.Route("rest").EndsWith("/statuses", StringComparison.Ordinal) => grant.Allows("statuses", "read"),
            ["commits", ..] => grant.Allows("contents", "read"),
            ["statuses", ..] => grant.Allows("statuses", "write"),
            ["check-runs", ..] or ["check-suites", ..] => grant.Allows("checks", level),
            ["actions", ..] => grant.Allows("actions", level),
            ["labels", ..] => grant.Allows("issues", level),
            ["issues", "{number:int}", ..] when repo.Pulls.Any(i => i.Number == call.Number) => grant.Allows("issues", level) || grant.Allows("pull_requests", level),
            ["issues", ..] => grant.Allows("issues", level) || (rest.Contains("comments", StringComparison.Ordinal) && grant.Allows("pull_requests", level)),
            ["pulls"] when method == "POST" => !grant.Allows("pull_requests", "write") ? false
                : grant.Allows("contents", "read") ? true : throw new ApiProblem(422, "not all refs are readable"),
            ["pulls", _, "merge"] when method == "PUT" => grant.Allows("contents", "write"),
            ["pulls", ..] => grant.Allows("pull_requests", level),
            _ => false,
        };
    }
}
