using System.Linq.Expressions;
using Temporalio.Common;
using Temporalio.Converters;

namespace Temporalio.Client.Schedules;

/// <summary>
/// Starts a workflow. Policies of ids, cron, start signal and call options do not go with a schedule. The server appends the
/// time to the workflow id. As read from the server, arguments, memo and headers are <see cref="IEncodedRawValue" />.
/// </summary>
/// <param name="Workflow">Workflow type name.</param>
/// <param name="Args">Arguments.</param>
/// <param name="Options">Id, queue and more.</param>
/// <param name="Headers">Headers, as the server holds them.</param>
public record ScheduleActionStartWorkflow(
    string Workflow,
    IReadOnlyCollection<object?> Args,
    WorkflowOptions Options,
    IReadOnlyDictionary<string, IEncodedRawValue>? Headers = null) : ScheduleAction
{
    /// <summary>Starts a workflow.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <typeparam name="TResult">Type of its result.</typeparam>
    /// <param name="workflowRunCall">Call of the main method.</param>
    /// <param name="options">Id, queue and more.</param>
    /// <returns>The action.</returns>
    public static ScheduleActionStartWorkflow Create<TWorkflow, TResult>(
        Expression<Func<TWorkflow, Task<TResult>>> workflowRunCall, WorkflowOptions options)
    {
        var (name, args) = Calls.OfWorkflow(typeof(TWorkflow), workflowRunCall);
        return Create(name, args, options);
    }

    /// <summary>Starts a workflow.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <param name="workflowRunCall">Call of the main method.</param>
    /// <param name="options">Id, queue and more.</param>
    /// <returns>The action.</returns>
    public static ScheduleActionStartWorkflow Create<TWorkflow>(
        Expression<Func<TWorkflow, Task>> workflowRunCall, WorkflowOptions options)
    {
        var (name, args) = Calls.OfWorkflow(typeof(TWorkflow), workflowRunCall);
        return Create(name, args, options);
    }

    /// <summary>Starts a workflow.</summary>
    /// <param name="workflow">Workflow type name.</param>
    /// <param name="args">Arguments.</param>
    /// <param name="options">Id, queue and more.</param>
    /// <returns>The action.</returns>
    public static ScheduleActionStartWorkflow Create(
        string workflow, IReadOnlyCollection<object?> args, WorkflowOptions options) => new(workflow, args, options);
}
