namespace Temporalio.Protocol.Transport;

/// <summary>Where a channel connects and how.</summary>
public sealed record GrpcChannelOptions
{
    /// <summary>Host and port, for example <c>localhost:7233</c>.</summary>
    public required string Target { get; init; }

    /// <summary>Null speaks HTTP/2 in plaintext (prior knowledge).</summary>
    public GrpcTlsOptions? Tls { get; init; }

    /// <summary>How long a silent connection waits before it sends a ping; null sends none.</summary>
    public TimeSpan? KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a ping may go unanswered before the connection is dropped.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The time allowed to connect.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The largest response read, in bytes.</summary>
    public int MaxMessageBytes { get; init; } = 128 * 1024 * 1024;
}
