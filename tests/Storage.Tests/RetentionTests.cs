using System.Text;
using CodingAgent.Forges;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;
using Dapper;
using Microsoft.Extensions.Time.Testing;

namespace CodingAgent.Storage.Tests;

/// <summary>What goes when it is old, and what stays because a living task may need it.</summary>
public sealed class RetentionTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly RetentionSettings Settings = new(TimeSpan.FromDays(90), TimeSpan.FromDays(30), null);

    private readonly SqliteFixture _fixture = new();
    private readonly FakeTimeProvider _time = new(Start);

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Artifacts_OfLongAgo_GoAndLaterOnesStay()
    {
        var old = await Artifacts.PutAsync(Encoding.UTF8.GetBytes("old"), default);
        var again = await Artifacts.PutAsync(Encoding.UTF8.GetBytes("stored again"), default);
        _time.Advance(TimeSpan.FromDays(20));
        await Artifacts.PutAsync(Encoding.UTF8.GetBytes("stored again"), default);
        _time.Advance(TimeSpan.FromDays(20));
        (await ApplyAsync()).ShouldBe(1);
        (await Artifacts.GetAsync(old, default)).ShouldBeNull();
        (await Artifacts.GetAsync(again, default)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Journals_OfLongAgo_GoWithTheirTurns()
    {
        await Journal.AppendResponseAsync("old", 1, 0, "{}", default);
        _time.Advance(TimeSpan.FromDays(31));
        await Journal.AppendResponseAsync("new", 1, 0, "{}", default);
        await ApplyAsync();
        (await Journal.OpenAsync("old", 1, default)).ShouldBeEmpty();
        (await Journal.OpenAsync("new", 1, default)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Sessions_OfLongAgo_Go()
    {
        var sessions = new AgentSessions(_fixture.Database, SqliteFixture.Cipher, _time);
        await sessions.AddAsync("old", "run", ["a"], default);
        await sessions.AddAsync("goes-on", "run", ["a"], default);
        _time.Advance(TimeSpan.FromDays(31));
        await sessions.AddAsync("goes-on", "run2", ["b"], default);
        (await ApplyAsync()).ShouldBe(2);
        (await sessions.GetAsync("old", null, default)).ShouldBeEmpty();
        (await sessions.GetAsync("goes-on", null, default)).ShouldHaveSingleItem().Text.ShouldBe("b");
    }

    [Fact]
    public async Task NothingSinceTheOldestLivingTaskBegan_IsTouched()
    {
        var before = await Artifacts.PutAsync(Encoding.UTF8.GetBytes("before"), default);
        _time.Advance(TimeSpan.FromDays(10));
        await ListAsync("parked", nameof(TaskState.AwaitingReview), _time.GetUtcNow());
        await ListAsync("ended", nameof(TaskState.Merged), Start);
        var needed = await Artifacts.PutAsync(Encoding.UTF8.GetBytes("needed"), default);
        await Journal.AppendResponseAsync("needed", 1, 0, "{}", default);
        _time.Advance(TimeSpan.FromDays(400));
        await ApplyAsync();
        (await Artifacts.GetAsync(before, default)).ShouldBeNull();
        (await Artifacts.GetAsync(needed, default)).ShouldNotBeNull();
        (await Journal.OpenAsync("needed", 1, default)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Deliveries_ThatAreDone_GoAndPendingOnesStayWhateverTheirAge()
    {
        var inbox = new Inbox(_fixture.Database, SqliteFixture.Cipher);
        foreach (var id in new[] { "done", "unreadable", "pending" }) await inbox.AddAsync(new InboxDelivery(id, ForgeKind.GitHub, "issues", Encoding.UTF8.GetBytes($"{{ \"id\": \"{id}\" }}"), Start), default);
        await inbox.MarkDoneAsync([new("done", "started")], default);
        await inbox.MarkUnreadableAsync("unreadable", "why", default);
        _time.Advance(TimeSpan.FromDays(91));
        (await ApplyAsync()).ShouldBe(2);
        (await inbox.ListPendingAsync(0, 10, default)).ShouldHaveSingleItem().Id.ShouldBe("pending");
    }

    [Fact]
    public async Task RowsOfAnEarlierSchema_CountFromTheFirstTidying()
    {
        var id = await Artifacts.PutAsync(Encoding.UTF8.GetBytes("earlier"), default);
        _fixture.Tamper("UPDATE artifacts SET used_at = 0");
        _time.Advance(TimeSpan.FromDays(100));
        await ApplyAsync();
        (await Artifacts.GetAsync(id, default)).ShouldNotBeNull();
        _time.Advance(TimeSpan.FromDays(31));
        await ApplyAsync();
        (await Artifacts.GetAsync(id, default)).ShouldBeNull();
    }

    [Fact]
    public async Task ThousandsOfRows_GoInPortions()
    {
        for (var i = 0; i < 450; i++) await Artifacts.PutAsync(BitConverter.GetBytes(i), default);
        _time.Advance(TimeSpan.FromDays(31));
        (await ApplyAsync()).ShouldBe(450);
    }

    private ArtifactStore Artifacts => new(_fixture.Database, SqliteFixture.Cipher, _time);

    private AgentJournal Journal => new(_fixture.Database, new PayloadCipher(SqliteFixture.Key), _time);

    private Task<int> ApplyAsync() => new Retention(_fixture.Database).ApplyAsync(Settings, _time.GetUtcNow(), default);

    private Task<int> ListAsync(string id, string state, DateTimeOffset at) => _fixture.Database.WriteAsync(
        c => c.Execute("INSERT INTO tasks (id, run_id, version, state, created_at, updated_at, summary) VALUES (@id, 'r', 1, @state, @at, @at, '{}')", new { id, state, at = at.ToUnixTimeMilliseconds() }), default);
}
