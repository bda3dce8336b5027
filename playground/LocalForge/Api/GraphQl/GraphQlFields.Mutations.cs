using CodingAgent.Playground.LocalForge.Model;
using GraphQL;
using GraphQL.Resolvers;

namespace CodingAgent.Playground.LocalForge.Api.GraphQl;

/// <content>What changes something. Who may do it is as in REST.</content>
internal sealed partial class GraphQlFields
{
    private static readonly string[] Payloads = ["AddCommentPayload", "CreateIssuePayload", "MinimizeCommentPayload", "PullRequestPayload", "ResolveReviewThreadPayload"];

    private void MapMutations()
    {
        foreach (var payload in Payloads)
            Field<object>(payload, "clientMutationId", (_, c) => InputOf(c.Parent!, "input").TextOrNull("clientMutationId"));
        Mutation("createIssue", async (input, me) =>
        {
            var repo = Repository(me, input.Text("repositoryId"));
            Require(repo, me, RepoAccess.Read);
            var labels = repo.AccessOf(me) < RepoAccess.Triage ? [] : (input.TextsOrNull("labelIds") ?? []).Select(id => NodeOf(me, id) is Label label ? label.Name : throw GraphQlProblem.NoNode(id));
            return await Task.FromResult(new { Issue = actions.OpenIssue(repo, me, NotBlank(input.Text("title"), "Title"), input.Text("body"), labels) });
        });
        Mutation("addComment", async (input, me) =>
        {
            var issue = Node<Issue>(me, input.Text("subjectId"));
            Require(issue.Repo, me, RepoAccess.Read);
            var comment = actions.AddComment(issue, me, NotBlank(input.Text("body"), "Body"));
            return await Task.FromResult(new { CommentEdge = new { Node = new GraphQlNodes.OfComment(issue, comment) }, Subject = issue });
        });
        Mutation("createPullRequest", async (input, me) =>
        {
            var repo = Repository(me, input.Text("repositoryId"));
            Require(repo, me, RepoAccess.Read);
            var head = input.Text("headRefName");
            var colon = head.IndexOf(':', StringComparison.Ordinal);
            var headRepo = colon < 0 ? repo : world.Repos.FirstOrDefault(r => r.Owner.Login.Equals(head[..colon], StringComparison.OrdinalIgnoreCase) && (r == repo || r.Parent == repo));
            if (headRepo is null || await headRepo.Git.BranchHeadAsync(head[(colon + 1)..]) is null)
                throw new GraphQlProblem("UNPROCESSABLE", "Head sha can't be blank, Head ref must be a branch");
            if (await repo.Git.BranchHeadAsync(input.Text("baseRefName")) is null)
                throw new GraphQlProblem("UNPROCESSABLE", "Base sha can't be blank, Base ref must be a branch");
            var pull = await actions.OpenPullAsync(
                repo, me, NotBlank(input.Text("title"), "Title"), input.Text("body"), headRepo, head[(colon + 1)..], input.Text("baseRefName"), input.Flag("draft"));
            return new { PullRequest = pull };
        });
        Mutation("mergePullRequest", async (input, me) =>
        {
            var pull = Pull(me, input.Text("pullRequestId"));
            Require(pull.Repo, me, RepoAccess.Write);
            await actions.MergeAsync(pull, me, input.Text("mergeMethod").ToLowerInvariant(), input.TextOrNull("commitHeadline"), input.TextOrNull("commitBody"), input.TextOrNull("expectedHeadOid"));
            return new { PullRequest = pull };
        });
        Mutation("markPullRequestReadyForReview", (input, me) => SetDraft(me, input, draft: false));
        Mutation("convertPullRequestToDraft", (input, me) => SetDraft(me, input, draft: true));
        Mutation("resolveReviewThread", async (input, me) =>
        {
            var thread = Node<GraphQlNodes.OfThread>(me, input.Text("threadId"));
            if (thread.On.Author != me && thread.On.Repo.AccessOf(me) < RepoAccess.Write)
                throw new GraphQlProblem("FORBIDDEN", $"{me.Login} does not have permission to resolve the thread.");
            thread.Root.IsResolved = true;
            return await Task.FromResult(new { Thread = thread });
        });
        Mutation("minimizeComment", async (input, me) =>
        {
            var node = NodeOf(me, input.Text("subjectId"));
            var repo = node switch { GraphQlNodes.OfComment c => c.On.Repo, GraphQlNodes.OfLine l => l.On.Repo, _ => throw GraphQlProblem.NoNode(input.Text("subjectId")) };
            if (repo.AccessOf(me) < RepoAccess.Triage)
                throw GraphQlProblem.NoNode(input.Text("subjectId"));
            if (node is GraphQlNodes.OfComment comment)
                comment.Comment.IsHidden = true;
            else
                ((GraphQlNodes.OfLine)node).Comment.IsHidden = true;
            return await Task.FromResult(new { MinimizedComment = node });
        });
    }

    private Task<object> SetDraft(Account me, Input input, bool draft)
    {
        var pull = Pull(me, input.Text("pullRequestId"));
        if (pull.Author != me && pull.Repo.AccessOf(me) < RepoAccess.Write)
            throw new GraphQlProblem("FORBIDDEN", $"{me.Login} does not have permission to change the draft state.");
        actions.SetDraft(pull, me, draft);
        return Task.FromResult<object>(new { PullRequest = pull });
    }

    private void Mutation(string name, Func<Input, Account, Task<object>> run) =>
        _types.Types.For("Mutation").FieldFor(name).Resolver = new FuncFieldResolver<object>(async c =>
        {
            try
            {
                return await run(InputOf(c, "input"), Me(c));
            }
            catch (ApiProblem problem)
            {
                throw GraphQlProblem.Of(problem);
            }
        });

    private static Input InputOf(IResolveFieldContext context, string argument) => new(context.GetArgument<Dictionary<string, object?>?>(argument) ?? []);

    private T Node<T>(Account me, string id)
        where T : class => NodeOf(me, id) as T ?? throw GraphQlProblem.NoNode(id);

    private Repo Repository(Account me, string id) => Node<Repo>(me, id);

    private Issue Pull(Account me, string id) => Node<Issue>(me, id) is { Pull: not null } pull ? pull : throw GraphQlProblem.NoNode(id);

    private static void Require(Repo repo, Account me, RepoAccess level)
    {
        if (repo.AccessOf(me) < level || (level >= RepoAccess.Write && !me.MayWrite))
            throw new GraphQlProblem("FORBIDDEN", $"{me.Login} does not have the correct permissions to execute this mutation.");
        if (repo.IsArchived)
            throw new GraphQlProblem("UNPROCESSABLE", "Repository was archived so is read-only.");
    }

    private static string NotBlank(string text, string what) => text.Trim().Length > 0 ? text : throw new GraphQlProblem("UNPROCESSABLE", $"{what} can't be blank");

    private sealed record Input(Dictionary<string, object?> Values)
    {
        public string? TextOrNull(string name) => Values.GetValueOrDefault(name)?.ToString();

        public string Text(string name) => TextOrNull(name) ?? "";

        public bool Flag(string name) => Values.GetValueOrDefault(name) is true;

        public List<string>? TextsOrNull(string name) => (Values.GetValueOrDefault(name) as IEnumerable<object?>)?.Select(v => v?.ToString() ?? "").ToList();
    }
}
