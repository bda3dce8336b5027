using CodingAgent.Forges.Events;
using Octokit.Webhooks;
using Octokit.Webhooks.Events;
using Octokit.Webhooks.Events.IssueComment;
using Octokit.Webhooks.Events.Issues;
using Octokit.Webhooks.Events.PullRequest;
using Octokit.Webhooks.Events.PullRequestReview;
using Octokit.Webhooks.Events.PullRequestReviewComment;
using Octokit.Webhooks.Models;

namespace CodingAgent.Forges.GitHub.Webhooks;

/// <summary>
/// Maps a delivery to a <see cref="ForgeEvent"/>. Pure, and total on any bytes. Of an edited text the author is named, not who edited it:
/// the text stays the author's word, and whether it still is, the forge is asked. Deleted comments are ignored: what was said was said.
/// </summary>
public static class GitHubWebhookMapper
{
    /// <summary>True when events of this name can mean something to us; others need not be stored.</summary>
    public static bool Handles(string eventName) => WebhookReader.Handles(eventName);

    /// <summary>Maps one delivery.</summary>
    /// <param name="deliveryId">Value of <c>X-GitHub-Delivery</c>.</param>
    /// <param name="eventName">Value of <c>X-GitHub-Event</c>.</param>
    /// <param name="body">Raw body.</param>
    public static MappedDelivery Map(string deliveryId, string eventName, ReadOnlySpan<byte> body)
    {
        var (read, whyNot) = WebhookReader.Read(eventName, body);
        if (read is null)
            return whyNot!;
        var name = read.Action is { } action ? $"{eventName}.{action}" : eventName;
        if (ToRepo(read.Repository) is not { } repo)
            return new MappedDelivery.Unreadable($"{name}: repository.full_name is missing or not owner/name");
        var delivery = new Delivery(deliveryId, name, repo, ToActor(read.Sender));
        return read switch
        {
            IssuesEvent e => MapIssue(delivery, e),
            IssueCommentEvent e => MapIssueComment(delivery, e),
            PullRequestEvent e => MapPullRequest(delivery, e),
            PullRequestReviewEvent e => MapReview(delivery, e),
            PullRequestReviewCommentEvent e => MapReviewComment(delivery, e),
            CheckRunEvent { CheckRun: var run } =>
                MapCi(delivery, CiSource.CheckRun, run?.HeadSha, run?.Name, PullsOf(run?.PullRequests, e => (e.Number, e.Base?.Repo), read)),
            CheckSuiteEvent { CheckSuite: var suite } =>
                MapCi(delivery, CiSource.CheckSuite, suite?.HeadSha, suite?.App?.Name, PullsOf(suite?.PullRequests, e => (e.Number, e.Base?.Repo), read)),
            WorkflowRunEvent { WorkflowRun: var run } =>
                MapCi(delivery, CiSource.WorkflowRun, run?.HeadSha, run?.Name, PullsOf(run?.PullRequests, e => (e.Number, e.Base?.Repo), read)),
            StatusEvent e => MapStatus(delivery, e),
            _ => throw new InvalidOperationException($"{name} is read and not mapped."),
        };
    }

    private static MappedDelivery MapIssue(Delivery d, IssuesEvent e)
    {
        if (d.Actor is not { } actor || e.Issue is not { } issue || NumberOf(issue.Number) is not { } number)
            return d.Lacks("sender or issue.number");
        var isPull = issue.PullRequest is not null;
        return e switch
        {
            IssuesLabeledEvent { Label.Name: { Length: > 0 } label } =>
                Event(new ForgeEvent.Labeled(d.Id, d.Repo, actor, number, isPull, label) { IssueDigest = DigestOf(issue) }),
            IssuesUnlabeledEvent { Label.Name: { Length: > 0 } label } => Event(new ForgeEvent.Unlabeled(d.Id, d.Repo, actor, number, isPull, label)),
            IssuesLabeledEvent or IssuesUnlabeledEvent => d.Lacks("label.name"),
            IssuesAssignedEvent or IssuesUnassignedEvent when isPull => new MappedDelivery.Ignored($"{d.Name}: an assignment of a pull request"),
            IssuesAssignedEvent { Assignee: var a } when ToActor(a) is { } assignee => Event(new ForgeEvent.Assigned(d.Id, d.Repo, actor, number, assignee) { IssueDigest = DigestOf(issue) }),
            IssuesUnassignedEvent { Assignee: var a } when ToActor(a) is { } assignee => Event(new ForgeEvent.Unassigned(d.Id, d.Repo, actor, number, assignee)),
            IssuesAssignedEvent or IssuesUnassignedEvent => d.Lacks("assignee.login"),
            IssuesOpenedEvent => Event(new ForgeEvent.IssueOpened(d.Id, d.Repo, actor, number, issue.Body ?? "")),
            // Deleted and transferred issues are gone from here, which ends a task as closing does.
            _ => Event(new ForgeEvent.IssueStateChanged(d.Id, d.Repo, actor, number, IsOpen: e is IssuesReopenedEvent)),
        };
    }

    private static MappedDelivery MapIssueComment(Delivery d, IssueCommentEvent e)
    {
        if (d.Actor is not { } sender || e is not { Issue: { } issue, Comment: { Id: > 0 } comment } || NumberOf(issue.Number) is not { } number
            || comment.CreatedAt == default)
            return d.Lacks("sender, issue.number, comment.id or comment.created_at");
        var isEdit = e is IssueCommentEditedEvent;
        return Event(new ForgeEvent.Commented(
            d.Id, d.Repo, AuthorOf(isEdit, comment.User, sender), number, issue.PullRequest is not null, comment.Id, comment.Body ?? "", comment.CreatedAt)
        {
            IssueDigest = DigestOf(issue),
            IsEdit = isEdit,
        });
    }

    private static MappedDelivery MapPullRequest(Delivery d, PullRequestEvent e)
    {
        var pull = e.PullRequest;
        if (d.Actor is not { } actor || NumberOf(pull?.Number) is not { } number || ToHead(pull?.Head?.Ref, pull?.Head?.Sha, pull?.Head?.Repo) is not { } head)
            return d.Lacks("sender, pull_request.number, pull_request.head.ref or pull_request.head.sha");
        MappedDelivery Changed(PullChange change) => Event(new ForgeEvent.PullChanged(d.Id, d.Repo, actor, number, head, change));
        return e switch
        {
            PullRequestOpenedEvent => Changed(PullChange.Opened),
            PullRequestSynchronizeEvent => Changed(PullChange.Synchronized),
            PullRequestClosedEvent => Changed(pull!.Merged == true ? PullChange.Merged : PullChange.Closed),
            PullRequestReopenedEvent => Changed(PullChange.Reopened),
            PullRequestReadyForReviewEvent => Changed(PullChange.ReadyForReview),
            PullRequestConvertedToDraftEvent => Changed(PullChange.ConvertedToDraft),
            PullRequestLabeledEvent { Label.Name: { Length: > 0 } label } =>
                Event(new ForgeEvent.Labeled(d.Id, d.Repo, actor, number, IsPullRequest: true, label)),
            PullRequestUnlabeledEvent { Label.Name: { Length: > 0 } label } =>
                Event(new ForgeEvent.Unlabeled(d.Id, d.Repo, actor, number, IsPullRequest: true, label)),
            _ => d.Lacks("label.name"),
        };
    }

    private static MappedDelivery MapReview(Delivery d, PullRequestReviewEvent e)
    {
        if (d.Actor is not { } sender || e is not { PullRequest: { } pull, Review: { Id: > 0 } review } || NumberOf(pull.Number) is not { } number
            || ToHead(pull.Head?.Ref, pull.Head?.Sha, pull.Head?.Repo) is not { } head)
            return d.Lacks("sender, review.id, pull_request.number, pull_request.head.ref or pull_request.head.sha");
        if (review.SubmittedAt is not { } at)
            return d.Lacks("review.submitted_at");
        ReviewState? state = review.State?.StringValue.ToLowerInvariant() switch
        {
            "commented" => ReviewState.Commented,
            "approved" => ReviewState.Approved,
            "changes_requested" => ReviewState.ChangesRequested,
            _ => null,
        };
        var isEdit = e is PullRequestReviewEditedEvent;
        return state is { } verdict
            ? Event(new ForgeEvent.ReviewSubmitted(d.Id, d.Repo, AuthorOf(isEdit, review.User, sender), number, head, review.Id, verdict, review.Body ?? "", at) { IsEdit = isEdit })
            : new MappedDelivery.Ignored($"{d.Name}: a review in another state than commented, approved or changes requested");
    }

    private static MappedDelivery MapReviewComment(Delivery d, PullRequestReviewCommentEvent e)
    {
        if (d.Actor is not { } sender || e is not { PullRequest: { } pull, Comment: { Id: > 0 } comment } || NumberOf(pull.Number) is not { } number
            || comment.CreatedAt == default || ToHead(pull.Head?.Ref, pull.Head?.Sha, pull.Head?.Repo) is not { } head)
            return d.Lacks("sender, comment.id, comment.created_at, pull_request.number, pull_request.head.ref or pull_request.head.sha");
        var review = comment.PullRequestReviewId;
        var isEdit = e is PullRequestReviewCommentEditedEvent;
        return Event(new ForgeEvent.ReviewCommented(
            d.Id, d.Repo, AuthorOf(isEdit, comment.User, sender), number, head, comment.Id, review > 0 ? review : null, comment.InReplyToId, comment.Body ?? "", comment.CreatedAt)
        {
            IsEdit = isEdit,
        });
    }

    private static MappedDelivery MapCi(Delivery d, CiSource source, string? sha, string? name, IReadOnlyList<int> pulls) => sha is { Length: > 0 }
        ? Event(new ForgeEvent.CiChanged(
            d.Id, d.Repo, d.Actor ?? Nobody, sha, source, name ?? source.ToString(), d.Name.EndsWith(".completed", StringComparison.Ordinal), pulls))
        : d.Lacks("head_sha");

    private static MappedDelivery MapStatus(Delivery d, StatusEvent e) => e is { Sha: { Length: > 0 } sha, State.StringValue: { Length: > 0 } state }
        ? Event(new ForgeEvent.CiChanged(
            d.Id, d.Repo, d.Actor ?? Nobody, sha, CiSource.Status, e.Context ?? "default", IsCompleted: state != "pending", []))
        : d.Lacks("sha or state");

    // The list may name pull requests of other repositories that have the same commit.
    private static List<int> PullsOf<T>(IReadOnlyList<T?>? pulls, Func<T, (long Number, Octokit.Webhooks.Models.RepoRef? Base)> read, WebhookEvent e)
        where T : class =>
        (pulls ?? []).OfType<T>().Select(read)
            .Where(p => p.Base is not { Id: > 0 } own || own.Id == e.Repository?.Id)
            .Select(p => NumberOf(p.Number)).OfType<int>().Distinct().ToList();

    // CI results count for what they say about a commit; who is named as their sender decides nothing.
    private static Actor Nobody { get; } = new("ghost", 0, ActorKind.Other);

    private static string? DigestOf(Octokit.Webhooks.Models.Issue issue) => issue.Title is { } title ? Issue.DigestOf(title, issue.Body ?? "") : null;

    private static MappedDelivery.Event Event(ForgeEvent value) => new(value);

    private static int? NumberOf(long? number) => number is > 0 and <= int.MaxValue ? (int)number : null;

    private static RepoRef? ToRepo(Octokit.Webhooks.Models.Repository? repo) => RepoRef.TryParse($"github:{repo?.FullName}", out var parsed) ? parsed : null;

    private static PullHead? ToHead(string? branch, string? sha, Octokit.Webhooks.Models.Repository? repo) =>
        branch is { Length: > 0 } && sha is { Length: > 0 } ? new PullHead(branch, sha, ToRepo(repo)) : null;

    private static Actor AuthorOf(bool isEdit, User? author, Actor sender) => isEdit ? ToActor(author) ?? Nobody : sender;

    private static Actor? ToActor(User? account)
    {
        if (account is not { Login: { Length: > 0 } login })
            return null;
        var kind = account.Type?.StringValue switch
        {
            _ when login.EndsWith("[bot]", StringComparison.OrdinalIgnoreCase) => ActorKind.Bot,
            "User" => ActorKind.User,
            "Bot" => ActorKind.Bot,
            _ => ActorKind.Other,
        };
        return new Actor(login, account.Id, kind);
    }

    private sealed record Delivery(string Id, string Name, RepoRef Repo, Actor? Actor)
    {
        public MappedDelivery.Unreadable Lacks(string fields) => new($"{Name}: the payload lacks {fields}");
    }
}
