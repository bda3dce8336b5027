using Temporalio.Workflows;

namespace CodingAgent.Peers.Dotnet;

/// <summary>Counts up, one run a step; the memo follows.</summary>
[Workflow("dotnetCounting")]
internal sealed class CountingWorkflow
{
    /// <summary>Returns the end of the count.</summary>
    [WorkflowRun]
    public Task<int> RunAsync(int n, int end)
    {
        Workflow.UpsertMemo(MemoUpdate.ValueSet("n", n));
        return n < end
            ? throw Workflow.CreateContinueAsNewException((CountingWorkflow wf) => wf.RunAsync(n + 1, end))
            : Task.FromResult(n);
    }
}
