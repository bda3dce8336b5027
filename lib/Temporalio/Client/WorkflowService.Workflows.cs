using System.Runtime.CompilerServices;
using Google.Protobuf;
using Temporalio.Api.Enums.V1;
using Temporalio.Client.Interceptors;
using Temporalio.Common;
using Temporalio.Converters;
using Temporalio.Exceptions;
using Temporalio.Protocol.ErrorDetails;
using Temporalio.Protocol.Methods;
using Temporalio.Protocol.Service;
using Enums = Temporalio.Protocol.Enums;
using Wire = Temporalio.Protocol.Common;

namespace Temporalio.Client;

/// <content>Calls about workflows.</content>
internal sealed partial class WorkflowService
{
    public override async Task<WorkflowHandle<TWorkflow, TResult>> StartWorkflowAsync<TWorkflow, TResult>(StartWorkflowInput input)
    {
        var options = input.Options;
        var request = new StartWorkflowExecutionRequest
        {
            Namespace = Namespace,
            WorkflowId = options.Id ?? throw new ArgumentException("Id is required.", nameof(input)),
            WorkflowType = new() { Name = input.Workflow },
            TaskQueue = new() { Name = options.TaskQueue ?? throw new ArgumentException("TaskQueue is required.", nameof(input)) },
            Input = Converter.PayloadConverter.ToWirePayloads(input.Args),
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
            Header = input.Headers.ToWire(),
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
            throw new WorkflowAlreadyStartedException(e.Message, options.Id, input.Workflow, failure.RunId);
        }
    }

    public override async Task SignalWorkflowAsync(SignalWorkflowInput input)
    {
        var request = new SignalWorkflowExecutionRequest
        {
            Namespace = Namespace,
            WorkflowExecution = Execution(input.Id, input.RunId),
            SignalName = input.Signal,
            Input = Converter.PayloadConverter.ToWirePayloads(input.Args),
            Identity = Identity,
            Header = input.Headers.ToWire(),
            RequestId = Guid.NewGuid().ToString(),
        };
        await Converter.PayloadCodec.EncodeAsync(request);
        await CallAsync(WorkflowServiceMethods.SignalWorkflowExecution, request, input.Options?.Rpc);
    }

    public override async Task<TResult> QueryWorkflowAsync<TResult>(QueryWorkflowInput input)
    {
        var request = new QueryWorkflowRequest
        {
            Namespace = Namespace,
            Execution = Execution(input.Id, input.RunId),
            Query = new()
            {
                QueryType = input.Query,
                QueryArgs = Converter.PayloadConverter.ToWirePayloads(input.Args),
                Header = input.Headers.ToWire(),
            },
            QueryRejectCondition = (Enums.QueryRejectCondition)(int)(
                input.Options?.RejectCondition ?? client.Options.QueryRejectCondition ?? QueryRejectCondition.Unspecified),
        };
        await Converter.PayloadCodec.EncodeAsync(request);
        QueryWorkflowResponse response;
        try
        {
            response = await CallAsync(WorkflowServiceMethods.QueryWorkflow, request, input.Options?.Rpc);
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
        return Converter.ReadFirst<TResult>(response.QueryResult);
    }

    public override async Task<WorkflowUpdateHandle<TResult>> StartWorkflowUpdateAsync<TResult>(StartWorkflowUpdateInput input)
    {
        var options = input.Options;
        if (options.WaitForStage is not (WorkflowUpdateStage.Accepted or WorkflowUpdateStage.Completed))
        {
            throw new ArgumentException("WaitForStage must be Accepted or Completed.", nameof(input));
        }

        var request = new UpdateWorkflowExecutionRequest
        {
            Namespace = Namespace,
            WorkflowExecution = Execution(input.Id, input.RunId),
            FirstExecutionRunId = input.FirstExecutionRunId ?? string.Empty,
            WaitPolicy = new() { LifecycleStage = (Enums.UpdateWorkflowExecutionLifecycleStage)(int)options.WaitForStage },
            Request = new()
            {
                Meta = new() { UpdateId = options.Id ?? Guid.NewGuid().ToString(), Identity = Identity },
                Input = new()
                {
                    Name = input.Update,
                    Args = Converter.PayloadConverter.ToWirePayloads(input.Args),
                    Header = input.Headers.ToWire(),
                },
            },
        };
        await Converter.PayloadCodec.EncodeAsync(request);
        var response = await UpdateCallAsync(
            rpc => CallAsync(WorkflowServiceMethods.UpdateWorkflowExecution, request, rpc),
            r => r.Stage >= (Enums.UpdateWorkflowExecutionLifecycleStage)(int)WorkflowUpdateStage.Accepted,
            options.Rpc);
        return new(client, request.Request.Meta.UpdateId, input.Id, response.UpdateRef?.WorkflowExecution?.RunId ?? input.RunId)
        {
            KnownOutcome = response.Outcome,
        };
    }

    public override async Task<WorkflowExecutionDescription> DescribeWorkflowAsync(DescribeWorkflowInput input) => new(
        await CallAsync(
            WorkflowServiceMethods.DescribeWorkflowExecution,
            new() { Namespace = Namespace, Execution = Execution(input.Id, input.RunId) },
            input.Options?.Rpc),
        Converter);

    public override Task CancelWorkflowAsync(CancelWorkflowInput input) => CallAsync(
        WorkflowServiceMethods.RequestCancelWorkflowExecution,
        new()
        {
            Namespace = Namespace,
            WorkflowExecution = Execution(input.Id, input.RunId),
            FirstExecutionRunId = input.FirstExecutionRunId ?? string.Empty,
            Identity = Identity,
            RequestId = Guid.NewGuid().ToString(),
        },
        input.Options?.Rpc);

    public override async Task TerminateWorkflowAsync(TerminateWorkflowInput input)
    {
        var request = new TerminateWorkflowExecutionRequest
        {
            Namespace = Namespace,
            WorkflowExecution = Execution(input.Id, input.RunId),
            FirstExecutionRunId = input.FirstExecutionRunId ?? string.Empty,
            Reason = input.Reason ?? string.Empty,
            Details = Converter.PayloadConverter.ToWirePayloads(input.Options?.Details),
            Identity = Identity,
        };
        await Converter.PayloadCodec.EncodeAsync(request);
        await CallAsync(WorkflowServiceMethods.TerminateWorkflowExecution, request, input.Options?.Rpc);
    }

    public override async Task<WorkflowHistoryEventPage> FetchWorkflowHistoryEventPageAsync(FetchWorkflowHistoryEventPageInput input)
    {
        var request = new GetWorkflowExecutionHistoryRequest
        {
            Namespace = Namespace,
            Execution = Execution(input.Id, input.RunId),
            MaximumPageSize = input.PageSize ?? 0,
            NextPageToken = input.NextPageToken is { } token ? ByteString.CopyFrom(token) : ByteString.Empty,
            WaitNewEvent = input.WaitNewEvent,
            HistoryEventFilterType = (Enums.HistoryEventFilterType)(int)input.EventFilterType,
            SkipArchival = input.SkipArchival,
        };
        while (true)
        {
            try
            {
                var response = await CallAsync(WorkflowServiceMethods.GetWorkflowExecutionHistory, request, input.Rpc);
                request.NextPageToken = response.NextPageToken;
                if (response.History?.Events is { Count: > 0 } events)
                {
                    return new(events, request.NextPageToken.IsEmpty ? null : request.NextPageToken.ToByteArray());
                }

                // Nothing yet is no page, unless it is the end. A long poll that ran out may come back without history and token.
                if (request.NextPageToken.IsEmpty && (response.History is not null || !input.WaitNewEvent))
                {
                    return new([], null);
                }
            }
            catch (RpcException e) when (input.WaitNewEvent && input.Rpc?.Timeout is null && e.Code == RpcException.StatusCode.DeadlineExceeded)
            {
                // The server held the poll longer than we wait for one answer: ask again.
            }
        }
    }

    public override IAsyncEnumerable<WorkflowExecution> ListWorkflowsAsync(ListWorkflowsInput input) => ListAsync(input);

    public override async Task<WorkflowExecutionCount> CountWorkflowsAsync(CountWorkflowsInput input) => new(await CallAsync(
        WorkflowServiceMethods.CountWorkflowExecutions, new() { Namespace = Namespace, Query = input.Query }, input.Options?.Rpc));

    private async IAsyncEnumerable<WorkflowExecution> ListAsync(
        ListWorkflowsInput input, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var source = RpcOptions.Link(input.Options?.Rpc, cancellationToken, out var rpc);
        var request = new ListWorkflowExecutionsRequest { Namespace = Namespace, Query = input.Query };
        var left = input.Options is { Limit: > 0 } options ? options.Limit : int.MaxValue;
        do
        {
            var response = await CallAsync(WorkflowServiceMethods.ListWorkflowExecutions, request, rpc);
            foreach (var info in response.Executions.Take(left))
            {
                left--;
                yield return new(info, Converter);
            }

            request.NextPageToken = response.NextPageToken;
        }
        while (left > 0 && !request.NextPageToken.IsEmpty);
    }

    private static Wire.WorkflowExecution Execution(string id, string? runId) => new() { WorkflowId = id, RunId = runId ?? string.Empty };

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
            Header = start.Header,
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
