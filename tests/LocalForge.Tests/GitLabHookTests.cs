using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CodingAgent.LocalForge.Tests;

/// <summary>What GitLab's hooks are sent. The fields are those of GitLab's pages and of GitBeaker's types; no real GitLab was at hand.</summary>
public sealed class GitLabHookTests(Playground forge) : IClassFixture<Playground>
{
    private const string Project = "/projects/acme%2Fshop";
    private const string Token = "a hook's token";
    private const string Pipeline = """
        stages: [check, ship]
        unit: { stage: check, script: [ "true" ] }
        ship: { stage: ship, script: [ "exit 7" ] }
        """;

    private static readonly byte[] Key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    // Fields of each kind of event and, after a colon, of an object in it.
    private static readonly Dictionary<string, string[]> Fields = new(StringComparer.Ordinal)
    {
        ["issue"] =
        [
            "object_kind event_type user project object_attributes labels changes repository",
            "user: id name username avatar_url email",
            "project: id name description web_url avatar_url git_ssh_url git_http_url namespace visibility_level path_with_namespace default_branch homepage url ssh_url http_url",
            "repository: name url description homepage",
            "object_attributes: id title assignee_ids assignee_id author_id project_id created_at updated_at updated_by_id last_edited_at last_edited_by_id relative_position description milestone_id state_id confidential discussion_locked due_date moved_to_id duplicated_to_id time_estimate total_time_spent time_change human_total_time_spent human_time_estimate human_time_change weight health_status iid url state action severity labels",
        ],
        ["note"] =
        [
            "object_kind event_type user project_id project object_attributes repository",
            "object_attributes: id note noteable_type discussion_id author_id created_at updated_at project_id attachment line_code commit_id noteable_id system st_diff url position original_position type internal action",
        ],
        ["merge_request"] =
        [
            "object_kind event_type user project object_attributes labels changes repository",
            "repository: name url description homepage",
            "object_attributes: id iid target_branch source_branch source_project_id author_id assignee_ids reviewer_ids title created_at updated_at last_edited_at last_edited_by_id milestone_id state_id state blocking_discussions_resolved work_in_progress draft first_contribution merge_commit_sha target_project_id description total_time_spent time_change human_total_time_spent human_time_change human_time_estimate url source target last_commit labels action detailed_merge_status head_pipeline_id merge_status",
        ],
        ["pipeline"] =
        [
            "object_kind object_attributes merge_request user project commit builds",
            "object_attributes: id iid name ref tag sha before_sha source status detailed_status stages created_at finished_at duration variables url",
            "commit: id message title timestamp url author",
        ],
        ["build"] =
        [
            "object_kind ref tag before_sha sha build_id build_name build_stage build_status build_created_at build_started_at build_finished_at build_duration build_queued_duration build_allow_failure build_failure_reason retries_count pipeline_id project_id project_name user commit repository runner environment",
            "commit: id name sha message author_name author_email status duration started_at finished_at",
        ],
        ["emoji"] =
        [
            "object_kind event_type user project_id project object_attributes",
            "object_attributes: user_id created_at id name awardable_type awardable_id updated_at action awarded_on_url",
        ],
        ["push"] =
        [
            "object_kind event_name before after ref ref_protected checkout_sha user_id user_name user_username user_email user_avatar project_id project commits total_commits_count repository",
            "repository: name url description homepage git_http_url git_ssh_url visibility_level",
        ],
    };

    [Fact]
    public async Task Events_OfOneDay_ComeSignedInGitLabsShapes()
    {
        await using var receiver = await Receiver.StartAsync();
        Hook(receiver);
        var issue = await PostAsync("ada", "/issues", new { title = "Pay twice", labels = "agent,bug" });
        await PutAsync("ada", $"/issues/{issue["iid"]}", new { title = "Pay thrice", add_labels = "urgent", remove_labels = "bug" });
        await PutAsync("ada", $"/issues/{issue["iid"]}", new { title = "Pay thrice" });
        await PostAsync("eve", $"/issues/{issue["iid"]}/notes", new { body = "/agent implement" });
        await PostAsync("ada", $"/issues/{issue["iid"]}/award_emoji", new { name = "thumbsup" });
        await PostAsync("ada", "/issues", new { title = "Secret", confidential = true });
        await PostAsync("ada", $"/issues/{issue["iid"]}/notes", new { body = "Between us", @internal = true });
        var first = await forge.PushAsync("bot", "hooked", "change", ("src/pay.txt", "one\n2\nthree\n"));
        var ada = (await forge.GetAsync("ada", Gl("/user")))["id"];
        var merge = await PostAsync("bot", "/merge_requests", new { title = "Draft: Pay", source_branch = "hooked", target_branch = "main", reviewer_ids = new[] { (long)ada! } });
        var at = $"/merge_requests/{merge["iid"]}";
        var refs = (await forge.GetAsync("bot", Gl(Project + at)))["diff_refs"]!;
        var position = new { base_sha = $"{refs["base_sha"]}", start_sha = $"{refs["start_sha"]}", head_sha = $"{refs["head_sha"]}", position_type = "text", old_path = "src/pay.txt", new_path = "src/pay.txt", new_line = 2 };
        await PostAsync("ada", at + "/discussions", new { body = "Why?", position });
        var second = await forge.PushAsync("bot", "hooked", "more", ("more.txt", "m"));
        await PutAsync("bot", at, new { title = "Pay" });
        forge.Forge.RequestChanges("acme", "shop", (int)merge["iid"]!, "ada");
        await PostAsync("ada", at + "/approve", new { });
        await PostAsync("ada", at + "/unapprove", new { });
        await PutAsync("bot", at, new { state_event = "close" });
        await PutAsync("bot", at, new { state_event = "reopen", description = "Because", target_branch = "main" });
        await PutAsync("ada", at + "/merge", new { });
        var got = await receiver.UntilAsync(g => g.Name == "Push Hook." && (string?)g.Payload["ref"] == "refs/heads/main");

        got.Select(g => g.Name).ShouldBe([
            "Issue Hook.open", "Issue Hook.update", "Note Hook.create", "Emoji Hook.award", "Confidential Issue Hook.open", "Confidential Note Hook.create", "Push Hook.",
            "Merge Request Hook.open", "Note Hook.create", "Push Hook.", "Merge Request Hook.update", "Merge Request Hook.update", "Merge Request Hook.approved",
            "Merge Request Hook.unapproved", "Merge Request Hook.close", "Merge Request Hook.reopen", "Merge Request Hook.merge", "Push Hook.",
        ]);
        got.ShouldAllBe(g => g.SignatureHolds);
        got.Select(g => g.Headers["Idempotency-Key"]).Distinct().Count().ShouldBe(got.Count);
        got.Select(g => g.Headers["X-Gitlab-Webhook-UUID"]).Distinct().ShouldHaveSingleItem();
        got.ShouldAllBe(g => g.Headers["webhook-id"] == g.Headers["Idempotency-Key"] && g.Headers["X-Gitlab-Instance"] == forge.Forge.BaseUrl);
        got.ForEach(g => Matches(g.Payload));

        Labels(got[0].Payload["labels"]!).ShouldBe(["agent", "bug"]);
        got[0].Payload["changes"]!["labels"].ShouldBeNull("what an issue is opened with has not changed");
        var changes = got[1].Payload["changes"]!.AsObject();
        changes.Select(c => c.Key).ShouldBe(["title", "labels", "updated_at"], "one call is one event");
        Labels(changes["labels"]!["previous"]!).ShouldBe(["agent", "bug"]);
        Labels(changes["labels"]!["current"]!).ShouldBe(["agent", "urgent"]);
        ((string?)got[2].Payload["issue"]!["title"], (int?)got[2].Payload["issue"]!["iid"]).ShouldBe(("Pay thrice", (int)issue["iid"]!));
        ((string?)got[2].Payload["object_attributes"]!["created_at"])!.ShouldMatch(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$");
        ((string?)got[4].Payload["event_type"], (bool?)got[4].Payload["object_attributes"]!["confidential"]).ShouldBe(("confidential_issue", true));
        ((string?)got[5].Payload["event_type"], (bool?)got[5].Payload["object_attributes"]!["internal"]).ShouldBe(("confidential_note", true));
        ((string?)got[6].Payload["after"]).ShouldBe(first);
        ((bool?)got[7].Payload["object_attributes"]!["draft"], (string?)got[7].Payload["object_attributes"]!["title"]).ShouldBe((true, "Draft: Pay"));
        ((string?)got[7].Payload["reviewers"]![0]!["state"]).ShouldBe("unreviewed");
        ((int?)got[8].Payload["object_attributes"]!["position"]!["new_line"], (string?)got[8].Payload["object_attributes"]!["type"]).ShouldBe((2, "DiffNote"));
        ((string?)got[10].Payload["object_attributes"]!["oldrev"], (string?)got[10].Payload["object_attributes"]!["last_commit"]!["id"]).ShouldBe((first, second));
        got[11].Payload["object_attributes"]!["oldrev"].ShouldBeNull();
        ((bool?)got[11].Payload["changes"]!["draft"]!["previous"], (bool?)got[11].Payload["changes"]!["draft"]!["current"]).ShouldBe((true, false));
        // That changes were asked for is told by no event of its own: the next one says what the reviewer came to since.
        ((string?)got[12].Payload["reviewers"]![0]!["state"]).ShouldBe("approved");
        ((string?)got[13].Payload["reviewers"]![0]!["state"]).ShouldBe("unapproved");

        got[15].Payload["changes"]!.AsObject().Select(c => c.Key).ShouldBe(["description", "state_id", "updated_at"]);
        var merged = got[16].Payload["object_attributes"]!;
        ((string?)merged["state"], (string?)merged["merge_commit_sha"], (string?)merged["detailed_merge_status"]).ShouldBe(("merged", (string?)got[17].Payload["after"], "not_open"));

        var notes = (await forge.GetAsync("bot", Gl($"{Project}{at}/notes?sort=asc&activity_filter=only_activity"))).AsArray();
        notes.Select(n => ((string)n!["body"]!).Split('\n')[0]).ShouldBe([
            "added 1 commit", "marked this merge request as **ready**", "requested changes", "approved this merge request", "unapproved this merge request", "changed the description"]);
    }

    [Fact]
    public async Task Pipeline_OfAPush_IsToldWithItsJobs()
    {
        await using var receiver = await Receiver.StartAsync();
        Hook(receiver);
        var sha = await forge.PushAsync("ada", "piped", "ci", (".gitlab-ci.yml", Pipeline));
        var got = await receiver.UntilAsync(g => g.Name == "Pipeline Hook." && (string?)g.Payload["object_attributes"]!["status"] == "failed");

        got.ForEach(g => Matches(g.Payload));
        got.Where(g => g.Name.StartsWith("Pipeline", StringComparison.Ordinal)).Select(g => (string?)g.Payload["object_attributes"]!["status"]).ShouldBe(["pending", "running", "failed"]);
        got.Where(g => g.Name.StartsWith("Job", StringComparison.Ordinal)).Select(g => ((string?)g.Payload["build_name"], (string?)g.Payload["build_status"])).ShouldBe([
            ("unit", "pending"), ("ship", "created"), ("unit", "running"), ("unit", "success"), ("ship", "running"), ("ship", "failed")]);
        var last = got[^1].Payload;
        ((string?)last["object_attributes"]!["sha"], (string?)last["object_attributes"]!["ref"], (string?)last["object_attributes"]!["source"]).ShouldBe((sha, "piped", "push"));
        last["builds"]!.AsArray().Select(b => ((string?)b!["name"], (string?)b["stage"], (string?)b["status"])).ShouldBe([("unit", "check", "success"), ("ship", "ship", "failed")]);
        ((string?)last["commit"]!["title"]).ShouldBe("ci");
    }

    [Fact]
    public async Task Delivery_SentAgain_KeepsItsKeyAndIsInTheLog()
    {
        await using var receiver = await Receiver.StartAsync();
        var hook = await forge.PostAsync("acme", Gl(Project + "/hooks"), new { url = $"{receiver.Url}", token = Token, issues_events = true, push_events = false });
        ((bool)hook["token_present"]!, hook["token"]).ShouldBe((true, null), "a token is never told again");
        await PostAsync("ada", "/issues", new { title = "Once" });
        var once = (await receiver.UntilAsync(g => g.Name == "Issue Hook.open"))[0];
        once.SignatureHolds.ShouldBeFalse("this hook has no key");
        once.Headers["X-Gitlab-Token"].ShouldBe(Token);
        var events = $"{Project}/hooks/{hook["id"]}/events";
        var log = await Playground.EventuallyAsync(() => forge.GetAsync("acme", Gl(events)), l => l.AsArray().Count == 1);
        ((string?)log[0]!["trigger"], (string?)log[0]!["response_status"], (string?)log[0]!["request_headers"]!["Idempotency-Key"]).ShouldBe(("issue_hooks", "200", once.Headers["Idempotency-Key"]));
        await forge.PostAsync("acme", Gl($"{events}/{log[0]!["id"]}/resend"), new { }, expect: 201);
        var twice = await receiver.UntilAsync(g => g != once && g.Name == "Issue Hook.open");
        twice[1].Headers["Idempotency-Key"].ShouldBe(once.Headers["Idempotency-Key"]);
        await forge.GetAsync("bot", Gl(Project + "/hooks"), expect: 403);
        await forge.CallAsync("acme", HttpMethod.Delete, Gl($"{Project}/hooks/{hook["id"]}"), null, expect: 204);
        (await forge.GetAsync("acme", Gl(Project + "/hooks"))).AsArray().ShouldNotContain(h => (long)h!["id"]! == (long)hook["id"]!);
    }

    private static string[] Labels(JsonNode labels) => [.. labels.AsArray().Select(l => (string)l!["title"]!)];

    private static void Matches(JsonObject payload)
    {
        var kind = (string)payload["object_kind"]!;
        foreach (var line in Fields[kind])
        {
            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            var place = colon < 0 ? payload : payload[line[..colon]]!.AsObject();
            line[(colon < 0 ? 0 : colon + 2)..].Split(' ').Except(place.Select(p => p.Key)).ShouldBeEmpty($"{kind} {line[..Math.Max(colon, 0)]}: {place}");
        }
    }

    private string Gl(string path) => forge.Forge.GitLabApiUrl + path;

    private void Hook(Receiver receiver) => forge.Forge.AddGitLabWebhook("acme", "shop", receiver.Url, Token, "whsec_" + Convert.ToBase64String(Key));

    private Task<JsonNode> PostAsync(string login, string path, object body) => forge.PostAsync(login, Gl(Project + path), body);

    private Task<JsonNode> PutAsync(string login, string path, object body) => forge.CallAsync(login, HttpMethod.Put, Gl(Project + path), body);

    private sealed record Got(string Name, bool SignatureHolds, IReadOnlyDictionary<string, string> Headers, JsonObject Payload);

    private sealed class Receiver(WebApplication app) : IAsyncDisposable
    {
        private readonly ConcurrentQueue<Got> _got = new();

        public Uri Url => new(new Uri(app.Urls.First()), "/hook");

        public static async Task<Receiver> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            var receiver = new Receiver(app);
            app.MapPost("/hook", (Delegate)receiver.TakeAsync);
            await app.StartAsync();
            return receiver;
        }

        /// <summary>All that came, once this one is among it.</summary>
        public Task<List<Got>> UntilAsync(Func<Got, bool> isThere) => Playground.EventuallyAsync(() => Task.FromResult(_got.ToList()), g => g.Exists(x => isThere(x)));

        public async ValueTask DisposeAsync()
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }

        private async Task<IResult> TakeAsync(HttpContext http)
        {
            using var memory = new MemoryStream();
            await http.Request.Body.CopyToAsync(memory);
            var headers = http.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            var payload = JsonNode.Parse(memory.ToArray())!.AsObject();
            var action = payload["object_kind"]!.ToString() == "pipeline" ? null : payload["object_attributes"]?["action"];
            _got.Enqueue(new Got($"{headers["X-Gitlab-Event"]}.{action}", Holds(headers, memory.ToArray()), headers, payload));
            return Results.Ok();
        }

        // Written after the text of Standard Webhooks, apart from what signs: id, time and body with dots between, and any of several signatures.
        private static bool Holds(Dictionary<string, string> headers, byte[] body)
        {
            if (!headers.TryGetValue("webhook-signature", out var signatures) || headers["X-Gitlab-Token"] != Token)
                return false;
            var age = DateTimeOffset.UtcNow - DateTimeOffset.FromUnixTimeSeconds(long.Parse(headers["webhook-timestamp"], System.Globalization.CultureInfo.InvariantCulture));
            var text = $"{headers["webhook-id"]}.{headers["webhook-timestamp"]}.{Encoding.UTF8.GetString(body)}";
            using var hmac = new HMACSHA256(Key);
            var wanted = "v1," + Convert.ToBase64String(hmac.ComputeHash(Encoding.UTF8.GetBytes(text)));
            return age.Duration() < TimeSpan.FromMinutes(5) && signatures.Split(' ').Contains(wanted);
        }
    }
}
