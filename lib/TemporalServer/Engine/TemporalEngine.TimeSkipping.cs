using Temporalio.Api.TestService.V1;
using TemporalServer.Machine;

namespace TemporalServer.Engine;

/// <summary>
/// Time that tests skip. The clock runs at its own pace; while nobody holds the lock and no worker has anything to do, it jumps to what
/// is due next. What a jump brings about is done before the next one, so a workflow sees every moment it asked for.
/// </summary>
internal sealed partial class TemporalEngine
{
    // Timeouts reach a century ahead; beyond this they could leave the calendar.
    private static readonly DateTimeOffset EndOfTime = new(9000, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly SortedSet<Sleeper> _sleepers = new(Comparer<Sleeper>.Create(
        static (a, b) => a.Due != b.Due ? a.Due.CompareTo(b.Due) : a.Order.CompareTo(b.Order)));

    private int _skipLocks = 1;
    private int _runsWithWork;
    private int _openQueries;
    private long _lastSleeper;
    private TimeSpan _skipped;

    public Task<LockTimeSkippingResponse> LockTimeSkippingAsync() => ExecuteAsync(_ =>
    {
        _skipLocks++;
        return new LockTimeSkippingResponse();
    });

    public Task<UnlockTimeSkippingResponse> UnlockTimeSkippingAsync() => ExecuteAsync(_ =>
    {
        UnlockTimeSkipping();
        return new UnlockTimeSkippingResponse();
    });

    public Task<SleepResponse> SleepAsync(SleepRequest request, CancellationToken cancellationToken) =>
        SleepAsync(now => now + request.Duration.OrZero(), unlocked: false, cancellationToken);

    public Task<SleepResponse> SleepUntilAsync(SleepUntilRequest request, CancellationToken cancellationToken)
    {
        var until = request.Timestamp ?? throw Errors.Invalid("Timestamp is not set on request.");
        var seconds = Math.Clamp(until.Seconds, 0, EndOfTime.ToUnixTimeSeconds());
        return SleepAsync(_ => DateTimeOffset.UnixEpoch.AddSeconds(seconds).AddTicks(until.Nanos / 100), unlocked: false, cancellationToken);
    }

    public Task<SleepResponse> UnlockTimeSkippingWithSleepAsync(SleepRequest request, CancellationToken cancellationToken) =>
        SleepAsync(now => now + request.Duration.OrZero(), unlocked: true, cancellationToken);

    public Task<GetCurrentTimeResponse> GetCurrentTimeAsync() => ExecuteAsync(now => new GetCurrentTimeResponse { Time = now.Stamp() });

    private async Task<SleepResponse> SleepAsync(Func<DateTimeOffset, DateTimeOffset> end, bool unlocked, CancellationToken cancellationToken)
    {
        var sleeper = await ExecuteAsync(now =>
        {
            var due = end(now);
            if (due >= EndOfTime)
            {
                throw Errors.Invalid($"the clock cannot go beyond {EndOfTime:yyyy-MM-dd}");
            }

            if (unlocked)
            {
                UnlockTimeSkipping();
            }

            var sleeper = new Sleeper(due, ++_lastSleeper, locks: unlocked);
            _sleepers.Add(sleeper);
            return sleeper;
        });
        using var held = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        try
        {
            await sleeper.Woken.WaitAsync(held.Token);
        }
        finally
        {
            lock (_gate)
            {
                // Nobody waits any more: the lock it let go of is taken again.
                End(sleeper);
            }
        }

        // What the jump brought about is on disk before the caller goes on.
        return await ExecuteAsync(_ => new SleepResponse());
    }

    private void UnlockTimeSkipping()
    {
        if (_skipLocks == 0)
        {
            throw Errors.Of(StatusCode.FailedPrecondition, "time skipping is not locked: every unlock needs a lock before it, and the server starts with one");
        }

        _skipLocks--;
    }

    private void WakeSleepers(DateTimeOffset now)
    {
        while (_sleepers.Min is { } first && first.Due <= now)
        {
            End(first);
            first.Wake();
        }
    }

    private void End(Sleeper sleeper)
    {
        // The lock is back before anything else happens, so that time does not run on past the moment that was waited for.
        if (_sleepers.Remove(sleeper) && sleeper.Locks)
        {
            _skipLocks++;
        }
    }

    private void NoteWork(Run run)
    {
        if (_options.TimeSkipping && run.Machine.HasWork != run.HasWork)
        {
            run.HasWork = !run.HasWork;
            _runsWithWork += run.HasWork ? 1 : -1;
        }
    }

    private void SkipTo(DateTimeOffset? due)
    {
        var now = Now;
        if (due > now && _options.TimeSkipping && _skipLocks == 0 && _runsWithWork == 0 && _openQueries == 0)
        {
            _skipped += due.Value - now;

            // The timer was set by the time before.
            _timerDue = null;
        }
    }
}
