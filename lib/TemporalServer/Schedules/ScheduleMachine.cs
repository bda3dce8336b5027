using Temporalio.Api.Schedule.V1;
using TemporalServer.Machine;

namespace TemporalServer.Schedules;

/// <summary>
/// The state machine of one schedule: times that have come go into a buffer (<see cref="Advance"/>), the overlap policies decide what
/// of the buffer starts now (<see cref="Decide"/>), and what became of it is told back. No I/O, no clock; every input carries the time.
/// </summary>
internal sealed partial class ScheduleMachine
{
    /// <summary>How many starts may wait; more are dropped and counted, as the real server does.</summary>
    public const int MaxBuffered = 1000;

    // What one turn looks at, so that catching up on a long downtime lets other work in between.
    private const int TimesPerTurn = 20_000;
    private const int BackfilledPerTurn = 100;
    private const int RecentActions = 10;
    private static readonly TimeSpan DefaultCatchupWindow = TimeSpan.FromDays(365);
    private static readonly TimeSpan MinCatchupWindow = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryPause = TimeSpan.FromMinutes(1);
    private ScheduleTimes? _times;

    /// <summary>Takes up a stored schedule.</summary>
    public ScheduleMachine(ScheduleRecord state)
    {
        State = state;
        try
        {
            _times = ScheduleTimes.Compile(state.Schedule.Spec);
        }
        catch (FormatException e)
        {
            // It was valid once, so this machine differs (a time zone is gone). The schedule sleeps until it is updated; the others go on.
            Problem = e.Message;
        }
    }

    /// <summary>The stored state.</summary>
    public ScheduleRecord State { get; }

    /// <summary>Why the stored spec cannot be followed on this machine; null when it can.</summary>
    public string? Problem { get; private set; }

    private Schedule Schedule => State.Schedule;

    private ScheduleInfo Info => State.Info;

    private string Seed => $"{State.Namespace}/{State.ScheduleId}";

    private bool HasActionsLeft => !Schedule.State.LimitedActions || Schedule.State.RemainingActions > 0;

    private bool MayAct => !Schedule.State.Paused && HasActionsLeft;

    private TimeSpan CatchupWindow => Schedule.Policies.CatchupWindow.OrZero();

    /// <summary>Begins a schedule.</summary>
    /// <param name="request">The valid request.</param>
    /// <param name="times">Its spec, ready.</param>
    /// <param name="now">The time.</param>
    public static ScheduleMachine Begin(CreateScheduleRequest request, ScheduleTimes times, DateTimeOffset now) => new(new ScheduleRecord
    {
        Namespace = request.Namespace,
        ScheduleId = request.ScheduleId,
        Schedule = Complete(request.Schedule, times),
        Info = new ScheduleInfo { CreateTime = now.Stamp() },
        Memo = request.Memo ?? new Memo(),
        SearchAttributes = request.SearchAttributes ?? new SearchAttributes(),
        ConflictToken = 1,
        ProcessedUntil = now.Stamp(),
        CreateRequestId = request.RequestId,
    });

    /// <summary>Puts the times that have come, and the next part of the backfills, into the buffer.</summary>
    public void Advance(DateTimeOffset now)
    {
        if (State.RetryAt?.ToDateTimeOffset() <= now)
        {
            State.RetryAt = null;
        }

        if (_times is null)
        {
            return;
        }

        if (MayAct)
        {
            TakeDue(_times, now);
        }
        else if (now > State.ProcessedUntil.ToDateTimeOffset())
        {
            // Time spent paused is passed over for good.
            State.ProcessedUntil = now.Stamp();
        }

        TakeBackfills(_times);
    }

    /// <summary>When it wants to be advanced next; null when only an input can move it.</summary>
    public DateTimeOffset? NextDeadline()
    {
        var due = State.RetryAt?.ToDateTimeOffset();
        if (_times is null)
        {
            return due;
        }

        if (State.Backfills.Count > 0 && State.Buffered.Count < MaxBuffered)
        {
            return DateTimeOffset.MinValue;
        }

        var next = MayAct ? _times.Next(State.ProcessedUntil.ToDateTimeOffset(), Seed)?.At : null;
        return due is null || next < due ? next ?? due : due;
    }

    /// <summary>Pauses, unpauses, triggers, backfills.</summary>
    public void Patch(SchedulePatch patch, DateTimeOffset now)
    {
        if (patch.TriggerImmediately is { } trigger)
        {
            var at = trigger.ScheduledTime?.ToDateTimeOffset() ?? now;
            Buffer(new ScheduledTime(at, at), trigger.OverlapPolicy, manual: true);
        }

        foreach (var backfill in patch.BackfillRequest)
        {
            if (State.Backfills.Count >= MaxBuffered)
            {
                Info.BufferDropped++;
                continue;
            }

            // The start counts in; a time is looked for after another.
            var taken = backfill.Clone();
            taken.StartTime = (taken.StartTime?.ToDateTimeOffset() ?? DateTimeOffset.UnixEpoch).AddMilliseconds(-1).Stamp();
            State.Backfills.Add(taken);
        }

        if (patch.Pause.Length > 0)
        {
            SetPaused(true, patch.Pause);
        }

        if (patch.Unpause.Length > 0)
        {
            SetPaused(false, patch.Unpause);
        }
    }

    /// <summary>Replaces what the schedule does; what it has done stays.</summary>
    public void Update(UpdateScheduleRequest request, ScheduleTimes times, DateTimeOffset now)
    {
        State.Schedule = Complete(request.Schedule, times);
        State.SearchAttributes = request.SearchAttributes ?? State.SearchAttributes;
        State.Memo = request.Memo ?? State.Memo;
        _times = times;
        Problem = null;
        Info.UpdateTime = now.Stamp();
        State.ConflictToken++;

        // A time before now whose jitter reaches past now still counts; all earlier ones are not this schedule's any more.
        var from = now - times.Spec.Jitter.OrZero() - TimeSpan.FromSeconds(1);
        if (from > State.ProcessedUntil.ToDateTimeOffset())
        {
            State.ProcessedUntil = from.Stamp();
        }
    }

    /// <summary>Notes a change by its request id; false when it was made before.</summary>
    public bool IsNew(string requestId)
    {
        const int MaxRequestIds = 100;
        if (requestId.Length == 0)
        {
            return true;
        }

        if (State.RequestIds.Contains(requestId))
        {
            return false;
        }

        if (State.RequestIds.Count >= MaxRequestIds)
        {
            State.RequestIds.RemoveAt(0);
        }

        State.RequestIds.Add(requestId);
        return true;
    }

    private static Schedule Complete(Schedule? given, ScheduleTimes times)
    {
        var schedule = given?.Clone() ?? new Schedule();
        schedule.Spec = times.Spec;
        schedule.Action ??= new ScheduleAction();
        schedule.State ??= new ScheduleState();
        schedule.Policies ??= new SchedulePolicies();
        if (schedule.Policies.OverlapPolicy == ScheduleOverlapPolicy.Unspecified)
        {
            schedule.Policies.OverlapPolicy = ScheduleOverlapPolicy.Skip;
        }

        var window = schedule.Policies.CatchupWindow is { } set ? set.OrZero() : DefaultCatchupWindow;
        schedule.Policies.CatchupWindow = (window < MinCatchupWindow ? MinCatchupWindow : window).Span();
        return schedule;
    }

    private void SetPaused(bool paused, string notes)
    {
        Schedule.State.Paused = paused;
        Schedule.State.Notes = notes;
        State.ConflictToken++;
    }

    private void TakeDue(ScheduleTimes times, DateTimeOffset now)
    {
        var updated = Info.UpdateTime?.ToDateTimeOffset();
        var processed = State.ProcessedUntil.ToDateTimeOffset();
        for (var i = 0; i < TimesPerTurn && times.Next(processed, Seed) is { } next && next.At <= now; i++)
        {
            processed = next.Nominal;
            if (next.At < updated)
            {
                continue;
            }

            if (now - next.At > CatchupWindow)
            {
                Info.MissedCatchupWindow++;
                continue;
            }

            Buffer(next, ScheduleOverlapPolicy.Unspecified, manual: false);
        }

        State.ProcessedUntil = processed.Stamp();
    }

    private void TakeBackfills(ScheduleTimes times)
    {
        for (var taken = 0; State.Backfills.Count > 0 && taken < BackfilledPerTurn && State.Buffered.Count < MaxBuffered; taken++)
        {
            var backfill = State.Backfills[0];
            if (times.Next(backfill.StartTime.ToDateTimeOffset(), Seed) is { } next && next.At <= backfill.EndTime.ToDateTimeOffset())
            {
                backfill.StartTime = next.Nominal.Stamp();
                Buffer(next, backfill.OverlapPolicy, manual: true);
            }
            else
            {
                State.Backfills.RemoveAt(0);
            }
        }
    }

    private void Buffer(ScheduledTime time, ScheduleOverlapPolicy policy, bool manual)
    {
        if (State.Buffered.Count >= MaxBuffered)
        {
            Info.BufferDropped++;
            return;
        }

        State.Buffered.Add(new BufferedStart { NominalTime = time.Nominal.Stamp(), ActualTime = time.At.Stamp(), OverlapPolicy = policy, Manual = manual });
    }
}
