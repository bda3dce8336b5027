using Temporalio.Exceptions;
using Temporalio.Worker;
using Temporalio.Workflows;

namespace Temporalio.Tests.Replay;

/// <summary>Workflow code that leaves the workflow's scheduler fails its task and is told where it left.</summary>
public sealed class EscapeTests
{
    [Theory]
    [InlineData("delay", "Task.Delay")]
    [InlineData("run", "Task.Run")]
    [InlineData("run-in-lambda", "Task.Run")]
    [InlineData("start-new", "TaskFactory.StartNew")]
    [InlineData("continue-with", "Task.ContinueWith")]
    [InlineData("wait-async", "Task.WaitAsync")]
    [InlineData("cancel-after", "CancellationTokenSource.CancelAfter")]
    [InlineData("cancel-async", "CancellationTokenSource.CancelAsync")]
    [InlineData("queue", "ThreadPool.QueueUserWorkItem")]
    [InlineData("file", "ReadAllTextAsync")]
    public async Task Code_HandingWorkToOthers_FailsTheTaskWithCallAndPlace(string mode, string call)
    {
        var message = await FailsAsync(mode);
        message.ShouldContain($"{call}, called in {nameof(EscapingWorkflow)}.RunAsync (");
        message.ShouldContain($"{nameof(EscapeTests)}.cs:");
    }

    [Theory]
    [InlineData("unconfigured-then-api", "Workflow.UtcNow is called on another thread in EscapingWorkflow.RunAsync (")]
    [InlineData("unconfigured-then-return", "EscapingWorkflow.RunAsync")]
    [InlineData("thread-then-api", "Workflow.UtcNow is called on another thread in EscapingWorkflow.RunAsync (")]
    public async Task Code_GoingOnOnAnotherThread_FailsTheTaskWithPlace(string mode, string expected)
    {
        var message = await FailsAsync(mode);
        message.ShouldContain(expected);
        message.ShouldContain("ConfigureAwait(false)");
        message.ShouldContain($"{nameof(EscapeTests)}.cs:");
    }

    [Theory]
    [InlineData("start-new-here")]
    [InlineData("continue-with-here")]
    [InlineData("when-any")]
    [InlineData("when-all")]
    [InlineData("run-task")]
    [InlineData("allowed")]
    [InlineData("wakes-others")]
    public async Task Code_StayingOnTheScheduler_Replays(string mode)
    {
        var woken = EscapingWorkflow.WaitOutsideAsync();
        var result = await ReplayAsync(new HistoryBuilder(nameof(EscapingWorkflow), mode).Task().Completed());
        result.ReplayFailure.ShouldBeNull();
        if (mode == "wakes-others")
        {
            await woken.WaitAsync(TimeSpan.FromSeconds(60));
        }
    }

    [Fact]
    public async Task Code_AllowedToLeave_MayNotIssueCommands()
    {
        var result = await ReplayAsync(new HistoryBuilder(nameof(EscapingWorkflow), "allowed-with-timer").Task().TimerStarted("1"));
        result.ReplayFailure!.Message.ShouldContain("may not issue workflow commands");
    }

    [Fact]
    public async Task Watch_TurnedOff_LetsCodeLeave()
    {
        var options = new WorkflowReplayerOptions { DisableWorkflowTracingEventListener = true }.AddWorkflow<EscapingWorkflow>();
        var history = new HistoryBuilder(nameof(EscapingWorkflow), "delay").Task().Build();
        (await new WorkflowReplayer(options).ReplayWorkflowAsync(history, throwOnReplayFailure: false)).ReplayFailure.ShouldBeNull();
    }

    private static async Task<string> FailsAsync(string mode)
    {
        var result = await ReplayAsync(new HistoryBuilder(nameof(EscapingWorkflow), mode).Task());
        return result.ReplayFailure.ShouldBeOfType<InvalidWorkflowSchedulerException>().Message;
    }

    private static Task<WorkflowReplayResult> ReplayAsync(HistoryBuilder history) =>
        new WorkflowReplayer(new WorkflowReplayerOptions().AddWorkflow<EscapingWorkflow>())
            .ReplayWorkflowAsync(history.Build(), throwOnReplayFailure: false);

    [Workflow]
    public sealed class EscapingWorkflow
    {
        private static TaskCompletionSource _outside = new();

        public static async Task WaitOutsideAsync()
        {
            var outside = new TaskCompletionSource();
            _outside = outside;
            await outside.Task.ConfigureAwait(false);
        }

        [WorkflowRun]
        public async Task RunAsync(string mode)
        {
            var here = new TaskCompletionSource();
            switch (mode)
            {
                case "delay":
                    await Task.Delay(TimeSpan.FromHours(1));
                    break;
                case "run":
                    await Task.Run(() => 1);
                    break;
                case "run-in-lambda":
                    await Workflow.RunTaskAsync(async () => await Task.Run(() => 1));
                    break;
                case "start-new":
                    await Task.Factory.StartNew(() => 1, CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Default);
                    break;
                case "continue-with":
                    await Task.CompletedTask.ContinueWith(_ => 1, TaskScheduler.Default);
                    break;
                case "wait-async":
                    await here.Task.WaitAsync(TimeSpan.FromHours(1));
                    break;
                case "cancel-after":
                    new CancellationTokenSource().CancelAfter(TimeSpan.FromHours(1));
                    break;
                case "cancel-async":
                    var source = new CancellationTokenSource();
                    source.Token.Register(() => { });
                    await source.CancelAsync();
                    break;
                case "queue":
                    ThreadPool.QueueUserWorkItem(_ => { });
                    break;
                case "file":
                    await File.ReadAllTextAsync("/proc/self/status");
                    break;
                case "unconfigured-then-api":
                    _ = Workflow.RunTaskAsync(() => CompleteAsync(here));
                    await here.Task.ConfigureAwait(false);
                    _ = Workflow.UtcNow;
                    break;
                case "unconfigured-then-return":
                    _ = Workflow.RunTaskAsync(() => CompleteAsync(here));
                    await here.Task.ConfigureAwait(false);
                    break;
                case "thread-then-api":
                    var thread = new Thread(() => Record(() => _ = Workflow.UtcNow));
                    thread.Start();
                    thread.Join();
                    break;
                case "start-new-here":
                    await Task.Factory.StartNew(() => 1);
                    break;
                case "continue-with-here":
                    await Task.CompletedTask.ContinueWith(_ => 1);
                    break;
                case "when-any":
                    await await Workflow.WhenAnyAsync(Task.FromResult(1), Task.FromResult(2), Task.FromResult(3));
                    break;
                case "when-all":
                    await Workflow.WhenAllAsync(Workflow.RunTaskAsync(() => CompleteAsync(here)), Task.CompletedTask);
                    break;
                case "run-task":
                    await Workflow.RunTaskAsync(() => CompleteAsync(here));
                    break;
                case "allowed":
                    Workflow.Unsafe.WithTracingEventListenerDisabled(() => Task.Run(() => 1).GetAwaiter().GetResult());
                    break;
                case "allowed-with-timer":
                    Workflow.Unsafe.WithTracingEventListenerDisabled(() => { _ = Workflow.DelayAsync(TimeSpan.FromHours(1)); });
                    break;
                case "wakes-others":
                    _outside.SetResult();
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(mode), mode, "unknown");
            }
        }

        private static Task CompleteAsync(TaskCompletionSource source)
        {
            source.SetResult();
            return Task.CompletedTask;
        }

        /// <summary>An exception on a thread of its own would end the process.</summary>
        private static void Record(Action action)
        {
            try
            {
                action();
            }
            catch (InvalidWorkflowSchedulerException)
            {
                // Reported by the worker too.
            }
        }
    }
}
