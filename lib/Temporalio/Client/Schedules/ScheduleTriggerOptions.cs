using Temporalio.Api.Enums.V1;

namespace Temporalio.Client.Schedules;

/// <summary>How a schedule is triggered.</summary>
public class ScheduleTriggerOptions
{
    /// <summary>How an overlap is met; the schedule's policy when unspecified.</summary>
    public ScheduleOverlapPolicy Overlap { get; set; } = ScheduleOverlapPolicy.Unspecified;

    /// <summary>How the call is made.</summary>
    public RpcOptions? Rpc { get; set; }

    /// <summary>Copies the options.</summary>
    /// <returns>The copy.</returns>
    public virtual object Clone()
    {
        var copy = (ScheduleTriggerOptions)MemberwiseClone();
        copy.Rpc = (RpcOptions?)Rpc?.Clone();
        return copy;
    }
}
