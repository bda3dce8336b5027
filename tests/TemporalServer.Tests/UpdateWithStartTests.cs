using Temporalio.Api.ErrorDetails.V1;
using Temporalio.Api.Update.V1;
using Operation = Temporalio.Api.WorkflowService.V1.ExecuteMultiOperationRequest.Types.Operation;

namespace TemporalServer.Tests;

/// <summary>A start and an update as one call.</summary>
public sealed class UpdateWithStartTests
{
    public static TheoryData<string, int, string> BadRequests => new()
    {
        { "another workflow", 1, "WorkflowId is not consistent" },
        { "a run", 1, "RunId is not allowed." },
        { "a first run", 1, "FirstExecutionRunId is not allowed." },
        { "no update name", 1, "Update name is not set" },
        { "another namespace", 1, "Operation namespace did not match" },
        { "cron", 0, "CronSchedule is not allowed." },
        { "a delay", 0, "WorkflowStartDelay is not supported." },
        { "no type", 0, "WorkflowType is not set" },
    };

    [Fact]
    public async Task NothingRuns_StartsAndUpdatesInOneTask()
    {
        await using var server = await ServerHarness.StartAsync();
        var call = Call(server, Request());
        var task = await server.Task();
        task.History.Events[0].EventType.ShouldBe(EventType.WorkflowExecutionStarted);
        await AnswerAsync(server, task, "7");
        var (start, update) = Responses(await call);
        start.Started.ShouldBeTrue();
        start.RunId.ShouldBe(task.WorkflowExecution.RunId);
        update.UpdateRef.WorkflowExecution.RunId.ShouldBe(start.RunId);
        ServerHarness.Read(update.Outcome.Success).ShouldBe("7");
    }

    [Fact]
    public async Task Running_AndMayBeUsed_IsUpdated()
    {
        await using var server = await ServerHarness.StartAsync();
        var running = await server.Start();
        await server.Complete(await server.Task());
        var call = Call(server, Request(start => start.WorkflowIdConflictPolicy = WorkflowIdConflictPolicy.UseExisting));
        await AnswerAsync(server, await server.Task(), "8");
        var (start, update) = Responses(await call);
        (start.Started, start.RunId, start.Status).ShouldBe((false, running, WorkflowExecutionStatus.Running));
        ServerHarness.Read(update.Outcome.Success).ShouldBe("8");
    }

    [Fact]
    public async Task Running_AndMayNotBeUsed_FailsTheStart_AndUpdatesNothing()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        var error = await Should.ThrowAsync<RpcException>(() => Call(server, Request()));
        error.StatusCode.ShouldBe(StatusCode.AlreadyExists);
        var statuses = Statuses(error);
        statuses.Select(s => (StatusCode)s.Code).ShouldBe([StatusCode.AlreadyExists, StatusCode.Aborted]);
        statuses[0].Details.Single().Is(WorkflowExecutionAlreadyStartedFailure.Descriptor).ShouldBeTrue();
        statuses[1].Details.Single().Is(MultiOperationExecutionAborted.Descriptor).ShouldBeTrue();
        (await server.Task()).Messages.ShouldBeEmpty();
    }

    [Fact]
    public async Task SameRequestAgain_OrAfterTheEnd_GivesTheSameAnswer()
    {
        await using var server = await ServerHarness.StartAsync();
        var request = Request();
        var first = Call(server, request.Clone());
        var second = Call(server, request.Clone());
        await AnswerAsync(server, await server.Task(), "7");
        var runs = new[] { Responses(await first).Start, Responses(await second).Start }.Select(s => s.RunId).Distinct().ToList();
        runs.Count.ShouldBe(1);
        ServerHarness.Read(Responses(await second).Update.Outcome.Success).ShouldBe("7");

        await server.Signal("s");
        await server.Complete(await server.Task(), Do.Complete());
        var (start, update) = Responses(await Call(server, Request()));
        (start.RunId, start.Started, start.Status).ShouldBe((runs[0], false, WorkflowExecutionStatus.Completed));
        ServerHarness.Read(update.Outcome.Success).ShouldBe("7");
    }

    [Fact]
    public async Task Running_ButClosesBeforeItAccepts_IsStartedAnew()
    {
        await using var server = await ServerHarness.StartAsync();
        var closing = await server.Start();
        var task = await server.Task();
        var call = Call(server, Request(start => start.WorkflowIdConflictPolicy = WorkflowIdConflictPolicy.UseExisting));
        await AdmittedAsync(server);
        try
        {
            await server.Complete(task, Do.Complete());
        }
        catch (RpcException)
        {
            // What waits for the task makes the worker look again, as a signal would.
            await server.Complete(await server.Task(), Do.Complete());
        }

        await AnswerAsync(server, await server.Task(), "9");
        var (start, update) = Responses(await call);
        start.Started.ShouldBeTrue();
        start.RunId.ShouldNotBe(closing);
        ServerHarness.Read(update.Outcome.Success).ShouldBe("9");
    }

    [Theory]
    [MemberData(nameof(BadRequests))]
    public async Task BadRequest_IsRefused_AndNothingStarts(string kind, int operation, string says)
    {
        await using var server = await ServerHarness.StartAsync();
        var request = Request();
        var (start, update) = (request.Operations[0].StartWorkflow, request.Operations[1].UpdateWorkflow);
        switch (kind)
        {
            case "another workflow":
                update.WorkflowExecution.WorkflowId = "other";
                break;
            case "a run":
                update.WorkflowExecution.RunId = "run";
                break;
            case "a first run":
                update.FirstExecutionRunId = "run";
                break;
            case "no update name":
                update.Request.Input.Name = string.Empty;
                break;
            case "another namespace":
                update.Namespace = "other";
                break;
            case "cron":
                start.CronSchedule = "* * * * *";
                break;
            case "a delay":
                start.WorkflowStartDelay = Do.Seconds(5);
                break;
            default:
                start.WorkflowType = null;
                break;
        }

        var error = await Should.ThrowAsync<RpcException>(() => Call(server, request));
        error.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        var statuses = Statuses(error);
        statuses[operation].Message.ShouldContain(says);
        statuses[1 - operation].Code.ShouldBe((int)StatusCode.Aborted);
        (await Should.ThrowAsync<RpcException>(() => server.Describe())).StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Fact]
    public async Task OtherOperations_AreRefused()
    {
        await using var server = await ServerHarness.StartAsync();
        var request = Request();
        (request.Operations[0], request.Operations[1]) = (request.Operations[1], request.Operations[0]);
        var error = await Should.ThrowAsync<RpcException>(() => Call(server, request));
        (error.StatusCode, error.Status.Detail).ShouldBe((StatusCode.InvalidArgument, "Operations have to be exactly [Start, Update]."));
    }

    private static ExecuteMultiOperationRequest Request(Action<StartWorkflowExecutionRequest>? with = null)
    {
        var start = new StartWorkflowExecutionRequest
        {
            Namespace = "default",
            WorkflowId = "wf",
            WorkflowType = new WorkflowType { Name = "Flow" },
            TaskQueue = new TaskQueue { Name = ServerHarness.Queue },
            RequestId = Guid.NewGuid().ToString(),
            WorkflowIdConflictPolicy = WorkflowIdConflictPolicy.Fail,
        };
        with?.Invoke(start);
        var update = new UpdateWorkflowExecutionRequest
        {
            Namespace = "default",
            WorkflowExecution = new WorkflowExecution { WorkflowId = "wf" },
            WaitPolicy = new WaitPolicy { LifecycleStage = UpdateWorkflowExecutionLifecycleStage.Completed },
            Request = new Request { Meta = new Meta { UpdateId = "u" }, Input = new Input { Name = "add" } },
        };
        return new() { Namespace = "default", Operations = { new Operation { StartWorkflow = start }, new Operation { UpdateWorkflow = update } } };
    }

    private static Task<ExecuteMultiOperationResponse> Call(ServerHarness server, ExecuteMultiOperationRequest request) =>
        server.Call(WorkflowServiceMethods.ExecuteMultiOperation, request);

    private static (StartWorkflowExecutionResponse Start, UpdateWorkflowExecutionResponse Update) Responses(ExecuteMultiOperationResponse response)
    {
        response.Responses.Count.ShouldBe(2);
        return (response.Responses[0].StartWorkflow.ShouldNotBeNull(), response.Responses[1].UpdateWorkflow.ShouldNotBeNull());
    }

    private static IReadOnlyList<MultiOperationExecutionFailure.Types.OperationStatus> Statuses(RpcException error)
    {
        var failure = ServerHarness.Detail<MultiOperationExecutionFailure>(error);
        failure!.Statuses.Count.ShouldBe(2);
        return failure.Statuses;
    }

    private static Task AnswerAsync(ServerHarness server, PollWorkflowTaskQueueResponse task, string answer)
    {
        var message = task.Messages.ShouldHaveSingleItem();
        return server.Complete(
            task,
            r =>
            {
                r.Messages.Add(Do.Body("accept", "u", new Acceptance { AcceptedRequestMessageId = message.Id, AcceptedRequestSequencingEventId = message.EventId }));
                r.Messages.Add(Do.Body("done", "u", new Response { Meta = new Meta { UpdateId = "u" }, Outcome = new Outcome { Success = ServerHarness.Text(answer) } }));
            },
            Do.Message("accept"),
            Do.Message("done"));
    }

    /// <summary>Waits until the server knows the update.</summary>
    private static async Task AdmittedAsync(ServerHarness server)
    {
        while (true)
        {
            try
            {
                await server.Call(WorkflowServiceMethods.PollWorkflowExecutionUpdate, new PollWorkflowExecutionUpdateRequest
                {
                    Namespace = "default",
                    UpdateRef = new UpdateRef { WorkflowExecution = new WorkflowExecution { WorkflowId = "wf" }, UpdateId = "u" },
                    WaitPolicy = new WaitPolicy { LifecycleStage = UpdateWorkflowExecutionLifecycleStage.Admitted },
                });
                return;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
            {
                await Task.Yield();
            }
        }
    }
}
