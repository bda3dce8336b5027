using CodingAgent.Workflows.Life;
using CodingAgent.Workflows.Tasks;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace CodingAgent.Workflows.Tests.Life;

/// <summary>That the recorded histories do their work: a workflow that does one thing more is caught by each of them, unless it is patched.</summary>
public sealed class ChangedWorkflowTests
{
    public static TheoryData<string> Recorded => Histories.Recorded;

    [Theory]
    [MemberData(nameof(Recorded))]
    public async Task History_AgainstAChangedWorkflow_NamesEventAndCommand(string name)
    {
        var failure = (await Histories.ReplayAsync<WithoutPatch>(Histories.Load(name))).ReplayFailure;
        failure.ShouldBeOfType<WorkflowNondeterminismException>().Message
            .ShouldMatch(@"\[TMPRL1100\] Nondeterminism error: Timer machine does not handle this event: HistoryEvent\(id: \d+, (ActivityTaskScheduled|SignalExternalWorkflowExecutionInitiated)\)");
    }

    [Theory]
    [MemberData(nameof(Recorded))]
    public async Task History_AgainstAChangeBehindAPatch_Replays(string name) =>
        (await Histories.ReplayAsync<WithPatch>(Histories.Load(name))).ReplayFailure.ShouldBeNull();

    [Workflow(nameof(CodingTaskWorkflow))]
    public sealed class WithoutPatch
    {
        private readonly CodingTaskWorkflow _task;

        [WorkflowInit]
        public WithoutPatch(CodingTaskInput input) => _task = new CodingTaskWorkflow(input);

        [WorkflowSignal]
        public Task NotifyAsync(CodingTaskSignal signal) => _task.NotifyAsync(signal);

        [WorkflowRun]
        public async Task<TaskSummary> RunAsync(CodingTaskInput input)
        {
            await Workflow.DelayAsync(TimeSpan.FromSeconds(1));
            return await _task.RunAsync(input);
        }
    }

    [Workflow(nameof(CodingTaskWorkflow))]
    public sealed class WithPatch
    {
        private readonly CodingTaskWorkflow _task;

        [WorkflowInit]
        public WithPatch(CodingTaskInput input) => _task = new CodingTaskWorkflow(input);

        [WorkflowSignal]
        public Task NotifyAsync(CodingTaskSignal signal) => _task.NotifyAsync(signal);

        [WorkflowRun]
        public async Task<TaskSummary> RunAsync(CodingTaskInput input)
        {
            if (Workflow.Patched("a-pause-first"))
                await Workflow.DelayAsync(TimeSpan.FromSeconds(1));
            return await _task.RunAsync(input);
        }
    }
}
