using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Temporalio.Converters;
using Temporalio.Workflows;

namespace Temporalio.Worker;

/// <summary>What a replayer can replay.</summary>
public class WorkflowReplayerOptions : ICloneable
{
    private List<WorkflowDefinition> _workflows = [];

    /// <summary>Workflows it can replay.</summary>
    public IList<WorkflowDefinition> Workflows => _workflows;

    /// <summary>Namespace the workflows see.</summary>
    public string Namespace { get; set; } = "ReplayNamespace";

    /// <summary>Task queue the workflows see.</summary>
    public string TaskQueue { get; set; } = "ReplayTaskQueue";

    /// <summary>How payloads are read.</summary>
    public DataConverter DataConverter { get; set; } = DataConverter.Default;

    /// <summary>What calls into workflows and out of them go through, outermost first.</summary>
    public IReadOnlyCollection<Interceptors.IWorkerInterceptor>? Interceptors { get; set; }

    /// <summary>Where to log.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>Exceptions, besides Temporal's failures, that fail a workflow instead of its task.</summary>
    public IReadOnlyCollection<Type>? WorkflowFailureExceptionTypes { get; set; }

    /// <summary>
    /// Turns off the watch that fails a workflow task whose code leaves the workflow's scheduler: by <c>Task.Run</c>, timers of .NET,
    /// <c>ConfigureAwait(false)</c>, I/O.
    /// </summary>
    public bool DisableWorkflowTracingEventListener { get; set; }

    /// <summary>Adds a workflow.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <returns>These options.</returns>
    public WorkflowReplayerOptions AddWorkflow<T>() => AddWorkflow(typeof(T));

    /// <summary>Adds a workflow.</summary>
    /// <param name="type">Its type.</param>
    /// <returns>These options.</returns>
    public WorkflowReplayerOptions AddWorkflow(Type type) => AddWorkflow(WorkflowDefinition.Create(type));

    /// <summary>Adds a workflow.</summary>
    /// <param name="definition">Its definition.</param>
    /// <returns>These options.</returns>
    public WorkflowReplayerOptions AddWorkflow(WorkflowDefinition definition)
    {
        _workflows.Add(definition);
        return this;
    }

    /// <inheritdoc />
    public virtual object Clone()
    {
        var copy = (WorkflowReplayerOptions)MemberwiseClone();
        copy._workflows = [.. _workflows];
        return copy;
    }
}
