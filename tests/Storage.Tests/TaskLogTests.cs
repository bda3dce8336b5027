using CodingAgent.Forges;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;
using Microsoft.Extensions.Time.Testing;

namespace CodingAgent.Storage.Tests;

public sealed class TaskLogTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TaskId One = TaskId.ForIssue(RepoRef.Parse("github:acme/shop"), 1);
    private static readonly TaskId Two = TaskId.ForIssue(RepoRef.Parse("github:acme/shop"), 2);

    private readonly SqliteFixture _fixture = new();
    private readonly FakeTimeProvider _time = new(Start);

    private TaskLog Log => new(_fixture.Database, SqliteFixture.Cipher, _time);

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Read_IsWhatWasAdded_InOrder_OfThisTaskAlone()
    {
        var call = new TaskLogEntry(Start, TaskLogKind.Call, "{\"path\":\"a\"}") { Agent = "coder", Run = "r", Turn = 2, Tool = "read_file", Call = "c1" };
        var answer = new TaskLogEntry(Start, TaskLogKind.Said, "ü\n") { Agent = "coder", Run = "r", Turn = 2, Elapsed = TimeSpan.FromMilliseconds(1500), InputTokens = 7, OutputTokens = 0 };
        await Log.AppendAsync(One, [Step("a"), call], default);
        await Log.AppendAsync(Two, [Step("x")], default);
        await Log.AppendAsync(One, [answer], default);
        await Log.AppendAsync(One, [], default);

        var rows = await Log.ReadAsync(One, 0, 10, default);

        rows.Select(r => r.Entry).ShouldBe([Step("a"), call, answer]);
        rows.Select(r => r.Seq).ShouldBeInOrder();
        (await Log.ReadAsync(One, rows[0].Seq, 1, default)).ShouldHaveSingleItem().Entry.ShouldBe(call);
        (await Log.ReadAsync(TaskId.Parse("task/github:Acme/Shop/issue/1"), rows[1].Seq, 10, default)).ShouldHaveSingleItem().Entry.ShouldBe(answer);
    }

    [Fact]
    public async Task Append_ByManyAtOnce_LosesNothing()
    {
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Log.AppendAsync(i % 2 == 0 ? One : Two, [Step($"{i}"), Step($"{i}")], default)));
        var rows = (await Log.ReadAsync(One, 0, 100, default)).Concat(await Log.ReadAsync(Two, 0, 100, default)).ToArray();
        rows.Select(r => r.Seq).Distinct().Count().ShouldBe(100);
    }

    [Fact]
    public async Task Entries_AreNotOnDiskInTheClear_AndMovedToAnotherTaskTheyAreRefused()
    {
        await Log.AppendAsync(One, [Step("a very secret step")], default);
        _fixture.OnDisk().ShouldNotContain("very secret");
        _fixture.Tamper($"UPDATE task_log SET task = '{Two}'");
        await Should.ThrowAsync<StorageException>(() => Log.ReadAsync(Two, 0, 10, default));
    }

    [Fact]
    public async Task Entries_OfAnOlderKey_AreCountedAndSealedAnew()
    {
        for (var i = 0; i < 40; i++)
            await Log.AppendAsync(i % 2 == 0 ? One : Two, [Step($"{i}")], default);
        var key = SqliteFixture.Key.Select(b => (byte)(b ^ 0xff)).ToArray();
        var rows = new SealedRows(_fixture.Database, new PayloadCipher([key, SqliteFixture.Key]));
        (await rows.ListAsync(default)).ShouldHaveSingleItem().Values.ShouldBe(40);
        (await rows.ResealAsync(default)).ShouldBe(40);
        (await new TaskLog(_fixture.Database, new PayloadCipher(key)).ReadAsync(One, 0, 100, default)).Count.ShouldBe(20);
    }

    [Fact]
    public async Task Entries_OfLongAgo_Go_AndWhoReadThemGoesOnWithTheNewOnes()
    {
        await Log.AppendAsync(One, [Step("old")], default);
        var seen = (await Log.ReadAsync(One, 0, 10, default))[0].Seq;
        _time.Advance(TimeSpan.FromDays(31));
        await Log.AppendAsync(One, [Step("new")], default);
        await new Retention(_fixture.Database).ApplyAsync(RetentionSettings.Default, _time.GetUtcNow(), default);
        (await Log.ReadAsync(One, 0, 10, default)).ShouldHaveSingleItem().Entry.Text.ShouldBe("new");
        (await Log.ReadAsync(One, seen, 10, default)).ShouldHaveSingleItem();
    }

    private static TaskLogEntry Step(string text) => new(Start, TaskLogKind.Step, text) { State = "Editing" };
}
