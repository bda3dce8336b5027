namespace Temporalio.Worker.Interceptors;

/// <summary>A link in the chain that calls of an activity go through; the last one calls the activity's code.</summary>
public abstract class ActivityInboundInterceptor
{
    /// <summary>Creates an interceptor.</summary>
    /// <param name="next">Next interceptor of the chain.</param>
    protected ActivityInboundInterceptor(ActivityInboundInterceptor next) => MaybeNext = next;

    private protected ActivityInboundInterceptor()
    {
    }

    /// <summary>Next interceptor of the chain.</summary>
    /// <exception cref="InvalidOperationException">This is the last one.</exception>
    protected ActivityInboundInterceptor Next => MaybeNext ?? throw new InvalidOperationException("No next interceptor");

    private protected ActivityInboundInterceptor? MaybeNext { get; init; }

    /// <summary>Sets up the chain of outgoing calls: pass on the given interceptor, or one that wraps it.</summary>
    /// <param name="outbound">What the outgoing calls of the rest go through.</param>
    public virtual void Init(ActivityOutboundInterceptor outbound) => Next.Init(outbound);

    /// <summary>Runs the activity.</summary>
    /// <param name="input">Input.</param>
    /// <returns>Its result.</returns>
    public virtual Task<object?> ExecuteActivityAsync(ExecuteActivityInput input) => Next.ExecuteActivityAsync(input);
}
