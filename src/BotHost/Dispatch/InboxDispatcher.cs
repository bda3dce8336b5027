using System.Collections.Concurrent;
using CodingAgent.BotHost.Observability;
using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Routing;

namespace CodingAgent.BotHost.Dispatch;

/// <summary>
/// Drains the inbox: map, load facts, decide, carry out, and only then mark done. Deliveries about the same issue or pull request go
/// one after the other; one that fails holds back only those behind it, and is tried again with the same delivery id. A crash at any
/// point repeats at most the last delivery of each issue, which repeating does not change.
/// </summary>
public sealed partial class InboxDispatcher(
    IInbox inbox, DeliveryMapper map, RoutingFactsLoader loader, ActionRunner runner, DispatcherOptions options, TimeProvider time, ILogger<InboxDispatcher> logger, RevertWatch? reverts = null)
{
    private const int MostNamed = 20;
    private const int MarkedTogether = 16;

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
            var toDo = page.Select(delivery => PendingDelivery.Of(delivery, map)).ToLookup(pending => pending.Mapped is MappedDelivery.Ignored);
            // Nothing follows from these, so several share one write; not all that there are, because who waits for a 202 may wait for that write.
            foreach (var some in toDo[true].Chunk(MarkedTogether))
                await PassOverAsync(some, cancellationToken);
            await Parallel.ForEachAsync(
                toDo[false].GroupBy(pending => pending.Key, StringComparer.Ordinal),
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

    private async Task PassOverAsync(PendingDelivery[] deliveries, CancellationToken cancellationToken)
    {
        var outcomes = deliveries
            .Select(pending => new InboxDelivery.Outcome(pending.Delivery.Id, $"ignored: {((MappedDelivery.Ignored)pending.Mapped).Reason}")).ToList();
        try
        {
            await inbox.MarkDoneAsync(outcomes, cancellationToken);
            foreach (var (pending, outcome) in deliveries.Zip(outcomes))
                LogDone(pending.Delivery.Id, pending.Delivery.EventName, outcome.Text);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // They are met again in the next pass.
            LogNotPassedOver(deliveries.Length, e.Message);
        }
    }

    // False when the delivery stays pending.
    private async Task<bool> HandleAsync(PendingDelivery pending, CancellationToken cancellationToken)
    {
        var delivery = pending.Delivery;
        using var span = ServiceTraces.StartDelivery(delivery);
        try
        {
            if (pending.Mapped is MappedDelivery.Unreadable { Reason: var reason })
            {
                await inbox.MarkUnreadableAsync(delivery.Id, reason, cancellationToken);
                LogUnreadable(delivery.Id, delivery.EventName, reason);
                _backlog.Clear(pending.Key);
                return true;
            }

            var outcome = await RouteAsync((MappedDelivery.Event)pending.Mapped, delivery.ReceivedAt, cancellationToken);
            // Waited for, though marks of other issues and whatever else is written share its commit: were the next delivery about this
            // issue sent first, a crash would send this one again to a task that the next has ended, and start another.
            await inbox.MarkDoneAsync([new InboxDelivery.Outcome(delivery.Id, outcome)], cancellationToken);
            LogDone(delivery.Id, delivery.EventName, outcome);
            _backlog.Clear(pending.Key);
            return true;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            span.Fail(failure);
            return await FailAsync(pending, failure, cancellationToken);
        }
    }

    /// <summary>Says once more, for whoever looks at the log of this process, what earlier ones could not read.</summary>
    public async Task NameUnreadableAsync(CancellationToken cancellationToken)
    {
        foreach (var kept in await inbox.ListUnreadableAsync(MostNamed, cancellationToken))
            LogUnreadable(kept.Id, kept.EventName, kept.Reason);
    }

    private async Task<string> RouteAsync(MappedDelivery.Event told, DateTimeOffset receivedAt, CancellationToken cancellationToken)
    {
        var outcomes = new List<string>();
        foreach (var hint in (IEnumerable<ForgeEvent>)[told.Value, .. told.Also])
        {
            foreach (var e in await loader.ExpandAsync(hint, receivedAt, cancellationToken))
            {
                try
                {
                    var (fact, facts) = await loader.LoadAsync(e, receivedAt, cancellationToken);
                    foreach (var action in Router.Decide(fact, facts))
                        outcomes.Add(await runner.RunAsync(action, cancellationToken));
                    if (reverts is not null && fact is ForgeEvent.PullChanged { Change: PullChange.Merged } merged && await reverts.LookAsync(merged, receivedAt, cancellationToken) is { } found)
                        outcomes.Add(found);
                }
                catch (NotOnRecordException gone) when (hint is ForgeEvent.SubjectChanged)
                {
                    // The forge itself had it a moment ago: it was taken back, which must not hold up the rest.
                    outcomes.Add($"ignored: {gone.Message}");
                }
            }
        }

        return outcomes.Count > 0 ? string.Join("; ", outcomes) : "ignored: nothing was said or done";
    }

    private async Task<bool> FailAsync(PendingDelivery pending, Exception e, CancellationToken cancellationToken)
    {
        var delivery = pending.Delivery;
        var failure = Failures.Of(e);
        // From its arrival, not from the first try: while others were waited for, the forge had time enough.
        DateTimeOffset? lastAsked = failure == Failure.NotOnRecord ? delivery.ReceivedAt + options.RecordPatience : null;
        if (failure == Failure.Unexpected && delivery.Tries + 1 >= options.UnexpectedTries)
            failure = Failure.Permanent;
        try
        {
            if (lastAsked <= time.GetUtcNow())
            {
                var outcome = $"ignored: {e.Message}, and nothing else counts (asked {delivery.Tries + 1} times)";
                await inbox.MarkDoneAsync([new InboxDelivery.Outcome(delivery.Id, outcome)], cancellationToken);
                LogNotOnRecord(delivery.Id, delivery.EventName, outcome);
                _backlog.Clear(pending.Key);
                return true;
            }

            if (failure == Failure.Permanent)
            {
                await inbox.MarkDoneAsync([new InboxDelivery.Outcome(delivery.Id, $"failed: {e.Message}")], cancellationToken);
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

        var wait = _backlog.Delay(pending.Key, delivery.Tries, (e as ForgeUnavailableException)?.RetryAfter, lastAsked);
        LogWaiting(delivery.Id, delivery.EventName, delivery.Tries + 1, wait, e.Message);
        return false;
    }

    [LoggerMessage(EventId = 2001, Level = LogLevel.Debug, Message = "Delivery {Delivery} ({Event}): {Outcome}")]
    private partial void LogDone(string delivery, string @event, string outcome);

    [LoggerMessage(EventId = 2002, Level = LogLevel.Warning, Message = "Delivery {Delivery} ({Event}) failed for the {Tries}. time and waits {Wait}: {Error}")]
    private partial void LogWaiting(string delivery, string @event, int tries, TimeSpan wait, string error);

    [LoggerMessage(EventId = 2003, Level = LogLevel.Error, Message = "Delivery {Delivery} ({Event}) is given up")]
    private partial void LogGivenUp(string delivery, string @event, Exception error);

    [LoggerMessage(EventId = 2004, Level = LogLevel.Error, Message = "The failure of delivery {Delivery} could not be noted in the inbox: {Error}")]
    private partial void LogNotNoted(string delivery, string error);

    [LoggerMessage(EventId = 2007, Level = LogLevel.Warning, Message = "Delivery {Delivery} ({Event}) is kept in the inbox because it cannot be read: {Reason}")]
    private partial void LogUnreadable(string delivery, string @event, string reason);

    [LoggerMessage(EventId = 2008, Level = LogLevel.Warning, Message = "Delivery {Delivery} ({Event}): {Outcome}")]
    private partial void LogNotOnRecord(string delivery, string @event, string outcome);

    [LoggerMessage(EventId = 2006, Level = LogLevel.Error, Message = "{Count} deliveries that mean nothing here could not be marked done: {Error}")]
    private partial void LogNotPassedOver(int count, string error);
}
