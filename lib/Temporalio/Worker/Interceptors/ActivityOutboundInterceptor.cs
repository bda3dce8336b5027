namespace Temporalio.Worker.Interceptors;

/// <summary>A link in the chain that calls of activity code go through.</summary>
public abstract class ActivityOutboundInterceptor
{
    /// <summary>Creates an interceptor.</summary>
    /// <param name="next">Next interceptor of the chain.</param>
    protected ActivityOutboundInterceptor(ActivityOutboundInterceptor next) => MaybeNext = next;

    private protected ActivityOutboundInterceptor()
    {
    }

    /// <summary>Next interceptor of the chain.</summary>
    /// <exception cref="InvalidOperationException">This is the last one.</exception>
    protected ActivityOutboundInterceptor Next => MaybeNext ?? throw new InvalidOperationException("No next interceptor");

    private protected ActivityOutboundInterceptor? MaybeNext { get; init; }

    /// <summary>Records a heartbeat.</summary>
    /// <param name="input">Input.</param>
    public virtual void Heartbeat(HeartbeatInput input) => Next.Heartbeat(input);
}
