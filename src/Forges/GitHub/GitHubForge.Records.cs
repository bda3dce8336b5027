using System.Globalization;
using System.Text.Json.Nodes;
using Octokit;

namespace CodingAgent.Forges.GitHub;

/// <content>What people did, read back. REST says when a comment was changed and not by whom, and of a review neither: GraphQL knows.</content>
public sealed partial class GitHubForge
{
    private const string EditQuery = """
        query($id: ID!) { node(id: $id) { ... on Comment {
          lastEditedAt editor { __typename login ... on User { databaseId } ... on Bot { databaseId } } } } }
        """;

    private const int MostChanged = 100;

    // A changed title is no edit to GitHub but something done.
    private const string IssueEditQuery = """
        query($owner: String!, $name: String!, $number: Int!) { repository(owner: $owner, name: $name) { issue(number: $number) {
          lastEditedAt timelineItems(last: 1, itemTypes: [RENAMED_TITLE_EVENT]) { nodes { ... on RenamedTitleEvent { createdAt } } } } } }
        """;

    /// <inheritdoc/>
    public Task<RecordedComment?> FindCommentAsync(RepoRef repo, Subject on, long id, bool withEdit, CancellationToken cancellationToken) =>
        RecordedAsync(repo, $"issues/comments/{id}", withEdit, cancellationToken);

    /// <inheritdoc/>
    public Task<RecordedComment?> FindLineCommentAsync(RepoRef repo, int number, long id, bool withEdit, CancellationToken cancellationToken) =>
        RecordedAsync(repo, $"pulls/comments/{id}", withEdit, cancellationToken);

    /// <inheritdoc/>
    public async Task<RecordedReview?> FindReviewAsync(RepoRef repo, int number, long id, bool withEdit, CancellationToken cancellationToken)
    {
        var answer = await FindAsync(new GitHubCall(repo, cancellationToken), c => c.PullRequest.Review.Get(repo.Owner, repo.Name, number, id));
        // A pending one is its author's alone, and nothing said yet.
        return answer is null || answer.State.StringValue == "PENDING" ? null
            : new RecordedReview(ReviewOf(answer), withEdit ? await ReadEditAsync(repo, answer.NodeId, cancellationToken) : null);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Review>> ListReviewsAsync(RepoRef repo, int number, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var answer = await _api.RunAsync(new GitHubCall(repo, cancellationToken), c => c.PullRequest.Review.GetAll(repo.Owner, repo.Name, number, AllPages));
        // A pending one is its author's alone, and nothing said yet; what was dismissed counts as a remark.
        return [.. answer.Where(r => r.State.StringValue != "PENDING").Select(ReviewOf).Where(r => r.SubmittedAt >= since).OrderBy(r => r.Id)];
    }

    /// <inheritdoc/>
    public async Task<ChangedSubjects> ListChangedAsync(RepoRef repo, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var request = new RepositoryIssueRequest { Filter = IssueFilter.All, State = ItemStateFilter.All, Since = since, SortProperty = IssueSort.Updated, SortDirection = SortDirection.Ascending };
        var changed = new List<Octokit.Issue>();
        for (var page = 1; ; page++)
        {
            var next = new ApiOptions { PageSize = MostChanged, PageCount = 1, StartPage = page };
            var answer = await _api.RunAsync(new GitHubCall(repo, cancellationToken), c => c.Issue.GetAllForRepository(repo.Owner, repo.Name, request, next));
            changed.AddRange(answer);
            // Who goes on from the last one's time must come further.
            var isAll = answer.Count < MostChanged;
            if (isAll || changed[^1].UpdatedAt > since)
                return new ChangedSubjects([.. changed.Select(i => new Subject(i.Number, i.PullRequest is not null))], isAll ? null : changed[^1].UpdatedAt);
        }
    }

    /// <inheritdoc/>
    public async Task<DateTimeOffset?> FindIssueEditAsync(RepoRef repo, int number, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(
            new GitHubCall(repo, cancellationToken), $"Asking when {repo.FullName}#{number} was edited", IssueEditQuery, new { repo.Owner, repo.Name, Number = number });
        var issue = At(answer, "data", "repository", "issue") ?? throw new ForgeUnavailableException($"The forge did not say when {repo.FullName}#{number} was edited.");
        var renamed = At(issue, "timelineItems", "nodes") is JsonArray and [var last, ..] ? TimeOf(At(last, "createdAt")) : null;
        return TimeOf(At(issue, "lastEditedAt")) is { } edited && !(renamed > edited) ? edited : renamed;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<IssueEvent>?> ListIssueEventsAsync(RepoRef repo, Subject on, CancellationToken cancellationToken)
    {
        var answer = await ReadEventsAsync(repo, on.Number, cancellationToken);
        return answer?.Select(e => new IssueEvent(e.Id, KindOf(e.Event.StringValue), ActorOf(e.Actor), e.Label?.Name ?? "", e.CreatedAt)).ToList();
    }

    /// <inheritdoc/>
    /// <remarks>Who is called the actor of an assignment is, in this list, the one who was assigned.</remarks>
    public async Task<IssueEvent?> FindAssignmentAsync(RepoRef repo, int number, Actor assignee, CancellationToken cancellationToken)
    {
        var answer = await ReadEventsAsync(repo, number, cancellationToken);
        return answer?.Where(e => KindOf(e.Event.StringValue) is IssueEventKind.Assigned or IssueEventKind.Unassigned && e.Assignee is not null && ActorOf(e.Assignee).IsSame(assignee))
            .Select(e => new IssueEvent(e.Id, KindOf(e.Event.StringValue), ActorOf(e.Assigner), "", e.CreatedAt)).LastOrDefault();
    }

    // Oldest first; null where there is no such issue.
    private async Task<IEnumerable<Octokit.IssueEvent>?> ReadEventsAsync(RepoRef repo, int number, CancellationToken cancellationToken) =>
        (await FindAsync(new GitHubCall(repo, cancellationToken), c => c.Issue.Events.GetAllForIssue(repo.Owner, repo.Name, number, AllPages)))?.OrderBy(e => e.CreatedAt).ThenBy(e => e.Id);

    private static IssueEventKind KindOf(string? name) => name switch
    {
        "assigned" => IssueEventKind.Assigned,
        "unassigned" => IssueEventKind.Unassigned,
        "labeled" => IssueEventKind.Labeled,
        "unlabeled" => IssueEventKind.Unlabeled,
        "ready_for_review" => IssueEventKind.ReadyForReview,
        "convert_to_draft" or "converted_to_draft" => IssueEventKind.ConvertedToDraft,
        _ => IssueEventKind.Other,
    };

    private async Task<RecordedComment?> RecordedAsync(RepoRef repo, string where, bool withEdit, CancellationToken cancellationToken)
    {
        var path = Below(repo, where);
        var answer = await FindAsync(new GitHubCall(repo, cancellationToken), async c => (await c.Connection.Get<WrittenComment>(path, null)).Body);
        if (answer is null || !int.TryParse((answer.IssueUrl ?? answer.PullRequestUrl ?? "").Split('/')[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return null;
        // The two times differ also for other reasons than a change of the text.
        var edit = withEdit || answer.UpdatedAt > answer.CreatedAt ? await ReadEditAsync(repo, answer.NodeId, cancellationToken) : null;
        var isPull = answer.IssueUrl is null || WebOf(answer.HtmlUrl).AbsolutePath.EndsWith($"/pull/{number}", StringComparison.Ordinal);
        return new RecordedComment(answer.Id, new Subject(number, isPull), ActorOf(answer.User), answer.Body ?? "", answer.CreatedAt, edit);
    }

    private async Task<TextEdit?> ReadEditAsync(RepoRef repo, string? nodeId, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(new GitHubCall(repo, cancellationToken), $"Asking who edited a text in {repo.FullName}", EditQuery, new { Id = nodeId ?? "" });
        var node = At(answer, "data", "node") ?? throw new ForgeUnavailableException($"The forge did not say who edited a text in {repo.FullName}.");
        return TimeOf(At(node, "lastEditedAt")) is { } at ? new TextEdit(EditorOf(At(node, "editor")), at) : null;
    }

    private static DateTimeOffset? TimeOf(JsonNode? node) =>
        DateTimeOffset.TryParse(node?.ToString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    // GraphQL leaves "[bot]" off, and of a deleted account says nothing.
    private static Actor EditorOf(JsonNode? editor)
    {
        _ = long.TryParse(At(editor, "databaseId")?.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var id);
        return (At(editor, "login")?.ToString(), At(editor, "__typename")?.ToString()) switch
        {
            ({ Length: > 0 } login, "User") => new Actor(login, id, ActorKind.User),
            ({ Length: > 0 } login, "Bot") => new Actor($"{login}[bot]", id, ActorKind.Bot),
            ({ Length: > 0 } login, _) => new Actor(login, id, ActorKind.Other),
            _ => new Actor("ghost", 0, ActorKind.Other),
        };
    }

    // Octokit's own models have lost where a comment stands.
    private sealed record WrittenComment
    {
        public long Id { get; init; }

        public string? NodeId { get; init; }

        public string? IssueUrl { get; init; }

        public string? PullRequestUrl { get; init; }

        public string? HtmlUrl { get; init; }

        public User? User { get; init; }

        public string? Body { get; init; }

        public DateTimeOffset CreatedAt { get; init; }

        public DateTimeOffset UpdatedAt { get; init; }
    }
}
