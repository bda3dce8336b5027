namespace Temporalio.Workflows;

/// <summary>What a workflow waits for and how long.</summary>
public class WaitConditionOptions : ICloneable
{
    /// <summary>A condition that never holds.</summary>
    public WaitConditionOptions()
        : this(() => false)
    {
    }

    /// <summary>A condition.</summary>
    /// <param name="conditionCheck">Reads workflow state; checked after every step of the workflow.</param>
    /// <param name="timeout">Longest wait; null for no limit.</param>
    /// <param name="timeoutSummary">One line for people on the timer.</param>
    /// <param name="cancellationToken">Cancels the wait; the workflow's own token when null.</param>
    public WaitConditionOptions(
        Func<bool> conditionCheck, TimeSpan? timeout = null, string? timeoutSummary = null, CancellationToken? cancellationToken = null)
    {
        ConditionCheck = conditionCheck;
        Timeout = timeout;
        TimeoutSummary = timeoutSummary;
        CancellationToken = cancellationToken;
    }

    /// <summary>Reads workflow state; checked after every step of the workflow.</summary>
    public Func<bool> ConditionCheck { get; set; }

    /// <summary>Longest wait; null for no limit.</summary>
    public TimeSpan? Timeout { get; set; }

    /// <summary>One line for people on the timer.</summary>
    public string? TimeoutSummary { get; set; }

    /// <summary>Cancels the wait; the workflow's own token when null.</summary>
    public CancellationToken? CancellationToken { get; set; }

    /// <inheritdoc />
    public virtual object Clone() => MemberwiseClone();
}
