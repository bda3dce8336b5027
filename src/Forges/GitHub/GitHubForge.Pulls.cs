using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Octokit;

namespace CodingAgent.Forges.GitHub;

/// <content>Pull requests, reviews and threads.</content>
public sealed partial class GitHubForge
{
    private const int LongestTitle = 256;
    private const int MostFilePages = 10;
    private const string NoDrafts = "draft pull requests are not supported";

    // What REST cannot do.
    private const string ReadyMutation = "mutation($id: ID!) { markPullRequestReadyForReview(input: { pullRequestId: $id }) { pullRequest { isDraft } } }";
    private const string ResolveMutation = "mutation($id: ID!) { resolveReviewThread(input: { threadId: $id }) { thread { isResolved } } }";
    private const string ThreadsQuery = """
        query($owner: String!, $name: String!, $number: Int!, $after: String) { repository(owner: $owner, name: $name) { pullRequest(number: $number) {
          reviewThreads(first: 100, after: $after) {
            pageInfo { hasNextPage endCursor } nodes { id isResolved comments(first: 100) { nodes { fullDatabaseId isMinimized } } } } } } }
        """;

    /// <inheritdoc/>
    public async Task<PullRequest> GetPullAsync(RepoRef repo, int number, CancellationToken cancellationToken) =>
        PullOf(repo, await ReadPullAsync(repo, number, cancellationToken));

    /// <inheritdoc/>
    public async Task<PullRequest?> FindPullByBranchAsync(RepoRef repo, string headBranch, CancellationToken cancellationToken)
    {
        if (await FindOpenAsync(repo, repo.Owner, headBranch, cancellationToken) is { } found)
            return found;
        // Transferred: the filter knows owners by their present names only.
        var owner = (await GetRepositoryAsync(repo, cancellationToken)).Ref.Owner;
        return owner.Equals(repo.Owner, StringComparison.OrdinalIgnoreCase) ? null : await FindOpenAsync(repo, owner, headBranch, cancellationToken);
    }

    private async Task<PullRequest?> FindOpenAsync(RepoRef repo, string owner, string headBranch, CancellationToken cancellationToken)
    {
        var open = new PullRequestRequest { State = ItemStateFilter.Open, Head = $"{owner}:{headBranch}" };
        var answer = await _api.RunAsync(
            new GitHubCall(repo, cancellationToken), c => c.PullRequest.GetAllForRepository(repo.Owner, repo.Name, open, AllPages));
        // The filter names an owner, not a repository, and an unknown branch filters nothing: look again.
        return answer.Select(p => PullOf(repo, p)).FirstOrDefault(p => p.Head.Branch == headBranch && repo.Equals(p.Head.Repo));
    }

    /// <inheritdoc/>
    public async Task<PullRequest> EnsureDraftPullAsync(RepoRef repo, NewPullRequest pull, CancellationToken cancellationToken)
    {
        var draft = new Octokit.NewPullRequest(MarkedBody.Cut(pull.Title, LongestTitle), pull.HeadBranch, pull.BaseBranch)
        {
            Body = MarkedBody.Cut(pull.Body, LongestBody),
            Draft = true,
        };
        try
        {
            return PullOf(repo, await _api.RunAsync(Pulling(repo, cancellationToken), c => c.PullRequest.Create(repo.Owner, repo.Name, draft)));
        }
        catch (ForgeRejectedException e) when (e.Status == HttpStatusCode.UnprocessableEntity && draft.Draft == true && e.Message.Contains(NoDrafts, StringComparison.OrdinalIgnoreCase))
        {
            // A matter of the plan the repository is paid by; there is no way to ask before.
            draft.Draft = false;
            return PullOf(repo, await _api.RunAsync(Pulling(repo, cancellationToken), c => c.PullRequest.Create(repo.Owner, repo.Name, draft)));
        }
        catch (ForgeRejectedException e) when (e.Status == HttpStatusCode.UnprocessableEntity)
        {
            // 422 has many reasons; only "it is there already" is answered by finding it.
            return await FindPullByBranchAsync(repo, pull.HeadBranch, cancellationToken) ?? throw new ForgeRejectedException(e.Message, e.Status);
        }
    }

    /// <inheritdoc/>
    public async Task UpdatePullAsync(RepoRef repo, int number, string title, string body, CancellationToken cancellationToken)
    {
        var edit = new PullRequestUpdate { Title = MarkedBody.Cut(title, LongestTitle), Body = MarkedBody.Cut(body, LongestBody) };
        await _api.RunAsync(Pulling(repo, cancellationToken), c => c.PullRequest.Update(repo.Owner, repo.Name, number, edit));
    }

    /// <inheritdoc/>
    public async Task MarkReadyAsync(RepoRef repo, int number, CancellationToken cancellationToken)
    {
        var pull = await ReadPullAsync(repo, number, cancellationToken);
        if (!pull.Draft)
            return;
        await AskAsync(Settling(repo, cancellationToken), $"Marking {repo.FullName}#{number} ready", ReadyMutation, new { Id = pull.NodeId ?? "" });
    }

    /// <inheritdoc/>
    public async Task RequestReviewAsync(RepoRef repo, int number, string reviewer, CancellationToken cancellationToken)
    {
        var asked = reviewer.Split('/') is [_, var team] ? new PullRequestReviewRequest([], [team]) : new PullRequestReviewRequest([reviewer], []);
        await _api.RunAsync(Pulling(repo, cancellationToken), c => c.PullRequest.ReviewRequest.Create(repo.Owner, repo.Name, number, asked));
    }

    /// <inheritdoc/>
    public async Task ClosePullAsync(RepoRef repo, int number, CancellationToken cancellationToken) =>
        await _api.RunAsync(Pulling(repo, cancellationToken), c => c.PullRequest.Update(repo.Owner, repo.Name, number, new PullRequestUpdate { State = ItemState.Closed }));

    /// <inheritdoc/>
    public async Task<IReadOnlyList<PullRequestFile>> ListChangesAsync(RepoRef repo, int number, CancellationToken cancellationToken)
    {
        var files = await _api.RunAsync(new GitHubCall(repo, cancellationToken), c => c.PullRequest.Files(repo.Owner, repo.Name, number, new ApiOptions { PageSize = 100, PageCount = MostFilePages }));
        return [.. files.Select(f => new PullRequestFile(f.FileName, ChangeOf(f), string.IsNullOrEmpty(f.Patch) ? null : f.Patch) { OldPath = f.Status == "renamed" ? f.PreviousFileName : null })];

        static FileChange ChangeOf(Octokit.PullRequestFile file) => file.Status switch { "added" or "copied" => FileChange.Added, "removed" => FileChange.Removed, "renamed" => FileChange.Moved, _ => FileChange.Modified };
    }

    /// <inheritdoc/>
    public async Task<Review> GetReviewAsync(RepoRef repo, int number, long reviewId, CancellationToken cancellationToken) =>
        ReviewOf(await _api.RunAsync(new GitHubCall(repo, cancellationToken), c => c.PullRequest.Review.Get(repo.Owner, repo.Name, number, reviewId)));

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ReviewThread>> ListReviewThreadsAsync(RepoRef repo, int number, CancellationToken cancellationToken)
    {
        var comments = await ListLineCommentsAsync(repo, number, cancellationToken);
        // REST does not say whether a thread is resolved, nor which comments are hidden.
        var settled = comments.Count > 0 ? await SettledAsync(repo, number, cancellationToken) : new Settled([], []);
        // Every answer names the first comment. When that was deleted, the oldest answer stands in for it.
        return comments.GroupBy(RootOf).Select(thread => ThreadOf(thread.Key, thread.OrderBy(c => c.Id).ToList(), settled)).ToList();
    }

    /// <summary>What people have done with; nothing where we may not ask, and then it is answered once more.</summary>
    private async Task<Settled> SettledAsync(RepoRef repo, int number, CancellationToken cancellationToken)
    {
        var settled = new Settled([], []);
        try
        {
            await foreach (var thread in ReadThreadsAsync(new GitHubCall(repo, cancellationToken), $"Reading the threads of {repo.FullName}#{number}", repo, number))
            {
                if (thread.IsResolved)
                    settled.Resolved.UnionWith(thread.Comments.Select(c => c.Id));
                settled.Hidden.UnionWith(thread.Comments.Where(c => c.IsHidden).Select(c => c.Id));
            }
        }
        catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.Forbidden or HttpStatusCode.UnprocessableEntity)
        {
            // What was read before counts.
        }

        return settled;
    }

    private static ReviewThread ThreadOf(long id, List<LineComment> comments, Settled settled)
    {
        var root = comments[0];
        return new ReviewThread(id, root.PullRequestReviewId, root.Path ?? "", root.Line, root.DiffHunk ?? "", comments.ConvertAll(ThreadCommentOf))
        {
            // A range that begins on the other side is counted in another file.
            StartLine = root.Line is null || IsAcross(root) ? null : root.StartLine,
            OriginalLine = root.OriginalLine,
            OriginalStartLine = IsAcross(root) ? null : root.OriginalStartLine,
            Side = root.Side == "LEFT" ? DiffSide.Old : DiffSide.New,
            // A comment on a whole file has no line to lose.
            IsOutdated = root.Line is null && root.SubjectType != "file",
            IsResolved = comments.Exists(c => settled.Resolved.Contains(c.Id)),
            Hidden = [.. comments.Select(c => c.Id).Where(settled.Hidden.Contains)],
            Suggestions = root is { Line: { } line, Side: not "LEFT" } && !IsAcross(root)
                ? [.. comments.SelectMany(c => SuggestionBlocks.In(c.Body ?? "").Where(s => s.Range.Length == 0).Select(s => new Suggestion(c.Id, root.StartLine ?? line, line, s.Text)))]
                : [],
        };
    }

    /// <inheritdoc/>
    public async Task EnsureThreadReplyAsync(RepoRef repo, int number, long rootCommentId, string marker, string body, CancellationToken cancellationToken)
    {
        var text = MarkedBody.Compose(marker, body, LongestBody);
        var self = await GetSelfAsync(repo, cancellationToken);
        var existing = (await ListLineCommentsAsync(repo, number, cancellationToken))
            .FirstOrDefault(c => RootOf(c) == rootCommentId && c.User?.Id == self.Id && MarkedBody.Carries(c.Body ?? "", marker));
        if (existing is not null && existing.Body?.TrimEnd() == text)
            return;
        await _api.RunAsync(
            Writing(repo, isNew: existing is null, cancellationToken),
            c => existing is null
                ? c.PullRequest.ReviewComment.CreateReply(repo.Owner, repo.Name, number, new PullRequestReviewCommentReplyCreate(text, rootCommentId))
                : c.PullRequest.ReviewComment.Edit(repo.Owner, repo.Name, existing.Id, new PullRequestReviewCommentEdit(text)));
    }

    /// <inheritdoc/>
    public async Task ResolveThreadAsync(RepoRef repo, int number, long rootCommentId, CancellationToken cancellationToken)
    {
        var (call, what) = (Settling(repo, cancellationToken), $"Resolving a thread of {repo.FullName}#{number}");
        await foreach (var thread in ReadThreadsAsync(new GitHubCall(repo, cancellationToken), what, repo, number))
        {
            if (thread.Comments is not [var first, ..] || first.Id != rootCommentId)
                continue;
            if (!thread.IsResolved)
                await AskAsync(call, what, ResolveMutation, new { thread.Id });
            return;
        }
    }

    private async IAsyncEnumerable<(string Id, bool IsResolved, IReadOnlyList<(long Id, bool IsHidden)> Comments)> ReadThreadsAsync(GitHubCall call, string what, RepoRef repo, int number)
    {
        string? after = null;
        do
        {
            var answer = await AskAsync(call, what, ThreadsQuery, new { repo.Owner, repo.Name, Number = number, After = after });
            var threads = At(answer, "data", "repository", "pullRequest", "reviewThreads");
            foreach (var thread in At(threads, "nodes") as JsonArray ?? [])
            {
                if (CommentsOf(At(thread, "comments", "nodes")) is { Count: > 0 } comments)
                    yield return (At(thread, "id")?.ToString() ?? "", At(thread, "isResolved")?.ToString() == "true", comments);
            }

            after = At(threads, "pageInfo", "hasNextPage")?.ToString() == "true" ? At(threads, "pageInfo", "endCursor")?.ToString() : null;
        }
        while (after is not null);
    }

    private static List<(long Id, bool IsHidden)> CommentsOf(JsonNode? nodes) => [.. (nodes as JsonArray ?? [])
        .Select(c => (Is: long.TryParse(At(c, "fullDatabaseId")?.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var id), Id: id, IsHidden: At(c, "isMinimized")?.ToString() == "true"))
        .Where(c => c.Is).Select(c => (c.Id, c.IsHidden))];

    // GraphQL answers 200 and puts its refusals inside.
    private async Task<JsonObject> AskAsync(GitHubCall call, string what, string query, object variables)
    {
        var answer = await _api.RunAsync(
            call, async c => (await c.Connection.Post<JsonObject>(_graphQlUrl, new { Query = query, Variables = variables }, null, null)).Body);
        if (At(answer, "errors") is not { } errors)
            return answer;
        var error = errors is JsonArray and [var first, ..] ? first : null;
        var text = $"{what} was refused: {At(error, "message")}";
        throw At(error, "type")?.ToString() == "RATE_LIMITED"
            ? new ForgeUnavailableException(text)
            : new ForgeRejectedException(text, HttpStatusCode.UnprocessableEntity);
    }

    private static JsonNode? At(JsonNode? node, params string[] path) => path.Aggregate(node, (inner, name) => (inner as JsonObject)?[name]);

    private Task<Octokit.PullRequest> ReadPullAsync(RepoRef repo, int number, CancellationToken cancellationToken) =>
        _api.RunAsync(new GitHubCall(repo, cancellationToken), c => c.PullRequest.Get(repo.Owner, repo.Name, number));

    private Task<IReadOnlyList<LineComment>> ListLineCommentsAsync(RepoRef repo, int number, CancellationToken cancellationToken) =>
        _api.RunAsync(
            new GitHubCall(repo, cancellationToken), c => new ApiConnection(c.Connection).GetAll<LineComment>(Below(repo, $"pulls/{number}/comments"), AllPages));

    private static GitHubCall Pulling(RepoRef repo, CancellationToken cancellationToken) =>
        new(repo, cancellationToken) { Permissions = TokenPermissions.WritePulls };

    // GitHub lets an app take a draft's state off, and resolve a thread, only when it may write contents too (cli/cli#8910).
    private static GitHubCall Settling(RepoRef repo, CancellationToken cancellationToken) =>
        new(repo, cancellationToken) { Permissions = TokenPermissions.WritePulls | TokenPermissions.WriteContents };

    private static long RootOf(LineComment comment) => comment.InReplyToId ?? comment.Id;

    private static IssueComment ThreadCommentOf(LineComment comment) =>
        new(comment.Id, ActorOf(comment.User), comment.Body ?? "", comment.CreatedAt, comment.UpdatedAt, WebOf(comment.HtmlUrl));

    private static bool IsAcross(LineComment comment) => comment.StartSide is { } start && start != (comment.Side ?? "RIGHT");

    private static Review ReviewOf(PullRequestReview review)
    {
        // One that was dismissed has no verdict any more.
        var state = review.State.StringValue switch { "APPROVED" => ReviewState.Approved, "CHANGES_REQUESTED" => ReviewState.ChangesRequested, _ => ReviewState.Commented };
        return new Review(review.Id, ActorOf(review.User), state, review.Body ?? "", review.CommitId ?? "", review.SubmittedAt);
    }

    private static PullRequest PullOf(RepoRef repo, Octokit.PullRequest pull) => new(
        pull.Number,
        pull.Title ?? "",
        pull.Body ?? "",
        ActorOf(pull.User),
        // The repository that was asked for keeps the name it was asked for by: it may have another one by now.
        new PullHead(pull.Head?.Ref ?? "", pull.Head?.Sha ?? "", pull.Head?.Repository is { } head && head.Id == pull.Base?.Repository?.Id ? repo : RepoOf(pull.Head?.Repository)),
        pull.Base?.Ref ?? "",
        pull.Base?.Sha ?? "",
        pull.Draft,
        pull.State.StringValue == "open",
        pull.Merged,
        WebOf(pull.HtmlUrl))
    {
        MustFollowBase = pull.MergeableState?.StringValue == "behind",
    };

    private sealed record Settled(HashSet<long> Resolved, HashSet<long> Hidden);

    // Octokit's own model of it has lost the line.
    private sealed record LineComment
    {
        public long Id { get; init; }

        public long? PullRequestReviewId { get; init; }

        public long? InReplyToId { get; init; }

        public string? Path { get; init; }

        public int? Line { get; init; }

        public int? StartLine { get; init; }

        public int? OriginalLine { get; init; }

        public int? OriginalStartLine { get; init; }

        public string? Side { get; init; }

        public string? StartSide { get; init; }

        public string? SubjectType { get; init; }

        public string? DiffHunk { get; init; }

        public User? User { get; init; }

        public string? Body { get; init; }

        public DateTimeOffset CreatedAt { get; init; }

        public DateTimeOffset UpdatedAt { get; init; }

        public string? HtmlUrl { get; init; }
    }
}
