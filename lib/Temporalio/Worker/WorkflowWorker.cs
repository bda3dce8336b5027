using Microsoft.Extensions.Logging;
using Temporalio.Client;
using Temporalio.Converters;
using Temporalio.Exceptions;
using Temporalio.Protocol.Enums;
using Temporalio.Protocol.Histories;
using Temporalio.Protocol.Methods;
using Temporalio.Protocol.Queries;
using Temporalio.Protocol.Service;

namespace Temporalio.Worker;

/// <summary>Polls for workflow tasks and answers them. Every task replays the whole history; <see cref="WorkflowRun" /> could also be kept.</summary>
internal sealed partial class WorkflowWorker(WorkflowService service, TemporalWorkerOptions options, string identity, ILoggerFactory loggerFactory)
{
    private readonly WorkflowDefinitions _definitions = new(options.Workflows);
    private readonly ILogger _logger = loggerFactory.CreateLogger("Temporalio.Worker.WorkflowWorker");

    public Task RunAsync(CancellationToken stop) =>
        new TaskPollers<PollWorkflowTaskQueueResponse>(
            "workflow tasks", options.MaxConcurrentWorkflowTaskPolls, options.MaxConcurrentWorkflowTasks ?? 100, _logger, () => Task.CompletedTask)
            .RunAsync(PollAsync, HandleAsync, stop);

    [LoggerMessage(1, LogLevel.Warning, "Task of workflow {WorkflowId} run {RunId} failed (attempt {Attempt})")]
    private static partial void LogTaskFailed(ILogger logger, Exception exception, string workflowId, string runId, int attempt);

    [LoggerMessage(2, LogLevel.Warning, "Answer to task of workflow {WorkflowId} run {RunId} was not taken: {Reason}")]
    private static partial void LogNotTaken(ILogger logger, string workflowId, string runId, string reason);

    private async Task<PollWorkflowTaskQueueResponse?> PollAsync(CancellationToken stop)
    {
        var task = await service.CallAsync(
            WorkflowServiceMethods.PollWorkflowTaskQueue,
            new() { Namespace = service.Namespace, TaskQueue = new() { Name = options.TaskQueue }, Identity = identity },
            new() { Retry = false, CancellationToken = stop });
        return task.TaskToken.IsEmpty ? null : task;
    }

    private async Task HandleAsync(PollWorkflowTaskQueueResponse task)
    {
        try
        {
            WorkflowTaskResult result;
            try
            {
                result = await ProcessAsync(task);
            }
            catch (Exception e)
            {
                LogTaskFailed(_logger, e, task.WorkflowExecution.WorkflowId, task.WorkflowExecution.RunId, task.Attempt);
                result = new() { Failure = e };
            }

            if (task.Query is not null)
            {
                await AnswerQueryAsync(task, result);
            }
            else if (result.Failure is { } failure)
            {
                await FailAsync(task, failure);
            }
            else
            {
                await CompleteAsync(task, result);
            }
        }
        catch (Exception e)
        {
            // The server's timeout hands the task out again.
            LogNotTaken(_logger, task.WorkflowExecution.WorkflowId, task.WorkflowExecution.RunId, e.Message);
        }
    }

    private async Task<WorkflowTaskResult> ProcessAsync(PollWorkflowTaskQueueResponse task)
    {
        var events = await FetchEventsAsync(task);
        var codec = service.Converter.PayloadCodec;
        foreach (var e in events)
        {
            await codec.DecodeAsync(e);
        }

        foreach (var message in task.Messages)
        {
            await codec.DecodeAsync(message);
        }

        foreach (var query in task.Queries.Values.Append(task.Query).OfType<WorkflowQuery>())
        {
            await codec.DecodeAsync(query);
        }

        var run = new WorkflowRun(
            service.Namespace,
            task.WorkflowExecution.WorkflowId,
            task.WorkflowExecution.RunId,
            _definitions.Find,
            service.Converter,
            options.WorkflowFailureExceptionTypes ?? [],
            loggerFactory,
            options.AllInterceptors);
        var result = run.Process(events, task.Messages);
        foreach (var (id, query) in task.Queries)
        {
            result.Queries[id] = run.Instance!.Query(query, id);
        }

        if (task.Query is { } direct)
        {
            result.Queries[string.Empty] = run.Instance!.Query(direct);
        }

        return result;
    }

    private async Task<List<HistoryEvent>> FetchEventsAsync(PollWorkflowTaskQueueResponse task)
    {
        var events = new List<HistoryEvent>(task.History?.Events ?? []);
        var page = task.NextPageToken;
        while (!page.IsEmpty)
        {
            var response = await service.CallAsync(
                WorkflowServiceMethods.GetWorkflowExecutionHistory,
                new() { Namespace = service.Namespace, Execution = task.WorkflowExecution, NextPageToken = page });
            events.AddRange(response.History?.Events ?? []);
            page = response.NextPageToken;
        }

        return events;
    }

    private async Task CompleteAsync(PollWorkflowTaskQueueResponse task, WorkflowTaskResult result)
    {
        var request = new RespondWorkflowTaskCompletedRequest
        {
            TaskToken = task.TaskToken,
            Identity = identity,
            Namespace = service.Namespace,
            SdkMetadata = WorkflowRun.Metadata,
            Commands = { result.Commands },
            Messages = { result.Messages },
            QueryResults = { result.Queries },
        };
        await service.Converter.PayloadCodec.EncodeAsync(request);
        await service.CallAsync(WorkflowServiceMethods.RespondWorkflowTaskCompleted, request);
    }

    private async Task FailAsync(PollWorkflowTaskQueueResponse task, Exception failure)
    {
        var request = new RespondWorkflowTaskFailedRequest
        {
            TaskToken = task.TaskToken,
            Identity = identity,
            Namespace = service.Namespace,
            Cause = failure is WorkflowNondeterminismException
                ? WorkflowTaskFailedCause.NonDeterministicError
                : WorkflowTaskFailedCause.WorkflowWorkerUnhandledFailure,
            Failure = service.Converter.FailureConverter.ToFailure(failure, service.Converter.PayloadConverter),
        };
        await service.Converter.PayloadCodec.EncodeAsync(request);
        await service.CallAsync(WorkflowServiceMethods.RespondWorkflowTaskFailed, request);
    }

    private async Task AnswerQueryAsync(PollWorkflowTaskQueueResponse task, WorkflowTaskResult result)
    {
        var answer = result.Failure is null ? result.Queries[string.Empty] : new WorkflowQueryResult
        {
            ResultType = QueryResultType.Failed,
            ErrorMessage = result.Failure.Message,
            Failure = service.Converter.FailureConverter.ToFailure(result.Failure, service.Converter.PayloadConverter),
        };
        var request = new RespondQueryTaskCompletedRequest
        {
            TaskToken = task.TaskToken,
            Namespace = service.Namespace,
            CompletedType = answer.ResultType,
            QueryResult = answer.Answer,
            ErrorMessage = answer.ErrorMessage,
            Failure = answer.Failure,
        };
        await service.Converter.PayloadCodec.EncodeAsync(request);
        await service.CallAsync(WorkflowServiceMethods.RespondQueryTaskCompleted, request);
    }
}
