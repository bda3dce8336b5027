using Google.Protobuf;

namespace TemporalServer.Engine;

internal sealed partial class TemporalEngine
{
    public async Task<GetWorkflowExecutionHistoryResponse> GetHistoryAsync(
        GetWorkflowExecutionHistoryRequest request, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        using var held = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        held.CancelAfter(Hold(_options.LongPollTimeout, timeout));
        var token = request.NextPageToken.IsEmpty ? null : ParseToken(request.NextPageToken, HistoryToken.Parser, "the page token");
        while (true)
        {
            Task changed = Task.CompletedTask;
            var response = await ExecuteAsync(_ =>
            {
                var run = token is null
                    ? Get(request.Namespace, request.Execution)
                    : Get(request.Namespace, new WorkflowExecution { WorkflowId = request.Execution?.WorkflowId ?? string.Empty, RunId = token.RunId });

                // From here on the reader stays with this run, even when another takes its place.
                token ??= new HistoryToken { RunId = run.State.RunId, NextEventId = 1 };
                changed = run.Changed.Task;
                return ReadHistory(run, request, token);
            });
            if (response is not null)
            {
                return response;
            }

            if (await EndedFirst(changed, held.Token))
            {
                continue;
            }

            // Nothing new: an empty history, present, with a token to ask again.
            return new GetWorkflowExecutionHistoryResponse { History = new History(), NextPageToken = token!.ToByteString() };
        }
    }

    public Task<GetWorkflowExecutionHistoryReverseResponse> GetHistoryReverseAsync(GetWorkflowExecutionHistoryReverseRequest request) => ExecuteAsync(_ =>
    {
        var token = request.NextPageToken.IsEmpty ? null : ParseToken(request.NextPageToken, HistoryToken.Parser, "the page token");
        var execution = token is null ? request.Execution : new WorkflowExecution { WorkflowId = request.Execution?.WorkflowId ?? string.Empty, RunId = token.RunId };
        var run = Get(request.Namespace, execution);
        var events = EventsOf(run);
        var page = new History();
        var id = token?.NextEventId ?? events.Count;
        if (id < 1 || id > events.Count)
        {
            throw Errors.Invalid("the page token lies outside the history");
        }

        while (id > 0 && page.Events.Count < PageSize(request.MaximumPageSize))
        {
            page.Events.Add(events[(int)id-- - 1]);
        }

        return new GetWorkflowExecutionHistoryReverseResponse
        {
            History = page,
            NextPageToken = id > 0 ? new HistoryToken { RunId = run.State.RunId, NextEventId = id }.ToByteString() : ByteString.Empty,
        };
    });

    private static int PageSize(int asked) => asked is > 0 and <= HistoryPageEvents ? asked : HistoryPageEvents;

    /// <summary>True when the task ended before the token did.</summary>
    private static async Task<bool> EndedFirst(Task task, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(cancellationToken);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>What can be answered now; null to wait.</summary>
    private GetWorkflowExecutionHistoryResponse? ReadHistory(Run run, GetWorkflowExecutionHistoryRequest request, HistoryToken token)
    {
        var events = EventsOf(run);
        var waits = request.WaitNewEvent && run.Machine.IsRunning;
        if (request.HistoryEventFilterType == HistoryEventFilterType.CloseEvent)
        {
            return waits ? null : new GetWorkflowExecutionHistoryResponse { History = new History { Events = { events[^1] } } };
        }

        if (token.NextEventId < 1 || token.NextEventId > events.Count + 1)
        {
            throw Errors.Invalid("the page token lies outside the history");
        }

        if (token.NextEventId > events.Count && waits)
        {
            return null;
        }

        var end = token.EndEventId > 0 ? Math.Min(token.EndEventId, events.Count + 1) : events.Count + 1;
        var (page, next) = Page(run, token.NextEventId, end, PageSize(request.MaximumPageSize), token.Transient);
        if (next is null && waits && token.EndEventId == 0)
        {
            next = new HistoryToken { RunId = run.State.RunId, NextEventId = end };
        }
        else if (next is not null && token.EndEventId == 0 && request.WaitNewEvent)
        {
            next.EndEventId = 0;
        }

        return new GetWorkflowExecutionHistoryResponse { History = page, NextPageToken = next?.ToByteString() ?? ByteString.Empty };
    }
}
