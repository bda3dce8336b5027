using System.Globalization;
using System.Text.RegularExpressions;
using static CodingAgent.Forges.GitLab.GitLabWire;

namespace CodingAgent.Forges.GitLab;

/// <content>Discussions: those on lines, and those that somebody started to have them settled.</content>
public sealed partial class GitLabForge
{
    private const int MostHunkLines = 20;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ReviewThread>> ListReviewThreadsAsync(RepoRef repo, int number, CancellationToken cancellationToken)
    {
        var discussions = (await ListDiscussionsAsync(repo, number, cancellationToken)).Where(d => Root(d) is { System: false, Resolvable: true }).ToList();
        if (discussions.Count == 0)
            return [];
        var request = await ReadMergeRequestAsync(repo, number, cancellationToken);
        var diffs = await ListDiffsAsync(repo, number, cancellationToken);
        return [.. discussions.Select(d => ThreadOf(d, request, diffs))];
    }

    /// <inheritdoc/>
    public async Task EnsureThreadReplyAsync(RepoRef repo, int number, long rootCommentId, string marker, string body, CancellationToken cancellationToken)
    {
        var text = MarkedBody.Compose(marker, body, LongestBody);
        var self = await GetSelfAsync(repo, cancellationToken);
        var (id, discussion) = await FindDiscussionAsync(repo, number, rootCommentId, cancellationToken)
            ?? throw new ForgeRejectedException($"{Named("Answering on", repo, Subject.Pull(number))}: the discussion is gone.", System.Net.HttpStatusCode.NotFound);
        var existing = discussion.Notes?.FirstOrDefault(n => n.Author?.Id == self.Id && MarkedBody.Carries(n.Body ?? "", marker));
        if (existing is not null && existing.Body?.TrimEnd() == text)
            return;
        var (doing, note) = (Named("Answering on", repo, Subject.Pull(number)), new NoteWritten(text));
        if (existing is null)
            await _api.RunAsync(doing, c => c.ReplyAsync(repo.FullName, number, id, note, Conversing(repo, isNew: true), cancellationToken), cancellationToken);
        else
            await _api.RunAsync(doing, c => c.UpdateNoteAsync(repo.FullName, "merge_requests", number, existing.Id, note, Conversing(repo), cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task ResolveThreadAsync(RepoRef repo, int number, long rootCommentId, CancellationToken cancellationToken)
    {
        if (await FindDiscussionAsync(repo, number, rootCommentId, cancellationToken) is not var (id, discussion) || Root(discussion) is not { Resolvable: true, Resolved: false })
            return;
        await _api.RunAsync(
            Named("Resolving a discussion of", repo, Subject.Pull(number)), c => c.ResolveAsync(repo.FullName, number, id, new Resolved(true), Merging(repo), cancellationToken), cancellationToken);
    }

    private Task<List<DiffSeen>> ListDiffsAsync(RepoRef repo, int number, CancellationToken cancellationToken) => _api.ListAsync(
        Named("Reading the changes of", repo, Subject.Pull(number)), (c, page) => c.ListDiffsAsync(repo.FullName, number, page, Reading(repo), cancellationToken), cancellationToken);

    private async Task<(string Id, DiscussionSeen Discussion)?> FindDiscussionAsync(RepoRef repo, int number, long root, CancellationToken cancellationToken) =>
        (await ListDiscussionsAsync(repo, number, cancellationToken)).Find(d => Root(d)?.Id == root) is { Id: { } id } found ? (id, found) : null;

    private Task<List<DiscussionSeen>> ListDiscussionsAsync(RepoRef repo, int number, CancellationToken cancellationToken) => _api.ListAsync(
        Named("Reading the discussions of", repo, Subject.Pull(number)), (c, page) => c.ListDiscussionsAsync(repo.FullName, number, page, Reading(repo), cancellationToken), cancellationToken);

    private static NoteSeen? Root(DiscussionSeen discussion) => discussion.Notes is [var first, ..] ? first : null;

    private static ReviewThread ThreadOf(DiscussionSeen discussion, MergeRequestSeen request, List<DiffSeen> diffs)
    {
        var root = Root(discussion)!;
        var notes = discussion.Notes!.Where(n => !n.System && !n.IsInternal).ToList();
        var comments = notes.ConvertAll(n => CommentOf(n, WebOf(request.WebUrl)));
        if (root.Position is not { PositionType: "text" or null } at)
            return new ReviewThread(root.Id, null, root.Position?.NewPath ?? "", null, "", comments) { IsResolved = root.Resolved };

        // What a push changed stays where it was, in the version it was written for.
        var isOutdated = at.HeadSha is { } head && (request.DiffRefs?.HeadSha ?? request.Sha) is { } now && head != now;
        var isOld = at.NewLine is null && at.OldLine is not null;
        var line = isOld ? at.OldLine : at.NewLine;
        var start = StartOf(at, isOld) is { } first && first < line ? first : (int?)null;
        var path = (isOld ? at.OldPath : at.NewPath) ?? at.NewPath ?? at.OldPath ?? "";
        return new ReviewThread(root.Id, null, path, isOutdated ? null : line, isOutdated || line is null ? "" : HunkOf(diffs, path, line.Value, isOld), comments)
        {
            StartLine = isOutdated ? null : start,
            OriginalLine = line,
            OriginalStartLine = start,
            Side = isOld ? DiffSide.Old : DiffSide.New,
            IsOutdated = isOutdated,
            IsResolved = root.Resolved,
            Suggestions = isOutdated || isOld || line is not { } target ? [] : [.. notes.SelectMany(n => SuggestionsIn(n, target))],
        };
    }

    // What a client put there: the numbers, or only the code of the line, which ends with them ("<digest>_<old>_<new>").
    private static int? StartOf(PositionSeen at, bool isOld)
    {
        if (at.LineRange?.Start is not { } start)
            return null;
        return (isOld ? start.OldLine : start.NewLine)
            ?? (start.LineCode?.Split('_') is [_, var oldLine, var newLine] && int.TryParse(isOld ? oldLine : newLine, NumberStyles.None, CultureInfo.InvariantCulture, out var line) && line > 0 ? line : null);
    }

    // "suggestion:-2+1": from two lines above the note's line to one below. https://docs.gitlab.com/user/project/merge_requests/reviews/suggestions/
    private static IEnumerable<Suggestion> SuggestionsIn(NoteSeen note, int line)
    {
        foreach (var (range, text) in SuggestionBlocks.In(note.Body ?? ""))
        {
            var (above, below) = range.Length == 0 ? (0, 0) : SuggestionRange().Match(range) is { Success: true } m ? (Lines(m.Groups["above"].Value), Lines(m.Groups["below"].Value)) : (-1, -1);
            if (above >= 0 && above < line)
                yield return new Suggestion(note.Id, line - above, line + below, text);
        }

        static int Lines(string digits) => int.Parse(digits, CultureInfo.InvariantCulture);
    }

    // GitLab takes a hundred lines each way at most.
    [GeneratedRegex(@"^-(?<above>[0-9]{1,3})\+(?<below>[0-9]{1,3})$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex SuggestionRange();

    /// <summary>The hunk that a line lies in, down to the line, as a reader sees it above a note: GitLab does not send it along.</summary>
    private static string HunkOf(List<DiffSeen> diffs, string path, int line, bool isOld)
    {
        var diff = diffs.Find(d => (isOld ? d.OldPath : d.NewPath) == path)?.Diff;
        if (string.IsNullOrEmpty(diff))
            return "";
        var (hunk, oldLine, newLine) = (new List<string>(), 0, 0);
        foreach (var text in diff.Split('\n'))
        {
            if (HunkHeader().Match(text) is { Success: true } header)
            {
                hunk = [text];
                (oldLine, newLine) = (int.Parse(header.Groups["old"].ValueSpan, CultureInfo.InvariantCulture), int.Parse(header.Groups["new"].ValueSpan, CultureInfo.InvariantCulture));
                continue;
            }

            if (hunk.Count == 0 || text.Length == 0)
                continue;
            hunk.Add(text);
            var (isRemoved, isAdded) = (text[0] == '-', text[0] == '+');
            if (isOld ? !isAdded && oldLine == line : !isRemoved && newLine == line)
                return string.Join('\n', hunk.Count <= MostHunkLines ? hunk : [hunk[0], .. hunk.TakeLast(MostHunkLines - 1)]);
            oldLine += isAdded ? 0 : 1;
            newLine += isRemoved ? 0 : 1;
        }

        return "";
    }

    [GeneratedRegex(@"^@@ -(?<old>[0-9]{1,9})(,[0-9]{1,9})? \+(?<new>[0-9]{1,9})(,[0-9]{1,9})? @@", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex HunkHeader();
}
