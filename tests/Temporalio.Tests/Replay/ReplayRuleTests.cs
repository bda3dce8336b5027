using Temporalio.Activities;
using Temporalio.Exceptions;
using Temporalio.Worker;
using Temporalio.Workflows;

namespace Temporalio.Tests.Replay;

/// <summary>The rules of replay, each on the smallest history that shows it.</summary>
public sealed class ReplayRuleTests
{
    [Fact]
    public async Task FailedAndTimedOutTasks_InHistory_AreNoActivationsOfTheirOwn()
    {
        var history = new HistoryBuilder(nameof(TimerWorkflow))
            .TaskStarted().TaskFailed()
            .TaskStarted().TaskTimedOut()
            .Task().TimerStarted("1")
            .After(TimeSpan.FromMinutes(1)).TimerFired("1")
            .Task().Completed();
        await ReplaysAsync<TimerWorkflow>(history);
    }

    [Fact]
    public async Task Command_WithoutEvent_IsNamed()
    {
        var history = new HistoryBuilder(nameof(TimerWorkflow)).Task().TaskStarted();
        (await FailsAsync<TimerWorkflow>(history)).ShouldContain("issued StartTimer (timer 1), but the history has no event for it after event 4");
    }

    [Fact]
    public async Task Event_WithoutCommand_IsNamed()
    {
        var history = new HistoryBuilder(nameof(TimerWorkflow))
            .Task().TimerStarted("1").TimerStarted("2").TaskStarted();
        (await FailsAsync<TimerWorkflow>(history)).ShouldContain("event 6 TimerStarted (timer 2), but the workflow code issued no command for it");
    }

    [Fact]
    public async Task ActivityOfOtherType_InHistory_IsNondeterministic()
    {
        var history = new HistoryBuilder(nameof(ActivityWorkflow)).Task().ActivityScheduled("1", "Other").TaskStarted();
        (await FailsAsync<ActivityWorkflow>(history)).ShouldContain("but the workflow code issued ScheduleActivityTask (activity 1 of type Echo)");
    }

    [Fact]
    public async Task Signals_BeforeFirstTask_RunBeforeMainMethod()
    {
        var history = new HistoryBuilder(nameof(SignalFirstWorkflow)).Signaled("Note", "a").Signaled("Note", "b").Task().Completed();
        await ReplaysAsync<SignalFirstWorkflow>(history);
    }

    [Fact]
    public async Task Conditions_TrueTogether_ResolveOneAtATime()
    {
        await ReplaysAsync<ConditionOrderWorkflow>(new HistoryBuilder(nameof(ConditionOrderWorkflow)).Task().Completed());
    }

    [Fact]
    public async Task ConditionTimeout_ConditionHolds_CancelsTimer()
    {
        var history = new HistoryBuilder(nameof(ConditionTimeoutWorkflow))
            .Task().TimerStarted("1").Signaled("Go")
            .Task().TimerCanceled("1").Completed();
        await ReplaysAsync<ConditionTimeoutWorkflow>(history);
    }

    [Fact]
    public async Task ConditionTimeout_TimeIsUp_GivesFalse()
    {
        var history = new HistoryBuilder(nameof(ConditionTimeoutWorkflow)).Task().TimerStarted("1").TimerFired("1").Task().Failed();
        await ReplaysAsync<ConditionTimeoutWorkflow>(history);
    }

    [Fact]
    public async Task Patch_HistoryWithoutMarker_TakesOldPath()
    {
        await ReplaysAsync<PatchWorkflow>(new HistoryBuilder(nameof(PatchWorkflow)).Task().TimerStarted("1").TimerFired("1").Task().Completed());
    }

    [Fact]
    public async Task Patch_HistoryWithMarker_TakesNewPath()
    {
        var history = new HistoryBuilder(nameof(PatchWorkflow))
            .Task().Patched("p").ActivityScheduled("1", "Echo").ActivityCompleted(6, "x")
            .Task().Completed();
        await ReplaysAsync<PatchWorkflow>(history);
    }

    [Fact]
    public async Task Patch_MarkerWithSearchAttributeOfOfficialWorkers_Replays()
    {
        var history = new HistoryBuilder(nameof(PatchWorkflow))
            .Task().Patched("p").ChangeVersionUpserted().ActivityScheduled("1", "Echo").ActivityCompleted(7, "x")
            .Task().Completed();
        await ReplaysAsync<PatchWorkflow>(history);
    }

    [Fact]
    public async Task DeprecatedMarker_CallIsGone_IsPassedOver()
    {
        var history = new HistoryBuilder(nameof(ActivityWorkflow))
            .Task().Patched("p", deprecated: true).ActivityScheduled("1", "Echo").ActivityCompleted(6, "x")
            .Task().Completed();
        await ReplaysAsync<ActivityWorkflow>(history);
    }

    [Fact]
    public async Task PatchMarker_CallIsGone_IsNondeterministic()
    {
        var history = new HistoryBuilder(nameof(ActivityWorkflow)).Task().Patched("p").ActivityScheduled("1", "Echo").TaskStarted();
        (await FailsAsync<ActivityWorkflow>(history)).ShouldContain("MarkerRecorded (marker core_patch p)");
    }

    [Theory]
    [InlineData(ActivityCancellationType.TryCancel, true, false)]
    [InlineData(ActivityCancellationType.WaitCancellationCompleted, true, true)]
    [InlineData(ActivityCancellationType.Abandon, false, false)]
    public async Task CancelledActivity_ByType_RequestsAndWaits(ActivityCancellationType type, bool requests, bool waits)
    {
        var history = new HistoryBuilder(nameof(CancelActivityWorkflow), type)
            .Task().ActivityScheduled("1", "Echo").CancelRequested().Task();
        if (requests)
        {
            history.ActivityCancelRequested(5);
        }

        if (waits)
        {
            history.ActivityCanceled(5).Task();
        }

        await ReplaysAsync<CancelActivityWorkflow>(history.Canceled());
    }

    [Fact]
    public async Task Update_AcceptedInHistory_RunsInTheTaskBefore()
    {
        var history = new HistoryBuilder(nameof(UpdateWorkflow))
            .Task()
            .TaskStarted().TaskCompleted().UpdateAccepted("u1", "Add", 2).TimerStarted("1").TimerFired("1")
            .Task().UpdateCompleted("u1").Completed();
        await ReplaysAsync<UpdateWorkflow>(history);
    }

    [Fact]
    public async Task FailureException_FailsWorkflow_OtherExceptionFailsTask()
    {
        await ReplaysAsync<ThrowWorkflow>(new HistoryBuilder(nameof(ThrowWorkflow), true).Task().Failed());
        (await FailsAsync<ThrowWorkflow>(new HistoryBuilder(nameof(ThrowWorkflow), false).Task().Failed(), typeof(InvalidWorkflowOperationException)))
            .ShouldContain("ordinary");
    }

    [Fact]
    public async Task ListedException_FailsWorkflow()
    {
        var replayer = new WorkflowReplayer(
            new WorkflowReplayerOptions { WorkflowFailureExceptionTypes = [typeof(InvalidOperationException)] }.AddWorkflow<ThrowWorkflow>());
        var history = new HistoryBuilder(nameof(ThrowWorkflow), false).Task().Failed().Build();
        (await replayer.ReplayWorkflowAsync(history)).ReplayFailure.ShouldBeNull();
    }

    [Fact]
    public async Task TimeRandomAndIds_ReplayedTwice_AreTheSame()
    {
        var history = new HistoryBuilder(nameof(AmbientWorkflow)).After(TimeSpan.FromHours(1)).Task().TimerStarted("1")
            .After(TimeSpan.FromHours(1)).TimerFired("1").Task().Completed();
        AmbientWorkflow.Seen.Clear();
        await ReplaysAsync<AmbientWorkflow>(history);
        await ReplaysAsync<AmbientWorkflow>(history);
        var seen = AmbientWorkflow.Seen.ToArray();
        seen.Length.ShouldBe(2);
        seen[0].ShouldBe(seen[1]);
        seen[0].ShouldStartWith("2026-01-01T01:00:00 2026-01-01T02:00:00 ");
    }

    private static async Task ReplaysAsync<T>(HistoryBuilder history)
    {
        var result = await new WorkflowReplayer(new WorkflowReplayerOptions().AddWorkflow<T>()).ReplayWorkflowAsync(history.Build(), false);
        result.ReplayFailure.ShouldBeNull();
    }

    private static async Task<string> FailsAsync<T>(HistoryBuilder history, Type? type = null)
    {
        var result = await new WorkflowReplayer(new WorkflowReplayerOptions().AddWorkflow<T>()).ReplayWorkflowAsync(history.Build(), false);
        result.ReplayFailure.ShouldBeOfType(type ?? typeof(WorkflowNondeterminismException));
        return result.ReplayFailure!.Message;
    }

    private static class Acts
    {
        [Activity]
        public static string Echo(string text) => text;
    }

    [Workflow]
    public sealed class TimerWorkflow
    {
        [WorkflowRun]
        public Task RunAsync() => Workflow.DelayAsync(TimeSpan.FromMinutes(1));
    }

    [Workflow]
    public sealed class ActivityWorkflow
    {
        [WorkflowRun]
        public Task<string> RunAsync() =>
            Workflow.ExecuteActivityAsync(() => Acts.Echo("x"), new() { StartToCloseTimeout = TimeSpan.FromMinutes(1) });
    }

    [Workflow]
    public sealed class SignalFirstWorkflow
    {
        private readonly List<string> _notes = [];

        [WorkflowRun]
        public Task RunAsync() =>
            _notes is ["a", "b"] ? Task.CompletedTask : throw new InvalidOperationException("main ran before the signals");

        [WorkflowSignal]
        public async Task NoteAsync(string note)
        {
            await Task.CompletedTask;
            _notes.Add(note);
        }
    }

    [Workflow]
    public sealed class ConditionOrderWorkflow
    {
        private readonly List<string> _stages = ["one"];

        [WorkflowRun]
        public async Task RunAsync()
        {
            await Workflow.WhenAllAsync(
                StageAsync(() => _stages[^1] != "one", "three"),
                StageAsync(() => _stages.Count > 0, "two"),
                StageAsync(() => _stages.Count > 0, "four"));
            if (_stages is not ["one", "two", "three", "four"])
            {
                throw new InvalidOperationException(string.Join(' ', _stages));
            }
        }

        private async Task StageAsync(Func<bool> condition, string stage)
        {
            await Workflow.WaitConditionAsync(condition);
            _stages.Add(stage);
        }
    }

    [Workflow]
    public sealed class ConditionTimeoutWorkflow
    {
        private bool _go;

        [WorkflowRun]
        public async Task RunAsync()
        {
            if (!await Workflow.WaitConditionAsync(() => _go, TimeSpan.FromMinutes(1)))
            {
                throw new ApplicationFailureException("too late");
            }
        }

        [WorkflowSignal]
        public Task GoAsync()
        {
            _go = true;
            return Task.CompletedTask;
        }
    }

    [Workflow]
    public sealed class PatchWorkflow
    {
        [WorkflowRun]
        public async Task RunAsync()
        {
            if (Workflow.Patched("p"))
            {
                await Workflow.ExecuteActivityAsync(() => Acts.Echo("x"), new() { StartToCloseTimeout = TimeSpan.FromMinutes(1) });
            }
            else
            {
                await Workflow.DelayAsync(1000);
            }
        }
    }

    [Workflow]
    public sealed class CancelActivityWorkflow
    {
        [WorkflowRun]
        public async Task RunAsync(ActivityCancellationType type)
        {
            try
            {
                await Workflow.ExecuteActivityAsync(
                    () => Acts.Echo("x"), new() { StartToCloseTimeout = TimeSpan.FromMinutes(1), CancellationType = type });
            }
            catch (ActivityFailureException e)
            {
                e.InnerException.ShouldBeOfType<CanceledFailureException>();
                e.ActivityType.ShouldBe("Echo");
                throw;
            }
        }
    }

    [Workflow]
    public sealed class UpdateWorkflow
    {
        private int _sum;

        [WorkflowRun]
        public async Task RunAsync() => await Workflow.WaitConditionAsync(() => _sum > 0 && Workflow.AllHandlersFinished);

        [WorkflowUpdate]
        public async Task<int> AddAsync(int amount)
        {
            Workflow.CurrentUpdateInfo!.Name.ShouldBe("Add");
            await Workflow.DelayAsync(1);
            return _sum += amount;
        }
    }

    [Workflow]
    public sealed class ThrowWorkflow
    {
        [WorkflowRun]
        public Task RunAsync(bool failure) => throw (failure ? new ApplicationFailureException("told") : new InvalidOperationException("ordinary"));
    }

    [Workflow]
    public sealed class AmbientWorkflow
    {
        public static System.Collections.Concurrent.ConcurrentQueue<string> Seen { get; } = new();

        [WorkflowRun]
        public async Task RunAsync()
        {
            var before = Workflow.UtcNow;
            await Workflow.DelayAsync(TimeSpan.FromHours(1));
            Seen.Enqueue($"{before:s} {Workflow.UtcNow:s} {Workflow.NewGuid()} {Workflow.Random.Next()} {Workflow.Random.NextDouble()}");
        }
    }
}
