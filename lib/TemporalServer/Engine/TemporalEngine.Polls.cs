using Google.Protobuf;
using TemporalServer.Matching;

namespace TemporalServer.Engine;

internal sealed partial class TemporalEngine
{
    // A page of history keeps one response well below what clients accept.
    private const int HistoryPageBytes = 2 * 1024 * 1024;
    private const int HistoryPageEvents = 1000;

    /// <summary>Waits for a workflow task or a query.</summary>
    /// <param name="request">Who waits, and on which queue.</param>
    /// <param name="timeout">The time the caller allows; null for no limit of its own.</param>
    /// <param name="written">Ends when the answer is on its way to the worker, or nobody is there to take it.</param>
    /// <param name="cancellationToken">Ends with the caller.</param>
    public async Task<PollWorkflowTaskQueueResponse> PollWorkflowTaskAsync(
        PollWorkflowTaskQueueRequest request, TimeSpan? timeout, Task written, CancellationToken cancellationToken)
    {
        RequireNamespace(request.Namespace);
        var key = new QueueKey(request.Namespace, QueueName(request.TaskQueue), TaskQueueType.Workflow);
        var poller = new Poller(request.Identity, request.WorkerInstanceKey, written);
        return await PollAsync(key, poller, timeout, cancellationToken) as PollWorkflowTaskQueueResponse ?? new();
    }

    /// <summary>Waits for an activity task.</summary>
    /// <inheritdoc cref="PollWorkflowTaskAsync"/>
    public async Task<PollActivityTaskQueueResponse> PollActivityTaskAsync(
        PollActivityTaskQueueRequest request, TimeSpan? timeout, Task written, CancellationToken cancellationToken)
    {
        RequireNamespace(request.Namespace);
        var key = new QueueKey(request.Namespace, QueueName(request.TaskQueue), TaskQueueType.Activity);
        var poller = new Poller(request.Identity, request.WorkerInstanceKey, written);
        return await PollAsync(key, poller, timeout, cancellationToken) as PollActivityTaskQueueResponse ?? new();
    }

    public Task<ShutdownWorkerResponse> ShutdownWorkerAsync(ShutdownWorkerRequest request) => ExecuteAsync(_ =>
    {
        RequireNamespace(request.Namespace);
        if (request.WorkerInstanceKey.Length > 0)
        {
            _queues.EndPolls(request.WorkerInstanceKey);
        }

        if (request.StickyTaskQueue.Length > 0)
        {
            var left = _queues.Remove(new QueueKey(request.Namespace, request.StickyTaskQueue, TaskQueueType.Workflow));
            foreach (var task in left)
            {
                switch (task)
                {
                    case TaskRef.WorkflowTask workflow when workflow.Run.State.Task?.Stamp == workflow.Stamp:
                        _offers.Enqueue(() => OfferWorkflowTask(workflow.Run));
                        break;
                    case TaskRef.QueryTask { Query.Taken: false } query:
                        _offers.Enqueue(() => OfferQuery(query.Query));
                        break;
                }
            }
        }

        return new ShutdownWorkerResponse();
    });

    private static string QueueName(TaskQueue? queue)
    {
        Require.Length("TaskQueue", queue?.Name);
        return queue?.Name is { Length: > 0 } name ? name : throw Errors.Invalid("TaskQueue is not set on request.");
    }

    private async Task<IMessage?> PollAsync(QueueKey key, Poller poller, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        Require.Length("Identity", poller.Identity);
        lock (_gate)
        {
            ThrowIfUnusable();
            _queues.Poll(key, poller, Deliver);
            SettleAll();
        }

        using var held = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        held.CancelAfter(Hold(_options.PollTimeout, timeout));
        await using var registration = held.Token.Register(() =>
        {
            lock (_gate)
            {
                if (_queues.Leave(key, poller, gone: cancellationToken.IsCancellationRequested))
                {
                    poller.SetAnswer(null);
                }
            }
        });
        if (await poller.Answer is { } delivery)
        {
            _ = ForgetAsync(poller);
            await delivery.Durable;
            if (IsTaken(poller, cancellationToken))
            {
                return delivery.Response;
            }

            await TakeBackAsync(delivery.Response);
        }

        await EarlierAnswers(poller);
        return null;
    }

    private async Task ForgetAsync(Poller poller)
    {
        await poller.Written;
        lock (_gate)
        {
            _queues.Forget(poller);
        }
    }

    /// <summary>Whether somebody is still there for a task that was made ready meanwhile.</summary>
    private bool IsTaken(Poller poller, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!cancellationToken.IsCancellationRequested && !_queues.HasLeft(poller))
            {
                return true;
            }

            _queues.Forget(poller);
            return false;
        }
    }

    /// <summary>
    /// Offers a task anew whose worker went while it was made ready. Nobody else would notice before its timeout, and a query has none.
    /// </summary>
    private async Task TakeBackAsync(IMessage task)
    {
        try
        {
            await ExecuteAsync(now =>
            {
                switch (task)
                {
                    case PollActivityTaskQueueResponse { TaskToken: var token }:
                        var (activityRun, activity) = ActivityOfToken(token, ns: null);
                        activityRun.Machine.ReturnActivity(activity);
                        Touch(activityRun);
                        break;
                    case PollWorkflowTaskQueueResponse { Query: not null, TaskToken: var token }:
                        if (_takenQueries.TryGetValue(ParseTaskToken(token).QueryId, out var query))
                        {
                            _offers.Enqueue(() => OfferQuery(query, mayBeSticky: false));
                        }

                        break;
                    case PollWorkflowTaskQueueResponse { TaskToken: var token }:
                        var run = RunOfTask(token, ns: null);
                        run.Machine.ReturnStartedTask(now);
                        Touch(run);
                        break;
                }

                return true;
            });
        }
        catch (RpcException)
        {
            // It closed meanwhile, or the server stops: then there is nothing to take back.
        }
    }

    /// <summary>
    /// A leaving worker may take its first empty answer for the end of its tasks and drop what comes after it, so what it was given before goes first.
    /// </summary>
    private Task EarlierAnswers(Poller poller)
    {
        lock (_gate)
        {
            return _queues.HasLeft(poller) ? _queues.AllWritten(poller.InstanceKey) : Task.CompletedTask;
        }
    }

    /// <summary>An empty answer in time is worth more to the caller than a deadline that passed.</summary>
    private static TimeSpan Hold(TimeSpan limit, TimeSpan? deadline)
    {
        if (deadline is not { } end)
        {
            return limit;
        }

        var margin = TimeSpan.FromMilliseconds(Math.Min(1000, end.TotalMilliseconds / 5));
        return end - margin < limit ? end - margin : limit;
    }

    /// <summary>Starts a task for a worker; null when it no longer stands.</summary>
    private Delivery? Deliver(TaskRef task, string identity)
    {
        IMessage? response = task switch
        {
            TaskRef.WorkflowTask t => StartWorkflowTask(t, identity),
            TaskRef.ActivityTask t => StartActivityTask(t, identity),
            TaskRef.QueryTask t => StartQuery(t.Query, t.Sticky),
            _ => null,
        };
        if (response is null)
        {
            return null;
        }

        // The start is part of the change that is being made; when nothing is pending (a query), of what is being written.
        var changed = task is TaskRef.QueryTask ? Durable() : _batch.Committed;
        return new Delivery(response, changed);
    }

    private PollWorkflowTaskQueueResponse? StartWorkflowTask(TaskRef.WorkflowTask reference, string identity)
    {
        var run = reference.Run;
        if (!run.Machine.IsRunning || run.State.Task is not { StartedEventId: 0 } pending || pending.Stamp != reference.Stamp)
        {
            return null;
        }

        var sticky = pending.Sticky;
        var task = run.Machine.StartWorkflowTask(Now, identity, NewId());
        var messages = run.Machine.TakeMessages();
        run.Events = EventsOf(run);
        Touch(run);

        // The started event is needed in the response at once; the rest of the change is settled later.
        Absorb(run);
        var token = new TaskToken
        {
            RunId = run.State.RunId,
            WorkflowId = run.State.WorkflowId,
            ScheduledEventId = task.ScheduledEventId,
            Attempt = task.Attempt,
            Stamp = task.Stamp,
        };
        var response = NewTask(run, sticky ? run.State.PreviousStartedEventId + 1 : 1, token);
        response.TaskToken = token.ToByteString();
        response.StartedEventId = task.StartedEventId;
        response.Attempt = task.Attempt;
        response.ScheduledTime = task.ScheduledTime;
        response.StartedTime = task.StartedTime;
        response.Messages.Add(messages);
        foreach (var query in run.Queries)
        {
            response.Queries[query.Id] = query.Query;
        }

        return response;
    }

    private void Absorb(Run run)
    {
        var events = run.Machine.TakeEvents();
        run.Events!.AddRange(events);
        _batch.Add(run, events);
    }

    private PollWorkflowTaskQueueResponse NewTask(Run run, long firstEventId, TaskToken? transient)
    {
        var events = EventsOf(run);
        var (history, next) = Page(run, firstEventId, events.Count + 1, HistoryPageEvents, transient);
        return new PollWorkflowTaskQueueResponse
        {
            WorkflowExecution = new WorkflowExecution { WorkflowId = run.State.WorkflowId, RunId = run.State.RunId },
            WorkflowType = run.State.WorkflowType,
            PreviousStartedEventId = run.State.PreviousStartedEventId,
            WorkflowExecutionTaskQueue = new TaskQueue { Name = run.State.TaskQueue, Kind = TaskQueueKind.Normal },
            History = history,
            NextPageToken = next?.ToByteString() ?? ByteString.Empty,
        };
    }

    /// <summary>One page of a history from an event up to, not including, another; the token leads on, null at the end.</summary>
    private (History History, HistoryToken? Next) Page(Run run, long from, long end, int maxEvents, TaskToken? transient)
    {
        var events = EventsOf(run);
        var page = new History();
        var bytes = 0;
        var id = from;
        while (id < end && page.Events.Count < maxEvents && bytes < HistoryPageBytes)
        {
            var e = events[(int)id - 1];
            bytes += e.CalculateSize();
            page.Events.Add(e);
            id++;
        }

        if (id < end)
        {
            return (page, new HistoryToken { RunId = run.State.RunId, NextEventId = id, EndEventId = end, Transient = transient });
        }

        if (transient is not null && run.State.Task?.Stamp == transient.Stamp && run.State.Task.StartedEventId > 0)
        {
            page.Events.Add(run.Machine.TransientEvents());
        }

        return (page, null);
    }

    private PollActivityTaskQueueResponse? StartActivityTask(TaskRef.ActivityTask reference, string identity)
    {
        var run = reference.Run;
        if (!run.Machine.IsRunning
            || !run.State.Activities.TryGetValue(reference.ScheduledEventId, out var pending)
            || pending.Stamp != reference.Stamp
            || pending.StartedTime is not null)
        {
            return null;
        }

        var scheduled = EventsOf(run)[(int)reference.ScheduledEventId - 1].ActivityTaskScheduledEventAttributes;
        var activity = run.Machine.StartActivity(reference.ScheduledEventId, Now, identity, NewId());
        _batch.Add(run, []);
        Touch(run);
        var token = new TaskToken
        {
            RunId = run.State.RunId,
            WorkflowId = run.State.WorkflowId,
            ScheduledEventId = activity.ScheduledEventId,
            Attempt = activity.Attempt,
            Stamp = activity.Stamp,
        };
        return new PollActivityTaskQueueResponse
        {
            TaskToken = token.ToByteString(),
            WorkflowNamespace = run.State.Namespace,
            WorkflowType = run.State.WorkflowType,
            WorkflowExecution = new WorkflowExecution { WorkflowId = run.State.WorkflowId, RunId = run.State.RunId },
            ActivityType = scheduled.ActivityType,
            ActivityId = activity.ActivityId,
            Header = scheduled.Header,
            Input = scheduled.Input,
            HeartbeatDetails = activity.HeartbeatDetails,
            ScheduledTime = activity.ScheduledTime,
            CurrentAttemptScheduledTime = activity.AttemptScheduledTime,
            StartedTime = activity.StartedTime,
            Attempt = activity.Attempt,
            ScheduleToCloseTimeout = activity.ScheduleToClose,
            StartToCloseTimeout = activity.StartToClose,
            HeartbeatTimeout = activity.Heartbeat,
            RetryPolicy = activity.RetryPolicy,
            Priority = activity.Priority,
        };
    }
}
