using Temporalio.Api.Enums.V1;
using Temporalio.Common;
using Temporalio.Converters;
using Temporalio.Exceptions;
using Temporalio.Protocol.Histories;
using Enums = Temporalio.Protocol.Enums;

namespace Temporalio.Client;

/// <summary>Reads a workflow's result off the event that closed it.</summary>
internal static class WorkflowResult
{
    public static async Task<TResult> GetAsync<TResult>(WorkflowHandle handle, bool followRuns, RpcOptions? rpc)
    {
        var converter = handle.Client.Options.DataConverter;
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
            await foreach (var e in (handle with { RunId = run }).FetchHistoryEventsAsync(options))
            {
                close = e;
            }

            await converter.PayloadCodec.DecodeAsync(close);
            string next;
            switch (close?.AttributesCase)
            {
                case HistoryEvent.AttributesOneofCase.WorkflowExecutionCompletedEventAttributes:
                    var completed = close.WorkflowExecutionCompletedEventAttributes;
                    if (!followRuns || (next = completed.NewExecutionRunId).Length == 0)
                    {
                        return converter.ReadFirst<TResult>(completed.Result);
                    }

                    break;
                case HistoryEvent.AttributesOneofCase.WorkflowExecutionFailedEventAttributes:
                    var failed = close.WorkflowExecutionFailedEventAttributes;
                    if (!followRuns || (next = failed.NewExecutionRunId).Length == 0)
                    {
                        throw new WorkflowFailedException(converter.FailureConverter.ToException(failed.Failure, converter.PayloadConverter));
                    }

                    break;
                case HistoryEvent.AttributesOneofCase.WorkflowExecutionTimedOutEventAttributes:
                    var timedOut = close.WorkflowExecutionTimedOutEventAttributes;
                    if (!followRuns || (next = timedOut.NewExecutionRunId).Length == 0)
                    {
                        throw new WorkflowFailedException(new TimeoutFailureException(
                            new() { Message = "Workflow timed out", TimeoutFailureInfo = new() { TimeoutType = Enums.TimeoutType.StartToClose } },
                            null,
                            converter.PayloadConverter));
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
                        converter.PayloadConverter));
                case HistoryEvent.AttributesOneofCase.WorkflowExecutionTerminatedEventAttributes:
                    var terminated = close.WorkflowExecutionTerminatedEventAttributes;
                    throw new WorkflowFailedException(new TerminatedFailureException(
                        new() { Message = terminated.Reason.NullIfEmpty() ?? "Workflow terminated", TerminatedFailureInfo = new() },
                        null,
                        converter.PayloadConverter,
                        terminated.Details));
                default:
                    throw new InvalidOperationException($"Workflow {handle.Id} closed with the unknown event {close?.EventType}.");
            }

            run = next;
        }
    }
}
