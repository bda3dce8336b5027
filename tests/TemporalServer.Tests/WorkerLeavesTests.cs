namespace TemporalServer.Tests;

/// <summary>A worker that says it leaves gets nothing any more, and what was meant for it is for others at once.</summary>
public sealed class WorkerLeavesTests
{
    [Fact]
    public async Task Polls_OfAWorkerThatLeft_EndEmptyAndTakeNothing()
    {
        await using var server = await ServerHarness.StartAsync();
        var open = PollAsync(server, "leaving");
        await server.Call(WorkflowServiceMethods.ShutdownWorker, new ShutdownWorkerRequest { Namespace = "default", WorkerInstanceKey = "leaving" });
        await server.Start();
        (await open).TaskToken.IsEmpty.ShouldBeTrue("the open poll");
        (await PollAsync(server, "leaving")).TaskToken.IsEmpty.ShouldBeTrue("a poll that was overtaken by the good-bye");
        (await PollAsync(server, "staying")).TaskToken.IsEmpty.ShouldBeFalse("the task waits for another worker");
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

    private static async Task KeepAsync(ServerHarness server)
    {
        await server.Start();
        await server.Poll("sticky", stickyOf: ServerHarness.Queue);
        await server.Complete(await server.Task(), request => request.StickyAttributes = new StickyExecutionAttributes
        {
            WorkerTaskQueue = new TaskQueue { Name = "sticky", Kind = TaskQueueKind.Sticky, NormalName = ServerHarness.Queue },
        });
    }

    private static Task<QueryWorkflowResponse> QueryAsync(ServerHarness server) => server.Call(WorkflowServiceMethods.QueryWorkflow, new QueryWorkflowRequest
    {
        Namespace = "default",
        Execution = new WorkflowExecution { WorkflowId = "wf" },
        Query = new WorkflowQuery { QueryType = "q" },
    });

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
}
