namespace Temporalio.Client;

/// <summary>Handle of an update.</summary>
/// <param name="Client">Client it works with.</param>
/// <param name="Id">Update id.</param>
/// <param name="WorkflowId">Workflow id.</param>
/// <param name="WorkflowRunId">Run; null for the current one.</param>
public record WorkflowUpdateHandle(ITemporalClient Client, string Id, string WorkflowId, string? WorkflowRunId = null)
{
    internal Protocol.Updates.Outcome? KnownOutcome { get; init; }

    /// <summary>Waits for the update, whatever it returns.</summary>
    /// <param name="rpcOptions">How the calls are made.</param>
    /// <returns>Completes with the update.</returns>
    /// <exception cref="Exceptions.WorkflowUpdateFailedException">It was rejected or failed.</exception>
    public Task GetResultAsync(RpcOptions? rpcOptions = null) => GetResultAsync<ValueTuple>(rpcOptions);

    /// <summary>Waits for the update's result.</summary>
    /// <typeparam name="TResult">Type to read it as.</typeparam>
    /// <param name="rpcOptions">How the calls are made.</param>
    /// <returns>The result.</returns>
    /// <exception cref="Exceptions.WorkflowUpdateFailedException">It was rejected or failed.</exception>
    /// <exception cref="Exceptions.WorkflowUpdateRpcTimeoutOrCanceledException">The caller's time or patience ran out.</exception>
    public virtual Task<TResult> GetResultAsync<TResult>(RpcOptions? rpcOptions = null) =>
        ((Client as TemporalClient)?.Service ?? throw new InvalidOperationException("The handle's client must be a TemporalClient."))
            .GetUpdateResultAsync<TResult>(this, rpcOptions);
}

/// <summary>Handle of an update.</summary>
/// <typeparam name="TResult">Type of its result.</typeparam>
/// <param name="Client">Client it works with.</param>
/// <param name="Id">Update id.</param>
/// <param name="WorkflowId">Workflow id.</param>
/// <param name="WorkflowRunId">Run; null for the current one.</param>
public record WorkflowUpdateHandle<TResult>(ITemporalClient Client, string Id, string WorkflowId, string? WorkflowRunId = null)
    : WorkflowUpdateHandle(Client, Id, WorkflowId, WorkflowRunId)
{
    /// <summary>Waits for the update's result.</summary>
    /// <param name="rpcOptions">How the calls are made.</param>
    /// <returns>The result.</returns>
    public new Task<TResult> GetResultAsync(RpcOptions? rpcOptions = null) => GetResultAsync<TResult>(rpcOptions);
}
