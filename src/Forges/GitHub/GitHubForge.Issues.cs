using System.Net;
using System.Text.Json;

namespace CodingAgent.Forges.GitHub;

/// <content>Issues, comments, reactions and labels.</content>
public sealed partial class GitHubForge
{
    /// <inheritdoc/>
    public async Task<Issue> GetIssueAsync(RepoRef repo, int number, CancellationToken cancellationToken)
    {
        var wire = await _http.GetAsync(repo, Path(repo, $"/issues/{number}"), GitHubJson.Default.Issue, cancellationToken);
        return new Issue(
            wire.Number,
            wire.Title ?? "",
            wire.Body ?? "",
            ActorOf(wire.User),
            wire.State == "open",
            wire.PullRequest is not null,
            (wire.Labels ?? []).Select(l => l.Name).OfType<string>().ToList(),
            wire.UpdatedAt,
            WebOf(wire.HtmlUrl));
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<IssueComment>> ListCommentsAsync(RepoRef repo, int number, CancellationToken cancellationToken)
    {
        var wire = await _http.ListAsync(repo, Path(repo, $"/issues/{number}/comments"), GitHubJson.Default.ListComment, page => page, cancellationToken);
        return wire.ConvertAll(CommentOf);
    }

    /// <inheritdoc/>
    public async Task<IssueComment> EnsureCommentAsync(RepoRef repo, int number, string marker, string body, CancellationToken cancellationToken)
    {
        var text = MarkedBody.Compose(marker, body);
        var self = await GetSelfAsync(cancellationToken);
        var existing = (await ListCommentsAsync(repo, number, cancellationToken)).FirstOrDefault(c => c.Author.Id == self.Id && MarkedBody.Carries(c.Body, marker));
        if (existing is not null && existing.Body.TrimEnd() == text)
            return existing;
        var (method, path) = existing is null
            ? (HttpMethod.Post, Path(repo, $"/issues/{number}/comments"))
            : (HttpMethod.Patch, Path(repo, $"/issues/comments/{existing.Id}"));
        var reply = await WriteCommentAsync(repo, method, path, text, cancellationToken);
        return CommentOf(GitHubHttp.Read(reply, path, GitHubJson.Default.Comment));
    }

    /// <inheritdoc/>
    public async Task AddReactionAsync(RepoRef repo, int number, long? commentId, Reaction reaction, CancellationToken cancellationToken)
    {
        var content = reaction switch { Reaction.Eyes => "eyes", Reaction.ThumbsDown => "-1", Reaction.Rocket => "rocket", _ => "confused" };
        GitHubRequest To(string rest) => new(HttpMethod.Post, Path(repo, rest), repo)
        {
            Permissions = TokenPermissions.WriteConversation,
            Json = JsonSerializer.Serialize(new Wire.NewReaction(content), GitHubJson.Default.NewReaction),
        };
        if (commentId is not { } id)
        {
            await _http.SendAsync(To($"/issues/{number}/reactions"), cancellationToken);
            return;
        }

        // A comment id alone does not tell a conversation comment from a line comment.
        var reply = await _http.SendAsync(To($"/issues/comments/{id}/reactions") with { AlsoFine = [HttpStatusCode.NotFound] }, cancellationToken);
        if (!reply.IsSuccess)
            await _http.SendAsync(To($"/pulls/comments/{id}/reactions"), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task AddLabelAsync(RepoRef repo, int number, string label, CancellationToken cancellationToken) =>
        await _http.SendAsync(
            new GitHubRequest(HttpMethod.Post, Path(repo, $"/issues/{number}/labels"), repo)
            {
                Permissions = TokenPermissions.WriteConversation,
                Json = JsonSerializer.Serialize(new Wire.NewLabels([label]), GitHubJson.Default.NewLabels),
            },
            cancellationToken);

    /// <inheritdoc/>
    public async Task RemoveLabelAsync(RepoRef repo, int number, string label, CancellationToken cancellationToken) =>
        await _http.SendAsync(
            new GitHubRequest(HttpMethod.Delete, Path(repo, $"/issues/{number}/labels/{Escape(label)}"), repo)
            {
                Permissions = TokenPermissions.WriteConversation,
                AlsoFine = [HttpStatusCode.NotFound],
            },
            cancellationToken);

    private static IssueComment CommentOf(Wire.Comment wire) =>
        new(wire.Id, ActorOf(wire.User), wire.Body ?? "", wire.CreatedAt, wire.UpdatedAt, WebOf(wire.HtmlUrl));

    // Creating is not repeatable: whoever calls again looks for the marker first.
    private Task<GitHubReply> WriteCommentAsync(RepoRef repo, HttpMethod method, string path, string text, CancellationToken cancellationToken) =>
        _http.SendAsync(
            new GitHubRequest(method, path, repo)
            {
                Permissions = TokenPermissions.WriteConversation,
                Json = JsonSerializer.Serialize(new Wire.NewComment(text), GitHubJson.Default.NewComment),
                IsRepeatable = method != HttpMethod.Post,
            },
            cancellationToken);
}
