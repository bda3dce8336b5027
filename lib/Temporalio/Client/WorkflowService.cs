using Google.Protobuf;
using Temporalio.Api.Enums.V1;
using Temporalio.Common;
using Temporalio.Converters;
using Temporalio.Exceptions;
using Temporalio.Protocol.Common;
using Temporalio.Protocol.ErrorDetails;
using Temporalio.Protocol.Histories;
using Temporalio.Protocol.Methods;
using Temporalio.Protocol.Queries;
using Temporalio.Protocol.Service;
using Temporalio.Protocol.Updates;
using Enums = Temporalio.Protocol.Enums;
using Wire = Temporalio.Protocol.Common;

namespace Temporalio.Client;

/// <summary>The workflow calls of a client: builds requests, reads answers, turns wire errors into exceptions.</summary>
internal sealed class WorkflowService(TemporalConnection connection, TemporalClient client)
{
    public string Namespace => client.Options.Namespace;

    public string Identity => connection.Options.Identity!;

    public DataConverter Converter => client.Options.DataConverter;

    public Task<TResponse> CallAsync<TRequest, TResponse>(RpcMethod<TRequest, TResponse> method, TRequest request, RpcOptions? options = null)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        // High-level calls are retried unless the caller says otherwise; all of them are safe to repeat.
        var rpc = (RpcOptions?)options?.Clone() ?? new();
        rpc.Retry ??= true;
        return connection.CallAsync(method, request, rpc, Namespace);
    }

    public async Task<WorkflowHandle<TWorkflow, TResult>> StartAsync<TWorkflow, TResult>(
        string workflow, IReadOnlyCollection<object?> args, WorkflowOptions options)
    {
        var request = new StartWorkflowExecutionRequest
        {
            Namespace = Namespace,
            WorkflowId = options.Id ?? throw new ArgumentException("Id is required.", nameof(options)),
            WorkflowType = new() { Name = workflow },
            TaskQueue = new() { Name = options.TaskQueue ?? throw new ArgumentException("TaskQueue is required.", nameof(options)) },
            Input = Converter.PayloadConverter.ToWirePayloads(args),
            WorkflowExecutionTimeout = options.ExecutionTimeout.ToDuration(),
            WorkflowRunTimeout = options.RunTimeout.ToDuration(),
            WorkflowTaskTimeout = options.TaskTimeout.ToDuration(),
            Identity = Identity,
            RequestId = Guid.NewGuid().ToString(),
            WorkflowIdReusePolicy = (Enums.WorkflowIdReusePolicy)(int)options.IdReusePolicy,
            WorkflowIdConflictPolicy = (Enums.WorkflowIdConflictPolicy)(int)options.IdConflictPolicy,
            RetryPolicy = options.RetryPolicy?.ToProto(),
            CronSchedule = options.CronSchedule ?? string.Empty,
            Memo = Converter.PayloadConverter.ToWireMemo(options.Memo),
            SearchAttributes = options.TypedSearchAttributes?.ToProto(),
            WorkflowStartDelay = options.StartDelay.ToDuration(),
            UserMetadata = Converter.PayloadConverter.ToUserMetadata(options.StaticSummary, options.StaticDetails),
            Priority = options.Priority.ToProto(),
        };
        await Converter.PayloadCodec.EncodeAsync(request);
        try
        {
            var (runId, firstRunId) = options.StartSignal is { } signal
                ? await SignalWithStartAsync(request, signal, options)
                : await StartAsync(request, options);
            return new(client, options.Id, null, runId, firstRunId);
        }
        catch (RpcException e) when (e.Code == RpcException.StatusCode.AlreadyExists
            && Detail<WorkflowExecutionAlreadyStartedFailure>(e) is { } failure)
        {
            throw new WorkflowAlreadyStartedException(e.Message, options.Id, workflow, failure.RunId);
        }
    }

    public async Task<TResult> GetResultAsync<TResult>(WorkflowHandle handle, bool followRuns, RpcOptions? rpc)
    {
        var run = handle.ResultRunId;
        while (true)
        {
            var options = new WorkflowHistoryEventFetchOptions
            {
                WaitNewEvent = true,
                EventFilterType = HistoryEventFilterType.CloseEvent,
                Rpc = rpc,
            };
            HistoryEvent? close = null;
            await foreach (var e in FetchHistoryAsync(handle with { RunId = run }, options))
            {
                close = e;
            }

            await Converter.PayloadCodec.DecodeAsync(close);
            string next;
            switch (close?.AttributesCase)
            {
                case HistoryEvent.AttributesOneofCase.WorkflowExecutionCompletedEventAttributes:
                    var completed = close.WorkflowExecutionCompletedEventAttributes;
                    if (!followRuns || (next = completed.NewExecutionRunId).Length == 0)
                    {
                        return Read<TResult>(completed.Result);
                    }

                    break;
                case HistoryEvent.AttributesOneofCase.WorkflowExecutionFailedEventAttributes:
                    var failed = close.WorkflowExecutionFailedEventAttributes;
                    if (!followRuns || (next = failed.NewExecutionRunId).Length == 0)
                    {
                        throw new WorkflowFailedException(Converter.FailureConverter.ToException(failed.Failure, Converter.PayloadConverter));
                    }

                    break;
                case HistoryEvent.AttributesOneofCase.WorkflowExecutionTimedOutEventAttributes:
                    var timedOut = close.WorkflowExecutionTimedOutEventAttributes;
                    if (!followRuns || (next = timedOut.NewExecutionRunId).Length == 0)
                    {
                        throw new WorkflowFailedException(new TimeoutFailureException(
                            new() { Message = "Workflow timed out", TimeoutFailureInfo = new() { TimeoutType = Enums.TimeoutType.StartToClose } },
                            null,
                            Converter.PayloadConverter));
                    }

                    break;
                case HistoryEvent.AttributesOneofCase.WorkflowExecutionContinuedAsNewEventAttributes:
                    next = close.WorkflowExecutionContinuedAsNewEventAttributes.NewExecutionRunId;
                    if (!followRuns)
                    {
                        throw new WorkflowContinuedAsNewException(next);
                    }

                    break;
                case HistoryEvent.AttributesOneofCase.WorkflowExecutionCanceledEventAttributes:
                    throw new WorkflowFailedException(new CanceledFailureException(
                        new()
                        {
                            Message = "Workflow cancelled",
                            CanceledFailureInfo = new() { Details = close.WorkflowExecutionCanceledEventAttributes.Details },
                        },
                        null,
                        Converter.PayloadConverter));
                case HistoryEvent.AttributesOneofCase.WorkflowExecutionTerminatedEventAttributes:
                    var terminated = close.WorkflowExecutionTerminatedEventAttributes;
                    throw new WorkflowFailedException(new TerminatedFailureException(
                        new() { Message = terminated.Reason.NullIfEmpty() ?? "Workflow terminated", TerminatedFailureInfo = new() },
                        null,
                        Converter.PayloadConverter,
                        terminated.Details));
                default:
                    throw new InvalidOperationException($"Workflow {handle.Id} closed with the unknown event {close?.EventType}.");
            }

            run = next;
        }
    }

    public async Task SignalAsync(WorkflowHandle handle, string signal, IReadOnlyCollection<object?> args, WorkflowSignalOptions? options)
    {
        var request = new SignalWorkflowExecutionRequest
        {
            Namespace = Namespace,
            WorkflowExecution = Execution(handle),
            SignalName = signal,
            Input = Converter.PayloadConverter.ToWirePayloads(args),
            Identity = Identity,
            RequestId = Guid.NewGuid().ToString(),
        };
        await Converter.PayloadCodec.EncodeAsync(request);
        await CallAsync(WorkflowServiceMethods.SignalWorkflowExecution, request, options?.Rpc);
    }

    public async Task<TResult> QueryAsync<TResult>(
        WorkflowHandle handle, string query, IReadOnlyCollection<object?> args, WorkflowQueryOptions? options)
    {
        var request = new QueryWorkflowRequest
        {
            Namespace = Namespace,
            Execution = Execution(handle),
            Query = new WorkflowQuery { QueryType = query, QueryArgs = Converter.PayloadConverter.ToWirePayloads(args) },
            QueryRejectCondition = (Enums.QueryRejectCondition)(int)(options?.RejectCondition ?? client.Options.QueryRejectCondition ?? QueryRejectCondition.Unspecified),
        };
        await Converter.PayloadCodec.EncodeAsync(request);
        QueryWorkflowResponse response;
        try
        {
            response = await CallAsync(WorkflowServiceMethods.QueryWorkflow, request, options?.Rpc);
        }
        catch (RpcException e) when (e.Code == RpcException.StatusCode.InvalidArgument && Detail<QueryFailedFailure>(e) is not null)
        {
            throw new WorkflowQueryFailedException(e.Message);
        }

        if (response.QueryRejected is { } rejected)
        {
            throw new WorkflowQueryRejectedException((WorkflowExecutionStatus)(int)rejected.Status);
        }

        await Converter.PayloadCodec.DecodeAsync(response);
        return Read<TResult>(response.QueryResult);
    }

    public async Task<WorkflowUpdateHandle<TResult>> StartUpdateAsync<TResult>(
        WorkflowHandle handle, string update, IReadOnlyCollection<object?> args, WorkflowUpdateStartOptions options)
    {
        if (options.WaitForStage is not (WorkflowUpdateStage.Accepted or WorkflowUpdateStage.Completed))
        {
            throw new ArgumentException("WaitForStage must be Accepted or Completed.", nameof(options));
        }

        var request = new UpdateWorkflowExecutionRequest
        {
            Namespace = Namespace,
            WorkflowExecution = Execution(handle),
            FirstExecutionRunId = handle.FirstExecutionRunId ?? string.Empty,
            WaitPolicy = new() { LifecycleStage = (Enums.UpdateWorkflowExecutionLifecycleStage)(int)options.WaitForStage },
            Request = new()
            {
                Meta = new() { UpdateId = options.Id ?? Guid.NewGuid().ToString(), Identity = Identity },
                Input = new() { Name = update, Args = Converter.PayloadConverter.ToWirePayloads(args) },
            },
        };
        await Converter.PayloadCodec.EncodeAsync(request);
        var response = await UpdateCallAsync(
            rpc => CallAsync(WorkflowServiceMethods.UpdateWorkflowExecution, request, rpc),
            r => r.Stage >= (Enums.UpdateWorkflowExecutionLifecycleStage)(int)WorkflowUpdateStage.Accepted,
            options.Rpc);
        return new(client, request.Request.Meta.UpdateId, handle.Id, response.UpdateRef?.WorkflowExecution?.RunId ?? handle.RunId)
        {
            KnownOutcome = response.Outcome,
        };
    }

    public async Task<TResult> GetUpdateResultAsync<TResult>(WorkflowUpdateHandle handle, RpcOptions? rpcOptions)
    {
        var outcome = handle.KnownOutcome;
        if (outcome is null)
        {
            var request = new PollWorkflowExecutionUpdateRequest
            {
                Namespace = Namespace,
                UpdateRef = new()
                {
                    WorkflowExecution = new() { WorkflowId = handle.WorkflowId, RunId = handle.WorkflowRunId ?? string.Empty },
                    UpdateId = handle.Id,
                },
                Identity = Identity,
                WaitPolicy = new() { LifecycleStage = Enums.UpdateWorkflowExecutionLifecycleStage.Completed },
            };
            outcome = (await UpdateCallAsync(
                rpc => CallAsync(WorkflowServiceMethods.PollWorkflowExecutionUpdate, request, rpc),
                r => r.Outcome is not null,
                rpcOptions)).Outcome;
        }

        outcome = outcome.Clone();
        await Converter.PayloadCodec.DecodeAsync(outcome);
        return outcome.ValueCase == Outcome.ValueOneofCase.Failure
            ? throw new WorkflowUpdateFailedException(Converter.FailureConverter.ToException(outcome.Failure, Converter.PayloadConverter))
            : Read<TResult>(outcome.Success);
    }

    public async Task<WorkflowExecutionDescription> DescribeAsync(WorkflowHandle handle, WorkflowDescribeOptions? options) => new(
        await CallAsync(
            WorkflowServiceMethods.DescribeWorkflowExecution, new() { Namespace = Namespace, Execution = Execution(handle) }, options?.Rpc),
        Converter);

    public Task CancelAsync(WorkflowHandle handle, WorkflowCancelOptions? options) => CallAsync(
        WorkflowServiceMethods.RequestCancelWorkflowExecution,
        new()
        {
            Namespace = Namespace,
            WorkflowExecution = Execution(handle),
            FirstExecutionRunId = handle.FirstExecutionRunId ?? string.Empty,
            Identity = Identity,
            RequestId = Guid.NewGuid().ToString(),
        },
        options?.Rpc);

    public async Task TerminateAsync(WorkflowHandle handle, string? reason, WorkflowTerminateOptions? options)
    {
        var request = new TerminateWorkflowExecutionRequest
        {
            Namespace = Namespace,
            WorkflowExecution = Execution(handle),
            FirstExecutionRunId = handle.FirstExecutionRunId ?? string.Empty,
            Reason = reason ?? string.Empty,
            Details = Converter.PayloadConverter.ToWirePayloads(options?.Details),
            Identity = Identity,
        };
        await Converter.PayloadCodec.EncodeAsync(request);
        await CallAsync(WorkflowServiceMethods.TerminateWorkflowExecution, request, options?.Rpc);
    }

    public async IAsyncEnumerable<HistoryEvent> FetchHistoryAsync(WorkflowHandle handle, WorkflowHistoryEventFetchOptions? options)
    {
        options ??= new();
        var request = new GetWorkflowExecutionHistoryRequest
        {
            Namespace = Namespace,
            Execution = Execution(handle),
            WaitNewEvent = options.WaitNewEvent,
            HistoryEventFilterType = (Enums.HistoryEventFilterType)(int)options.EventFilterType,
        };
        do
        {
            GetWorkflowExecutionHistoryResponse response;
            try
            {
                response = await CallAsync(WorkflowServiceMethods.GetWorkflowExecutionHistory, request, options.Rpc);
            }
            catch (RpcException e) when (options.WaitNewEvent && options.Rpc?.Timeout is null && e.Code == RpcException.StatusCode.DeadlineExceeded)
            {
                // The server held the poll longer than we wait for one answer: ask again.
                continue;
            }

            foreach (var e in response.History?.Events ?? [])
            {
                yield return e;
            }

            request.NextPageToken = response.NextPageToken;
            if (request.NextPageToken.IsEmpty)
            {
                yield break;
            }
        }
        while (true);
    }

    public async IAsyncEnumerable<WorkflowExecution> ListAsync(string query, WorkflowListOptions? options)
    {
        var request = new ListWorkflowExecutionsRequest { Namespace = Namespace, Query = query };
        var left = options is { Limit: > 0 } ? options.Limit : int.MaxValue;
        do
        {
            var response = await CallAsync(WorkflowServiceMethods.ListWorkflowExecutions, request, options?.Rpc);
            foreach (var info in response.Executions.Take(left))
            {
                left--;
                yield return new(info, Converter);
            }

            request.NextPageToken = response.NextPageToken;
        }
        while (left > 0 && !request.NextPageToken.IsEmpty);
    }

    public async Task<WorkflowExecutionCount> CountAsync(string query, WorkflowCountOptions? options) => new(
        await CallAsync(WorkflowServiceMethods.CountWorkflowExecutions, new() { Namespace = Namespace, Query = query }, options?.Rpc));

    private static Wire.WorkflowExecution Execution(WorkflowHandle handle) =>
        new() { WorkflowId = handle.Id, RunId = handle.RunId ?? string.Empty };

    private static T? Detail<T>(RpcException e)
        where T : class, IMessage<T>, new()
    {
        if (e.RawStatus is not { } raw)
        {
            return null;
        }

        var any = Protocol.Rpc.Status.Parser.ParseFrom(raw).Details.FirstOrDefault();
        return any is not null && any.TryUnpack<T>(out var detail) ? detail : null;
    }

    /// <summary>Repeats a call until the update is far enough: servers answer early when they have held a call long enough.</summary>
    private static async Task<TResponse> UpdateCallAsync<TResponse>(
        Func<RpcOptions?, Task<TResponse>> call, Func<TResponse, bool> isFarEnough, RpcOptions? rpc)
    {
        try
        {
            while (true)
            {
                try
                {
                    var response = await call(rpc);
                    if (isFarEnough(response))
                    {
                        return response;
                    }
                }
                catch (RpcException e) when (e.Code == RpcException.StatusCode.DeadlineExceeded && rpc?.Timeout is null)
                {
                    // The server held the call longer than we wait for one answer: ask again.
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException
            or RpcException { Code: RpcException.StatusCode.DeadlineExceeded or RpcException.StatusCode.Cancelled })
        {
            throw new WorkflowUpdateRpcTimeoutOrCanceledException(e);
        }
    }

    private TResult Read<TResult>(Payloads? payloads)
    {
        if (typeof(TResult) == typeof(ValueTuple) || payloads is null || payloads.Payloads_.Count == 0)
        {
            return default!;
        }

        return (TResult)Converter.PayloadConverter.FromWire(payloads.Payloads_[0], typeof(TResult))!;
    }

    private async Task<(string RunId, string? FirstRunId)> StartAsync(StartWorkflowExecutionRequest request, WorkflowOptions options)
    {
        var response = await CallAsync(WorkflowServiceMethods.StartWorkflowExecution, request, options.Rpc);
        return (response.RunId, response.FirstExecutionRunId.NullIfEmpty() ?? response.RunId);
    }

    private async Task<(string RunId, string? FirstRunId)> SignalWithStartAsync(
        StartWorkflowExecutionRequest start, string signal, WorkflowOptions options)
    {
        var request = new SignalWithStartWorkflowExecutionRequest
        {
            Namespace = start.Namespace,
            WorkflowId = start.WorkflowId,
            WorkflowType = start.WorkflowType,
            TaskQueue = start.TaskQueue,
            Input = start.Input,
            WorkflowExecutionTimeout = start.WorkflowExecutionTimeout,
            WorkflowRunTimeout = start.WorkflowRunTimeout,
            WorkflowTaskTimeout = start.WorkflowTaskTimeout,
            Identity = start.Identity,
            RequestId = start.RequestId,
            WorkflowIdReusePolicy = start.WorkflowIdReusePolicy,
            WorkflowIdConflictPolicy = start.WorkflowIdConflictPolicy,
            RetryPolicy = start.RetryPolicy,
            CronSchedule = start.CronSchedule,
            Memo = start.Memo,
            SearchAttributes = start.SearchAttributes,
            WorkflowStartDelay = start.WorkflowStartDelay,
            UserMetadata = start.UserMetadata,
            Priority = start.Priority,
            SignalName = signal,
        };
        var input = Converter.PayloadConverter.ToWirePayloads(options.StartSignalArgs);
        await Converter.PayloadCodec.EncodeAsync(input);
        request.SignalInput = input;
        var response = await CallAsync(WorkflowServiceMethods.SignalWithStartWorkflowExecution, request, options.Rpc);

        // The chain's first run is unknown when an already running workflow was signalled by an older server.
        return (response.RunId, response.FirstExecutionRunId.NullIfEmpty() ?? (response.Started ? response.RunId : null));
    }
}
