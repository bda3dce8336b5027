using System.Linq.Expressions;
using Temporalio.Client.Interceptors;
using Temporalio.Client.Schedules;
using Temporalio.Common;

namespace Temporalio.Client;

/// <summary>Client of one namespace. Thread-safe; share one.</summary>
public class TemporalClient : ITemporalClient
{
    /// <summary>A client on an existing connection.</summary>
    /// <param name="connection">The connection, made by <see cref="TemporalConnection" />.</param>
    /// <param name="options">Options.</param>
    public TemporalClient(ITemporalConnection connection, TemporalClientOptions options)
    {
        Connection = connection;
        Options = (TemporalClientOptions)options.Clone();
        Service = new(
            connection as TemporalConnection ?? throw new ArgumentException("The connection must be a TemporalConnection.", nameof(connection)),
            this);
        OutboundInterceptor = (Options.Interceptors ?? []).Reverse().Aggregate<IClientInterceptor, ClientOutboundInterceptor>(
            Service, (next, interceptor) => interceptor.InterceptClient(next));
    }

    /// <inheritdoc />
    public ITemporalConnection Connection { get; private init; }

    /// <inheritdoc />
    public TemporalClientOptions Options { get; private init; }

    /// <inheritdoc />
    public ClientOutboundInterceptor OutboundInterceptor { get; private init; }

    internal WorkflowService Service { get; }

    /// <summary>Connects, and fails when the server does not answer.</summary>
    /// <param name="options">Where the server is, and more.</param>
    /// <returns>The client.</returns>
    /// <exception cref="Exceptions.RpcException">The server cannot be reached.</exception>
    public static async Task<TemporalClient> ConnectAsync(TemporalClientConnectOptions options) =>
        new(await TemporalConnection.ConnectAsync(options), options.ToClientOptions());

    /// <summary>Makes a client that connects with the first call.</summary>
    /// <param name="options">Where the server is, and more.</param>
    /// <returns>The client.</returns>
    public static TemporalClient CreateLazy(TemporalClientConnectOptions options) =>
        new(TemporalConnection.CreateLazy(options), options.ToClientOptions());

    /// <inheritdoc />
    public async Task<WorkflowHandle<TWorkflow, TResult>> StartWorkflowAsync<TWorkflow, TResult>(
        Expression<Func<TWorkflow, Task<TResult>>> workflowRunCall, WorkflowOptions options)
    {
        var (name, args) = Calls.OfWorkflow(typeof(TWorkflow), workflowRunCall);
        return await OutboundInterceptor.StartWorkflowAsync<TWorkflow, TResult>(new(name, args, options, null));
    }

    /// <inheritdoc />
    public async Task<WorkflowHandle<TWorkflow>> StartWorkflowAsync<TWorkflow>(
        Expression<Func<TWorkflow, Task>> workflowRunCall, WorkflowOptions options)
    {
        var (name, args) = Calls.OfWorkflow(typeof(TWorkflow), workflowRunCall);
        return await OutboundInterceptor.StartWorkflowAsync<TWorkflow, ValueTuple>(new(name, args, options, null));
    }

    /// <inheritdoc />
    public async Task<WorkflowHandle> StartWorkflowAsync(string workflow, IReadOnlyCollection<object?> args, WorkflowOptions options) =>
        await OutboundInterceptor.StartWorkflowAsync<ValueTuple, ValueTuple>(new(workflow, args, options, null));

    /// <inheritdoc />
    public WorkflowHandle GetWorkflowHandle(string id, string? runId = null, string? firstExecutionRunId = null) =>
        new(this, id, runId, runId, firstExecutionRunId);

    /// <inheritdoc />
    public WorkflowHandle<TWorkflow> GetWorkflowHandle<TWorkflow>(string id, string? runId = null, string? firstExecutionRunId = null) =>
        new(this, id, runId, runId, firstExecutionRunId);

    /// <inheritdoc />
    public WorkflowHandle<TWorkflow, TResult> GetWorkflowHandle<TWorkflow, TResult>(
        string id, string? runId = null, string? firstExecutionRunId = null) =>
        new(this, id, runId, runId, firstExecutionRunId);

    /// <inheritdoc />
    public IAsyncEnumerable<WorkflowExecution> ListWorkflowsAsync(string query, WorkflowListOptions? options = null) =>
        OutboundInterceptor.ListWorkflowsAsync(new(query, options));

    /// <inheritdoc />
    public Task<WorkflowExecutionCount> CountWorkflowsAsync(string query, WorkflowCountOptions? options = null) =>
        OutboundInterceptor.CountWorkflowsAsync(new(query, options));

    /// <inheritdoc />
    public Task<ScheduleHandle> CreateScheduleAsync(string scheduleId, Schedule schedule, ScheduleOptions? options = null) =>
        OutboundInterceptor.CreateScheduleAsync(new(scheduleId, schedule, options));

    /// <inheritdoc />
    public ScheduleHandle GetScheduleHandle(string scheduleId) => new(this, scheduleId);

    /// <inheritdoc />
    public IAsyncEnumerable<ScheduleListDescription> ListSchedulesAsync(ScheduleListOptions? options = null) =>
        OutboundInterceptor.ListSchedulesAsync(new(options));
}
