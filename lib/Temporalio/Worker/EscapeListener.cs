using System.Diagnostics.Tracing;

namespace Temporalio.Worker;

/// <summary>
/// Hears of work that a thread hands to the thread pool or to a timer. The runtime tells it of all threads while a worker
/// runs; only those that run workflow code are looked at.
/// </summary>
internal sealed class EscapeListener : EventListener
{
    private const string SourceName = "System.Diagnostics.Eventing.FrameworkEventSource";
    private const EventKeywords ThreadPoolAndTransfers = (EventKeywords)0x12;
    private const int ThreadPoolEnqueue = 30;
    private const int ThreadTransferSend = 150;

    private const int MostProbes = 50;

    private static readonly Lazy<EscapeListener> Shared = new(() => new());

    [ThreadStatic]
    private static bool _probing;

    [ThreadStatic]
    private static bool _heard;

    private readonly Lock _lock = new();
    private EventSource? _source;
    private int _users;

    /// <summary>Listens until the last user has released it.</summary>
    /// <returns>Completes when the pool has begun to tell: it looks now and then whether anybody listens.</returns>
    public static async Task AcquireAsync()
    {
        Shared.Value.Add(1);
        for (var probes = 0; probes < MostProbes && !Hears(); probes++)
        {
            await Task.Delay(1);
        }
    }

    public static void Release() => Shared.Value.Add(-1);

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        // The base constructor calls this before the fields are there.
        if (eventSource.Name == SourceName)
        {
            _source = eventSource;
            if (_users > 0)
            {
                EnableEvents(eventSource, EventLevel.Verbose, ThreadPoolAndTransfers);
            }
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (_probing)
        {
            _heard = true;
        }

        if (EscapeWatch.OfThread is { } watch && (eventData.EventId is ThreadPoolEnqueue or ThreadTransferSend))
        {
            watch.OnHandOver();
        }
    }

    private static bool Hears()
    {
        (_probing, _heard) = (true, false);
        ThreadPool.UnsafeQueueUserWorkItem(static _ => { }, null);
        _probing = false;
        return _heard;
    }

    private void Add(int users)
    {
        lock (_lock)
        {
            var before = _users;
            _users += users;
            if (_source is null || (before > 0) == (_users > 0))
            {
                return;
            }

            if (_users > 0)
            {
                EnableEvents(_source, EventLevel.Verbose, ThreadPoolAndTransfers);
            }
            else
            {
                DisableEvents(_source);
            }
        }
    }
}
