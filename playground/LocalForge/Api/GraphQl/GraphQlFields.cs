using System.Globalization;
using CodingAgent.Playground.LocalForge.Model;
using GraphQL;
using GraphQL.Resolvers;
using GraphQL.Types;
using GraphQL.Utilities;

namespace CodingAgent.Playground.LocalForge.Api.GraphQl;

/// <summary>
/// Where the fields of <c>schema.graphql</c> come from. What is not named here is the member of that name of what its type stands for.
/// </summary>
internal sealed partial class GraphQlFields(World world, Shapes shapes, Actions actions)
{
    /// <summary>Key of the caller's account in a query's context.</summary>
    public const string Caller = "caller";

    private static readonly string[] Scalars = ["BigInt", "DateTime", "GitObjectID", "URI"];
    private static readonly Dictionary<string, string> Reactions = new(StringComparer.Ordinal)
    {
        ["+1"] = "THUMBS_UP",
        ["-1"] = "THUMBS_DOWN",
        ["laugh"] = "LAUGH",
        ["confused"] = "CONFUSED",
        ["heart"] = "HEART",
        ["hooray"] = "HOORAY",
        ["rocket"] = "ROCKET",
        ["eyes"] = "EYES",
    };

    private SchemaBuilder _types = null!;

    public ISchema Build()
    {
        using var stream = typeof(GraphQlFields).Assembly.GetManifestResourceStream("schema.graphql")!;
        using var reader = new StreamReader(stream);
        var schema = Schema.For(reader.ReadToEnd(), builder =>
        {
            _types = builder;
            MapKinds();
            MapRoot();
            MapMutations();
            MapRepository();
            MapIssue("Issue");
            MapIssue("PullRequest");
            MapPull();
            MapReviews();
            MapComments();
            MapCommits();
        });
        foreach (var name in Scalars)
            schema.RegisterType(new TextScalar(name));
        return schema;
    }

    private void Field<T>(string type, string field, Func<T, object?> resolve) => Field<T>(type, field, (source, _) => resolve(source));

    private void Field<T>(string type, string field, Func<T, IResolveFieldContext, object?> resolve) =>
        _types.Types.For(type).FieldFor(field).Resolver = new FuncFieldResolver<object>(c => resolve((T)c.Source!, c));

    private void Field<T>(string type, string field, Func<T, IResolveFieldContext, Task<object?>> resolve) =>
        _types.Types.For(type).FieldFor(field).Resolver = new FuncFieldResolver<object>(async c => await resolve((T)c.Source!, c));

    private void Pages<T>(string type, string field, Func<T, IEnumerable<object>> items) => Field<T>(type, field, (source, c) => Connection.Of(c, items(source)));

    private static Account Me(IResolveFieldContext context) => (Account)context.UserContext[Caller]!;

    private static string? Time(DateTimeOffset? at) => at is { } time ? Shapes.Stamp(time) : null;

    private void MapKinds()
    {
        Kind("Repository", o => o is Repo);
        Kind("Issue", o => o is Issue { Pull: null });
        Kind("PullRequest", o => o is Issue { Pull: not null });
        Kind("IssueComment", o => o is GraphQlNodes.OfComment);
        Kind("PullRequestReviewComment", o => o is GraphQlNodes.OfLine);
        Kind("PullRequestReview", o => o is GraphQlNodes.OfReview);
        Kind("PullRequestReviewThread", o => o is GraphQlNodes.OfThread);
        Kind("RenamedTitleEvent", o => o is IssueEvent);
        Kind("Label", o => o is Label);
        Kind("Commit", o => o is GraphQlNodes.OfCommit);
        Kind("CheckRun", o => o is GraphQlNodes.OfCheck);
        Kind("StatusContext", o => o is CommitStatus);
        Kind("User", o => o is Account { Kind: AccountKind.User });
        Kind("Bot", o => o is Account { Kind: AccountKind.Bot });
        Kind("Organization", o => o is Account { Kind: AccountKind.Group });
        // No team is ever asked for a review.
        Kind("Team", _ => false);
        foreach (var type in (string[])["User", "Bot", "Organization"])
        {
            Field<Account>(type, "id", a => $"U_{a.Id}");
            Field<Account>(type, "databaseId", a => a.Id);
            // GraphQL leaves "[bot]" off.
            Field<Account>(type, "login", a => a.AppSlug);
            Field<Account>(type, "url", a => shapes.Account(a)["html_url"]!.ToString());
            Field<Account>(type, "avatarUrl", a => shapes.Account(a)["avatar_url"]!.ToString());
            if (type != "Bot")
                Field<Account>(type, "name", _ => null);
        }

        void Kind(string type, Func<object, bool> isOne) => _types.Types.For(type).IsTypeOfFunc = isOne;
    }

    private void MapRoot()
    {
        Field<object?>("Query", "viewer", (_, c) => Me(c));
        Field<object?>("Query", "node", (_, c) => NodeOf(Me(c), c.GetArgument<string>("id")));
        // Renames are followed, as by default.
        Field<object?>("Query", "repository", (_, c) =>
        {
            string owner = c.GetArgument<string>("owner"), name = c.GetArgument<string>("name");
            var repo = world.FindRepo(owner, name) ?? (c.GetArgument<bool>("followRenames") ? world.FindRenamed(owner, name) : null);
            return repo is not null && repo.AccessOf(Me(c)) >= RepoAccess.Read ? repo
                : throw new GraphQlProblem("NOT_FOUND", $"Could not resolve to a Repository with the name '{owner}/{name}'.");
        });
    }

    private object NodeOf(Account me, string id)
    {
        var number = long.TryParse(id[(id.LastIndexOf('_') + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : -1;
        var repos = world.Repos.Where(r => r.AccessOf(me) >= RepoAccess.Read);
        var issues = repos.SelectMany(r => r.Issues);
        var pulls = issues.Where(i => i.Pull is not null);
        return id[..Math.Max(id.LastIndexOf('_'), 0)] switch
        {
            "U" => world.Accounts.FirstOrDefault(a => a.Id == number),
            "R" => repos.FirstOrDefault(r => r.Id == number),
            "I" => issues.FirstOrDefault(i => i.Id == number && i.Pull is null),
            "PR" => pulls.FirstOrDefault(i => i.Pull!.Id == number),
            "LA" => repos.SelectMany(r => r.Labels.Values).FirstOrDefault(l => l.Id == number),
            "IC" => issues.SelectMany(i => i.Comments.Select(c => new GraphQlNodes.OfComment(i, c))).FirstOrDefault(c => c.Comment.Id == number),
            "PRR" => pulls.SelectMany(i => i.Pull!.Reviews.Select(r => new GraphQlNodes.OfReview(i, r))).FirstOrDefault(r => r.Review.Id == number),
            "PRRC" => pulls.SelectMany(i => i.Pull!.Comments.Select(c => new GraphQlNodes.OfLine(i, c))).FirstOrDefault(c => c.Comment.Id == number),
            "PRRT" => pulls.SelectMany(GraphQlNodes.Threads).FirstOrDefault(t => t.Root.Id == number),
            _ => (object?)null,
        } ?? throw GraphQlProblem.NoNode(id);
    }

    private void MapRepository()
    {
        const string type = "Repository";
        Field<Repo>(type, "id", r => $"R_{r.Id}");
        Field<Repo>(type, "nameWithOwner", r => r.FullName);
        Field<Repo>(type, "description", _ => null);
        Field<Repo>(type, "hasIssuesEnabled", _ => true);
        Field<Repo>(type, "hasWikiEnabled", _ => false);
        Field<Repo>(type, "mergeCommitAllowed", _ => true);
        Field<Repo>(type, "squashMergeAllowed", _ => true);
        Field<Repo>(type, "rebaseMergeAllowed", _ => false);
        Field<Repo>(type, "url", shapes.Web);
        Field<Repo>(type, "viewerPermission", (r, c) => r.AccessOf(Me(c)).ToString().ToUpperInvariant());
        Field<Repo>(type, "defaultBranchRef", async (r, _) => await r.Git.BranchHeadAsync(r.DefaultBranch) is null ? null : new { Name = r.DefaultBranch });
        Field<Repo>(type, "issue", (r, c) => Numbered(r, c, i => i.Pull is null, "an Issue"));
        Field<Repo>(type, "pullRequest", (r, c) => Numbered(r, c, i => i.Pull is not null, "a PullRequest"));
        Field<Repo>(type, "issueOrPullRequest", (r, c) => Numbered(r, c, _ => true, "an issue or pull request"));
        Field<Repo>(type, "issues", (r, c) =>
        {
            var (filter, states) = (InputOf(c, "filterBy"), c.GetArgument<List<string>?>("states"));
            return Connection.Of(c, Ordered(c, r.Issues.Where(i => i.Pull is null
                && (states is null || states.Contains(StateOf(i)))
                && HasLabels(i, c.GetArgument<List<string>?>("labels")) && HasLabels(i, filter.TextsOrNull("labels"))
                && (filter.TextsOrNull("states") is not { } more || more.Contains(StateOf(i)))
                && (filter.TextOrNull("createdBy") is not { } author || i.Author.Login.Equals(author, StringComparison.OrdinalIgnoreCase))
                && (filter.TextOrNull("assignee") is not { } assignee || i.Assignees.Exists(a => a.Login.Equals(assignee, StringComparison.OrdinalIgnoreCase)))
                && (filter.TextOrNull("mentioned") is not { } mentioned || i.Body.Contains("@" + mentioned, StringComparison.OrdinalIgnoreCase)))));
        });
        Field<Repo>(type, "pullRequests", (r, c) =>
        {
            var states = c.GetArgument<List<string>?>("states");
            return Connection.Of(c, Ordered(c, r.Pulls.Where(i =>
                (states is null || states.Contains(StateOf(i)))
                && HasLabels(i, c.GetArgument<List<string>?>("labels"))
                && (c.GetArgument<string?>("baseRefName") is not { } wanted || i.Pull!.BaseBranch == wanted)
                && (c.GetArgument<string?>("headRefName") is not { } head || i.Pull!.HeadBranch == head))));
        });
    }

    private static Issue Numbered(Repo repo, IResolveFieldContext context, Func<Issue, bool> isMeant, string what)
    {
        var number = context.GetArgument<int>("number");
        return repo.Issues.Find(i => i.Number == number && isMeant(i)) ?? throw new GraphQlProblem("NOT_FOUND", $"Could not resolve to {what} with the number of {number}.");
    }

    private static IEnumerable<Issue> Ordered(IResolveFieldContext context, IEnumerable<Issue> issues)
    {
        var order = InputOf(context, "orderBy");
        var ordered = issues.OrderBy(i => order.TextOrNull("field") switch { "COMMENTS" => i.Comments.Count, "UPDATED_AT" => i.UpdatedAt.ToUnixTimeSeconds(), _ => i.Number }).ThenBy(i => i.Number);
        return order.TextOrNull("direction") == "DESC" ? ordered.Reverse() : ordered;
    }

    private static bool HasLabels(Issue issue, List<string>? labels) => labels is null || labels.TrueForAll(l => issue.Labels.Exists(x => x.Name.Equals(l, StringComparison.OrdinalIgnoreCase)));

    private static string StateOf(Issue issue) => issue.Pull is { IsMerged: true } ? "MERGED" : issue.IsOpen ? "OPEN" : "CLOSED";

    private static IEnumerable<object> ReactionsOf(List<ReactionMark> marks) => Actions.ReactionContents.Select(content => (object)new
    {
        Content = Reactions[content],
        Users = new { TotalCount = marks.Count(m => m.Content == content) },
    });
}
