using System.Reflection;
using System.Runtime.ExceptionServices;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using Temporalio.Common;
using Temporalio.Converters;
using Temporalio.Protocol.Enums;
using Temporalio.Protocol.Histories;
using Temporalio.Protocol.Queries;
using Temporalio.Protocol.Updates;
using Temporalio.Worker.Interceptors;
using Temporalio.Workflows;
using Sdk = Temporalio.Protocol.Sdk;
using Wire = Temporalio.Protocol.Common;

namespace Temporalio.Worker;

/// <content>The main method and the handlers of signals, updates and queries.</content>
internal sealed partial class WorkflowInstance
{
    private const string MetadataQuery = "__temporal_workflow_metadata";

    private readonly LinkedList<(string Name, string? UpdateId, HandlerUnfinishedPolicy Policy)> _handlers = new();
    private object?[] _arguments = [];

    /// <summary>Makes the workflow object; its constructor may see the arguments.</summary>
    public void Initialize()
    {
        _arguments = DecodeArguments(_definition.RunMethod, _start.Input, $"workflow {Info.WorkflowType}", _definition.Dynamic ? [] : null);
        _ = RunTopLevelAsync(() =>
        {
            _instance = _definition.CreateWorkflowInstance(_arguments);
            return Task.CompletedTask;
        });
    }

    public void Cancel() => _cancellation.Cancel();

    public void Signal(WorkflowExecutionSignaledEventAttributes signal)
    {
        var handler = _definition.Signals.GetValueOrDefault(signal.SignalName) ?? _definition.DynamicSignal;
        if (handler is null)
        {
            LogUnknownSignal(Logger, signal.SignalName);
            return;
        }

        _ = EnqueueAsync(() => RunTopLevelAsync(async () =>
        {
            object?[] args;
            try
            {
                args = DecodeArguments(
                    handler.Method, signal.Input, $"signal {signal.SignalName}", handler.Dynamic ? [signal.SignalName] : null);
            }
            catch (Exception e)
            {
                // A signal that nobody can read must not stop the workflow for good.
                LogUnreadableSignal(Logger, e, signal.SignalName);
                return;
            }

            var running = _handlers.AddLast((signal.SignalName, null, handler.UnfinishedPolicy));
            try
            {
                await Inbound.HandleSignalAsync(new(signal.SignalName, handler, args, signal.Header.ToSurface()));
            }
            finally
            {
                _handlers.Remove(running);
            }
        }));
    }

    public void Update(Request request, string messageId, long sequencingEventId, bool validate)
    {
        var (id, name) = (request.Meta.UpdateId, request.Input.Name);
        _ = EnqueueAsync(async () =>
        {
            CurrentUpdateLocal.Value = new(id, name);
            WorkflowUpdateDefinition handler;
            HandleUpdateInput input;
            try
            {
                handler = _definition.Updates.GetValueOrDefault(name) ?? _definition.DynamicUpdate ?? throw new InvalidOperationException(
                    $"Update handler for {name} expected but not found, known updates: [{string.Join(' ', _definition.Updates.Keys.Order())}]");
                HandleUpdateInput Read() => new(
                    id,
                    name,
                    handler,
                    DecodeArguments(handler.Method, request.Input.Args, $"update {name}", handler.Dynamic ? [name] : null),
                    request.Input.Header.ToSurface());
                if (validate && handler.ValidatorMethod is not null)
                {
                    // Arguments of its own, so that a validator cannot change what the handler sees.
                    Validate(Read());
                }

                input = Read();
            }
            catch (Exception e)
            {
                Messages.Add(new()
                {
                    Id = $"{id}/reject",
                    ProtocolInstanceId = id,
                    Body = Any.Pack(new Rejection
                    {
                        RejectedRequestMessageId = messageId,
                        RejectedRequestSequencingEventId = sequencingEventId,
                        RejectedRequest = request,
                        Failure = _converter.FailureConverter.ToFailure(e, PayloadConverter),
                    }),
                });
                return;
            }

            AddMessage($"{id}/accept", id, new Acceptance
            {
                AcceptedRequestMessageId = messageId,
                AcceptedRequestSequencingEventId = sequencingEventId,
                AcceptedRequest = request,
            });
            AddCommand(CommandKinds.UpdateAccepted($"{id}/accept", id));
            await RunUpdateAsync(input, request.Meta);
        });
    }

    private static object? Call(MethodInfo method, object target, object?[] args)
    {
        try
        {
            return method.Invoke(target, args);
        }
        catch (TargetInvocationException e) when (e.InnerException is { } inner)
        {
            ExceptionDispatchInfo.Capture(inner).Throw();
            throw;
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Signal {Signal} has no handler and is dropped")]
    private static partial void LogUnknownSignal(ILogger logger, string signal);

    [LoggerMessage(2, LogLevel.Error, "Arguments of signal {Signal} cannot be read; it is dropped")]
    private static partial void LogUnreadableSignal(ILogger logger, Exception exception, string signal);

    [LoggerMessage(3, LogLevel.Warning, "Workflow closes while handlers run: {Handlers}. Wait for Workflow.AllHandlersFinished before returning")]
    private static partial void LogUnfinishedHandlers(ILogger logger, string handlers);

    private void StartMain()
    {
        _mainStarted = true;
        if (IsClosed)
        {
            return;
        }

        _ = EnqueueAsync(() => RunTopLevelAsync(async () =>
        {
            var result = await Inbound.ExecuteWorkflowAsync(new(Instance, _definition.RunMethod, _arguments));
            Close(
                new() { CompleteWorkflowExecutionCommandAttributes = new() { Result = new() { Payloads_ = { PayloadConverter.ToWirePayload(result) } } } },
                "CompleteWorkflowExecution");
        }));
    }

    private async Task RunUpdateAsync(HandleUpdateInput input, Meta meta)
    {
        var id = input.Id;
        Outcome outcome;
        try
        {
            var running = _handlers.AddLast((input.Update, id, input.Definition.UnfinishedPolicy));
            object? result;
            try
            {
                result = await Inbound.HandleUpdateAsync(input);
            }
            finally
            {
                _handlers.Remove(running);
            }

            outcome = new() { Success = new() { Payloads_ = { PayloadConverter.ToWirePayload(result) } } };
        }
        catch (Exception e) when (IsFailure(e))
        {
            outcome = new() { Failure = _converter.FailureConverter.ToFailure(e, PayloadConverter) };
        }
        catch (Exception e)
        {
            _taskFailure ??= e;
            return;
        }

        AddMessage($"{id}/complete", id, new Response { Meta = meta, Outcome = outcome });
        AddCommand(CommandKinds.UpdateCompleted($"{id}/complete", id));
    }

    private void Validate(HandleUpdateInput input)
    {
        _readOnly = true;
        try
        {
            Inbound.ValidateUpdate(input);
        }
        finally
        {
            _readOnly = false;
        }
    }

    private void AddMessage(string messageId, string updateId, IMessage body) =>
        Messages.Add(new() { Id = messageId, ProtocolInstanceId = updateId, Body = Any.Pack(body) });

    private WorkflowQueryResult AnswerQuery(WorkflowQuery query, string id)
    {
        try
        {
            var answer = query.QueryType == MetadataQuery ? Metadata() : CallQuery(query, id);
            return new() { ResultType = QueryResultType.Answered, Answer = new() { Payloads_ = { PayloadConverter.ToWirePayload(answer) } } };
        }
        catch (Exception e)
        {
            return new()
            {
                ResultType = QueryResultType.Failed,
                ErrorMessage = e.Message,
                Failure = _converter.FailureConverter.ToFailure(e, PayloadConverter),
            };
        }
    }

    private object? CallQuery(WorkflowQuery query, string id)
    {
        var handler = _definition.Queries.GetValueOrDefault(query.QueryType) ?? _definition.DynamicQuery ?? throw new InvalidOperationException(
            $"Query handler for {query.QueryType} expected but not found, known queries: [{string.Join(' ', _definition.Queries.Keys.Order())}]");
        var args = DecodeArguments(
            handler.Method, query.QueryArgs, $"query {query.QueryType}", handler.Dynamic ? [query.QueryType] : null);
        return Inbound.HandleQuery(new(id, query.QueryType, handler, args, query.Header.ToSurface()));
    }

    private static IEnumerable<Sdk.WorkflowInteractionDefinition> Interactions<T>(
        IReadOnlyDictionary<string, T> handlers, Func<T, string?> description) =>
        handlers.OrderBy(h => h.Key).Select(h => new Sdk.WorkflowInteractionDefinition
        {
            Name = h.Key,
            Description = description(h.Value) ?? string.Empty,
        });

    private Sdk.WorkflowMetadata Metadata() => new()
    {
        Definition = new()
        {
            Type = Info.WorkflowType,
            QueryDefinitions = { Interactions(_definition.Queries, d => d.Description) },
            SignalDefinitions = { Interactions(_definition.Signals, d => d.Description) },
            UpdateDefinitions = { Interactions(_definition.Updates, d => d.Description) },
        },
    };

    /// <summary>Reads arguments by the method's parameters; a dynamic handler gets raw values after its name.</summary>
    private object?[] DecodeArguments(MethodInfo method, Wire.Payloads? input, string what, object?[]? dynamicPrefix)
    {
        var payloads = input?.Payloads_ ?? [];
        if (dynamicPrefix is not null)
        {
            return [.. dynamicPrefix, payloads.Select(p => (IRawValue)new RawValue(p.ToSurface())).ToArray()];
        }

        var parameters = method.GetParameters();
        var args = new object?[parameters.Length];
        for (var i = 0; i < parameters.Length; i++)
        {
            if (i < payloads.Count)
            {
                args[i] = PayloadConverter.FromWire(payloads[i], parameters[i].ParameterType);
            }
            else if (parameters[i].HasDefaultValue)
            {
                args[i] = parameters[i].DefaultValue;
            }
            else
            {
                throw new InvalidOperationException($"The {what} needs {parameters.Length} arguments and was given {payloads.Count}.");
            }
        }

        return args;
    }

    private void WarnAboutHandlers()
    {
        var unfinished = _handlers.Where(h => h.Policy == HandlerUnfinishedPolicy.WarnAndAbandon).Select(h => h.Name).ToList();
        if (unfinished.Count > 0)
        {
            LogUnfinishedHandlers(Logger, string.Join(", ", unfinished));
        }
    }
}
