namespace Temporalio.Client.Schedules;

/// <summary>Whether a schedule acts.</summary>
public record ScheduleState
{
    /// <summary>Why it is as it is, for people.</summary>
    public string? Note { get; init; }

    /// <summary>Whether it is paused.</summary>
    public bool Paused { get; init; }

    /// <summary>Whether <see cref="RemainingActions" /> limits it.</summary>
    public bool LimitedActions { get; init; }

    /// <summary>How many actions are left to take; triggered and backfilled ones do not count.</summary>
    public long RemainingActions { get; init; }
}
