using Temporalio.Activities;
using Temporalio.Workflows;

namespace CodingAgent.Bench.Temporal;

/// <summary>One no-op activity after the other; the same as <c>benchSteps</c> in tests/Peers.</summary>
[Workflow("benchSteps")]
public sealed class BenchStepsWorkflow
{
    private static readonly ActivityOptions Options = new() { StartToCloseTimeout = TimeSpan.FromSeconds(30) };

    /// <summary>Runs so many of them.</summary>
    [WorkflowRun]
    public async Task RunAsync(int count)
    {
        for (var i = 0; i < count; i++)
            await Workflow.ExecuteActivityAsync("noop", [], Options);
    }

    /// <summary>Does nothing.</summary>
    [Activity("noop")]
    public static void Noop()
    {
    }
}
