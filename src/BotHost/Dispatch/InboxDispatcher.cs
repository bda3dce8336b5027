using System.Collections.Concurrent;
using CodingAgent.Forges;
using CodingAgent.Forges.GitHub.Webhooks;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Routing;

namespace CodingAgent.BotHost.Dispatch;

/// <summary>
/// Drains the inbox: map, load facts, decide, carry out, and only then mark done. Deliveries about the same issue or pull request go
/// one after the other; one that fails holds back only those behind it, and is tried again with the same delivery id. A crash at any
/// point repeats at most what repeating does not change.
/// </summary>
public sealed partial class InboxDispatcher(
    IInbox inbox, RoutingFactsLoader loader, ActionRunner runner, DispatcherOptions options, TimeProvider time, ILogger<InboxDispatcher> logger)
{
    private const int MostNamed = 20;

    private readonly Backlog _backlog = new(options, time);

    /// <summary>One pass over everything pending. Not to be called twice at the same time.</summary>
    /// <returns>When the next waiting delivery is due; null when none waits.</returns>
    public async Task<DateTimeOffset?> DrainAsync(CancellationToken cancellationToken)
    {
        var held = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        var after = 0L;
        while (await inbox.ListPendingAsync(after, options.PageSize, cancellationToken) is { Count: > 0 } page)
        {
            after = page[^1].Sequence;
            await Parallel.ForEachAsync(
                page.Select(PendingDelivery.Of).GroupBy(pending => pending.Key, StringComparer.Ordinal),
                new ParallelOptions { MaxDegreeOfParallelism = options.Parallelism, CancellationToken = cancellationToken },
                async (sameKey, token) =>
                {
                    foreach (var pending in sameKey)
                    {
                        if (held.ContainsKey(pending.Key) || !_backlog.IsDue(pending.Key) || !await HandleAsync(pending, token))
                        {
                            held[pending.Key] = true;
                            return;
                        }
                    }
                });
        }

        return _backlog.NextDue();
    }

    // False when the delivery stays pending.
    private async Task<bool> HandleAsync(PendingDelivery pending, CancellationToken cancellationToken)
    {
        var delivery = pending.Delivery;
        try
        {
            if (pending.Mapped is MappedDelivery.Unreadable { Reason: var reason })
            {
                await inbox.MarkUnreadableAsync(delivery.Id, reason, cancellationToken);
                LogUnreadable(delivery.Id, delivery.EventName, reason);
                _backlog.Clear(pending.Key);
                return true;
            }

            var outcome = pending.Mapped switch
            {
                MappedDelivery.Event { Value: var e } => await RouteAsync(e, delivery.ReceivedAt, cancellationToken),
                MappedDelivery.Ignored ignored => $"ignored: {ignored.Reason}",
                _ => throw new InvalidOperationException("A mapping of an unknown kind."),
            };
            await inbox.MarkDoneAsync(delivery.Id, outcome, cancellationToken);
            LogDone(delivery.Id, delivery.EventName, outcome);
            _backlog.Clear(pending.Key);
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return await FailAsync(pending, e, cancellationToken);
        }
    }

    /// <summary>Says once more, for whoever looks at the log of this process, what earlier ones could not read.</summary>
    public async Task NameUnreadableAsync(CancellationToken cancellationToken)
    {
        foreach (var kept in await inbox.ListUnreadableAsync(MostNamed, cancellationToken))
            LogUnreadable(kept.Id, kept.EventName, kept.Reason);
    }

    private async Task<string> RouteAsync(Forges.Events.ForgeEvent e, DateTimeOffset receivedAt, CancellationToken cancellationToken)
    {
        var facts = await loader.LoadAsync(e, receivedAt, cancellationToken);
        var outcomes = new List<string>();
        foreach (var action in Router.Decide(e, facts))
            outcomes.Add(await runner.RunAsync(action, cancellationToken));
        return string.Join("; ", outcomes);
    }

    private async Task<bool> FailAsync(PendingDelivery pending, Exception e, CancellationToken cancellationToken)
    {
        var delivery = pending.Delivery;
        var failure = Failures.Of(e);
        if (failure == Failure.Unexpected && delivery.Tries + 1 >= options.UnexpectedTries)
            failure = Failure.Permanent;
        try
        {
            if (failure == Failure.Permanent)
            {
                await inbox.MarkDoneAsync(delivery.Id, $"failed: {e.Message}", cancellationToken);
                LogGivenUp(delivery.Id, delivery.EventName, e);
                _backlog.Clear(pending.Key);
                return true;
            }

            await inbox.MarkFailedTryAsync(delivery.Id, e.Message, cancellationToken);
        }
        catch (Exception storage) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotNoted(delivery.Id, storage.Message);
        }

        var wait = _backlog.Delay(pending.Key, delivery.Tries, (e as ForgeUnavailableException)?.RetryAfter);
        LogWaiting(delivery.Id, delivery.EventName, delivery.Tries + 1, wait, e.Message);
        return false;
    }

    [LoggerMessage(EventId = 2001, Level = LogLevel.Information, Message = "Delivery {Delivery} ({Event}): {Outcome}")]
    private partial void LogDone(string delivery, string @event, string outcome);

    [LoggerMessage(EventId = 2002, Level = LogLevel.Warning, Message = "Delivery {Delivery} ({Event}) failed for the {Tries}. time and waits {Wait}: {Error}")]
    private partial void LogWaiting(string delivery, string @event, int tries, TimeSpan wait, string error);

    [LoggerMessage(EventId = 2003, Level = LogLevel.Error, Message = "Delivery {Delivery} ({Event}) is given up")]
    private partial void LogGivenUp(string delivery, string @event, Exception error);

    [LoggerMessage(EventId = 2004, Level = LogLevel.Error, Message = "The failure of delivery {Delivery} could not be noted in the inbox: {Error}")]
    private partial void LogNotNoted(string delivery, string error);

    [LoggerMessage(EventId = 2007, Level = LogLevel.Warning, Message = "Delivery {Delivery} ({Event}) is kept in the inbox because it cannot be read: {Reason}")]
    private partial void LogUnreadable(string delivery, string @event, string reason);
}
