using Temporalio.Common;

namespace Temporalio.Client.Schedules;

/// <summary>How a schedule is created.</summary>
public class ScheduleOptions : ICloneable
{
    /// <summary>Whether it acts once right away.</summary>
    public bool TriggerImmediately { get; set; }

    /// <summary>Periods to catch up on right away.</summary>
    public IReadOnlyCollection<ScheduleBackfill> Backfills { get; set; } = [];

    /// <summary>Values shown with the schedule.</summary>
    public IReadOnlyDictionary<string, object>? Memo { get; set; }

    /// <summary>Values the schedule can be found by.</summary>
    public SearchAttributeCollection? TypedSearchAttributes { get; set; }

    /// <summary>How the call is made.</summary>
    public RpcOptions? Rpc { get; set; }

    /// <inheritdoc />
    public virtual object Clone()
    {
        var copy = (ScheduleOptions)MemberwiseClone();
        copy.Rpc = (RpcOptions?)Rpc?.Clone();
        return copy;
    }
}
