using Temporalio.Api.Update.V1;
using static Temporalio.Api.Enums.V1.EventType;

namespace TemporalServer.Tests;

/// <summary>Queries, updates, histories and lists.</summary>
public sealed class ReadTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Namespace_Described_SaysWhetherPollsOfLeavingWorkersAreEnded(bool ends)
    {
        await using var server = await ServerHarness.StartAsync(with: options => options with { CompletesPollsOnShutdown = ends });
        var described = await server.Call(WorkflowServiceMethods.DescribeNamespace, new DescribeNamespaceRequest { Namespace = "default" });
        described.NamespaceInfo.Capabilities.WorkerPollCompleteOnShutdown.ShouldBe(ends);
    }

    [Fact]
    public async Task Query_NothingPending_IsATaskOfItsOwn()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task());
        var answer = Query(server);
        var task = await server.Task();
        task.Query.QueryType.ShouldBe("q");
        task.StartedEventId.ShouldBe(0, "workers know by that that only a query is asked; a later task must not displace it");
        task.Queries.ShouldBeEmpty();
        task.History.Events.Count.ShouldBe(4);
        await server.Call(WorkflowServiceMethods.RespondQueryTaskCompleted, new RespondQueryTaskCompletedRequest
        {
            TaskToken = task.TaskToken,
            CompletedType = QueryResultType.Answered,
            QueryResult = ServerHarness.Text("42"),
        });
        ServerHarness.Read((await answer).QueryResult).ShouldBe("42");
        (await server.History()).Count.ShouldBe(4, "a query leaves no trace");
    }

    [Fact]
    public async Task Query_OfAQueueThatIsBehind_PassesTheTasks()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task());
        const int Tasks = 40;
        for (var i = 0; i < Tasks; i++)
        {
            await server.Start($"behind-{i}");
        }

        var answer = Query(server);
        for (var polls = 1; !answer.IsCompleted; polls++)
        {
            // The query may reach the server after the first polls; at the end of the queue it would come after all tasks.
            polls.ShouldBeLessThanOrEqualTo(Tasks);
            var task = await server.Task();
            if (task.Query is not null)
            {
                await server.Call(WorkflowServiceMethods.RespondQueryTaskCompleted, new RespondQueryTaskCompletedRequest { TaskToken = task.TaskToken, CompletedType = QueryResultType.Answered });
                await answer;
            }
        }
    }

    [Fact]
    public async Task Query_TaskPending_GoesWithIt()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        var answer = Query(server);
        PollWorkflowTaskQueueResponse task;
        do
        {
            // The query may reach the server after the poll: then the task is given back and taken again.
            task = await server.Task();
            if (task.Queries.Count == 0)
            {
                await server.Complete(task, r => r.ForceCreateNewWorkflowTask = true);
            }
        }
        while (task.Queries.Count == 0);
        task.Query.ShouldBeNull("never both kinds in one task");
        var (id, query) = task.Queries.Single();
        query.QueryType.ShouldBe("q");
        await server.Complete(task, r => r.QueryResults[id] = new WorkflowQueryResult { ResultType = QueryResultType.Failed, ErrorMessage = "no such query" });
        var error = await Should.ThrowAsync<RpcException>(() => answer);
        error.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        error.Status.Detail.ShouldBe("no such query");
        ServerHarness.Detail<Temporalio.Api.ErrorDetails.V1.QueryFailedFailure>(error);
    }

    [Fact]
    public async Task Query_OfAClosedWorkflow_ReplaysItAndMayBeRejected()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Complete());
        (await Query(server, QueryRejectCondition.NotOpen)).QueryRejected.Status.ShouldBe(WorkflowExecutionStatus.Completed);
        var answer = Query(server);
        var task = await server.Task();
        task.History.Events[^1].EventType.ShouldBe(WorkflowExecutionCompleted);
        await server.Call(WorkflowServiceMethods.RespondQueryTaskCompleted, new RespondQueryTaskCompletedRequest { TaskToken = task.TaskToken, CompletedType = QueryResultType.Answered });
        await answer;
    }

    [Fact]
    public async Task Update_AcceptedAndCompleted_IsWrittenAndAnswered()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task());
        var update = Update(server, "u1");
        var task = await server.Task();
        var message = task.Messages.Single();
        message.ProtocolInstanceId.ShouldBe("u1");
        message.Body.Unpack<Request>().Input.Name.ShouldBe("add");
        await server.Complete(
            task,
            r =>
            {
                r.Messages.Add(Do.Body("accept", "u1", new Acceptance { AcceptedRequestMessageId = message.Id, AcceptedRequestSequencingEventId = message.EventId }));
                r.Messages.Add(Do.Body("done", "u1", new Response { Meta = new Meta { UpdateId = "u1" }, Outcome = new Outcome { Success = ServerHarness.Text("7") } }));
            },
            Do.Message("accept"),
            Do.Timer("t", 5),
            Do.Message("done"));
        var response = await update;
        response.Stage.ShouldBe(UpdateWorkflowExecutionLifecycleStage.Completed);
        ServerHarness.Read(response.Outcome.Success).ShouldBe("7");
        (await server.EventTypes()).TakeLast(3).ShouldBe([WorkflowExecutionUpdateAccepted, TimerStarted, WorkflowExecutionUpdateCompleted]);

        // The same id again gets the same outcome and does nothing.
        ServerHarness.Read((await Update(server, "u1")).Outcome.Success).ShouldBe("7");
        var polled = await server.Call(WorkflowServiceMethods.PollWorkflowExecutionUpdate, new PollWorkflowExecutionUpdateRequest
        {
            Namespace = "default",
            UpdateRef = response.UpdateRef,
            WaitPolicy = new WaitPolicy { LifecycleStage = UpdateWorkflowExecutionLifecycleStage.Completed },
        });
        ServerHarness.Read(polled.Outcome.Success).ShouldBe("7");
    }

    [Fact]
    public async Task Update_Rejected_FailsWithoutAnEvent()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task());
        var update = Update(server, "u1");
        await server.Complete(await server.Task(), r => r.Messages.Add(Do.Body("no", "u1", new Rejection { Failure = new Failure { Message = "not so" } })));
        (await update).Outcome.Failure.Message.ShouldBe("not so");
        (await server.EventTypes()).ShouldNotContain(WorkflowExecutionUpdateAccepted);
    }

    [Fact]
    public async Task Update_OfAWorkflowThatCloses_IsAborted()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task());
        var update = Update(server, "u1");
        await server.Complete(
            await server.Task(),
            r => r.Messages.Add(Do.Body("accept", "u1", new Acceptance())),
            Do.Message("accept"),
            Do.Complete());
        (await update).Outcome.Failure.ApplicationFailureInfo.Type.ShouldBe("AcceptedUpdateCompletedWorkflow");
    }

    [Fact]
    public async Task History_LongPoll_AnswersEmptyWithATokenThenTheNews()
    {
        await using var server = await ServerHarness.StartAsync(with: Impatient);
        await server.Start();
        var request = new GetWorkflowExecutionHistoryRequest { Namespace = "default", Execution = new WorkflowExecution { WorkflowId = "wf" }, WaitNewEvent = true };
        var first = await server.Call(WorkflowServiceMethods.GetWorkflowExecutionHistory, request);
        first.History.Events.Count.ShouldBe(2);
        request.NextPageToken = first.NextPageToken;
        var empty = await server.Call(WorkflowServiceMethods.GetWorkflowExecutionHistory, request);
        empty.History.ShouldNotBeNull().Events.ShouldBeEmpty();
        empty.NextPageToken.IsEmpty.ShouldBeFalse();

        request.NextPageToken = empty.NextPageToken;
        var news = server.Call(WorkflowServiceMethods.GetWorkflowExecutionHistory, request);
        await server.Signal("s");
        var came = await news;
        came = came.History.Events.Count > 0 ? came : await server.Call(WorkflowServiceMethods.GetWorkflowExecutionHistory, request);
        came.History.Events.Single().EventType.ShouldBe(WorkflowExecutionSignaled);
    }

    [Fact]
    public async Task History_CloseEvent_WaitsForTheRunItBeganWith()
    {
        await using var server = await ServerHarness.StartAsync(with: Impatient);
        var first = await server.Start();
        var request = new GetWorkflowExecutionHistoryRequest
        {
            Namespace = "default",
            Execution = new WorkflowExecution { WorkflowId = "wf" },
            WaitNewEvent = true,
            HistoryEventFilterType = HistoryEventFilterType.CloseEvent,
        };
        var waiting = await server.Call(WorkflowServiceMethods.GetWorkflowExecutionHistory, request);
        waiting.History.Events.ShouldBeEmpty();
        await server.Complete(await server.Task(), Do.ContinueAsNew("x"));
        request.NextPageToken = waiting.NextPageToken;
        var closed = await server.Call(WorkflowServiceMethods.GetWorkflowExecutionHistory, request);
        closed.History.Events.Single().WorkflowExecutionContinuedAsNewEventAttributes.NewExecutionRunId.ShouldNotBeEmpty();
        closed.NextPageToken.IsEmpty.ShouldBeTrue();
        (await server.History(runId: first)).Count.ShouldBe(5);
    }

    [Fact]
    public async Task History_Pages_JoinToTheWhole()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        for (var i = 0; i < 7; i++)
        {
            await server.Signal("s" + i);
        }

        var request = new GetWorkflowExecutionHistoryRequest { Namespace = "default", Execution = new WorkflowExecution { WorkflowId = "wf" }, MaximumPageSize = 4 };
        var ids = new List<long>();
        do
        {
            var page = await server.Call(WorkflowServiceMethods.GetWorkflowExecutionHistory, request);
            ids.AddRange(page.History.Events.Select(e => e.EventId));
            request.NextPageToken = page.NextPageToken;
        }
        while (!request.NextPageToken.IsEmpty);
        ids.ShouldBe([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }

    [Theory]
    [InlineData("", 4)]
    [InlineData("WorkflowType = 'Flow'", 3)]
    [InlineData("WorkflowType = 'Flow' AND ExecutionStatus = 'Completed'", 1)]
    [InlineData("WorkflowType = 'Other' OR ExecutionStatus = 'Completed'", 2)]
    [InlineData("WorkflowId IN ('a', 'b')", 2)]
    [InlineData("WorkflowId STARTS_WITH 'a'", 1)]
    [InlineData("NOT (ExecutionStatus = \"Running\")", 1)]
    [InlineData("CloseTime IS NULL", 3)]
    [InlineData("StartTime BETWEEN '2025-12-31T00:00:00Z' AND '2026-01-02T00:00:00Z'", 4)]
    [InlineData("StartTime > '2027-01-01T00:00:00Z'", 0)]
    [InlineData("Color = 'red'", 1)]
    [InlineData("Color IS NULL", 3)]
    [InlineData("TaskQueue = 'it''s'", 0)]
    public async Task List_ByQuery_FindsThem(string query, int count)
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start("a");
        await server.Complete(await server.Task(), Do.Complete());
        await server.Start("b", r => r.SearchAttributes = new SearchAttributes { IndexedFields = { ["Color"] = ServerHarness.Text("red").Payloads_[0] } });
        await server.Start("c");
        await server.Start("d", r => r.WorkflowType.Name = "Other");
        if (query.Contains("''", StringComparison.Ordinal))
        {
            // Two quoted texts in a row are not one: refused, not guessed.
            (await Should.ThrowAsync<RpcException>(() => Count(server, query))).StatusCode.ShouldBe(StatusCode.InvalidArgument);
            return;
        }

        (await Count(server, query)).Count.ShouldBe(count);
        var listed = await server.Call(WorkflowServiceMethods.ListWorkflowExecutions, new ListWorkflowExecutionsRequest { Namespace = "default", Query = query });
        listed.Executions.Count.ShouldBe(count);
    }

    [Fact]
    public async Task List_Pages_NewestFirst()
    {
        await using var server = await ServerHarness.StartAsync();
        for (var i = 0; i < 5; i++)
        {
            await server.Start("w" + i);
        }

        var request = new ListWorkflowExecutionsRequest { Namespace = "default", PageSize = 2 };
        var ids = new List<string>();
        do
        {
            var page = await server.Call(WorkflowServiceMethods.ListWorkflowExecutions, request);
            ids.AddRange(page.Executions.Select(e => e.Execution.WorkflowId));
            request.NextPageToken = page.NextPageToken;
        }
        while (!request.NextPageToken.IsEmpty);
        ids.ShouldBe(["w4", "w3", "w2", "w1", "w0"]);
        (await Count(server, "GROUP BY ExecutionStatus")).Groups.Single().Count.ShouldBe(5);
    }

    [Theory]
    [InlineData("WorkflowType =")]
    [InlineData("WorkflowType 'x'")]
    [InlineData("ExecutionStatus = 'Happy'")]
    [InlineData("StartTime > 'yesterday'")]
    [InlineData("WorkflowId = 'a' ; DROP TABLE runs")]
    [InlineData("(WorkflowId = 'a'")]
    [InlineData("WorkflowId = 'a")]
    public async Task List_BadQuery_IsInvalid(string query)
    {
        await using var server = await ServerHarness.StartAsync();
        (await Should.ThrowAsync<RpcException>(() => Count(server, query))).StatusCode.ShouldBe(StatusCode.InvalidArgument);
    }

    private static TemporalServerOptions Impatient(TemporalServerOptions options) => options with { LongPollTimeout = TimeSpan.FromMilliseconds(400) };

    private static Task<CountWorkflowExecutionsResponse> Count(ServerHarness server, string query) =>
        server.Call(WorkflowServiceMethods.CountWorkflowExecutions, new CountWorkflowExecutionsRequest { Namespace = "default", Query = query });

    private static Task<QueryWorkflowResponse> Query(ServerHarness server, QueryRejectCondition reject = QueryRejectCondition.None) =>
        server.Call(WorkflowServiceMethods.QueryWorkflow, new QueryWorkflowRequest
        {
            Namespace = "default",
            Execution = new WorkflowExecution { WorkflowId = "wf" },
            Query = new WorkflowQuery { QueryType = "q" },
            QueryRejectCondition = reject,
        });

    private static Task<UpdateWorkflowExecutionResponse> Update(ServerHarness server, string id) =>
        server.Call(WorkflowServiceMethods.UpdateWorkflowExecution, new UpdateWorkflowExecutionRequest
        {
            Namespace = "default",
            WorkflowExecution = new WorkflowExecution { WorkflowId = "wf" },
            WaitPolicy = new WaitPolicy { LifecycleStage = UpdateWorkflowExecutionLifecycleStage.Completed },
            Request = new Request { Meta = new Meta { UpdateId = id }, Input = new Input { Name = "add" } },
        });
}
