using Temporalio.Workflows;

namespace Temporalio.Worker.Interceptors;

/// <summary>A link in the chain that calls of workflow code go through; the last one issues the command. It runs in the workflow and must be as deterministic.</summary>
public abstract class WorkflowOutboundInterceptor
{
    /// <summary>Creates an interceptor.</summary>
    /// <param name="next">Next interceptor of the chain.</param>
    protected WorkflowOutboundInterceptor(WorkflowOutboundInterceptor next) => MaybeNext = next;

    private protected WorkflowOutboundInterceptor()
    {
    }

    /// <summary>Next interceptor of the chain.</summary>
    /// <exception cref="InvalidOperationException">This is the last one.</exception>
    protected WorkflowOutboundInterceptor Next => MaybeNext ?? throw new InvalidOperationException("No next interceptor");

    private protected WorkflowOutboundInterceptor? MaybeNext { get; init; }

    /// <summary>Asks another workflow to cancel.</summary>
    /// <param name="input">Input.</param>
    /// <returns>Completes when the request has arrived.</returns>
    public virtual Task CancelExternalWorkflowAsync(CancelExternalWorkflowInput input) => Next.CancelExternalWorkflowAsync(input);

    /// <summary>Makes the exception that goes on in a new run.</summary>
    /// <param name="input">Input.</param>
    /// <returns>The exception to throw.</returns>
    public virtual ContinueAsNewException CreateContinueAsNewException(CreateContinueAsNewExceptionInput input) => Next.CreateContinueAsNewException(input);

    /// <summary>Waits.</summary>
    /// <param name="input">Input.</param>
    /// <returns>Completes after the delay.</returns>
    public virtual Task DelayAsync(DelayAsyncInput input) => Next.DelayAsync(input);

    /// <summary>Runs an activity.</summary>
    /// <typeparam name="TResult">Type of the result.</typeparam>
    /// <param name="input">Input.</param>
    /// <returns>The result.</returns>
    public virtual Task<TResult> ScheduleActivityAsync<TResult>(ScheduleActivityInput input) => Next.ScheduleActivityAsync<TResult>(input);

    /// <summary>Signals a child workflow.</summary>
    /// <param name="input">Input.</param>
    /// <returns>Completes when the child has the signal.</returns>
    public virtual Task SignalChildWorkflowAsync(SignalChildWorkflowInput input) => Next.SignalChildWorkflowAsync(input);

    /// <summary>Signals another workflow.</summary>
    /// <param name="input">Input.</param>
    /// <returns>Completes when the workflow has the signal.</returns>
    public virtual Task SignalExternalWorkflowAsync(SignalExternalWorkflowInput input) => Next.SignalExternalWorkflowAsync(input);

    /// <summary>Starts a child workflow.</summary>
    /// <typeparam name="TWorkflow">Workflow type.</typeparam>
    /// <typeparam name="TResult">Type of the result.</typeparam>
    /// <param name="input">Input.</param>
    /// <returns>Handle, once the child has started.</returns>
    public virtual Task<ChildWorkflowHandle<TWorkflow, TResult>> StartChildWorkflowAsync<TWorkflow, TResult>(StartChildWorkflowInput input) => Next.StartChildWorkflowAsync<TWorkflow, TResult>(input);
}
