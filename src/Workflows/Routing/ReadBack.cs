using System.Net;
using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Routing;

/// <summary>
/// Asks the forge for what an event says. A signature proves who sent a delivery and nothing about what is in it; from here on author,
/// text, time and state are the forge's. Which events are asked for is in docs/guide/events.md.
/// </summary>
public sealed class ReadBack(IForgeRecords records, IForgeIssues issues, IForgeRepositories repositories)
{
    private static readonly Actor Nobody = new("ghost", 0, ActorKind.Other);

    /// <summary>The event as the forge has it.</summary>
    /// <exception cref="NotOnRecordException">The forge does not say so, or not yet.</exception>
    /// <exception cref="ForgeUnavailableException">The forge is away: try again later.</exception>
    /// <exception cref="ForgeRejectedException">The forge refused for good.</exception>
    public async Task<ForgeEvent> AskAsync(ForgeEvent hint, CancellationToken cancellationToken) => hint switch
    {
        ForgeEvent.Commented x => await WithDigestAsync(
            Apply(x, await CommentAsync(withEdit => records.FindCommentAsync(x.Repo, x.On, x.CommentId, withEdit, cancellationToken), x.IsEdit, x.Body)), cancellationToken),
        ForgeEvent.ReviewCommented x => Apply(x, await CommentAsync(withEdit => records.FindLineCommentAsync(x.Repo, x.Number, x.CommentId, withEdit, cancellationToken), x.IsEdit, x.Body)),
        ForgeEvent.ReviewSubmitted x => Apply(
            x, await records.FindReviewAsync(x.Repo, x.Number, x.ReviewId, withEdit: CommandRequest.AllOf(x, default).Count > 0, cancellationToken)),
        ForgeEvent.Labeled x => await LabeledAsync(x, cancellationToken),
        ForgeEvent.Unlabeled x => await UnlabeledAsync(x, cancellationToken),
        ForgeEvent.Assigned x => await AssignedAsync(x, cancellationToken),
        ForgeEvent.Unassigned x => await records.FindAssignmentAsync(x.Repo, x.Number, x.Assignee, cancellationToken) is { Kind: IssueEventKind.Unassigned } last
            ? x with { Actor = last.Actor, Record = last }
            : throw Not(x, x.Number, $"nobody who took {x.Assignee.Login} off"),
        ForgeEvent.IssueOpened x => await FindIssueAsync(x.Repo, Subject.Issue(x.Number), cancellationToken) is { IsPullRequest: false } issue
            // Where a label or an assignment has asked already, its text need not.
            ? x with { Actor = issue.Author, Body = issue.Labels.Any(TaskLabels.StopsWhenRemoved) || await IsAssignedAsync(issue, x.Repo, cancellationToken) ? "" : issue.Body }
            : throw Not(x, x.Number, "no issue"),
        ForgeEvent.IssueStateChanged x => await ClosedAsync(x, cancellationToken),
        ForgeEvent.PullChanged { Change: PullChange.Closed or PullChange.Merged } x => await EndedAsync(x, cancellationToken),
        ForgeEvent.PullChanged { Change: PullChange.ReadyForReview or PullChange.ConvertedToDraft } x => await DraftedAsync(x, cancellationToken),
        _ => hint,
    };

    // Times are whole seconds: a text that is not what was told was changed, whatever they say.
    private static async Task<RecordedComment?> CommentAsync(Func<bool, Task<RecordedComment?>> find, bool isEdit, string told) =>
        await find(isEdit) is { } found && (isEdit || found.Edit is not null || found.Body == told) ? found : await find(true);

    private static ForgeEvent.Commented Apply(ForgeEvent.Commented hint, RecordedComment? found)
    {
        if (found is null || found.On.Number != hint.Number)
            throw Not(hint, hint.Number, $"no comment {hint.CommentId}");
        return hint with
        {
            Actor = found.Author,
            IsPullRequest = found.On.IsPull,
            Body = found.Body,
            WrittenAt = found.Edit?.At ?? found.CreatedAt,
            EditedBy = OtherThan(found.Author, found.Edit),
        };
    }

    private static ForgeEvent.ReviewCommented Apply(ForgeEvent.ReviewCommented hint, RecordedComment? found)
    {
        if (found is null || found.On != Subject.Pull(hint.Number))
            throw Not(hint, hint.Number, $"no line comment {hint.CommentId}");
        return hint with { Actor = found.Author, Body = found.Body, WrittenAt = found.Edit?.At ?? found.CreatedAt, EditedBy = OtherThan(found.Author, found.Edit) };
    }

    private static ForgeEvent.ReviewSubmitted Apply(ForgeEvent.ReviewSubmitted hint, RecordedReview? found)
    {
        if (found is not { Review: var review })
            throw Not(hint, hint.Number, $"no review {hint.ReviewId}");
        return hint with
        {
            Actor = review.Author,
            State = review.State,
            Body = review.Body,
            SubmittedAt = found.Edit?.At ?? review.SubmittedAt,
            Head = hint.Head with { Sha = review.CommitSha },
            EditedBy = OtherThan(review.Author, found.Edit),
        };
    }

    private async Task<ForgeEvent> LabeledAsync(ForgeEvent.Labeled hint, CancellationToken cancellationToken)
    {
        var issue = await FindIssueAsync(hint.Repo, hint.On, cancellationToken);
        var last = await LastAsync(hint, hint.On, e => IsAbout(e, hint.Label), cancellationToken);
        if (last is not { Kind: IssueEventKind.Labeled } || issue?.Labels.Any(l => TaskLabels.Is(l, hint.Label)) != true)
            throw Not(hint, hint.Number, $"no label {hint.Label}");
        var fact = hint with { Actor = last.Actor, IsPullRequest = issue.IsPullRequest, Record = last };
        return Starts(fact) ? fact with { IssueDigest = await DigestAsync(issue, fact, last.At, fact.IssueDigest, cancellationToken) } : fact;
    }

    private async Task<ForgeEvent> AssignedAsync(ForgeEvent.Assigned hint, CancellationToken cancellationToken)
    {
        var issue = await FindIssueAsync(hint.Repo, Subject.Issue(hint.Number), cancellationToken);
        var last = await records.FindAssignmentAsync(hint.Repo, hint.Number, hint.Assignee, cancellationToken);
        if (last is not { Kind: IssueEventKind.Assigned } || issue is not { IsPullRequest: false } || !issue.Assignees.Any(hint.Assignee.IsSame))
            throw Not(hint, hint.Number, $"no assignment of {hint.Assignee.Login}");
        var fact = hint with { Actor = last.Actor, Record = last };
        return fact with { IssueDigest = await DigestAsync(issue, fact, last.At, fact.IssueDigest, cancellationToken) };
    }

    private async Task<ForgeEvent> WithDigestAsync(ForgeEvent.Commented fact, CancellationToken cancellationToken) => Starts(fact)
        ? fact with
        {
            IssueDigest = await DigestAsync(await issues.GetIssueAsync(fact.Repo, fact.On, cancellationToken), fact, fact.WrittenAt, fact.IssueDigest, cancellationToken),
        }
        : fact;

    private static bool Starts(ForgeEvent fact) =>
        CommandRequest.AllOf(fact, default).Any(r => r is { IsPull: false, Parsed: ParsedCommand.Understood { Command: AgentCommand.Implement or AgentCommand.Fix or AgentCommand.Begin or AgentCommand.Plan } });

    /// <summary>
    /// Digest of the issue as it read when work on it was asked for. Whoever may edit an issue need not be one who may start work, and a
    /// payload can say of the text what it likes: an edit since then leaves a digest that no text has. The text is read before its edits.
    /// </summary>
    private async Task<string> DigestAsync(Issue issue, ForgeEvent fact, DateTimeOffset at, string? told, CancellationToken cancellationToken) =>
        await records.FindIssueEditAsync(fact.Repo, issue.Number, cancellationToken) >= at ? "edited since"
        : told is not null && told != issue.TextDigest ? told
        : issue.TextDigest;

    private async Task<ForgeEvent> UnlabeledAsync(ForgeEvent.Unlabeled hint, CancellationToken cancellationToken)
    {
        var last = await LastAsync(hint, hint.On, e => IsAbout(e, hint.Label), cancellationToken);
        return last is { Kind: IssueEventKind.Unlabeled }
            ? hint with { Actor = last.Actor, Record = last }
            : throw Not(hint, hint.Number, $"nobody who took the label {hint.Label} off");
    }

    private async Task<ForgeEvent> ClosedAsync(ForgeEvent.IssueStateChanged hint, CancellationToken cancellationToken)
    {
        if (await FindIssueAsync(hint.Repo, Subject.Issue(hint.Number), cancellationToken) is not { } issue)
        {
            // Deleted or transferred; but a repository that we may not see, or that has another name now, says nothing about its issues here.
            return (await repositories.GetRepositoryAsync(hint.Repo, cancellationToken)).Ref == hint.Repo
                ? hint with { Actor = Nobody }
                : throw Not(hint, hint.Number, "no issue");
        }

        return issue is { IsOpen: false, IsPullRequest: false }
            ? hint with { Actor = issue.ClosedBy ?? Nobody }
            : throw Not(hint, hint.Number, "no closed issue");
    }

    private async Task<ForgeEvent> EndedAsync(ForgeEvent.PullChanged hint, CancellationToken cancellationToken) =>
        await FindIssueAsync(hint.Repo, Subject.Pull(hint.Number), cancellationToken) is { IsOpen: false, IsPullRequest: true } pull
            ? hint with { Actor = pull.ClosedBy ?? Nobody, Change = pull.IsMerged ? PullChange.Merged : PullChange.Closed }
            : throw Not(hint, hint.Number, "no closed pull request");

    private async Task<ForgeEvent> DraftedAsync(ForgeEvent.PullChanged hint, CancellationToken cancellationToken)
    {
        var last = await LastAsync(hint, Subject.Pull(hint.Number), e => e.Kind is IssueEventKind.ReadyForReview or IssueEventKind.ConvertedToDraft, cancellationToken);
        return last is { Kind: var kind } && kind == (hint.Change == PullChange.ConvertedToDraft ? IssueEventKind.ConvertedToDraft : IssueEventKind.ReadyForReview)
            ? hint with { Actor = last.Actor }
            : throw Not(hint, hint.Number, hint.Change == PullChange.ConvertedToDraft ? "nobody who made a draft" : "nobody who took the draft state off");
    }

    private async Task<bool> IsAssignedAsync(Issue issue, RepoRef repo, CancellationToken cancellationToken) =>
        issue.Assignees.Count > 0 && issue.Assignees.Any((await repositories.GetSelfAsync(repo, cancellationToken)).IsSame);

    private async Task<Issue?> FindIssueAsync(RepoRef repo, Subject on, CancellationToken cancellationToken)
    {
        try
        {
            // One that was transferred answers from where it is now.
            return await issues.GetIssueAsync(repo, on, cancellationToken) is var issue && issue.Number == on.Number && IsOf(issue, repo) ? issue : null;
        }
        catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            return null;
        }
    }

    private async Task<IssueEvent?> LastAsync(ForgeEvent hint, Subject on, Func<IssueEvent, bool> match, CancellationToken cancellationToken) =>
        (await records.ListIssueEventsAsync(hint.Repo, on, cancellationToken))?.LastOrDefault(match);

    private static bool IsAbout(IssueEvent e, string label) =>
        e.Kind is IssueEventKind.Labeled or IssueEventKind.Unlabeled && TaskLabels.Is(e.Label, label);

    private static bool IsOf(Issue issue, RepoRef repo) =>
        issue.WebUrl.AbsolutePath.Contains($"/{repo.FullName}/", StringComparison.OrdinalIgnoreCase);

    private static Actor? OtherThan(Actor author, TextEdit? edit) => edit is { By: var by } && !author.IsSame(by) ? by : null;

    private static NotOnRecordException Not(ForgeEvent hint, int number, string what) => new($"the forge has {what} on {hint.Repo.FullName}#{number}");
}
