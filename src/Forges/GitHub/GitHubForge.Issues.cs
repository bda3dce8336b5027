using Octokit;

namespace CodingAgent.Forges.GitHub;

/// <content>Issues, comments, reactions and labels.</content>
public sealed partial class GitHubForge
{
    /// <inheritdoc/>
    public async Task<Issue> GetIssueAsync(RepoRef repo, Subject on, CancellationToken cancellationToken)
    {
        var answer = await _api.RunAsync(new GitHubCall(repo, cancellationToken), c => c.Issue.Get(repo.Owner, repo.Name, on.Number));
        return new Issue(
            answer.Number,
            answer.Title ?? "",
            answer.Body ?? "",
            ActorOf(answer.User),
            answer.State.StringValue == "open",
            answer.PullRequest is not null,
            (answer.Labels ?? []).Select(l => l.Name).OfType<string>().ToList(),
            answer.UpdatedAt ?? default,
            WebOf(answer.HtmlUrl))
        {
            ClosedBy = answer.ClosedBy is { } by ? ActorOf(by) : null,
            Assignees = [.. (answer.Assignees ?? []).Select(ActorOf)],
            IsLocked = answer.Locked,
            IsMerged = answer.PullRequest?.MergedAt is not null,
        };
    }

    // REST does not say it.
    private const string HiddenQuery = """
        query($owner: String!, $name: String!, $number: Int!, $after: String) { repository(owner: $owner, name: $name) { issueOrPullRequest(number: $number) {
          ... on Issue { comments(first: 100, after: $after) { ...hidden } } ... on PullRequest { comments(first: 100, after: $after) { ...hidden } } } } }
        fragment hidden on IssueCommentConnection { pageInfo { hasNextPage endCursor } nodes { fullDatabaseId isMinimized } }
        """;

    /// <inheritdoc/>
    public async Task<IReadOnlyCollection<long>> ListHiddenCommentsAsync(RepoRef repo, Subject on, CancellationToken cancellationToken)
    {
        var hidden = new List<long>();
        string? after = null;
        do
        {
            var answer = await AskAsync(
                new GitHubCall(repo, cancellationToken), $"Asking which comments of {repo.FullName}#{on.Number} are hidden", HiddenQuery, new { repo.Owner, repo.Name, Number = on.Number, After = after });
            var comments = At(answer, "data", "repository", "issueOrPullRequest", "comments");
            hidden.AddRange(CommentsOf(At(comments, "nodes")).Where(c => c.IsHidden).Select(c => c.Id));
            after = At(comments, "pageInfo", "hasNextPage")?.ToString() == "true" ? At(comments, "pageInfo", "endCursor")?.ToString() : null;
        }
        while (after is not null);

        return hidden;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<IssueComment>> ListCommentsAsync(RepoRef repo, Subject on, CancellationToken cancellationToken)
    {
        var answer = await _api.RunAsync(
            new GitHubCall(repo, cancellationToken), c => c.Issue.Comment.GetAllForIssue(repo.Owner, repo.Name, on.Number, AllPages));
        return answer.Select(CommentOf).ToList();
    }

    /// <inheritdoc/>
    public async Task<IssueComment> EnsureCommentAsync(RepoRef repo, Subject on, string marker, string body, CancellationToken cancellationToken)
    {
        var text = MarkedBody.Compose(marker, body, LongestBody);
        var self = await GetSelfAsync(repo, cancellationToken);
        var existing = (await ListCommentsAsync(repo, on, cancellationToken)).FirstOrDefault(c => c.Author.Id == self.Id && MarkedBody.Carries(c.Body, marker));
        if (existing is not null && existing.Body.TrimEnd() == text)
            return existing;
        return CommentOf(await _api.RunAsync(
            Writing(repo, isNew: existing is null, cancellationToken),
            c => existing is null
                ? c.Issue.Comment.Create(repo.Owner, repo.Name, on.Number, text)
                : c.Issue.Comment.Update(repo.Owner, repo.Name, existing.Id, text)));
    }

    /// <inheritdoc/>
    public async Task AddReactionAsync(RepoRef repo, Subject on, long? commentId, Reaction reaction, CancellationToken cancellationToken)
    {
        var content = new NewReaction(reaction switch
        {
            Reaction.Eyes => ReactionType.Eyes,
            Reaction.ThumbsDown => ReactionType.Minus1,
            Reaction.Rocket => ReactionType.Rocket,
            _ => ReactionType.Confused,
        });
        if (commentId is not { } id)
        {
            await _api.RunAsync(Conversing(repo, cancellationToken), c => c.Reaction.Issue.Create(repo.Owner, repo.Name, on.Number, content));
            return;
        }

        // A comment id alone does not tell a conversation comment from a line comment.
        if (await FindAsync(Conversing(repo, cancellationToken), c => c.Reaction.IssueComment.Create(repo.Owner, repo.Name, id, content)) is null)
            await _api.RunAsync(Conversing(repo, cancellationToken), c => c.Reaction.PullRequestReviewComment.Create(repo.Owner, repo.Name, id, content));
    }

    /// <inheritdoc/>
    public async Task AddLabelAsync(RepoRef repo, Subject on, string label, CancellationToken cancellationToken) =>
        await _api.RunAsync(Conversing(repo, cancellationToken), c => c.Issue.Labels.AddToIssue(repo.Owner, repo.Name, on.Number, [label]));

    /// <inheritdoc/>
    public async Task RemoveLabelAsync(RepoRef repo, Subject on, string label, CancellationToken cancellationToken)
    {
        var name = Escape(label);
        await FindAsync(Conversing(repo, cancellationToken), c => c.Issue.Labels.RemoveFromIssue(repo.Owner, repo.Name, on.Number, name));
    }

    /// <inheritdoc/>
    public async Task CloseIssueAsync(RepoRef repo, int number, CancellationToken cancellationToken) =>
        await _api.RunAsync(Conversing(repo, cancellationToken), c => c.Issue.Update(repo.Owner, repo.Name, number, new IssueUpdate { State = ItemState.Closed, StateReason = ItemStateReason.Completed }));

    private static IssueComment CommentOf(Octokit.IssueComment comment) =>
        new(comment.Id, ActorOf(comment.User), comment.Body ?? "", comment.CreatedAt, comment.UpdatedAt ?? comment.CreatedAt, WebOf(comment.HtmlUrl));

    private static GitHubCall Conversing(RepoRef repo, CancellationToken cancellationToken) =>
        new(repo, cancellationToken) { Permissions = TokenPermissions.WriteConversation };

    // Creating a comment is not repeatable: whoever calls again looks for the marker first.
    private static GitHubCall Writing(RepoRef repo, bool isNew, CancellationToken cancellationToken) =>
        Conversing(repo, cancellationToken) with { IsRepeatable = !isNew };
}
