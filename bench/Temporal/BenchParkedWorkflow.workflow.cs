using Temporalio.Workflows;

namespace CodingAgent.Bench.Temporal;

/// <summary>Ends at its signal; the same as <c>benchParked</c> in tests/Peers.</summary>
[Workflow("benchParked")]
public sealed class BenchParkedWorkflow
{
    private bool _told;

    /// <summary>Waits.</summary>
    [WorkflowRun]
    public Task RunAsync() => Workflow.WaitConditionAsync(() => _told);

    /// <summary>Lets it end.</summary>
    [WorkflowSignal("go")]
    public Task GoAsync()
    {
        _told = true;
        return Task.CompletedTask;
    }
}
