using Google.Protobuf;
using Google.Protobuf.Collections;
using Temporalio.Api.ErrorDetails.V1;
using TemporalServer.Matching;

namespace TemporalServer.Engine;

internal sealed partial class TemporalEngine
{
    // After this many attempts the workflow's code is broken; a query would only wait for its deadline.
    private const int FailingTaskAttempts = 3;
    private static readonly TimeSpan QueryPatience = TimeSpan.FromSeconds(5);
    private readonly Dictionary<string, PendingQuery> _takenQueries = new(StringComparer.Ordinal);

    public async Task<QueryWorkflowResponse> QueryAsync(QueryWorkflowRequest request, CancellationToken cancellationToken)
    {
        PendingQuery? query = null;
        var rejected = await ExecuteAsync(_ =>
        {
            var run = Get(request.Namespace, request.Execution);
            if (request.Query is null)
            {
                throw Errors.Invalid("WorkflowQuery is not set on request.");
            }

            Require.Blob(request.Query.QueryArgs);
            if (request.Query.QueryType.Length == 0)
            {
                throw Errors.Invalid("QueryType is not set on request.");
            }

            if (IsRejected(request.QueryRejectCondition, run.State.Status))
            {
                return new QueryRejected { Status = run.State.Status };
            }

            if (run.State.FirstTaskAt is not null && run.Machine.IsRunning)
            {
                throw Errors.Of(StatusCode.FailedPrecondition, "the workflow has not started yet: its first workflow task is delayed", new WorkflowNotReadyFailure());
            }

            if (run.State.Task is { Attempt: >= FailingTaskAttempts })
            {
                throw Errors.Of(StatusCode.FailedPrecondition, "Cannot query workflow due to Workflow Task in failed state.", new WorkflowNotReadyFailure());
            }

            query = new PendingQuery(run, request.Query);
            _openQueries++;
            if (run.Machine.IsRunning && run.State.Task is not null)
            {
                run.Queries.Add(query);
            }
            else
            {
                var asked = query;
                _offers.Enqueue(() => OfferQuery(asked));
            }

            return null;
        });
        if (rejected is not null)
        {
            return new QueryWorkflowResponse { QueryRejected = rejected };
        }

        using var held = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        try
        {
            return new QueryWorkflowResponse { QueryResult = await AwaitAnswerAsync(query!, held.Token) };
        }
        finally
        {
            lock (_gate)
            {
                query!.Run.Queries.Remove(query);
                _takenQueries.Remove(query.Id);
                query.Taken = true;
                _openQueries--;
                ArmTimer();
            }
        }
    }

    public Task<RespondQueryTaskCompletedResponse> CompleteQueryAsync(RespondQueryTaskCompletedRequest request) => ExecuteAsync(_ =>
    {
        var token = ParseTaskToken(request.TaskToken);
        if (token.QueryId.Length == 0)
        {
            throw Errors.Invalid("Invalid TaskToken.");
        }

        if (!_takenQueries.Remove(token.QueryId, out var query))
        {
            throw Errors.TaskNotFound("query");
        }

        RequireTokenNamespace(request.Namespace, query.Run);
        if (Require.Exceeds(request.QueryResult))
        {
            query.Fail(QueryFailed("Query result exceeds size limit.", null));
        }
        else if (request.CompletedType == QueryResultType.Answered)
        {
            query.Succeed(request.QueryResult);
        }
        else
        {
            query.Fail(QueryFailed(request.ErrorMessage, request.Failure));
        }

        return new RespondQueryTaskCompletedResponse();
    });

    private async Task<Payloads?> AwaitAnswerAsync(PendingQuery query, CancellationToken cancellationToken)
    {
        while (await EndedFirst(Task.WhenAny(query.Answer, Task.Delay(QueryPatience, _options.TimeProvider, cancellationToken)), cancellationToken)
            && !query.Answer.IsCompleted)
        {
            lock (_gate)
            {
                if ((query.IsSticky || query.Taken) && _options.TimeProvider.GetElapsedTime(query.Since) >= QueryPatience)
                {
                    // Who keeps the workflow in memory does not take it, or who took it is gone: any worker may answer, and the first answer counts.
                    OfferQuery(query, mayBeSticky: false);
                }
            }
        }

        return await query.Answer.WaitAsync(cancellationToken);
    }

    private static bool IsRejected(QueryRejectCondition condition, WorkflowExecutionStatus status) => condition switch
    {
        QueryRejectCondition.NotOpen => status != WorkflowExecutionStatus.Running,
        QueryRejectCondition.NotCompletedCleanly => status is not (WorkflowExecutionStatus.Running or WorkflowExecutionStatus.Completed),
        _ => false,
    };

    private static RpcException QueryFailed(string message, Failure? failure) =>
        Errors.Of(StatusCode.InvalidArgument, message.Length > 0 ? message : "the query failed", new QueryFailedFailure { Failure = failure });

    private void OfferQuery(PendingQuery query, bool mayBeSticky = true)
    {
        var state = query.Run.State;
        var key = new QueueKey(state.Namespace, state.TaskQueue, TaskQueueType.Workflow);
        var sticky = key with { Name = state.StickyQueue };
        var isSticky = mayBeSticky && state.StickyQueue.Length > 0 && _queues.HasWorker(sticky);
        (query.Taken, query.IsSticky, query.Since) = (false, isSticky, _options.TimeProvider.GetTimestamp());
        _queues.Offer(isSticky ? sticky : key, new TaskRef.QueryTask(query, isSticky), Deliver);
    }

    private PollWorkflowTaskQueueResponse? StartQuery(PendingQuery query, bool sticky)
    {
        if (query.Taken || query.Answer.IsCompleted)
        {
            return null;
        }

        (query.Taken, query.Since) = (true, _options.TimeProvider.GetTimestamp());
        _takenQueries[query.Id] = query;
        var run = query.Run;

        // Who has the workflow in memory needs no events to answer.
        var response = NewTask(run, sticky ? EventsOf(run).Count + 1 : 1, transient: null);
        response.TaskToken = new TaskToken { RunId = run.State.RunId, WorkflowId = run.State.WorkflowId, QueryId = query.Id }.ToByteString();
        response.Query = query.Query;

        // No started event: by that workers know that nothing but the query is asked, and may hold it beside a workflow task.
        response.StartedEventId = 0;
        response.Attempt = 1;
        return response;
    }

    /// <summary>Takes the answers that came with a completed task; what was attached and not answered waits for the next one.</summary>
    private void AnswerQueries(Run run, MapField<string, WorkflowQueryResult> results, bool completed)
    {
        foreach (var query in run.Queries.ToList())
        {
            if (completed && results.TryGetValue(query.Id, out var result))
            {
                run.Queries.Remove(query);
                if (result.ResultType == QueryResultType.Answered)
                {
                    query.Succeed(result.Answer);
                }
                else
                {
                    query.Fail(QueryFailed(result.ErrorMessage, result.Failure));
                }
            }
            else
            {
                if (run.Machine.IsRunning && run.State.Task is null)
                {
                    run.Queries.Remove(query);
                    _offers.Enqueue(() => OfferQuery(query));
                }
                else if (!completed && run.State.Task is { Attempt: >= FailingTaskAttempts })
                {
                    run.Queries.Remove(query);
                    query.Fail(Errors.Of(
                        StatusCode.FailedPrecondition, "Cannot query workflow due to Workflow Task in failed state.", new WorkflowNotReadyFailure()));
                }
            }
        }
    }
}
