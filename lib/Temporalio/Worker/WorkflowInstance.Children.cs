using Temporalio.Common;
using Temporalio.Converters;
using Temporalio.Exceptions;
using Temporalio.Protocol.Commands;
using Temporalio.Protocol.Enums;
using Temporalio.Protocol.Failures;
using Temporalio.Protocol.Histories;
using Temporalio.Worker.Interceptors;
using Temporalio.Workflows;
using Wire = Temporalio.Protocol.Common;

namespace Temporalio.Worker;

/// <content>Child workflows and messages to other workflows.</content>
internal sealed partial class WorkflowInstance
{
    private readonly Dictionary<long, ChildCall> _childrenByEvent = [];
    private readonly Dictionary<long, TaskCompletionSource> _externalByEvent = [];
    private int _externalCount;

    public async Task<ChildWorkflowHandle<TWorkflow, TResult>> StartChildAsync<TWorkflow, TResult>(StartChildWorkflowInput input)
    {
        var options = input.Options;
        AssertNotReadOnly("start child workflows");
        var token = options.CancellationToken ?? CancellationToken;
        if (token.IsCancellationRequested)
        {
            throw new CanceledFailureException("Child cancelled before scheduled");
        }

        var call = new ChildCall(options.Id ?? Workflow.NewGuid().ToString(), input.Workflow, options.CancellationType);
        call.Command = CommandKinds.StartChild(StartChildCommand(call, input.Args, options, input.Headers), e =>
        {
            call.InitiatedEventId = e.EventId;
            _childrenByEvent[e.EventId] = call;
        });
        AddCommand(call.Command);

        // The registration lives until the child closes: it may be cancelled long after it has started.
        var registration = token.Register(() => CancelChild(call));
        _ = call.Result.Task.ContinueWith(
            _ => registration.Dispose(), System.Threading.CancellationToken.None, TaskContinuationOptions.None, this);
        var runId = await call.Start.Task;
        return new ChildWorkflowHandleImpl<TWorkflow, TResult>(this, call, runId);
    }

    /// <summary>Applies what an event says about a child.</summary>
    public void ResolveChild(HistoryEvent e)
    {
        switch (e.AttributesCase)
        {
            case HistoryEvent.AttributesOneofCase.StartChildWorkflowExecutionFailedEventAttributes:
                var failedStart = e.StartChildWorkflowExecutionFailedEventAttributes;
                if (_childrenByEvent.Remove(failedStart.InitiatedEventId, out var unstarted))
                {
                    unstarted.Start.TrySetException(failedStart.Cause == StartChildWorkflowExecutionFailedCause.WorkflowAlreadyExists
                        ? new WorkflowAlreadyStartedException(
                            "Child workflow already started", unstarted.WorkflowId, unstarted.Type, "<unknown>")
                        : new InvalidOperationException($"Child workflow {unstarted.WorkflowId} could not start: {failedStart.Cause}."));
                    unstarted.Result.TrySetResult(null);
                }

                break;
            case HistoryEvent.AttributesOneofCase.ChildWorkflowExecutionStartedEventAttributes:
                var started = e.ChildWorkflowExecutionStartedEventAttributes;
                _childrenByEvent.GetValueOrDefault(started.InitiatedEventId)?.Start.TrySetResult(started.WorkflowExecution.RunId);
                break;
            case HistoryEvent.AttributesOneofCase.ChildWorkflowExecutionCompletedEventAttributes:
                if (_childrenByEvent.Remove(e.ChildWorkflowExecutionCompletedEventAttributes.InitiatedEventId, out var completed))
                {
                    completed.Result.TrySetResult(e.ChildWorkflowExecutionCompletedEventAttributes.Result);
                }

                break;
            case HistoryEvent.AttributesOneofCase.ChildWorkflowExecutionFailedEventAttributes:
                var failed = e.ChildWorkflowExecutionFailedEventAttributes;
                CloseChild(failed.InitiatedEventId, "Child Workflow execution failed", failed.Failure, failed.RetryState);
                break;
            case HistoryEvent.AttributesOneofCase.ChildWorkflowExecutionTimedOutEventAttributes:
                var timedOut = e.ChildWorkflowExecutionTimedOutEventAttributes;
                CloseChild(
                    timedOut.InitiatedEventId,
                    "Child Workflow execution timed out",
                    new() { Message = "Child Workflow execution timed out", TimeoutFailureInfo = new() { TimeoutType = Protocol.Enums.TimeoutType.StartToClose } },
                    timedOut.RetryState);
                break;
            case HistoryEvent.AttributesOneofCase.ChildWorkflowExecutionTerminatedEventAttributes:
                CloseChild(
                    e.ChildWorkflowExecutionTerminatedEventAttributes.InitiatedEventId,
                    "Child Workflow execution terminated",
                    new() { Message = "Child Workflow execution terminated", TerminatedFailureInfo = new() },
                    RetryState.NonRetryableFailure);
                break;
            default:
                var canceled = e.ChildWorkflowExecutionCanceledEventAttributes;
                CloseChild(canceled.InitiatedEventId, "Child Workflow execution cancelled", CanceledChild(canceled.Details), RetryState.NonRetryableFailure);
                break;
        }
    }

    /// <summary>Applies what an event says about a signal or cancellation sent to another workflow.</summary>
    public void ResolveExternal(HistoryEvent e)
    {
        var (initiated, error) = e.AttributesCase switch
        {
            HistoryEvent.AttributesOneofCase.ExternalWorkflowExecutionSignaledEventAttributes =>
                (e.ExternalWorkflowExecutionSignaledEventAttributes.InitiatedEventId, (string?)null),
            HistoryEvent.AttributesOneofCase.SignalExternalWorkflowExecutionFailedEventAttributes when e.SignalExternalWorkflowExecutionFailedEventAttributes is { } s =>
                (s.InitiatedEventId, $"Workflow {s.WorkflowExecution?.WorkflowId} could not be signalled: {s.Cause}"),
            HistoryEvent.AttributesOneofCase.ExternalWorkflowExecutionCancelRequestedEventAttributes =>
                (e.ExternalWorkflowExecutionCancelRequestedEventAttributes.InitiatedEventId, null),
            _ => (
                e.RequestCancelExternalWorkflowExecutionFailedEventAttributes.InitiatedEventId,
                $"Workflow {e.RequestCancelExternalWorkflowExecutionFailedEventAttributes.WorkflowExecution?.WorkflowId} could not be cancelled: {e.RequestCancelExternalWorkflowExecutionFailedEventAttributes.Cause}"),
        };
        if (!_externalByEvent.Remove(initiated, out var source))
        {
            return;
        }

        if (error is null)
        {
            source.TrySetResult();
        }
        else
        {
            source.TrySetException(new ApplicationFailureException(error));
        }
    }

    public Task SignalExternalAsync(
        string workflowId,
        string? runId,
        string signal,
        IReadOnlyCollection<object?> args,
        bool childOnly,
        CancellationToken? cancellation,
        IDictionary<string, Api.Common.V1.Payload>? headers)
    {
        AssertNotReadOnly("signal workflows");
        var token = cancellation ?? CancellationToken;
        if (token.IsCancellationRequested)
        {
            return Task.FromException(new CanceledFailureException("Signal cancelled before scheduled"));
        }

        var source = new TaskCompletionSource();
        var command = CommandKinds.SignalExternal(
            new()
            {
                SignalExternalWorkflowExecutionCommandAttributes = new()
                {
                    Execution = new() { WorkflowId = workflowId, RunId = runId ?? string.Empty },
                    SignalName = signal,
                    Input = PayloadConverter.ToWirePayloads(args),
                    Header = headers.ToWire(),
                    Control = (++_externalCount).ToString(),
                    ChildWorkflowOnly = childOnly,
                },
            },
            e => _externalByEvent[e.EventId] = source);
        AddCommand(command);
        return EnqueueAsync(async () =>
        {
            // Once it is on its way a signal cannot be called back.
            using var registration = token.Register(() =>
            {
                if (TryWithdraw(command))
                {
                    _followUps.Add(new(WorkflowJobRank.Resolve, 0, () =>
                        source.TrySetException(new CanceledFailureException("Signal was cancelled before being sent"))));
                }
            });
            await source.Task;
        });
    }

    public Task CancelExternalAsync(CancelExternalWorkflowInput input)
    {
        var source = new TaskCompletionSource();
        AddCommand(CancelExternalCommand(input.Id, input.RunId, false, source));
        return source.Task;
    }

    private PendingCommand CancelExternalCommand(string workflowId, string? runId, bool childOnly, TaskCompletionSource source) =>
        CommandKinds.CancelExternal(
            new()
            {
                RequestCancelExternalWorkflowExecutionCommandAttributes = new()
                {
                    WorkflowId = workflowId,
                    RunId = runId ?? string.Empty,
                    Control = (++_externalCount).ToString(),
                    ChildWorkflowOnly = childOnly,
                },
            },
            e => _externalByEvent[e.EventId] = source);

    private Command StartChildCommand(
        ChildCall call, IReadOnlyCollection<object?> args, ChildWorkflowOptions options, IDictionary<string, Api.Common.V1.Payload>? headers) => new()
        {
            StartChildWorkflowExecutionCommandAttributes = new()
            {
                WorkflowId = call.WorkflowId,
                WorkflowType = new() { Name = call.Type },
                TaskQueue = new() { Name = options.TaskQueue ?? Info.TaskQueue },
                Input = PayloadConverter.ToWirePayloads(args),
                Header = headers.ToWire(),
                WorkflowExecutionTimeout = options.ExecutionTimeout.ToDuration(),
                WorkflowRunTimeout = options.RunTimeout.ToDuration(),
                WorkflowTaskTimeout = options.TaskTimeout.ToDuration(),
                ParentClosePolicy = (Protocol.Enums.ParentClosePolicy)(int)options.ParentClosePolicy,
                WorkflowIdReusePolicy = (WorkflowIdReusePolicy)(int)options.IdReusePolicy,
                RetryPolicy = options.RetryPolicy?.ToProto(),
                CronSchedule = options.CronSchedule ?? string.Empty,
                Memo = PayloadConverter.ToWireMemo(options.Memo),
                SearchAttributes = options.TypedSearchAttributes?.ToProto(),
                Priority = options.Priority.ToProto(),
            },
            UserMetadata = PayloadConverter.ToUserMetadata(options.StaticSummary, options.StaticDetails),
        };

    private void CancelChild(ChildCall call)
    {
        if (call.Result.Task.IsCompleted || call.CancelRequested)
        {
            return;
        }

        call.CancelRequested = true;
        if (TryWithdraw(call.Command!))
        {
            _followUps.Add(new(WorkflowJobRank.Resolve, 0, () => FailChild(
                call, "Child Workflow execution cancelled before scheduled", CanceledChild(null), RetryState.NonRetryableFailure)));
            return;
        }

        var requested = new TaskCompletionSource();
        if (call.CancellationType != ChildWorkflowCancellationType.Abandon)
        {
            AddCommand(CancelExternalCommand(call.WorkflowId, null, true, requested));
        }

        void ResolveNow()
        {
            _childrenByEvent.Remove(call.InitiatedEventId);
            FailChild(call, "Child Workflow execution cancelled", CanceledChild(null), RetryState.NonRetryableFailure);
        }

        switch (call.CancellationType)
        {
            case ChildWorkflowCancellationType.Abandon or ChildWorkflowCancellationType.TryCancel:
                _followUps.Add(new(WorkflowJobRank.Resolve, 0, ResolveNow));
                break;
            case ChildWorkflowCancellationType.WaitCancellationRequested:
                _ = EnqueueAsync(async () =>
                {
                    await requested.Task;
                    ResolveNow();
                });
                break;
        }
    }

    private void CloseChild(long initiatedEventId, string message, Failure cause, RetryState retryState)
    {
        if (_childrenByEvent.Remove(initiatedEventId, out var call))
        {
            FailChild(call, message, cause, retryState);
        }
    }

    private void FailChild(ChildCall call, string message, Failure cause, RetryState retryState)
    {
        var exception = _converter.FailureConverter.ToException(
            new()
            {
                Message = message,
                Cause = cause,
                ChildWorkflowExecutionFailureInfo = new()
                {
                    Namespace = Info.Namespace,
                    WorkflowExecution = new()
                    {
                        WorkflowId = call.WorkflowId,
                        RunId = call.Start.Task.IsCompletedSuccessfully ? call.Start.Task.Result : string.Empty,
                    },
                    WorkflowType = new() { Name = call.Type },
                    InitiatedEventId = call.InitiatedEventId,
                    RetryState = retryState,
                },
            },
            PayloadConverter);
        call.Start.TrySetException(exception);
        call.Result.TrySetException(exception);
    }

    private static Failure CanceledChild(Wire.Payloads? details) =>
        new() { Message = "Child Workflow execution cancelled", CanceledFailureInfo = new() { Details = details } };
}
