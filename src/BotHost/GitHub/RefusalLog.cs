using System.Collections.Concurrent;

namespace CodingAgent.BotHost.GitHub;

/// <summary>
/// Says that deliveries are refused, and what to mend: the first at once, then how many more there were, once a minute. Anybody can send what is
/// refused, so a line for each would be theirs to fill the log with.
/// </summary>
/// <param name="time">Clock.</param>
/// <param name="logger">Log.</param>
internal sealed partial class RefusalLog(TimeProvider time, ILogger logger) : IDisposable
{
    private static readonly TimeSpan Gather = TimeSpan.FromMinutes(1);

    // Reasons are ours, and as few as there are configured secrets.
    private readonly ConcurrentDictionary<string, Tally> _tallies = new(StringComparer.Ordinal);

    /// <summary>Counts one.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="mend">What to do about it.</param>
    public void Add(string reason, string mend)
    {
        var tally = _tallies.GetOrAdd(reason, r => new Tally(r, mend, this));
        if (tally.Add() is { } all)
            LogRefused(all, reason, mend);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tally in _tallies.Values)
            tally.Dispose();
    }

    [LoggerMessage(EventId = 1003, Level = LogLevel.Warning, Message = "A delivery was refused ({All} so far): {Reason}. {Mend}")]
    private partial void LogRefused(long all, string reason, string mend);

    [LoggerMessage(EventId = 1005, Level = LogLevel.Warning, Message = "{Count} more deliveries were refused in the last minute ({All} so far): {Reason}. {Mend}")]
    private partial void LogMore(long count, long all, string reason, string mend);

    private sealed class Tally : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly ITimer _timer;
        private long _all;
        private long _untold;
        private bool _gathers;

        public Tally(string reason, string mend, RefusalLog log) => _timer = log.NewTimer(() => Tell(reason, mend, log));

        /// <summary>Counts one; how many there are, where that is to be told at once.</summary>
        public long? Add()
        {
            lock (_gate)
            {
                _all++;
                if (_gathers)
                {
                    _untold++;
                    return null;
                }

                _gathers = true;
                _timer.Change(Gather, Timeout.InfiniteTimeSpan);
                return _all;
            }
        }

        public void Dispose() => _timer.Dispose();

        private void Tell(string reason, string mend, RefusalLog log)
        {
            long untold, all;
            lock (_gate)
            {
                (untold, all, _untold) = (_untold, _all, 0);
                _gathers = untold > 0;
                if (_gathers)
                    _timer.Change(Gather, Timeout.InfiniteTimeSpan);
            }

            if (untold > 0)
                log.LogMore(untold, all, reason, mend);
        }
    }

    private ITimer NewTimer(Action tick) => time.CreateTimer(_ => tick(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
}
