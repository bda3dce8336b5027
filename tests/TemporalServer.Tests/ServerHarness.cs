using Google.Protobuf;
using Grpc.Net.Client;

namespace TemporalServer.Tests;

/// <summary>A server with a manual clock and a raw client that speaks the protocol's own words.</summary>
public sealed class ServerHarness : IAsyncDisposable
{
    public const string Queue = "q";
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(20);
    private readonly GrpcChannel _channel;
    private readonly CallInvoker _calls;

    private ServerHarness(EmbeddedTemporalServer server, ManualClock clock)
    {
        Server = server;
        Clock = clock;
        _channel = Connect(server);
        _calls = _channel.CreateCallInvoker();
    }

    public EmbeddedTemporalServer Server { get; }

    public ManualClock Clock { get; }

    /// <summary>A server that skips time: its clock runs, and jumps when it may.</summary>
    public static Task<ServerHarness> StartTimeSkippingAsync() => StartAsync(with: options => options with { TimeSkipping = true, TimeProvider = TimeProvider.System });

    public static async Task<ServerHarness> StartAsync(string? path = null, ManualClock? clock = null, Func<TemporalServerOptions, TemporalServerOptions>? with = null)
    {
        clock ??= new ManualClock();
        var options = new TemporalServerOptions
        {
            DatabasePath = path,
            TimeProvider = clock,
            PollTimeout = TimeSpan.FromMilliseconds(400),

            // Where a test sets a key, it is asked for all the same.
            AllowUnauthenticated = true,
        };
        var server = await EmbeddedTemporalServer.StartAsync(with?.Invoke(options) ?? options);
        return new ServerHarness(server, clock);
    }

    /// <summary>A channel of its own to a server; connects again after a server was started anew on its port.</summary>
    public static GrpcChannel Connect(EmbeddedTemporalServer server) => GrpcChannel.ForAddress(
        "http://" + server.Address,
        new GrpcChannelOptions { MaxReceiveMessageSize = null, ThrowOperationCanceledOnCancellation = true });

    public async Task<TResponse> Call<TRequest, TResponse>(Method<TRequest, TResponse> method, TRequest request, CancellationToken token = default)
        where TRequest : class
        where TResponse : class =>
        await _calls.AsyncUnaryCall(method, null, new CallOptions(deadline: DateTime.UtcNow + CallTimeout, cancellationToken: token), request);

    public async Task<string> Start(string id = "wf", Action<StartWorkflowExecutionRequest>? with = null) => (await StartResponse(id, with)).RunId;

    public Task<StartWorkflowExecutionResponse> StartResponse(string id = "wf", Action<StartWorkflowExecutionRequest>? with = null)
    {
        var request = new StartWorkflowExecutionRequest
        {
            Namespace = "default",
            WorkflowId = id,
            WorkflowType = new WorkflowType { Name = "Flow" },
            TaskQueue = new TaskQueue { Name = Queue },
            Identity = "client",
            RequestId = Guid.NewGuid().ToString(),
            Input = Text("input"),
        };
        with?.Invoke(request);
        return Call(WorkflowServiceMethods.StartWorkflowExecution, request);
    }

    public Task<PollWorkflowTaskQueueResponse> Poll(string queue = Queue, string? stickyOf = null) =>
        Call(WorkflowServiceMethods.PollWorkflowTaskQueue, new PollWorkflowTaskQueueRequest
        {
            Namespace = "default",
            TaskQueue = stickyOf is null
                ? new TaskQueue { Name = queue, Kind = TaskQueueKind.Normal }
                : new TaskQueue { Name = queue, Kind = TaskQueueKind.Sticky, NormalName = stickyOf },
            Identity = "worker",
        });

    /// <summary>Polls until there is a task: for tasks that a timer on the server's side brings about.</summary>
    public async Task<PollWorkflowTaskQueueResponse> Task(string queue = Queue)
    {
        for (var i = 0; i < 10; i++)
        {
            var task = await Poll(queue);
            if (!task.TaskToken.IsEmpty)
            {
                return task;
            }
        }

        throw new TimeoutException("no workflow task came");
    }

    public Task<PollActivityTaskQueueResponse> PollActivity(string queue = Queue) =>
        Call(WorkflowServiceMethods.PollActivityTaskQueue, new PollActivityTaskQueueRequest { Namespace = "default", TaskQueue = new TaskQueue { Name = queue }, Identity = "worker" });

    public Task<RespondWorkflowTaskCompletedResponse> Complete(PollWorkflowTaskQueueResponse task, params Command[] commands) =>
        Complete(task, _ => { }, commands);

    public Task<RespondWorkflowTaskCompletedResponse> Complete(PollWorkflowTaskQueueResponse task, Action<RespondWorkflowTaskCompletedRequest> with, params Command[] commands)
    {
        var request = new RespondWorkflowTaskCompletedRequest { TaskToken = task.TaskToken, Identity = "worker", Namespace = "default" };
        request.Commands.Add(commands);
        with(request);
        return Call(WorkflowServiceMethods.RespondWorkflowTaskCompleted, request);
    }

    public Task FailTask(PollWorkflowTaskQueueResponse task) => Call(WorkflowServiceMethods.RespondWorkflowTaskFailed, new RespondWorkflowTaskFailedRequest
    {
        TaskToken = task.TaskToken,
        Cause = WorkflowTaskFailedCause.WorkflowWorkerUnhandledFailure,
        Failure = new Failure { Message = "boom" },
        Identity = "worker",
    });

    public Task Signal(string name, string id = "wf", string requestId = "", string? input = null) => Call(WorkflowServiceMethods.SignalWorkflowExecution, new SignalWorkflowExecutionRequest
    {
        Namespace = "default",
        WorkflowExecution = new WorkflowExecution { WorkflowId = id },
        SignalName = name,
        RequestId = requestId,
        Input = Text(input ?? name),
    });

    public Task CompleteActivity(PollActivityTaskQueueResponse task, string result = "done") =>
        Call(WorkflowServiceMethods.RespondActivityTaskCompleted, new RespondActivityTaskCompletedRequest { TaskToken = task.TaskToken, Result = Text(result), Identity = "worker" });

    public Task FailActivity(PollActivityTaskQueueResponse task, string type = "Error", bool nonRetryable = false, TimeSpan? nextDelay = null) =>
        Call(WorkflowServiceMethods.RespondActivityTaskFailed, new RespondActivityTaskFailedRequest
        {
            TaskToken = task.TaskToken,
            Identity = "worker",
            Failure = new Failure
            {
                Message = "failed " + task.Attempt,
                ApplicationFailureInfo = new ApplicationFailureInfo { Type = type, NonRetryable = nonRetryable, NextRetryDelay = nextDelay is { } d ? Duration.FromTimeSpan(d) : null },
            },
        });

    public Task<RecordActivityTaskHeartbeatResponse> Heartbeat(PollActivityTaskQueueResponse task, string details) =>
        Call(WorkflowServiceMethods.RecordActivityTaskHeartbeat, new RecordActivityTaskHeartbeatRequest { TaskToken = task.TaskToken, Details = Text(details), Identity = "worker" });

    public async Task<IReadOnlyList<HistoryEvent>> History(string id = "wf", string runId = "") =>
        [.. (await Call(WorkflowServiceMethods.GetWorkflowExecutionHistory, new GetWorkflowExecutionHistoryRequest
        {
            Namespace = "default",
            Execution = new WorkflowExecution { WorkflowId = id, RunId = runId },
        })).History.Events];

    public async Task<IReadOnlyList<EventType>> EventTypes(string id = "wf", string runId = "") => [.. (await History(id, runId)).Select(e => e.EventType)];

    public Task<DescribeWorkflowExecutionResponse> Describe(string id = "wf", string runId = "") =>
        Call(WorkflowServiceMethods.DescribeWorkflowExecution, new DescribeWorkflowExecutionRequest
        {
            Namespace = "default",
            Execution = new WorkflowExecution { WorkflowId = id, RunId = runId },
        });

    public async Task<WorkflowExecutionStatus> Status(string id = "wf", string runId = "") => (await Describe(id, runId)).WorkflowExecutionInfo.Status;

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await Server.DisposeAsync();
    }

    /// <summary>What an error says beside its words.</summary>
    public static T Detail<T>(RpcException error)
        where T : class, IMessage<T>, new() =>
        error.GetRpcStatus().ShouldNotBeNull().GetDetail<T>().ShouldNotBeNull();

    public static Payloads Text(string text)
    {
        var payload = new Payload { Data = ByteString.CopyFromUtf8($"\"{text}\"") };
        payload.Metadata["encoding"] = ByteString.CopyFromUtf8("json/plain");
        return new Payloads { Payloads_ = { payload } };
    }

    public static string Read(Payloads? payloads) => payloads is null ? string.Empty : payloads.Payloads_[0].Data.ToStringUtf8().Trim('"');
}
