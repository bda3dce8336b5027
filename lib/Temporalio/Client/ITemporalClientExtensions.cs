using System.Linq.Expressions;

namespace Temporalio.Client;

/// <summary>Start and wait in one call.</summary>
public static class ITemporalClientExtensions
{
    /// <summary>Starts a workflow and waits for its result.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <typeparam name="TResult">Type of its result.</typeparam>
    /// <param name="client">Client.</param>
    /// <param name="workflowRunCall">Call of the main method.</param>
    /// <param name="options">Id, queue and more.</param>
    /// <returns>The result.</returns>
    /// <exception cref="Exceptions.WorkflowFailedException">The workflow did not complete.</exception>
    public static async Task<TResult> ExecuteWorkflowAsync<TWorkflow, TResult>(
        this ITemporalClient client, Expression<Func<TWorkflow, Task<TResult>>> workflowRunCall, WorkflowOptions options) =>
        await (await client.StartWorkflowAsync(workflowRunCall, options)).GetResultAsync(rpcOptions: options.Rpc);

    /// <summary>Starts a workflow and waits for it.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <param name="client">Client.</param>
    /// <param name="workflowRunCall">Call of the main method.</param>
    /// <param name="options">Id, queue and more.</param>
    /// <returns>Completes with the workflow.</returns>
    /// <exception cref="Exceptions.WorkflowFailedException">The workflow did not complete.</exception>
    public static async Task ExecuteWorkflowAsync<TWorkflow>(
        this ITemporalClient client, Expression<Func<TWorkflow, Task>> workflowRunCall, WorkflowOptions options) =>
        await (await client.StartWorkflowAsync(workflowRunCall, options)).GetResultAsync(rpcOptions: options.Rpc);

    /// <summary>Starts a workflow and waits for it.</summary>
    /// <param name="client">Client.</param>
    /// <param name="workflow">Workflow type name.</param>
    /// <param name="args">Arguments.</param>
    /// <param name="options">Id, queue and more.</param>
    /// <returns>Completes with the workflow.</returns>
    /// <exception cref="Exceptions.WorkflowFailedException">The workflow did not complete.</exception>
    public static async Task ExecuteWorkflowAsync(
        this ITemporalClient client, string workflow, IReadOnlyCollection<object?> args, WorkflowOptions options) =>
        await (await client.StartWorkflowAsync(workflow, args, options)).GetResultAsync(rpcOptions: options.Rpc);

    /// <summary>Starts a workflow and waits for its result.</summary>
    /// <typeparam name="TResult">Type of its result.</typeparam>
    /// <param name="client">Client.</param>
    /// <param name="workflow">Workflow type name.</param>
    /// <param name="args">Arguments.</param>
    /// <param name="options">Id, queue and more.</param>
    /// <returns>The result.</returns>
    /// <exception cref="Exceptions.WorkflowFailedException">The workflow did not complete.</exception>
    public static async Task<TResult> ExecuteWorkflowAsync<TResult>(
        this ITemporalClient client, string workflow, IReadOnlyCollection<object?> args, WorkflowOptions options) =>
        await (await client.StartWorkflowAsync(workflow, args, options)).GetResultAsync<TResult>(rpcOptions: options.Rpc);
}
