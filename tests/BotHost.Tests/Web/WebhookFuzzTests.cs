using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CodingAgent.BotHost.Tests.GitHub;
using CodingAgent.BotHost.Web;
using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Forges.GitHub.Webhooks;
using CodingAgent.Forges.GitLab.Webhooks;
using CodingAgent.Forges.Webhooks;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Microsoft.FSharp.Core;
using Xunit.Abstractions;

namespace CodingAgent.BotHost.Tests.Web;

/// <summary>
/// Deliveries of both forges with anything wrong in body and headers go the whole way, from the endpoint to the tasks. Whatever they are, each has an answer
/// and an end, and only what somebody with write access really said reaches a task.
/// </summary>
[Collection(nameof(MeasuredAlone))]
public sealed class WebhookFuzzTests(ITestOutputHelper output)
{
    private const int BatchSize = 25;
    private const int MaxBodyBytes = 64 * 1024;

    // Most have something wrong; some are whole, so that tasks run at all.
    private static readonly Gen<FuzzedDelivery> One =
        from template in Gen.Choose(0, DeliveryTemplate.All.Count - 1)
        from standing in Gen.Elements(Enum.GetValues<FuzzedDelivery.OnRecord>())
        from wire in Gen.Frequency((3, Gen.Constant(FuzzedDelivery.Around.Right)), (1, Gen.Elements(Enum.GetValues<FuzzedDelivery.Around>())))
        from choice in Gen.Choose(0, 999)
        from count in Gen.Frequency((1, Gen.Constant(0)), (4, Gen.Constant(1)), (2, Gen.Choose(2, 4)))
        from mutations in Gen.ArrayOf(
            from kind in Gen.Elements(Enum.GetValues<Mutation.Of>())
            from place in Gen.Choose(0, 999)
            from value in Gen.Choose(0, 999)
            select new Mutation(kind, place, value), count)
        select new FuzzedDelivery(template, standing, wire, choice, mutations);

    private static readonly Arbitrary<FuzzedDelivery[]> Batches = Arb.From(Gen.ArrayOf(One, BatchSize), Shrink);

    [Fact]
    public Task AnyDelivery_GoneTheWholeWay_HasAnEndAndStartsNothingUnsaid() => RunAsync(2_000, 20261201);

    [Fact]
    [Trait("Category", "Long")]
    public Task AnyDelivery_ManyGoneTheWholeWay_HaveAnEndAndStartNothingUnsaid() => RunAsync(100_000, (ulong)Random.Shared.NextInt64());

    /// <summary>One that made the whole pass fail held up every delivery behind it, for good.</summary>
    [Theory]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("{\"project\":{\"\\udfff\":1,\"path_with_namespace\":\"octo/hello\"}}")]
    [InlineData("{\"project\":{\"path_with_namespace\":\"\\ud800\"}}")]
    public async Task Delivery_WithHalfACharacter_IsUnreadableAndHoldsNothingUp(string body)
    {
        var time = new FakeTimeProvider();
        await using var world = await DeliveryWorld.OpenAsync(time);
        foreach (var (kind, name) in new[] { (ForgeKind.GitHub, "issues"), (ForgeKind.GitLab, "issue_hook") })
            (await world.Inbox.AddAsync(new InboxDelivery($"d-{kind}", kind, name, Encoding.UTF8.GetBytes(kind == ForgeKind.GitHub ? body : body + " "), time.GetUtcNow()), default)).ShouldBeTrue();
        (await world.Dispatcher.DrainAsync(default)).ShouldBeNull();
        (await world.OutcomesAsync(0)).Select(d => d.Outcome).ShouldBe(["unreadable", "unreadable"]);
    }

    [Fact]
    public async Task Delivery_ThatTheMapperFailsOn_IsUnreadableAndHoldsNothingUp()
    {
        var time = new FakeTimeProvider();
        await using var world = await DeliveryWorld.OpenAsync(time, d => d.Id == "d1" ? throw new ArithmeticException(d.Id) : new MappedDelivery.Ignored("nothing"));
        foreach (var id in new[] { "d1", "d2" })
            await world.Inbox.AddAsync(new InboxDelivery(id, ForgeKind.GitHub, "issues", Encoding.UTF8.GetBytes($"{{\"n\":\"{id}\"}}"), time.GetUtcNow()), default);
        (await world.Dispatcher.DrainAsync(default)).ShouldBeNull();
        (await world.OutcomesAsync(0)).Select(d => d.Outcome).ShouldBe(["unreadable", "ignored: nothing"]);
        (await world.Inbox.ListUnreadableAsync(10, default)).ShouldHaveSingleItem().Reason.ShouldBe("issues: reading it failed (ArithmeticException)");
    }

    private async Task RunAsync(int deliveries, ulong seed)
    {
        var time = new FakeTimeProvider(DateTimeOffset.Parse("2026-11-22T10:00:00Z", CultureInfo.InvariantCulture));
        var door = await Door.OpenAsync(time);
        var (batches, early) = (0, 0L);
        Prop.ForAll(Batches, batch =>
        {
            try
            {
                door.PlayAsync(batch).GetAwaiter().GetResult();
            }
            catch
            {
                // What it left behind must not fail the smaller ones that are tried next.
                door.DisposeAsync().AsTask().GetAwaiter().GetResult();
                door = Door.OpenAsync(time).GetAwaiter().GetResult();
                throw;
            }

            if (++batches == deliveries / BatchSize / 10)
                early = GC.GetTotalMemory(forceFullCollection: true);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(deliveries / BatchSize).WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(seed), FSharpOption<int>.None))));
        await using var last = door;
        var late = GC.GetTotalMemory(forceFullCollection: true);

        output.WriteLine(
            $"model-based: {batches * BatchSize} deliveries, {string.Join(", ", door.Statuses.OrderBy(s => s.Key).Select(s => $"{s.Value} x {s.Key}"))}, "
            + $"{string.Join(", ", door.Ends.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Value} {e.Key}"))}, {door.Started} tasks started, {door.Told} things told, "
            + $"memory {early / 1024:N0} KB after a tenth and {late / 1024:N0} KB at the end, seed {seed}");
        (late - early).ShouldBeLessThan(32 * 1024 * 1024, "memory grows with the deliveries");
        // A generator that misses an answer or an end proves nothing about it.
        door.Statuses.Keys.Order().ShouldBe([202, 400, 401, 413, 415]);
        door.Ends.Keys.Order(StringComparer.Ordinal).ShouldBe(["done", "ignored", "unreadable"]);
        door.Started.ShouldBeGreaterThan(0);
        door.Told.ShouldBeGreaterThan(0);
    }

    // Without a stretch of deliveries, the longest first; then with less wrong with each.
    private static IEnumerable<FuzzedDelivery[]> Shrink(FuzzedDelivery[] batch)
    {
        for (var length = batch.Length / 2; length > 0; length /= 2)
        {
            for (var from = 0; from + length <= batch.Length; from += length)
                yield return [.. batch[..from], .. batch[(from + length)..]];
        }

        for (var i = 0; i < batch.Length; i++)
        {
            FuzzedDelivery[] With(FuzzedDelivery other) => [.. batch[..i], other, .. batch[(i + 1)..]];
            for (var m = 0; m < batch[i].Mutations.Length; m++)
                yield return With(batch[i] with { Mutations = [.. batch[i].Mutations[..m], .. batch[i].Mutations[(m + 1)..]] });
            if (batch[i].Wire != FuzzedDelivery.Around.Right)
                yield return With(batch[i] with { Wire = FuzzedDelivery.Around.Right });
        }
    }

    /// <summary>The endpoint, without a socket.</summary>
    private sealed class Door : IAsyncDisposable
    {
        private const int Owned = 60;
        private const int OwnedPull = 61;

        private static readonly byte[] SigningKey = "the key of a signing token, in bytes"u8.ToArray();

        private readonly DeliveryWorld _world;
        private readonly FakeTimeProvider _time;
        private readonly WebhookEndpoint _endpoint;
        private readonly ServiceProvider _services = new ServiceCollection().AddLogging().BuildServiceProvider();

        // Secrets of others make the endpoint read bodies before it has judged their signatures.
        private readonly IForgeWebhook _gitHub = new GitHubWebhook(new WebhookSecrets([DeliveryWorld.Secret], [new("octo/other", null, ["the others' word"])])) { MaxBodyBytes = MaxBodyBytes };
        private readonly IForgeWebhook _sharedGitHub = new GitHubWebhook(new WebhookSecrets([DeliveryWorld.Secret], [])) { MaxBodyBytes = MaxBodyBytes };
        private readonly IForgeWebhook _gitLab = new GitLabWebhook(new WebhookSecrets([DeliveryWorld.Secret], [new("octo/other", null, ["the others' word"])])) { MaxBodyBytes = MaxBodyBytes };
        private readonly IForgeWebhook _signedGitLab = new GitLabWebhook(new WebhookSecrets([$"whsec_{Convert.ToBase64String(SigningKey)}"], [])) { MaxBodyBytes = MaxBodyBytes };
        private readonly ConcurrentQueue<CodingTaskSignal> _told = new();
        private int _batch;

        private Door(DeliveryWorld world, FakeTimeProvider time)
        {
            (_world, _time) = (world, time);
            _endpoint = new WebhookEndpoint(world.Inbox, world.Bell, time, NullLogger<WebhookEndpoint>.Instance);
            world.Gateway.OnSignal = signal =>
            {
                _told.Enqueue(signal);
                return Task.CompletedTask;
            };
        }

        public SortedDictionary<int, int> Statuses { get; } = [];

        public Dictionary<string, int> Ends { get; } = new(StringComparer.Ordinal);

        public int Started { get; private set; }

        public int Told { get; private set; }

        public static async Task<Door> OpenAsync(FakeTimeProvider time) => new(await DeliveryWorld.OpenAsync(time), time);

        public async Task PlayAsync(FuzzedDelivery[] batch)
        {
            // Numbers of their own, so that no batch knows of another; the two forges count apart.
            var first = ++_batch * 64;
            await PrepareAsync(first);
            var before = await _world.CountAsync();
            for (var i = 0; i < batch.Length; i++)
                Record(batch[i], NumberOf(batch[i], first, i), IdOf(first, i));
            var answers = await Task.WhenAll(batch.Select((delivery, i) => SendAsync(delivery, first, i)));
            for (var i = 0; i < batch.Length; i++)
            {
                var (status, text) = answers[i];
                Statuses[status] = Statuses.GetValueOrDefault(status) + 1;
                new[] { 202, 400, 401, 413, 415 }.ShouldContain(status, text);
                // A plain token says nothing of the body: the others' is right for what was changed to be about their repository, which nobody serves here.
                if (batch[i].IsForged && !Encoding.UTF8.GetString(BodyOf(batch[i], first, i)).Contains("octo/other", StringComparison.Ordinal))
                    status.ShouldNotBe(202, "nobody signed it");
            }

            (await _world.CountAsync() - before).ShouldBe(answers.Count(a => a is (202, "accepted\n")), "what is in the inbox is what was said to be");
            await DrainAsync();
            foreach (var (id, name, outcome) in await _world.OutcomesAsync(before))
            {
                outcome.ShouldNotBeNull($"{id} ({name}) is still pending");
                outcome.ShouldNotStartWith("failed", Case.Sensitive, $"{id} ({name})");
                var end = outcome.StartsWith("ignored", StringComparison.Ordinal) || outcome == "unreadable" ? outcome.Split(':')[0] : "done";
                Ends[end] = Ends.GetValueOrDefault(end) + 1;
            }

            Judge(batch, [.. answers.Select(a => a is (202, "accepted\n"))], first);
        }

        public async ValueTask DisposeAsync()
        {
            _endpoint.Dispose();
            await _services.DisposeAsync();
            await _world.DisposeAsync();
        }

        // Nothing of the batch before is kept: what the fakes remember must not pass for what the product does.
        private async Task PrepareAsync(int first)
        {
            var forge = _world.Forge;
            forge.Written.Clear();
            forge.LineComments.Clear();
            forge.Reviews.Clear();
            forge.Issues.Clear();
            forge.Events.Clear();
            forge.Pulls.Clear();
            forge.Comments.Clear();
            forge.Reactions.Clear();
            forge.Calls.Clear();
            foreach (var kind in (ForgeKind[])[ForgeKind.GitHub, ForgeKind.GitLab])
                await _world.OwnAsync(kind, Of(kind, first + Owned), Of(kind, first + OwnedPull));
            _told.Clear();
            while (_world.Gateway.Inputs.TryDequeue(out _))
            {
                // These are the world's own.
            }

            _world.Gateway.Calls.Clear();
        }

        private async Task DrainAsync()
        {
            for (var round = 0; round < 10 * BatchSize; round++)
            {
                if (await _world.Dispatcher.DrainAsync(default) is not { } due)
                    return;
                _time.Advance(due - _time.GetUtcNow() is { Ticks: > 0 } left ? left : TimeSpan.FromMilliseconds(1));
            }

            Assert.Fail("the inbox never becomes empty");
        }

        private void Judge(FuzzedDelivery[] batch, bool[] taken, int first)
        {
            var gateway = _world.Gateway;
            foreach (var input in gateway.Inputs)
            {
                input.Repo.ShouldBe(DeliveryWorld.RepoOf(input.Repo.Forge));
                foreach (var message in gateway.MessagesOf(input.Id))
                    IsTrue(message).ShouldBeTrue($"nobody who may said what reached {input.Id}: {message}");
                gateway.MessagesOf(input.Id)[0].DeliveryId.ShouldBe(input.DeliveryId);
            }

            foreach (var message in _told)
                IsTrue(message).ShouldBeTrue($"nobody who may said {message}");
            for (var i = 0; i < batch.Length; i++)
            {
                var template = DeliveryTemplate.All[batch[i].Template];
                // One whose id another bore first is a repeat.
                if (!batch[i].IsWhole || !taken[i] || batch[i].Standing != FuzzedDelivery.OnRecord.ByWriter)
                    continue;
                var (number, id) = (NumberOf(batch[i], first, i), IdOf(first, i));
                if (!template.OnOwned && template.What is DeliveryTemplate.Recorded.Comment or DeliveryTemplate.Recorded.Label)
                    gateway.Inputs.ShouldContain(input => (input.Issue ?? input.Pull) == number, $"{batch[i]} was not heard");
                else if (template.What is DeliveryTemplate.Recorded.Comment or DeliveryTemplate.Recorded.LineComment)
                    _told.ShouldContain(t => IdOf(t) == id, $"{batch[i]} was not heard");
            }

            Started += gateway.Inputs.Count;
            Told += _told.Count;
            foreach (var input in gateway.Inputs)
                gateway.End(input.Id);
            foreach (var kind in (ForgeKind[])[ForgeKind.GitHub, ForgeKind.GitLab])
                gateway.End(TaskId.ForIssue(DeliveryWorld.RepoOf(kind), Of(kind, first + Owned)));
        }

        // What the forge has on record; what only makes a task look for itself needs no record.
        private bool IsTrue(CodingTaskSignal told)
        {
            var forge = _world.Forge;
            bool Said(RecordedComment? comment) => comment?.Author.Login == told.Actor && comment.Edit is null;
            bool Did(IssueEventKind kind) => forge.Events.Values.SelectMany(e => e).Any(e => e.Kind == kind && e.Actor.Login == told.Actor);
            var mayWrite = forge.Access.GetValueOrDefault(told.Actor) >= AccessLevel.Write;
            return told switch
            {
                CodingTaskSignal.CommandGiven { Statement: { } on } => mayWrite && on.Kind switch
                {
                    StatementKind.Comment => Said(forge.Written.GetValueOrDefault(on.Id)),
                    StatementKind.LineComment => Said(forge.LineComments.GetValueOrDefault(on.Id)),
                    StatementKind.Review => forge.Reviews.GetValueOrDefault(on.Id)?.Review.Author.Login == told.Actor,
                    _ => forge.Events.Values.SelectMany(e => e).Any(e => e.Kind == IssueEventKind.Labeled && e.Id == on.Id && e.Actor.Login == told.Actor),
                },
                CodingTaskSignal.CommentWritten on => mayWrite && Said(forge.Written.GetValueOrDefault(on.CommentId)) && forge.Written[on.CommentId].Body == on.Body,
                CodingTaskSignal.ReviewSubmitted on => mayWrite && forge.Reviews.GetValueOrDefault(on.ReviewId)?.Review is { } review && review.Author.Login == told.Actor && review.State == on.State,
                CodingTaskSignal.LabelRemoved => mayWrite && Did(IssueEventKind.Unlabeled),
                CodingTaskSignal.IssueClosed => forge.Issues.Values.Any(i => !i.IsPullRequest && !i.IsOpen && i.ClosedBy?.Login == told.Actor),
                CodingTaskSignal.PullChanged { Change: PullChange.Closed or PullChange.Merged } => forge.Issues.Values.Any(i => i.IsPullRequest && !i.IsOpen && i.ClosedBy?.Login == told.Actor),
                CodingTaskSignal.PullChanged { Change: PullChange.ReadyForReview } => Did(IssueEventKind.ReadyForReview),
                CodingTaskSignal.PullChanged { Change: PullChange.ConvertedToDraft } => Did(IssueEventKind.ConvertedToDraft),
                CodingTaskSignal.PullChanged or CodingTaskSignal.CiChanged => true,
                _ => false,
            };
        }

        private static long? IdOf(CodingTaskSignal told) => told switch
        {
            CodingTaskSignal.CommandGiven command => command.CommentId ?? command.Statement?.Id,
            CodingTaskSignal.CommentWritten comment => comment.CommentId,
            _ => null,
        };

        private void Record(FuzzedDelivery delivery, int number, long id)
        {
            var (template, forge) = (DeliveryTemplate.All[delivery.Template], _world.Forge);
            var repo = DeliveryWorld.RepoOf(template.IsGitLab ? ForgeKind.GitLab : ForgeKind.GitHub);
            if (!forge.Issues.ContainsKey(number))
                forge.Open(repo, number, template.IsPull);
            if (template.IsPull && !forge.Pulls.ContainsKey(number))
                forge.AddPull(repo, number, "agent/x");
            if (delivery.Standing == FuzzedDelivery.OnRecord.Nowhere)
                return;
            var (who, at) = (delivery.Standing == FuzzedDelivery.OnRecord.ByTriager ? DeliveryWorld.Tri : DeliveryWorld.Mona, _time.GetUtcNow());
            var edit = delivery.Standing == FuzzedDelivery.OnRecord.ChangedByTriager ? new TextEdit(DeliveryWorld.Tri, at) : null;
            var comment = new RecordedComment(id, new Subject(number, template.IsPull), who, template.Words, at, edit);
            switch (template.What)
            {
                case DeliveryTemplate.Recorded.Comment:
                    forge.Written[id] = comment;
                    break;
                case DeliveryTemplate.Recorded.LineComment:
                    forge.LineComments[id] = comment;
                    break;
                case DeliveryTemplate.Recorded.Review:
                    forge.Reviews[id] = new RecordedReview(new Review(id, who, ReviewState.ChangesRequested, template.Words, "headsha", at), edit);
                    break;
                case DeliveryTemplate.Recorded.Label or DeliveryTemplate.Recorded.LabelOff:
                    forge.Label(repo, number, template.IsPull, who, template.Words, at, isOn: template.What == DeliveryTemplate.Recorded.Label);
                    break;
                case DeliveryTemplate.Recorded.Closed:
                    forge.SetOpen(repo, number, template.IsPull, who, isOpen: false);
                    break;
            }
        }

        private static byte[] BodyOf(FuzzedDelivery delivery, int first, int i) =>
            Mutation.Apply(DeliveryTemplate.All[delivery.Template].Write(NumberOf(delivery, first, i), IdOf(first, i)), delivery.Mutations);

        private async Task<(int Status, string Text)> SendAsync(FuzzedDelivery delivery, int first, int i)
        {
            var template = DeliveryTemplate.All[delivery.Template];
            var body = BodyOf(delivery, first, i);
            var goesToGitLab = template.IsGitLab != (delivery.Wire == FuzzedDelivery.Around.OtherForge);
            var webhook = (goesToGitLab, i % 2 == 0) switch { (false, true) => _gitHub, (false, false) => _sharedGitHub, (true, true) => _gitLab, _ => _signedGitLab };
            using var stream = new MemoryStream(body);
            await using var scope = _services.CreateAsyncScope();
            var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
            context.Request.Method = "POST";
            context.Request.Body = stream;
            foreach (var (name, value) in HeadersOf(delivery, template, webhook, body, first, i))
                context.Request.Headers[name] = value;
            context.Request.ContentLength = delivery.Wire != FuzzedDelivery.Around.Length ? body.Length : (delivery.Choice % 3) switch { 0 => null, 1 => MaxBodyBytes + 1, _ => 1 };
            using var answer = new MemoryStream();
            context.Response.Body = answer;
            await (await _endpoint.HandleAsync(context, webhook)).ExecuteAsync(context);
            return (context.Response.StatusCode, Encoding.UTF8.GetString(answer.ToArray()));
        }

        private Dictionary<string, string?> HeadersOf(FuzzedDelivery delivery, DeliveryTemplate template, IForgeWebhook webhook, byte[] body, int first, int i)
        {
            var (wire, choice) = (delivery.Wire, delivery.Choice);
            string? Wrong(params string?[] values) => values[choice % values.Length];
            var id = wire switch
            {
                FuzzedDelivery.Around.Id => Wrong(null, "", "\u202e", "a b", "../x", "'; DROP TABLE inbox; --", "\0", new string('d', 101), new string('d', 100_000)),
                FuzzedDelivery.Around.IdOfAnother => $"d-{first}-{choice % 3}",
                _ => $"d-{first}-{i}",
            };
            var name = wire switch
            {
                FuzzedDelivery.Around.EventName => Wrong(null, "", "installation", "PUSH", "issues\r\n", "\u200bissues", "Issue  Hook", new string('e', 101), new string('e', 100_000)),
                FuzzedDelivery.Around.EventOfAnother => DeliveryTemplate.All[choice % DeliveryTemplate.All.Count].Event,
                _ => template.Event,
            };
            var type = wire == FuzzedDelivery.Around.ContentType
                ? Wrong(null, "", "application/x-www-form-urlencoded", "text/plain", "application/json; charset=utf-16", "APPLICATION/JSON", "application/json, text/plain", "json", ";;;", new string('t', 100_000))
                : "application/json";
            var signed = wire == FuzzedDelivery.Around.SignatureOfAnotherBody ? [.. body, (byte)' '] : body;
            var headers = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase) { ["Content-Type"] = type };
            if (webhook.Forge == ForgeKind.GitHub)
            {
                (headers["X-GitHub-Event"], headers["X-GitHub-Delivery"]) = (name, id);
                var right = WebhookHost.SignatureOf(signed, DeliveryWorld.Secret);
                headers["X-Hub-Signature-256"] = wire == FuzzedDelivery.Around.Signature
                    ? Wrong(null, "", "sha256=", right[..^1], right[..^2] + "zz", right + "00", right.Replace("sha256", "sha1", StringComparison.Ordinal), right["sha256=".Length..], $"{right},{right}", "sha256=\u202e", WebhookHost.SignatureOf(signed, ""), new string('f', 100_000))
                    : right;
                return headers;
            }

            headers["X-Gitlab-Event"] = name;
            if (webhook == _gitLab)
            {
                headers["Idempotency-Key"] = id;
                // The plain token says nothing about the body, so one of another body is as good: it is somebody else's here.
                headers["X-Gitlab-Token"] = wire switch
                {
                    FuzzedDelivery.Around.Signature => Wrong(null, "", " ", DeliveryWorld.Secret + " ", DeliveryWorld.Secret[..^1], DeliveryWorld.Secret.ToUpperInvariant(), "\0", $"{DeliveryWorld.Secret},{DeliveryWorld.Secret}", new string('f', 100_000)),
                    FuzzedDelivery.Around.SignatureOfAnotherBody => "the others' word",
                    _ => DeliveryWorld.Secret,
                };
                return headers;
            }

            var stamp = _time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            string Sign(string at) => $"v1,{Convert.ToBase64String(HMACSHA256.HashData(SigningKey, (byte[])[.. Encoding.UTF8.GetBytes($"{id}.{at}."), .. signed]))}";
            (headers["webhook-id"], headers["webhook-timestamp"], headers["webhook-signature"]) = (id, stamp, Sign(stamp));
            if (wire == FuzzedDelivery.Around.Signature)
            {
                var stale = (choice % 2 == 0 ? 0 : long.MaxValue).ToString(CultureInfo.InvariantCulture);
                (headers["webhook-timestamp"], headers["webhook-signature"]) = (choice % 8) switch
                {
                    0 or 1 => (stale, Sign(stale)),
                    2 => (null, Sign("")),
                    3 => ("-1", Sign("-1")),
                    4 => (stamp, null),
                    5 => (stamp, "v1,"),
                    6 => (stamp, Sign(stamp)["v1,".Length..]),
                    _ => (stamp, string.Concat(Enumerable.Repeat("v1,AAAA ", 10_000))),
                };
            }

            return headers;
        }

        private static int NumberOf(FuzzedDelivery delivery, int first, int i)
        {
            var template = DeliveryTemplate.All[delivery.Template];
            return Of(template.IsGitLab ? ForgeKind.GitLab : ForgeKind.GitHub, first + (!template.OnOwned ? i : template.IsPull ? OwnedPull : Owned));
        }

        private static int Of(ForgeKind kind, int number) => kind == ForgeKind.GitHub ? number : 1_000_000_000 + number;

        private static long IdOf(int first, int i) => 10_000_000_000 + first + i;
    }
}
