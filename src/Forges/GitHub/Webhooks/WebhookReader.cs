using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CodingAgent.Forges.Events;
using Octokit.Webhooks;
using Octokit.Webhooks.Events;
using Octokit.Webhooks.Models;
using Octokit.Webhooks.Models.CheckRunEvent;
using Octokit.Webhooks.Models.PullRequestEvent;
using CheckSuites = Octokit.Webhooks.Models.CheckSuiteEvent;
using Reviews = Octokit.Webhooks.Models.PullRequestReviewEvent;

namespace CodingAgent.Forges.GitHub.Webhooks;

/// <summary>
/// Reads a body into Octokit's own event types, with Octokit's own converters, but of each type only the members that are mapped. The
/// types demand every member that GitHub's schema had when they were written, and one of them missing or null anywhere in the payload
/// costs the whole delivery: of npm's @octokit/webhooks-examples they refuse one in ten, everything older GitHub Enterprise Servers
/// send of review comments and workflow runs among them.
/// </summary>
internal static class WebhookReader
{
    // Octokit throws on an action that it does not know, and GitHub invents some each year: the others are never read.
    private static readonly Dictionary<string, (Type Type, string[] Actions)> Events = new(StringComparer.Ordinal)
    {
        [WebhookEventType.Issues] = (typeof(IssuesEvent), ["opened", "labeled", "unlabeled", "assigned", "unassigned", "reopened", "closed", "deleted", "transferred"]),
        [WebhookEventType.IssueComment] = (typeof(IssueCommentEvent), ["created", "edited"]),
        [WebhookEventType.PullRequest] = (
            typeof(PullRequestEvent),
            ["labeled", "unlabeled", "opened", "synchronize", "closed", "reopened", "ready_for_review", "converted_to_draft"]),
        [WebhookEventType.PullRequestReview] = (typeof(PullRequestReviewEvent), ["submitted", "edited"]),
        [WebhookEventType.PullRequestReviewComment] = (typeof(PullRequestReviewCommentEvent), ["created", "edited"]),
        [WebhookEventType.CheckRun] = (typeof(CheckRunEvent), ["created", "completed", "rerequested"]),
        [WebhookEventType.CheckSuite] = (typeof(CheckSuiteEvent), ["requested", "completed", "rerequested"]),
        [WebhookEventType.WorkflowRun] = (typeof(WorkflowRunEvent), ["requested", "in_progress", "completed"]),
        [WebhookEventType.Status] = (typeof(StatusEvent), []),
    };

    /// <summary>The events a webhook must send.</summary>
    public static IReadOnlyList<string> EventNames { get; } = [.. Events.Keys];

    private static readonly string[] OfEvents =
    [
        "repository", "sender", "issue", "label", "assignee", "comment", "pull_request", "review", "check_run", "check_suite", "workflow_run", "sha", "state", "context",
    ];

    // Types that stand in an event and not here are skipped, whatever is in them.
    private static readonly Dictionary<Type, string[]> OfOthers = new()
    {
        [typeof(Octokit.Webhooks.Models.Repository)] = ["id", "full_name"],
        [typeof(User)] = ["login", "id", "type"],
        [typeof(Octokit.Webhooks.Models.Issue)] = ["number", "title", "body", "pull_request"],
        [typeof(Label)] = ["name"],
        [typeof(Octokit.Webhooks.Models.IssueComment)] = ["id", "user", "body", "created_at"],
        [typeof(Octokit.Webhooks.Models.PullRequestEvent.PullRequest)] = ["number", "merged", "head"],
        [typeof(PullRequestHead)] = ["ref", "sha", "repo"],
        [typeof(SimplePullRequest)] = ["number", "head"],
        [typeof(SimplePullRequestHead)] = ["ref", "sha", "repo"],
        [typeof(Reviews.Review)] = ["id", "user", "body", "state", "submitted_at"],
        [typeof(PullRequestReviewComment)] = ["id", "user", "body", "created_at", "pull_request_review_id", "in_reply_to_id"],
        [typeof(CheckRun)] = ["name", "head_sha", "pull_requests"],
        [typeof(CheckSuites.CheckSuite)] = ["head_sha", "app", "pull_requests"],
        [typeof(App)] = ["name"],
        [typeof(WorkflowRun)] = ["name", "head_sha", "pull_requests"],
        [typeof(CheckRunPullRequest)] = ["number", "base"],
        [typeof(CheckRunPullRequestBase)] = ["repo"],
        [typeof(WorkflowPullRequest)] = ["number", "base"],
        [typeof(WorkflowPullRequestBase)] = ["repo"],
        [typeof(Octokit.Webhooks.Models.RepoRef)] = ["id"],
    };

    private static readonly JsonSerializerOptions Lenient = new()
    {
        // Two readers of one text must not see two texts.
        AllowDuplicateProperties = false,
        Converters = { new NullIsZero() },
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { KeepWhatIsMapped } },
    };

    /// <summary>True when events of this name can mean something to us; others need not be stored.</summary>
    public static bool Handles(string eventName) => Events.ContainsKey(eventName);

    /// <summary>The event, or why there is none.</summary>
    public static (WebhookEvent? Event, MappedDelivery? WhyNot) Read(string eventName, ReadOnlySpan<byte> body)
    {
        if (!Events.TryGetValue(eventName, out var known))
            return (null, new MappedDelivery.Ignored($"{eventName}: not an event we use"));
        try
        {
            if (known.Actions.Length > 0)
            {
                if (ActionOf(body) is not { } action)
                    return (null, new MappedDelivery.Unreadable($"{eventName}: the payload lacks action"));
                if (!known.Actions.Contains(action))
                    return (null, new MappedDelivery.Ignored($"{eventName}.{Short(action)}: nothing to act on"));
            }

            return JsonSerializer.Deserialize(body, known.Type, Lenient) is WebhookEvent e
                ? (e, null)
                : (null, new MappedDelivery.Unreadable($"{eventName}: the body is null"));
        }
        catch (Exception e)
        {
            // The package's converters throw what they like. Messages quote content; the path and the kind do not.
            var where = e is JsonException json ? Short(json.Path ?? "$") : e.GetType().Name;
            return (null, new MappedDelivery.Unreadable($"{eventName}: the body is not the JSON this event has ({where})"));
        }
    }

    // The first one at the top, as Octokit takes it.
    private static string? ActionOf(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isAction = reader.ValueTextEquals("action"u8);
            reader.Read();
            if (isAction)
                return reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            reader.Skip();
        }

        return null;
    }

    private static void KeepWhatIsMapped(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object)
            return;
        var kept = typeof(WebhookEvent).IsAssignableFrom(type.Type) ? OfEvents : OfOthers.GetValueOrDefault(type.Type, []);
        for (var i = type.Properties.Count - 1; i >= 0; i--)
        {
            type.Properties[i].IsRequired = false;
            if (!kept.Contains(type.Properties[i].Name))
                type.Properties.RemoveAt(i);
        }
    }

    // Ends up in a log line: an action is a short word, and a path is made of such, or it is nobody's.
    private static string Short(string text) =>
        text.Length <= 80 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '$' or '[' or ']') ? text : "?";

    /// <summary>GitHub says null for ids that Octokit takes for given: a line comment's review, say.</summary>
    private sealed class NullIsZero : JsonConverter<long>
    {
        public override bool HandleNull => true;

        public override long Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null ? 0 : reader.GetInt64();

        public override void Write(Utf8JsonWriter writer, long value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
    }
}
