using System.Linq.Expressions;
using Temporalio.Common;

namespace Temporalio.Workflows;

/// <summary>Another workflow, to be signalled or cancelled.</summary>
public abstract class ExternalWorkflowHandle
{
    private protected ExternalWorkflowHandle()
    {
    }

    /// <summary>Workflow id.</summary>
    public abstract string Id { get; }

    /// <summary>Run; null for the current one.</summary>
    public abstract string? RunId { get; }

    /// <summary>Signals the workflow.</summary>
    /// <typeparam name="TWorkflow">Its type.</typeparam>
    /// <param name="signalCall">Call of the signal method.</param>
    /// <param name="options">Options.</param>
    /// <returns>Completes when the workflow has the signal.</returns>
    public Task SignalAsync<TWorkflow>(Expression<Func<TWorkflow, Task>> signalCall, ExternalWorkflowSignalOptions? options = null)
    {
        var (signal, args) = Calls.OfSignal(signalCall);
        return SignalAsync(signal, args, options);
    }

    /// <summary>Signals the workflow.</summary>
    /// <param name="signal">Signal name.</param>
    /// <param name="args">Arguments.</param>
    /// <param name="options">Options.</param>
    /// <returns>Completes when the workflow has the signal.</returns>
    public abstract Task SignalAsync(string signal, IReadOnlyCollection<object?> args, ExternalWorkflowSignalOptions? options = null);

    /// <summary>Asks the workflow to cancel.</summary>
    /// <returns>Completes when the request has arrived.</returns>
    public abstract Task CancelAsync();
}

/// <summary>Another workflow, to be signalled or cancelled.</summary>
/// <typeparam name="TWorkflow">Its type.</typeparam>
public abstract class ExternalWorkflowHandle<TWorkflow> : ExternalWorkflowHandle
{
    private protected ExternalWorkflowHandle()
    {
    }

    /// <summary>Signals the workflow.</summary>
    /// <param name="signalCall">Call of the signal method.</param>
    /// <param name="options">Options.</param>
    /// <returns>Completes when the workflow has the signal.</returns>
    public Task SignalAsync(Expression<Func<TWorkflow, Task>> signalCall, ExternalWorkflowSignalOptions? options = null) =>
        SignalAsync<TWorkflow>(signalCall, options);
}
