using System.Net;
using System.Net.ServerSentEvents;
using CodingAgent.BotHost.Logging;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Secrets;
using CodingAgent.Workflows.Tasks;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodingAgent.BotHost.Tests.Api;

public sealed class TaskLogTests : IAsyncLifetime
{
    private static readonly TaskId Issue12 = TaskId.ForIssue(ApiHost.Repo, 12);
    private static readonly string Path = $"{ApiHost.PathOf(Issue12)}/events";

    private ApiHost _api = null!;

    public async Task InitializeAsync()
    {
        _api = await ApiHost.StartAsync();
        await _api.ProjectAsync(Issue12, TaskState.Editing);
    }

    public async Task DisposeAsync() => await _api.DisposeAsync();

    [Fact]
    public async Task Page_IsWhatIsThere_AndGoesOnAfterTheLastSeen()
    {
        await AddAsync("one", "two");
        var page = (await _api.GetAsync(Path)).Body!.AsArray();
        page.Select(e => (e!["kind"]!.GetValue<string>(), e["tool"]!.GetValue<string>(), e["text"]!.GetValue<string>())).ShouldBe([("output", "read_file", "one"), ("output", "read_file", "two")]);
        page[0]!["elapsedMs"]!.GetValue<long>().ShouldBe(1500);
        page[0]!["state"].ShouldBeNull();
        (await _api.GetAsync($"{Path}?after={page[0]!["seq"]}")).Body!.AsArray().ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("?after=x")]
    [InlineData("?after=-1")]
    [InlineData("?after=99999999999999999999")]
    public async Task Page_AfterWhatIsNoNumber_IsOneLine(string query)
    {
        var reply = await _api.GetAsync(Path + query);
        reply.Status.ShouldBe(HttpStatusCode.BadRequest);
        reply.Line.ShouldContain("seen last");
    }

    [Fact]
    public async Task Page_OfATaskNobodyKnows_Is404() => (await _api.GetAsync($"{ApiHost.PathOf(TaskId.ForIssue(ApiHost.Repo, 99))}/events")).Status.ShouldBe(HttpStatusCode.NotFound);

    [Fact]
    public async Task Stream_TellsWhatIsThereAndWhatComes_UntilTheTaskHasEnded()
    {
        await AddAsync("one");
        using var response = await _api.StreamAsync(Path);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        await using var events = SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync().GetAsyncEnumerator();

        (await NextAsync(events)).Data.ShouldContain("\"one\"");
        await AddAsync("two");
        var second = await NextAsync(events);
        (second.EventType, second.EventId is { Length: > 0 }).ShouldBe(("output", true));
        ApiContract.Hold("An event", ApiContract.Schema("TaskLogLine"), second.Data);
        await AddAsync("three");
        await _api.ProjectAsync(Issue12, TaskState.Merged);
        (await NextAsync(events)).Data.ShouldContain("\"three\"");
        (await NextAsync(events)).EventType.ShouldBe("end");
        (await events.MoveNextAsync()).ShouldBeFalse();

        // Who was cut off goes on where it was.
        using var again = await _api.StreamAsync(Path, lastEventId: second.EventId);
        (await again.Content.ReadAsStringAsync()).ShouldNotContain("\"two\"");
    }

    [Fact]
    public async Task Stream_WhileTheServiceStops_HoldsItUpForNoTime()
    {
        using var response = await _api.StreamAsync(Path);
        await _api.StopAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Append_SecretsAndAStoreThatFails_AreNobodysElse()
    {
        var failing = new MaskedTaskLog(new Failing(), new Redaction(["hunter2-hunter2"]), NullLogger<MaskedTaskLog>.Instance);
        await failing.AppendAsync(Issue12, [Entry("x")], default);

        var masked = new MaskedTaskLog(_api.Log, new Redaction(["hunter2-hunter2"]), NullLogger<MaskedTaskLog>.Instance);
        await masked.AppendAsync(Issue12, [Entry("token hunter2-hunter2")], default);
        (await _api.Log.ReadAsync(Issue12, 0, 10, default)).ShouldHaveSingleItem().Entry.Text.ShouldBe("token ***");
    }

    private static async Task<SseItem<string>> NextAsync(IAsyncEnumerator<SseItem<string>> events)
    {
        (await events.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60))).ShouldBeTrue();
        return events.Current;
    }

    private Task AddAsync(params string[] texts) => _api.Log.AppendAsync(Issue12, [.. texts.Select(Entry)], default);

    private static TaskLogEntry Entry(string text) => new(ApiHost.Now, TaskLogKind.Output, text) { Agent = "coder", Run = "r", Turn = 1, Tool = "read_file", Call = "c", Elapsed = TimeSpan.FromSeconds(1.5) };

    private sealed class Failing : ITaskLog
    {
        public Task AppendAsync(TaskId task, IReadOnlyList<TaskLogEntry> entries, CancellationToken cancellationToken) => throw new IOException("disk full");

        public Task<IReadOnlyList<TaskLogRow>> ReadAsync(TaskId task, long after, int most, CancellationToken cancellationToken) => throw new IOException("disk full");

        public Task<IReadOnlyList<TaskLogRow>> ReadLastAsync(TaskId task, int most, CancellationToken cancellationToken) => throw new IOException("disk full");
    }
}
