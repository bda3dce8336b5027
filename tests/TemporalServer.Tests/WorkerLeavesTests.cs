using Google.Protobuf;
using TemporalServer.Engine;
using TemporalServer.Persisted;

namespace TemporalServer.Tests;

/// <summary>A worker that says it leaves gets nothing any more, and what was meant for it is for others at once.</summary>
public sealed class WorkerLeavesTests
{
    private const string Leaving = "leaving";

    public enum TaskKind
    {
        Workflow,
        Activity,
        Query,
    }

    [Fact]
    public async Task Polls_OfAWorkerThatLeft_EndEmptyAndTakeNothing()
    {
        await using var server = await ServerHarness.StartAsync();
        var open = PollAsync(server, Leaving);
        await server.Call(WorkflowServiceMethods.ShutdownWorker, new ShutdownWorkerRequest { Namespace = "default", WorkerInstanceKey = Leaving });
        await server.Start();
        (await open).TaskToken.IsEmpty.ShouldBeTrue("the open poll");
        (await PollAsync(server, Leaving)).TaskToken.IsEmpty.ShouldBeTrue("a poll that was overtaken by the good-bye");
        (await PollAsync(server, "staying")).TaskToken.IsEmpty.ShouldBeFalse("the task waits for another worker");
    }

    [Fact]
    public async Task Polls_OfAWorkerThatHadItsTasks_EndEmptyWhenItLeaves()
    {
        await using var server = await ServerHarness.StartAsync(with: o => o with { PollTimeout = TimeSpan.FromMinutes(1) });
        await server.Start();
        (await PollAsync(server, Leaving)).TaskToken.IsEmpty.ShouldBeFalse();
        var open = PollAsync(server, Leaving);
        await server.Call(WorkflowServiceMethods.ShutdownWorker, new ShutdownWorkerRequest { Namespace = "default", WorkerInstanceKey = Leaving });
        (await open).TaskToken.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task Query_OfTheWorkerThatKeepsTheWorkflow_BringsNoEvents()
    {
        await using var server = await ServerHarness.StartAsync();
        await KeepAsync(server);
        var answer = QueryAsync(server);
        var task = await server.Poll("sticky", stickyOf: ServerHarness.Queue);
        task.Query.QueryType.ShouldBe("q");
        task.PreviousStartedEventId.ShouldBe(3);
        (task.History?.Events.Count ?? 0).ShouldBe(0);
        task.NextPageToken.IsEmpty.ShouldBeTrue();
        await AnswerAsync(server, task, "42");
        ServerHarness.Read((await answer).QueryResult).ShouldBe("42");
    }

    [Fact]
    public async Task Query_TakenByAWorkerThatDied_IsAskedAgain()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task());
        var answer = QueryAsync(server);
        (await server.Task()).Query.QueryType.ShouldBe("q");
        server.Clock.Advance(TimeSpan.FromSeconds(4));
        (await server.Poll()).TaskToken.IsEmpty.ShouldBeTrue("the worker has its time");
        server.Clock.Advance(TimeSpan.FromSeconds(6));
        await AnswerAsync(server, await server.Task(), "42");
        ServerHarness.Read((await answer).QueryResult).ShouldBe("42");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Query_OfAWorkerThatDied_IsAskedOfAnyWorker(bool taken)
    {
        await using var server = await ServerHarness.StartAsync();
        await KeepAsync(server);
        var answer = QueryAsync(server);
        PollWorkflowTaskQueueResponse? lost = null;
        if (taken)
        {
            lost = await server.Poll("sticky", stickyOf: ServerHarness.Queue);
            lost.Query.QueryType.ShouldBe("q");
        }

        (await server.Poll()).TaskToken.IsEmpty.ShouldBeTrue("the worker that keeps the workflow has its time");
        server.Clock.Advance(TimeSpan.FromSeconds(5));
        var task = await server.Task();
        task.Query.QueryType.ShouldBe("q");
        task.History.Events.Count.ShouldBe(4, "another worker needs the whole history");
        await AnswerAsync(server, task, "42");
        ServerHarness.Read((await answer).QueryResult).ShouldBe("42");
        if (lost is not null)
        {
            var late = await Should.ThrowAsync<RpcException>(() => AnswerAsync(server, lost, "43"));
            late.StatusCode.ShouldBe(StatusCode.NotFound);
        }
    }

    [Fact]
    public async Task Task_TakenBackAgainAndAgain_IsNotTakenForOneThatFails()
    {
        var disk = new Disk();
        await using var server = await ServerHarness.StartAsync(with: o => o with { BeforeCommit = disk.PassAsync, PollTimeout = TimeSpan.FromMinutes(1) });
        using var releasedBeforeTheServerEnds = disk;
        await server.Start();
        for (var i = 0; i < 4; i++)
        {
            using var goes = new CancellationTokenSource();
            disk.Hold();
            var given = GivenWorkflow(server.Server.Engine, goes.Token);
            await disk.Reached;
            await goes.CancelAsync();
            disk.Release();
            (await given).IsEmpty.ShouldBeTrue("the worker is gone");
        }

        var answer = server.Server.Engine.QueryAsync(QueryRequest(), CancellationToken.None);
        var task = await server.Poll();
        task.Attempt.ShouldBe(2, "nobody has seen it yet; the second is what the event of the first says");
        var query = task.Queries.ShouldHaveSingleItem().Key;
        await server.Call(WorkflowServiceMethods.RespondWorkflowTaskCompleted, new RespondWorkflowTaskCompletedRequest
        {
            Namespace = "default",
            TaskToken = task.TaskToken,
            QueryResults = { [query] = new WorkflowQueryResult { ResultType = QueryResultType.Answered, Answer = ServerHarness.Text("42") } },
        });
        ServerHarness.Read((await answer).QueryResult).ShouldBe("42");
    }

    [Theory]
    [InlineData(TaskKind.Workflow, true)]
    [InlineData(TaskKind.Workflow, false)]
    [InlineData(TaskKind.Activity, true)]
    [InlineData(TaskKind.Activity, false)]
    [InlineData(TaskKind.Query, true)]
    [InlineData(TaskKind.Query, false)]
    public async Task Task_WhoseWorkerGoesBeforeItIsWritten_IsForOthersAtOnce(TaskKind kind, bool shutsDown)
    {
        var disk = new Disk();
        await using var server = await ServerHarness.StartAsync(with: o => o with { BeforeCommit = disk.PassAsync, PollTimeout = TimeSpan.FromMinutes(1) });
        using var releasedBeforeTheServerEnds = disk;
        var engine = server.Server.Engine;
        using var goes = new CancellationTokenSource();
        Task<ByteString> given;
        var change = Task.CompletedTask;
        var answer = Task.FromResult(new QueryWorkflowResponse());
        if (kind != TaskKind.Workflow)
        {
            await server.Start();
        }

        if (kind == TaskKind.Activity)
        {
            var task = await server.Poll();
            given = GivenActivity(engine, goes.Token);
            disk.Hold();
            change = server.Complete(task, Do.Activity());
            await disk.Reached;
        }
        else if (kind == TaskKind.Workflow)
        {
            given = GivenWorkflow(engine, goes.Token);
            disk.Hold();
            change = server.Start();
            await disk.Reached;
        }
        else
        {
            // A query writes nothing itself; it waits for what is being written.
            await server.Complete(await server.Poll());
            given = GivenWorkflow(engine, goes.Token);
            disk.Hold();
            change = server.Start("other", r => r.TaskQueue = new TaskQueue { Name = "other" });
            await disk.Reached;
            answer = engine.QueryAsync(QueryRequest(), CancellationToken.None);
        }

        var bye = Task.CompletedTask;
        if (shutsDown)
        {
            bye = engine.ShutdownWorkerAsync(new ShutdownWorkerRequest { Namespace = "default", WorkerInstanceKey = Leaving });
        }
        else
        {
            await goes.CancelAsync();
        }

        given.IsCompleted.ShouldBeFalse("nothing is answered before it is written");
        disk.Release();
        await change;
        await bye;
        (await given).IsEmpty.ShouldBeTrue("the worker is gone");

        switch (kind)
        {
            case TaskKind.Workflow:
                var task = await server.Poll();
                task.Attempt.ShouldBe(2);
                task.History.Events[3].WorkflowTaskTimedOutEventAttributes.TimeoutType.ShouldBe(TimeoutType.StartToClose);
                foreach (var late in Earlier(task.TaskToken, scheduledEventId: 2))
                {
                    (await Should.ThrowAsync<RpcException>(() => server.Complete(new PollWorkflowTaskQueueResponse { TaskToken = late }, Do.Complete())))
                        .StatusCode.ShouldBe(StatusCode.NotFound);
                }

                await server.Complete(task, Do.Complete());
                break;
            case TaskKind.Activity:
                var activity = await server.PollActivity();
                activity.Attempt.ShouldBe(1);
                foreach (var late in Earlier(activity.TaskToken, scheduledEventId: 5))
                {
                    (await Should.ThrowAsync<RpcException>(() => server.CompleteActivity(new PollActivityTaskQueueResponse { TaskToken = late })))
                        .StatusCode.ShouldBe(StatusCode.NotFound);
                }

                await server.CompleteActivity(activity);
                break;
            default:
                var query = await server.Poll();
                query.Query.QueryType.ShouldBe("q");
                await AnswerAsync(server, query, "42");
                ServerHarness.Read((await answer).QueryResult).ShouldBe("42");

                // Whoever takes a query has the same token, so the first answer counts.
                (await Should.ThrowAsync<RpcException>(() => AnswerAsync(server, query, "43"))).StatusCode.ShouldBe(StatusCode.NotFound);
                break;
        }
    }

    [Fact]
    public async Task EmptyAnswers_OfAWorkerThatLeaves_WaitForTheDisk()
    {
        var disk = new Disk();
        await using var server = await ServerHarness.StartAsync(with: o => o with { BeforeCommit = disk.PassAsync, PollTimeout = TimeSpan.FromMinutes(1) });
        using var releasedBeforeTheServerEnds = disk;
        var engine = server.Server.Engine;
        var given = GivenWorkflow(engine, CancellationToken.None);
        var other = GivenActivity(engine, CancellationToken.None);
        disk.Hold();
        var change = server.Start();
        await disk.Reached;

        var bye = engine.ShutdownWorkerAsync(new ShutdownWorkerRequest { Namespace = "default", WorkerInstanceKey = Leaving });
        var overtaken = GivenActivity(engine, CancellationToken.None);
        await server.Call(WorkflowServiceMethods.GetSystemInfo, new GetSystemInfoRequest());
        (given.IsCompleted || other.IsCompleted || overtaken.IsCompleted).ShouldBeFalse("the task that waits for the disk comes first");

        disk.Release();
        await change;
        await bye;
        (await Task.WhenAll(given, other, overtaken)).ShouldAllBe(token => token.IsEmpty);
    }

    [Fact]
    public async Task EmptyAnswers_OfAWorkerThatLeaves_FollowTheTaskThatIsOnItsWay()
    {
        await using var server = await ServerHarness.StartAsync(with: o => o with { PollTimeout = TimeSpan.FromMinutes(1) });
        var engine = server.Server.Engine;
        var written = new TaskCompletionSource();
        var given = GivenWorkflow(engine, CancellationToken.None, written);
        var other = GivenActivity(engine, CancellationToken.None);
        await server.Start();
        (await given).IsEmpty.ShouldBeFalse("it was answered before the worker left");

        await engine.ShutdownWorkerAsync(new ShutdownWorkerRequest { Namespace = "default", WorkerInstanceKey = Leaving });
        var overtaken = GivenActivity(engine, CancellationToken.None);
        await server.Call(WorkflowServiceMethods.GetSystemInfo, new GetSystemInfoRequest());
        (other.IsCompleted || overtaken.IsCompleted).ShouldBeFalse("the answer with the task is not out yet");

        written.SetResult();
        (await Task.WhenAll(other, overtaken)).ShouldAllBe(token => token.IsEmpty);
    }

    private static async Task KeepAsync(ServerHarness server)
    {
        await server.Start();
        await server.Poll("sticky", stickyOf: ServerHarness.Queue);
        await server.Complete(await server.Task(), request => request.StickyAttributes = new StickyExecutionAttributes
        {
            WorkerTaskQueue = new TaskQueue { Name = "sticky", Kind = TaskQueueKind.Sticky, NormalName = ServerHarness.Queue },
        });
    }

    private static Task<QueryWorkflowResponse> QueryAsync(ServerHarness server) => server.Call(WorkflowServiceMethods.QueryWorkflow, QueryRequest());

    private static QueryWorkflowRequest QueryRequest() => new()
    {
        Namespace = "default",
        Execution = new WorkflowExecution { WorkflowId = "wf" },
        Query = new WorkflowQuery { QueryType = "q" },
    };

    /// <summary>The token of what a poll of the leaving worker is answered; polled at the engine, so that the poll is held when this returns.</summary>
    private static async Task<ByteString> GivenWorkflow(TemporalEngine engine, CancellationToken goes, TaskCompletionSource? written = null)
    {
        var sent = new TaskCompletionSource();
        var queue = new TaskQueue { Name = ServerHarness.Queue };
        var request = new PollWorkflowTaskQueueRequest { Namespace = "default", TaskQueue = queue, Identity = Leaving, WorkerInstanceKey = Leaving };
        var answer = await engine.PollWorkflowTaskAsync(request, null, (written ?? sent).Task, goes);
        sent.SetResult();
        return answer.TaskToken;
    }

    /// <inheritdoc cref="GivenWorkflow"/>
    private static async Task<ByteString> GivenActivity(TemporalEngine engine, CancellationToken goes)
    {
        var written = new TaskCompletionSource();
        var queue = new TaskQueue { Name = ServerHarness.Queue };
        var request = new PollActivityTaskQueueRequest { Namespace = "default", TaskQueue = queue, Identity = Leaving, WorkerInstanceKey = Leaving };
        var answer = await engine.PollActivityTaskAsync(request, null, written.Task, goes);
        written.SetResult();
        return answer.TaskToken;
    }

    /// <summary>Every token that a first attempt before this one can have had.</summary>
    private static IEnumerable<ByteString> Earlier(ByteString token, long scheduledEventId)
    {
        var now = TaskToken.Parser.ParseFrom(token);
        now.Stamp.ShouldBeGreaterThan(1);
        for (var stamp = 1; stamp < now.Stamp; stamp++)
        {
            yield return new TaskToken(now) { ScheduledEventId = scheduledEventId, Attempt = 1, Stamp = stamp }.ToByteString();
        }
    }

    private static Task AnswerAsync(ServerHarness server, PollWorkflowTaskQueueResponse task, string answer) =>
        server.Call(WorkflowServiceMethods.RespondQueryTaskCompleted, new RespondQueryTaskCompletedRequest
        {
            Namespace = "default",
            TaskToken = task.TaskToken,
            CompletedType = QueryResultType.Answered,
            QueryResult = ServerHarness.Text(answer),
        });

    private static Task<PollWorkflowTaskQueueResponse> PollAsync(ServerHarness server, string instanceKey) =>
        server.Call(WorkflowServiceMethods.PollWorkflowTaskQueue, new PollWorkflowTaskQueueRequest
        {
            Namespace = "default",
            TaskQueue = new TaskQueue { Name = ServerHarness.Queue },
            Identity = "worker",
            WorkerInstanceKey = instanceKey,
        });

    /// <summary>A disk that can be held back.</summary>
    private sealed class Disk : IDisposable
    {
        private volatile TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _isHeld;

        /// <summary>Ends when a change waits to be written.</summary>
        public Task Reached => _reached.Task;

        public void Hold()
        {
            _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _isHeld = true;
        }

        public void Release()
        {
            _isHeld = false;
            _released.TrySetResult();
        }

        public void Dispose() => Release();

        public async Task PassAsync()
        {
            if (_isHeld)
            {
                var released = _released.Task;
                _reached.TrySetResult();
                await released;
            }
        }
    }
}
