using System.Text.Json;
using CodingAgent.Forges.Events;

namespace CodingAgent.Forges.GitHub.Webhooks;

/// <summary>
/// Maps a delivery to a <see cref="ForgeEvent"/>. Pure, and total on any bytes. Edited and deleted comments are ignored on purpose:
/// a command edited into an old comment does not run.
/// </summary>
public static class GitHubWebhookMapper
{
    private static readonly Dictionary<string, Func<Delivery, MappedDelivery>> Mappers = new(StringComparer.Ordinal)
    {
        ["issues"] = MapIssue,
        ["issue_comment"] = MapIssueComment,
        ["pull_request"] = MapPullRequest,
        ["pull_request_review"] = MapReview,
        ["pull_request_review_comment"] = MapReviewComment,
        ["check_run"] = d => MapCi(d, d.Payload.CheckRun, CiSource.CheckRun, ["created", "completed", "rerequested"]),
        ["check_suite"] = d => MapCi(d, d.Payload.CheckSuite, CiSource.CheckSuite, ["requested", "completed", "rerequested"]),
        ["workflow_run"] = d => MapCi(d, d.Payload.WorkflowRun, CiSource.WorkflowRun, ["requested", "in_progress", "completed"]),
        ["status"] = MapStatus,
    };

    /// <summary>True when events of this name can mean something to us; others need not be stored.</summary>
    public static bool Handles(string eventName) => Mappers.ContainsKey(eventName);

    /// <summary>Maps one delivery.</summary>
    /// <param name="deliveryId">Value of <c>X-GitHub-Delivery</c>.</param>
    /// <param name="eventName">Value of <c>X-GitHub-Event</c>.</param>
    /// <param name="body">Raw body.</param>
    public static MappedDelivery Map(string deliveryId, string eventName, ReadOnlySpan<byte> body)
    {
        if (!Mappers.TryGetValue(eventName, out var map))
            return new MappedDelivery.Ignored($"{eventName}: not an event we use");
        WebhookPayload? payload;
        try
        {
            payload = JsonSerializer.Deserialize(body, WebhookJson.Default.WebhookPayload);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or NotSupportedException)
        {
            // The message quotes no content, only the path and position.
            return new MappedDelivery.Malformed($"{eventName}: the body is not the JSON this event has ({(e as JsonException)?.Path ?? e.GetType().Name})");
        }

        if (payload is null)
            return new MappedDelivery.Malformed($"{eventName}: the body is null");
        if (ToRepo(payload.Repository) is not { } repo)
            return new MappedDelivery.Malformed($"{eventName}: repository.full_name is missing or not owner/name");
        return map(new Delivery(deliveryId, eventName, payload, repo, ToActor(payload.Sender)));
    }

    private static MappedDelivery MapIssue(Delivery d)
    {
        if (d is not { Actor: { } actor, Payload.Issue: { Number: > 0 } issue })
            return d.Lacks("sender or issue.number");
        var isPull = issue.PullRequest is not null;
        return d.Payload.Action switch
        {
            "labeled" when d.Payload.Label?.Name is { Length: > 0 } label =>
                Event(new ForgeEvent.Labeled(d.Id, d.Repo, actor, issue.Number, isPull, label) { IssueDigest = DigestOf(issue) }),
            "unlabeled" when d.Payload.Label?.Name is { Length: > 0 } label =>
                Event(new ForgeEvent.Unlabeled(d.Id, d.Repo, actor, issue.Number, isPull, label)),
            "labeled" or "unlabeled" => d.Lacks("label.name"),
            "reopened" => Event(new ForgeEvent.IssueStateChanged(d.Id, d.Repo, actor, issue.Number, IsOpen: true)),
            // Deleted and transferred issues are gone from here, which ends a task as closing does.
            "closed" or "deleted" or "transferred" => Event(new ForgeEvent.IssueStateChanged(d.Id, d.Repo, actor, issue.Number, IsOpen: false)),
            _ => d.Ignore(),
        };
    }

    private static MappedDelivery MapIssueComment(Delivery d)
    {
        if (d.Payload.Action != "created")
            return d.Ignore();
        if (d is not { Actor: { } actor, Payload: { Issue: { Number: > 0 } issue, Comment: { Id: > 0, CreatedAt: { } at } comment } })
            return d.Lacks("sender, issue.number, comment.id or comment.created_at");
        return Event(new ForgeEvent.Commented(
            d.Id, d.Repo, actor, issue.Number, issue.PullRequest is not null, comment.Id, comment.Body ?? "", at)
        {
            IssueDigest = DigestOf(issue),
        });
    }

    private static MappedDelivery MapPullRequest(Delivery d)
    {
        if (d is not { Actor: { } actor, Payload.PullRequest: { Number: > 0 } pull } || ToHead(pull) is not { } head)
            return d.Lacks("sender, pull_request.number, pull_request.head.ref or pull_request.head.sha");
        PullChange? change = d.Payload.Action switch
        {
            "opened" => PullChange.Opened,
            "synchronize" => PullChange.Synchronized,
            "closed" => pull.Merged == true ? PullChange.Merged : PullChange.Closed,
            "reopened" => PullChange.Reopened,
            "ready_for_review" => PullChange.ReadyForReview,
            "converted_to_draft" => PullChange.ConvertedToDraft,
            _ => null,
        };
        if (change is { } what)
            return Event(new ForgeEvent.PullChanged(d.Id, d.Repo, actor, pull.Number, head, what));
        return d.Payload.Action switch
        {
            "labeled" when d.Payload.Label?.Name is { Length: > 0 } label =>
                Event(new ForgeEvent.Labeled(d.Id, d.Repo, actor, pull.Number, IsPullRequest: true, label)),
            "unlabeled" when d.Payload.Label?.Name is { Length: > 0 } label =>
                Event(new ForgeEvent.Unlabeled(d.Id, d.Repo, actor, pull.Number, IsPullRequest: true, label)),
            "labeled" or "unlabeled" => d.Lacks("label.name"),
            _ => d.Ignore(),
        };
    }

    private static MappedDelivery MapReview(Delivery d)
    {
        if (d.Payload.Action != "submitted")
            return d.Ignore();
        if (d is not { Actor: { } actor, Payload: { PullRequest: { Number: > 0 } pull, Review: { Id: > 0 } review } } || ToHead(pull) is not { } head)
            return d.Lacks("sender, review.id, pull_request.number, pull_request.head.ref or pull_request.head.sha");
        if (review.SubmittedAt is not { } at)
            return d.Lacks("review.submitted_at");
        ReviewState? state = review.State?.ToLowerInvariant() switch
        {
            "commented" => ReviewState.Commented,
            "approved" => ReviewState.Approved,
            "changes_requested" => ReviewState.ChangesRequested,
            _ => null,
        };
        return state is { } verdict
            ? Event(new ForgeEvent.ReviewSubmitted(d.Id, d.Repo, actor, pull.Number, head, review.Id, verdict, review.Body ?? "", at))
            : new MappedDelivery.Ignored($"{d.EventName}.submitted: a review in another state than commented, approved or changes requested");
    }

    private static MappedDelivery MapReviewComment(Delivery d)
    {
        if (d.Payload.Action != "created")
            return d.Ignore();
        if (d is not { Actor: { } actor, Payload: { PullRequest: { Number: > 0 } pull, Comment: { Id: > 0, CreatedAt: { } at } comment } }
            || ToHead(pull) is not { } head)
            return d.Lacks("sender, comment.id, comment.created_at, pull_request.number, pull_request.head.ref or pull_request.head.sha");
        return Event(new ForgeEvent.ReviewCommented(
            d.Id, d.Repo, actor, pull.Number, head, comment.Id, comment.PullRequestReviewId, comment.InReplyToId, comment.Body ?? "", at));
    }

    private static MappedDelivery MapCi(Delivery d, WebhookPayload.CiData? ci, CiSource source, string[] actions)
    {
        if (!actions.Contains(d.Payload.Action))
            return d.Ignore();
        if (ci?.HeadSha is not { Length: > 0 } sha)
            return d.Lacks("head_sha");
        // The list may name pull requests of other repositories that have the same commit.
        var pulls = (ci.PullRequests ?? [])
            .Where(p => p is { Number: > 0 } && (p.Base?.Repo is not { Id: > 0 } own || own.Id == d.Payload.Repository?.Id))
            .Select(p => p!.Number).Distinct().ToList();
        var completed = d.Payload.Action == "completed";
        return Event(new ForgeEvent.CiChanged(
            d.Id, d.Repo, d.Actor ?? Nobody, sha, source, ci.Name ?? ci.App?.Name ?? source.ToString(), completed, pulls));
    }

    private static MappedDelivery MapStatus(Delivery d)
    {
        if (d.Payload is not { Sha: { Length: > 0 } sha, State: { Length: > 0 } state })
            return d.Lacks("sha or state");
        return Event(new ForgeEvent.CiChanged(
            d.Id, d.Repo, d.Actor ?? Nobody, sha, CiSource.Status, d.Payload.Context ?? "default", IsCompleted: state != "pending", []));
    }

    // CI results count for what they say about a commit; who is named as their sender decides nothing.
    private static Actor Nobody { get; } = new("ghost", 0, ActorKind.Other);

    private static string? DigestOf(WebhookPayload.IssueData issue) => issue.Title is { } title ? Issue.DigestOf(title, issue.Body ?? "") : null;

    private static MappedDelivery.Event Event(ForgeEvent value) => new(value);

    private static RepoRef? ToRepo(WebhookPayload.Repo? repo) =>
        RepoRef.TryParse($"github:{repo?.FullName}", out var parsed) ? parsed : null;

    private static PullHead? ToHead(WebhookPayload.PullData pull) =>
        pull.Head is { Ref: { Length: > 0 } branch, Sha: { Length: > 0 } sha } head ? new PullHead(branch, sha, ToRepo(head.Repo)) : null;

    private static Actor? ToActor(WebhookPayload.Account? account)
    {
        if (account is not { Login: { Length: > 0 } login })
            return null;
        var kind = account.Type switch
        {
            _ when login.EndsWith("[bot]", StringComparison.OrdinalIgnoreCase) => ActorKind.Bot,
            "User" => ActorKind.User,
            "Bot" => ActorKind.Bot,
            _ => ActorKind.Other,
        };
        return new Actor(login, account.Id, kind);
    }

    private sealed record Delivery(string Id, string EventName, WebhookPayload Payload, RepoRef Repo, Actor? Actor)
    {
        private string Name => Payload.Action is null ? EventName : $"{EventName}.{Short(Payload.Action)}";

        public MappedDelivery.Ignored Ignore() => new($"{Name}: nothing to act on");

        public MappedDelivery.Malformed Lacks(string fields) => new($"{Name}: the payload lacks {fields}");

        // Ends up in a log line: an action is a short word or it is nobody's.
        private static string Short(string action) =>
            action.Length <= 40 && action.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? action : "?";
    }
}
