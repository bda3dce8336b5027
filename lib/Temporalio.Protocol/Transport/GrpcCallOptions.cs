namespace Temporalio.Protocol.Transport;

/// <summary>What one call may add.</summary>
public sealed record GrpcCallOptions
{
    /// <summary>Request headers in order; names are lower case, names ending in <c>-bin</c> carry base64.</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>> Metadata { get; init; } = [];

    /// <summary>Time until the call fails with DEADLINE_EXCEEDED; sent as grpc-timeout. Null sets no deadline.</summary>
    public TimeSpan? Timeout { get; init; }
}
