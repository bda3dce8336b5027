using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Refit;
using static CodingAgent.Forges.GitLab.GitLabWire;

namespace CodingAgent.Forges.GitLab;

/// <content>What people did, read back. REST says when a note was changed, for whatever reason, and not by whom: GraphQL knows.</content>
public sealed partial class GitLabForge
{
    private const string EditQuery = "query($id: NoteID!) { note(id: $id) { lastEditedAt lastEditedBy { id username bot } } }";

    private const int MostChanged = 100;

    /// <inheritdoc/>
    public async Task<RecordedComment?> FindCommentAsync(RepoRef repo, Subject on, long id, bool withEdit, CancellationToken cancellationToken) =>
        await FindNoteAsync(repo, on, id, cancellationToken) is { Type: not DiffNote } note ? await RecordedAsync(repo, on, note, withEdit, cancellationToken) : null;

    /// <inheritdoc/>
    public async Task<RecordedComment?> FindLineCommentAsync(RepoRef repo, int number, long id, bool withEdit, CancellationToken cancellationToken) =>
        // A discussion without a line is answered and settled as one on a line is.
        await FindNoteAsync(repo, Subject.Pull(number), id, cancellationToken) is { Type: not null } note ? await RecordedAsync(repo, Subject.Pull(number), note, withEdit, cancellationToken) : null;

    /// <inheritdoc/>
    /// <remarks>Changes of title and description are notes of GitLab's own.</remarks>
    public async Task<DateTimeOffset?> FindIssueEditAsync(RepoRef repo, int number, CancellationToken cancellationToken) =>
        (await ListNotesAsync(repo, Subject.Issue(number), cancellationToken)).Where(n => n is { System: true, Body: { } said }
            && (said.StartsWith("changed the description", StringComparison.Ordinal) || said.StartsWith("changed title from", StringComparison.Ordinal)
                // One of the tasks in the description: ticked, or not any more.
                || said.StartsWith("marked the", StringComparison.Ordinal)))
            .Select(n => (DateTimeOffset?)n.CreatedAt).Max();

    /// <inheritdoc/>
    public async Task<IReadOnlyList<IssueEvent>?> ListIssueEventsAsync(RepoRef repo, Subject on, CancellationToken cancellationToken)
    {
        List<LabelEventSeen> labels;
        try
        {
            labels = await _api.ListAsync(
                Named("Reading the labels' history of", repo, on), (c, page) => c.ListLabelEventsAsync(repo.FullName, KindOf(on), on.Number, page, Reading(repo), cancellationToken), cancellationToken);
        }
        catch (ForgeRejectedException e) when (e.Status == System.Net.HttpStatusCode.NotFound)
        {
            return null;
        }

        var events = labels.Where(e => e.Label?.Name is not null)
            .Select(e => new IssueEvent(e.Id, e.Action == "add" ? IssueEventKind.Labeled : IssueEventKind.Unlabeled, ActorOf(e.User), e.Label!.Name!, e.CreatedAt));
        if (on.IsPull)
        {
            events = events.Concat((await ListNotesAsync(repo, on, cancellationToken)).Where(n => n.System && DraftChangeOf(n.Body) is not null)
                .Select(n => new IssueEvent(n.Id, DraftChangeOf(n.Body)!.Value, ActorOf(n.Author), "", n.CreatedAt)));
        }

        return [.. events.OrderBy(e => e.At).ThenBy(e => e.Id)];
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A note of GitLab's own tells it: "assigned to @ada, @bob, and @eve and unassigned @mallory". Of who was assigned from the first moment there is none, and
    /// the author did it.
    /// </remarks>
    public async Task<IssueEvent?> FindAssignmentAsync(RepoRef repo, int number, Actor assignee, CancellationToken cancellationToken)
    {
        List<NoteSeen> notes;
        try
        {
            notes = await ListNotesAsync(repo, Subject.Issue(number), cancellationToken);
        }
        catch (ForgeRejectedException e) when (e.Status == System.Net.HttpStatusCode.NotFound)
        {
            return null;
        }

        IssueEvent? last = null;
        foreach (var note in notes.Where(n => n.System).OrderBy(n => n.CreatedAt).ThenBy(n => n.Id))
        {
            var said = Assignments().Match(note.Body ?? "");
            bool Names(string group) => said.Groups[group].Captures.Any(c => c.Value.Equals(assignee.Login, StringComparison.OrdinalIgnoreCase));
            if (Names("on") || Names("off"))
                last = new IssueEvent(note.Id, Names("on") ? IssueEventKind.Assigned : IssueEventKind.Unassigned, ActorOf(note.Author), "", note.CreatedAt);
        }

        if (last is not null)
            return last;
        var issue = await ReadIssueAsync(repo, number, cancellationToken);
        return (issue.Assignees ?? []).Any(a => ActorOf(a).IsSame(assignee)) ? new IssueEvent(0, IssueEventKind.Assigned, ActorOf(issue.Author), "", issue.CreatedAt) : null;
    }

    // Whole: other notes repeat what people wrote, such as a title.
    [GeneratedRegex(@"\A(assigned to @(?<on>[\w.-]+)(, @(?<on>[\w.-]+))*(,? and @(?<on>[\w.-]+))?)?((?<=.) and )?(unassigned @(?<off>[\w.-]+)(, @(?<off>[\w.-]+))*(,? and @(?<off>[\w.-]+))?)?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Assignments();

    private static IssueEventKind? DraftChangeOf(string? said) => said switch
    {
        "marked this merge request as **ready**" => IssueEventKind.ReadyForReview,
        "marked this merge request as **draft**" => IssueEventKind.ConvertedToDraft,
        _ => null,
    };

    /// <inheritdoc/>
    /// <remarks>Confidential issues are left out, as their events are.</remarks>
    public async Task<ChangedSubjects> ListChangedAsync(RepoRef repo, DateTimeOffset since, CancellationToken cancellationToken)
    {
        // Whole seconds, or it would be written with the offset's plus sign.
        var after = since.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var doing = $"Asking what changed in {repo.FullName}";
        var (issues, untilIssues) = await ChangedAsync((c, page) => c.ListChangedIssuesAsync(repo.FullName, after, page, Reading(repo), cancellationToken), i => i.UpdatedAt);
        var (requests, untilRequests) = await ChangedAsync((c, page) => c.ListChangedMergeRequestsAsync(repo.FullName, after, page, Reading(repo), cancellationToken), r => r.UpdatedAt);
        // Of the list that is shorter in time nobody knows what comes after.
        var until = untilIssues < untilRequests ? untilIssues : untilRequests ?? untilIssues;
        var all = issues.Where(i => i.Confidential != true).Select(i => (On: Subject.Issue(i.Iid), i.UpdatedAt)).Concat(requests.Select(r => (On: Subject.Pull(r.Iid), r.UpdatedAt)));
        return new ChangedSubjects([.. all.Where(c => until is null || c.UpdatedAt <= until).OrderBy(c => c.UpdatedAt).Select(c => c.On)], until);

        async Task<(List<T> Changed, DateTimeOffset? Until)> ChangedAsync<T>(Func<IGitLabApi, int, Task<ApiResponse<List<T>>>> list, Func<T, DateTimeOffset> at)
        {
            var changed = new List<T>();
            for (var page = 1; ; page++)
            {
                var answer = await _api.RunAsync(doing, c => list(c, page), cancellationToken);
                changed.AddRange(answer);
                // Who goes on from the last one's time must come further.
                if (answer.Count < MostChanged)
                    return (changed, null);
                if (at(answer[^1]) >= since.AddSeconds(1))
                    return (changed, at(answer[^1]));
            }
        }
    }

    // What GitLab says itself is nobody's word, and what only members see is none for everybody.
    private async Task<NoteSeen?> FindNoteAsync(RepoRef repo, Subject on, long id, CancellationToken cancellationToken)
    {
        var note = await _api.FindAsync(Named("Reading a note of", repo, on), c => c.GetNoteAsync(repo.FullName, KindOf(on), on.Number, id, Reading(repo), cancellationToken), cancellationToken);
        return note is { System: false, IsInternal: false } ? note : null;
    }

    private async Task<RecordedComment> RecordedAsync(RepoRef repo, Subject on, NoteSeen note, bool withEdit, CancellationToken cancellationToken)
    {
        // The two times differ also for other reasons than a change of the text.
        var edit = withEdit || note.UpdatedAt > note.CreatedAt ? await ReadEditAsync(repo, note, cancellationToken) : null;
        return new RecordedComment(note.Id, on, ActorOf(note.Author), note.Body ?? "", note.CreatedAt, edit);
    }

    private async Task<TextEdit?> ReadEditAsync(RepoRef repo, NoteSeen note, CancellationToken cancellationToken)
    {
        var doing = $"Asking who edited a note in {repo.FullName}";
        var query = new GraphQlQuery(EditQuery, new { id = $"gid://gitlab/Note/{note.Id}" });
        var answer = await _api.RunAsync(doing, c => c.QueryAsync(query, Reading(repo), cancellationToken), cancellationToken);
        // GraphQL answers 200 and puts its refusals inside.
        if (answer["errors"] is JsonArray and [var first, ..])
            throw new ForgeUnavailableException($"{doing} was refused: {(first as JsonObject)?["message"]}");
        var seen = (answer["data"] as JsonObject)?["note"] as JsonObject ?? throw new ForgeUnavailableException($"The forge did not say who edited a note in {repo.FullName}.");
        if (!DateTimeOffset.TryParse(seen["lastEditedAt"]?.ToString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
            return null;
        var by = seen["lastEditedBy"] as JsonObject;
        _ = long.TryParse(by?["id"]?.ToString().Split('/')[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var id);
        return new TextEdit(ActorOf(new UserSeen(id, by?["username"]?.ToString()) { Bot = by?["bot"]?.ToString() == "true" }), at);
    }
}
