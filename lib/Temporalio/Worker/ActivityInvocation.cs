using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Temporalio.Activities;
using Temporalio.Client;
using Temporalio.Common;
using Temporalio.Converters;
using Temporalio.Exceptions;
using Temporalio.Protocol.Common;
using Temporalio.Protocol.Methods;
using Temporalio.Protocol.Service;
using Temporalio.Worker.Interceptors;
using RetryPolicy = Temporalio.Common.RetryPolicy;

namespace Temporalio.Worker;

/// <summary>One attempt of an activity: reads its input, runs it, and reports how it ended.</summary>
[SuppressMessage("Design", "CA1001", Justification = "RunAsync, called exactly once, disposes the source.")]
internal sealed partial class ActivityInvocation(
    WorkflowService service,
    TemporalWorkerOptions options,
    string identity,
    ILoggerFactory loggerFactory,
    ITemporalClient client,
    Func<string, ActivityDefinition?> find,
    PollActivityTaskQueueResponse task,
    CancellationToken cancelAll,
    CancellationToken workerShutdown)
{
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(45);

    private readonly ILogger _logger = loggerFactory.CreateLogger($"Temporalio.Activity.{task.ActivityType.Name}");
    private readonly ActivityCancelRef _cancelRef = new();
    private readonly CancellationTokenSource _cancellation = new();

    public async Task RunAsync()
    {
        try
        {
            using var scope = _logger.BeginScope(new Dictionary<string, object>
            {
                ["ActivityId"] = task.ActivityId,
                ["ActivityType"] = task.ActivityType.Name,
                ["WorkflowId"] = task.WorkflowExecution?.WorkflowId ?? string.Empty,
                ["Attempt"] = task.Attempt,
            });
            await using var onCancelAll = cancelAll.Register(() => Cancel(ActivityCancelReason.WorkerShutdown));
            var timeout = EarlierOf(task.StartToCloseTimeout.ToTimeSpanOrNull(), task.ScheduleToCloseTimeout.ToTimeSpanOrNull());
            using var timer = timeout < LongestTimer
                ? new Timer(_ => Cancel(ActivityCancelReason.Timeout), null, timeout.Value, Timeout.InfiniteTimeSpan)
                : null;
            await using var heartbeats = new ActivityHeartbeats(service, options, identity, task, Cancel);
            await ReportAsync(heartbeats);
        }
        catch (Exception e)
        {
            // The server's timeout starts the next attempt.
            LogNotTaken(_logger, task.ActivityId, e.Message);
        }
        finally
        {
            _cancellation.Dispose();
        }
    }

    private static TimeSpan? EarlierOf(TimeSpan? a, TimeSpan? b) => a is null || b < a ? b : a;

    [LoggerMessage(1, LogLevel.Warning, "Activity {ActivityId} of type {ActivityType} failed (attempt {Attempt})")]
    private static partial void LogFailed(ILogger logger, Exception exception, string activityId, string activityType, int attempt);

    [LoggerMessage(2, LogLevel.Warning, "Outcome of activity {ActivityId} was not taken: {Reason}")]
    private static partial void LogNotTaken(ILogger logger, string activityId, string reason);

    private async Task ReportAsync(ActivityHeartbeats heartbeats)
    {
        Payloads? result;
        try
        {
            result = await ExecuteAsync(heartbeats);
        }
        catch (Exception e)
        {
            await heartbeats.StopAsync();
            await ReportFailureAsync(heartbeats, e);
            return;
        }

        await heartbeats.StopAsync();
        await RespondAsync(rpc => service.CallAsync(
            WorkflowServiceMethods.RespondActivityTaskCompleted,
            new() { TaskToken = task.TaskToken, Namespace = service.Namespace, Identity = identity, Result = result },
            rpc));
    }

    private async Task<Payloads?> ExecuteAsync(ActivityHeartbeats heartbeats)
    {
        var name = task.ActivityType.Name;
        var definition = find(name) ?? throw new ApplicationFailureException(
            $"Activity {name} is not registered on this worker", errorType: "NotFoundError");
        await service.Converter.PayloadCodec.DecodeAsync(task.Input);
        await service.Converter.PayloadCodec.DecodeAsync(task.Header);
        var args = DecodeArguments(definition);
        ActivityExecutionContext.Enter(new(
            Info(),
            _logger,
            service.Converter.PayloadConverter,
            _cancelRef,
            heartbeats.Record,
            client,
            _cancellation.Token,
            workerShutdown));
        var inbound = options.AllInterceptors.Reverse().Aggregate<IWorkerInterceptor, ActivityInboundInterceptor>(
            new InboundEnd(), (next, interceptor) => interceptor.InterceptActivity(next));
        inbound.Init(new OutboundEnd(heartbeats));
        var value = await inbound.ExecuteActivityAsync(new(definition, args, task.Header.ToSurface()));
        var result = TaskResults.ResultType(definition.ReturnType) is null
            ? null
            : new Payloads { Payloads_ = { service.Converter.PayloadConverter.ToWirePayload(value) } };
        await service.Converter.PayloadCodec.EncodeAsync(result);
        return result;
    }

    private object?[] DecodeArguments(ActivityDefinition definition)
    {
        var payloads = task.Input?.Payloads_ ?? [];
        var converter = service.Converter.PayloadConverter;
        if (definition.Dynamic)
        {
            return [payloads.Select(p => (IRawValue)new RawValue(p.ToSurface())).ToArray()];
        }

        if (payloads.Count < definition.RequiredParameterCount)
        {
            throw new ApplicationFailureException(
                $"Activity {definition.Name} needs {definition.RequiredParameterCount} arguments and was given {payloads.Count}");
        }

        var parameters = definition.MethodInfo?.GetParameters();
        return
        [
            .. definition.ParameterTypes.Select((type, i) =>
                i < payloads.Count ? converter.FromWire(payloads[i], type) : parameters?[i].DefaultValue),
        ];
    }

    private async Task ReportFailureAsync(ActivityHeartbeats heartbeats, Exception e)
    {
        var reason = _cancelRef.Reason;
        if (reason == ActivityCancelReason.GoneFromServer
            || (e is OperationCanceledException && reason == ActivityCancelReason.Timeout))
        {
            // The server knows already, or is about to record the timeout itself, with its own reason.
            return;
        }

        if (e is OperationCanceledException && reason is ActivityCancelReason.CancelRequested)
        {
            await RespondAsync(rpc => service.CallAsync(
                WorkflowServiceMethods.RespondActivityTaskCanceled,
                new() { TaskToken = task.TaskToken, Namespace = service.Namespace, Identity = identity },
                rpc));
            return;
        }

        var shown = e;
        if (e is OperationCanceledException && reason is ActivityCancelReason.WorkerShutdown)
        {
            shown = new ApplicationFailureException("Worker is shutting down and this activity did not complete in time", e, "WorkerShutdown");
        }
        else if (e is not ApplicationFailureException { Category: Api.Enums.V1.ApplicationErrorCategory.Benign })
        {
            LogFailed(_logger, e, task.ActivityId, task.ActivityType.Name, task.Attempt);
        }

        if (shown is FailureException and not ApplicationFailureException)
        {
            // An activity that passes on another's failure: the server takes application failures alone from an activity.
            shown = new ApplicationFailureException(e.Message, e, e.GetType().Name);
        }

        var request = new RespondActivityTaskFailedRequest
        {
            TaskToken = task.TaskToken,
            Namespace = service.Namespace,
            Identity = identity,
            Failure = service.Converter.FailureConverter.ToFailure(shown, service.Converter.PayloadConverter),
            LastHeartbeatDetails = heartbeats.Untaken,
        };
        await service.Converter.PayloadCodec.EncodeAsync(request);
        await RespondAsync(rpc => service.CallAsync(WorkflowServiceMethods.RespondActivityTaskFailed, request, rpc));
    }

    /// <summary>Tells the server; while it is away the outcome is kept, for it may have cost much to get.</summary>
    private async Task RespondAsync<T>(Func<RpcOptions?, Task<T>> respond)
    {
        while (true)
        {
            try
            {
                await respond(null);
                return;
            }
            catch (RpcException e) when (e.Code == RpcException.StatusCode.NotFound)
            {
                // Closed, timed out or handed to another worker meanwhile: nobody waits for this outcome.
                return;
            }
            catch (RpcException e) when (
                e.Code is RpcException.StatusCode.Unavailable or RpcException.StatusCode.DeadlineExceeded
                && !workerShutdown.IsCancellationRequested && _cancelRef.Reason != ActivityCancelReason.Timeout)
            {
                LogNotTaken(_logger, task.ActivityId, e.Message);
            }
        }
    }

    private void Cancel(ActivityCancelReason reason)
    {
        if (_cancelRef.TrySet(reason))
        {
            try
            {
                // Callbacks of activity code must not run on the heartbeat's or timer's own flow.
                _ = _cancellation.CancelAsync();
            }
            catch (ObjectDisposedException)
            {
                // It has just ended.
            }
        }
    }

    private ActivityInfo Info() => new(
        ActivityId: task.ActivityId,
        ActivityType: task.ActivityType.Name,
        Attempt: task.Attempt,
        CurrentAttemptScheduledTime: task.CurrentAttemptScheduledTime?.ToDateTime() ?? default,
        DataConverter: service.Converter,
        HeartbeatDetails: task.HeartbeatDetails?.Payloads_.ToSurface() ?? [],
        HeartbeatTimeout: task.HeartbeatTimeout.ToTimeSpanOrNull(),
        IsLocal: false,
        Namespace: service.Namespace,
        Priority: task.Priority.ToSurface(),
        RetryPolicy: task.RetryPolicy is null ? null : RetryPolicy.FromProto(task.RetryPolicy),
        ScheduleToCloseTimeout: task.ScheduleToCloseTimeout.ToTimeSpanOrNull(),
        ScheduledTime: task.ScheduledTime?.ToDateTime() ?? default,
        StartToCloseTimeout: task.StartToCloseTimeout.ToTimeSpanOrNull(),
        StartedTime: task.StartedTime?.ToDateTime() ?? default,
        TaskQueue: options.TaskQueue!,
        TaskToken: task.TaskToken.ToByteArray(),
        WorkflowId: task.WorkflowExecution?.WorkflowId,
        WorkflowNamespace: task.WorkflowNamespace,
        WorkflowRunId: task.WorkflowExecution?.RunId,
        WorkflowType: task.WorkflowType?.Name);

    private sealed class InboundEnd : ActivityInboundInterceptor
    {
        public override void Init(ActivityOutboundInterceptor outbound) =>
            ActivityExecutionContext.Current.Heartbeater = details => outbound.Heartbeat(new(details));

        public override Task<object?> ExecuteActivityAsync(ExecuteActivityInput input) => input.Activity.InvokeAsync(input.Args);
    }

    private sealed class OutboundEnd(ActivityHeartbeats heartbeats) : ActivityOutboundInterceptor
    {
        public override void Heartbeat(HeartbeatInput input) => heartbeats.Record(input.Details);
    }
}
