using System.Collections.Concurrent;
using Temporalio.Activities;
using Temporalio.Client;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace TemporalServer.Tests.Live;

[Collection(nameof(LiveServer))]
public sealed class ActivityTests(LiveServer server)
{
    [Fact]
    public async Task Activity_OfInjectedInstance_TakesArgumentsAndReturns() =>
        await RunAsync(async queue =>
        {
            var result = await server.Client.ExecuteWorkflowAsync((CallerWorkflow wf) => wf.RunAsync(new("greet", 0)), LiveServer.Start(queue));
            result.ShouldBe("Hello, caller");
        });

    [Fact]
    public async Task Activity_FailsTwice_IsRetriedWithBackoff()
    {
        await RunAsync(async queue =>
        {
            var handle = await server.Client.StartWorkflowAsync((CallerWorkflow wf) => wf.RunAsync(new("fail-until-3")), LiveServer.Start(queue));
            (await handle.GetResultAsync()).ShouldBe("attempt 3");
            var started = (await handle.FetchHistoryAsync()).Events.Single(e => e.ActivityTaskStartedEventAttributes is not null);
            started.ActivityTaskStartedEventAttributes.Attempt.ShouldBe(3);
            started.ActivityTaskStartedEventAttributes.LastFailure.Message.ShouldBe("not yet");
        });
    }

    [Fact]
    public async Task Activity_OrdinaryException_BecomesApplicationFailureOfItsType() =>
        await RunAsync(async queue =>
        {
            var e = await Should.ThrowAsync<WorkflowFailedException>(
                () => server.Client.ExecuteWorkflowAsync((CallerWorkflow wf) => wf.RunAsync(new("throw", 1)), LiveServer.Start(queue)));
            var activity = e.InnerException.ShouldBeOfType<ActivityFailureException>();
            activity.ActivityType.ShouldBe("Work");
            activity.RetryState.ShouldBe(RetryState.MaximumAttemptsReached);
            var cause = activity.InnerException.ShouldBeOfType<ApplicationFailureException>();
            cause.ErrorType.ShouldBe(nameof(InvalidOperationException));
            cause.Message.ShouldBe("broken");
        });

    [Fact]
    public async Task Activity_NonRetryableFailure_FailsAtOnceWithDetails() =>
        await RunAsync(async queue =>
        {
            var e = await Should.ThrowAsync<WorkflowFailedException>(
                () => server.Client.ExecuteWorkflowAsync((CallerWorkflow wf) => wf.RunAsync(new("hopeless")), LiveServer.Start(queue)));
            var activity = e.InnerException.ShouldBeOfType<ActivityFailureException>();
            activity.RetryState.ShouldBe(RetryState.NonRetryableFailure);
            var cause = activity.InnerException.ShouldBeOfType<ApplicationFailureException>();
            cause.NonRetryable.ShouldBeTrue();
            cause.Details.ElementAt<string>(0).ShouldBe("why");
        });

    [Fact]
    public async Task FailureChain_AcrossTheWire_KeepsTypesMessagesAndDetails() =>
        await RunAsync(async queue =>
        {
            Exception? e = await Should.ThrowAsync<WorkflowFailedException>(
                () => server.Client.ExecuteWorkflowAsync((CallerWorkflow wf) => wf.RunAsync(new("chain", 1)), LiveServer.Start(queue)));
            e = e.InnerException.ShouldBeOfType<ActivityFailureException>();
            for (var i = 3; i > 0; i--)
            {
                var link = (e = e.InnerException).ShouldBeOfType<ApplicationFailureException>();
                link.Message.ShouldBe($"link {i}");
                link.ErrorType.ShouldBe($"Type{i}");
                link.Details.Count.ShouldBe(2);
                link.Details.ElementAt<int>(0).ShouldBe(i);
                link.Details.ElementAt<string?>(1).ShouldBeNull();
                (link.StackTrace is not null).ShouldBe(i == 3, "only the outermost link was thrown");
            }

            e.InnerException.ShouldBeNull();
        });

    [Fact]
    public async Task Activity_TooSlow_TimesOut() =>
        await RunAsync(async queue =>
        {
            var e = await Should.ThrowAsync<WorkflowFailedException>(() => server.Client.ExecuteWorkflowAsync(
                (CallerWorkflow wf) => wf.RunAsync(new("hang", 1, 300, null, null, null, false)), LiveServer.Start(queue)));
            var timeout = e.InnerException!.InnerException.ShouldBeOfType<TimeoutFailureException>();
            timeout.TimeoutType.ShouldBe(TimeoutType.StartToClose);
        });

    [Fact]
    public async Task Activity_SilentTooLong_TimesOutAndNextAttemptReadsHeartbeat() =>
        await RunAsync(async queue =>
        {
            var result = await server.Client.ExecuteWorkflowAsync(
                (CallerWorkflow wf) => wf.RunAsync(new("heartbeat-once", 0, 30_000, 1000, null, null, false)), LiveServer.Start(queue));
            result.ShouldBe("resumed at 7");
        });

    [Fact]
    public async Task Activity_FailedRightAfterItsHeartbeat_LeavesTheDetailsToTheNextAttempt() =>
        await RunAsync(async queue =>
        {
            // Many at once: the failure meets the heartbeat before, while and after it is sent.
            var results = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => server.Client.ExecuteWorkflowAsync(
                (CallerWorkflow wf) => wf.RunAsync(new("heartbeat-and-fail", 0, 30_000, 20_000, null, null, false)), LiveServer.Start(queue))));
            results.ShouldAllBe(r => r == "resumed at 7");
        });

    [Fact]
    public async Task Activity_NoWorkerOfItsQueue_TimesOutScheduleToStart() =>
        await RunAsync(async queue =>
        {
            var e = await Should.ThrowAsync<WorkflowFailedException>(() => server.Client.ExecuteWorkflowAsync(
                (CallerWorkflow wf) => wf.RunAsync(new("greet", 0, 30_000, null, 200, "nobody", false)), LiveServer.Start(queue)));
            e.InnerException!.InnerException.ShouldBeOfType<TimeoutFailureException>().TimeoutType.ShouldBe(TimeoutType.ScheduleToStart);
        });

    [Fact]
    public async Task Workflow_Cancelled_ReachesActivityThroughHeartbeat()
    {
        var work = new Work();
        await RunAsync(
            async queue =>
            {
                var handle = await server.Client.StartWorkflowAsync(
                    (CallerWorkflow wf) => wf.RunAsync(new("wait-for-cancel", 0, 30_000, 30_000, null, null, true)), LiveServer.Start(queue));
                await work.Started.Task;
                await handle.CancelAsync();
                var e = await Should.ThrowAsync<WorkflowFailedException>(() => handle.GetResultAsync());
                e.InnerException.ShouldBeOfType<CanceledFailureException>();
                (await work.Cancelled.Task).ShouldBe(ActivityCancelReason.CancelRequested);
                (await handle.DescribeAsync()).Status.ShouldBe(WorkflowExecutionStatus.Canceled);
            },
            work);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Activity_CompletedFromOutside_ReturnsWhatWasSaid(bool byToken)
    {
        var work = new Work();
        await RunAsync(
            async queue =>
            {
                var handle = await server.Client.StartWorkflowAsync((CallerWorkflow wf) => wf.RunAsync(new("outside")), LiveServer.Start(queue));
                await work.Started.Task;
                var activity = byToken
                    ? server.Client.GetAsyncActivityHandle(work.Info!.TaskToken)
                    : server.Client.GetAsyncActivityHandle(handle.Id, handle.ResultRunId!, work.Info!.ActivityId);
                await activity.HeartbeatAsync();
                await activity.CompleteAsync("from outside");
                (await handle.GetResultAsync()).ShouldBe("from outside");
            },
            work);
    }

    [Fact]
    public async Task LocalActivity_LeavesAMarkerAndReturns() =>
        await RunAsync(async queue =>
        {
            var handle = await server.Client.StartWorkflowAsync((CallerWorkflow wf) => wf.RunAsync(new("local")), LiveServer.Start(queue));
            (await handle.GetResultAsync()).ShouldBe("Hello, local caller");
            var events = (await handle.FetchHistoryAsync()).Events;
            events.ShouldContain(e => e.MarkerRecordedEventAttributes != null && e.MarkerRecordedEventAttributes.MarkerName == "core_local_activity");
            events.ShouldNotContain(e => e.ActivityTaskScheduledEventAttributes != null);
        });

    [Fact]
    public async Task Worker_ShutDown_TellsActivitiesAndWaitsForThem()
    {
        var work = new Work();
        await RunAsync(
            async queue =>
            {
                await server.Client.StartWorkflowAsync(
                    (CallerWorkflow wf) => wf.RunAsync(new("wait-for-cancel", 1)), LiveServer.Start(queue));
                await work.Started.Task;
            },
            work);
        (await work.Cancelled.Task).ShouldBe(ActivityCancelReason.WorkerShutdown);
    }

    [Fact]
    public async Task UnknownActivity_IsNotFoundAndRetried() =>
        await RunAsync(async queue =>
        {
            var e = await Should.ThrowAsync<WorkflowFailedException>(() => server.Client.ExecuteWorkflowAsync(
                (CallerWorkflow wf) => wf.RunAsync(new("unknown", 1)), LiveServer.Start(queue)));
            e.InnerException!.InnerException!.Message.ShouldContain("Activity Missing is not registered");
        });

    private Task RunAsync(Func<string, Task> test, Work? work = null) =>
        server.WithWorkerAsync(o => o.AddWorkflow<CallerWorkflow>().AddAllActivities(work ?? new Work()), test);

    public sealed record CallInput(
        string Mode,
        int MaximumAttempts = 0,
        int StartToCloseMs = 30_000,
        int? HeartbeatMs = null,
        int? ScheduleToStartMs = null,
        string? TaskQueue = null,
        bool WaitForCancel = false);

    public sealed class Work
    {
        private readonly ConcurrentDictionary<string, int> _attempts = new();

        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<ActivityCancelReason> Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ActivityInfo? Info { get; private set; }

        [Activity]
        public string Greet(string name) => $"Hello, {name}";

        [Activity]
        public async Task<string> WorkAsync(string mode)
        {
            var context = ActivityExecutionContext.Current;
            var attempt = _attempts.AddOrUpdate(context.Info.WorkflowId!, 1, (_, n) => n + 1);
            attempt.ShouldBe(context.Info.Attempt);
            switch (mode)
            {
                case "fail-until-3":
                    return attempt < 3 ? throw new ApplicationFailureException("not yet") : $"attempt {attempt}";
                case "throw":
                    throw new InvalidOperationException("broken");
                case "chain":
                    Exception? inner = null;
                    for (var i = 1; i <= 3; i++)
                    {
                        inner = new ApplicationFailureException($"link {i}", inner, $"Type{i}", details: [i, null]);
                    }

                    throw inner!;
                case "outside":
                    Info = context.Info;
                    Started.TrySetResult();
                    throw new CompleteAsyncException();
                case "hopeless":
                    throw new ApplicationFailureException("never", nonRetryable: true, details: ["why"]);
                case "heartbeat-once" when attempt == 1:
                    context.Heartbeat(7);
                    await Task.Delay(Timeout.Infinite, context.CancellationToken);
                    return "never";
                case "heartbeat-and-fail" when attempt == 1:
                    context.Heartbeat(7);
                    throw new ApplicationFailureException("not yet");
                case "heartbeat-once" or "heartbeat-and-fail":
                    return $"resumed at {await context.Info.HeartbeatDetailAtAsync<int>(0)}";
                case "wait-for-cancel":
                    Started.TrySetResult();
                    try
                    {
                        while (true)
                        {
                            context.Heartbeat();
                            await Task.Delay(50, context.CancellationToken);
                        }
                    }
                    catch (OperationCanceledException)
                    {
                        Cancelled.TrySetResult(context.CancelReason);
                        throw;
                    }

                default:
                    await Task.Delay(Timeout.Infinite, context.CancellationToken);
                    return "never";
            }
        }
    }

    [Workflow]
    public sealed class CallerWorkflow
    {
        [WorkflowRun]
        public async Task<string> RunAsync(CallInput input)
        {
            var options = new ActivityOptions
            {
                StartToCloseTimeout = TimeSpan.FromMilliseconds(input.StartToCloseMs),
                HeartbeatTimeout = input.HeartbeatMs is { } heartbeat ? TimeSpan.FromMilliseconds(heartbeat) : null,
                ScheduleToStartTimeout = input.ScheduleToStartMs is { } start ? TimeSpan.FromMilliseconds(start) : null,
                TaskQueue = input.TaskQueue,
                RetryPolicy = new() { InitialInterval = TimeSpan.FromMilliseconds(50), MaximumAttempts = input.MaximumAttempts },
                CancellationType = input.WaitForCancel ? ActivityCancellationType.WaitCancellationCompleted : ActivityCancellationType.TryCancel,
            };
            return input.Mode switch
            {
                "greet" => await Workflow.ExecuteActivityAsync((Work w) => w.Greet("caller"), options),
                "local" => await Workflow.ExecuteLocalActivityAsync(
                    (Work w) => w.Greet("local caller"), new() { StartToCloseTimeout = options.StartToCloseTimeout }),
                "unknown" => await Workflow.ExecuteActivityAsync<string>("Missing", [], options),
                _ => await Workflow.ExecuteActivityAsync((Work w) => w.WorkAsync(input.Mode), options),
            };
        }
    }
}
