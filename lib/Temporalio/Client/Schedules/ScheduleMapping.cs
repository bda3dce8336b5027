using Google.Protobuf.WellKnownTypes;
using Temporalio.Api.Enums.V1;
using Temporalio.Common;
using Temporalio.Converters;
using Enums = Temporalio.Protocol.Enums;
using Wire = Temporalio.Protocol.Schedules;

namespace Temporalio.Client.Schedules;

/// <summary>Between schedules of the public surface and schedules of the wire; actions are in <see cref="ScheduleActionMapping" />.</summary>
internal static class ScheduleMapping
{
    public static async Task<Wire.Schedule> ToWireAsync(this Schedule schedule, DataConverter converter) => new()
    {
        Spec = schedule.Spec.ToWire(),
        Action = await schedule.Action.ToWireAsync(converter),
        Policies = new()
        {
            OverlapPolicy = schedule.Policy.Overlap.ToWire(),
            CatchupWindow = Duration.FromTimeSpan(schedule.Policy.CatchupWindow),
            PauseOnFailure = schedule.Policy.PauseOnFailure,
        },
        State = new()
        {
            Notes = schedule.State.Note ?? string.Empty,
            Paused = schedule.State.Paused,
            LimitedActions = schedule.State.LimitedActions,
            RemainingActions = schedule.State.RemainingActions,
        },
    };

    public static async Task<Schedule> ToSurfaceAsync(this Wire.Schedule schedule, DataConverter converter)
    {
        var (policies, state) = (schedule.Policies ?? new(), schedule.State ?? new());
        return new(await schedule.Action.ToSurfaceAsync(converter), (schedule.Spec ?? new()).ToSurface())
        {
            Policy = new()
            {
                Overlap = (ScheduleOverlapPolicy)(int)policies.OverlapPolicy,
                CatchupWindow = policies.CatchupWindow?.ToTimeSpan() ?? new SchedulePolicy().CatchupWindow,
                PauseOnFailure = policies.PauseOnFailure,
            },
            State = new()
            {
                Note = state.Notes.NullIfEmpty(),
                Paused = state.Paused,
                LimitedActions = state.LimitedActions,
                RemainingActions = state.RemainingActions,
            },
        };
    }

    public static Enums.ScheduleOverlapPolicy ToWire(this ScheduleOverlapPolicy policy) => (Enums.ScheduleOverlapPolicy)(int)policy;

    public static Wire.BackfillRequest ToWire(this ScheduleBackfill backfill) => new()
    {
        StartTime = Timestamp.FromDateTime(backfill.StartAt),
        EndTime = Timestamp.FromDateTime(backfill.EndAt),
        OverlapPolicy = backfill.Overlap.ToWire(),
    };

    public static ScheduleInfo ToSurface(this Wire.ScheduleInfo info) => new(
        info.ActionCount,
        info.MissedCatchupWindow,
        info.OverlapSkipped,
        [.. info.RunningWorkflows.Select(w => new ScheduleActionExecutionStartWorkflow(w.WorkflowId, w.RunId))],
        info.RecentActions.ToSurface(),
        info.FutureActionTimes.ToSurface(),
        info.CreateTime?.ToDateTime() ?? default,
        info.UpdateTime?.ToDateTime());

    public static ScheduleListSchedule ToSurface(this Wire.ScheduleListInfo info) => new(
        new ScheduleListActionStartWorkflow(
            info.WorkflowType?.Name ?? throw new InvalidOperationException("A listed schedule does something else than starting a workflow.")),
        (info.Spec ?? new()).ToSurface(),
        new(info.Notes.NullIfEmpty(), info.Paused));

    public static IReadOnlyCollection<ScheduleActionResult> ToSurface(this IEnumerable<Wire.ScheduleActionResult> results) =>
    [
        .. results.Select(r => new ScheduleActionResult(
            r.ScheduleTime.ToDateTime(),
            r.ActualTime.ToDateTime(),
            new ScheduleActionExecutionStartWorkflow(r.StartWorkflowResult?.WorkflowId ?? string.Empty, r.StartWorkflowResult?.RunId ?? string.Empty))),
    ];

    public static IReadOnlyCollection<DateTime> ToSurface(this IEnumerable<Timestamp> times) => [.. times.Select(t => t.ToDateTime())];

    private static Wire.ScheduleSpec ToWire(this ScheduleSpec spec) => new()
    {
        StructuredCalendar = { spec.Calendars.Select(ToWire) },
        Interval = { spec.Intervals.Select(i => new Wire.IntervalSpec { Interval = Duration.FromTimeSpan(i.Every), Phase = i.Offset.ToDuration() }) },
        CronString = { spec.CronExpressions },
        ExcludeStructuredCalendar = { spec.Skip.Select(ToWire) },
        StartTime = spec.StartAt is { } start ? Timestamp.FromDateTime(start) : null,
        EndTime = spec.EndAt is { } end ? Timestamp.FromDateTime(end) : null,
        Jitter = spec.Jitter.ToDuration(),
        TimezoneName = spec.TimeZoneName ?? string.Empty,
    };

    private static ScheduleSpec ToSurface(this Wire.ScheduleSpec spec) => new()
    {
        Calendars = [.. spec.StructuredCalendar.Select(ToSurface)],
        Intervals = [.. spec.Interval.Select(i => new ScheduleIntervalSpec(i.Interval.ToTimeSpan(), i.Phase?.ToTimeSpan()))],
        CronExpressions = [.. spec.CronString],
        Skip = [.. spec.ExcludeStructuredCalendar.Select(ToSurface)],
        StartAt = spec.StartTime?.ToDateTime(),
        EndAt = spec.EndTime?.ToDateTime(),
        Jitter = spec.Jitter?.ToTimeSpan(),
        TimeZoneName = spec.TimezoneName.NullIfEmpty(),
    };

    private static Wire.StructuredCalendarSpec ToWire(ScheduleCalendarSpec calendar) => new()
    {
        Second = { calendar.Second.Select(ToWire) },
        Minute = { calendar.Minute.Select(ToWire) },
        Hour = { calendar.Hour.Select(ToWire) },
        DayOfMonth = { calendar.DayOfMonth.Select(ToWire) },
        Month = { calendar.Month.Select(ToWire) },
        Year = { calendar.Year.Select(ToWire) },
        DayOfWeek = { calendar.DayOfWeek.Select(ToWire) },
        Comment = calendar.Comment ?? string.Empty,
    };

    private static ScheduleCalendarSpec ToSurface(Wire.StructuredCalendarSpec calendar) => new()
    {
        Second = [.. calendar.Second.Select(ToSurface)],
        Minute = [.. calendar.Minute.Select(ToSurface)],
        Hour = [.. calendar.Hour.Select(ToSurface)],
        DayOfMonth = [.. calendar.DayOfMonth.Select(ToSurface)],
        Month = [.. calendar.Month.Select(ToSurface)],
        Year = [.. calendar.Year.Select(ToSurface)],
        DayOfWeek = [.. calendar.DayOfWeek.Select(ToSurface)],
        Comment = calendar.Comment.NullIfEmpty(),
    };

    private static Wire.Range ToWire(ScheduleRange range) => new() { Start = range.Start, End = range.End, Step = range.Step };

    private static ScheduleRange ToSurface(Wire.Range range) => new(range.Start, range.End, range.Step);
}
