using Temporalio.Protocol.Common;
using Temporalio.Workflows;

namespace Temporalio.Worker;

/// <summary>A child workflow that workflow code has asked for.</summary>
internal sealed class ChildCall(string workflowId, string type, ChildWorkflowCancellationType cancellationType)
{
    public string WorkflowId => workflowId;

    public string Type => type;

    public ChildWorkflowCancellationType CancellationType => cancellationType;

    /// <summary>Completes with the run id.</summary>
    public TaskCompletionSource<string> Start { get; } = new();

    public TaskCompletionSource<Payloads?> Result { get; } = new();

    public PendingCommand? Command { get; set; }

    public long InitiatedEventId { get; set; }

    public bool CancelRequested { get; set; }
}
