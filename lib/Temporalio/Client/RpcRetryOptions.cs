namespace Temporalio.Client;

/// <summary>How calls are retried when the failure may pass.</summary>
public class RpcRetryOptions : ICloneable
{
    /// <summary>First delay.</summary>
    public TimeSpan InitialInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Part of the delay by which it is varied, up or down.</summary>
    public float RandomizationFactor { get; set; } = 0.2F;

    /// <summary>Factor by which the delay grows.</summary>
    public float Multiplier { get; set; } = 1.5F;

    /// <summary>Longest delay.</summary>
    public TimeSpan MaxInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest time over all tries; null for no limit.</summary>
    public TimeSpan? MaxElapsedTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Most retries.</summary>
    public int MaxRetries { get; set; } = 10;

    /// <inheritdoc />
    public virtual object Clone() => MemberwiseClone();
}
