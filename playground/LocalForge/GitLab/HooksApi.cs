using System.Globalization;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Hooks;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.GitLab;

/// <summary>Hooks of a project, what was delivered to them, and delivering it again.</summary>
internal sealed class HooksApi(World world, Webhooks hooks)
{
    private const string SigningPrefix = "whsec_";

    // Parameter of the API, and name of the trigger. Pushes are told of unless that is turned off; all else only when asked for.
    private static readonly (string Parameter, string Trigger)[] Kinds =
    [
        ("push_events", "push_hooks"), ("issues_events", "issue_hooks"), ("confidential_issues_events", "confidential_issue_hooks"), ("note_events", "note_hooks"),
        ("confidential_note_events", "confidential_note_hooks"), ("merge_requests_events", "merge_request_hooks"), ("pipeline_events", "pipeline_hooks"),
        ("job_events", "job_hooks"), ("emoji_events", "emoji_hooks"),
    ];

    /// <summary>Every kind of event.</summary>
    public static IReadOnlySet<string> AllTriggers { get; } = Kinds.Select(k => k.Trigger).ToHashSet(StringComparer.Ordinal);

    public void Map(GitLabRoutes routes)
    {
        const string all = GitLabRoutes.Project + "/hooks", one = all + "/{hook:long}";
        routes.Get(all, c => c.Page(Of(c), Shape));
        routes.Post(all, Create);
        routes.Get(one, c => Answer.Ok(Shape(HookOf(c))));
        routes.Delete(one, c =>
        {
            hooks.Remove(HookOf(c));
            return Answer.NoContent;
        });
        routes.Get(one + "/events", c => c.Page(DeliveriesOf(HookOf(c)).Reverse().Where(d => Matches(d, c.Parameters.Text("status"))), d => Shape(d, HookOf(c))));
        routes.Post(one + "/events/{event:long}/resend", c =>
        {
            var delivery = DeliveriesOf(HookOf(c)).FirstOrDefault(d => d.Id == c.Number("event")) ?? throw GitLabProblem.NotFound();
            hooks.Redeliver(delivery.Id);
            // GitLab waits for the new answer; here it is that of before, and the log tells of the new one.
            return Answer.Created(new JsonObject { ["response_status"] = delivery.StatusCode });
        });
    }

    /// <summary>The key that a signing token holds; null when it is not one: <c>whsec_</c> and 32 bytes in base64.</summary>
    public static byte[]? KeyOf(string signingToken)
    {
        var key = new byte[64];
        return signingToken.StartsWith(SigningPrefix, StringComparison.Ordinal)
            && Convert.TryFromBase64String(signingToken[SigningPrefix.Length..], key, out var length) && length == 32 ? key[..32] : null;
    }

    private IEnumerable<Hook> Of(GitLabCall call)
    {
        call.Require(GitLabCall.Maintainer);
        return hooks.All.Where(h => h.GitLab?.Repo == call.Project);
    }

    private Hook HookOf(GitLabCall call) => Of(call).FirstOrDefault(h => h.Id == call.Number("hook")) ?? throw GitLabProblem.NotFound();

    private IEnumerable<WebhookDelivery> DeliveriesOf(Hook hook) => hooks.Deliveries.Where(d => d.HookId == hook.Id && d.StatusCode > 0);

    private static bool Matches(WebhookDelivery delivery, string? status) => status switch
    {
        null => true,
        "successful" => delivery.StatusCode is >= 200 and < 300,
        "client_failure" => delivery.StatusCode is >= 400 and < 500,
        "server_failure" => delivery.StatusCode >= 500,
        _ => delivery.StatusCode.ToString(CultureInfo.InvariantCulture) == status,
    };

    private Answer Create(GitLabCall call)
    {
        call.Require(GitLabCall.Maintainer);
        var given = call.Parameters;
        if (!Uri.TryCreate(given.Needed("url"), UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new GitLabProblem(422, new JsonObject { ["error"] = "Invalid url given" });
        byte[]? key = null;
        if (given.Text("signing_token") is { Length: > 0 } signing)
            key = KeyOf(signing) ?? throw GitLabProblem.Invalid("signing_token", "must be in the format whsec_<base64> with a 32-byte key");
        var triggers = Kinds.Where(k => given.Flag(k.Parameter) ?? k.Parameter == "push_events").Select(k => k.Trigger).ToHashSet(StringComparer.Ordinal);
        return Answer.Created(Shape(hooks.Add(url, given.Text("token") ?? "", new GitLabHook(call.Project, key, triggers, Guid.NewGuid()))));
    }

    // Neither the token nor the key is ever told again.
    private static JsonObject Shape(Hook hook)
    {
        var settings = hook.GitLab!;
        var json = new JsonObject
        {
            ["id"] = hook.Id,
            ["url"] = hook.Url.ToString(),
            ["name"] = null,
            ["description"] = null,
            ["project_id"] = settings.Repo.Id,
            ["created_at"] = GitLabShapes.Stamp(hook.CreatedAt),
            ["enable_ssl_verification"] = true,
            ["alert_status"] = "executable",
            ["disabled_until"] = null,
            ["url_variables"] = new JsonArray(),
            ["push_events_branch_filter"] = "",
            ["branch_filter_strategy"] = "wildcard",
            ["custom_webhook_template"] = "",
            ["custom_headers"] = new JsonArray(),
            ["token_present"] = hook.Secret.Length > 0,
            ["signing_token_present"] = settings.SigningKey is not null,
        };
        foreach (var (parameter, trigger) in Kinds)
            json[parameter] = settings.Triggers.Contains(trigger);
        foreach (var never in new[] { "tag_push_events", "wiki_page_events", "deployment_events", "feature_flag_events", "releases_events", "repository_update_events" })
            json[never] = false;
        return json;
    }

    private JsonObject Shape(WebhookDelivery delivery, Hook hook) => new()
    {
        ["id"] = delivery.Id,
        ["url"] = hook.Url.ToString(),
        ["trigger"] = delivery.Trigger,
        ["request_headers"] = new JsonObject
        {
            ["Content-Type"] = "application/json",
            ["User-Agent"] = "GitLab/18.6.0",
            ["Idempotency-Key"] = delivery.Guid,
            ["X-Gitlab-Event"] = delivery.Event,
            ["X-Gitlab-Webhook-UUID"] = $"{hook.GitLab!.Uuid:D}",
            ["X-Gitlab-Instance"] = world.BaseUrl,
            ["X-Gitlab-Event-UUID"] = $"{delivery.EventUuid:D}",
            ["X-Gitlab-Token"] = "[REDACTED]",
        },
        ["request_data"] = JsonNode.Parse(delivery.Payload),
        ["response_headers"] = new JsonObject(),
        ["response_body"] = "",
        ["execution_duration"] = 0.01,
        // A text, unlike everywhere else.
        ["response_status"] = delivery.StatusCode.ToString(CultureInfo.InvariantCulture),
    };
}
