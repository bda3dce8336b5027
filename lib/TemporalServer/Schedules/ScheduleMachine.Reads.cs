using Temporalio.Api.Schedule.V1;
using TemporalServer.Machine;

namespace TemporalServer.Schedules;

internal sealed partial class ScheduleMachine
{
    private const int MaxMatchingTimes = 1000;
    private const int MaxListedSpecs = 10;

    /// <summary>The schedule as describe shows it; its conflict token is in <see cref="State"/>.</summary>
    public DescribeScheduleResponse Describe(DateTimeOffset now)
    {
        var info = Info.Clone();
        info.FutureActionTimes.Add(FutureTimes(10, now).Select(t => t.Stamp()));
        info.BufferSize = State.Buffered.Count;
        return new DescribeScheduleResponse { Schedule = Schedule.Clone(), Info = info, Memo = State.Memo.Clone(), SearchAttributes = State.SearchAttributes.Clone() };
    }

    /// <summary>The schedule as lists show it.</summary>
    public ScheduleListEntry Entry(DateTimeOffset now)
    {
        // Lists show the beginning of a long spec.
        var spec = Schedule.Spec.Clone();
        Shorten(spec.StructuredCalendar);
        Shorten(spec.ExcludeStructuredCalendar);
        Shorten(spec.Interval);
        var info = new ScheduleListInfo
        {
            Spec = spec,
            WorkflowType = Schedule.Action.StartWorkflow?.WorkflowType,
            Notes = Schedule.State.Notes,
            Paused = Schedule.State.Paused,
        };
        info.RecentActions.Add(Info.RecentActions.TakeLast(5));
        info.FutureActionTimes.Add(FutureTimes(5, now).Select(t => t.Stamp()));
        return new ScheduleListEntry { ScheduleId = State.ScheduleId, Memo = State.Memo, SearchAttributes = State.SearchAttributes, Info = info }.Clone();
    }

    /// <summary>The times of the spec after one and up to another, at most a thousand.</summary>
    public IReadOnlyList<DateTimeOffset> MatchingTimes(DateTimeOffset start, DateTimeOffset end)
    {
        var times = new List<DateTimeOffset>();
        while (times.Count < MaxMatchingTimes && _times?.Next(start, Seed) is { } next && next.At <= end)
        {
            times.Add(next.At);
            start = next.Nominal;
        }

        return times;
    }

    private static void Shorten<T>(Google.Protobuf.Collections.RepeatedField<T> field)
    {
        while (field.Count > MaxListedSpecs)
        {
            field.RemoveAt(field.Count - 1);
        }
    }

    private List<DateTimeOffset> FutureTimes(int count, DateTimeOffset now)
    {
        var updated = Info.UpdateTime?.ToDateTimeOffset();
        var processed = State.ProcessedUntil.ToDateTimeOffset();
        var after = MayAct || processed > now ? processed : now;
        var wanted = Schedule.State.LimitedActions ? Math.Min(count, Schedule.State.RemainingActions) : count;
        var times = new List<DateTimeOffset>();
        while (times.Count < wanted && _times?.Next(after, Seed) is { } next)
        {
            after = next.Nominal;
            if (updated is null || next.At >= updated)
            {
                times.Add(next.At);
            }
        }

        return times;
    }
}
