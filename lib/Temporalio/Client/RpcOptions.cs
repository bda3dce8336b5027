namespace Temporalio.Client;

/// <summary>How one call is made.</summary>
public class RpcOptions : ICloneable
{
    /// <summary>Whether failures that may pass are retried; null for the default of the call.</summary>
    public bool? Retry { get; set; }

    /// <summary>Headers besides the connection's.</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>>? Metadata { get; set; }

    /// <summary>Time allowed for each try; null for 30 seconds, 70 for long polls.</summary>
    public TimeSpan? Timeout { get; set; }

    /// <summary>Gives up.</summary>
    public CancellationToken? CancellationToken { get; set; }

    /// <inheritdoc />
    public virtual object Clone() => MemberwiseClone();

    /// <summary>Options whose token fires with either of two; dispose the source after the call.</summary>
    internal static CancellationTokenSource Link(RpcOptions? options, CancellationToken token, out RpcOptions linked)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(token, options?.CancellationToken ?? default);
        linked = (RpcOptions?)options?.Clone() ?? new();
        linked.CancellationToken = source.Token;
        return source;
    }
}
