using System.Collections.Concurrent;

namespace CodingAgent.BotHost.Web;

/// <summary>
/// Says that something is refused, and what to mend: the first at once, then how many more there were, once a minute. Anybody can send what is
/// refused, so a line for each would be theirs to fill the log with.
/// </summary>
/// <param name="what">What is refused, e.g. <c>delivery</c>.</param>
/// <param name="time">Clock.</param>
/// <param name="logger">Log.</param>
internal sealed partial class RefusalLog(string what, TimeProvider time, ILogger logger) : IDisposable
{
    private const int MostReasons = 1000;

    private static readonly TimeSpan Gather = TimeSpan.FromMinutes(1);

    private readonly string _what = what;
    private readonly ConcurrentDictionary<string, Tally> _tallies = new(StringComparer.Ordinal);

    /// <summary>Counts one.</summary>
    /// <param name="reason">Why. Of ours; where it holds an address, those that have fallen silent make room when there are a thousand.</param>
    /// <param name="mend">What to do about it.</param>
    public void Add(string reason, string mend)
    {
        if (_tallies.Count >= MostReasons && !_tallies.ContainsKey(reason))
            MakeRoom();
        var tally = _tallies.GetOrAdd(_tallies.Count < MostReasons || _tallies.ContainsKey(reason) ? reason : "of many kinds", r => new Tally(r, mend, this));
        if (tally.Add() is { } all)
            LogRefused(_what, all, tally.Reason, mend);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tally in _tallies.Values)
            tally.Dispose();
    }

    // Not disposed: another request may have it in its hands. A timer that is not set holds nothing.
    private void MakeRoom()
    {
        foreach (var (reason, _) in _tallies.Where(t => t.Value.IsSilent))
            _tallies.TryRemove(reason, out _);
    }

    [LoggerMessage(EventId = 1003, Level = LogLevel.Warning, Message = "A {What} was refused ({All} so far): {Reason}. {Mend}")]
    private partial void LogRefused(string what, long all, string reason, string mend);

    [LoggerMessage(EventId = 1005, Level = LogLevel.Warning, Message = "{Count} more times a {What} was refused in the last minute ({All} so far): {Reason}. {Mend}")]
    private partial void LogMore(long count, string what, long all, string reason, string mend);

    private sealed class Tally : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly ITimer _timer;
        private long _all;
        private long _untold;
        private bool _gathers;

        public Tally(string reason, string mend, RefusalLog log)
        {
            Reason = reason;
            _timer = log.NewTimer(() => Tell(mend, log));
        }

        public string Reason { get; }

        /// <summary>Whether nothing of it is still to be told.</summary>
        public bool IsSilent
        {
            get
            {
                lock (_gate)
                    return !_gathers;
            }
        }

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

        private void Tell(string mend, RefusalLog log)
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
                log.LogMore(untold, log._what, all, Reason, mend);
        }
    }

    private ITimer NewTimer(Action tick) => time.CreateTimer(_ => tick(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
}
