using Temporalio.Api.Common.V1;
using Temporalio.Common;
using Temporalio.Converters;

namespace Temporalio.Workflows;

/// <summary>What a workflow knows about its run. Times are UTC.</summary>
/// <param name="Attempt">Attempt of the run, starting at 1.</param>
/// <param name="ContinuedRunId">Run this one continues, by continue-as-new, retry or cron.</param>
/// <param name="CronSchedule">Cron expression.</param>
/// <param name="ExecutionTimeout">Longest time over all runs.</param>
/// <param name="FirstExecutionRunId">First run of the chain.</param>
/// <param name="Headers">Headers it was started with.</param>
/// <param name="LastFailure">Failure of the run before.</param>
/// <param name="LastResult">Result of the run before.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Parent">Parent workflow, when it is a child.</param>
/// <param name="Priority">Priority of its tasks.</param>
/// <param name="RetryPolicy">How failed runs are retried.</param>
/// <param name="Root">Root of the tree of children, when it is one.</param>
/// <param name="RunId">This run.</param>
/// <param name="RunTimeout">Longest time of one run.</param>
/// <param name="StartTime">When its first task was started.</param>
/// <param name="TaskQueue">Queue it runs on.</param>
/// <param name="TaskTimeout">Longest time of one workflow task.</param>
/// <param name="WorkflowId">Workflow id.</param>
/// <param name="WorkflowStartTime">When the run was started.</param>
/// <param name="WorkflowType">Workflow type.</param>
public record WorkflowInfo(
    int Attempt,
    string? ContinuedRunId,
    string? CronSchedule,
    TimeSpan? ExecutionTimeout,
    string FirstExecutionRunId,
    IReadOnlyDictionary<string, Payload>? Headers,
    Exception? LastFailure,
    IReadOnlyCollection<IRawValue>? LastResult,
    string Namespace,
    WorkflowInfo.ParentInfo? Parent,
    Priority Priority,
    RetryPolicy? RetryPolicy,
    WorkflowInfo.RootInfo? Root,
    string RunId,
    TimeSpan? RunTimeout,
    DateTime StartTime,
    string TaskQueue,
    TimeSpan TaskTimeout,
    string WorkflowId,
    DateTime WorkflowStartTime,
    string WorkflowType)
{
    /// <summary>Parent of a child workflow.</summary>
    /// <param name="Namespace">Its namespace.</param>
    /// <param name="RunId">Its run.</param>
    /// <param name="WorkflowId">Its workflow id.</param>
    public record ParentInfo(string Namespace, string RunId, string WorkflowId);

    /// <summary>Root of a tree of child workflows.</summary>
    /// <param name="RunId">Its run.</param>
    /// <param name="WorkflowId">Its workflow id.</param>
    public record RootInfo(string RunId, string WorkflowId);
}
