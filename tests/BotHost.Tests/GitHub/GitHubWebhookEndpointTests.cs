using System.Net;
using System.Net.Sockets;
using System.Text;
using CodingAgent.BotHost.Adapters;
using CodingAgent.BotHost.Dispatch;
using CodingAgent.BotHost.Tests.Dispatch;
using CodingAgent.Forges;
using CodingAgent.Forges.GitHub.Webhooks;
using CodingAgent.Forges.Webhooks;
using CodingAgent.Storage;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;
using Microsoft.Extensions.DependencyInjection;
using FakeForge = CodingAgent.Workflows.Tests.Routing.FakeForge;

namespace CodingAgent.BotHost.Tests.GitHub;

public sealed class GitHubWebhookEndpointTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("webhook-tests-").FullName;
    private readonly SqliteDatabase _database;
    private readonly BreakableInbox _inbox;

    public GitHubWebhookEndpointTests()
    {
        _database = SqliteDatabase.OpenAsync(Path.Combine(_folder, "state.db"), default).GetAwaiter().GetResult();
        _inbox = new BreakableInbox(new Inbox(_database, new PayloadCipher(new byte[PayloadCipher.KeySize])));
    }

    public void Dispose()
    {
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Post_SignedDelivery_IsStoredAsItCame()
    {
        await using var host = await StartAsync();
        var body = Deliveries.Labeled(12);
        (await host.DeliverAsync(body, contentType: "application/json; charset=utf-8")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var stored = (await PendingAsync()).ShouldHaveSingleItem();
        (stored.Id, stored.EventName, stored.Forge).ShouldBe(("d1", "issues", ForgeKind.GitHub));
        stored.Body.ToArray().ShouldBe(body);
    }

    [Fact]
    public async Task Post_SameDeliveryAgain_IsAcceptedAndStoredOnce()
    {
        await using var host = await StartAsync();
        for (var i = 0; i < 3; i++)
            (await host.DeliverAsync(Deliveries.Labeled(12))).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await PendingAsync()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Post_SameBodyUnderAnotherDeliveryIdOrEvent_IsAcceptedAndStoredOnce()
    {
        // The signature covers the body alone: who has seen one delivery can send it again under any id and name.
        await using var host = await StartAsync();
        var body = Deliveries.Labeled(12);
        (await host.DeliverAsync(body)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var repeat = await host.DeliverAsync(body, deliveryId: "d2");
        (await repeat.Content.ReadAsStringAsync()).ShouldBe("accepted before\n");
        await host.DeliverAsync(body, "pull_request", "d3");
        (await PendingAsync()).ShouldHaveSingleItem().Id.ShouldBe("d1");
        await _inbox.MarkDoneAsync([new InboxDelivery.Outcome("d1", "started")], default);
        await host.DeliverAsync(body, deliveryId: "d4");
        (await PendingAsync()).ShouldBeEmpty();
    }

    [Fact]
    public void SignatureOf_TheExampleOfGitHubsDocumentation_IsTheDocumentedOne() =>
        WebhookHost.SignatureOf("Hello, World!"u8.ToArray(), "It's a Secret to Everybody")
            .ShouldBe("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");

    [Theory]
    [InlineData(null)]
    [InlineData("sha256=00")]
    [InlineData("")]
    [InlineData("sha256=")]
    [InlineData("sha1=757107ea0eb2509fc211221cce984b8a37570b6d")]
    [InlineData("757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")]
    [InlineData("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043eXX")]
    [InlineData("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e1700")]
    [InlineData("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")]
    public async Task Post_SignatureMissingOrWrong_Is401AndStoresNothing(string? signature)
    {
        await using var host = await StartAsync();
        (await host.DeliverAsync(Deliveries.Labeled(12), signature: signature)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await PendingAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_TooLarge_Is413WithAndWithoutContentLength(bool chunked)
    {
        await using var host = await StartAsync(new GitHubWebhook(new WebhookSecrets([WebhookHost.Secret], [])) { MaxBodyBytes = 1000 });
        var fits = Encoding.UTF8.GetBytes("{}" + new string(' ', 998));
        (await host.DeliverAsync(fits, chunked: chunked)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await host.DeliverAsync([.. fits, (byte)' '], deliveryId: "d2", chunked: chunked)).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await PendingAsync()).ShouldHaveSingleItem().Id.ShouldBe("d1");
    }

    [Theory]
    [InlineData(20_000)]
    [InlineData(3_000_000)]
    public async Task Post_LargeBody_IsStoredAsItCameWithAndWithoutContentLength(int bytes)
    {
        await using var host = await StartAsync();
        var body = Encoding.UTF8.GetBytes($$"""{"a":"{{new string('x', bytes)}}"}""");
        byte[] another = [.. body];
        another[6] = (byte)'y';
        (await host.DeliverAsync(body)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await host.DeliverAsync(another, deliveryId: "d2", chunked: true)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var stored = await PendingAsync();
        stored.Count.ShouldBe(2);
        stored[0].Body.ToArray().ShouldBe(body);
        stored[1].Body.ToArray().ShouldBe(another);
    }

    [Fact]
    public async Task Post_MoreBytesAnnouncedThanSent_StoresNothing()
    {
        await using var host = await StartAsync();
        var body = Deliveries.Labeled(12);
        using (var socket = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            await socket.ConnectAsync(IPAddress.Loopback, host.Address.Port);
            await socket.SendAsync(Encoding.ASCII.GetBytes(
                $"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 26214400\r\nX-GitHub-Event: issues\r\n"
                + $"X-GitHub-Delivery: d1\r\nX-Hub-Signature-256: {WebhookHost.SignatureOf(body)}\r\n\r\n"));
            await socket.SendAsync(body);
        }

        (await host.DeliverAsync(body, deliveryId: "d2")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await PendingAsync()).ShouldHaveSingleItem().Id.ShouldBe("d2");
    }

    [Fact]
    public void MaxBodyBytes_Default_IsWhatGitHubSendsAtMost() => WebhookHost.Taking("s").MaxBodyBytes.ShouldBe(26_214_400);

    [Theory]
    [InlineData("")]
    [InlineData("not JSON")]
    [InlineData("[]")]
    [InlineData("{\"a\":")]
    [InlineData("{} trailing")]
    public async Task Post_NotAJsonObject_Is400(string body)
    {
        await using var host = await StartAsync();
        (await host.DeliverAsync(Encoding.UTF8.GetBytes(body))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await PendingAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(null, "d1")]
    [InlineData("issues", null)]
    [InlineData("issues", "d 1; DROP TABLE inbox -->")]
    public async Task Post_HeadersMissingOrOdd_Is400(string? eventName, string? deliveryId)
    {
        await using var host = await StartAsync();
        (await host.DeliverAsync(Deliveries.Labeled(12), eventName, deliveryId)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await PendingAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task Post_OtherContentType_Is415AndSaysWhatToSelect(string? contentType)
    {
        await using var host = await StartAsync();
        var response = await host.DeliverAsync("payload=%7B%7D"u8.ToArray(), contentType: contentType);
        response.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        (await response.Content.ReadAsStringAsync()).ShouldContain("application/json");
    }

    [Theory]
    [InlineData("ping")]
    [InlineData("deployment_protection_rule")]
    [InlineData("invented_yesterday")]
    public async Task Post_UnknownEvent_Is202WithALoggedReasonAndNotStored(string eventName)
    {
        var log = WebhookHost.NewLog();
        await using var host = await StartAsync(log: log);
        (await host.DeliverAsync("{\"zen\":\"x\"}"u8.ToArray(), eventName)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await PendingAsync()).ShouldBeEmpty();
        log.ShouldContain(line => line.Contains(eventName) && line.Contains("ignored: not an event this service uses"));
    }

    [Theory]
    [InlineData("""{"zen":"x","hook_id":5,"hook":{"type":"Repository","id":5,"active":true,"events":["*"],"config":{"content_type":"json"}},"repository":{"full_name":"octo/hello"}}""", "The webhook of octo/hello works: address")]
    [InlineData("""{"hook":{"events":["issues","issue_comment","pull_request","pull_request_review","pull_request_review_comment","check_run","check_suite","workflow_run","status","push"]},"organization":{"login":"octo"}}""", "The webhook of octo works: address")]
    [InlineData("""{"hook":{"events":["issues","pull_request"]},"repository":{"full_name":"octo/hello"}}""", "works, but does not send issue_comment, ")]
    [InlineData("""{"hook":{"events":["push"]}}""", "The webhook of the app works, but does not send issues, issue_comment")]
    public async Task Post_Ping_IsToldThatTheWebhookWorks(string body, string says)
    {
        var log = WebhookHost.NewLog();
        await using var host = await StartAsync(log: log);
        var answer = await host.DeliverAsync(Encoding.UTF8.GetBytes(body), "ping");
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await answer.Content.ReadAsStringAsync()).ShouldContain(says);
        log.ShouldContain(line => line.Contains("The webhook of", StringComparison.Ordinal) && line.Contains("works", StringComparison.Ordinal));
        (await PendingAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Post_Form_SaysWhatToSelectThereAndInTheLog(bool hasSecretsOfTheirOwn)
    {
        var log = WebhookHost.NewLog();
        await using var host = await StartAsync(hasSecretsOfTheirOwn ? new GitHubWebhook(new WebhookSecrets([], [new("octo", null, [WebhookHost.Secret])])) : null, log);
        var answer = await host.DeliverAsync("payload=%7B%22zen%22%3A%22x%22%7D"u8.ToArray(), "ping", contentType: "application/x-www-form-urlencoded");
        answer.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("Select the content type application/json");
        log.ShouldContain(line => line.Contains("Select the content type application/json in the webhook", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Post_Refused_IsToldOnceWithTheSettingAndThenCountedByTheMinute()
    {
        var log = WebhookHost.NewLog();
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        await using var host = await WebhookHost.StartAsync(services => services.AddSingleton<IInbox>(_inbox).AddSingleton<TimeProvider>(clock), log: log);
        for (var i = 0; i < 30; i++)
        {
            var answer = await host.DeliverAsync(Deliveries.Labeled(12), signature: i < 20 ? "sha256=00" : null);
            answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            (await answer.Content.ReadAsStringAsync()).ShouldContain("Forge:GitHub:WebhookSecret");
        }

        var told = log.Where(line => line.Contains("refused", StringComparison.Ordinal)).ToList();
        told.Count.ShouldBe(2, "one line for each reason");
        told.ShouldAllBe(line => line.Contains("Forge:GitHub:WebhookSecret", StringComparison.Ordinal));

        clock.Advance(TimeSpan.FromMinutes(1));
        log.ShouldContain(line => line.Contains("19 more times a delivery was refused in the last minute (20 so far)", StringComparison.Ordinal));
        log.ShouldContain(line => line.Contains("9 more times a delivery was refused in the last minute (10 so far)", StringComparison.Ordinal));
        clock.Advance(TimeSpan.FromMinutes(5));
        log.Count(line => line.Contains("refused", StringComparison.Ordinal)).ShouldBe(4);
    }

    [Fact]
    public async Task Post_UnknownEventWithAWrongSignature_Is401()
    {
        await using var host = await StartAsync();
        (await host.DeliverAsync("{}"u8.ToArray(), "ping", signature: "sha256=00")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Post_DiskFull_Is503WithNothingLostAndLaterAccepted()
    {
        using var small = await SqliteDatabase.OpenAsync(Path.Combine(_folder, "small.db"), default, maxBytes: 400_000);
        var inbox = new Inbox(small, new PayloadCipher(new byte[PayloadCipher.KeySize]));
        await using var host = await WebhookHost.StartAsync(services => services.AddSingleton<IInbox>(inbox));
        async Task<HttpStatusCode> PostAsync(int id) =>
            (await host.DeliverAsync(Encoding.UTF8.GetBytes($$"""{"a":"{{id:D5}}{{new string('x', 30_000)}}"}"""), deliveryId: $"d{id}")).StatusCode;
        var answers = await Task.WhenAll(Enumerable.Range(0, 24).Select(PostAsync));

        answers.Distinct().ShouldBe([HttpStatusCode.Accepted, HttpStatusCode.ServiceUnavailable], ignoreOrder: true);
        var stored = await inbox.ListPendingAsync(0, 100, default);
        stored.Select(delivery => delivery.Id).ShouldBe(Enumerable.Range(0, 24).Where(i => answers[i] == HttpStatusCode.Accepted).Select(i => $"d{i}"), ignoreOrder: true);

        await inbox.MarkDoneAsync([.. stored.Select(delivery => new InboxDelivery.Outcome(delivery.Id, "ignored"))], default);
        (await PostAsync(Array.IndexOf(answers, HttpStatusCode.ServiceUnavailable))).ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task Post_InboxCannotBeWritten_Is503AndLaterAccepted()
    {
        await using var host = await StartAsync();
        _inbox.FailsToAdd = true;
        var response = await host.DeliverAsync(Deliveries.Labeled(12));
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Headers.RetryAfter.ShouldNotBeNull();
        _inbox.FailsToAdd = false;
        (await host.DeliverAsync(Deliveries.Labeled(12))).StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void Webhook_WithoutASecret_IsRefused(string secret) =>
        Should.Throw<ArgumentException>(() => WebhookHost.Taking(secret))
            .Message.ShouldContain("WebhookSecret");

    [Fact]
    public async Task Post_LabeledIssue_ReachesTheTaskThroughTheHostedDispatcher()
    {
        var forge = new FakeForge();
        forge.Access["mona"] = AccessLevel.Write;
        var (repo, mona) = (RepoRef.Parse("github:octo/hello"), new Actor("mona", 1, ActorKind.User));
        forge.Label(repo, 12, isPull: false, mona, "agent:implement", DateTimeOffset.UnixEpoch);
        forge.Written[99] = new RecordedComment(99, Subject.Issue(12), mona, "/agent stop", DateTimeOffset.UnixEpoch, null);
        var gateway = new FakeTaskGateway { IsAway = true };
        await using var host = await WebhookHost.StartAsync(services => services
            .AddEmbeddedStorage(_database, new PayloadCipher(new byte[PayloadCipher.KeySize]))
            .AddSingleton<IForgeRepositories>(forge).AddSingleton<IForgePulls>(forge).AddSingleton<IForgeIssues>(forge).AddSingleton<IForgeRecords>(forge)
            .AddSingleton<ITaskGateway>(gateway)
            .AddInboxDispatcher(ServedForges.Map, dispatcher: new DispatcherOptions { FirstBackoff = TimeSpan.FromMilliseconds(20), PollInterval = TimeSpan.FromMilliseconds(200) })
            .AddHostedService(p => p.GetRequiredService<DispatcherService>()));

        (await host.DeliverAsync(Deliveries.Labeled(12))).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await Until(() => gateway.Refused > 1);
        gateway.IsAway = false;
        await Until(() => gateway.Starts == 1 && PendingAsync().Result.Count == 0);
        (await host.DeliverAsync(Deliveries.Commented(12, "/agent stop"), "issue_comment", "d2")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var task = TaskId.Parse("task/github:octo/hello/issue/12");
        await Until(() => gateway.MessagesOf(task).Count == 2);
    }

    private Task<WebhookHost> StartAsync(IForgeWebhook? webhook = null, System.Collections.Concurrent.ConcurrentQueue<string>? log = null) =>
        WebhookHost.StartAsync(services => services.AddSingleton<IInbox>(_inbox), webhook, log);

    private Task<IReadOnlyList<InboxDelivery>> PendingAsync() => _inbox.ListPendingAsync(0, 100, default);

    private static async Task Until(Func<bool> condition)
    {
        var deadline = DateTime.UtcNow.AddSeconds(30);
        while (!condition())
        {
            DateTime.UtcNow.ShouldBeLessThan(deadline, "the condition did not become true within 30 seconds");
            await Task.Delay(10);
        }
    }
}
