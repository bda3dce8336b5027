using Google.Protobuf;
using Temporalio.Api.ErrorDetails.V1;
using Temporalio.Api.Update.V1;
using TemporalServer.Machine;
using static Temporalio.Api.Enums.V1.EventType;
using M = TemporalServer.Endpoints.WorkflowServiceMethods;

namespace TemporalServer.Tests;

/// <summary>The limits of the real server, reached.</summary>
public sealed class LimitTests
{
    private static readonly Payloads Huge = new() { Payloads_ = { new Payload { Data = ByteString.CopyFrom(new byte[(2 * 1024 * 1024) + 1]) } } };

    public static TheoryData<string> LargeCommands => ["activity", "child", "complete", "fail", "continue", "marker", "memo", "signal"];

    [Theory]
    [MemberData(nameof(LargeCommands))]
    public async Task Command_LargerThanAnEvent_EndsTheWorkflow(string kind)
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        var payload = Huge.Payloads_[0];
        var command = kind switch
        {
            "activity" => Do.Activity(with: a => a.Input = Huge),
            "child" => Do.Child("c", a => a.Input = Huge),
            "complete" => Changed(Do.Complete(), c => c.CompleteWorkflowExecutionCommandAttributes.Result = Huge),
            "fail" => Changed(Do.Fail(), c => c.FailWorkflowExecutionCommandAttributes.Failure.ApplicationFailureInfo.Details = Huge),
            "continue" => Changed(Do.ContinueAsNew("x"), c => c.ContinueAsNewWorkflowExecutionCommandAttributes.Input = Huge),
            "marker" => Changed(Do.Marker("m"), c => c.RecordMarkerCommandAttributes.Details["large"] = Huge),
            "memo" => new Command { CommandType = CommandType.ModifyWorkflowProperties, ModifyWorkflowPropertiesCommandAttributes = new ModifyWorkflowPropertiesCommandAttributes { UpsertedMemo = new Memo { Fields = { ["m"] = payload } } } },
            _ => Changed(Do.SignalOther("other", "s"), c => c.SignalExternalWorkflowExecutionCommandAttributes.Input = Huge),
        };
        var task = await server.Task();
        var error = await Should.ThrowAsync<RpcException>(() => server.Complete(task, command));
        error.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        error.Status.Detail.ShouldContain("exceeds size limit");
        var history = await server.History();
        history[^2].EventType.ShouldBe(WorkflowTaskFailed);
        history[^2].WorkflowTaskFailedEventAttributes.Cause.ToString().ShouldStartWith("Bad");
        history[^1].WorkflowExecutionTerminatedEventAttributes.Reason.ShouldContain("exceeds size limit");
    }

    [Theory]
    [InlineData("complete", "Complete result exceeds size limit.")]
    [InlineData("fail", "Failure exceeds size limit.")]
    [InlineData("heartbeat", "Heartbeat details exceed size limit.")]
    public async Task Activity_WithAnAnswerTooLarge_FailsForGood(string kind, string says)
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), Do.Activity());
        var task = await server.PollActivity();
        switch (kind)
        {
            case "complete":
                await server.Call(M.RespondActivityTaskCompleted, new RespondActivityTaskCompletedRequest { TaskToken = task.TaskToken, Result = Huge });
                break;
            case "fail":
                var failure = new Failure { ApplicationFailureInfo = new ApplicationFailureInfo { Details = Huge } };
                await server.Call(M.RespondActivityTaskFailed, new RespondActivityTaskFailedRequest { TaskToken = task.TaskToken, Failure = failure });
                break;
            default:
                (await server.Call(M.RecordActivityTaskHeartbeat, new RecordActivityTaskHeartbeatRequest { TaskToken = task.TaskToken, Details = Huge })).CancelRequested.ShouldBeTrue();
                break;
        }

        var failed = (await server.History()).Single(e => e.EventType == ActivityTaskFailed).ActivityTaskFailedEventAttributes;
        failed.Failure.Message.ShouldBe(says);
        failed.RetryState.ShouldBe(RetryState.NonRetryableFailure);
    }

    [Theory]
    [InlineData("activity", WorkflowTaskFailedCause.PendingActivitiesLimitExceeded)]
    [InlineData("child", WorkflowTaskFailedCause.PendingChildWorkflowsLimitExceeded)]
    [InlineData("signal", WorkflowTaskFailedCause.PendingSignalsLimitExceeded)]
    [InlineData("cancel", WorkflowTaskFailedCause.PendingRequestCancelLimitExceeded)]
    public async Task Pending_MoreThanTwoThousand_FailsTheTask(string kind, WorkflowTaskFailedCause cause)
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        var commands = Enumerable.Range(0, 2001).Select(i => kind switch
        {
            "activity" => Do.Activity("a" + i),
            "child" => Do.Child("c" + i),
            "signal" => Do.SignalOther("nobody", "s"),
            _ => Do.CancelOther("nobody"),
        }).ToArray();
        var task = await server.Task();
        (await Should.ThrowAsync<RpcException>(() => server.Complete(task, commands))).Message.ShouldContain("per-workflow limit of 2000");
        (await server.History())[^1].WorkflowTaskFailedEventAttributes.Cause.ShouldBe(cause);

        // One fewer is fine.
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        await server.Complete(await server.Task(), commands[..2000]);
    }

    [Fact]
    public async Task History_OfTooManyEvents_EndsTheWorkflow()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task(), r => r.ForceCreateNewWorkflowTask = true, [.. Enumerable.Repeat(Do.Marker("m"), 5000)]);
        var suggested = await server.Task();
        (await server.History(runId: suggested.WorkflowExecution.RunId)).Count.ShouldBe(1000);
        (await Last(server)).WorkflowTaskStartedEventAttributes.SuggestContinueAsNew.ShouldBeTrue();
        await server.Complete(suggested, [.. Enumerable.Repeat(Do.Marker("m"), 46_300)]);
        (await server.Status()).ShouldBe(WorkflowExecutionStatus.Terminated);
        (await Last(server)).WorkflowExecutionTerminatedEventAttributes.Reason.ShouldBe("Workflow history count exceeds limit.");
    }

    [Fact]
    public void History_OfTooManyBytes_EndsTheWorkflow()
    {
        var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var started = new WorkflowExecutionStartedEventAttributes { WorkflowId = "w", WorkflowType = new WorkflowType { Name = "T" }, TaskQueue = new TaskQueue { Name = "q" } };
        var machine = WorkflowMachine.Begin("default", "run", started, "r", null, now, () => "next");
        machine.ScheduleFirstTask(now);
        var large = ServerHarness.Text(new string('x', 2_000_000));
        for (var i = 0; i < 26; i++)
        {
            machine.EnforceHistoryLimit(now).ShouldBeFalse();
            machine.Signal(new WorkflowExecutionSignaledEventAttributes { SignalName = "s", Input = large }, string.Empty, now);
        }

        machine.Signal(new WorkflowExecutionSignaledEventAttributes { SignalName = "s", Input = large }, string.Empty, now);
        machine.EnforceHistoryLimit(now).ShouldBeTrue();
        machine.TakeEvents()[^1].WorkflowExecutionTerminatedEventAttributes.Reason.ShouldBe("Workflow history size exceeds limit.");
    }

    [Fact]
    public async Task Signals_MoreThanTenThousand_AreRefused()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        for (var i = 0; i < 100; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => server.Signal("s")));
        }

        var error = await Should.ThrowAsync<RpcException>(() => server.Signal("s"));
        error.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        error.Status.Detail.ShouldBe("exceeded workflow execution limit for signal events");
        (await server.Status()).ShouldBe(WorkflowExecutionStatus.Running);
    }

    [Fact]
    public async Task Updates_MoreThanTenInFlight_AreRefused()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        for (var i = 0; i < 10; i++)
        {
            await Update(server, "u" + i);
        }

        var error = await Should.ThrowAsync<RpcException>(() => Update(server, "one-more"));
        error.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        var detail = ServerHarness.Detail<ResourceExhaustedFailure>(error);
        detail!.Cause.ShouldBe(ResourceExhaustedCause.ConcurrentLimit);

        // One that is known is still found.
        await Update(server, "u3");
    }

    [Fact]
    public async Task Updates_OfMoreThanTwentyMegabytesInFlight_AreRefused()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        var large = new Payloads { Payloads_ = { new Payload { Data = ByteString.CopyFrom(new byte[(2 * 1024 * 1024) - 16]) } } };
        for (var i = 0; i < 9; i++)
        {
            await Update(server, "u" + i, large);
        }

        var error = await Should.ThrowAsync<RpcException>(() => Update(server, "one-more", large));
        error.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        error.Status.Detail.ShouldContain("total payload size of in-flight updates");
        await Update(server, "a small one");
    }

    [Fact]
    public async Task Updates_MoreThanTwoThousandInAll_AreRefused()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        await server.Complete(await server.Task());
        for (var round = 0; round < 200; round++)
        {
            var ids = Enumerable.Range(0, 10).Select(i => $"u{round}-{i}").ToList();
            await Task.WhenAll(ids.Select(id => Update(server, id)));
            PollWorkflowTaskQueueResponse task;
            for (var done = 0; done < ids.Count; done += task.Messages.Count)
            {
                task = await server.Task();
                await server.Complete(
                    task,
                    r =>
                    {
                        foreach (var id in task.Messages.Select(m => m.ProtocolInstanceId))
                        {
                            r.Messages.Add(Do.Body("accept " + id, id, new Acceptance()));
                            r.Messages.Add(Do.Body("done " + id, id, new Response { Meta = new Meta { UpdateId = id }, Outcome = new Outcome() }));
                        }
                    },
                    [.. task.Messages.SelectMany(m => new[] { Do.Message("accept " + m.ProtocolInstanceId), Do.Message("done " + m.ProtocolInstanceId) })]);
            }
        }

        var error = await Should.ThrowAsync<RpcException>(() => Update(server, "one-more"));
        error.StatusCode.ShouldBe(StatusCode.FailedPrecondition);
        error.Status.Detail.ShouldContain("2000");
        await Update(server, "u7-3");
    }

    [Theory]
    [InlineData(101, 10)]
    [InlineData(3, 1_000_000)]
    public async Task Signals_MoreThanMayWaitForATask_FailIt(int signals, int bytes)
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        var slow = await server.Task();
        var input = new string('x', bytes);
        for (var i = 1; i < signals; i++)
        {
            await server.Signal("s", input: input);
        }

        (await server.EventTypes()).ShouldBe([WorkflowExecutionStarted, WorkflowTaskScheduled, WorkflowTaskStarted]);
        await server.Signal("s", input: input);
        (await server.History())[3].WorkflowTaskFailedEventAttributes.Cause.ShouldBe(WorkflowTaskFailedCause.ForceCloseCommand);
        var last = await Last(server);
        last.EventType.ShouldBe(WorkflowTaskScheduled);
        last.EventId.ShouldBe(5 + signals, "the signals, and then a task for them");
        (await Should.ThrowAsync<RpcException>(() => server.Complete(slow))).StatusCode.ShouldBe(StatusCode.NotFound);
        await server.Complete(await server.Task(), Do.Complete());
    }

    public static TheoryData<string, string, bool> BadSearchAttributes => new()
    {
        { "many", "number of search attributes 101 exceeds limit 100", false },
        { "the server's", "RunId attribute can't be set", false },
        { "a long one", "search attribute long value size 2049 exceeds size limit 2048", true },
        { "a lot together", "total size of search attributes", true },
    };

    [Theory]
    [MemberData(nameof(BadSearchAttributes))]
    public async Task SearchAttributes_BeyondTheLimits_AreRefused_OrFailTheTask_AndEndWhatIsTooLarge(string kind, string says, bool isLarge)
    {
        await using var server = await ServerHarness.StartAsync();
        var error = await Should.ThrowAsync<RpcException>(() => server.Start(with: r => r.SearchAttributes = SearchAttributesOf(kind)));
        error.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        error.Status.Detail.ShouldContain(says);

        await server.Start();
        var task = await server.Task();
        error = await Should.ThrowAsync<RpcException>(() => server.Complete(task, Upsert(SearchAttributesOf(kind))));
        error.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        error.Status.Detail.ShouldContain(says);
        (await server.History())[3].WorkflowTaskFailedEventAttributes.Cause.ShouldBe(WorkflowTaskFailedCause.BadSearchAttributes);
        (await server.Status()).ShouldBe(isLarge ? WorkflowExecutionStatus.Terminated : WorkflowExecutionStatus.Running);
    }

    [Fact]
    public async Task SearchAttributes_TooLargeWithThoseThatAreThere_EndTheWorkflow()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        static SearchAttributes Half(string name) => new() { IndexedFields = { Enumerable.Range(0, 11).ToDictionary(i => name + i, _ => Value(2000)) } };
        await server.Complete(await server.Task(), r => r.ForceCreateNewWorkflowTask = true, Upsert(Half("a")));
        var task = await server.Task();
        (await Should.ThrowAsync<RpcException>(() => server.Complete(task, Upsert(Half("b"))))).Message.ShouldContain("total size of search attributes");
        (await server.Status()).ShouldBe(WorkflowExecutionStatus.Terminated);
    }

    private static SearchAttributes SearchAttributesOf(string kind) => new()
    {
        IndexedFields =
        {
            kind switch
            {
                "many" => Enumerable.Range(0, 101).ToDictionary(i => "a" + i, _ => Value(1)),
                "the server's" => new() { ["RunId"] = Value(1) },
                "a long one" => new() { ["long"] = Value(2049) },
                _ => Enumerable.Range(0, 21).ToDictionary(i => "a" + i, _ => Value(2000)),
            },
        },
    };

    private static Payload Value(int bytes) => new() { Data = ByteString.CopyFrom(new byte[bytes]) };

    private static Command Upsert(SearchAttributes attributes) => new()
    {
        CommandType = CommandType.UpsertWorkflowSearchAttributes,
        UpsertWorkflowSearchAttributesCommandAttributes = new UpsertWorkflowSearchAttributesCommandAttributes { SearchAttributes = attributes },
    };

    private static async Task<HistoryEvent> Last(ServerHarness server) => (await server.Call(M.GetWorkflowExecutionHistoryReverse, new GetWorkflowExecutionHistoryReverseRequest
    {
        Namespace = "default",
        Execution = new WorkflowExecution { WorkflowId = "wf" },
        MaximumPageSize = 1,
    })).History.Events.Single();

    private static Task<UpdateWorkflowExecutionResponse> Update(ServerHarness server, string id, Payloads? arguments = null) => server.Call(M.UpdateWorkflowExecution, new UpdateWorkflowExecutionRequest
    {
        Namespace = "default",
        WorkflowExecution = new WorkflowExecution { WorkflowId = "wf" },
        WaitPolicy = new WaitPolicy { LifecycleStage = UpdateWorkflowExecutionLifecycleStage.Admitted },
        Request = new Request { Meta = new Meta { UpdateId = id }, Input = new Input { Name = "n", Args = arguments } },
    });

    private static Command Changed(Command command, Action<Command> change)
    {
        change(command);
        return command;
    }
}
