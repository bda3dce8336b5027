using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace CodingAgent.Peers.Dotnet;

/// <summary>Waits in an activity, and cleans up when it is cancelled.</summary>
[Workflow("dotnetCancellable")]
internal sealed class CancellableWorkflow
{
    /// <summary>True when the cleanup ran.</summary>
    [WorkflowQuery("cleaned")]
    public bool Cleaned { get; private set; }

    /// <summary>Ends cancelled.</summary>
    [WorkflowRun]
    public async Task RunAsync()
    {
        try
        {
            await Workflow.ExecuteActivityAsync(
                () => Activities.WaitForCancelAsync(),
                new()
                {
                    StartToCloseTimeout = TimeSpan.FromMinutes(2),
                    HeartbeatTimeout = TimeSpan.FromSeconds(2),
                    CancellationType = ActivityCancellationType.WaitCancellationCompleted,
                });
        }
        catch (Exception e) when (TemporalException.IsCanceledException(e))
        {
            await Workflow.DelayAsync(10, CancellationToken.None);
            Cleaned = true;
            throw;
        }
    }
}
