using static Temporalio.Api.Enums.V1.EventType;

namespace TemporalServer.Tests;

public sealed class StartTests
{
    [Fact]
    public async Task Start_New_WritesStartedAndScheduledWithDefaults()
    {
        await using var server = await ServerHarness.StartAsync();
        var run = await server.Start();

        var history = await server.History();
        history.Select(e => e.EventType).ShouldBe([WorkflowExecutionStarted, WorkflowTaskScheduled]);
        history.Select(e => e.EventId).ShouldBe([1, 2]);
        var started = history[0].WorkflowExecutionStartedEventAttributes;
        started.FirstExecutionRunId.ShouldBe(run);
        started.OriginalExecutionRunId.ShouldBe(run);
        started.Attempt.ShouldBe(1);
        started.WorkflowTaskTimeout.ToTimeSpan().ShouldBe(TimeSpan.FromSeconds(10));
        ServerHarness.Read(started.Input).ShouldBe("input");
    }

    [Fact]
    public async Task Start_SameRequestId_ReturnsTheSameRun()
    {
        await using var server = await ServerHarness.StartAsync();
        var first = await server.StartResponse(with: r => r.RequestId = "one");
        var again = await server.StartResponse(with: r => r.RequestId = "one");

        again.RunId.ShouldBe(first.RunId);
        again.Started.ShouldBeTrue();
    }

    [Fact]
    public async Task Start_WhileRunning_FailsWithTheRunInItsDetail()
    {
        await using var server = await ServerHarness.StartAsync();
        var run = await server.Start();

        var error = await Should.ThrowAsync<RpcException>(() => server.Start());
        error.StatusCode.ShouldBe(StatusCode.AlreadyExists);
        var detail = ServerHarness.Detail<Temporalio.Api.ErrorDetails.V1.WorkflowExecutionAlreadyStartedFailure>(error);
        detail!.RunId.ShouldBe(run);
    }

    [Fact]
    public async Task Start_WhileRunning_FollowsTheConflictPolicy()
    {
        await using var server = await ServerHarness.StartAsync();
        var first = await server.Start();

        var existing = await server.StartResponse(with: r => r.WorkflowIdConflictPolicy = WorkflowIdConflictPolicy.UseExisting);
        existing.RunId.ShouldBe(first);
        existing.Started.ShouldBeFalse();

        var second = await server.Start(with: r => r.WorkflowIdConflictPolicy = WorkflowIdConflictPolicy.TerminateExisting);
        second.ShouldNotBe(first);
        (await server.Status(runId: first)).ShouldBe(WorkflowExecutionStatus.Terminated);
        (await server.Status()).ShouldBe(WorkflowExecutionStatus.Running);
    }

    [Theory]
    [InlineData(WorkflowIdReusePolicy.AllowDuplicate, true, true)]
    [InlineData(WorkflowIdReusePolicy.AllowDuplicateFailedOnly, false, true)]
    [InlineData(WorkflowIdReusePolicy.RejectDuplicate, false, false)]
    public async Task Start_AfterClose_FollowsTheReusePolicy(WorkflowIdReusePolicy policy, bool afterCompleted, bool afterFailed)
    {
        await using var server = await ServerHarness.StartAsync();
        foreach (var (id, command, allowed) in new[] { ("ok", Do.Complete(), afterCompleted), ("bad", Do.Fail(), afterFailed) })
        {
            await server.Start(id);
            await server.Complete(await server.Task(), command);
            if (allowed)
            {
                await server.Start(id, r => r.WorkflowIdReusePolicy = policy);
                await server.Complete(await server.Task(), Do.Complete());
            }
            else
            {
                (await Should.ThrowAsync<RpcException>(() => server.Start(id, r => r.WorkflowIdReusePolicy = policy))).StatusCode.ShouldBe(StatusCode.AlreadyExists);
            }
        }
    }

    [Fact]
    public async Task SignalWithStart_New_SignalsBeforeTheFirstTask()
    {
        await using var server = await ServerHarness.StartAsync();
        var request = new SignalWithStartWorkflowExecutionRequest
        {
            Namespace = "default",
            WorkflowId = "wf",
            WorkflowType = new WorkflowType { Name = "Flow" },
            TaskQueue = new TaskQueue { Name = ServerHarness.Queue },
            SignalName = "hello",
            RequestId = "r1",
        };
        var first = await server.Call(WorkflowServiceMethods.SignalWithStartWorkflowExecution, request);
        (await server.EventTypes()).ShouldBe([WorkflowExecutionStarted, WorkflowExecutionSignaled, WorkflowTaskScheduled]);

        // The same request again neither starts nor signals; another signals only.
        (await server.Call(WorkflowServiceMethods.SignalWithStartWorkflowExecution, request)).RunId.ShouldBe(first.RunId);
        (await server.History()).Count.ShouldBe(3);
        request.RequestId = "r2";
        (await server.Call(WorkflowServiceMethods.SignalWithStartWorkflowExecution, request)).RunId.ShouldBe(first.RunId);
        (await server.EventTypes()).ShouldBe([WorkflowExecutionStarted, WorkflowExecutionSignaled, WorkflowTaskScheduled, WorkflowExecutionSignaled]);
    }

    [Fact]
    public async Task Start_Delayed_SchedulesTheTaskLaterOrAtASignalWithStart()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start("late", r => r.WorkflowStartDelay = Do.Seconds(60));
        await server.Start("woken", r => r.WorkflowStartDelay = Do.Seconds(60));
        (await server.EventTypes("late")).ShouldBe([WorkflowExecutionStarted]);

        await server.Signal("wake", "woken");
        (await server.EventTypes("woken")).ShouldBe([WorkflowExecutionStarted, WorkflowExecutionSignaled], "a plain signal waits with the workflow");
        await server.Call(WorkflowServiceMethods.SignalWithStartWorkflowExecution, new SignalWithStartWorkflowExecutionRequest
        {
            Namespace = "default",
            WorkflowId = "woken",
            WorkflowType = new WorkflowType { Name = "Flow" },
            TaskQueue = new TaskQueue { Name = "q" },
            RequestId = "wake-again",
            SignalName = "wake",
        });
        (await server.EventTypes("woken")).ShouldBe([WorkflowExecutionStarted, WorkflowExecutionSignaled, WorkflowExecutionSignaled, WorkflowTaskScheduled]);

        server.Clock.Advance(TimeSpan.FromSeconds(60));
        (await server.EventTypes("late")).ShouldBe([WorkflowExecutionStarted, WorkflowTaskScheduled]);
    }

    [Theory]
    [InlineData("", "Flow", "q", "WorkflowId")]
    [InlineData("wf", "", "q", "WorkflowType")]
    [InlineData("wf", "Flow", "", "TaskQueue")]
    public async Task Start_Incomplete_IsInvalid(string id, string type, string queue, string named)
    {
        await using var server = await ServerHarness.StartAsync();
        var error = await Should.ThrowAsync<RpcException>(() => server.Start(id, r =>
        {
            r.WorkflowType.Name = type;
            r.TaskQueue.Name = queue;
        }));
        error.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        error.Status.Detail.ShouldContain(named);
    }

    [Fact]
    public async Task Start_UnknownNamespace_IsNotFoundWithItsDetail()
    {
        await using var server = await ServerHarness.StartAsync();
        var error = await Should.ThrowAsync<RpcException>(() => server.Start(with: r => r.Namespace = "elsewhere"));
        error.StatusCode.ShouldBe(StatusCode.NotFound);
        var detail = ServerHarness.Detail<Temporalio.Api.ErrorDetails.V1.NamespaceNotFoundFailure>(error);
        detail!.Namespace.ShouldBe("elsewhere");
    }

    [Fact]
    public async Task Signal_SameRequestId_IsRecordedOnce()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Signal("s", requestId: "r");
        await server.Signal("s", requestId: "r");
        (await server.EventTypes()).Count(t => t == WorkflowExecutionSignaled).ShouldBe(1);
    }

    [Fact]
    public async Task Signal_ClosedOrUnknown_IsNotFound()
    {
        await using var server = await ServerHarness.StartAsync();
        (await Should.ThrowAsync<RpcException>(() => server.Signal("s"))).StatusCode.ShouldBe(StatusCode.NotFound);
        await server.Start();
        await server.Complete(await server.Task(), Do.Complete());
        (await Should.ThrowAsync<RpcException>(() => server.Signal("s"))).StatusCode.ShouldBe(StatusCode.NotFound);
    }
}
