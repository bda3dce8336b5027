using System.Globalization;
using System.Text;
using CodingAgent.BotHost.Adapters;
using CodingAgent.BotHost.Dispatch;
using CodingAgent.Forges;
using CodingAgent.Storage;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Routing;
using CodingAgent.Workflows.Tasks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using FakeForge = CodingAgent.Workflows.Tests.Routing.FakeForge;

namespace CodingAgent.BotHost.Tests.Dispatch;

/// <summary>A pull request of anybody is merged, and the forge tells of it.</summary>
public sealed class RevertWatchTests : IDisposable
{
    private static readonly RepoRef Repo = RepoRef.Parse("github:octo/hello");
    private static readonly DateTimeOffset Start = DateTimeOffset.Parse("2026-11-22T10:00:00Z", CultureInfo.InvariantCulture);

    private readonly string _folder = Directory.CreateTempSubdirectory("revert-tests-").FullName;
    private readonly SqliteDatabase _database;
    private readonly FakeForge _forge = new();
    private readonly FakeTimeProvider _time = new(Start);
    private readonly Inbox _inbox;
    private readonly LinkStore _links;
    private readonly InboxDispatcher _dispatcher;

    public RevertWatchTests()
    {
        _database = SqliteDatabase.OpenAsync(Path.Combine(_folder, "state.db"), default).GetAwaiter().GetResult();
        _inbox = new Inbox(_database, new PayloadCipher(new byte[PayloadCipher.KeySize]));
        _links = new LinkStore(_database);
        _dispatcher = new InboxDispatcher(
            _inbox,
            ServedForges.Map,
            new RoutingFactsLoader(
                _forge, _forge, _forge, new ReadBack(_forge, _forge, _forge), new SubjectReader(_forge, _forge, _forge), new StatementLog(_database), _links, new TaskProjection(_database), new RoutingOptions()),
            new ActionRunner(new FakeTaskGateway(), _forge, _links, NullLogger<ActionRunner>.Instance),
            new DispatcherOptions(),
            _time,
            NullLogger<InboxDispatcher>.Instance,
            new RevertWatch(_forge, _links, new TaskMilestones(_database), _time));
    }

    public void Dispose()
    {
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Merged_RevertByNumberAndByCommit_AreNotedOnce()
    {
        await MergeOurs(34, 12);
        await MergeOurs(35, 13);
        await _links.LinkAsync(TaskId.ForIssue(Repo, 13), Repo, 13, 35, new string('c', 40), default);
        _time.Advance(TimeSpan.FromDays(3));

        await MergeTheirsAsync("d1", 50, "Reverts octo/hello#34");
        await MergeTheirsAsync("d2", 51, $"This reverts commit {new string('c', 40)}.");
        await MergeTheirsAsync("d3", 52, "Reverts #34\nReverts #77");

        (await FiguresAsync()).ShouldBe((2, 2));
    }

    [Fact]
    public async Task Merged_WhatIsNoRevertOrNotMergedAfterAll_CountsNothing()
    {
        await MergeOurs(34, 12);
        await MergeTheirsAsync("d1", 50, "See octo/hello#34");
        await MergeTheirsAsync("d2", 51, "Reverts #34", isMerged: false);

        (await FiguresAsync()).ShouldBe((0, 0));
    }

    [Fact]
    public async Task Merged_AfterAWeek_CountsWithinThirtyDaysAlone_AndAfterAMonthNotAtAll()
    {
        await MergeOurs(34, 12);
        await MergeOurs(35, 13);
        _time.Advance(TimeSpan.FromDays(8));
        await MergeTheirsAsync("d1", 50, "Reverts #34");
        (await FiguresAsync()).ShouldBe((0, 1));
        _time.Advance(TimeSpan.FromDays(23));
        await MergeTheirsAsync("d2", 51, "Reverts #35");
        (await FiguresAsync()).ShouldBe((0, 1));
    }

    [Fact]
    public async Task Merged_WhereNoTaskHasMergedAnything_AsksTheForgeNothing()
    {
        await MergeTheirsAsync("d1", 50, "Reverts #34");
        _forge.Calls.ShouldNotContain(c => c.StartsWith("GetPull", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Merged_WhatTheForgeDoesNotShow_HoldsNothingUp_AndWhileItIsAwayItIsTriedAgain()
    {
        await MergeOurs(34, 12);
        await ArriveAsync("d1", 60);
        (await _inbox.ListPendingAsync(0, 10, default)).ShouldBeEmpty();

        _forge.Pulls[61] = _forge.AddPull(Repo, 61, "b", body: "Reverts #34", isOpen: false) with { IsMerged = true };
        _forge.Trouble = (call, _) => call == "GetPull" ? new ForgeUnavailableException("away") : null;
        await ArriveAsync("d2", 61);
        (await _inbox.ListPendingAsync(0, 10, default)).ShouldHaveSingleItem();
        _forge.Trouble = (_, _) => null;
        _time.Advance(TimeSpan.FromMinutes(5));
        await _dispatcher.DrainAsync(default);
        (await _inbox.ListPendingAsync(0, 10, default)).ShouldBeEmpty();
        (await FiguresAsync()).ShouldBe((1, 1));
    }

    private async Task MergeOurs(int pull, int issue)
    {
        var projection = new TaskProjection(_database);
        var task = new TaskSummary(TaskId.ForIssue(Repo, issue), 1, "run", TaskKind.Implement, TaskState.AwaitingReview, "", "", "t", "mona", issue, pull, null, null, 0, 0, 0, _time.GetUtcNow(), _time.GetUtcNow());
        await projection.UpsertAsync(task, default);
        await projection.UpsertAsync(task with { Version = 2, State = TaskState.Merged }, default);
    }

    private Task MergeTheirsAsync(string delivery, int number, string body, bool isMerged = true)
    {
        _forge.Pulls[number] = _forge.AddPull(Repo, number, "theirs", body: body, isOpen: false) with { IsMerged = isMerged };
        return ArriveAsync(delivery, number);
    }

    private async Task ArriveAsync(string delivery, int number)
    {
        var body = $$$"""{"action":"closed","number":{{{number}}},"pull_request":{"number":{{{number}}},"merged":true,"head":{"ref":"theirs","sha":"{{{new string('d', 40)}}}","repo":{"full_name":"octo/hello"} } },"repository":{"id":1,"full_name":"octo/hello"},"sender":{"login":"mona","id":1,"type":"User"}}""";
        (await _inbox.AddAsync(new InboxDelivery(delivery, ForgeKind.GitHub, "pull_request", Encoding.UTF8.GetBytes(body), _time.GetUtcNow()), default)).ShouldBeTrue();
        await _dispatcher.DrainAsync(default);
    }

    private async Task<(int Soon, int Late)> FiguresAsync()
    {
        var (_, whole) = await new TaskStatistics(_database).ReadAsync(new StatisticsQuery(_time.GetUtcNow(), 12), default);
        return (whole.RevertedSoon, whole.RevertedLate);
    }
}
