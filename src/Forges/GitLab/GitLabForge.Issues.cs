using System.Net;
using static CodingAgent.Forges.GitLab.GitLabWire;

namespace CodingAgent.Forges.GitLab;

/// <content>Issues, notes, emoji and labels.</content>
public sealed partial class GitLabForge
{
    private const string DiffNote = "DiffNote";

    /// <inheritdoc/>
    public async Task<Issue> GetIssueAsync(RepoRef repo, Subject on, CancellationToken cancellationToken)
    {
        if (on.IsPull)
        {
            // "locked" is one that is just being merged.
            var request = await ReadMergeRequestAsync(repo, on.Number, cancellationToken);
            return new Issue(
                request.Iid, Draft.Without(request.Title ?? ""), request.Description ?? "", ActorOf(request.Author), request.State is "opened" or "locked", true,
                request.Labels ?? [], request.UpdatedAt, WebOf(request.WebUrl))
            {
                ClosedBy = (request.State == "merged" ? request.MergeUser ?? request.MergedBy : request.ClosedBy) is { } ended ? ActorOf(ended) : null,
                IsLocked = request.DiscussionLocked == true,
                IsMerged = request.State == "merged",
            };
        }

        var issue = await ReadIssueAsync(repo, on.Number, cancellationToken);
        return new Issue(issue.Iid, issue.Title ?? "", issue.Description ?? "", ActorOf(issue.Author), issue.State == "opened", false, issue.Labels ?? [], issue.UpdatedAt, WebOf(issue.WebUrl))
        {
            ClosedBy = issue.ClosedBy is { } by ? ActorOf(by) : null,
            Assignees = [.. (issue.Assignees ?? []).Select(ActorOf)],
            IsLocked = issue.DiscussionLocked == true,
        };
    }

    private Task<IssueSeen> ReadIssueAsync(RepoRef repo, int number, CancellationToken cancellationToken) =>
        _api.RunAsync(Named("Reading", repo, Subject.Issue(number)), c => c.GetIssueAsync(repo.FullName, number, Reading(repo), cancellationToken), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>What GitLab says itself (system notes), notes for members only and those on lines are none.</remarks>
    public async Task<IReadOnlyList<IssueComment>> ListCommentsAsync(RepoRef repo, Subject on, CancellationToken cancellationToken)
    {
        var web = new Lazy<Task<Uri>>(async () => (await GetIssueAsync(repo, on, cancellationToken)).WebUrl);
        var comments = new List<IssueComment>();
        foreach (var note in (await ListNotesAsync(repo, on, cancellationToken)).Where(n => !n.System && !n.IsInternal && n.Type != DiffNote))
            comments.Add(CommentOf(note, await web.Value));
        return comments;
    }

    /// <inheritdoc/>
    /// <remarks>GitLab hides none.</remarks>
    public Task<IReadOnlyCollection<long>> ListHiddenCommentsAsync(RepoRef repo, Subject on, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyCollection<long>>([]);

    /// <inheritdoc/>
    public async Task<IssueComment> EnsureCommentAsync(RepoRef repo, Subject on, string marker, string body, CancellationToken cancellationToken)
    {
        var text = MarkedBody.Compose(marker, body, LongestBody);
        var self = await GetSelfAsync(repo, cancellationToken);
        var existing = (await ListCommentsAsync(repo, on, cancellationToken)).FirstOrDefault(c => c.Author.Id == self.Id && MarkedBody.Carries(c.Body, marker));
        if (existing is not null && existing.Body.TrimEnd() == text)
            return existing;
        var note = new NoteWritten(text);
        try
        {
            var written = existing is null
                ? await _api.RunAsync(Named("Commenting on", repo, on), c => c.CreateNoteAsync(repo.FullName, KindOf(on), on.Number, note, Conversing(repo, isNew: true), cancellationToken), cancellationToken)
                : await _api.RunAsync(Named("Commenting on", repo, on), c => c.UpdateNoteAsync(repo.FullName, KindOf(on), on.Number, existing.Id, note, Conversing(repo), cancellationToken), cancellationToken);
            return CommentOf(written, existing?.WebUrl ?? (await GetIssueAsync(repo, on, cancellationToken)).WebUrl);
        }
        catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.Forbidden or HttpStatusCode.NotFound)
        {
            // In a locked conversation only members may write, and the refusal does not say why.
            if ((await GetIssueAsync(repo, on, cancellationToken)).IsLocked)
                throw new ForgeRejectedException(e.Message, HttpStatusCode.Locked);
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task AddReactionAsync(RepoRef repo, Subject on, long? commentId, Reaction reaction, CancellationToken cancellationToken)
    {
        var emoji = new Emoji(reaction switch
        {
            Reaction.Eyes => "eyes",
            Reaction.ThumbsDown => "thumbsdown",
            Reaction.Rocket => "rocket",
            _ => "confused",
        });
        try
        {
            await _api.RunAsync(
                Named("Reacting on", repo, on),
                c => commentId is { } id
                    ? c.AwardNoteAsync(repo.FullName, KindOf(on), on.Number, id, emoji, Conversing(repo), cancellationToken)
                    : c.AwardAsync(repo.FullName, KindOf(on), on.Number, emoji, Conversing(repo), cancellationToken),
                cancellationToken);
        }
        catch (ForgeRejectedException e) when (e.Message.Contains("already been taken", StringComparison.OrdinalIgnoreCase))
        {
            // GitLab answers 404 for a second one of a kind.
        }
    }

    /// <inheritdoc/>
    public Task AddLabelAsync(RepoRef repo, Subject on, string label, CancellationToken cancellationToken) => ChangeAsync(repo, on, new SubjectWritten { AddLabels = LabelOf(label) }, cancellationToken);

    /// <inheritdoc/>
    public Task RemoveLabelAsync(RepoRef repo, Subject on, string label, CancellationToken cancellationToken) => ChangeAsync(repo, on, new SubjectWritten { RemoveLabels = LabelOf(label) }, cancellationToken);

    /// <inheritdoc/>
    public async Task CloseIssueAsync(RepoRef repo, int number, CancellationToken cancellationToken)
    {
        if ((await GetIssueAsync(repo, Subject.Issue(number), cancellationToken)).IsOpen)
            await ChangeAsync(repo, Subject.Issue(number), new SubjectWritten { StateEvent = "close" }, cancellationToken);
    }

    // They are written as a list with commas, and a label may hold none.
    private static string LabelOf(string label) => label.Contains(',', StringComparison.Ordinal) || string.IsNullOrWhiteSpace(label)
        ? throw new ForgeRejectedException($"'{label}' cannot be a label on the forge.", HttpStatusCode.BadRequest)
        : label;

    private async Task ChangeAsync(RepoRef repo, Subject on, SubjectWritten change, CancellationToken cancellationToken)
    {
        if (on.IsPull)
            await _api.RunAsync(Named("Changing", repo, on), c => c.UpdateMergeRequestAsync(repo.FullName, on.Number, change, Merging(repo), cancellationToken), cancellationToken);
        else
            await _api.RunAsync(Named("Changing", repo, on), c => c.UpdateIssueAsync(repo.FullName, on.Number, change, Conversing(repo), cancellationToken), cancellationToken);
    }

    private Task<List<NoteSeen>> ListNotesAsync(RepoRef repo, Subject on, CancellationToken cancellationToken) => _api.ListAsync(
        Named("Reading the notes of", repo, on), (c, page) => c.ListNotesAsync(repo.FullName, KindOf(on), on.Number, page, Reading(repo), cancellationToken), cancellationToken);

    private static string KindOf(Subject on) => on.IsPull ? "merge_requests" : "issues";

    private static string Named(string doing, RepoRef repo, Subject on) => $"{doing} {repo.FullName}{(on.IsPull ? '!' : '#')}{on.Number}";

    private static IssueComment CommentOf(NoteSeen note, Uri page) =>
        new(note.Id, ActorOf(note.Author), note.Body ?? "", note.CreatedAt, note.UpdatedAt, new UriBuilder(page) { Fragment = $"note_{note.Id}" }.Uri);
}
