using System.Globalization;
using System.Text.Json;
using CodingAgent.Forges.Events;

namespace CodingAgent.Forges.GitLab.Webhooks;

/// <summary>
/// Maps a delivery to what it tells: one hook may tell of several things at once. Pure, and total on any bytes. "Changes" may list what did not change,
/// so values are compared. What is for members of the project only (confidential) is passed over.
/// https://docs.gitlab.com/user/project/integrations/webhook_events/
/// </summary>
public static class GitLabWebhookMapper
{
    private static readonly HashSet<string> Names = new(["issue_hook", "note_hook", "merge_request_hook", "pipeline_hook", "job_hook"], StringComparer.Ordinal);

    // https://docs.gitlab.com/ci/pipelines/#available-pipeline-statuses
    private static readonly HashSet<string> Ended = new(["success", "failed", "canceled", "skipped", "manual"], StringComparer.Ordinal);

    /// <summary>True when events of this name can mean something to us; others need not be stored.</summary>
    public static bool Handles(string eventName) => Names.Contains(eventName);

    /// <summary>Maps one delivery.</summary>
    /// <param name="deliveryId">What it is known by.</param>
    /// <param name="eventName">Value of <c>X-Gitlab-Event</c>, in lower case, with underscores.</param>
    /// <param name="body">Raw body.</param>
    public static MappedDelivery Map(string deliveryId, string eventName, ReadOnlySpan<byte> body)
    {
        if (!Handles(eventName))
            return new MappedDelivery.Ignored($"{eventName} is not an event we use");
        JsonElement root;
        try
        {
            root = JsonElement.Parse(body, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 64 });
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The other one where a member's name is half a surrogate pair, which the look for members that are there twice takes out.
            return new MappedDelivery.Unreadable($"{eventName}: the body is not JSON, too deep, or has a member twice");
        }

        try
        {
            if (!RepoRef.TryParse($"gitlab:{Text(root, "project", "path_with_namespace")}", out var repo))
                return new MappedDelivery.Unreadable($"{eventName}: project.path_with_namespace is missing or not group/project");
            var delivery = new Delivery(deliveryId, eventName, repo, ActorOf(At(root, "user")), root);
            return eventName switch
            {
                "issue_hook" => MapIssue(delivery),
                "note_hook" => MapNote(delivery),
                "merge_request_hook" => MapMergeRequest(delivery),
                "pipeline_hook" => MapPipeline(delivery),
                _ => MapJob(delivery),
            };
        }
        catch (InvalidOperationException)
        {
            // A text that is not UTF-8 shows when it is taken out.
            return new MappedDelivery.Unreadable($"{eventName}: a text is not UTF-8");
        }
    }

    private static MappedDelivery MapIssue(Delivery d)
    {
        var attributes = At(d.Root, "object_attributes");
        if (d.Actor is not { } actor || Number(attributes, "iid") is not { } number)
            return d.Lacks("user or object_attributes.iid");
        if (Flag(attributes, "confidential") == true)
            return new MappedDelivery.Ignored("a confidential issue");
        List<ForgeEvent> changes = [.. LabelChanges(d, attributes, Subject.Issue(number), actor), .. AssigneeChanges(d, attributes, number, actor)];
        return Text(attributes, "action") switch
        {
            "open" => d.Events([new ForgeEvent.IssueOpened(d.Id, d.Repo, actor, number, Text(attributes, "description") ?? ""), .. changes]),
            "close" => d.Events([new ForgeEvent.IssueStateChanged(d.Id, d.Repo, actor, number, IsOpen: false), .. changes]),
            "reopen" => d.Events([new ForgeEvent.IssueStateChanged(d.Id, d.Repo, actor, number, IsOpen: true), .. changes]),
            "update" or null => changes.Count > 0 ? d.Events(changes) : new MappedDelivery.Ignored("nothing of the issue changed that matters"),
            var other => new MappedDelivery.Ignored($"issue {Word(other)}"),
        };
    }

    private static MappedDelivery MapNote(Delivery d)
    {
        var attributes = At(d.Root, "object_attributes");
        if (Flag(attributes, "system") == true)
            return new MappedDelivery.Ignored("a note of GitLab's own");
        if (Flag(attributes, "internal") == true || Flag(attributes, "confidential") == true || Flag(d.Root, "issue", "confidential") == true)
            return new MappedDelivery.Ignored("a note for members only");
        var type = Text(attributes, "noteable_type");
        if (type is not ("Issue" or "MergeRequest"))
            return new MappedDelivery.Ignored($"a note on a {Word(type)}");
        if (d.Actor is not { } actor || Long(attributes, "id") is not { } id)
            return d.Lacks("user or object_attributes.id");
        var isEdit = Text(attributes, "action") switch
        {
            "create" => false,
            "update" => true,
            // Before 16.11 it did not say.
            null => Time(attributes, "updated_at") > Time(attributes, "created_at"),
            _ => (bool?)null,
        };
        if (isEdit is not { } edited)
            return new MappedDelivery.Ignored($"note {Word(Text(attributes, "action"))}");
        var (text, at) = (Text(attributes, "note") ?? "", Time(attributes, edited ? "updated_at" : "created_at") ?? default);
        if (type == "Issue")
        {
            return Number(d.Root, "issue", "iid") is { } issue
                ? d.Events([new ForgeEvent.Commented(d.Id, d.Repo, actor, issue, false, id, text, at) { IsEdit = edited }])
                : d.Lacks("issue.iid");
        }

        var request = At(d.Root, "merge_request");
        if (Number(request, "iid") is not { } number || HeadOf(request) is not { } head)
            return d.Lacks("merge_request.iid, source_branch or last_commit.id");
        // Who submits a review fires nothing of its own for the verdict.
        var verdicts = new ForgeEvent.VerdictsChanged(d.Id, d.Repo, actor, number, head);
        return d.Events(At(attributes, "position") is { ValueKind: JsonValueKind.Object }
            ? [new ForgeEvent.ReviewCommented(d.Id, d.Repo, actor, number, head, id, null, null, text, at) { IsEdit = edited }, verdicts]
            : [new ForgeEvent.Commented(d.Id, d.Repo, actor, number, true, id, text, at) { IsEdit = edited }, verdicts]);
    }

    private static MappedDelivery MapMergeRequest(Delivery d)
    {
        var attributes = At(d.Root, "object_attributes");
        if (d.Actor is not { } actor || Number(attributes, "iid") is not { } number || HeadOf(attributes) is not { } head)
            return d.Lacks("user, object_attributes.iid, source_branch or last_commit.id");
        ForgeEvent.PullChanged Changed(PullChange change) => new(d.Id, d.Repo, actor, number, head, change);
        var verdicts = new ForgeEvent.VerdictsChanged(d.Id, d.Repo, actor, number, head);
        var labels = LabelChanges(d, attributes, Subject.Pull(number), actor);
        return Text(attributes, "action") switch
        {
            "open" => d.Events([Changed(PullChange.Opened), .. labels]),
            "close" => d.Events([Changed(PullChange.Closed), .. labels]),
            "merge" => d.Events([Changed(PullChange.Merged), .. labels]),
            "reopen" => d.Events([Changed(PullChange.Reopened), .. labels, verdicts]),
            // An update may be a push, a change of the draft state, of labels and reviewers, and several of these.
            "update" or "approved" or "unapproved" or "approval" or "unapproval" or null => d.Events([
                .. Text(attributes, "oldrev") is { Length: > 0 } ? (ForgeEvent[])[Changed(PullChange.Synchronized)] : [],
                .. DraftChange(d.Root) is { } draft ? (ForgeEvent[])[Changed(draft)] : [],
                .. labels,
                verdicts,
            ]),
            var other => new MappedDelivery.Ignored($"merge request {Word(other)}"),
        };
    }

    private static MappedDelivery MapPipeline(Delivery d)
    {
        var attributes = At(d.Root, "object_attributes");
        return Text(attributes, "sha") is { Length: > 0 } sha
            ? d.Ci(CiSource.WorkflowRun, sha, "pipeline", Text(attributes, "status"), Number(d.Root, "merge_request", "iid"))
            : d.Lacks("object_attributes.sha");
    }

    private static MappedDelivery MapJob(Delivery d) => Text(d.Root, "sha") is { Length: > 0 } sha
        ? d.Ci(CiSource.CheckRun, sha, Text(d.Root, "build_name") ?? "", Text(d.Root, "build_status"), null)
        : d.Lacks("sha");

    // The whole of them is told twice, before and after; when something is opened only once.
    private static List<ForgeEvent> LabelChanges(Delivery d, JsonElement attributes, Subject on, Actor actor)
    {
        var change = At(d.Root, "changes", "labels");
        var isOpening = Text(attributes, "action") == "open";
        var before = isOpening ? [] : LabelsOf(At(change, "previous"));
        var after = LabelsOf(At(change, "current"));
        if (isOpening && after.Count == 0)
            after = LabelsOf(At(d.Root, "labels")) is { Count: > 0 } top ? top : LabelsOf(At(attributes, "labels"));
        var digest = on.IsPull ? null : Issue.DigestOf(Text(attributes, "title") ?? "", Text(attributes, "description") ?? "");
        return [
            .. after.Except(before, StringComparer.Ordinal).Select(l => new ForgeEvent.Labeled(d.Id, d.Repo, actor, on.Number, on.IsPull, l) { IssueDigest = digest }),
            .. before.Except(after, StringComparer.Ordinal).Select(l => new ForgeEvent.Unlabeled(d.Id, d.Repo, actor, on.Number, on.IsPull, l)),
        ];
    }

    // Told as labels are; when something is opened, beside it.
    private static List<ForgeEvent> AssigneeChanges(Delivery d, JsonElement attributes, int number, Actor actor)
    {
        var change = At(d.Root, "changes", "assignees");
        var isOpening = Text(attributes, "action") == "open";
        var before = isOpening ? [] : ActorsOf(At(change, "previous"));
        var after = ActorsOf(isOpening ? At(d.Root, "assignees") : At(change, "current"));
        var digest = Issue.DigestOf(Text(attributes, "title") ?? "", Text(attributes, "description") ?? "");
        return [
            .. after.Where(a => !before.Exists(a.IsSame)).Select(a => new ForgeEvent.Assigned(d.Id, d.Repo, actor, number, a) { IssueDigest = digest }),
            .. before.Where(b => !after.Exists(b.IsSame)).Select(b => new ForgeEvent.Unassigned(d.Id, d.Repo, actor, number, b)),
        ];
    }

    private static List<Actor> ActorsOf(JsonElement list) => list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(ActorOf).OfType<Actor>()] : [];

    private static List<string> LabelsOf(JsonElement list) =>
        list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(l => Text(l, "title")).OfType<string>().Where(l => l.Length > 0)] : [];

    private static PullChange? DraftChange(JsonElement root)
    {
        var (was, isNow) = (Flag(root, "changes", "draft", "previous"), Flag(root, "changes", "draft", "current"));
        if (was is null || isNow is null)
        {
            // Before 16 only the title tells.
            if ((Text(root, "changes", "title", "previous"), Text(root, "changes", "title", "current")) is not ({ } old, { } title))
                return null;
            (was, isNow) = (Draft.Is(old), Draft.Is(title));
        }

        return was == isNow ? null : isNow == true ? PullChange.ConvertedToDraft : PullChange.ReadyForReview;
    }

    private static PullHead? HeadOf(JsonElement request) =>
        Text(request, "source_branch") is { Length: > 0 } branch && Text(request, "last_commit", "id") is { Length: > 0 } sha
            ? new PullHead(branch, sha, RepoRef.TryParse($"gitlab:{Text(request, "source", "path_with_namespace")}", out var repo) ? repo : null)
            : null;

    private static Actor? ActorOf(JsonElement user) => Text(user, "username") is { Length: > 0 } name ? new Actor(name, Long(user, "id") ?? 0, GitLabAccounts.KindOf(name, null)) : null;

    private static JsonElement At(JsonElement from, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (from.ValueKind != JsonValueKind.Object || !from.TryGetProperty(name, out from))
                return default;
        }

        return from;
    }

    private static string? Text(JsonElement from, params ReadOnlySpan<string> path) => At(from, path) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static long? Long(JsonElement from, params ReadOnlySpan<string> path) => At(from, path) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var value) ? value : null;

    private static int? Number(JsonElement from, params ReadOnlySpan<string> path) => Long(from, path) is > 0 and <= int.MaxValue and var value ? (int)value : null;

    private static bool? Flag(JsonElement from, params ReadOnlySpan<string> path) => At(from, path).ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null };

    // "2026-01-31T10:00:00Z", and of older versions "2026-01-31 10:00:00 UTC".
    private static DateTimeOffset? Time(JsonElement from, string name) => DateTimeOffset.TryParse(
        Text(from, name)?.Replace(" UTC", "Z", StringComparison.Ordinal), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    // It becomes log text.
    private static string Word(string? word) => word is { Length: > 0 and <= 40 } && word.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? word : "of a kind we do not know";

    private sealed record Delivery(string Id, string Name, RepoRef Repo, Actor? Actor, JsonElement Root)
    {
        public MappedDelivery.Unreadable Lacks(string what) => new($"{Name}: {what} is missing");

        /// <summary>What it tells, each with an id of its own.</summary>
        public MappedDelivery.Event Events(IReadOnlyList<ForgeEvent> events)
        {
            var named = events.Select((e, i) => i == 0 ? e : e with { DeliveryId = string.Create(CultureInfo.InvariantCulture, $"{Id}.{i + 1}") }).ToList();
            return new MappedDelivery.Event(named[0]) { Also = [.. named.Skip(1)] };
        }

        // Whose pipeline it is matters nothing, and may be nobody's any more.
        public MappedDelivery.Event Ci(CiSource source, string sha, string name, string? status, int? pull) => new(new ForgeEvent.CiChanged(
            Id, Repo, Actor ?? new Actor("ghost", 0, ActorKind.Other), sha, source, name, status is not null && Ended.Contains(status), pull is { } number ? [number] : []));
    }
}
