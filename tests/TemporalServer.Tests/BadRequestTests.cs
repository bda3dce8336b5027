using Google.Protobuf;
using Temporalio.Api.ErrorDetails.V1;
using Temporalio.Api.Schedule.V1;
using Temporalio.Api.Update.V1;
using Temporalio.Api.Workflow.V1;
using M = TemporalServer.Endpoints.WorkflowServiceMethods;

namespace TemporalServer.Tests;

/// <summary>Every endpoint with requests it must refuse: the status code and the words of each.</summary>
public sealed class BadRequestTests(BadRequestTests.Shared shared) : IClassFixture<BadRequestTests.Shared>
{
    private const string Unknown = "nowhere";
    private static readonly string Long = new('x', 1001);
    private static readonly WorkflowExecution Nobody = new() { WorkflowId = "nobody" };
    private static readonly ByteString NoToken = ByteString.CopyFrom(0xff, 0xff, 0xff);
    private static readonly Payloads Huge = new() { Payloads_ = { new Payload { Data = ByteString.CopyFrom(new byte[(2 * 1024 * 1024) + 1]) } } };
    private static readonly IReadOnlyList<BadRequest> All = [.. Starts(), .. Executions(), .. Tasks(), .. Lists(), .. Schedules(), .. Namespaces()];

    public static TheoryData<string> Names => [.. All.Select(r => r.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Request_ThatIsWrong_IsRefusedWithCodeAndReason(string name)
    {
        var server = shared.Server;
        var request = All.Single(r => r.Name == name);
        var error = await Should.ThrowAsync<RpcException>(() => request.Send(server));
        (error.StatusCode, error.Status.Detail).ShouldSatisfyAllConditions(
            e => e.StatusCode.ShouldBe(request.Code), e => e.Detail.ShouldContain(request.Says, Case.Insensitive));
        if (request.Code == StatusCode.NotFound)
        {
            // SDKs tell the two apart by the detail, not by the words.
            var status = error.GetRpcStatus().ShouldNotBeNull();
            (status.GetDetail<NotFoundFailure>() is not null || status.GetDetail<NamespaceNotFoundFailure>() is not null).ShouldBeTrue();
        }

        // Nothing of it stuck.
        (await server.EventTypes()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Namespace_Unknown_CarriesItsName()
    {
        await using var server = await ServerHarness.StartAsync();
        var error = await Should.ThrowAsync<RpcException>(() => server.Start(with: r => r.Namespace = Unknown));
        var detail = ServerHarness.Detail<NamespaceNotFoundFailure>(error);
        detail!.Namespace.ShouldBe(Unknown);
    }

    [Fact]
    public async Task Token_OfATaskThatIsOver_IsNotFound()
    {
        await using var server = await ServerHarness.StartAsync();
        await server.Start();
        var task = await server.Task();
        await server.Complete(task, Do.Activity());
        var activity = await server.PollActivity();
        await server.CompleteActivity(activity);
        foreach (var stale in (Func<Task>[])[() => server.Complete(task), () => server.FailTask(task), () => server.CompleteActivity(activity), () => server.FailActivity(activity), () => server.Heartbeat(activity, "x")])
        {
            (await Should.ThrowAsync<RpcException>(stale)).StatusCode.ShouldBe(StatusCode.NotFound);
        }
    }

    private static BadRequest Start(string name, string says, Action<StartWorkflowExecutionRequest> with) =>
        new("start: " + name, StatusCode.InvalidArgument, says, s => s.Start("other", with));

    private static IEnumerable<BadRequest> Starts() =>
    [
        Start("no namespace", "Namespace is not set", r => r.Namespace = string.Empty),
        Start("no id", "WorkflowId is not set", r => r.WorkflowId = string.Empty),
        Start("no type", "WorkflowType is not set", r => r.WorkflowType = null),
        Start("no queue", "TaskQueue is not set", r => r.TaskQueue = null),
        Start("long id", "WorkflowId length exceeds limit", r => r.WorkflowId = Long),
        Start("long type", "WorkflowType length exceeds limit", r => r.WorkflowType.Name = Long),
        Start("long queue", "TaskQueue length exceeds limit", r => r.TaskQueue.Name = Long),
        Start("long request id", "RequestId length exceeds limit", r => r.RequestId = Long),
        Start("long identity", "Identity length exceeds limit", r => r.Identity = Long),
        Start("large input", "Blob data size exceeds limit.", r => r.Input = Huge),
        Start("large memo", "Memo size exceeds limit.", r => r.Memo = new Memo { Fields = { ["m"] = Huge.Payloads_[0] } }),
        Start("negative timeout", "WorkflowRunTimeout is negative", r => r.WorkflowRunTimeout = Do.Seconds(-1)),
        Start("negative delay", "WorkflowStartDelay is negative", r => r.WorkflowStartDelay = Do.Seconds(-1)),
        Start("bad cron", "Minute '99'", r => r.CronSchedule = "99 * * * *"),
        Start("cron of six fields", "CronSchedule", r => r.CronSchedule = "0 0 0 * * *"),
        Start("cron in no zone", "Mars", r => r.CronSchedule = "CRON_TZ=Mars 0 * * * *"),
        Start("cron and delay", "may not be used together", r => (r.CronSchedule, r.WorkflowStartDelay) = ("@daily", Do.Seconds(1))),
        Start("retry coefficient", "BackoffCoefficient", r => r.RetryPolicy = new RetryPolicy { BackoffCoefficient = 0.5 }),
        Start("retry interval", "MaximumInterval cannot be less", r => r.RetryPolicy = new RetryPolicy { InitialInterval = Do.Seconds(10), MaximumInterval = Do.Seconds(5) }),
        Start("retry attempts", "MaximumAttempts", r => r.RetryPolicy = new RetryPolicy { MaximumAttempts = -1 }),
#pragma warning disable CS0612 // The protocol calls it deprecated; clients may still ask for it.
        Start("two policies", "WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING", r =>
            (r.WorkflowIdReusePolicy, r.WorkflowIdConflictPolicy) = (WorkflowIdReusePolicy.TerminateIfRunning, WorkflowIdConflictPolicy.Fail)),
#pragma warning restore CS0612
        new("start: unknown namespace", StatusCode.NotFound, Unknown, s => s.Start("other", r => r.Namespace = Unknown)),
        new("start: id taken", StatusCode.AlreadyExists, "already", s => s.Start()),
        new("signal-with-start: no signal", StatusCode.InvalidArgument, "SignalName is not set", s => s.Call(M.SignalWithStartWorkflowExecution, new SignalWithStartWorkflowExecutionRequest
        {
            Namespace = "default", WorkflowId = "w", WorkflowType = new WorkflowType { Name = "T" }, TaskQueue = new TaskQueue { Name = "q" },
        })),
    ];

    private static IEnumerable<BadRequest> OfExecution<TRequest, TResponse>(RpcMethod<TRequest, TResponse> method, Func<string, WorkflowExecution?, TRequest> request)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
    [
        new($"{method.Name}: no namespace", StatusCode.InvalidArgument, "Namespace is not set", s => s.Call(method, request(string.Empty, Nobody))),
        new($"{method.Name}: unknown namespace", StatusCode.NotFound, Unknown, s => s.Call(method, request(Unknown, Nobody))),
        new($"{method.Name}: no execution", StatusCode.InvalidArgument, "Execution is not set", s => s.Call(method, request("default", null))),
        new($"{method.Name}: no id", StatusCode.InvalidArgument, "WorkflowId is not set", s => s.Call(method, request("default", new WorkflowExecution()))),
        new($"{method.Name}: long id", StatusCode.InvalidArgument, "WorkflowId length", s => s.Call(method, request("default", new WorkflowExecution { WorkflowId = Long }))),
        new($"{method.Name}: bad run id", StatusCode.InvalidArgument, "Invalid RunId", s => s.Call(method, request("default", new WorkflowExecution { WorkflowId = "wf", RunId = "x" }))),
        new($"{method.Name}: unknown id", StatusCode.NotFound, "nobody", s => s.Call(method, request("default", Nobody))),
        new($"{method.Name}: unknown run", StatusCode.NotFound, "wf", s => s.Call(method, request("default", new WorkflowExecution { WorkflowId = "wf", RunId = Guid.Empty.ToString() }))),
    ];

    private static IEnumerable<BadRequest> Executions()
    {
        var wf = new WorkflowExecution { WorkflowId = "wf" };
        var input = new Request { Meta = new Meta { UpdateId = "u" }, Input = new Input { Name = "n" } };
        SignalWorkflowExecutionRequest Signal(string name, Payloads? payloads = null) => new() { Namespace = "default", WorkflowExecution = wf, SignalName = name, Input = payloads };
        UpdateWorkflowExecutionRequest Update(Request? request) => new() { Namespace = "default", WorkflowExecution = wf, Request = request };
        return
        [
            .. OfExecution(M.SignalWorkflowExecution, (ns, e) => new SignalWorkflowExecutionRequest { Namespace = ns, WorkflowExecution = e, SignalName = "s" }),
            .. OfExecution(M.RequestCancelWorkflowExecution, (ns, e) => new RequestCancelWorkflowExecutionRequest { Namespace = ns, WorkflowExecution = e }),
            .. OfExecution(M.TerminateWorkflowExecution, (ns, e) => new TerminateWorkflowExecutionRequest { Namespace = ns, WorkflowExecution = e }),
            .. OfExecution(M.DeleteWorkflowExecution, (ns, e) => new DeleteWorkflowExecutionRequest { Namespace = ns, WorkflowExecution = e }),
            .. OfExecution(M.DescribeWorkflowExecution, (ns, e) => new DescribeWorkflowExecutionRequest { Namespace = ns, Execution = e }),
            .. OfExecution(M.GetWorkflowExecutionHistory, (ns, e) => new GetWorkflowExecutionHistoryRequest { Namespace = ns, Execution = e }),
            .. OfExecution(M.GetWorkflowExecutionHistoryReverse, (ns, e) => new GetWorkflowExecutionHistoryReverseRequest { Namespace = ns, Execution = e }),
            .. OfExecution(M.QueryWorkflow, (ns, e) => new QueryWorkflowRequest { Namespace = ns, Execution = e, Query = new WorkflowQuery { QueryType = "q" } }),
            .. OfExecution(M.UpdateWorkflowExecution, (ns, e) => new UpdateWorkflowExecutionRequest { Namespace = ns, WorkflowExecution = e, Request = input }),
            .. OfExecution(M.PollWorkflowExecutionUpdate, (ns, e) => new PollWorkflowExecutionUpdateRequest { Namespace = ns, UpdateRef = new UpdateRef { WorkflowExecution = e, UpdateId = "u" } }),
            .. OfExecution(M.ResetStickyTaskQueue, (ns, e) => new ResetStickyTaskQueueRequest { Namespace = ns, Execution = e }),
            new("signal: no name", StatusCode.InvalidArgument, "SignalName is not set", s => s.Call(M.SignalWorkflowExecution, Signal(string.Empty))),
            new("signal: long name", StatusCode.InvalidArgument, "SignalName length", s => s.Call(M.SignalWorkflowExecution, Signal(Long))),
            new("signal: large input", StatusCode.InvalidArgument, "Blob data size", s => s.Call(M.SignalWorkflowExecution, Signal("s", Huge))),
            new("cancel: other chain", StatusCode.NotFound, "does not belong", s => s.Call(
                M.RequestCancelWorkflowExecution, new RequestCancelWorkflowExecutionRequest { Namespace = "default", WorkflowExecution = wf, FirstExecutionRunId = "other" })),
            new("terminate: large details", StatusCode.InvalidArgument, "Blob data size", s => s.Call(
                M.TerminateWorkflowExecution, new TerminateWorkflowExecutionRequest { Namespace = "default", WorkflowExecution = wf, Details = Huge })),
            new("history: bad token", StatusCode.InvalidArgument, "page token", s => s.Call(
                M.GetWorkflowExecutionHistory, new GetWorkflowExecutionHistoryRequest { Namespace = "default", Execution = wf, NextPageToken = NoToken })),
            new("history reverse: bad token", StatusCode.InvalidArgument, "page token", s => s.Call(
                M.GetWorkflowExecutionHistoryReverse, new GetWorkflowExecutionHistoryReverseRequest { Namespace = "default", Execution = wf, NextPageToken = NoToken })),
            new("history reverse: token beyond the end", StatusCode.InvalidArgument, "page token", s => s.Call(
                M.GetWorkflowExecutionHistoryReverse,
                new GetWorkflowExecutionHistoryReverseRequest { Namespace = "default", Execution = wf, NextPageToken = new Persisted.HistoryToken { NextEventId = 99 }.ToByteString() })),
            new("query: none", StatusCode.InvalidArgument, "WorkflowQuery is not set", s => s.Call(M.QueryWorkflow, new QueryWorkflowRequest { Namespace = "default", Execution = wf })),
            new("query: no type", StatusCode.InvalidArgument, "QueryType is not set", s => s.Call(
                M.QueryWorkflow, new QueryWorkflowRequest { Namespace = "default", Execution = wf, Query = new WorkflowQuery() })),
            new("update: none", StatusCode.InvalidArgument, "Request is nil", s => s.Call(M.UpdateWorkflowExecution, Update(null))),
            new("update: no meta", StatusCode.InvalidArgument, "meta is not set", s => s.Call(M.UpdateWorkflowExecution, Update(new Request { Input = input.Input }))),
            new("update: no input", StatusCode.InvalidArgument, "input is not set", s => s.Call(M.UpdateWorkflowExecution, Update(new Request { Meta = input.Meta }))),
            new("update: no name", StatusCode.InvalidArgument, "name is not set", s => s.Call(M.UpdateWorkflowExecution, Update(new Request { Meta = input.Meta, Input = new Input() }))),
            new("update: long id", StatusCode.InvalidArgument, "UpdateId length", s => s.Call(M.UpdateWorkflowExecution, Update(new Request { Meta = new Meta { UpdateId = Long }, Input = input.Input }))),
            new("poll update: no reference", StatusCode.InvalidArgument, "UpdateRef is not set", s => s.Call(M.PollWorkflowExecutionUpdate, new PollWorkflowExecutionUpdateRequest { Namespace = "default" })),
            new("poll update: unknown", StatusCode.NotFound, "'u'", s => s.Call(
                M.PollWorkflowExecutionUpdate, new PollWorkflowExecutionUpdateRequest { Namespace = "default", UpdateRef = new UpdateRef { WorkflowExecution = wf, UpdateId = "u" } })),
        ];
    }

    private static IEnumerable<BadRequest> OfToken<TRequest, TResponse>(RpcMethod<TRequest, TResponse> method, Func<ByteString, TRequest> request)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
    [
        new($"{method.Name}: malformed token", StatusCode.InvalidArgument, "token", s => s.Call(method, request(NoToken))),
        new($"{method.Name}: no token", StatusCode.InvalidArgument, "token", s => s.Call(method, request(ByteString.Empty))),
        new($"{method.Name}: unknown token", StatusCode.NotFound, "task not found", s => s.Call(
            method, request(new Persisted.TaskToken { RunId = Guid.Empty.ToString(), QueryId = "q" }.ToByteString()))),
    ];

    private static IEnumerable<BadRequest> OfId<TRequest, TResponse>(RpcMethod<TRequest, TResponse> method, Func<string, string, string, TRequest> request)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
    [
        new($"{method.Name}: unknown namespace", StatusCode.NotFound, Unknown, s => s.Call(method, request(Unknown, "wf", "a"))),
        new($"{method.Name}: no workflow id", StatusCode.InvalidArgument, "WorkflowId is not set", s => s.Call(method, request("default", string.Empty, "a"))),
        new($"{method.Name}: no activity id", StatusCode.InvalidArgument, "ActivityId is not set", s => s.Call(method, request("default", "wf", string.Empty))),
        new($"{method.Name}: unknown activity", StatusCode.NotFound, "'a'", s => s.Call(method, request("default", "wf", "a"))),
    ];

    private static IEnumerable<BadRequest> OfQueue<TRequest, TResponse>(RpcMethod<TRequest, TResponse> method, Func<string, string, TRequest> request)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
    [
        new($"{method.Name}: unknown namespace", StatusCode.NotFound, Unknown, s => s.Call(method, request(Unknown, "q"))),
        new($"{method.Name}: no queue", StatusCode.InvalidArgument, "TaskQueue is not set", s => s.Call(method, request("default", string.Empty))),
        new($"{method.Name}: long queue", StatusCode.InvalidArgument, "TaskQueue length", s => s.Call(method, request("default", Long))),
    ];

    private static IEnumerable<BadRequest> Tasks() =>
    [
        .. OfToken(M.RespondWorkflowTaskCompleted, t => new RespondWorkflowTaskCompletedRequest { TaskToken = t }),
        .. OfToken(M.RespondWorkflowTaskFailed, t => new RespondWorkflowTaskFailedRequest { TaskToken = t }),
        .. OfToken(M.RespondQueryTaskCompleted, t => new RespondQueryTaskCompletedRequest { TaskToken = t }),
        .. OfToken(M.RespondActivityTaskCompleted, t => new RespondActivityTaskCompletedRequest { TaskToken = t }),
        .. OfToken(M.RespondActivityTaskFailed, t => new RespondActivityTaskFailedRequest { TaskToken = t }),
        .. OfToken(M.RespondActivityTaskCanceled, t => new RespondActivityTaskCanceledRequest { TaskToken = t }),
        .. OfToken(M.RecordActivityTaskHeartbeat, t => new RecordActivityTaskHeartbeatRequest { TaskToken = t }),
        .. OfId(M.RespondActivityTaskCompletedById, (ns, w, a) => new RespondActivityTaskCompletedByIdRequest { Namespace = ns, WorkflowId = w, ActivityId = a }),
        .. OfId(M.RespondActivityTaskFailedById, (ns, w, a) => new RespondActivityTaskFailedByIdRequest { Namespace = ns, WorkflowId = w, ActivityId = a }),
        .. OfId(M.RespondActivityTaskCanceledById, (ns, w, a) => new RespondActivityTaskCanceledByIdRequest { Namespace = ns, WorkflowId = w, ActivityId = a }),
        .. OfId(M.RecordActivityTaskHeartbeatById, (ns, w, a) => new RecordActivityTaskHeartbeatByIdRequest { Namespace = ns, WorkflowId = w, ActivityId = a }),
        .. OfQueue(M.PollWorkflowTaskQueue, (ns, q) => new PollWorkflowTaskQueueRequest { Namespace = ns, TaskQueue = new TaskQueue { Name = q } }),
        .. OfQueue(M.PollActivityTaskQueue, (ns, q) => new PollActivityTaskQueueRequest { Namespace = ns, TaskQueue = new TaskQueue { Name = q } }),
        .. OfQueue(M.DescribeTaskQueue, (ns, q) => new DescribeTaskQueueRequest { Namespace = ns, TaskQueue = new TaskQueue { Name = q } }),
        new("shutdown worker: unknown namespace", StatusCode.NotFound, Unknown, s => s.Call(M.ShutdownWorker, new ShutdownWorkerRequest { Namespace = Unknown })),
        new("poll: long identity", StatusCode.InvalidArgument, "Identity length", s => s.Call(
            M.PollWorkflowTaskQueue, new PollWorkflowTaskQueueRequest { Namespace = "default", TaskQueue = new TaskQueue { Name = "q" }, Identity = Long })),
    ];

    private static BadRequest List(string query, string says) => new("list: " + query, StatusCode.InvalidArgument, says, s =>
        s.Call(M.ListWorkflowExecutions, new ListWorkflowExecutionsRequest { Namespace = "default", Query = query }));

    private static IEnumerable<BadRequest> Lists() =>
    [
        List("WorkflowType =", "a value is missing at the end"),
        List("WorkflowType 'x'", "'x' at position 13 stands where a comparison should"),
        List("ExecutionStatus = 'Happy'", "'Happy' at position 18 is not an execution status"),
        List("StartTime > 'yesterday'", "'yesterday' at position 12 is not a time"),
        List("WorkflowId = 'a' ; DROP TABLE runs", "';' at position 17"),
        List("(WorkflowId = 'a'", "')' is missing at the end"),
        List("WorkflowId = 'a", "begins at position 13 does not end"),
        List("HistoryLength > 1.2.3", "'1.2.3' at position 16 is not a number"),
        List("HistoryLength > 1e", "not a number"),
        List("GROUP BY WorkflowType", "only GROUP BY ExecutionStatus"),
        List("ORDER BY CloseTime", "only ORDER BY StartTime DESC"),
        new("count: bad query", StatusCode.InvalidArgument, "invalid query", s => s.Call(M.CountWorkflowExecutions, new CountWorkflowExecutionsRequest { Namespace = "default", Query = "=" })),
        new("list: bad token", StatusCode.InvalidArgument, "page token", s => s.Call(M.ListWorkflowExecutions, new ListWorkflowExecutionsRequest { Namespace = "default", NextPageToken = NoToken })),
        new("list: unknown namespace", StatusCode.NotFound, Unknown, s => s.Call(M.ListWorkflowExecutions, new ListWorkflowExecutionsRequest { Namespace = Unknown })),
        new("count: unknown namespace", StatusCode.NotFound, Unknown, s => s.Call(M.CountWorkflowExecutions, new CountWorkflowExecutionsRequest { Namespace = Unknown })),
        new("list schedules: bad query", StatusCode.InvalidArgument, "invalid query", s => s.Call(M.ListSchedules, new ListSchedulesRequest { Namespace = "default", Query = "Color =" })),
        new("list schedules: by status", StatusCode.InvalidArgument, "ExecutionStatus", s => s.Call(M.CountSchedules, new CountSchedulesRequest { Namespace = "default", Query = "GROUP BY ExecutionStatus" })),
        new("list schedules: unknown namespace", StatusCode.NotFound, Unknown, s => s.Call(M.ListSchedules, new ListSchedulesRequest { Namespace = Unknown })),
    ];

    private static BadRequest Create(string name, string says, Action<CreateScheduleRequest> with) => new("create schedule: " + name, StatusCode.InvalidArgument, says, s =>
    {
        var request = new CreateScheduleRequest
        {
            Namespace = "default",
            ScheduleId = "s",
            RequestId = "r",
            Schedule = new Schedule
            {
                Spec = new ScheduleSpec(),
                Action = new ScheduleAction
                {
                    StartWorkflow = new NewWorkflowExecutionInfo { WorkflowId = "w", WorkflowType = new WorkflowType { Name = "T" }, TaskQueue = new TaskQueue { Name = "q" } },
                },
            },
        };
        with(request);
        return s.Call(M.CreateSchedule, request);
    });

    private static BadRequest Spec(string name, string says, ScheduleSpec spec) => Create(name, says, r => r.Schedule.Spec = spec);

    private static IEnumerable<BadRequest> Schedules() =>
    [
        Create("no namespace", "Namespace is not set", r => r.Namespace = string.Empty),
        Create("no id", "ScheduleId is not set", r => r.ScheduleId = string.Empty),
        Create("long id", "ScheduleId length", r => r.ScheduleId = Long),
        Create("no request id", "RequestId is not set", r => r.RequestId = string.Empty),
        Create("no action", "Only StartWorkflow action", r => r.Schedule.Action = null),
        Create("no workflow id", "WorkflowId is not set", r => r.Schedule.Action.StartWorkflow.WorkflowId = string.Empty),
        Create("no type", "WorkflowType is not set", r => r.Schedule.Action.StartWorkflow.WorkflowType = null),
        Create("cron", "must not contain CronSchedule", r => r.Schedule.Action.StartWorkflow.CronSchedule = "@daily"),
        Create("reuse policy", "must not contain WorkflowIDReusePolicy", r => r.Schedule.Action.StartWorkflow.WorkflowIdReusePolicy = WorkflowIdReusePolicy.RejectDuplicate),
        Create("large input", "Blob data size", r => r.Schedule.Action.StartWorkflow.Input = Huge),
        Create("negative timeout", "WorkflowTaskTimeout is negative", r => r.Schedule.Action.StartWorkflow.WorkflowTaskTimeout = Do.Seconds(-1)),
        Create("large memo", "Memo size", r => r.Memo = new Memo { Fields = { ["m"] = Huge.Payloads_[0] } }),
        Create("long notes", "notes exceeds limit", r => r.Schedule.State = new ScheduleState { Notes = Long }),
        Create("open backfill", "backfill", r => r.InitialPatch = new SchedulePatch { BackfillRequest = { new BackfillRequest() } }),
        Spec("bad cron", "Invalid schedule spec: Hour '25' is not in range [0-23]", new ScheduleSpec { CronString = { "0 25 * * *" } }),
        Spec("bad calendar", "DayOfMonth '32'", new ScheduleSpec { Calendar = { new CalendarSpec { DayOfMonth = "32" } } }),
        Spec("bad range", "Second Start 60", new ScheduleSpec { StructuredCalendar = { new StructuredCalendarSpec { Second = { new Temporalio.Api.Schedule.V1.Range { Start = 60 } } } } }),
        Spec("reversed range", "Hour End 3", new ScheduleSpec { StructuredCalendar = { new StructuredCalendarSpec { Hour = { new Temporalio.Api.Schedule.V1.Range { Start = 5, End = 3 } } } } }),
        Spec("short interval", "shorter than a second", new ScheduleSpec { Interval = { new IntervalSpec { Interval = Do.Seconds(0.5) } } }),
        Spec("long phase", "phase", new ScheduleSpec { Interval = { new IntervalSpec { Interval = Do.Seconds(5), Phase = Do.Seconds(5) } } }),
        Spec("unknown zone", "Atlantis", new ScheduleSpec { TimezoneName = "Atlantis" }),
        Spec("zone data", "timezone_data", new ScheduleSpec { TimezoneData = NoToken }),
        Spec("time beyond time", "start_time", new ScheduleSpec { StartTime = new Timestamp { Seconds = long.MaxValue } }),
        .. OfSchedule(M.DescribeSchedule, (ns, id) => new DescribeScheduleRequest { Namespace = ns, ScheduleId = id }),
        .. OfSchedule(M.UpdateSchedule, (ns, id) => new UpdateScheduleRequest { Namespace = ns, ScheduleId = id }),
        .. OfSchedule(M.PatchSchedule, (ns, id) => new PatchScheduleRequest { Namespace = ns, ScheduleId = id }),
        .. OfSchedule(M.DeleteSchedule, (ns, id) => new DeleteScheduleRequest { Namespace = ns, ScheduleId = id }),
        .. OfSchedule(M.ListScheduleMatchingTimes, (ns, id) => new ListScheduleMatchingTimesRequest { Namespace = ns, ScheduleId = id }),
    ];

    private static IEnumerable<BadRequest> OfSchedule<TRequest, TResponse>(RpcMethod<TRequest, TResponse> method, Func<string, string, TRequest> request)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
    [
        new($"{method.Name}: unknown namespace", StatusCode.NotFound, Unknown, s => s.Call(method, request(Unknown, "s"))),
        new($"{method.Name}: no id", StatusCode.InvalidArgument, "ScheduleId is not set", s => s.Call(method, request("default", string.Empty))),
        new($"{method.Name}: unknown id", StatusCode.NotFound, "schedule not found", s => s.Call(method, request("default", "s"))),
    ];

    private static IEnumerable<BadRequest> Namespaces() =>
    [
        new("describe namespace: none", StatusCode.InvalidArgument, "Namespace is not set", s => s.Call(M.DescribeNamespace, new DescribeNamespaceRequest())),
        new("describe namespace: unknown", StatusCode.NotFound, Unknown, s => s.Call(M.DescribeNamespace, new DescribeNamespaceRequest { Namespace = Unknown })),
        new("unknown method", StatusCode.Unimplemented, "unimplemented", s => s.Call(
            new RpcMethod<DescribeNamespaceRequest, DescribeNamespaceResponse>(M.Service, "DoWhatIMean"), new DescribeNamespaceRequest())),
    ];

    /// <summary>One server for all of them, with one workflow: none of these requests may change anything.</summary>
    public sealed class Shared : IAsyncLifetime
    {
        public ServerHarness Server { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Server = await ServerHarness.StartAsync();
            await Server.Start();
        }

        public async Task DisposeAsync() => await Server.DisposeAsync();
    }

    private sealed record BadRequest(string Name, StatusCode Code, string Says, Func<ServerHarness, Task> Send);
}
