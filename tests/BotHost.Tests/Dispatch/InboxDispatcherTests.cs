using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using CodingAgent.BotHost.Adapters;
using CodingAgent.BotHost.Dispatch;
using CodingAgent.BotHost.Observability;
using CodingAgent.BotHost.Tests.GitHub;
using CodingAgent.Forges;
using CodingAgent.Storage;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Routing;
using CodingAgent.Workflows.Tasks;
using Dapper;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using FakeForge = CodingAgent.Workflows.Tests.Routing.FakeForge;

namespace CodingAgent.BotHost.Tests.Dispatch;

public sealed class InboxDispatcherTests : IDisposable
{
    private static readonly RepoRef Repo = RepoRef.Parse("github:octo/hello");
    private static readonly Actor Mona = new("mona", 1, ActorKind.User);

    private readonly string _folder = Directory.CreateTempSubdirectory("dispatch-tests-").FullName;
    private readonly SqliteDatabase _database;
    private readonly BreakableInbox _inbox;
    private readonly LinkStore _links;
    private readonly FakeForge _forge = new();
    private readonly FakeTaskGateway _gateway = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.Parse("2026-11-22T10:00:00Z"));
    private readonly ConcurrentQueue<string> _log = WebhookHost.NewLog();
    private readonly InboxDispatcher _dispatcher;

    public InboxDispatcherTests()
    {
        _database = SqliteDatabase.OpenAsync(Path.Combine(_folder, "state.db"), default).GetAwaiter().GetResult();
        _inbox = new BreakableInbox(new Inbox(_database, new PayloadCipher(new byte[PayloadCipher.KeySize])));
        _links = new LinkStore(_database);
        _forge.Access["mona"] = AccessLevel.Write;
        _dispatcher = NewDispatcher();
    }

    public void Dispose()
    {
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Drain_LabeledIssue_StartsLinksAcknowledgesAndMarksDone()
    {
        await LabelAsync("d1", 12);
        (await _dispatcher.DrainAsync(default)).ShouldBeNull();

        _gateway.MessagesOf(TaskId.ForIssue(Repo, 12)).ShouldHaveSingleItem().DeliveryId.ShouldBe("d1");
        (await _links.FindByIssueAsync(Repo, 12, default)).ShouldBe(TaskId.ForIssue(Repo, 12));
        _forge.Reactions.ShouldBe([(12, null, Reaction.Eyes)]);
        (await OutcomeAsync("d1")).ShouldBe("started task/github:octo/hello/issue/12; acknowledged");
        (await _inbox.ListPendingAsync(0, 10, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Drain_InAnotherProcessThanItCameTo_GoesOnWithTheTraceItCameIn()
    {
        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener { ShouldListenTo = s => s.Name == ServiceTraces.Name, Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded, ActivityStopped = ended.Enqueue };
        ActivitySource.AddActivityListener(listener);
        _forge.Label(Repo, 12, isPull: false, Mona, "agent:implement", _time.GetUtcNow());
        var delivery = new InboxDelivery("d1", ForgeKind.GitHub, "issues", Deliveries.Labeled(12), _time.GetUtcNow()) { TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
        await _inbox.AddAsync(delivery, default);

        await NewDispatcher().DrainAsync(default);

        var span = ended.Single(s => s.TraceId.ToHexString() == "0af7651916cd43dd8448eb211c80319c");
        (span.OperationName, span.ParentSpanId.ToHexString(), span.GetTagItem("coding_agent.delivery.id")).ShouldBe(("process issues", "b7ad6b7169203331", "d1"));
    }

    /// <summary>The process dies between the two, or Temporal goes away: nothing is lost, and nothing counts twice.</summary>
    [Fact]
    public async Task Drain_CommentWithTwoCommands_InterruptedBetweenThem_TellsEachOnce()
    {
        await LabelAsync("d1", 12);
        await _dispatcher.DrainAsync(default);
        _gateway.OnSignal = signal => signal.DeliveryId == "d2/2" ? throw new TaskGatewayUnavailableException("Temporal is away") : Task.CompletedTask;
        await SayAsync("d2", 12, "/agent approve\n\n/agent stop");
        (await _dispatcher.DrainAsync(default)).ShouldNotBeNull("it waits");
        _gateway.OnSignal = _ => Task.CompletedTask;
        _time.Advance(TimeSpan.FromMinutes(10));
        await NewDispatcher().DrainAsync(default);

        _gateway.MessagesOf(TaskId.ForIssue(Repo, 12)).Select(m => m.DeliveryId).ShouldBe(["d1", "d2", "d2/2"]);
        (await PendingAsync()).ShouldBeEmpty();
        _forge.Reactions.Count(r => r.Number == 12 && r.CommentId is not null).ShouldBe(1);
    }

    [Fact]
    public async Task Drain_Ignored_IsDoneWithTheReason()
    {
        await ArriveAsync("d1", "issue_comment", Deliveries.Deleted(12));
        await _dispatcher.DrainAsync(default);
        (await OutcomeAsync("d1")).ShouldStartWith("ignored: issue_comment.deleted");
    }

    [Fact]
    public async Task Drain_Unreadable_IsKeptWithTheReasonAndOthersGoOn()
    {
        var body = "{\"action\":\"labeled\",\"issue\":{\"number\":\"twelve\"},\"repository\":{\"full_name\":\"octo/hello\"}}"u8.ToArray();
        await ArriveAsync("d1", "issues", body);
        await LabelAsync("d2", 12);
        await ArriveAsync("d3", "issue_comment", "{\"action\":\"created\",\"repository\":{\"full_name\":\"octo/hello\"}}"u8.ToArray());
        (await _dispatcher.DrainAsync(default)).ShouldBeNull();

        _gateway.Calls.ShouldBe(["d2"]);
        (await _inbox.ListPendingAsync(0, 10, default)).ShouldBeEmpty();
        (await _inbox.ListUnreadableAsync(10, default)).Select(d => (d.Id, d.EventName, d.Bytes, d.Reason)).ShouldBe([
            ("d3", "issue_comment", 60, "issue_comment.created: the payload lacks sender, issue.number, comment.id or comment.created_at"),
            ("d1", "issues", body.Length, "issues: the body is not the JSON this event has ($.issue.number)")]);
        _log.Where(line => line.Contains("cannot be read", StringComparison.Ordinal)).Count().ShouldBe(2);

        // A later process names them again; the sender's repeats change nothing.
        await ArriveAsync("d1", "issues", body);
        await NewDispatcher().NameUnreadableAsync(default);
        _log.Count(line => line.Contains("Delivery d1 (issues) is kept in the inbox", StringComparison.Ordinal)).ShouldBe(2);
        (await _inbox.ListPendingAsync(0, 10, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Drain_UnreadableWhileTheDiskIsFull_StaysPendingAndHoldsNothingUp()
    {
        await ArriveAsync("d1", "issues", "{\"action\":\"labeled\"}"u8.ToArray());
        _inbox.FailsToMark = true;
        await _dispatcher.DrainAsync(default);
        (await _inbox.ListPendingAsync(0, 10, default)).ShouldHaveSingleItem().Id.ShouldBe("d1");
        _inbox.FailsToMark = false;
        _time.Advance(TimeSpan.FromMinutes(1));
        await _dispatcher.DrainAsync(default);
        (await _inbox.ListUnreadableAsync(10, default)).ShouldHaveSingleItem().Id.ShouldBe("d1");
    }

    [Fact]
    public async Task Drain_CrashBetweenSignalAndMark_SendsTheSameIdAgainAndChangesNothing()
    {
        await LabelAsync("d1", 12);
        await SayAsync("d2", 12, "/agent stop");
        _inbox.FailsToMark = true;
        await _dispatcher.DrainAsync(default);
        _gateway.Calls.ShouldBe(["d1"]);

        // Another process after the crash: nothing is left but the database and Temporal.
        _inbox.FailsToMark = false;
        await NewDispatcher().DrainAsync(default);

        _gateway.Calls.ShouldBe(["d1", "d1", "d2"]);
        _gateway.Starts.ShouldBe(1);
        _gateway.MessagesOf(TaskId.ForIssue(Repo, 12)).Select(m => m.DeliveryId).ShouldBe(["d1", "d2"]);
        (await _inbox.ListPendingAsync(0, 10, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Drain_CrashBeforeManyAreMarked_PassesThemOverAgainAndHoldsNothingUp()
    {
        for (var i = 0; i < 100; i++)
            await ArriveAsync($"i{i}", "issue_comment", Deliveries.Deleted(12));
        await LabelAsync("d1", 12);
        _inbox.FailsToMark = true;
        await _dispatcher.DrainAsync(default);
        (await PendingAsync()).Count.ShouldBe(101);
        _gateway.Calls.ShouldBe(["d1"]);

        _inbox.FailsToMark = false;
        await NewDispatcher().DrainAsync(default);
        (await PendingAsync()).ShouldBeEmpty();
        (await OutcomeAsync("i99")).ShouldStartWith("ignored: issue_comment.deleted");
        _gateway.MessagesOf(TaskId.ForIssue(Repo, 12)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Drain_StartAndStopOfOneIssue_MarksTheFirstBeforeItSendsTheSecond()
    {
        await LabelAsync("d1", 12);
        await SayAsync("d2", 12, "/agent stop");
        string? outcomeThen = null;
        _gateway.OnSignal = async _ => outcomeThen = await OutcomeAsync("d1");
        await _dispatcher.DrainAsync(default);
        outcomeThen.ShouldNotBeNull().ShouldStartWith("started");
    }

    [Fact]
    public async Task Drain_TemporalAwayForMinutes_LosesNothingKeepsOrderAndDoesNotHammer()
    {
        _gateway.IsAway = true;
        await LabelAsync("a1", 1);
        await LabelAsync("b1", 2);
        await SayAsync("a2", 1, "first thought");
        await SayAsync("a3", 1, "second thought");
        for (var elapsed = TimeSpan.Zero; elapsed < TimeSpan.FromMinutes(10); elapsed += TimeSpan.FromSeconds(2))
        {
            await _dispatcher.DrainAsync(default);
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        // Two issues, each tried after 1, 2, 4 … 32 and then every 60 seconds; what stands behind is not tried at all.
        _gateway.Refused.ShouldBeInRange(20, 34);
        (await _inbox.ListPendingAsync(0, 10, default)).Count.ShouldBe(4);

        _gateway.IsAway = false;
        _time.Advance(TimeSpan.FromMinutes(1));
        (await _dispatcher.DrainAsync(default)).ShouldBeNull();
        _gateway.MessagesOf(TaskId.ForIssue(Repo, 1)).Select(m => m.DeliveryId).ShouldBe(["a1", "a2", "a3"]);
        _gateway.MessagesOf(TaskId.ForIssue(Repo, 2)).Select(m => m.DeliveryId).ShouldBe(["b1"]);
        (await _inbox.ListPendingAsync(0, 10, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Drain_OneIssueInTrouble_OthersGoOn()
    {
        _forge.Trouble = (call, about) => call == "GetPull" && about == "34" ? new ForgeUnavailableException("away", TimeSpan.FromMinutes(5)) : null;
        for (var i = 0; i < 100; i++)
            await SayAsync($"p{i}", 34, "/agent fix", isPull: true);
        await LabelAsync("d1", 12);
        var due = await _dispatcher.DrainAsync(default);

        _gateway.Calls.ShouldBe(["d1"]);
        due.ShouldBe(_time.GetUtcNow() + TimeSpan.FromMinutes(5));
        _forge.Calls.Count(call => call == "GetPull 34").ShouldBe(1);

        _forge.Trouble = (_, _) => null;
        _forge.AddPull(Repo, 34, "feature");
        await _dispatcher.DrainAsync(default);
        _gateway.Calls.ShouldBe(["d1"]);
        _time.Advance(TimeSpan.FromMinutes(5));
        await _dispatcher.DrainAsync(default);
        _gateway.Calls.Skip(1).ShouldBe(Enumerable.Range(0, 100).Select(i => $"p{i}"));
    }

    [Fact]
    public async Task Drain_ForgeRefusesForGood_IsDoneWithTheError()
    {
        _forge.Trouble = (call, _) => call == "EnsureComment" ? new ForgeRejectedException("the conversation is locked", HttpStatusCode.Forbidden) : null;
        await SayAsync("d1", 12, "/agent help");
        await _dispatcher.DrainAsync(default);
        (await OutcomeAsync("d1")).ShouldBe("failed: the conversation is locked");
    }

    [Fact]
    public async Task Drain_TokenRevoked_WaitsForTheOperator()
    {
        _forge.Trouble = (_, _) => new ForgeRejectedException("bad credentials", HttpStatusCode.Unauthorized);
        await LabelAsync("d1", 12);
        for (var i = 0; i < 20; i++)
        {
            await _dispatcher.DrainAsync(default);
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        (await OutcomeAsync("d1")).ShouldBeNull();
        _forge.Trouble = (_, _) => null;
        await _dispatcher.DrainAsync(default);
        _gateway.Starts.ShouldBe(1);
    }

    [Fact]
    public async Task Drain_FailureNobodyForesaw_IsGivenUpAfterSomeTries()
    {
        _forge.Trouble = (call, _) => call == "GetAccess" ? new InvalidOperationException("a bug") : null;
        await LabelAsync("d1", 12);
        await ArriveAsync("d2", "issue_comment", Deliveries.Deleted(12));
        for (var i = 0; i < 8; i++)
        {
            await _dispatcher.DrainAsync(default);
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        (await OutcomeAsync("d1")).ShouldBe("failed: a bug");
        (await OutcomeAsync("d2")).ShouldNotBeNull();
    }

    [Fact]
    public async Task Drain_ReactionFails_DoesNotSendAgain()
    {
        _forge.Trouble = (call, _) => call == "AddReaction" ? new ForgeUnavailableException("away") : null;
        await LabelAsync("d1", 12);
        (await _dispatcher.DrainAsync(default)).ShouldBeNull();
        (await OutcomeAsync("d1")).ShouldEndWith("not acknowledged");
        _gateway.Calls.ShouldBe(["d1"]);
    }

    [Fact]
    public async Task Drain_CommandToATaskThatHasEnded_IsAnswered()
    {
        await LabelAsync("d1", 12);
        await _dispatcher.DrainAsync(default);
        _gateway.End(TaskId.ForIssue(Repo, 12));
        await SayAsync("d2", 12, "/agent stop");
        await SayAsync("d3", 12, "just words");
        await _dispatcher.DrainAsync(default);
        _forge.Comments.ShouldHaveSingleItem().Value.ShouldContain("has ended");
        (await OutcomeAsync("d3")).ShouldBe("task/github:octo/hello/issue/12 has ended");
    }

    [Fact]
    public async Task Drain_CommentThatIsNotThere_IsAskedForAMinuteAndThenToldOnce()
    {
        await ArriveAsync("d1", "issue_comment", Deliveries.Commented(12, "/agent implement"));
        await ArriveAsync("d2", "issue_comment", Deliveries.Commented(12, "/agent stop", id: 98));
        var due = _time.GetUtcNow();
        while ((await PendingAsync()).Count > 0)
        {
            (due - _time.GetUtcNow()).ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(32));
            _time.Advance(due - _time.GetUtcNow());
            (_time.GetUtcNow() - DateTimeOffset.Parse("2026-11-22T10:00:00Z")).ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(60));
            due = await _dispatcher.DrainAsync(default) ?? due;
        }

        // Both waited the same minute; the second does not begin another.
        _time.GetUtcNow().ShouldBe(DateTimeOffset.Parse("2026-11-22T10:01:00Z"));
        (await OutcomeAsync("d1")).ShouldBe("ignored: the forge has no comment 99 on octo/hello#12, and nothing else counts (asked 7 times)");
        (await OutcomeAsync("d2")).ShouldStartWith("ignored: the forge has no comment 98 on octo/hello#12");
        _log.Count(line => line.Contains("Delivery d1 (issue_comment): ignored: the forge has no comment 99", StringComparison.Ordinal)).ShouldBe(1);
        _gateway.Calls.ShouldBeEmpty();
        _forge.Comments.ShouldBeEmpty();
    }

    [Fact]
    public async Task Drain_CommentThatIsThereAMomentLater_CountsAndKeepsTheOrder()
    {
        await LabelAsync("d1", 12);
        await _dispatcher.DrainAsync(default);
        await ArriveAsync("d2", "issue_comment", Deliveries.Commented(12, "first", id: 7));
        await SayAsync("d3", 12, "second");
        await LabelAsync("d4", 13);
        await _dispatcher.DrainAsync(default);
        _gateway.Calls.ShouldBe(["d1", "d4"]);

        _forge.Written[7] = new RecordedComment(7, Subject.Issue(12), Mona, "first", _time.GetUtcNow(), null);
        _time.Advance(TimeSpan.FromSeconds(2));
        (await _dispatcher.DrainAsync(default)).ShouldBeNull();
        _gateway.Calls.ShouldBe(["d1", "d4", "d2", "d3"]);
    }

    [Fact]
    public async Task Drain_CommentThatIsNotThereAfterAnHoursOutage_IsAskedForOnce()
    {
        await ArriveAsync("d1", "issue_comment", Deliveries.Commented(12, "/agent implement"));
        _time.Advance(TimeSpan.FromHours(1));
        (await _dispatcher.DrainAsync(default)).ShouldBeNull();
        (await OutcomeAsync("d1")).ShouldEndWith("(asked 1 times)");
    }

    [Fact]
    public async Task Drain_ForgeryAndProcessEnds_IsStillAskedForAfterTheRestart()
    {
        await ArriveAsync("d1", "issue_comment", Deliveries.Commented(12, "/agent implement"));
        await _dispatcher.DrainAsync(default);
        (await PendingAsync()).ShouldHaveSingleItem().Tries.ShouldBe(1);
        _forge.Open(Repo, 12, isPull: false);
        _forge.Written[99] = new RecordedComment(99, Subject.Issue(12), Mona, "/agent implement", _time.GetUtcNow(), null);
        await NewDispatcher().DrainAsync(default);
        _gateway.Starts.ShouldBe(1);
    }

    [Fact]
    public async Task Drain_OneCommentInTwoBodies_CountsOnce()
    {
        await SayAsync("d1", 12, "/agent implement");
        var comment = _forge.Written.Keys.ShouldHaveSingleItem();
        await ArriveAsync("d2", "issue_comment", Deliveries.Commented(12, "/agent implement", id: comment));
        await _dispatcher.DrainAsync(default);
        _gateway.Calls.ShouldBe(["d1"]);
        (await OutcomeAsync("d2")).ShouldBe("ignored: another delivery brought this before");
    }

    private InboxDispatcher NewDispatcher() => new(
        _inbox,
        ServedForges.Map,
        new RoutingFactsLoader(
            _forge, _forge, _forge, new ReadBack(_forge, _forge, _forge), new SubjectReader(_forge, _forge, _forge), new StatementLog(_database), _links, new TaskProjection(_database), new RoutingOptions()),
        new ActionRunner(_gateway, _forge, _links, NullLogger<ActionRunner>.Instance),
        new DispatcherOptions(),
        _time,
        new Logger<InboxDispatcher>(new LoggerFactory([new WebhookHost.Collector(_log)])));

    private Task<IReadOnlyList<InboxDelivery>> PendingAsync() => _inbox.ListPendingAsync(0, 1000, default);

    // Mona puts the label on, and the forge tells.
    private Task LabelAsync(string id, int issue)
    {
        _forge.Label(Repo, issue, isPull: false, Mona, "agent:implement", _time.GetUtcNow());
        return ArriveAsync(id, "issues", Deliveries.Labeled(issue));
    }

    // Mona writes, and the forge tells.
    private Task SayAsync(string id, int number, string body, bool isPull = false)
    {
        var comment = Deliveries.NextId();
        _forge.Open(Repo, number, isPull);
        _forge.Written[comment] = new RecordedComment(comment, new Subject(number, isPull), Mona, body, _time.GetUtcNow(), null);
        return ArriveAsync(id, "issue_comment", Deliveries.Commented(number, body, isPull, comment));
    }

    private Task ArriveAsync(string id, string eventName, byte[] body) =>
        _inbox.AddAsync(new InboxDelivery(id, ForgeKind.GitHub, eventName, body, _time.GetUtcNow()), default);

    private async Task<string?> OutcomeAsync(string id)
    {
        await using var connection = _database.OpenReader();
        return await connection.ExecuteScalarAsync<string>("SELECT outcome FROM inbox WHERE id = @id", new { id });
    }
}
