using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using Temporalio.Common;
using Temporalio.Protocol.Histories;

namespace Temporalio.Client;

/// <summary>Handle of a workflow. One got by starting has no run id, so that calls follow the current run.</summary>
/// <param name="Client">Client it works with.</param>
/// <param name="Id">Workflow id.</param>
/// <param name="RunId">Run that calls go to; null for the current one.</param>
/// <param name="ResultRunId">Run whose result is awaited.</param>
/// <param name="FirstExecutionRunId">First run of the chain; cancel and terminate hit no other chain.</param>
public record WorkflowHandle(
    ITemporalClient Client, string Id, string? RunId = null, string? ResultRunId = null, string? FirstExecutionRunId = null)
{
    /// <summary>Waits for the workflow, whatever it returns.</summary>
    /// <param name="followRuns">Go on with the next run when one continues as new, is retried or scheduled by cron.</param>
    /// <param name="rpcOptions">How the calls are made.</param>
    /// <returns>Completes with the workflow.</returns>
    /// <exception cref="Exceptions.WorkflowFailedException">The workflow did not complete.</exception>
    public Task GetResultAsync(bool followRuns = true, RpcOptions? rpcOptions = null) => GetResultAsync<ValueTuple>(followRuns, rpcOptions);

    /// <summary>Waits for the workflow's result.</summary>
    /// <typeparam name="TResult">Type to read it as.</typeparam>
    /// <param name="followRuns">Go on with the next run when one continues as new, is retried or scheduled by cron.</param>
    /// <param name="rpcOptions">How the calls are made.</param>
    /// <returns>The result.</returns>
    /// <exception cref="Exceptions.WorkflowFailedException">The workflow did not complete.</exception>
    /// <exception cref="Exceptions.WorkflowContinuedAsNewException">It continued as new and runs are not followed.</exception>
    public virtual Task<TResult> GetResultAsync<TResult>(bool followRuns = true, RpcOptions? rpcOptions = null) =>
        WorkflowResult.GetAsync<TResult>(this, followRuns, rpcOptions);

    /// <summary>Signals the workflow.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <param name="signalCall">Call of the signal method.</param>
    /// <param name="options">Options.</param>
    /// <returns>Completes when the server has the signal.</returns>
    /// <exception cref="Exceptions.RpcException">The call failed; NOT_FOUND when the workflow is not running.</exception>
    public Task SignalAsync<TWorkflow>(Expression<Func<TWorkflow, Task>> signalCall, WorkflowSignalOptions? options = null)
    {
        var (signal, args) = Calls.OfSignal(signalCall);
        return SignalAsync(signal, args, options);
    }

    /// <summary>Signals the workflow.</summary>
    /// <param name="signal">Signal name.</param>
    /// <param name="args">Arguments.</param>
    /// <param name="options">Options.</param>
    /// <returns>Completes when the server has the signal.</returns>
    /// <exception cref="Exceptions.RpcException">The call failed; NOT_FOUND when the workflow is not running.</exception>
    public virtual Task SignalAsync(string signal, IReadOnlyCollection<object?> args, WorkflowSignalOptions? options = null) =>
        Client.OutboundInterceptor.SignalWorkflowAsync(new(Id, RunId, signal, args, options, null));

    /// <summary>Queries the workflow.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <typeparam name="TQueryResult">Type of the answer.</typeparam>
    /// <param name="queryCall">Call of the query method, or read of the query property.</param>
    /// <param name="options">Options.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="Exceptions.WorkflowQueryFailedException">The handler threw, or there is none.</exception>
    /// <exception cref="Exceptions.WorkflowQueryRejectedException">The workflow's state rejects it.</exception>
    public Task<TQueryResult> QueryAsync<TWorkflow, TQueryResult>(
        Expression<Func<TWorkflow, TQueryResult>> queryCall, WorkflowQueryOptions? options = null)
    {
        var (query, args) = Calls.OfQuery(queryCall);
        return QueryAsync<TQueryResult>(query, args, options);
    }

    /// <summary>Queries the workflow.</summary>
    /// <typeparam name="TQueryResult">Type of the answer.</typeparam>
    /// <param name="query">Query name.</param>
    /// <param name="args">Arguments.</param>
    /// <param name="options">Options.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="Exceptions.WorkflowQueryFailedException">The handler threw, or there is none.</exception>
    /// <exception cref="Exceptions.WorkflowQueryRejectedException">The workflow's state rejects it.</exception>
    public virtual Task<TQueryResult> QueryAsync<TQueryResult>(
        string query, IReadOnlyCollection<object?> args, WorkflowQueryOptions? options = null) =>
        Client.OutboundInterceptor.QueryWorkflowAsync<TQueryResult>(new(Id, RunId, query, args, options, null));

    /// <summary>Starts an update.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <param name="updateCall">Call of the update method.</param>
    /// <param name="options">Stage to wait for.</param>
    /// <returns>Its handle.</returns>
    public async Task<WorkflowUpdateHandle> StartUpdateAsync<TWorkflow>(
        Expression<Func<TWorkflow, Task>> updateCall, WorkflowUpdateStartOptions options)
    {
        var (update, args) = Calls.OfUpdate(updateCall);
        return await StartUpdateAsync<ValueTuple>(update, args, options);
    }

    /// <summary>Starts an update.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <typeparam name="TUpdateResult">Type of its result.</typeparam>
    /// <param name="updateCall">Call of the update method.</param>
    /// <param name="options">Stage to wait for.</param>
    /// <returns>Its handle.</returns>
    public Task<WorkflowUpdateHandle<TUpdateResult>> StartUpdateAsync<TWorkflow, TUpdateResult>(
        Expression<Func<TWorkflow, Task<TUpdateResult>>> updateCall, WorkflowUpdateStartOptions options)
    {
        var (update, args) = Calls.OfUpdate(updateCall);
        return StartUpdateAsync<TUpdateResult>(update, args, options);
    }

    /// <summary>Starts an update.</summary>
    /// <param name="update">Update name.</param>
    /// <param name="args">Arguments.</param>
    /// <param name="options">Stage to wait for.</param>
    /// <returns>Its handle.</returns>
    public async Task<WorkflowUpdateHandle> StartUpdateAsync(
        string update, IReadOnlyCollection<object?> args, WorkflowUpdateStartOptions options) =>
        await StartUpdateAsync<ValueTuple>(update, args, options);

    /// <summary>Starts an update.</summary>
    /// <typeparam name="TUpdateResult">Type of its result.</typeparam>
    /// <param name="update">Update name.</param>
    /// <param name="args">Arguments.</param>
    /// <param name="options">Stage to wait for.</param>
    /// <returns>Its handle.</returns>
    public virtual Task<WorkflowUpdateHandle<TUpdateResult>> StartUpdateAsync<TUpdateResult>(
        string update, IReadOnlyCollection<object?> args, WorkflowUpdateStartOptions options) =>
        Client.OutboundInterceptor.StartWorkflowUpdateAsync<TUpdateResult>(new(Id, RunId, FirstExecutionRunId, update, args, options, null));

    /// <summary>Runs an update to its end.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <param name="updateCall">Call of the update method.</param>
    /// <param name="options">Options.</param>
    /// <returns>Completes with the update.</returns>
    /// <exception cref="Exceptions.WorkflowUpdateFailedException">It was rejected or failed.</exception>
    public Task ExecuteUpdateAsync<TWorkflow>(Expression<Func<TWorkflow, Task>> updateCall, WorkflowUpdateOptions? options = null)
    {
        var (update, args) = Calls.OfUpdate(updateCall);
        return ExecuteUpdateAsync<ValueTuple>(update, args, options);
    }

    /// <summary>Runs an update to its end.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <typeparam name="TUpdateResult">Type of its result.</typeparam>
    /// <param name="updateCall">Call of the update method.</param>
    /// <param name="options">Options.</param>
    /// <returns>The result.</returns>
    /// <exception cref="Exceptions.WorkflowUpdateFailedException">It was rejected or failed.</exception>
    public Task<TUpdateResult> ExecuteUpdateAsync<TWorkflow, TUpdateResult>(
        Expression<Func<TWorkflow, Task<TUpdateResult>>> updateCall, WorkflowUpdateOptions? options = null)
    {
        var (update, args) = Calls.OfUpdate(updateCall);
        return ExecuteUpdateAsync<TUpdateResult>(update, args, options);
    }

    /// <summary>Runs an update to its end.</summary>
    /// <param name="update">Update name.</param>
    /// <param name="args">Arguments.</param>
    /// <param name="options">Options.</param>
    /// <returns>Completes with the update.</returns>
    /// <exception cref="Exceptions.WorkflowUpdateFailedException">It was rejected or failed.</exception>
    public Task ExecuteUpdateAsync(string update, IReadOnlyCollection<object?> args, WorkflowUpdateOptions? options = null) =>
        ExecuteUpdateAsync<ValueTuple>(update, args, options);

    /// <summary>Runs an update to its end.</summary>
    /// <typeparam name="TUpdateResult">Type of its result.</typeparam>
    /// <param name="update">Update name.</param>
    /// <param name="args">Arguments.</param>
    /// <param name="options">Options.</param>
    /// <returns>The result.</returns>
    /// <exception cref="Exceptions.WorkflowUpdateFailedException">It was rejected or failed.</exception>
    public async Task<TUpdateResult> ExecuteUpdateAsync<TUpdateResult>(
        string update, IReadOnlyCollection<object?> args, WorkflowUpdateOptions? options = null)
    {
        var start = new WorkflowUpdateStartOptions(WorkflowUpdateStage.Completed) { Id = options?.Id, Rpc = options?.Rpc };
        return await (await StartUpdateAsync<TUpdateResult>(update, args, start)).GetResultAsync(options?.Rpc);
    }

    /// <summary>Handle of an update, without a call.</summary>
    /// <param name="id">Update id.</param>
    /// <returns>The handle.</returns>
    public WorkflowUpdateHandle GetUpdateHandle(string id) => new(Client, id, Id, RunId);

    /// <summary>Handle of an update, without a call.</summary>
    /// <typeparam name="TUpdateResult">Type of its result.</typeparam>
    /// <param name="id">Update id.</param>
    /// <returns>The handle.</returns>
    public WorkflowUpdateHandle<TUpdateResult> GetUpdateHandle<TUpdateResult>(string id) => new(Client, id, Id, RunId);

    /// <summary>Describes the workflow.</summary>
    /// <param name="options">Options.</param>
    /// <returns>The description.</returns>
    /// <exception cref="Exceptions.RpcException">The call failed; NOT_FOUND when there is no such workflow.</exception>
    public virtual Task<WorkflowExecutionDescription> DescribeAsync(WorkflowDescribeOptions? options = null) =>
        Client.OutboundInterceptor.DescribeWorkflowAsync(new(Id, RunId, options));

    /// <summary>Asks the workflow to cancel.</summary>
    /// <param name="options">Options.</param>
    /// <returns>Completes when the server has the request.</returns>
    /// <exception cref="Exceptions.RpcException">The call failed; NOT_FOUND when the workflow is not running.</exception>
    public virtual Task CancelAsync(WorkflowCancelOptions? options = null) =>
        Client.OutboundInterceptor.CancelWorkflowAsync(new(Id, RunId, FirstExecutionRunId, options));

    /// <summary>Closes the workflow by force.</summary>
    /// <param name="reason">Why, for people.</param>
    /// <param name="options">Options.</param>
    /// <returns>Completes when it is closed.</returns>
    /// <exception cref="Exceptions.RpcException">The call failed; NOT_FOUND when the workflow is not running.</exception>
    public virtual Task TerminateAsync(string? reason = null, WorkflowTerminateOptions? options = null) =>
        Client.OutboundInterceptor.TerminateWorkflowAsync(new(Id, RunId, FirstExecutionRunId, reason, options));

    /// <summary>Fetches the history.</summary>
    /// <param name="options">Options.</param>
    /// <returns>The history.</returns>
    public virtual async Task<WorkflowHistory> FetchHistoryAsync(WorkflowHistoryEventFetchOptions? options = null)
    {
        var events = new List<HistoryEvent>();
        await foreach (var e in FetchHistoryEventsAsync(options))
        {
            events.Add(e);
        }

        return new(Id, events);
    }

    /// <summary>Fetches the history event by event.</summary>
    /// <param name="options">Options.</param>
    /// <returns>Events in order; pages are fetched as they are needed.</returns>
    public virtual IAsyncEnumerable<HistoryEvent> FetchHistoryEventsAsync(WorkflowHistoryEventFetchOptions? options = null) =>
        FetchPagesAsync(options ?? new());

    private async IAsyncEnumerable<HistoryEvent> FetchPagesAsync(
        WorkflowHistoryEventFetchOptions options, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var source = RpcOptions.Link(options.Rpc, cancellationToken, out var rpc);
        byte[]? next = null;
        do
        {
            var page = await Client.OutboundInterceptor.FetchWorkflowHistoryEventPageAsync(new(
                Id, RunId, null, next, options.WaitNewEvent, options.EventFilterType, options.SkipArchival, rpc));
            foreach (var e in page.Events)
            {
                yield return e;
            }

            next = page.NextPageToken;
        }
        while (next is not null);
    }
}

/// <summary>Handle of a workflow.</summary>
/// <typeparam name="TWorkflow">Workflow type.</typeparam>
/// <param name="Client">Client it works with.</param>
/// <param name="Id">Workflow id.</param>
/// <param name="RunId">Run that calls go to; null for the current one.</param>
/// <param name="ResultRunId">Run whose result is awaited.</param>
/// <param name="FirstExecutionRunId">First run of the chain; cancel and terminate hit no other chain.</param>
public record WorkflowHandle<TWorkflow>(
    ITemporalClient Client, string Id, string? RunId = null, string? ResultRunId = null, string? FirstExecutionRunId = null)
    : WorkflowHandle(Client, Id, RunId, ResultRunId, FirstExecutionRunId)
{
    /// <summary>Signals the workflow.</summary>
    /// <param name="signalCall">Call of the signal method.</param>
    /// <param name="options">Options.</param>
    /// <returns>Completes when the server has the signal.</returns>
    public Task SignalAsync(Expression<Func<TWorkflow, Task>> signalCall, WorkflowSignalOptions? options = null) =>
        SignalAsync<TWorkflow>(signalCall, options);

    /// <summary>Queries the workflow.</summary>
    /// <typeparam name="TQueryResult">Type of the answer.</typeparam>
    /// <param name="queryCall">Call of the query method, or read of the query property.</param>
    /// <param name="options">Options.</param>
    /// <returns>The answer.</returns>
    public Task<TQueryResult> QueryAsync<TQueryResult>(
        Expression<Func<TWorkflow, TQueryResult>> queryCall, WorkflowQueryOptions? options = null) =>
        QueryAsync<TWorkflow, TQueryResult>(queryCall, options);

    /// <summary>Starts an update.</summary>
    /// <param name="updateCall">Call of the update method.</param>
    /// <param name="options">Stage to wait for.</param>
    /// <returns>Its handle.</returns>
    public Task<WorkflowUpdateHandle> StartUpdateAsync(
        Expression<Func<TWorkflow, Task>> updateCall, WorkflowUpdateStartOptions options) =>
        StartUpdateAsync<TWorkflow>(updateCall, options);

    /// <summary>Starts an update.</summary>
    /// <typeparam name="TUpdateResult">Type of its result.</typeparam>
    /// <param name="updateCall">Call of the update method.</param>
    /// <param name="options">Stage to wait for.</param>
    /// <returns>Its handle.</returns>
    public Task<WorkflowUpdateHandle<TUpdateResult>> StartUpdateAsync<TUpdateResult>(
        Expression<Func<TWorkflow, Task<TUpdateResult>>> updateCall, WorkflowUpdateStartOptions options) =>
        StartUpdateAsync<TWorkflow, TUpdateResult>(updateCall, options);

    /// <summary>Runs an update to its end.</summary>
    /// <param name="updateCall">Call of the update method.</param>
    /// <param name="options">Options.</param>
    /// <returns>Completes with the update.</returns>
    public Task ExecuteUpdateAsync(Expression<Func<TWorkflow, Task>> updateCall, WorkflowUpdateOptions? options = null) =>
        ExecuteUpdateAsync<TWorkflow>(updateCall, options);

    /// <summary>Runs an update to its end.</summary>
    /// <typeparam name="TUpdateResult">Type of its result.</typeparam>
    /// <param name="updateCall">Call of the update method.</param>
    /// <param name="options">Options.</param>
    /// <returns>The result.</returns>
    public Task<TUpdateResult> ExecuteUpdateAsync<TUpdateResult>(
        Expression<Func<TWorkflow, Task<TUpdateResult>>> updateCall, WorkflowUpdateOptions? options = null) =>
        ExecuteUpdateAsync<TWorkflow, TUpdateResult>(updateCall, options);
}

/// <summary>Handle of a workflow.</summary>
/// <typeparam name="TWorkflow">Workflow type.</typeparam>
/// <typeparam name="TResult">Type of its result.</typeparam>
/// <param name="Client">Client it works with.</param>
/// <param name="Id">Workflow id.</param>
/// <param name="RunId">Run that calls go to; null for the current one.</param>
/// <param name="ResultRunId">Run whose result is awaited.</param>
/// <param name="FirstExecutionRunId">First run of the chain; cancel and terminate hit no other chain.</param>
public record WorkflowHandle<TWorkflow, TResult>(
    ITemporalClient Client, string Id, string? RunId = null, string? ResultRunId = null, string? FirstExecutionRunId = null)
    : WorkflowHandle<TWorkflow>(Client, Id, RunId, ResultRunId, FirstExecutionRunId)
{
    /// <summary>Waits for the workflow's result.</summary>
    /// <param name="followRuns">Go on with the next run when one continues as new, is retried or scheduled by cron.</param>
    /// <param name="rpcOptions">How the calls are made.</param>
    /// <returns>The result.</returns>
    /// <exception cref="Exceptions.WorkflowFailedException">The workflow did not complete.</exception>
    public new Task<TResult> GetResultAsync(bool followRuns = true, RpcOptions? rpcOptions = null) =>
        GetResultAsync<TResult>(followRuns, rpcOptions);
}
