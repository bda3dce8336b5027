using System.IO.Compression;
using CodingAgent.TestKit;
using Temporalio.Client;
using Temporalio.Client.Schedules;
using Temporalio.Exceptions;
using Temporalio.Worker;
using static TemporalServer.Tests.Live.StoredWorkflows;

namespace TemporalServer.Tests.Live;

/// <summary>
/// A database that an earlier build wrote with messages and a worker of its own (Data/README.md) is opened, and the SDK's worker goes on
/// with what ran in it. The clock stands where the file was left, and moves when told to.
/// </summary>
public sealed class EarlierBuildTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("temporal-earlier-");
    private readonly FakeTimeProvider _clock = new(new(2026, 11, 29, 10, 50, 43, TimeSpan.Zero));
    private EmbeddedEnvironment? _environment;

    private ITemporalClient Client => _environment!.Client;

    public async Task InitializeAsync()
    {
        var path = Path.Combine(_folder.FullName, "temporal.db");
        await using (var packed = new GZipStream(File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Data", "before-official-messages.db.gz")), CompressionMode.Decompress))
        await using (var file = File.Create(path))
        {
            await packed.CopyToAsync(file);
        }

        _environment = await EmbeddedEnvironment.StartRealTimeAsync(server: new() { DatabasePath = path, TimeProvider = _clock });
    }

    public async Task DisposeAsync()
    {
        await _environment!.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task ClosedRuns_Read_SayHowTheyEnded()
    {
        (await Client.GetWorkflowHandle("completed").GetResultAsync<string>()).ShouldBe("complete 1");
        var completed = await Client.GetWorkflowHandle("completed").DescribeAsync();
        completed.Status.ShouldBe(WorkflowExecutionStatus.Completed);
        (await completed.Memo["why"].ToValueAsync<string>()).ShouldBe("to be read");
        (await completed.GetStaticSummaryAsync()).ShouldBe("a summary");
        completed.TypedSearchAttributes.Get(Stage).ShouldBe("done");

        var failed = (await FailureAsync("failed")).ShouldBeOfType<ApplicationFailureException>();
        (failed.Message, failed.ErrorType, failed.Details.ElementAt<int>(0), failed.Details.ElementAt<string>(1)).ShouldBe(("as told", "Told", 7, "seven"));
        failed.InnerException.ShouldBeOfType<ApplicationFailureException>().ErrorType.ShouldBe(nameof(InvalidOperationException));
        (await FailureAsync("cancelled")).ShouldBeOfType<CanceledFailureException>();
        var terminated = (await FailureAsync("terminated")).ShouldBeOfType<TerminatedFailureException>();
        (terminated.Message, terminated.Details!.ElementAt<string>(0)).ShouldBe(("enough", "detail"));
        (await FailureAsync("timed-out")).ShouldBeOfType<TimeoutFailureException>();
        (await FailureAsync("tour/fails")).ShouldBeOfType<ApplicationFailureException>();
        (await Client.GetWorkflowHandle("closed-mailbox").GetResultAsync<string>()).ShouldBe("gone,last");
    }

    [Fact]
    public async Task Runs_Listed_AreFoundByStatusTypeAndAttributes()
    {
        (await IdsAsync("ExecutionStatus = 'Failed'")).ShouldBe(["failed", "flaky", "tour/fails"]);
        (await IdsAsync("stage = 'open' AND round = 7")).ShouldBe(["broken", "child", "held", "mailbox"]);
        (await IdsAsync("stage = 'closed'")).ShouldBe(["closed-mailbox"]);
        (await IdsAsync("WorkflowType = 'ChainWorkflow' AND ExecutionStatus = 'ContinuedAsNew'")).ShouldBe(["chain", "chain"]);
        (await IdsAsync("ExecutionStatus = 'Running'")).ShouldBe(
        [
            "account", "broken", "chain", "child", "delayed", "flaky", "heartbeat", "held", "linger", "mailbox", "parent", "queued", "retry", "sleeper", "tour", "unseen",
        ]);
        (await Client.CountWorkflowsAsync("ExecutionStatus = 'Running'")).Count.ShouldBe(16);
    }

    [Fact]
    public async Task EveryRun_Replayed_FollowsItsHistory()
    {
        var options = new WorkflowReplayerOptions { DebugMode = true };
        foreach (var workflow in Worker("none").Workflows)
            options.AddWorkflow(workflow);
        var replayer = new WorkflowReplayer(options);
        var replayed = 0;
        await foreach (var run in Client.ListWorkflowsAsync("ExecutionStatus != 'Terminated'"))
        {
            var history = await Client.GetWorkflowHandle(run.Id, run.RunId).FetchHistoryAsync();
            if (history.Events.Any(e => e.WorkflowTaskCompletedEventAttributes is not null))
            {
                (await replayer.ReplayWorkflowAsync(history, throwOnReplayFailure: false)).ReplayFailure.ShouldBeNull(run.Id);
                replayed++;
            }
        }

        replayed.ShouldBe(23);
    }

    [Fact]
    public Task Queries_ToOpenAndClosedRuns_AreAnswered() => WithWorkerAsync(async () =>
    {
        (await Mailbox("mailbox").QueryAsync(wf => wf.Letters)).ShouldBe("ann,one,two,from the tour");
        (await Mailbox("child").QueryAsync(wf => wf.Letters)).ShouldBe("child,from the parent");
        (await Mailbox("closed-mailbox").QueryAsync(wf => wf.Letters)).ShouldBe("gone,last");
        (await Client.GetWorkflowHandle<TourWorkflow>("tour").QueryAsync(wf => wf.Seen)).ShouldBe("patched greet 1 timer cancelled child failed");
    });

    [Fact]
    public Task WaitingForASignal_Signalled_EndsWithAllLetters() => WithWorkerAsync(async () =>
    {
        await Mailbox("mailbox").SignalAsync(wf => wf.PostAsync("three"));
        await Mailbox("mailbox").SignalAsync(wf => wf.CloseAsync());
        (await ResultAsync("mailbox")).ShouldBe("ann,one,two,from the tour,three");
        var description = await Client.GetWorkflowHandle("mailbox").DescribeAsync();
        (await description.Memo["kept"].ToValueAsync<int>()).ShouldBe(1);
        (await description.Memo["owner"].ToValueAsync<string>()).ShouldBe("ann");
        description.TypedSearchAttributes.Get(Stage).ShouldBe("closed");
        description.TypedSearchAttributes.Get(Round).ShouldBe(7);
    });

    [Fact]
    public Task LongTimer_WhenItIsDue_Fires() => WithWorkerAsync(async () =>
    {
        _clock.Advance(TimeSpan.FromDays(29));
        (await Client.GetWorkflowHandle("sleeper").DescribeAsync()).Status.ShouldBe(WorkflowExecutionStatus.Running);
        _clock.Advance(TimeSpan.FromDays(1));
        (await ResultAsync("sleeper")).ShouldBe("slept");
    });

    [Fact]
    public Task WaitsOfAnHour_WhenTheyAreOver_GoOn() => WithWorkerAsync(async () =>
    {
        _clock.Advance(TimeSpan.FromHours(1));
        var chain = ResultAsync("chain");
        await Eventually.TrueAsync(
            () =>
            {
                // The last run waits a millisecond.
                _clock.Advance(TimeSpan.FromMilliseconds(1));
                return Task.FromResult(chain.IsCompleted);
            },
            "the end of the chain");
        (await chain).ShouldBe("321");
        (await ResultAsync("flaky")).ShouldBe("fail-first 2");
        (await ResultAsync("delayed")).ShouldBe("delayed 1");
    });

    [Fact]
    public Task ActivityOfADeadWorker_Silent_IsTriedAgainWithItsHeartbeat() => WithWorkerAsync(async () =>
    {
        _clock.Advance(TimeSpan.FromMinutes(1));
        await Eventually.TrueAsync(
            async () => (await PendingAsync("heartbeat"))?.Attempt == 2 || (await Client.GetWorkflowHandle("heartbeat").DescribeAsync()).Status != WorkflowExecutionStatus.Running,
            "the next attempt");
        _clock.Advance(TimeSpan.FromSeconds(1));
        (await ResultAsync("heartbeat")).ShouldBe("resumed at 7 seven");
    });

    [Fact]
    public Task ActivityAskedToCancel_Silent_EndsAsTimedOut() => WithWorkerAsync(async () =>
    {
        _clock.Advance(TimeSpan.FromMinutes(1));
        var failure = (await FailureAsync("linger")).ShouldBeOfType<ActivityFailureException>();
        failure.InnerException.ShouldBeOfType<TimeoutFailureException>().TimeoutType.ShouldBe(TimeoutType.Heartbeat);
    });

    [Fact]
    public Task ActivityBetweenAttempts_WhenItsTimeHasCome_IsTriedAgain() => WithWorkerAsync(async () =>
    {
        (await PendingAsync("retry")).ShouldNotBeNull().LastFailure.Message.ShouldBe("attempt 2");
        _clock.Advance(TimeSpan.FromSeconds(1000));
        (await ResultAsync("retry")).ShouldBe("retry 3");
    });

    [Fact]
    public Task TasksThatNobodyTook_ArePolledFor() => WithWorkerAsync(async () =>
    {
        foreach (var queue in (string[])["later", "unseen"])
        {
            using var worker = new TemporalWorker(Client, Worker(queue));
            await worker.ExecuteAsync(async () => (await ResultAsync(queue == "later" ? "queued" : queue)).ShouldBe(queue == "later" ? "queued 1" : "new 1"));
        }
    });

    [Fact]
    public Task RunningChild_Ended_EndsItsParent() => WithWorkerAsync(async () =>
    {
        await Mailbox("child").SignalAsync(wf => wf.CloseAsync());
        (await ResultAsync("parent")).ShouldBe("child,from the parent");
    });

    [Fact]
    public Task PatchedRun_GoesOnItsOldWay_AndTakesPatchesThatComeLater() => WithWorkerAsync(async () =>
    {
        await Client.GetWorkflowHandle<TourWorkflow>("tour").SignalAsync(wf => wf.GoAsync());
        (await ResultAsync("tour")).ShouldBe("patched greet 1 timer cancelled child failed told to gogreet 1 patched");
    });

    [Fact]
    public Task WaitWithATimeout_WhenItIsOver_GoesOn() => WithWorkerAsync(async () =>
    {
        _clock.Advance(TimeSpan.FromDays(2));
        (await ResultAsync("tour")).ShouldBe("patched greet 1 timer cancelled child failed gone by itselfgreet 1 patched");
    });

    [Fact]
    public Task Updates_FinishedAndAccepted_HaveTheirOutcomes() => WithWorkerAsync(async () =>
    {
        var account = Client.GetWorkflowHandle<AccountWorkflow, int>("account");
        (await account.GetUpdateHandle<int>("deposit").GetResultAsync()).ShouldBe(105);
        var withdrawal = account.GetUpdateHandle<int>("withdrawal").GetResultAsync();
        await account.SignalAsync(wf => wf.ApproveAsync());
        (await withdrawal.WaitAsync(Patience)).ShouldBe(75);
        (await account.GetResultAsync().WaitAsync(Patience)).ShouldBe(75);
    });

    [Fact]
    public Task TasksOfADeadWorker_TimedOut_AreDoneAgainWithWhatCameMeanwhile() => WithWorkerAsync(async () =>
    {
        // Ten seconds for the task that was started, some more for the one that failed and backs off.
        _clock.Advance(TimeSpan.FromMinutes(1));
        foreach (var (id, letters) in ((string, string)[])[("held", "held,hold,buffered"), ("broken", "broken,breaks")])
        {
            await Mailbox(id).SignalAsync(wf => wf.CloseAsync());
            (await ResultAsync(id)).ShouldBe(letters);
        }

        (await Client.GetWorkflowHandle("held").FetchHistoryAsync()).Events
            .ShouldContain(e => e.WorkflowTaskTimedOutEventAttributes != null && e.WorkflowTaskTimedOutEventAttributes.TimeoutType == TimeoutType.StartToClose);
    });

    [Fact]
    public Task Schedules_GoOnAsTheyWere() => WithWorkerAsync(async () =>
    {
        var hourly = Client.GetScheduleHandle("hourly");
        var before = await hourly.DescribeAsync();
        before.Info.NumActions.ShouldBe(1);
        (await before.Memo["kept"].ToValueAsync<string>()).ShouldBe("memo");
        _clock.Advance(TimeSpan.FromHours(1));
        await Eventually.TrueAsync(async () => (await hourly.DescribeAsync()).Info.NumActions == 2, "the next action");
        var action = (await hourly.DescribeAsync()).Info.RecentActions.Last().Action.ShouldBeOfType<ScheduleActionExecutionStartWorkflow>();
        action.WorkflowId.ShouldBe("hourly-run-2026-11-29T11:00:00Z");
        (await ResultAsync(action.WorkflowId)).ShouldBe("scheduled 1");

        var paused = await Client.GetScheduleHandle("paused").DescribeAsync();
        (paused.Schedule.State.Paused, paused.Schedule.State.Note, paused.Info.NumActions).ShouldBe((true, "holiday", 0));
    });

    private static TemporalWorkerOptions Worker(string queue) => LiveServer.Worker(queue)
        .AddWorkflow<SleeperWorkflow>().AddWorkflow<MailboxWorkflow>().AddWorkflow<CallerWorkflow>().AddWorkflow<ParentWorkflow>()
        .AddWorkflow<AccountWorkflow>().AddWorkflow<ChainWorkflow>().AddWorkflow<TourWorkflow>().AddWorkflow<OutcomeWorkflow>()
        .AddAllActivities(new StoredActivities());

    private async Task WithWorkerAsync(Func<Task> test)
    {
        using var worker = new TemporalWorker(Client, Worker("stored"));
        await worker.ExecuteAsync(() => test().WaitAsync(Patience));
    }

    private WorkflowHandle<MailboxWorkflow, string> Mailbox(string id) => Client.GetWorkflowHandle<MailboxWorkflow, string>(id);

    private Task<string> ResultAsync(string id) => Client.GetWorkflowHandle(id).GetResultAsync<string>().WaitAsync(Patience);

    private async Task<Exception?> FailureAsync(string id) =>
        (await Should.ThrowAsync<WorkflowFailedException>(() => ResultAsync(id))).InnerException;

    private async Task<Temporalio.Api.Workflow.V1.PendingActivityInfo?> PendingAsync(string id) =>
        (await Client.Connection.WorkflowService.DescribeWorkflowExecutionAsync(new() { Namespace = "default", Execution = new() { WorkflowId = id } }))
            .PendingActivities.SingleOrDefault();

    private async Task<List<string>> IdsAsync(string query)
    {
        var ids = new List<string>();
        await foreach (var run in Client.ListWorkflowsAsync(query))
        {
            ids.Add(run.Id);
        }

        ids.Sort(StringComparer.Ordinal);
        return ids;
    }
}
