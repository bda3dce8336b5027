using CodingAgent.Agents.Sessions;

namespace CodingAgent.Storage.Tests;

/// <summary>What every store of sessions must do.</summary>
public abstract class AgentSessionsContract
{
    protected abstract IAgentSessions Sessions { get; }

    [Fact]
    public async Task Get_NobodyWrote_IsEmpty()
    {
        (await Sessions.GetAsync("s", null, default)).ShouldBeEmpty();
        (await Sessions.PopAsync("s", default)).ShouldBeNull();
        await Sessions.ClearAsync("s", default);
    }

    [Fact]
    public async Task Get_AfterRuns_IsOldestFirst_AndTheNewestWhenFewAreWanted()
    {
        await Sessions.AddAsync("s", "run-9", ["a", "ü\n"], default);
        await Sessions.AddAsync("s", "run-1", ["b"], default);
        await Sessions.AddAsync("other", "run-9", ["x"], default);
        (await Sessions.GetAsync("s", null, default)).ShouldBe([new("run-9", "a"), new("run-9", "ü\n"), new("run-1", "b")]);
        (await Sessions.GetAsync("s", 2, default)).ShouldBe([new("run-9", "ü\n"), new("run-1", "b")]);
        (await Sessions.GetAsync("s", 0, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Add_ByARetry_ReplacesAndKeepsItsPlace()
    {
        await Sessions.AddAsync("s", "one", ["a"], default);
        await Sessions.AddAsync("s", "two", ["b"], default);
        await Sessions.AddAsync("s", "one", ["a"], default);
        await Sessions.AddAsync("s", "one", ["a2", "a3"], default);
        (await Sessions.GetAsync("s", null, default)).ShouldBe([new("one", "a2"), new("one", "a3"), new("two", "b")]);
    }

    [Fact]
    public async Task Pop_TakesTheNewest_ItemByItem()
    {
        await Sessions.AddAsync("s", "one", ["a", "b"], default);
        await Sessions.AddAsync("s", "two", ["c"], default);
        (await Sessions.PopAsync("s", default)).ShouldBe(new SessionItem("two", "c"));
        (await Sessions.PopAsync("s", default)).ShouldBe(new SessionItem("one", "b"));
        await Sessions.AddAsync("s", "three", ["d"], default);
        (await Sessions.GetAsync("s", null, default)).ShouldBe([new("one", "a"), new("three", "d")]);
    }

    [Fact]
    public async Task Clear_ForgetsOneSession()
    {
        await Sessions.AddAsync("s", "one", ["a"], default);
        await Sessions.AddAsync("s2", "one", ["a"], default);
        await Sessions.ClearAsync("s", default);
        (await Sessions.GetAsync("s", null, default)).ShouldBeEmpty();
        (await Sessions.GetAsync("s2", null, default)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Add_ManyAtOnce_LosesNone()
    {
        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => Task.Run(() => Sessions.AddAsync("s", $"run-{i}", [$"{i}"], default))));
        (await Sessions.GetAsync("s", null, default)).Select(i => i.Text).Order().ShouldBe(Enumerable.Range(0, 30).Select(i => $"{i}").Order());
    }
}

/// <summary>On SQLite, sealed.</summary>
public sealed class SqliteAgentSessionsTests : AgentSessionsContract, IDisposable
{
    private readonly SqliteFixture _fixture = new();

    protected override IAgentSessions Sessions => new AgentSessions(_fixture.Database, SqliteFixture.Cipher);

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Items_AreNotOnDiskInTheClear()
    {
        await Sessions.AddAsync("s", "one", ["a very secret memory"], default);
        _fixture.OnDisk().ShouldNotContain("very secret");
    }

    [Fact]
    public async Task Items_MovedToAnotherSession_AreRefused()
    {
        await Sessions.AddAsync("s", "one", ["a"], default);
        _fixture.Tamper("UPDATE agent_sessions SET session = 'victim'");
        (await Should.ThrowAsync<StorageException>(() => Sessions.GetAsync("victim", null, default))).Message.ShouldContain("changed after it was written");
    }

    [Fact]
    public async Task Items_OfAnOlderKey_AreCountedAndSealedAnew()
    {
        for (var i = 0; i < 40; i++)
            await Sessions.AddAsync($"s{i % 3}", $"run-{i}", [$"{i}"], default);
        var key = SqliteFixture.Key.Select(b => (byte)(b ^ 0xff)).ToArray();
        var rows = new SealedRows(_fixture.Database, new PayloadCipher([key, SqliteFixture.Key]));
        (await rows.ListAsync(default)).ShouldHaveSingleItem().Values.ShouldBe(40);
        (await rows.ResealAsync(default)).ShouldBe(40);
        (await rows.ResealAsync(default)).ShouldBe(0);
        (await new AgentSessions(_fixture.Database, new PayloadCipher(key)).GetAsync("s1", null, default)).Count.ShouldBe(13);
    }
}
