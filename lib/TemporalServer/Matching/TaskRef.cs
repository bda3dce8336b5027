using TemporalServer.Engine;

namespace TemporalServer.Matching;

/// <summary>A task on offer. It is only a pointer: whether it still stands is decided when a worker takes it.</summary>
internal abstract record TaskRef
{
    internal sealed record WorkflowTask(Run Run, long Stamp) : TaskRef;

    internal sealed record ActivityTask(Run Run, long ScheduledEventId, long Stamp) : TaskRef;

    internal sealed record QueryTask(PendingQuery Query, bool Sticky) : TaskRef;
}
