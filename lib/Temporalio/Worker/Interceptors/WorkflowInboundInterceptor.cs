namespace Temporalio.Worker.Interceptors;

/// <summary>A link in the chain that calls into a workflow go through; the last one calls the workflow's code. It runs in the workflow and must be as deterministic.</summary>
public abstract class WorkflowInboundInterceptor
{
    /// <summary>Creates an interceptor.</summary>
    /// <param name="next">Next interceptor of the chain.</param>
    protected WorkflowInboundInterceptor(WorkflowInboundInterceptor next) => MaybeNext = next;

    private protected WorkflowInboundInterceptor()
    {
    }

    /// <summary>Next interceptor of the chain.</summary>
    /// <exception cref="InvalidOperationException">This is the last one.</exception>
    protected WorkflowInboundInterceptor Next => MaybeNext ?? throw new InvalidOperationException("No next interceptor");

    private protected WorkflowInboundInterceptor? MaybeNext { get; init; }

    /// <summary>Sets up the chain of outgoing calls: pass on the given interceptor, or one that wraps it.</summary>
    /// <param name="outbound">What the outgoing calls of the rest go through.</param>
    public virtual void Init(WorkflowOutboundInterceptor outbound) => Next.Init(outbound);

    /// <summary>Runs the main method.</summary>
    /// <param name="input">Input.</param>
    /// <returns>Its result.</returns>
    public virtual Task<object?> ExecuteWorkflowAsync(ExecuteWorkflowInput input) => Next.ExecuteWorkflowAsync(input);

    /// <summary>Handles a signal.</summary>
    /// <param name="input">Input.</param>
    /// <returns>Completes with the handler.</returns>
    public virtual Task HandleSignalAsync(HandleSignalInput input) => Next.HandleSignalAsync(input);

    /// <summary>Answers a query.</summary>
    /// <param name="input">Input.</param>
    /// <returns>The answer.</returns>
    public virtual object? HandleQuery(HandleQueryInput input) => Next.HandleQuery(input);

    /// <summary>Validates an update; called only when the update has a validator, and not in replay.</summary>
    /// <param name="input">Input.</param>
    public virtual void ValidateUpdate(HandleUpdateInput input) => Next.ValidateUpdate(input);

    /// <summary>Handles an update.</summary>
    /// <param name="input">Input.</param>
    /// <returns>Its result.</returns>
    public virtual Task<object?> HandleUpdateAsync(HandleUpdateInput input) => Next.HandleUpdateAsync(input);
}
