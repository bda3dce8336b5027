using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace CodingAgent.Peers.Dotnet;

/// <summary>Fails by itself, or by its activity.</summary>
[Workflow("dotnetFailing")]
internal sealed class FailingWorkflow
{
    /// <summary>Fails in the way asked for.</summary>
    [WorkflowRun]
    public async Task RunAsync(string way)
    {
        if (way == "activity")
            await Workflow.ExecuteActivityAsync(() => Activities.Refuse(), new() { StartToCloseTimeout = TimeSpan.FromSeconds(30) });
        throw new ApplicationFailureException(
            "outer", new ApplicationFailureException("inner", errorType: "Inner"), "Outer", nonRetryable: true, details: [new Dictionary<string, int>(StringComparer.Ordinal) { ["code"] = 7 }]);
    }
}
