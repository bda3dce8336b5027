using System.Collections.Concurrent;
using CodingAgent.BotHost.Codec;
using CodingAgent.BotHost.Temporal;
using CodingAgent.BotHost.Tests.Dispatch;
using CodingAgent.Forges;
using CodingAgent.Storage;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Routing;
using CodingAgent.Workflows.Schedules;
using CodingAgent.Workflows.Tasks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Temporalio.Client;
using Temporalio.Client.Schedules;
using Temporalio.Testing;
using Temporalio.Worker;
using TemporalServer;

namespace CodingAgent.BotHost.Tests.Schedules;

/// <summary>Schedules of a policy on a real server of Temporal, with tasks in memory.</summary>
public sealed class TaskScheduleTests
{
    private const string Docs = "{ name: docs, cron: \"0 3 * * *\", run: implement, goal: \"Mend docs/.\", acceptance: [\"It reads well.\"] }";
    private const string Id = "coding-agent-schedule/github:octo/hello/docs";
    private static readonly RepoRef Repo = RepoRef.Parse("github:Octo/Hello");
    private static readonly ScheduleKey Key = new(Repo, "docs");

    [Fact]
    public async Task Reconcile_PolicyThatChanges_MakesChangesAndTakesAwayItsSchedules()
    {
        await using var environment = await EmbeddedEnvironment.StartRealTimeAsync(Sealed());
        var world = new World(environment.Client);
        (await world.ReconcileAsync()).ShouldBe(new(0, 0));

        world.Write(Docs, "{ name: weekly, cron: \"0 6 * * 1\", timezone: Europe/Berlin, run: \"upgrade Newtonsoft.Json\" }");
        (await world.ReconcileAsync()).ShouldBe(new(2, 0));
        (await world.ListAsync()).ShouldBe([$"{Id}", "coding-agent-schedule/github:octo/hello/weekly"]);
        (await world.ReconcileAsync()).ShouldBe(new(0, 0));
        // A process that knows nothing of it yet finds all as it should be, and says so.
        world.Restart(environment.Client);
        (await world.ReconcileAsync()).ShouldBe(new(0, 0));
        world.Log.ShouldContain(l => l.Contains("the schedule weekly stands: upgrade at 0 6 * * 1 (Europe/Berlin), next ", StringComparison.Ordinal));

        // Paused by an operator, it stays so when it changes.
        await environment.Client.GetScheduleHandle(Id).PauseAsync("holidays");
        world.Write(Docs.Replace("0 3", "30 4", StringComparison.Ordinal));
        (await world.ReconcileAsync()).ShouldBe(new(2, 0));
        var stands = await environment.Client.GetScheduleHandle(Id).DescribeAsync();
        (stands.Schedule.State.Paused, stands.Schedule.State.Note).ShouldBe((true, "holidays"));
        stands.Schedule.Spec.Calendars.ShouldHaveSingleItem().Minute.ShouldHaveSingleItem().Start.ShouldBe(30);
        world.Log.ShouldContain(l => l.Contains("stands: implement at 30 4 * * * (UTC), paused", StringComparison.Ordinal));

        // One that somebody took away in Temporal comes back.
        await environment.Client.GetScheduleHandle(Id).DeleteAsync();
        (await world.ReconcileAsync()).ShouldBe(new(1, 0));
    }

    [Fact]
    public async Task Reconcile_RepositoryThatCannotBeRead_KeepsItsSchedules_AndOneThatIsNotWorkedOn_LosesThem()
    {
        await using var environment = await EmbeddedEnvironment.StartRealTimeAsync(Sealed());
        var world = new World(environment.Client);
        var foreign = new SchedulesOf(environment.Client);
        await foreign.MakeAsync("coding-agent-sweep");
        await foreign.MakeAsync("another-schedule/github:octo/hello/docs");
        world.Write(Docs);
        (await world.ReconcileAsync()).ShouldBe(new(1, 0));

        world.Forge.IsAway = true;
        (await world.ReconcileAsync()).ShouldBe(new(0, 1));
        world.Forge.IsAway = false;
        world.WriteText("version: 1\nplann: {}\n");
        (await world.ReconcileAsync()).ShouldBe(new(0, 0));
        (await world.ReconcileAsync()).ShouldBe(new(0, 0));
        world.Log.Count(l => l.Contains("its schedules begin nothing: .github/coding-agent.yml on main cannot be used: line 2: Unknown key 'plann'", StringComparison.Ordinal)).ShouldBe(1);
        (await world.ListAsync()).ShouldContain(Id);

        world.Write(Docs);
        world.Forge.IsArchived = true;
        (await world.ReconcileAsync()).ShouldBe(new(1, 0));
        world.Forge.IsArchived = false;
        (await world.ReconcileAsync()).ShouldBe(new(1, 0));
        world.Serves = false;
        (await world.ReconcileAsync()).ShouldBe(new(1, 0));
        world.Serves = true;
        (await world.ReconcileAsync()).ShouldBe(new(1, 0));
        // Its name changed: the schedule goes with it.
        world.Forge.Renamed = RepoRef.Parse("github:octo/hi");
        (await world.ReconcileAsync()).ShouldBe(new(2, 0));
        (await world.ListAsync()).ShouldBe(["another-schedule/github:octo/hello/docs", "coding-agent-schedule/github:octo/hi/docs", "coding-agent-sweep"]);
        // Nobody looks through it any more.
        (await world.ReconcileAsync([])).ShouldBe(new(1, 0));
        (await world.ListAsync()).ShouldBe(["another-schedule/github:octo/hello/docs", "coding-agent-sweep"]);
    }

    [Fact]
    public async Task Begin_EntryAsItIs_StartsOneTaskForEachTime_AndNoneWhileAnEarlierIsOpen()
    {
        var world = new World(null);
        world.Write(Docs);
        var at = world.Time.GetUtcNow();
        var id = "task/github:octo/hello/goal/schedule-docs-20261122T030000Z";
        (await world.BeginAsync(at)).ShouldBe($"began {id}");
        // The step ran twice: nothing of its end was heard.
        (await world.BeginAsync(at)).ShouldBe($"began {id}");
        var input = world.Gateway.Inputs.ShouldHaveSingleItem();
        (input.Kind, input.Goal, input.AcceptanceCriteria[0], input.Issue, input.BaseBranch).ShouldBe((TaskKind.Implement, "Mend docs/.", "It reads well.", null, null));
        // Nobody's account: no access, no approval, no commit is anybody's by it.
        input.RequestedBy.ShouldBe(new Actor("the schedule docs", 0, ActorKind.Other));
        world.Gateway.MessagesOf(input.Id).ShouldHaveSingleItem().ShouldBeOfType<CodingTaskSignal.CommandGiven>().Command.ShouldBe(new AgentCommand.Implement());

        await world.TellAsync(input, TaskState.AwaitingReview);
        world.Time.Advance(TimeSpan.FromDays(1));
        (await world.BeginAsync(world.Time.GetUtcNow())).ShouldBe($"began nothing: {id}, which it began earlier, is still open");
        world.Log.ShouldContain(l => l.Contains("the schedule docs, due 2026-11-23 03:00 UTC, began nothing: task/", StringComparison.Ordinal));

        // Ended behind its own back: known as open, and yet nothing runs.
        world.Gateway.End(input.Id);
        world.Time.Advance(TimeSpan.FromDays(1));
        (await world.BeginAsync(world.Time.GetUtcNow())).ShouldEndWith("schedule-docs-20261124T030000Z");
        // One that has ended, of the same time, is not begun again.
        await world.TellAsync(world.Gateway.Inputs.Last(), TaskState.Merged);
        world.Gateway.End(world.Gateway.Inputs.Last().Id);
        (await world.BeginAsync(world.Time.GetUtcNow())).ShouldEndWith("schedule-docs-20261124T030000Z");
        world.Gateway.Starts.ShouldBe(2);
    }

    [Fact]
    public async Task Begin_WhatThePolicyDoesNotSayNow_StartsNothing()
    {
        var world = new World(null);
        world.Write(Docs);
        var was = world.Digest();
        await RefusesAsync("any more", () => world.Write(Docs.Replace("Mend", "Rewrite", StringComparison.Ordinal)), () => world.Write(Docs));
        await RefusesAsync("any more", () => world.Write(Docs.Replace("docs,", "dogs,", StringComparison.Ordinal)), () => world.Write(Docs));
        await RefusesAsync("any more", () => world.Forge.Files.Clear(), () => world.Write(Docs));
        await RefusesAsync("cannot be used: line 1:", () => world.WriteText("version: 2\n"), () => world.Write(Docs));
        await RefusesAsync("archived", () => world.Forge.IsArchived = true, () => world.Forge.IsArchived = false);
        await RefusesAsync("may not push", () => world.Forge.MayWrite = false, () => world.Forge.MayWrite = null);
        await RefusesAsync("not among those", () => world.Serves = false, () => world.Serves = true);
        await RefusesAsync("longer than a day ago", () => world.Time.Advance(TimeSpan.FromHours(25)), () => { });
        world.Gateway.Starts.ShouldBe(0);

        // The forge is away: worth another try, and nothing is decided.
        world.Forge.IsAway = true;
        await Should.ThrowAsync<ForgeUnavailableException>(() => world.BeginAsync(world.Time.GetUtcNow(), was));

        async Task RefusesAsync(string why, Action change, Action back)
        {
            var due = world.Time.GetUtcNow();
            change();
            (await world.BeginAsync(due, was)).ShouldStartWith("began nothing: ");
            world.Log[^1].ShouldContain(why);
            back();
        }
    }

    [Fact]
    public async Task Begin_TimeThatTheClockReadsTwice_StartsOnce()
    {
        var world = new World(null);
        world.Write("{ name: docs, cron: \"30 2 * * *\", timezone: Europe/Berlin, run: \"plan the next release\" }");
        world.Time.SetUtcNow(DateTimeOffset.Parse("2027-10-31T00:30:00Z"));
        (await world.BeginAsync(world.Time.GetUtcNow())).ShouldStartWith("began task/");
        world.Gateway.Inputs.ShouldHaveSingleItem().AsksForPlan.ShouldBeTrue();
        world.Gateway.End(world.Gateway.Inputs.Single().Id);
        world.Time.Advance(TimeSpan.FromHours(1));
        (await world.BeginAsync(world.Time.GetUtcNow())).ShouldContain("the clock was put back");
    }

    /// <summary>All was down for hours: of what came due one begins, and later times as they come.</summary>
    [Fact]
    public async Task Schedule_LeftAlone_BeginsOneTaskForWhatWasMissed_AndOneAtEachLaterTime()
    {
        var world = new World(null);
        var folder = Directory.CreateTempSubdirectory("schedule-tests-").FullName;
        var server = new TemporalServerOptions { DatabasePath = Path.Combine(folder, "temporal.db"), TimeProvider = world.Time };
        world.Write("{ name: docs, cron: \"@hourly\", run: \"implement what is missing\" }");
        await using (var before = await EmbeddedEnvironment.StartRealTimeAsync(Sealed(), server))
        {
            world.Restart(before.Client);
            (await world.ReconcileAsync()).ShouldBe(new(1, 0));
        }

        world.Time.Advance(TimeSpan.FromHours(5.5));
        await using (var environment = await EmbeddedEnvironment.StartRealTimeAsync(Sealed(), server))
        {
            // The sweep of the start, which changes nothing that came due.
            world.Restart(environment.Client);
            (await world.ReconcileAsync()).ShouldBe(new(0, 0));
            using var worker = new TemporalWorker(
                environment.Client, new TemporalWorkerOptions(TaskQueues.ControlOf(TaskQueues.CodingAgent)).AddWorkflow<ScheduledTaskWorkflow>().AddAllActivities(world.Activities));
            await worker.ExecuteAsync(async () =>
            {
                (await ResultAsync(environment.Client, 1)).ShouldBe("began task/github:octo/hello/goal/schedule-docs-20261122T040000Z");
                world.Time.Advance(TimeSpan.FromHours(1));
                (await ResultAsync(environment.Client, 2)).ShouldBe("began task/github:octo/hello/goal/schedule-docs-20261122T090000Z");
            });
        }

        world.Gateway.Starts.ShouldBe(2);
        Directory.Delete(folder, recursive: true);

        static async Task<string> ResultAsync(ITemporalClient client, int number)
        {
            for (var tries = 0; tries < 1_000; tries++)
            {
                var info = (await client.GetScheduleHandle(Id).DescribeAsync()).Info;
                if (info.NumActions == number)
                    return await client.GetWorkflowHandle(info.RecentActions.Last().Action.ShouldBeOfType<ScheduleActionExecutionStartWorkflow>().WorkflowId).GetResultAsync<string>();
                await Task.Delay(20);
            }

            throw new TimeoutException($"There is no action {number}.");
        }
    }

    /// <summary>What the parser takes Temporal takes, and it comes due at the same moments.</summary>
    [Fact]
    public async Task Times_ThatThePolicyTakes_AreTemporalsToo()
    {
        await using var environment = await EmbeddedEnvironment.StartRealTimeAsync();
        var random = new Random(7);
        var taken = 0;
        for (var i = 0; i < 150; i++)
        {
            var (cron, zone) = ($"{random.Next(60)} {Field(0, 23)} {(random.Next(2) == 0 ? "*" : Field(1, 31))} {Field(1, 12)} {(random.Next(2) == 0 ? "*" : Field(0, 7))}", random.Next(2) == 0 ? "UTC" : "Asia/Kolkata");
            if (PolicyParser.Parse($"version: 1\non: {{ schedule: [ {{ name: a, cron: \"{cron}\", timezone: {zone}, run: \"implement x\" }} ] }}").Policy is not { } policy)
                continue;
            taken++;
            var key = new ScheduleKey(Repo, $"s{i}");
            var schedules = new TemporalTaskSchedules(environment.Client, TaskQueues.CodingAgent);
            await schedules.EnsureAsync(key, policy.Schedules[0], default);
            var description = await environment.Client.GetScheduleHandle($"coding-agent-schedule/{key}").DescribeAsync();
            var times = Cronos.CronExpression.Parse(cron).GetOccurrences(description.Info.CreatedAt, description.Info.CreatedAt.AddYears(30), TimeZoneInfo.FindSystemTimeZoneById(zone));
            description.Info.NextActionTimes.Take(5).ShouldBe(times.Take(5), $"{cron} in {zone}");
        }

        taken.ShouldBeGreaterThan(40);

        string Field(int min, int max) => random.Next(5) switch
        {
            0 => "*",
            1 => $"*/{random.Next(1, 8)}",
            2 => $"{random.Next(min, max + 1)},{random.Next(min, max + 1)}",
            3 => random.Next(min, max) is var from ? $"{from}-{random.Next(from + 1, max + 1)}{(random.Next(2) == 0 ? "" : $"/{random.Next(1, 5)}")}" : "",
            _ => $"{random.Next(min, max + 1)}",
        };
    }

    private static TemporalClientConnectOptions Sealed() => new() { DataConverter = SealedPayloads.Converter(new PayloadCipher(new byte[PayloadCipher.KeySize])) };

    private sealed class SchedulesOf(ITemporalClient client)
    {
        public Task MakeAsync(string id) => client.CreateScheduleAsync(
            id, new Schedule(ScheduleActionStartWorkflow.Create((ScheduledTaskWorkflow w) => w.RunAsync(new ScheduledTask(Repo, "x", "y")), new WorkflowOptions(id, "elsewhere")), new ScheduleSpec { CronExpressions = ["@daily"] }));
    }

    private sealed class World
    {
        private readonly Lines _log = new();
        private ITemporalClient? _client;

        public World(ITemporalClient? client)
        {
            _client = client;
            Forge = new FakeForge(Repo, Time.GetUtcNow);
            Activities = NewActivities();
        }

        public FakeTimeProvider Time { get; } = new(DateTimeOffset.Parse("2026-11-22T03:00:00Z"));

        public FakeForge Forge { get; }

        public FakeTaskGateway Gateway { get; } = new();

        public FakeStores Tasks { get; } = new();

        public bool Serves { get; set; } = true;

        public ScheduleActivities Activities { get; private set; }

        public IReadOnlyList<string> Log => [.. _log.Said];

        /// <summary>Another process, which knows nothing yet.</summary>
        public void Restart(ITemporalClient client)
        {
            _client = client;
            Activities = NewActivities();
        }

        public void Write(params string[] entries) => WriteText($"version: 1\non:\n  schedule:\n{string.Concat(entries.Select(e => $"    - {e}\n"))}");

        public void WriteText(string text) => Forge.Files[".github/coding-agent.yml"] = text;

        public string Digest() => PolicyParser.Parse(Forge.Files[".github/coding-agent.yml"]).Policy!.Schedules[0].Digest;

        public Task<ScheduleActivities.Report> ReconcileAsync(IReadOnlyList<RepoRef>? repositories = null) => new ActivityEnvironment().RunAsync(() => Activities.ReconcileAsync(repositories ?? [Repo]));

        public Task<string> BeginAsync(DateTimeOffset at, string? digest = null) => new ActivityEnvironment().RunAsync(() => Activities.BeginAsync(new ScheduledTask(Key.Repo, Key.Name, digest ?? Digest()), at));

        public Task TellAsync(CodingTaskInput input, TaskState state) => Tasks.UpsertAsync(
            new TaskSummary(input.Id, 1, "run", input.Kind, state, "", "", "", input.RequestedBy.Login, null, null, null, null, 0, 0, 0, Time.GetUtcNow(), Time.GetUtcNow()), default);

        public async Task<IReadOnlyList<string>> ListAsync()
        {
            var ids = new List<string>();
            await foreach (var schedule in _client!.ListSchedulesAsync())
                ids.Add(schedule.Id);
            return [.. ids.Order(StringComparer.Ordinal)];
        }

        private ScheduleActivities NewActivities() => new(
            Forge, Tasks, Gateway, _client is null ? new NoSchedules() : new TemporalTaskSchedules(_client, TaskQueues.CodingAgent), new RoutingOptions { Serves = _ => Serves }, Time,
            _log);
    }

    private sealed class Lines : ILogger<ScheduleActivities>
    {
        public ConcurrentQueue<string> Said { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Said.Enqueue(formatter(state, exception));
    }

    private sealed class NoSchedules : ITaskSchedules
    {
        public Task<IReadOnlyCollection<ScheduleKey>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyCollection<ScheduleKey>>([]);

        public Task<StandingSchedule> EnsureAsync(ScheduleKey key, PolicySchedule entry, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task DeleteAsync(ScheduleKey key, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
