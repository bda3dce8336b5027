using static Temporalio.Api.Enums.V1.EventType;

namespace TemporalServer.Tests;

public sealed class ExecutionTests
{
    [Fact]
    public async Task Timers_Fire_InTheOrderOfTime()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Timer("slow", 20), Do.Timer("fast", 10), Do.Timer("never", 30));
        server.Clock.Advance(TimeSpan.FromSeconds(25));
        var fired = (await server.History()).Where(e => e.EventType == TimerFired).ToList();
        fired.Select(e => e.TimerFiredEventAttributes.TimerId).ShouldBe(["fast", "slow"]);
        fired[1].EventTime.ToDateTimeOffset().ShouldBe(new DateTimeOffset(2026, 1, 1, 0, 0, 20, TimeSpan.Zero));
        await server.Complete(await server.Task(), Do.CancelTimer("never"));
        (await server.EventTypes())[^1].ShouldBe(TimerCanceled);
    }

    [Fact]
    public async Task CancelTimer_AlreadyFiredIntoTheBuffer_TakesTheFiringBack()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Timer("t", 5));
        await server.Signal("s");
        var task = await server.Task();
        server.Clock.Advance(TimeSpan.FromSeconds(5));
        await server.Complete(task, Do.CancelTimer("t"));
        var types = await server.EventTypes();
        types.ShouldContain(TimerCanceled);
        types.ShouldNotContain(TimerFired);
    }

    [Fact]
    public async Task Child_Started_IsTalkedAboutBeforeItRuns()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Child("c"));
        (await server.EventTypes()).TakeLast(3).ShouldBe([StartChildWorkflowExecutionInitiated, ChildWorkflowExecutionStarted, WorkflowTaskScheduled]);
        var child = await server.History("c");
        child[0].WorkflowExecutionStartedEventAttributes.ParentWorkflowExecution.WorkflowId.ShouldBe("wf");
        child[0].WorkflowExecutionStartedEventAttributes.RootWorkflowExecution.WorkflowId.ShouldBe("wf");

        await server.Complete(await server.Task("children"), Do.Complete("from child"));
        var done = (await server.History()).Single(e => e.EventType == ChildWorkflowExecutionCompleted).ChildWorkflowExecutionCompletedEventAttributes;
        ServerHarness.Read(done.Result).ShouldBe("from child");
        done.StartedEventId.ShouldBe(6);
    }

    [Fact]
    public async Task Child_ContinuedAsNew_ReportsOnlyItsLastRun()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Child("c"));
        await server.Complete(await server.Task("children"), Do.ContinueAsNew("again"));
        (await server.EventTypes()).ShouldNotContain(ChildWorkflowExecutionCompleted);
        await server.Complete(await server.Task("children"), Do.Fail());
        (await server.EventTypes()).ShouldContain(ChildWorkflowExecutionFailed);
    }

    [Fact]
    public async Task Child_IdTaken_FailsToStart()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start("c", r => r.TaskQueue.Name = "elsewhere");
        await server.Start();
        await server.Complete(await server.Task(), Do.Child("c"));
        var failed = (await server.History()).Single(e => e.EventType == StartChildWorkflowExecutionFailed).StartChildWorkflowExecutionFailedEventAttributes;
        failed.Cause.ShouldBe(StartChildWorkflowExecutionFailedCause.WorkflowAlreadyExists);
    }

    [Theory]
    [InlineData(ParentClosePolicy.Unspecified, WorkflowExecutionStatus.Terminated)]
    [InlineData(ParentClosePolicy.Abandon, WorkflowExecutionStatus.Running)]
    [InlineData(ParentClosePolicy.RequestCancel, WorkflowExecutionStatus.Running)]
    public async Task ParentClose_AppliesThePolicy(ParentClosePolicy policy, WorkflowExecutionStatus expected)
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Child("c", a => a.ParentClosePolicy = policy));
        await server.Complete(await server.Task(), Do.Complete());
        (await server.Status("c")).ShouldBe(expected);
        (await server.EventTypes("c")).Contains(WorkflowExecutionCancelRequested).ShouldBe(policy == ParentClosePolicy.RequestCancel);
    }

    [Fact]
    public async Task External_SignalAndCancel_ReachTheOtherAndReport()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start("other", r => r.TaskQueue.Name = "elsewhere");
        await server.Start();
        await server.Complete(await server.Task(), Do.SignalOther("other", "hi"), Do.CancelOther("other"), Do.SignalOther("nobody", "hi"), Do.CancelOther("nobody"));
        var other = await server.History("other");
        other.Single(e => e.EventType == WorkflowExecutionSignaled).WorkflowExecutionSignaledEventAttributes.ExternalWorkflowExecution.WorkflowId.ShouldBe("wf");
        other.ShouldContain(e => e.EventType == WorkflowExecutionCancelRequested);
        var types = await server.EventTypes();
        types.ShouldContain(ExternalWorkflowExecutionSignaled);
        types.ShouldContain(ExternalWorkflowExecutionCancelRequested);
        types.ShouldContain(SignalExternalWorkflowExecutionFailed);
        types.ShouldContain(RequestCancelExternalWorkflowExecutionFailed);
    }

    [Fact]
    public async Task ContinueAsNew_KeepsTheChain()
    {
        await using var server = await ServerHarness.StartAsync();
        var first = await server.Start(with: r => r.Memo = new Memo { Fields = { ["k"] = ServerHarness.Text("v").Payloads_[0] } });
        await server.Complete(await server.Task(), Do.ContinueAsNew("next"));
        var closed = (await server.History(runId: first))[^1].WorkflowExecutionContinuedAsNewEventAttributes;
        var started = (await server.History())[0].WorkflowExecutionStartedEventAttributes;
        started.OriginalExecutionRunId.ShouldBe(closed.NewExecutionRunId);
        started.ContinuedExecutionRunId.ShouldBe(first);
        started.FirstExecutionRunId.ShouldBe(first);
        ServerHarness.Read(started.Input).ShouldBe("next");
        started.Memo.Fields.ShouldContainKey("k");

        var wrongChain = new TerminateWorkflowExecutionRequest
        {
            Namespace = "default",
            WorkflowExecution = new WorkflowExecution { WorkflowId = "wf" },
            FirstExecutionRunId = Guid.NewGuid().ToString(),
        };
        (await Should.ThrowAsync<RpcException>(() => server.Call(WorkflowServiceMethods.TerminateWorkflowExecution, wrongChain))).StatusCode.ShouldBe(StatusCode.NotFound);
        wrongChain.FirstExecutionRunId = first;
        await server.Call(WorkflowServiceMethods.TerminateWorkflowExecution, wrongChain);
        (await server.Status()).ShouldBe(WorkflowExecutionStatus.Terminated);
    }

    [Fact]
    public async Task RetryPolicy_OfTheWorkflow_StartsTheNextAttemptAfterABackoff()
    {
        await using var server = await ServerHarness.StartAsync();
        var first = await server.Start(with: r => r.RetryPolicy = new RetryPolicy { InitialInterval = Do.Seconds(5), MaximumAttempts = 2 });
        await server.Complete(await server.Task(), Do.Fail());
        var failed = (await server.History(runId: first))[^1].WorkflowExecutionFailedEventAttributes;
        failed.RetryState.ShouldBe(RetryState.InProgress);
        failed.NewExecutionRunId.ShouldNotBeEmpty();
        (await server.EventTypes()).ShouldBe([WorkflowExecutionStarted]);
        server.Clock.Advance(TimeSpan.FromSeconds(5));
        var task = await server.Task();
        var started = task.History.Events[0].WorkflowExecutionStartedEventAttributes;
        started.Attempt.ShouldBe(2);
        started.Initiator.ShouldBe(ContinueAsNewInitiator.Retry);
        ServerHarness.Read(started.Input).ShouldBe("input");
        await server.Complete(task, Do.Fail());
        (await server.History())[^1].WorkflowExecutionFailedEventAttributes.RetryState.ShouldBe(RetryState.MaximumAttemptsReached);
    }

    [Fact]
    public async Task Cron_Completed_RunsAgainAtTheNextTimeWithItsResult()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start(with: r => r.CronSchedule = "*/10 * * * *");
        (await server.EventTypes()).ShouldBe([WorkflowExecutionStarted]);
        server.Clock.Advance(TimeSpan.FromMinutes(10));
        await server.Complete(await server.Task(), Do.Complete("one"));
        server.Clock.Advance(TimeSpan.FromMinutes(10));
        var task = await server.Task();
        var started = task.History.Events[0].WorkflowExecutionStartedEventAttributes;
        started.Initiator.ShouldBe(ContinueAsNewInitiator.CronSchedule);
        ServerHarness.Read(started.LastCompletionResult).ShouldBe("one");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Timeouts_OfTheWorkflow_CloseIt(bool run)
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start(with: r =>
        {
            r.WorkflowRunTimeout = run ? Do.Seconds(30) : null;
            r.WorkflowExecutionTimeout = run ? null : Do.Seconds(30);
        });
        server.Clock.Advance(TimeSpan.FromSeconds(30));
        (await server.Status()).ShouldBe(WorkflowExecutionStatus.TimedOut);
        (await server.Poll()).TaskToken.IsEmpty.ShouldBeTrue();
    }

    [Theory]
    [InlineData("binary/null", "")]
    [InlineData("json/plain", "null")]
    [InlineData("json/plain", "[]")]
    public async Task Upserts_ChangeWhatDescribeShowsAndNothingRemoves(string encoding, string data)
    {
        await using var server = await ServerHarness.StartAsync();
        var nothing = new Payload { Data = Google.Protobuf.ByteString.CopyFromUtf8(data), Metadata = { ["encoding"] = Google.Protobuf.ByteString.CopyFromUtf8(encoding) } };
        var (one, two) = (ServerHarness.Text("1").Payloads_[0], ServerHarness.Text("2").Payloads_[0]);
        await server.Start(with: r => r.SearchAttributes = new SearchAttributes { IndexedFields = { ["a"] = one, ["never"] = nothing } });
        Command Memo(string key, Payload value) => new()
        {
            CommandType = CommandType.ModifyWorkflowProperties,
            ModifyWorkflowPropertiesCommandAttributes = new ModifyWorkflowPropertiesCommandAttributes { UpsertedMemo = new Memo { Fields = { [key] = value } } },
        };
        Command Attribute(string key, Payload value) => new()
        {
            CommandType = CommandType.UpsertWorkflowSearchAttributes,
            UpsertWorkflowSearchAttributesCommandAttributes = new UpsertWorkflowSearchAttributesCommandAttributes
            {
                SearchAttributes = new SearchAttributes { IndexedFields = { [key] = value } },
            },
        };
        await server.Complete(await server.Task(), Memo("a", one), Memo("b", two), Memo("a", nothing), Attribute("b", two), Attribute("a", nothing));
        var info = (await server.Describe()).WorkflowExecutionInfo;
        info.Memo.Fields.Keys.ShouldBe(["b"]);
        info.SearchAttributes.IndexedFields.Keys.ShouldBe(["b"]);
    }

    [Fact]
    public async Task Server_AskedForAnUnknownMethod_SaysUnimplemented()
    {
        await using var server = await ServerHarness.StartAsync();
        var unknown = new RpcMethod<GetSystemInfoRequest, GetSystemInfoResponse>(WorkflowServiceMethods.Service, "NoSuchMethod");
        (await Should.ThrowAsync<RpcException>(() => server.Call(unknown, new GetSystemInfoRequest()))).StatusCode.ShouldBe(StatusCode.Unimplemented);
    }

    [Fact]
    public async Task Server_DescribesItself()
    {
        await using var server = await ServerHarness.StartAsync();
        var info = await server.Call(WorkflowServiceMethods.GetSystemInfo, new GetSystemInfoRequest());
        info.Capabilities.SdkMetadata.ShouldBeTrue();
        info.Capabilities.SignalAndQueryHeader.ShouldBeTrue();
        var ns = await server.Call(WorkflowServiceMethods.DescribeNamespace, new DescribeNamespaceRequest { Namespace = "default" });
        ns.NamespaceInfo.Limits.BlobSizeLimitError.ShouldBeGreaterThan(0);
    }
}
