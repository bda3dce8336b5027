using System.Collections.Concurrent;
using FsCheck;
using FsCheck.Fluent;
using Temporalio.Worker;
using Temporalio.Workflows;

namespace Temporalio.Tests.Replay;

/// <summary>Whatever order things happen in, and however they are spread over tasks, code resumes in that order, every time.</summary>
public sealed class OrderPropertyTests
{
    [Fact]
    public void Timers_FiredInAnyOrder_ResumeInThatOrder() => Prop.ForAll(
        Gen.Choose(1, 8).SelectMany(n => Gen.Shuffle(Enumerable.Range(1, n).ToArray()), (_, order) => order).ToArbitrary(),
        ArbMap.Default.ArbFor<bool[]>(),
        (order, taskBreaks) =>
        {
            var history = new HistoryBuilder(nameof(FanOutWorkflow), order.Length).Task();
            foreach (var id in Enumerable.Range(1, order.Length))
            {
                history.TimerStarted(id.ToString());
            }

            for (var i = 0; i < order.Length; i++)
            {
                history.TimerFired(order[i].ToString());
                if (i < order.Length - 1 && taskBreaks.ElementAtOrDefault(i))
                {
                    history.Task();
                }
            }

            history.Task().Completed();
            return Trace(history).SequenceEqual(order) && Trace(history).SequenceEqual(order);
        }).QuickCheckThrowOnFailure();

    private static int[] Trace(HistoryBuilder history)
    {
        FanOutWorkflow.Resumed.Clear();
        var replayer = new WorkflowReplayer(new WorkflowReplayerOptions().AddWorkflow<FanOutWorkflow>());
        replayer.ReplayWorkflowAsync(history.Build()).GetAwaiter().GetResult();
        return [.. FanOutWorkflow.Resumed];
    }

    [Workflow]
    public sealed class FanOutWorkflow
    {
        public static ConcurrentQueue<int> Resumed { get; } = new();

        [WorkflowRun]
        public Task RunAsync(int count) => Workflow.WhenAllAsync(Enumerable.Range(1, count).Select(async i =>
        {
            await Workflow.DelayAsync(1000);
            Resumed.Enqueue(i);
        }));
    }
}
