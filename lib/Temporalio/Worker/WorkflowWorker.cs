using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using Temporalio.Client;
using Temporalio.Converters;
using Temporalio.Exceptions;
using Temporalio.Protocol.Enums;
using Temporalio.Protocol.Methods;
using Temporalio.Protocol.Queries;
using Temporalio.Protocol.Service;
using Temporalio.Protocol.TaskQueues;

namespace Temporalio.Worker;

/// <summary>
/// Polls for workflow tasks and answers them. Runs are kept in memory between their tasks as far as there is room, and are made
/// again from their history when they are not there.
/// </summary>
internal sealed partial class WorkflowWorker
{
    private readonly WorkflowService _service;
    private readonly TemporalWorkerOptions _options;
    private readonly string _identity;
    private readonly string _instanceKey;
    private readonly ILoggerFactory _loggerFactory;
    private readonly WorkflowDefinitions _definitions;
    private readonly WorkflowRunCache _cache;
    private readonly StickyExecutionAttributes? _sticky;
    private readonly ILogger _logger;

    /// <summary>Creates a worker.</summary>
    /// <exception cref="ArgumentException">The options are out of range, or two workflows have one name.</exception>
    public WorkflowWorker(WorkflowService service, TemporalWorkerOptions options, string identity, string instanceKey, ILoggerFactory loggerFactory)
    {
        (_service, _options, _identity, _instanceKey, _loggerFactory) = (service, options, identity, instanceKey, loggerFactory);
        _definitions = new(options.Workflows);
        _logger = loggerFactory.CreateLogger("Temporalio.Worker.WorkflowWorker");
        _cache = new(options.MaxCachedWorkflows);
        if (options.MaxCachedWorkflows < 0)
        {
            throw new ArgumentException("MaxCachedWorkflows may not be negative.", nameof(options));
        }

        if (options.MaxCachedWorkflows == 0)
        {
            return;
        }

        if (options.MaxConcurrentWorkflowTasks < 2)
        {
            // One slot would be held by a poll of one kind while the other kind has tasks.
            throw new ArgumentException(
                "MaxConcurrentWorkflowTasks must be at least 2 while workflows are kept in memory; set MaxCachedWorkflows to 0 for fewer.",
                nameof(options));
        }

        _sticky = new()
        {
            WorkerTaskQueue = new() { Name = $"{identity}-{instanceKey}", Kind = TaskQueueKind.Sticky, NormalName = options.TaskQueue },
            ScheduleToStartTimeout = Duration.FromTimeSpan(options.StickyQueueScheduleToStartTimeout),
        };
    }

    /// <summary>The queue for tasks of the runs kept in memory; null when none are kept.</summary>
    public string? StickyQueue => _sticky?.WorkerTaskQueue.Name;

    /// <summary>Runs until stopped; tasks in hand are answered.</summary>
    /// <param name="stop">Ends polling.</param>
    /// <param name="abandon">Breaks off the polls that are open.</param>
    public Task RunAsync(CancellationToken stop, CancellationToken abandon)
    {
        var slots = _options.MaxConcurrentWorkflowTasks ?? 100;
        var (normal, sticky) = SplitPolls(_options.MaxConcurrentWorkflowTaskPolls, slots);
        IEnumerable<Func<CancellationToken, Task<PollWorkflowTaskQueueResponse?>>> polls =
        [
            .. Enumerable.Repeat<Func<CancellationToken, Task<PollWorkflowTaskQueueResponse?>>>(
                token => PollAsync(new() { Name = _options.TaskQueue, Kind = TaskQueueKind.Normal }, token), normal),
            .. Enumerable.Repeat<Func<CancellationToken, Task<PollWorkflowTaskQueueResponse?>>>(
                token => PollAsync(_sticky!.WorkerTaskQueue, token), sticky),
        ];
        return new TaskPollers<PollWorkflowTaskQueueResponse>("workflow tasks", slots, _logger, () => Task.CompletedTask)
            .RunAsync(polls, task => HandleAsync(task, stop), stop, abandon);
    }

    [LoggerMessage(1, LogLevel.Warning, "Task of workflow {WorkflowId} run {RunId} failed (attempt {Attempt})")]
    private static partial void LogTaskFailed(ILogger logger, Exception exception, string workflowId, string runId, int attempt);

    [LoggerMessage(2, LogLevel.Warning, "Answer to task of workflow {WorkflowId} run {RunId} was not taken: {Reason}")]
    private static partial void LogNotTaken(ILogger logger, string workflowId, string runId, string reason);

    /// <summary>How many polls of each kind: at least one, and never more than there are slots for all of them.</summary>
    private (int Normal, int Sticky) SplitPolls(int polls, int slots)
    {
        if (_sticky is null)
        {
            return (polls, 0);
        }

        var normal = Math.Clamp((int)(polls * _options.NonStickyToStickyPollRatio), 1, slots - 1);
        return (normal, Math.Clamp(polls - normal, 1, slots - normal));
    }

    private async Task<PollWorkflowTaskQueueResponse?> PollAsync(TaskQueue queue, CancellationToken abandon)
    {
        var task = await _service.CallAsync(
            WorkflowServiceMethods.PollWorkflowTaskQueue,
            new() { Namespace = _service.Namespace, TaskQueue = queue, Identity = _identity, WorkerInstanceKey = _instanceKey },
            new() { Retry = false, CancellationToken = abandon });
        return task.TaskToken.IsEmpty ? null : task;
    }

    private async Task HandleAsync(PollWorkflowTaskQueueResponse task, CancellationToken stop)
    {
        using var place = await _cache.EnterAsync(task.WorkflowExecution.RunId);
        var cached = place.Run;

        // Whatever goes wrong below leaves the place empty: the next task makes the run again.
        place.Run = null;
        try
        {
            WorkflowRun? run = null;
            WorkflowTaskResult result;
            try
            {
                (run, result) = await ProcessAsync(task, cached);
            }
            catch (Exception e)
            {
                LogTaskFailed(_logger, e, task.WorkflowExecution.WorkflowId, task.WorkflowExecution.RunId, task.Attempt);
                result = new() { Failure = e };
            }

            if (task.Query is not null)
            {
                // A query changes nothing. One that met a task still open has run ahead of it, without what only its worker was told.
                place.Run = run == cached || result.IsReplay ? Keepable(run) : null;
                await AnswerQueryAsync(task, result);
            }
            else if (result.Failure is { } failure)
            {
                await FailAsync(task, failure);
            }
            else
            {
                await CompleteAsync(task, run!, result, sticky: !stop.IsCancellationRequested);
                place.Run = Keepable(run);
            }
        }
        catch (Exception e)
        {
            // The server's timeout hands the task out again.
            LogNotTaken(_logger, task.WorkflowExecution.WorkflowId, task.WorkflowExecution.RunId, e.Message);
        }
    }

    private WorkflowRun? Keepable(WorkflowRun? run) => _sticky is not null && run is { CanContinue: true } ? run : null;

    private async Task<(WorkflowRun Run, WorkflowTaskResult Result)> ProcessAsync(PollWorkflowTaskQueueResponse task, WorkflowRun? cached)
    {
        var (run, events) = await FindRunAsync(task, cached);
        var codec = _service.Converter.PayloadCodec;
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

        var result = events.Count == 0 ? new() : run.Process(events, task.Messages);
        foreach (var (id, query) in task.Queries)
        {
            result.Queries[id] = run.Instance!.Query(query, id);
        }

        if (task.Query is { } direct)
        {
            result.Queries[string.Empty] = run.Instance!.Query(direct);
        }

        return (run, result);
    }

    private async Task CompleteAsync(PollWorkflowTaskQueueResponse task, WorkflowRun run, WorkflowTaskResult result, bool sticky)
    {
        var request = new RespondWorkflowTaskCompletedRequest
        {
            TaskToken = task.TaskToken,
            Identity = _identity,
            Namespace = _service.Namespace,
            SdkMetadata = WorkflowRun.Metadata,
            StickyAttributes = sticky ? _sticky : null,
            Commands = { result.Commands },
            Messages = { result.Messages },
            QueryResults = { result.Queries },
        };
        await _service.Converter.PayloadCodec.EncodeAsync(request);
        var response = await _service.CallAsync(WorkflowServiceMethods.RespondWorkflowTaskCompleted, request);
        if (response.ResetHistoryEventId > 0)
        {
            run.DropCurrentTask(response.ResetHistoryEventId);
        }
    }

    private async Task FailAsync(PollWorkflowTaskQueueResponse task, Exception failure)
    {
        var request = new RespondWorkflowTaskFailedRequest
        {
            TaskToken = task.TaskToken,
            Identity = _identity,
            Namespace = _service.Namespace,
            Cause = failure is WorkflowNondeterminismException
                ? WorkflowTaskFailedCause.NonDeterministicError
                : WorkflowTaskFailedCause.WorkflowWorkerUnhandledFailure,
            Failure = _service.Converter.FailureConverter.ToFailure(failure, _service.Converter.PayloadConverter),
        };
        await _service.Converter.PayloadCodec.EncodeAsync(request);
        await _service.CallAsync(WorkflowServiceMethods.RespondWorkflowTaskFailed, request);
    }

    private async Task AnswerQueryAsync(PollWorkflowTaskQueueResponse task, WorkflowTaskResult result)
    {
        var answer = result.Failure is null ? result.Queries[string.Empty] : new WorkflowQueryResult
        {
            ResultType = QueryResultType.Failed,
            ErrorMessage = result.Failure.Message,
            Failure = _service.Converter.FailureConverter.ToFailure(result.Failure, _service.Converter.PayloadConverter),
        };
        var request = new RespondQueryTaskCompletedRequest
        {
            TaskToken = task.TaskToken,
            Namespace = _service.Namespace,
            CompletedType = answer.ResultType,
            QueryResult = answer.Answer,
            ErrorMessage = answer.ErrorMessage,
            Failure = answer.Failure,
        };
        await _service.Converter.PayloadCodec.EncodeAsync(request);
        await _service.CallAsync(WorkflowServiceMethods.RespondQueryTaskCompleted, request);
    }
}
