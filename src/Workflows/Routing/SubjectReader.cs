using System.Globalization;
using System.Net;
using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Routing;

/// <summary>
/// Reads what was said and done about an issue or pull request since some moment, and how it stands, as the events that would have told it. They go the
/// way of every event: each is read back and counts once, so that nothing depends on which of them were told before. Their ids are made of the look's and of
/// what they tell, so that a look that is tried again tells the same.
/// </summary>
public sealed class SubjectReader(IForgeIssues issues, IForgePulls pulls, IForgeRecords records)
{
    // One that has only just begun has not said a word yet; and the forge's clock is another.
    private static readonly TimeSpan Start = TimeSpan.FromMinutes(5);

    /// <summary>The events, in the order in which people said and did what they tell.</summary>
    /// <param name="look">What to read.</param>
    /// <param name="facts">Who owns it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ForgeUnavailableException">The forge is away: try again later.</exception>
    /// <exception cref="ForgeRejectedException">The forge refused for good.</exception>
    public async Task<IReadOnlyList<ForgeEvent>> ReadAsync(ForgeEvent.SubjectChanged look, RoutingFacts facts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(look);
        ArgumentNullException.ThrowIfNull(facts);
        var live = facts.OwnerIsLive ? facts.Summary : null;
        Issue issue;
        try
        {
            issue = await issues.GetIssueAsync(look.Repo, look.On, cancellationToken);
        }
        catch (ForgeRejectedException e) when (e.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            // Deleted or transferred.
            return live is not null && !look.IsPullRequest ? [new ForgeEvent.IssueStateChanged($"{look.DeliveryId}.closed", look.Repo, look.Actor, look.Number, IsOpen: false)] : [];
        }

        var pull = look.IsPullRequest ? await pulls.GetPullAsync(look.Repo, look.Number, cancellationToken) : null;
        var (since, comments) = (look.Since, await issues.ListCommentsAsync(look.Repo, look.On, cancellationToken));
        var said = comments.SelectMany(c => Told(c, since, isEdit => new ForgeEvent.Commented(Id(look, 'c', c.Id, isEdit), look.Repo, c.Author, look.Number, look.IsPullRequest, c.Id, c.Body, c.CreatedAt) { IsEdit = isEdit })).ToList();
        if (pull is not null)
        {
            said.AddRange((await records.ListReviewsAsync(look.Repo, look.Number, since, cancellationToken)).Select(r =>
                new ForgeEvent.ReviewSubmitted(Id(look, 'r', r.Id), look.Repo, r.Author, look.Number, pull.Head, r.Id, r.State, r.Body, r.SubmittedAt)));
            foreach (var thread in await pulls.ListReviewThreadsAsync(look.Repo, look.Number, cancellationToken))
            {
                said.AddRange(thread.Comments.SelectMany(c => Told(c, since, isEdit => new ForgeEvent.ReviewCommented(
                    Id(look, 'l', c.Id, isEdit), look.Repo, c.Author, look.Number, pull.Head, c.Id, thread.ReviewId, c.Id == thread.RootCommentId ? null : thread.RootCommentId, c.Body, c.CreatedAt)
                { IsEdit = isEdit })));
            }
        }

        var events = said.Where(e => Router.WhyActorIsIgnored(e, facts.Bot, facts.Options) is null && Router.Matters(e, facts)).Select(e => (At: TimeOf(e), Event: e));
        var page = live is not null && facts.ReceivedAt - live.CreatedAt > Start && Subject.Of(live.Issue, live.Pull) == look.On ? live : null;
        var (labels, isUnlabeled) = await LabelsAsync(look, issue, page, facts.Bot, cancellationToken);
        var ordered = events.Concat(labels).Concat(await AssignmentAsync(look, issue, page, facts.Bot, cancellationToken)).OrderBy(e => e.At).Select(e => e.Event).Concat(StatesOf(look, issue, pull, live));
        var isSilent = page is not null && !issue.IsLocked && !comments.Any(c => c.Author.IsSame(facts.Bot) && Markers.IsStatus(c.Body) && c.CreatedAt >= page.CreatedAt - Start);
        if (isUnlabeled || isSilent)
            ordered = ordered.Append(look with { DeliveryId = $"{look.DeliveryId}.bare", IsBare = true });
        return [.. ordered];
    }

    private static string Id(ForgeEvent look, char kind, long id, bool isEdit = false) => string.Create(CultureInfo.InvariantCulture, $"{look.DeliveryId}.{kind}{id}{(isEdit ? ".edit" : "")}");

    /// <summary>What tells of a comment: that it was written, that it was changed, or both.</summary>
    private static IEnumerable<ForgeEvent> Told(IssueComment comment, DateTimeOffset since, Func<bool, ForgeEvent> told)
    {
        if (comment.CreatedAt >= since)
            yield return told(false);
        if (comment.UpdatedAt >= since && comment.UpdatedAt > comment.CreatedAt)
            yield return told(true);
    }

    private static DateTimeOffset TimeOf(ForgeEvent e) => e switch
    {
        ForgeEvent.Commented x => x.WrittenAt,
        ForgeEvent.ReviewCommented x => x.WrittenAt,
        ForgeEvent.ReviewSubmitted x => x.SubmittedAt,
        _ => throw new InvalidOperationException($"{e.GetType().Name} is nothing said."),
    };

    /// <summary>Labels that ask for work and stand since; of a living task its own label, taken off by somebody or gone.</summary>
    private async Task<(IEnumerable<(DateTimeOffset At, ForgeEvent Event)> Events, bool IsBare)> LabelsAsync(ForgeEvent.SubjectChanged look, Issue issue, TaskSummary? page, Actor bot, CancellationToken cancellationToken)
    {
        var asking = issue.Labels.Where(l => FlowList.VerbOf(l) is not null).ToList();
        var lacks = page is { Id.Part: null } && !issue.Labels.Any(l => TaskLabels.Is(l, TaskLabels.Working));
        if (asking.Count == 0 && !lacks)
            return ([], false);
        var done = await records.ListIssueEventsAsync(look.Repo, look.On, cancellationToken) ?? [];
        IssueEvent? LastAbout(string label) => done.LastOrDefault(e => e.Kind is IssueEventKind.Labeled or IssueEventKind.Unlabeled && TaskLabels.Is(e.Label, label));
        var events = asking.Select(LastAbout).OfType<IssueEvent>().Where(e => e.Kind == IssueEventKind.Labeled && e.At >= look.Since)
            .Select(e => (e.At, (ForgeEvent)new ForgeEvent.Labeled(Id(look, 'e', e.Id), look.Repo, e.Actor, look.Number, look.IsPullRequest, e.Label))).ToList();
        if (lacks && LastAbout(TaskLabels.Working) is { Kind: IssueEventKind.Unlabeled } off && off.At >= page!.CreatedAt - Start && !off.Actor.IsSame(bot))
            events.Add((off.At, new ForgeEvent.Unlabeled(Id(look, 'e', off.Id), look.Repo, off.Actor, look.Number, look.IsPullRequest, off.Label)));
        // Who took it off wanted an end; where nobody did, it was never put on since an earlier task let it go.
        return (events, lacks && !events.Exists(e => e.Item2 is ForgeEvent.Unlabeled));
    }

    /// <summary>The bot was assigned since and still is; or it was taken off the issue of a living task.</summary>
    private async Task<IEnumerable<(DateTimeOffset At, ForgeEvent Event)>> AssignmentAsync(ForgeEvent.SubjectChanged look, Issue issue, TaskSummary? page, Actor bot, CancellationToken cancellationToken)
    {
        var isAssigned = issue.Assignees.Any(bot.IsSame);
        if (look.IsPullRequest || (!isAssigned && page is null))
            return [];
        return await records.FindAssignmentAsync(look.Repo, look.Number, bot, cancellationToken) switch
        {
            { Kind: IssueEventKind.Assigned } on when isAssigned && on.At >= look.Since => [(on.At, new ForgeEvent.Assigned(Id(look, 'a', on.Id), look.Repo, on.Actor, look.Number, bot))],
            { Kind: IssueEventKind.Unassigned } off when !isAssigned && page is not null && off.At >= page.CreatedAt - Start => [(off.At, new ForgeEvent.Unassigned(Id(look, 'a', off.Id), look.Repo, off.Actor, look.Number, bot))],
            _ => [],
        };
    }

    /// <summary>Where a living task's issue and pull request stand otherwise than it knows.</summary>
    private static IEnumerable<ForgeEvent> StatesOf(ForgeEvent.SubjectChanged look, Issue issue, PullRequest? pull, TaskSummary? live)
    {
        if (live is null)
            yield break;
        if (pull is null)
        {
            if (!issue.IsOpen)
                yield return new ForgeEvent.IssueStateChanged($"{look.DeliveryId}.closed", look.Repo, issue.ClosedBy ?? look.Actor, look.Number, IsOpen: false);
            yield break;
        }

        if (live.Pull != look.Number)
            yield break;
        ForgeEvent Changed(PullChange change) => new ForgeEvent.PullChanged($"{look.DeliveryId}.{change}".ToLowerInvariant(), look.Repo, look.Actor, look.Number, pull.Head, change);
        if (!pull.IsOpen)
        {
            yield return Changed(pull.IsMerged ? PullChange.Merged : PullChange.Closed);
            yield break;
        }

        if (live.State is not (TaskState.AwaitingCi or TaskState.AwaitingReview or TaskState.ReadyToMerge))
            yield break;
        if (pull.Head.Sha != live.HeadSha)
            yield return Changed(PullChange.Synchronized);
        if (live.PullIsDraft is { } isDraft && isDraft != pull.IsDraft)
            yield return Changed(pull.IsDraft ? PullChange.ConvertedToDraft : PullChange.ReadyForReview);
        yield return new ForgeEvent.CiChanged($"{look.DeliveryId}.ci", look.Repo, look.Actor, pull.Head.Sha, CiSource.Status, "", IsCompleted: true, [look.Number]);
    }
}
