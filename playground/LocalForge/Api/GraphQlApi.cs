using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Api;

/// <summary>The few GraphQL operations REST has no equal for: draft off, draft on, review threads and their resolving, hidden comments, who edited a text, and who am I.</summary>
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
        if (call.Grant is { } grant && !AppRules.AllowsQuery(query, grant))
            return Error("Resource not accessible by integration", "FORBIDDEN");
        var mutation = Mutation().Match(query);
        if (query.Contains("reviewThreads", StringComparison.Ordinal))
            return Threads(account, variables);
        if (query.Contains("issueOrPullRequest", StringComparison.Ordinal))
            return Hidden(account, variables);
        if (query.Contains("RENAMED_TITLE_EVENT", StringComparison.Ordinal))
            return IssueEdit(account, variables);
        if (query.Contains("lastEditedAt", StringComparison.Ordinal))
            return Edit(account, variables["id"]?.ToString() ?? "");
        if (!mutation.Success)
        {
            return query.Contains("viewer", StringComparison.Ordinal)
                ? Data("viewer", new JsonObject { ["login"] = account.Login, ["id"] = $"U_{account.Id}" })
                : Error("This forge answers viewer, reviewThreads, resolveReviewThread, minimizeComment, an issue's or pull request's comments and whether they are hidden, a node's lastEditedAt and editor, an issue's lastEditedAt and last renaming, and the two mutations of the draft state only.", "NOT_IMPLEMENTED");
        }

        var id = IdOf(mutation.Groups["input"].Value, variables);
        if (mutation.Groups["name"].Value == "resolveReviewThread")
            return Resolve(account, id);
        if (mutation.Groups["name"].Value == "minimizeComment")
            return Hide(account, id);
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

    private Answer Edit(Account account, string id)
    {
        var found = world.Repos.Where(r => r.AccessOf(account) >= RepoAccess.Read).SelectMany(r => r.Issues).SelectMany(TextsOf).FirstOrDefault(t => t.Id == id);
        if (found.Id is null)
            return Error($"Could not resolve to a node with the global id of '{id}'", "NOT_FOUND");
        var node = new JsonObject { ["lastEditedAt"] = null, ["editor"] = null };
        if (found.Edit is { } edit)
        {
            node["lastEditedAt"] = Shapes.Stamp(edit.At);
            // GraphQL leaves "[bot]" off.
            node["editor"] = new JsonObject { ["__typename"] = edit.By.TypeName, ["login"] = edit.By.AppSlug, ["databaseId"] = edit.By.Id };
        }

        return Data("node", node);
    }

    // Renames are followed, as by default (followRenames).
    private Repo? RepoOf(JsonObject variables)
    {
        var (owner, name) = ($"{variables["owner"]}", $"{variables["name"]}");
        return world.FindRepo(owner, name) ?? world.FindRenamed(owner, name);
    }

    private Answer IssueEdit(Account account, JsonObject variables)
    {
        var repo = RepoOf(variables);
        var issue = repo?.AccessOf(account) >= RepoAccess.Read ? repo.Issues.Find(i => i.Pull is null && $"{i.Number}" == variables["number"]?.ToString()) : null;
        if (issue is null)
            return Error("Could not resolve to an Issue.", "NOT_FOUND");
        var renamed = issue.Events.FindLast(e => e.Name == "renamed");
        return Data("repository", new JsonObject
        {
            ["issue"] = new JsonObject
            {
                ["lastEditedAt"] = issue.Edit is { } edit ? Shapes.Stamp(edit.At) : null,
                ["timelineItems"] = new JsonObject { ["nodes"] = renamed is null ? new JsonArray() : new JsonArray(new JsonObject { ["createdAt"] = Shapes.Stamp(renamed.CreatedAt) }) },
            },
        });
    }

    private static IEnumerable<(string Id, TextEdit? Edit)> TextsOf(Issue issue) => issue.Comments.Select(c => ($"IC_{c.Id}", c.Edit))
        .Concat((issue.Pull?.Comments ?? []).Select(c => ($"PRRC_{c.Id}", c.Edit)))
        .Concat((issue.Pull?.Reviews ?? []).Select(r => ($"PRR_{r.Id}", r.Edit)));

    // All on one page.
    private Answer Threads(Account account, JsonObject variables)
    {
        var repo = RepoOf(variables);
        var issue = repo?.AccessOf(account) >= RepoAccess.Read ? repo.Pulls.FirstOrDefault(i => $"{i.Number}" == variables["number"]?.ToString()) : null;
        if (issue is null)
            return Error("Could not resolve to a PullRequest.", "NOT_FOUND");
        var threads = issue.Pull!.Comments.Where(c => c.InReplyTo is null).Select(root => (JsonNode)new JsonObject
        {
            ["id"] = ThreadIdOf(root),
            ["isResolved"] = root.IsResolved,
            // GraphQL's numbers end at 32 bits; larger ones are text.
            ["comments"] = new JsonObject { ["nodes"] = new JsonArray([.. issue.Pull.Comments.Where(c => c == root || c.InReplyTo == root.Id).OrderBy(c => c.Id).Select(c => Node(c.Id, c.IsHidden))]) },
        });
        var page = new JsonObject
        {
            ["pageInfo"] = new JsonObject { ["hasNextPage"] = false, ["endCursor"] = null },
            ["nodes"] = new JsonArray([.. threads]),
        };
        return Data("repository", new JsonObject { ["pullRequest"] = new JsonObject { ["reviewThreads"] = page } });
    }

    // All on one page.
    private Answer Hidden(Account account, JsonObject variables)
    {
        var repo = world.Repos.FirstOrDefault(r => r.FullName.Equals($"{variables["owner"]}/{variables["name"]}", StringComparison.OrdinalIgnoreCase));
        var issue = repo?.AccessOf(account) >= RepoAccess.Read ? repo.Issues.Find(i => $"{i.Number}" == variables["number"]?.ToString()) : null;
        if (issue is null)
            return Error("Could not resolve to an issue or pull request.", "NOT_FOUND");
        var comments = new JsonObject
        {
            ["pageInfo"] = new JsonObject { ["hasNextPage"] = false, ["endCursor"] = null },
            ["nodes"] = new JsonArray([.. issue.Comments.Select(c => Node(c.Id, c.IsHidden))]),
        };
        return Data("repository", new JsonObject { ["issueOrPullRequest"] = new JsonObject { ["comments"] = comments } });
    }

    private static JsonObject Node(long id, bool isHidden) => new JsonObject { ["fullDatabaseId"] = $"{id}", ["isMinimized"] = isHidden };

    private Answer Hide(Account account, string id)
    {
        foreach (var issue in world.Repos.Where(r => r.AccessOf(account) >= RepoAccess.Triage).SelectMany(r => r.Issues))
        {
            if (issue.Comments.Find(c => $"IC_{c.Id}" == id) is { } comment)
                comment.IsHidden = true;
            else if (issue.Pull?.Comments.Find(c => $"PRRC_{c.Id}" == id) is { } line)
                line.IsHidden = true;
            else
                continue;
            return Data("minimizeComment", new JsonObject { ["minimizedComment"] = new JsonObject { ["isMinimized"] = true } });
        }

        return Error($"Could not resolve to a node with the global id of '{id}'", "NOT_FOUND");
    }

    private Answer Resolve(Account account, string id)
    {
        var (issue, root) = world.Repos.SelectMany(r => r.Pulls).SelectMany(i => i.Pull!.Comments.Select(c => (Issue: i, Root: c)))
            .FirstOrDefault(t => t.Root.InReplyTo is null && ThreadIdOf(t.Root) == id);
        if (issue is null || issue.Repo.AccessOf(account) < RepoAccess.Read)
            return Error($"Could not resolve to a node with the global id of '{id}'", "NOT_FOUND");
        if (issue.Author != account && issue.Repo.AccessOf(account) < RepoAccess.Write)
            return Error($"{account.Login} does not have permission to resolve the thread.", "FORBIDDEN");
        root.IsResolved = true;
        return Data("resolveReviewThread", new JsonObject { ["thread"] = new JsonObject { ["id"] = id, ["isResolved"] = true } });
    }

    private static string ThreadIdOf(ReviewComment root) => $"PRRT_{root.Id}";

    // The input is a variable holding the object, or a literal whose id is a string or a variable.
    private static string IdOf(string input, JsonObject variables)
    {
        if (Variable().Match(input) is { Success: true } whole)
            return (variables[whole.Groups["name"].Value] as JsonObject) is { } given ? (given["pullRequestId"] ?? given["threadId"] ?? given["subjectId"])?.ToString() ?? "" : "";
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

    [GeneratedRegex(@"(?<name>markPullRequestReadyForReview|convertPullRequestToDraft|resolveReviewThread|minimizeComment)\s*\(\s*input\s*:\s*(?<input>\$\w+|\{[^}]*\})", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Mutation();

    [GeneratedRegex(@"^\$(?<name>\w+)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Variable();

    [GeneratedRegex(@"(pullRequestId|threadId|subjectId)\s*:\s*(""(?<text>[^""]*)""|\$(?<name>\w+))", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex InputId();
}
