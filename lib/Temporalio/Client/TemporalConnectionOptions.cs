namespace Temporalio.Client;

/// <summary>Where the server is and how it is reached.</summary>
public class TemporalConnectionOptions : ICloneable
{
    /// <summary>No target yet: <see cref="TargetHost" /> must be set.</summary>
    public TemporalConnectionOptions()
    {
    }

    /// <summary>A target.</summary>
    /// <param name="targetHost">Host and port, without scheme.</param>
    public TemporalConnectionOptions(string targetHost) => TargetHost = targetHost;

    /// <summary>Host and port, without scheme.</summary>
    public string? TargetHost { get; set; }

    /// <summary>Transport security; null for none, unless there is an <see cref="ApiKey" />.</summary>
    public TlsOptions? Tls { get; set; }

    /// <summary>How calls are retried; defaults when null.</summary>
    public RpcRetryOptions? RpcRetry { get; set; }

    /// <summary>How a silent connection is tested; null for not at all.</summary>
    public KeepAliveOptions? KeepAlive { get; set; } = new();

    /// <summary>Headers sent with every call.</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>>? RpcMetadata { get; set; }

    /// <summary>Sent as bearer token.</summary>
    public string? ApiKey { get; set; }

    /// <summary>Name of this process for people; <c>pid@host</c> when null.</summary>
    public string? Identity { get; set; }

    /// <inheritdoc />
    public virtual object Clone()
    {
        var copy = (TemporalConnectionOptions)MemberwiseClone();
        copy.Tls = (TlsOptions?)Tls?.Clone();
        copy.RpcRetry = (RpcRetryOptions?)RpcRetry?.Clone();
        copy.KeepAlive = (KeepAliveOptions?)KeepAlive?.Clone();
        return copy;
    }
}
