using Microsoft.Extensions.Logging;
using Temporalio.Activities;
using Temporalio.Workflows;

namespace Temporalio.Worker;

/// <summary>What a worker runs and how much at once. The task queue and at least one workflow or activity are required.</summary>
public class TemporalWorkerOptions : ICloneable
{
    private List<ActivityDefinition> _activities = [];
    private List<WorkflowDefinition> _workflows = [];

    /// <summary>No queue yet: <see cref="TaskQueue" /> must be set.</summary>
    public TemporalWorkerOptions()
    {
    }

    /// <summary>A queue.</summary>
    /// <param name="taskQueue">Queue to work on.</param>
    public TemporalWorkerOptions(string taskQueue) => TaskQueue = taskQueue;

    /// <summary>Queue to work on.</summary>
    public string? TaskQueue { get; set; }

    /// <summary>Activities it runs.</summary>
    public IList<ActivityDefinition> Activities => _activities;

    /// <summary>Workflows it runs.</summary>
    public IList<WorkflowDefinition> Workflows => _workflows;

    /// <summary>What calls of workflows and activities go through, outermost first; those of the client come before them.</summary>
    public IReadOnlyCollection<Interceptors.IWorkerInterceptor>? Interceptors { get; set; }

    /// <summary>Name of this worker for people; the connection's when null.</summary>
    public string? Identity { get; set; }

    /// <summary>Most activities at once; 100 when null.</summary>
    public int? MaxConcurrentActivities { get; set; }

    /// <summary>Most workflow tasks at once; 100 when null.</summary>
    public int? MaxConcurrentWorkflowTasks { get; set; }

    /// <summary>Longest time between two heartbeats that are really sent.</summary>
    public TimeSpan MaxHeartbeatThrottleInterval { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Time between two heartbeats that are really sent, for activities without a heartbeat timeout.</summary>
    public TimeSpan DefaultHeartbeatThrottleInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Most activities the server hands out per second from this queue to all its workers; null for no limit.</summary>
    public double? MaxTaskQueueActivitiesPerSecond { get; set; }

    /// <summary>Time between the begin of a shutdown and the cancellation of running activities.</summary>
    public TimeSpan GracefulShutdownTimeout { get; set; } = TimeSpan.Zero;

    /// <summary>Most workflows kept in memory between tasks; 0 replays the history for every task.</summary>
    public int MaxCachedWorkflows { get; set; } = 10000;

    /// <summary>Time a task may wait for the worker that has its workflow in memory.</summary>
    public TimeSpan StickyQueueScheduleToStartTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Most polls for workflow tasks at once.</summary>
    public int MaxConcurrentWorkflowTaskPolls { get; set; } = 5;

    /// <summary>
    /// Share of <see cref="MaxConcurrentWorkflowTaskPolls" /> that asks for workflows of any worker while workflows are kept in
    /// memory; the rest asks for those kept here. Each kind has one poll at least.
    /// </summary>
    public float NonStickyToStickyPollRatio { get; set; } = 0.2F;

    /// <summary>Most polls for activity tasks at once.</summary>
    public int MaxConcurrentActivityTaskPolls { get; set; } = 5;

    /// <summary>Exceptions, besides Temporal's failures, that fail a workflow instead of its task.</summary>
    public IReadOnlyCollection<Type>? WorkflowFailureExceptionTypes { get; set; }

    /// <summary>
    /// Turns off the watch that fails a workflow task whose code leaves the workflow's scheduler: by <c>Task.Run</c>, timers of .NET,
    /// <c>ConfigureAwait(false)</c>, I/O.
    /// </summary>
    public bool DisableWorkflowTracingEventListener { get; set; }

    /// <summary>Where to log; the client's when null.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>Interceptors of the client and of these options, once a worker has taken them.</summary>
    internal IReadOnlyCollection<Interceptors.IWorkerInterceptor> AllInterceptors { get; set; } = [];

    /// <summary>Adds an activity.</summary>
    /// <param name="del">Delegate of a method marked with <see cref="ActivityAttribute" />.</param>
    /// <returns>These options.</returns>
    public TemporalWorkerOptions AddActivity(Delegate del) => AddActivity(ActivityDefinition.Create(del));

    /// <summary>Adds an activity.</summary>
    /// <param name="definition">Its definition.</param>
    /// <returns>These options.</returns>
    public TemporalWorkerOptions AddActivity(ActivityDefinition definition)
    {
        _activities.Add(definition);
        return this;
    }

    /// <summary>Adds all activities of a type.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="instance">Object that instance methods are called on; may be null when all are static.</param>
    /// <returns>These options.</returns>
    public TemporalWorkerOptions AddAllActivities<T>(T? instance) => AddAllActivities(typeof(T), instance);

    /// <summary>Adds all activities of a type.</summary>
    /// <param name="type">The type.</param>
    /// <param name="instance">Object that instance methods are called on; may be null when all are static.</param>
    /// <returns>These options.</returns>
    public TemporalWorkerOptions AddAllActivities(Type type, object? instance)
    {
        _activities.AddRange(ActivityDefinition.CreateAll(type, instance));
        return this;
    }

    /// <summary>Adds a workflow.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <returns>These options.</returns>
    public TemporalWorkerOptions AddWorkflow<T>() => AddWorkflow(typeof(T));

    /// <summary>Adds a workflow.</summary>
    /// <param name="type">Its type.</param>
    /// <returns>These options.</returns>
    public TemporalWorkerOptions AddWorkflow(Type type) => AddWorkflow(WorkflowDefinition.Create(type));

    /// <summary>Adds a workflow.</summary>
    /// <param name="definition">Its definition.</param>
    /// <returns>These options.</returns>
    public TemporalWorkerOptions AddWorkflow(WorkflowDefinition definition)
    {
        _workflows.Add(definition);
        return this;
    }

    /// <inheritdoc />
    public virtual object Clone()
    {
        var copy = (TemporalWorkerOptions)MemberwiseClone();
        copy._activities = [.. _activities];
        copy._workflows = [.. _workflows];
        return copy;
    }
}
