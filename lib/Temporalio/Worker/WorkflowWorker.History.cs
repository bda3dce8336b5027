using Google.Protobuf;
using Temporalio.Protocol.Histories;
using Temporalio.Protocol.Methods;
using Temporalio.Protocol.Service;

namespace Temporalio.Worker;

/// <content>Where the run of a task and the events it has not seen come from.</content>
internal sealed partial class WorkflowWorker
{
    /// <summary>The run a task belongs to, and the events it has to process: all of them when it is made anew.</summary>
    private async Task<(WorkflowRun Run, List<HistoryEvent> Events)> FindRunAsync(PollWorkflowTaskQueueResponse task, WorkflowRun? cached)
    {
        List<HistoryEvent> events = [.. task.History?.Events ?? []];
        if (task.Query is not null && cached?.LastTaskStartedId >= task.PreviousStartedEventId)
        {
            // It asks for the state after the last task, which is the one kept.
            return (cached, []);
        }

        if (cached?.LastTaskStartedId == task.PreviousStartedEventId)
        {
            // A task that came by the normal queue brings the whole history.
            await AddPagesAsync(task, task.NextPageToken, events);
            events.RemoveAll(e => e.EventId <= cached.LastEventId);
            if (events.FirstOrDefault()?.EventId == cached.LastEventId + 1)
            {
                return (cached, events);
            }
        }

        events = [.. task.History?.Events ?? []];
        await AddPagesAsync(task, task.NextPageToken, events);
        if (events.FirstOrDefault()?.EventId != 1)
        {
            // What came is the end of a history that another process, or nobody any more, knows the beginning of.
            var all = new List<HistoryEvent>();
            await AddPagesAsync(task, null, all);
            var last = all.LastOrDefault()?.EventId ?? 0;
            events = [.. all, .. events.Where(e => e.EventId > last)];
        }

        var run = new WorkflowRun(
            _service.Namespace,
            task.WorkflowExecution.WorkflowId,
            task.WorkflowExecution.RunId,
            _definitions.Find,
            _service.Converter,
            _options.WorkflowFailureExceptionTypes ?? [],
            _loggerFactory,
            _options.AllInterceptors,
            watchEscapes: !_options.DisableWorkflowTracingEventListener);
        return (run, events);
    }

    /// <summary>Reads a history on from a page; from its beginning when the page is null.</summary>
    private async Task AddPagesAsync(PollWorkflowTaskQueueResponse task, ByteString? page, List<HistoryEvent> events)
    {
        while (page is not { IsEmpty: true })
        {
            var response = await _service.CallAsync(
                WorkflowServiceMethods.GetWorkflowExecutionHistory,
                new() { Namespace = _service.Namespace, Execution = task.WorkflowExecution, NextPageToken = page ?? ByteString.Empty });
            events.AddRange(response.History?.Events ?? []);
            page = response.NextPageToken;
        }
    }
}
