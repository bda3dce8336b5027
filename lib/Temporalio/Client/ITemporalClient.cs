using System.Linq.Expressions;
using Temporalio.Client.Schedules;
using Temporalio.Worker;

namespace Temporalio.Client;

/// <summary>Client of one namespace.</summary>
public interface ITemporalClient : IWorkerClient
{
    /// <summary>Its connection.</summary>
    ITemporalConnection Connection { get; }

    /// <summary>What its calls go through.</summary>
    Interceptors.ClientOutboundInterceptor OutboundInterceptor { get; }

    /// <summary>Starts a workflow.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <typeparam name="TResult">Type of its result.</typeparam>
    /// <param name="workflowRunCall">Call of the main method.</param>
    /// <param name="options">Id, queue and more.</param>
    /// <returns>Its handle, which follows the current run.</returns>
    /// <exception cref="Exceptions.WorkflowAlreadyStartedException">The id is in use.</exception>
    /// <exception cref="Exceptions.RpcException">The call failed.</exception>
    Task<WorkflowHandle<TWorkflow, TResult>> StartWorkflowAsync<TWorkflow, TResult>(
        Expression<Func<TWorkflow, Task<TResult>>> workflowRunCall, WorkflowOptions options);

    /// <summary>Starts a workflow.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <param name="workflowRunCall">Call of the main method.</param>
    /// <param name="options">Id, queue and more.</param>
    /// <returns>Its handle, which follows the current run.</returns>
    /// <exception cref="Exceptions.WorkflowAlreadyStartedException">The id is in use.</exception>
    /// <exception cref="Exceptions.RpcException">The call failed.</exception>
    Task<WorkflowHandle<TWorkflow>> StartWorkflowAsync<TWorkflow>(
        Expression<Func<TWorkflow, Task>> workflowRunCall, WorkflowOptions options);

    /// <summary>Starts a workflow.</summary>
    /// <param name="workflow">Workflow type name.</param>
    /// <param name="args">Arguments.</param>
    /// <param name="options">Id, queue and more.</param>
    /// <returns>Its handle, which follows the current run.</returns>
    /// <exception cref="Exceptions.WorkflowAlreadyStartedException">The id is in use.</exception>
    /// <exception cref="Exceptions.RpcException">The call failed.</exception>
    Task<WorkflowHandle> StartWorkflowAsync(string workflow, IReadOnlyCollection<object?> args, WorkflowOptions options);

    /// <summary>Handle of a workflow, without a call.</summary>
    /// <param name="id">Workflow id.</param>
    /// <param name="runId">Run; null for the current one.</param>
    /// <param name="firstExecutionRunId">First run of the chain, to be sure that cancel and terminate hit no later one.</param>
    /// <returns>The handle.</returns>
    WorkflowHandle GetWorkflowHandle(string id, string? runId = null, string? firstExecutionRunId = null);

    /// <summary>Handle of a workflow, without a call.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <param name="id">Workflow id.</param>
    /// <param name="runId">Run; null for the current one.</param>
    /// <param name="firstExecutionRunId">First run of the chain, to be sure that cancel and terminate hit no later one.</param>
    /// <returns>The handle.</returns>
    WorkflowHandle<TWorkflow> GetWorkflowHandle<TWorkflow>(string id, string? runId = null, string? firstExecutionRunId = null);

    /// <summary>Handle of a workflow, without a call.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <typeparam name="TResult">Type of its result.</typeparam>
    /// <param name="id">Workflow id.</param>
    /// <param name="runId">Run; null for the current one.</param>
    /// <param name="firstExecutionRunId">First run of the chain, to be sure that cancel and terminate hit no later one.</param>
    /// <returns>The handle.</returns>
    WorkflowHandle<TWorkflow, TResult> GetWorkflowHandle<TWorkflow, TResult>(
        string id, string? runId = null, string? firstExecutionRunId = null);

    /// <summary>Lists workflows.</summary>
    /// <param name="query">Query in the server's list language.</param>
    /// <param name="options">Options.</param>
    /// <returns>Workflows as the server finds them; pages are fetched as they are needed.</returns>
    IAsyncEnumerable<WorkflowExecution> ListWorkflowsAsync(string query, WorkflowListOptions? options = null);

    /// <summary>Counts workflows.</summary>
    /// <param name="query">Query in the server's list language.</param>
    /// <param name="options">Options.</param>
    /// <returns>The count, and groups when the query asks for them.</returns>
    Task<WorkflowExecutionCount> CountWorkflowsAsync(string query, WorkflowCountOptions? options = null);

    /// <summary>Creates a schedule.</summary>
    /// <param name="scheduleId">Schedule id.</param>
    /// <param name="schedule">The schedule.</param>
    /// <param name="options">Options.</param>
    /// <returns>Its handle.</returns>
    /// <exception cref="Exceptions.ScheduleAlreadyRunningException">The id is in use.</exception>
    Task<ScheduleHandle> CreateScheduleAsync(string scheduleId, Schedule schedule, ScheduleOptions? options = null);

    /// <summary>Handle of a schedule, without a call.</summary>
    /// <param name="scheduleId">Schedule id.</param>
    /// <returns>The handle.</returns>
    ScheduleHandle GetScheduleHandle(string scheduleId);

    /// <summary>Lists schedules.</summary>
    /// <param name="options">Options.</param>
    /// <returns>Schedules as the server finds them; pages are fetched as they are needed.</returns>
    IAsyncEnumerable<ScheduleListDescription> ListSchedulesAsync(ScheduleListOptions? options = null);
}
