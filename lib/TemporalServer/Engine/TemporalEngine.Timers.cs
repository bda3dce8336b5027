using Microsoft.Extensions.Logging;

namespace TemporalServer.Engine;

/// <content>One timer for the next thing that is due, of runs, schedules and sleepers.</content>
internal sealed partial class TemporalEngine
{
    // The system's timers stand still while the machine is suspended, and know nothing of a clock that was set: the clock is looked at this often.
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(30);

    private DateTimeOffset? NextDue()
    {
        DateTimeOffset? run = _deadlines.Count == 0 ? null : _deadlines.Min.Due;
        DateTimeOffset? schedule = _scheduleDeadlines.Count == 0 ? null : _scheduleDeadlines.Min.Due;
        var due = run is null || schedule < run ? schedule ?? run : run;
        return _sleepers.Min is { } sleeper && !(due < sleeper.Due) ? sleeper.Due : due;
    }

    private void ArmTimer()
    {
        var due = NextDue();
        SkipTo(due);
        if (due == _timerDue)
        {
            return;
        }

        _timerDue = due;
        if (due is not { } at)
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }

        // Timers count whole milliseconds: rounded up, so that the deadline has passed when it fires.
        var wait = Math.Clamp(Math.Ceiling((at - Now).TotalMilliseconds), 0, LongestSleep.TotalMilliseconds);
        _timer.Change(TimeSpan.FromMilliseconds(wait), Timeout.InfiniteTimeSpan);
    }

    private void FireDue()
    {
        lock (_gate)
        {
            if (_stopping.IsCancellationRequested || _failure is not null)
            {
                return;
            }

            try
            {
                _timerDue = null;
                var now = Now;
                while (_deadlines.Count > 0 && _deadlines.Min is var first && first.Due <= now)
                {
                    first.Run.Machine.FireDue(now);
                    Touch(first.Run);
                    SettleAll();
                }

                AdvanceSchedules(now);
                WakeSleepers(now);
                SettleAll();
            }
            catch (Exception e)
            {
                LogTimersFailed(_logger, e);
                Poison(e);
            }
        }
    }

    [LoggerMessage(3, LogLevel.Critical, "Firing timers failed; the server refuses all calls until it is started again")]
    private static partial void LogTimersFailed(ILogger logger, Exception exception);
}
