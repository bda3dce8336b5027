namespace Temporalio.Client;

/// <summary>How a silent connection is tested.</summary>
public class KeepAliveOptions : ICloneable
{
    /// <summary>Silence after which a ping is sent.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Time in which it must be answered.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <inheritdoc />
    public virtual object Clone() => MemberwiseClone();
}
