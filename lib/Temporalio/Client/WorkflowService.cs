using Google.Protobuf;
using Temporalio.Client.Interceptors;
using Temporalio.Converters;
using Temporalio.Exceptions;
using Temporalio.Protocol.Methods;
using Temporalio.Protocol.Service;
using Temporalio.Protocol.Updates;
using Enums = Temporalio.Protocol.Enums;

namespace Temporalio.Client;

/// <summary>Last link of a client's chain: builds requests, reads answers, turns wire errors into exceptions.</summary>
internal sealed partial class WorkflowService(TemporalConnection connection, TemporalClient client) : ClientOutboundInterceptor
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
            : Converter.ReadFirst<TResult>(outcome.Success);
    }

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
}
