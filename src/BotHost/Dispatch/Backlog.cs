using System.Collections.Concurrent;

namespace CodingAgent.BotHost.Dispatch;

/// <summary>
/// When each issue or pull request may be tried again. Kept in memory only: after a restart everything is due at once, while the
/// length of a wait comes from the tries the inbox has counted.
/// </summary>
internal sealed class Backlog(DispatcherOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> _notBefore = new(StringComparer.Ordinal);

    /// <summary>True when the key may be tried now.</summary>
    public bool IsDue(string key) => !_notBefore.TryGetValue(key, out var at) || at <= time.GetUtcNow();

    /// <summary>Notes a failure after so many earlier ones.</summary>
    /// <param name="key">Issue or pull request.</param>
    /// <param name="earlierTries">Failures before.</param>
    /// <param name="askedFor">Wait that the forge asks for.</param>
    /// <param name="until">When it must be tried again at the latest, whatever the other waits.</param>
    public TimeSpan Delay(string key, int earlierTries, TimeSpan? askedFor, DateTimeOffset? until)
    {
        var factor = Math.Pow(2, Math.Min(earlierTries, 30));
        var backoff = options.FirstBackoff * factor;
        var wait = backoff < options.LongestBackoff ? backoff : options.LongestBackoff;
        if (askedFor > wait)
            wait = askedFor.Value < options.LongestForgeWait ? askedFor.Value : options.LongestForgeWait;
        if (until - time.GetUtcNow() is { } left && left < wait)
            wait = left;
        _notBefore[key] = time.GetUtcNow() + wait;
        return wait;
    }

    /// <summary>Notes a success.</summary>
    public void Clear(string key) => _notBefore.TryRemove(key, out _);

    /// <summary>When the next wait ends; null when nothing waits.</summary>
    public DateTimeOffset? NextDue() => _notBefore.IsEmpty ? null : _notBefore.Values.Min();
}
