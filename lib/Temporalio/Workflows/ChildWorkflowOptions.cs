using Temporalio.Api.Enums.V1;
using Temporalio.Common;

namespace Temporalio.Workflows;

/// <summary>How a workflow starts a child.</summary>
public class ChildWorkflowOptions : ICloneable
{
    /// <summary>Workflow id; a deterministic new one when null.</summary>
    public string? Id { get; set; }

    /// <summary>Queue to run on; the parent's own when null.</summary>
    public string? TaskQueue { get; set; }

    /// <summary>One line for people.</summary>
    public string? StaticSummary { get; set; }

    /// <summary>More for people.</summary>
    public string? StaticDetails { get; set; }

    /// <summary>How failed runs are retried; null for not at all.</summary>
    public RetryPolicy? RetryPolicy { get; set; }

    /// <summary>How a cancelled call ends.</summary>
    public ChildWorkflowCancellationType CancellationType { get; set; } = ChildWorkflowCancellationType.WaitCancellationCompleted;

    /// <summary>Cancels the child; the workflow's own token when null.</summary>
    public CancellationToken? CancellationToken { get; set; }

    /// <summary>What happens to the child when the parent closes.</summary>
    public Workflows.ParentClosePolicy ParentClosePolicy { get; set; } = Workflows.ParentClosePolicy.Terminate;

    /// <summary>Longest time over all runs.</summary>
    public TimeSpan? ExecutionTimeout { get; set; }

    /// <summary>Longest time of one run.</summary>
    public TimeSpan? RunTimeout { get; set; }

    /// <summary>Longest time of one workflow task.</summary>
    public TimeSpan? TaskTimeout { get; set; }

    /// <summary>What happens when the id was used by a closed workflow.</summary>
    public WorkflowIdReusePolicy IdReusePolicy { get; set; } = WorkflowIdReusePolicy.AllowDuplicate;

    /// <summary>Cron expression; null to run once.</summary>
    public string? CronSchedule { get; set; }

    /// <summary>Values shown with the workflow.</summary>
    public IReadOnlyDictionary<string, object>? Memo { get; set; }

    /// <summary>Values the workflow can be found by.</summary>
    public SearchAttributeCollection? TypedSearchAttributes { get; set; }

    /// <summary>Priority of its tasks.</summary>
    public Priority? Priority { get; set; }

    /// <inheritdoc />
    public virtual object Clone() => MemberwiseClone();
}
