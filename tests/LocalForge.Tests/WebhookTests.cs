using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CodingAgent.LocalForge.Tests;

public sealed class WebhookTests(Playground forge) : IClassFixture<Playground>
{
    private const string Repo = Playground.Repo;
    private const string Secret = "a webhook secret";

    [Fact]
    public async Task Events_OfOneDay_ArriveSignedAndInOrder()
    {
        await using var receiver = await Receiver.StartAsync();
        forge.Forge.AddWebhook(receiver.Url, Secret);
        var issue = (int)(await forge.PostAsync("ada", Repo + "/issues", new { title = "Signed", labels = new[] { "agent:implement" } }))["number"]!;
        await forge.PostAsync("eve", $"{Repo}/issues/{issue}/comments", new { body = "/agent implement" });
        var pull = await forge.OpenPullAsync("bot", "hooked", draft: true);
        await forge.PushAsync("bot", "hooked", "more", ("more.txt", "m"));
        await forge.PostAsync("ada", $"{Repo}/pulls/{pull}/reviews", new
        {
            @event = "REQUEST_CHANGES",
            body = "No",
            comments = new[] { new { path = "src/pay.txt", line = 2, body = "Why?" } },
        });
        await forge.CallAsync("ada", HttpMethod.Patch, $"{Repo}/pulls/{pull}", new { state = "closed" });
        var got = await Playground.EventuallyAsync(() => Task.FromResult(receiver.Got.ToList()), g => g.Exists(d => d.Name == "pull_request.closed"));

        got.Select(d => d.Name).ShouldBe([
            "ping", "issues.opened", "issues.labeled", "issue_comment.created", "push", "pull_request.opened", "push", "pull_request.synchronize",
            "pull_request_review.submitted", "pull_request_review_comment.created", "pull_request.closed",
        ]);
        got.ShouldAllBe(d => d.SignatureHolds);
        got.Select(d => d.DeliveryId).Distinct().Count().ShouldBe(got.Count);
        var review = got.Single(d => d.Name == "pull_request_review.submitted").Payload;
        ((string?)review["review"]!["state"]).ShouldBe("changes_requested");
        ((string?)review["sender"]!["login"]).ShouldBe("ada");
        ((string?)got[3].Payload["repository"]!["full_name"]).ShouldBe("acme/shop");
    }

    [Fact]
    public async Task Receiver_DownAndBack_GetsEverythingOnceWithItsOldId()
    {
        var receiver = await Receiver.StartAsync();
        forge.Forge.AddWebhook(receiver.Url, Secret);
        await Playground.EventuallyAsync(() => Task.FromResult(receiver.Got.Count), c => c == 1);
        var url = receiver.Url;
        await receiver.DisposeAsync();
        await forge.PostAsync("ada", Repo + "/issues", new { title = "While away 1" });
        await forge.PostAsync("ada", Repo + "/issues", new { title = "While away 2" });
        await using var back = await Receiver.StartAsync(url.Port);
        var got = await Playground.EventuallyAsync(() => Task.FromResult(back.Got.ToList()), g => g.Count >= 2);
        got.Select(d => (string?)d.Payload["issue"]!["title"]).ShouldBe(["While away 1", "While away 2"]);

        var delivery = forge.Forge.Deliveries.Single(d => d.Guid == got[0].DeliveryId);
        await forge.PostAsync("ada", $"/app/hook/deliveries/{delivery.Id}/attempts", new { }, expect: 202);
        var again = await Playground.EventuallyAsync(() => Task.FromResult(back.Got.ToList()), g => g.Count >= 3);
        again[2].DeliveryId.ShouldBe(got[0].DeliveryId);
    }

    [Fact]
    public async Task Ci_OfAPush_IsToldInOrder()
    {
        await using var receiver = await Receiver.StartAsync();
        forge.Forge.AddWebhook(receiver.Url, Secret);
        var sha = await forge.PushAsync("ada", "told", "ci", (".github/workflows/ci.yml", "on: push\njobs:\n  one:\n    steps: [ { run: 'true' } ]\n"));
        var got = await Playground.EventuallyAsync(() => Task.FromResult(receiver.Got.ToList()), g => g.Exists(d => d.Name == "workflow_run.completed"));
        await forge.PostAsync("bot", $"{Repo}/statuses/{sha}", new { state = "success", context = "coding-agent/evidence" });
        got = await Playground.EventuallyAsync(() => Task.FromResult(receiver.Got.ToList()), g => g.Exists(d => d.Name == "status"));
        got.Select(d => d.Name).ShouldBe(["ping", "push", "workflow_run.requested", "check_run.created", "workflow_run.in_progress", "check_run.completed", "check_suite.completed", "workflow_run.completed", "status"]);
        ((string?)got[5].Payload["check_run"]!["head_sha"]).ShouldBe(sha);
        ((string?)got[6].Payload["check_suite"]!["head_sha"]).ShouldBe(sha);
        ((string?)got[7].Payload["workflow_run"]!["head_sha"]).ShouldBe(sha);
        ((string?)got[8].Payload["sha"]).ShouldBe(sha);
    }

    private sealed record Got(string Name, string DeliveryId, bool SignatureHolds, JsonObject Payload);

    private sealed class Receiver(WebApplication app) : IAsyncDisposable
    {
        public ConcurrentQueue<Got> Got { get; } = new();

        public Uri Url => new(new Uri(app.Urls.First()), "/hook");

        public static async Task<Receiver> StartAsync(int port = 0)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
            var app = builder.Build();
            var receiver = new Receiver(app);
            app.MapPost("/hook", (Delegate)receiver.TakeAsync);
            await app.StartAsync();
            return receiver;
        }

        public async ValueTask DisposeAsync()
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }

        private async Task<IResult> TakeAsync(HttpContext http)
        {
            using var memory = new MemoryStream();
            await http.Request.Body.CopyToAsync(memory);
            var payload = JsonNode.Parse(memory.ToArray())!.AsObject();
            var signature = "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), memory.ToArray()));
            var action = payload["action"] is { } a ? "." + a : "";
            Got.Enqueue(new Got(
                http.Request.Headers["X-GitHub-Event"] + action,
                http.Request.Headers["X-GitHub-Delivery"].ToString(),
                http.Request.Headers["X-Hub-Signature-256"] == signature,
                payload));
            return Results.Accepted();
        }
    }
}
