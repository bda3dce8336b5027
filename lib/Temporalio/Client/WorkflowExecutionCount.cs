using Temporalio.Protocol.Service;

namespace Temporalio.Client;

/// <summary>How many workflows a query finds.</summary>
public class WorkflowExecutionCount
{
    internal WorkflowExecutionCount(CountWorkflowExecutionsResponse raw) => Count = raw.Count;

    /// <summary>The count.</summary>
    public long Count { get; private init; }
}
