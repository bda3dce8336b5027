using System.Linq.Expressions;
using Temporalio.Api.Enums.V1;
using Temporalio.Common;

namespace Temporalio.Client;

/// <summary>How a workflow is started. Id and task queue are required.</summary>
public class WorkflowOptions : ICloneable
{
    /// <summary>Nothing set yet.</summary>
    public WorkflowOptions()
    {
    }

    /// <summary>Id and queue.</summary>
    /// <param name="id">Workflow id.</param>
    /// <param name="taskQueue">Queue to run on.</param>
    public WorkflowOptions(string id, string taskQueue)
    {
        Id = id;
        TaskQueue = taskQueue;
    }

    /// <summary>Workflow id.</summary>
    public string? Id { get; set; }

    /// <summary>Queue to run on.</summary>
    public string? TaskQueue { get; set; }

    /// <summary>One line for people.</summary>
    public string? StaticSummary { get; set; }

    /// <summary>More for people.</summary>
    public string? StaticDetails { get; set; }

    /// <summary>Longest time over all runs.</summary>
    public TimeSpan? ExecutionTimeout { get; set; }

    /// <summary>Longest time of one run.</summary>
    public TimeSpan? RunTimeout { get; set; }

    /// <summary>Longest time of one workflow task; 10 seconds when null.</summary>
    public TimeSpan? TaskTimeout { get; set; }

    /// <summary>What happens when the id was used by a closed workflow.</summary>
    public WorkflowIdReusePolicy IdReusePolicy { get; set; } = WorkflowIdReusePolicy.AllowDuplicate;

    /// <summary>What happens when the id is used by a running workflow.</summary>
    public WorkflowIdConflictPolicy IdConflictPolicy { get; set; } = WorkflowIdConflictPolicy.Unspecified;

    /// <summary>How failed runs are retried; null for not at all.</summary>
    public RetryPolicy? RetryPolicy { get; set; }

    /// <summary>Cron expression; null to run once.</summary>
    public string? CronSchedule { get; set; }

    /// <summary>Values shown with the workflow.</summary>
    public IReadOnlyDictionary<string, object>? Memo { get; set; }

    /// <summary>Values the workflow can be found by.</summary>
    public SearchAttributeCollection? TypedSearchAttributes { get; set; }

    /// <summary>Delay before the first task.</summary>
    public TimeSpan? StartDelay { get; set; }

    /// <summary>Signal sent with the start; the workflow is started only when it is not running.</summary>
    public string? StartSignal { get; set; }

    /// <summary>Arguments of that signal.</summary>
    public IReadOnlyCollection<object?>? StartSignalArgs { get; set; }

    /// <summary>How the call is made.</summary>
    public RpcOptions? Rpc { get; set; }

    /// <summary>Priority of its tasks.</summary>
    public Priority? Priority { get; set; }

    /// <summary>Sets the signal sent with the start.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <param name="signalCall">Call of the signal method.</param>
    public void SignalWithStart<TWorkflow>(Expression<Func<TWorkflow, Task>> signalCall)
    {
        var (signal, args) = Calls.OfSignal(signalCall);
        SignalWithStart(signal, args);
    }

    /// <summary>Sets the signal sent with the start.</summary>
    /// <param name="signal">Signal name.</param>
    /// <param name="args">Arguments.</param>
    public void SignalWithStart(string signal, IReadOnlyCollection<object?> args)
    {
        StartSignal = signal;
        StartSignalArgs = args;
    }

    /// <inheritdoc />
    public virtual object Clone()
    {
        var copy = (WorkflowOptions)MemberwiseClone();
        copy.Rpc = (RpcOptions?)Rpc?.Clone();
        return copy;
    }
}
