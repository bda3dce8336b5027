using Google.Protobuf;
using TemporalServer.Schedules;
using TemporalServer.Storage;
using TemporalServer.Visibility;

namespace TemporalServer.Engine;

/// <summary>A schedule in memory.</summary>
internal sealed class ScheduleEntry(long seq, ScheduleMachine machine)
{
    /// <summary>Its place in the order of creation.</summary>
    public long Seq { get; } = seq;

    /// <summary>Its state machine.</summary>
    public ScheduleMachine Machine { get; } = machine;

    /// <summary>Its state.</summary>
    public ScheduleRecord State => Machine.State;

    /// <summary>When it was entered into the order of deadlines; null when it is not in there.</summary>
    public DateTimeOffset? Deadline { get; set; }

    /// <summary>Set when it was deleted: what still refers to it does nothing then.</summary>
    public bool IsDeleted { get; set; }

    /// <summary>What is to be written of it.</summary>
    public ScheduleWrite ToWrite() => new(
        Seq, State.Namespace, State.ScheduleId, State.Schedule.State.Paused, SearchAttributeJson.Of(State.SearchAttributes), State.ToByteArray());
}
