namespace CodingAgent.Forges;

/// <summary>The forge is away, overloaded or rate limits us: worth trying again.</summary>
public sealed class ForgeUnavailableException(string message, TimeSpan? retryAfter = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>How long the forge asked us to wait, when it said.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}
