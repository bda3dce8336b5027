namespace Temporalio.Workflows;

/// <summary>How long a workflow waits.</summary>
public class DelayOptions : ICloneable
{
    /// <summary>No delay, which is one millisecond.</summary>
    public DelayOptions()
        : this(TimeSpan.Zero)
    {
    }

    /// <summary>A delay in milliseconds.</summary>
    /// <param name="millisecondsDelay">Milliseconds; -1 waits until cancelled.</param>
    /// <param name="summary">One line for people.</param>
    /// <param name="cancellationToken">Cancels the delay; the workflow's own token when null.</param>
    public DelayOptions(int millisecondsDelay, string? summary = null, CancellationToken? cancellationToken = null)
        : this(TimeSpan.FromMilliseconds(millisecondsDelay), summary, cancellationToken)
    {
    }

    /// <summary>A delay.</summary>
    /// <param name="delay">How long; infinite waits until cancelled.</param>
    /// <param name="summary">One line for people.</param>
    /// <param name="cancellationToken">Cancels the delay; the workflow's own token when null.</param>
    public DelayOptions(TimeSpan delay, string? summary = null, CancellationToken? cancellationToken = null)
    {
        Delay = delay;
        Summary = summary;
        CancellationToken = cancellationToken;
    }

    /// <summary>How long.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>One line for people, shown in the history.</summary>
    public string? Summary { get; set; }

    /// <summary>Cancels the delay; the workflow's own token when null.</summary>
    public CancellationToken? CancellationToken { get; set; }

    /// <inheritdoc />
    public virtual object Clone() => MemberwiseClone();
}
