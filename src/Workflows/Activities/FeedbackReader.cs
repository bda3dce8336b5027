using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;

namespace CodingAgent.Workflows.Activities;

/// <summary>Reads what people wrote that is to be answered on a pull request: reviews and open threads. Only words of those who count are taken.</summary>
internal sealed class FeedbackReader(IForge forge, Func<RepoRef, string, bool> allowsBot)
{
    /// <summary>Reads it.</summary>
    public async Task<ForgeActivities.Feedback> ReadAsync(ForgeActivities.FeedbackInput input, CancellationToken cancellationToken)
    {
        var self = await forge.GetSelfAsync(input.Repo, cancellationToken);
        var writers = new Writers(forge, input.Repo, allowsBot);
        var reviews = new List<PersonText>();
        foreach (var id in input.ReviewIds)
        {
            var review = await forge.GetReviewAsync(input.Repo, input.Pull, id, cancellationToken);
            if (review.Body.Trim().Length > 0 && (review.Author.IsSame(self) || await writers.HaveAsync(review.Author, cancellationToken)))
                reviews.Add(new PersonText(review.Author.Login, review.Body));
        }

        var threads = new List<ThreadText>();
        foreach (var thread in input.WithThreads ? await forge.ListReviewThreadsAsync(input.Repo, input.Pull, cancellationToken) : [])
        {
            if (!thread.IsResolved && await OpenAsync(input.Repo, input.Pull, thread, self, writers, cancellationToken) is { } open)
                threads.Add(open);
        }

        return new ForgeActivities.Feedback(reviews, threads, []) { Remarks = input.Remarks };
    }

    /// <summary>A thread as the fixer reads it; null for one whose last word is ours, which has been answered, and where nobody who counts said anything.</summary>
    private async Task<ThreadText?> OpenAsync(RepoRef repo, int pull, ReviewThread thread, Actor self, Writers writers, CancellationToken cancellationToken)
    {
        var said = new List<IssueComment>();
        foreach (var comment in thread.Comments.Where(c => !thread.Hidden.Contains(c.Id)))
        {
            if (comment.Author.IsSame(self) || await writers.HaveAsync(comment.Author, cancellationToken))
                said.Add(comment);
        }

        if (said.Count == 0 || said[^1].Author.IsSame(self))
            return null;
        // What was proposed before our last word has been answered with it; of several proposals the last one counts.
        var open = said.Skip(said.FindLastIndex(c => c.Author.IsSame(self)) + 1).Select(c => c.Id).ToHashSet();
        var proposed = thread.Suggestions.Where(s => open.Contains(s.CommentId)).GroupBy(s => s.CommentId).LastOrDefault()?.ToList() ?? [];
        var whyNot = proposed.Count == 0 ? "" : await WhyNotAsync(repo, pull, proposed, cancellationToken);
        return new ThreadText(
            thread.RootCommentId, thread.Path, thread.IsOutdated ? thread.OriginalLine : thread.Line, [.. said.Select(c => new PersonText(c.Author.Login, c.Body))])
        {
            DiffHunk = thread.DiffHunk,
            StartLine = thread.IsOutdated ? thread.OriginalStartLine : thread.StartLine,
            IsOnOldSide = thread.Side == DiffSide.Old,
            IsOutdated = thread.IsOutdated,
            Suggestions = [.. proposed.Select(s => new SuggestedLines(s.StartLine, s.EndLine, s.Text) { WhyNotApplied = whyNot })],
        };
    }

    // What is done without anybody thinking about it is done on its author's word alone.
    private async Task<string> WhyNotAsync(RepoRef repo, int pull, List<Suggestion> proposed, CancellationToken cancellationToken)
    {
        if (proposed.Count > 1)
            return "the remark proposes several";
        var found = await forge.FindLineCommentAsync(repo, pull, proposed[0].CommentId, withEdit: true, cancellationToken);
        return found is null ? "the remark is gone"
            : found.Edit is { By: var editor } && !editor.IsSame(found.Author) ? "somebody else than its author changed the remark"
            : SuggestionActivities.NotTried;
    }
}
