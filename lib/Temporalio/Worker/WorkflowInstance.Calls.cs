using Google.Protobuf.WellKnownTypes;
using Temporalio.Common;
using Temporalio.Converters;
using Temporalio.Exceptions;
using Temporalio.Protocol.Commands;
using Temporalio.Protocol.Failures;
using Temporalio.Protocol.Histories;
using Temporalio.Worker.Interceptors;
using Temporalio.Workflows;

namespace Temporalio.Worker;

/// <content>Timers, conditions, activities, patches and upserts: what workflow code may call.</content>
internal sealed partial class WorkflowInstance
{
    private readonly Dictionary<string, TaskCompletionSource> _timers = [];
    private readonly Dictionary<long, ActivityCall> _activitiesByEvent = [];
    private readonly HashSet<string> _patchesInHistory = [];
    private readonly Dictionary<string, bool> _patches = [];
    private int _timerCount;
    private int _activityCount;

    public Task StartTimerAsync(DelayAsyncInput input)
    {
        AssertNotReadOnly("wait");
        var token = input.CancellationToken ?? CancellationToken;
        if (token.IsCancellationRequested)
        {
            return Task.FromCanceled(token);
        }

        var delay = input.Delay == TimeSpan.Zero ? TimeSpan.FromMilliseconds(1) : input.Delay;
        if (delay < TimeSpan.Zero && delay != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentException("A delay may not be negative.", nameof(input));
        }

        var source = new TaskCompletionSource();
        PendingCommand? start = null;
        var id = string.Empty;
        if (delay != Timeout.InfiniteTimeSpan)
        {
            id = (++_timerCount).ToString();
            _timers[id] = source;
            start = CommandKinds.StartTimer(new()
            {
                StartTimerCommandAttributes = new() { TimerId = id, StartToFireTimeout = Duration.FromTimeSpan(delay) },
                UserMetadata = PayloadConverter.ToUserMetadata(input.Summary),
            });
            AddCommand(start);
        }

        return EnqueueAsync(async () =>
        {
            using var registration = token.Register(() =>
            {
                if (source.TrySetCanceled(token) && start is not null && _timers.Remove(id) && !TryWithdraw(start))
                {
                    AddCommand(CommandKinds.CancelTimer(id));
                }
            });
            await source.Task;
        });
    }

    public void FireTimer(string id)
    {
        if (_timers.Remove(id, out var source))
        {
            source.TrySetResult();
        }
    }

    public Task<bool> WaitConditionAsync(WaitConditionOptions options)
    {
        AssertNotReadOnly("wait");
        var source = new TaskCompletionSource();
        var node = _conditions.AddLast((options.ConditionCheck, source));
        var token = options.CancellationToken ?? CancellationToken;
        return EnqueueAsync(async () =>
        {
            try
            {
                using var registration = token.Register(() => source.TrySetCanceled(token));
                if (options.Timeout is not { } timeout)
                {
                    await source.Task;
                    return true;
                }

                using var timer = new CancellationTokenSource();
                var first = await Task.WhenAny(source.Task, Outbound.DelayAsync(new(timeout, timer.Token, options.TimeoutSummary)));
                if (first != source.Task)
                {
                    return false;
                }

                try
                {
                    await source.Task;
                    return true;
                }
                finally
                {
                    // CancelAsync would run the callbacks on the thread pool, off the workflow's scheduler.
#pragma warning disable CA1849, MA0042
                    timer.Cancel();
#pragma warning restore CA1849, MA0042
                }
            }
            finally
            {
                _conditions.Remove(node);
            }
        });
    }

    public Task<TResult> ScheduleActivityAsync<TResult>(ScheduleActivityInput input)
    {
        var options = input.Options;
        if (options.StartToCloseTimeout is null && options.ScheduleToCloseTimeout is null)
        {
            throw new ArgumentException("An activity needs StartToCloseTimeout or ScheduleToCloseTimeout.", nameof(input));
        }

        AssertNotReadOnly("run activities");
        var token = options.CancellationToken ?? CancellationToken;
        if (token.IsCancellationRequested)
        {
            return Task.FromException<TResult>(new CanceledFailureException("Activity cancelled before scheduled"));
        }

        var call = new ActivityCall(options.ActivityId ?? (++_activityCount).ToString(), input.Activity, options.CancellationType);
        call.Schedule = CommandKinds.ScheduleActivity(ScheduleCommand(call, input.Args, options, input.Headers), e =>
        {
            call.ScheduledEventId = e.EventId;
            _activitiesByEvent[e.EventId] = call;
        });
        AddCommand(call.Schedule);
        return EnqueueAsync(async () =>
        {
            using var registration = token.Register(() => CancelActivity(call));
            var result = await call.Source.Task;
            return _converter.ReadFirst<TResult>(result);
        });
    }

    /// <summary>Resolves the activity that an event closed; does nothing when the call ended before.</summary>
    public void ResolveActivity(HistoryEvent e)
    {
        var (scheduled, started, identity, retryState) = e.AttributesCase switch
        {
            HistoryEvent.AttributesOneofCase.ActivityTaskCompletedEventAttributes => (e.ActivityTaskCompletedEventAttributes.ScheduledEventId, 0L, string.Empty, Protocol.Enums.RetryState.Unspecified),
            HistoryEvent.AttributesOneofCase.ActivityTaskFailedEventAttributes when e.ActivityTaskFailedEventAttributes is { } f =>
                (f.ScheduledEventId, f.StartedEventId, f.Identity, f.RetryState),
            HistoryEvent.AttributesOneofCase.ActivityTaskTimedOutEventAttributes when e.ActivityTaskTimedOutEventAttributes is { } t =>
                (t.ScheduledEventId, t.StartedEventId, string.Empty, t.RetryState),
            _ => (e.ActivityTaskCanceledEventAttributes.ScheduledEventId, e.ActivityTaskCanceledEventAttributes.StartedEventId,
                e.ActivityTaskCanceledEventAttributes.Identity, Protocol.Enums.RetryState.CancelRequested),
        };
        if (!_activitiesByEvent.Remove(scheduled, out var call))
        {
            return;
        }

        if (e.ActivityTaskCompletedEventAttributes is { } completed)
        {
            call.Source.TrySetResult(completed.Result);
            return;
        }

        var (message, cause) = e.AttributesCase switch
        {
            HistoryEvent.AttributesOneofCase.ActivityTaskFailedEventAttributes => ("Activity task failed", e.ActivityTaskFailedEventAttributes.Failure),
            HistoryEvent.AttributesOneofCase.ActivityTaskTimedOutEventAttributes => ("Activity task timed out", e.ActivityTaskTimedOutEventAttributes.Failure),
            _ => ("Activity task cancelled", new Failure
            {
                Message = "Activity cancelled",
                CanceledFailureInfo = new() { Details = e.ActivityTaskCanceledEventAttributes.Details },
            }),
        };
        Fail(call, message, cause, scheduled, started, identity, retryState);
    }

    public void NotePatch(string id) => _patchesInHistory.Add(id);

    public bool Patch(string id, bool deprecated)
    {
        AssertNotReadOnly("use patches");
        if (_patches.TryGetValue(id, out var known))
        {
            return known;
        }

        var patched = !IsReplaying || _patchesInHistory.Contains(id);
        _patches[id] = patched;
        if (patched)
        {
            var data = PayloadConverter.ToWirePayload(new Dictionary<string, object> { ["id"] = id, ["deprecated"] = deprecated });
            AddCommand(CommandKinds.PatchMarker(
                new()
                {
                    RecordMarkerCommandAttributes = new()
                    {
                        MarkerName = HistoryEvents.PatchMarkerName,
                        Details = { [HistoryEvents.PatchDetailKey] = new() { Payloads_ = { data } } },
                    },
                },
                id));
        }

        return patched;
    }

    public void UpsertMemo(IReadOnlyCollection<MemoUpdate> updates)
    {
        if (updates.Count == 0)
        {
            throw new ArgumentException("At least one change is needed.", nameof(updates));
        }

        var memo = new Dictionary<string, IRawValue>(Memo);
        var upserted = new Protocol.Common.Memo();
        foreach (var update in updates)
        {
            var payload = PayloadConverter.ToPayload(update.HasValue ? update.UntypedValue : null);
            upserted.Fields[update.UntypedKey] = payload.ToWire();
            if (update.HasValue)
            {
                memo[update.UntypedKey] = new RawValue(payload);
            }
            else
            {
                memo.Remove(update.UntypedKey);
            }
        }

        AddCommand(CommandKinds.ModifyProperties(new() { ModifyWorkflowPropertiesCommandAttributes = new() { UpsertedMemo = upserted } }));
        Memo = memo;
    }

    public void UpsertSearchAttributes(IReadOnlyCollection<SearchAttributeUpdate> updates)
    {
        if (updates.Count == 0)
        {
            throw new ArgumentException("At least one change is needed.", nameof(updates));
        }

        var builder = new SearchAttributeCollection.Builder(TypedSearchAttributes);
        var attributes = new Protocol.Common.SearchAttributes();
        foreach (var update in updates)
        {
            attributes.IndexedFields[update.UntypedKey.Name] =
                SearchAttributeCollection.ToPayload(update.UntypedKey, update.HasValue ? update.UntypedValue : null);
            _ = update.HasValue ? builder.SetUntyped(update.UntypedKey, update.UntypedValue) : builder.Unset(update.UntypedKey);
        }

        AddCommand(CommandKinds.UpsertSearchAttributes(new()
        {
            UpsertWorkflowSearchAttributesCommandAttributes = new() { SearchAttributes = attributes },
        }));
        TypedSearchAttributes = builder.ToSearchAttributeCollection();
    }

    private Command ScheduleCommand(
        ActivityCall call, IReadOnlyCollection<object?> args, ActivityOptions options, IDictionary<string, Api.Common.V1.Payload>? headers) => new()
        {
            ScheduleActivityTaskCommandAttributes = new()
            {
                ActivityId = call.Id,
                ActivityType = new() { Name = call.Type },
                TaskQueue = new() { Name = options.TaskQueue ?? Info.TaskQueue },
                Input = PayloadConverter.ToWirePayloads(args),
                Header = headers.ToWire(),
                ScheduleToCloseTimeout = options.ScheduleToCloseTimeout.ToDuration(),
                ScheduleToStartTimeout = options.ScheduleToStartTimeout.ToDuration(),
                StartToCloseTimeout = options.StartToCloseTimeout.ToDuration(),
                HeartbeatTimeout = options.HeartbeatTimeout.ToDuration(),
                RetryPolicy = options.RetryPolicy?.ToProto(),
                Priority = options.Priority.ToProto(),
            },
            UserMetadata = PayloadConverter.ToUserMetadata(options.Summary),
        };

    private void CancelActivity(ActivityCall call)
    {
        if (call.Source.Task.IsCompleted || call.CancelRequested)
        {
            return;
        }

        call.CancelRequested = true;
        var withdrawn = TryWithdraw(call.Schedule!);
        if (!withdrawn && call.CancellationType != ActivityCancellationType.Abandon)
        {
            AddCommand(CommandKinds.RequestCancelActivity(call.ScheduledEventId, call.Id));
        }

        if (withdrawn || call.CancellationType != ActivityCancellationType.WaitCancellationCompleted)
        {
            _activitiesByEvent.Remove(call.ScheduledEventId);
            _followUps.Add(new(WorkflowJobRank.Resolve, 0, () => Fail(
                call,
                "Activity cancelled",
                new() { Message = "Activity cancelled", CanceledFailureInfo = new() },
                call.ScheduledEventId,
                0,
                string.Empty,
                Protocol.Enums.RetryState.CancelRequested)));
        }
    }

    private void Fail(
        ActivityCall call, string message, Failure cause, long scheduled, long started, string identity, Protocol.Enums.RetryState retryState) =>
        call.Source.TrySetException(_converter.FailureConverter.ToException(
            new()
            {
                Message = message,
                Cause = cause,
                ActivityFailureInfo = new()
                {
                    ScheduledEventId = scheduled,
                    StartedEventId = started,
                    Identity = identity,
                    ActivityType = new() { Name = call.Type },
                    ActivityId = call.Id,
                    RetryState = retryState,
                },
            },
            PayloadConverter));
}
