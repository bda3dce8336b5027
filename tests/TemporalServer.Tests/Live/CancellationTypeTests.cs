using Temporalio.Activities;
using Temporalio.Client;
using Temporalio.Common;
using Temporalio.Converters;
using Temporalio.Exceptions;
using Temporalio.Workflows;
using ParentClosePolicy = Temporalio.Workflows.ParentClosePolicy;

namespace TemporalServer.Tests.Live;

/// <summary>What each way to cancel a call does to the caller, to the called, and to the history.</summary>
[Collection(nameof(LiveServer))]
public sealed class CancellationTypeTests(LiveServer server)
{
    [Theory]
    [InlineData(ChildWorkflowCancellationType.Abandon, false)]
    [InlineData(ChildWorkflowCancellationType.TryCancel, true)]
    public async Task CancelledChild_NotWaitedFor_OutlivesTheCall(ChildWorkflowCancellationType type, bool requests) =>
        await RunAsync(async queue =>
        {
            var (parent, child) = await StartAsync(queue, type);
            (await parent.GetResultAsync()).ShouldBe("cancelled");
            (await child.DescribeAsync()).Status.ShouldBe(WorkflowExecutionStatus.Running);
            var types = await TypesAsync(parent);
            types.Contains(EventType.RequestCancelExternalWorkflowExecutionInitiated).ShouldBe(requests);
            if (requests)
            {
                await Eventually.TrueAsync(() => child.QueryAsync(wf => wf.AskedToCancel), "the request to reach the child");
            }
            else
            {
                (await child.QueryAsync(wf => wf.AskedToCancel)).ShouldBeFalse();
            }

            await child.TerminateAsync();
        });

    [Theory]
    [InlineData(ChildWorkflowCancellationType.WaitCancellationRequested)]
    [InlineData(ChildWorkflowCancellationType.WaitCancellationCompleted)]
    public async Task CancelledChild_WaitedFor_EndsTheCallWhenItCloses(ChildWorkflowCancellationType type) =>
        await RunAsync(async queue =>
        {
            var (parent, child) = await StartAsync(queue, type);
            await Eventually.TrueAsync(() => child.QueryAsync(wf => wf.AskedToCancel), "the request to reach the child");
            (await parent.DescribeAsync()).Status.ShouldBe(WorkflowExecutionStatus.Running);
            await child.SignalAsync(wf => wf.LetGoAsync());
            (await parent.GetResultAsync()).ShouldBe("cancelled");
            (await child.DescribeAsync()).Status.ShouldBe(WorkflowExecutionStatus.Canceled);
            (await TypesAsync(parent)).ShouldContain(EventType.ExternalWorkflowExecutionCancelRequested);
        });

    [Theory]
    [InlineData(ActivityCancellationType.Abandon, false)]
    [InlineData(ActivityCancellationType.TryCancel, true)]
    public async Task CancelledActivity_NotWaitedFor_EndsTheCallAtOnce(ActivityCancellationType type, bool requests)
    {
        var acts = new Acts();
        await RunAsync(
            async queue =>
            {
                var handle = await server.Client.StartWorkflowAsync((ActivityCallerWorkflow wf) => wf.RunAsync(type), LiveServer.Start(queue));
                await acts.Started.Task.WaitAsync(TimeSpan.FromSeconds(60));
                await handle.SignalAsync(wf => wf.CancelCallAsync());
                (await handle.GetResultAsync()).ShouldBe("cancelled");
                (await TypesAsync(handle)).Contains(EventType.ActivityTaskCancelRequested).ShouldBe(requests);
                acts.Finish.SetResult();
            },
            acts);
    }

    [Theory]
    [InlineData(ActivityCancellationType.Abandon)]
    [InlineData(ActivityCancellationType.TryCancel)]
    [InlineData(ActivityCancellationType.WaitCancellationCompleted)]
    public async Task CallsCancelledBeforeTheyAreSent_LeaveNoTrace(ActivityCancellationType type) =>
        await RunAsync(async queue =>
        {
            var handle = await server.Client.StartWorkflowAsync((HastyWorkflow wf) => wf.RunAsync(type), LiveServer.Start(queue));
            (await handle.GetResultAsync()).ShouldBe("CanceledFailureException ActivityFailureException/CanceledFailureException ChildWorkflowFailureException/CanceledFailureException");
            (await TypesAsync(handle)).ShouldBe(
            [
                EventType.WorkflowExecutionStarted, EventType.WorkflowTaskScheduled, EventType.WorkflowTaskStarted, EventType.WorkflowTaskCompleted,
                EventType.WorkflowExecutionCompleted,
            ]);
        });

    [Fact]
    public async Task TypedSearchAttributes_SetUpsertedAndUnset_GoAlongWithTheWorkflow() =>
        await RunAsync(async queue =>
        {
            var options = LiveServer.Start(queue);
            options.TypedSearchAttributes = new SearchAttributeCollection.Builder()
                .Set(AttributesWorkflow.Stage, "start").Set(AttributesWorkflow.Round, 1).ToSearchAttributeCollection();
            options.Memo = new Dictionary<string, object> { ["plan"] = "first" };
            var handle = await server.Client.StartWorkflowAsync((AttributesWorkflow wf) => wf.RunAsync(0), options);
            (await handle.GetResultAsync()).ShouldBe("second run: upserted, no round, memo first");
            var description = await handle.DescribeAsync();
            description.TypedSearchAttributes.Get(AttributesWorkflow.Stage).ShouldBe("upserted");
            description.TypedSearchAttributes.ContainsKey(AttributesWorkflow.Round).ShouldBeFalse();
        });

    private static async Task<List<EventType>> TypesAsync(WorkflowHandle handle) =>
        [.. (await handle.FetchHistoryAsync()).Events.Select(e => e.EventType)];

    private async Task<(WorkflowHandle<ParentWorkflow, string> Parent, WorkflowHandle<ChildWorkflow> Child)> StartAsync(
        string queue, ChildWorkflowCancellationType type)
    {
        var parent = await server.Client.StartWorkflowAsync((ParentWorkflow wf) => wf.RunAsync(type), LiveServer.Start(queue));
        await Eventually.TrueAsync(async () => (await TypesAsync(parent)).Contains(EventType.ChildWorkflowExecutionStarted), "the child's start");
        return (parent, server.Client.GetWorkflowHandle<ChildWorkflow>($"{parent.Id}/child"));
    }

    private Task RunAsync(Func<string, Task> test, Acts? acts = null) => server.WithWorkerAsync(
        o => o.AddWorkflow<ParentWorkflow>().AddWorkflow<ChildWorkflow>().AddWorkflow<ActivityCallerWorkflow>().AddWorkflow<HastyWorkflow>()
            .AddWorkflow<AttributesWorkflow>().AddActivity((acts ?? new Acts()).WaitAsync),
        test);

    public sealed class Acts
    {
        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Finish { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        [Activity]
        public Task WaitAsync()
        {
            Started.TrySetResult();
            return Finish.Task.WaitAsync(ActivityExecutionContext.Current.CancellationToken);
        }
    }

    [Workflow]
    public sealed class ParentWorkflow
    {
        [WorkflowRun]
        public async Task<string> RunAsync(ChildWorkflowCancellationType type)
        {
            using var cancel = new CancellationTokenSource();
            var child = await Workflow.StartChildWorkflowAsync((ChildWorkflow wf) => wf.RunAsync(), new()
            {
                Id = $"{Workflow.Info.WorkflowId}/child",
                CancellationType = type,
                CancellationToken = cancel.Token,
                ParentClosePolicy = ParentClosePolicy.Abandon,
            });
            cancel.Cancel();
            try
            {
                await child.GetResultAsync();
                return "returned";
            }
            catch (ChildWorkflowFailureException e) when (e.InnerException is CanceledFailureException)
            {
                return "cancelled";
            }
        }
    }

    [Workflow]
    public sealed class ChildWorkflow
    {
        private bool _letGo;

        [WorkflowQuery]
        public bool AskedToCancel { get; set; }

        [WorkflowRun]
        public async Task RunAsync()
        {
            try
            {
                await Workflow.WaitConditionAsync(() => false);
            }
            catch (OperationCanceledException)
            {
                AskedToCancel = true;
                await Workflow.WaitConditionAsync(() => _letGo, cancellationToken: CancellationToken.None);
                throw;
            }
        }

        [WorkflowSignal]
        public Task LetGoAsync()
        {
            _letGo = true;
            return Task.CompletedTask;
        }
    }

    [Workflow]
    public sealed class ActivityCallerWorkflow
    {
        private readonly CancellationTokenSource _cancel = new();

        [WorkflowRun]
        public async Task<string> RunAsync(ActivityCancellationType type)
        {
            try
            {
                await Workflow.ExecuteActivityAsync(
                    (Acts a) => a.WaitAsync(),
                    new() { StartToCloseTimeout = TimeSpan.FromHours(1), CancellationType = type, CancellationToken = _cancel.Token });
                return "returned";
            }
            catch (ActivityFailureException e) when (e.InnerException is CanceledFailureException)
            {
                return "cancelled";
            }
        }

        [WorkflowSignal]
        public Task CancelCallAsync()
        {
            _cancel.Cancel();
            return Task.CompletedTask;
        }
    }

    /// <summary>Cancels calls before the task that would make them has ended.</summary>
    [Workflow]
    public sealed class HastyWorkflow
    {
        [WorkflowRun]
        public async Task<string> RunAsync(ActivityCancellationType type)
        {
            using var cancel = new CancellationTokenSource();
            var options = new ActivityOptions { StartToCloseTimeout = TimeSpan.FromHours(1), CancellationType = type, CancellationToken = cancel.Token };
            var activity = Workflow.ExecuteActivityAsync((Acts a) => a.WaitAsync(), options);
            var child = Workflow.StartChildWorkflowAsync((ChildWorkflow wf) => wf.RunAsync(), new() { CancellationToken = cancel.Token });

            // Calls take note of their token when their own step runs.
            await Workflow.RunTaskAsync(() => Task.CompletedTask);
            cancel.Cancel();
            return string.Join(
                ' ',
                await FailureOfAsync(Workflow.ExecuteActivityAsync((Acts a) => a.WaitAsync(), options)),
                await FailureOfAsync(activity),
                await FailureOfAsync(child));
        }

        private static async Task<string> FailureOfAsync(Task task)
        {
            try
            {
                await task;
                return "none";
            }
            catch (FailureException e)
            {
                return e.InnerException is { } inner ? $"{e.GetType().Name}/{inner.GetType().Name}" : e.GetType().Name;
            }
        }
    }

    [Workflow]
    public sealed class AttributesWorkflow
    {
        public static readonly SearchAttributeKey<string> Stage = SearchAttributeKey.CreateKeyword("stage");
        public static readonly SearchAttributeKey<long> Round = SearchAttributeKey.CreateLong("round");

        [WorkflowRun]
        public Task<string> RunAsync(int run)
        {
            var attributes = Workflow.TypedSearchAttributes;
            if (run > 0)
            {
                var round = attributes.ContainsKey(Round) ? "round" : "no round";
                var plan = Workflow.PayloadConverter.ToValue<string>(Workflow.Memo["plan"]);
                return Task.FromResult($"second run: {attributes.Get(Stage)}, {round}, memo {plan}");
            }

            attributes.Get(Stage).ShouldBe("start");
            attributes.Get(Round).ShouldBe(1);
            Workflow.UpsertTypedSearchAttributes(Stage.ValueSet("upserted"), Round.ValueUnset());
            Workflow.UpsertMemo(MemoUpdate.ValueSet("plan", "revised"));
            throw Workflow.CreateContinueAsNewException((AttributesWorkflow wf) => wf.RunAsync(run + 1));
        }
    }
}
