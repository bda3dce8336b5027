using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using CodingAgent.BotHost.Tests.GitHub;
using CodingAgent.BotHost.Web;
using CodingAgent.Forges;
using CodingAgent.Forges.GitHub.Webhooks;
using CodingAgent.Forges.GitLab.Webhooks;
using CodingAgent.Forges.Webhooks;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace CodingAgent.BotHost.Tests.Web;

/// <summary>
/// Many deliveries of both forges at once on a real socket, repeated and out of order, while the dispatcher runs: each statement reaches its task, and once.
/// </summary>
public sealed class WebhookBurstTests(ITestOutputHelper output)
{
    private const int AtOnce = 64;
    private const int Tasks = 40;

    /// <summary>How a statement is told.</summary>
    private enum Telling
    {
        Once,

        /// <summary>The forge sends it again, because the answer was late.</summary>
        Redelivered,

        /// <summary>Somebody who has seen it sends it again under another id.</summary>
        Replayed,

        /// <summary>Two webhooks tell of it.</summary>
        ByTwoHooks,

        /// <summary>It is changed at once, and the two may overtake each other.</summary>
        Edited,
    }

    private sealed record Sent(ForgeKind Kind, string Event, string Id, byte[] Body);

    [Fact]
    public Task Burst_OfManyAtOnce_LosesNoneAndDoublesNone() => RunAsync(1_000, 20261201);

    [Fact]
    [Trait("Category", "Long")]
    public Task Burst_OfTenThousandAtOnce_LosesNoneAndDoublesNone() => RunAsync(10_000, Random.Shared.Next());

    private async Task RunAsync(int deliveries, int seed)
    {
        var random = new Random(seed);
        await using var world = await DeliveryWorld.OpenAsync(TimeProvider.System);
        for (var task = 1; task <= Tasks; task++)
            await world.OwnAsync(KindOf(task), task);
        var owned = world.Gateway.Inputs.Count;
        world.Gateway.Calls.Clear();

        // Comments that speak to running tasks, commands to them, and commands that begin new ones.
        var (sent, told, begun, repeats) = (new List<Sent>(), new HashSet<long>(), new HashSet<int>(), 0);
        for (var id = 1L; sent.Count < deliveries; id++)
        {
            var begins = id % 10 == 0;
            var number = begins ? 1000 + (int)(id / 10) : 1 + random.Next(Tasks);
            var telling = (Telling)random.Next(5);
            var words = begins ? "/agent implement" : telling == Telling.Edited || random.Next(2) == 0 ? "/agent retry" : "@coding-agent-bot shorter";
            var (kind, at) = (KindOf(number), world.Time.GetUtcNow());
            if (begins)
                world.Forge.Open(DeliveryWorld.RepoOf(kind), number, isPull: false);
            world.Forge.Written[id] = new RecordedComment(id, Subject.Issue(number), DeliveryWorld.Mona, words, at, telling == Telling.Edited ? new TextEdit(DeliveryWorld.Mona, at) : null);
            if (begins)
                begun.Add(number);
            else
                told.Add(id);
            var first = Tell(kind, number, id, words, isEdit: false, nth: 1);
            sent.Add(first);
            switch (telling)
            {
                case Telling.Redelivered:
                    sent.Add(first);
                    repeats++;
                    break;
                case Telling.Replayed:
                    sent.Add(first with { Id = $"{first.Id}-again" });
                    repeats++;
                    break;
                case Telling.ByTwoHooks:
                    sent.Add(Tell(kind, number, id, words, isEdit: false, nth: 2));
                    break;
                case Telling.Edited:
                    sent.Add(Tell(kind, number, id, words, isEdit: true, nth: 2));
                    break;
            }
        }

        random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(sent));
        var signals = new ConcurrentQueue<CodingTaskSignal>();
        world.Gateway.OnSignal = signal =>
        {
            signals.Enqueue(signal);
            return Task.CompletedTask;
        };
        var answers = await SendAsync(world, sent);

        answers.ShouldAllBe(a => a.Status == 202);
        answers.Count(a => a.Text == "accepted before\n").ShouldBe(repeats);
        answers.Count(a => a.Text == "accepted\n").ShouldBe(sent.Count - repeats);
        var ends = await world.OutcomesAsync(0);
        ends.Count.ShouldBe(sent.Count - repeats);
        ends.ShouldAllBe(e => e.Outcome != null && !e.Outcome.StartsWith("failed", StringComparison.Ordinal) && e.Outcome != "unreadable");
        // None lost, none doubled.
        signals.Select(s => s is CodingTaskSignal.CommandGiven c ? c.CommentId!.Value : ((CodingTaskSignal.CommentWritten)s).CommentId).Order().ShouldBe(told.Order());
        world.Gateway.Inputs.Skip(owned).Select(i => i.Issue!.Value).Order().ShouldBe(begun.Order());
        world.Gateway.Calls.Count.ShouldBe(told.Count + begun.Count, "nothing is sent twice, either");
        output.WriteLine($"model-based: a burst of {sent.Count} deliveries, {AtOnce} at a time, {repeats} repeats, {told.Count} things told and {begun.Count} tasks begun once each, seed {seed}");
    }

    private static async Task<IReadOnlyList<(int Status, string Text)>> SendAsync(DeliveryWorld world, IReadOnlyList<Sent> sent)
    {
        var gitLab = new GitLabWebhook(new WebhookSecrets([DeliveryWorld.Secret], []));
        await using var host = await WebhookHost.StartAsync(
            services => services.AddSingleton<IInbox>(world.Inbox).AddSingleton(world.Bell), WebhookHost.Taking(DeliveryWorld.Secret), before: app => app.MapWebhook(gitLab));
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = AtOnce }) { BaseAddress = host.Address };
        var answers = new (int, string)[sent.Count];
        var sending = Parallel.ForEachAsync(Enumerable.Range(0, sent.Count), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, cancellationToken) =>
        {
            using var request = RequestOf(sent[i], gitLab.Path);
            using var response = await http.SendAsync(request, cancellationToken);
            answers[i] = ((int)response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
        });
        // As its service runs it, but never stopped in the middle of a pass: what was sent and not marked would rightly be sent again.
        while (!sending.IsCompleted)
        {
            await world.Dispatcher.DrainAsync(default);
            await Task.WhenAny(sending, world.Bell.WaitAsync(world.Options.PollInterval, default));
        }

        await sending;
        (await world.Dispatcher.DrainAsync(default)).ShouldBeNull();
        return answers;
    }

    private static HttpRequestMessage RequestOf(Sent delivery, string gitLab)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, delivery.Kind == ForgeKind.GitHub ? GitHubWebhook.Place : gitLab) { Content = new ByteArrayContent(delivery.Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        foreach (var (name, value) in delivery.Kind == ForgeKind.GitHub
            ? [("X-GitHub-Event", delivery.Event), ("X-GitHub-Delivery", delivery.Id), ("X-Hub-Signature-256", WebhookHost.SignatureOf(delivery.Body, DeliveryWorld.Secret))]
            : new[] { ("X-Gitlab-Event", delivery.Event), ("Idempotency-Key", delivery.Id), ("X-Gitlab-Token", DeliveryWorld.Secret) })
            request.Headers.Add(name, value);
        return request;
    }

    private static Sent Tell(ForgeKind kind, int number, long id, string words, bool isEdit, int nth)
    {
        var body = kind == ForgeKind.GitHub
            ? $$"""{"action":"{{(isEdit ? "edited" : "created")}}","issue":{"number":{{number}},"title":"title","body":""},"comment":{"id":{{id}},"body":"{{words}}","created_at":"2026-11-22T10:00:00Z","user":{"login":"mona","id":1,"type":"User"} },"repository":{"id":7,"full_name":"octo/hello"},"sender":{"login":"mona","id":1,"type":"User"},"nth":{{nth}} }"""
            : $$"""{"object_attributes":{"id":{{id}},"note":"{{words}}","noteable_type":"Issue","action":"{{(isEdit ? "update" : "create")}}","created_at":"2026-11-22T10:00:00Z","updated_at":"2026-11-22T10:05:00Z"},"issue":{"iid":{{number}} },"user":{"id":1,"username":"mona"},"project":{"id":7,"path_with_namespace":"octo/hello"},"nth":{{nth}} }""";
        return new Sent(kind, kind == ForgeKind.GitHub ? "issue_comment" : "Note Hook", $"c{id}-{nth}", Encoding.UTF8.GetBytes(body));
    }

    private static ForgeKind KindOf(int number) => number % 2 == 0 ? ForgeKind.GitHub : ForgeKind.GitLab;
}
