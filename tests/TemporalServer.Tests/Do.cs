namespace TemporalServer.Tests;

/// <summary>The commands of a workflow, in few words.</summary>
public static class Do
{
    public static Command Activity(string id = "a", Action<ScheduleActivityTaskCommandAttributes>? with = null)
    {
        var a = new ScheduleActivityTaskCommandAttributes
        {
            ActivityId = id,
            ActivityType = new ActivityType { Name = "Act" },
            TaskQueue = new TaskQueue { Name = ServerHarness.Queue },
            Input = ServerHarness.Text("arg"),
            StartToCloseTimeout = Seconds(60),
        };
        with?.Invoke(a);
        return new Command { CommandType = CommandType.ScheduleActivityTask, ScheduleActivityTaskCommandAttributes = a };
    }

    public static Command CancelActivity(long scheduled) => new()
    {
        CommandType = CommandType.RequestCancelActivityTask,
        RequestCancelActivityTaskCommandAttributes = new RequestCancelActivityTaskCommandAttributes { ScheduledEventId = scheduled },
    };

    public static Command Timer(string id, double seconds) => new()
    {
        CommandType = CommandType.StartTimer,
        StartTimerCommandAttributes = new StartTimerCommandAttributes { TimerId = id, StartToFireTimeout = Seconds(seconds) },
    };

    public static Command CancelTimer(string id) => new()
    {
        CommandType = CommandType.CancelTimer,
        CancelTimerCommandAttributes = new CancelTimerCommandAttributes { TimerId = id },
    };

    public static Command Complete(string result = "result") => new()
    {
        CommandType = CommandType.CompleteWorkflowExecution,
        CompleteWorkflowExecutionCommandAttributes = new CompleteWorkflowExecutionCommandAttributes { Result = ServerHarness.Text(result) },
    };

    public static Command Fail(string type = "Error") => new()
    {
        CommandType = CommandType.FailWorkflowExecution,
        FailWorkflowExecutionCommandAttributes = new FailWorkflowExecutionCommandAttributes
        {
            Failure = new Failure { Message = "failed", ApplicationFailureInfo = new ApplicationFailureInfo { Type = type } },
        },
    };

    public static Command Cancel() => new()
    {
        CommandType = CommandType.CancelWorkflowExecution,
        CancelWorkflowExecutionCommandAttributes = new CancelWorkflowExecutionCommandAttributes(),
    };

    public static Command ContinueAsNew(string input) => new()
    {
        CommandType = CommandType.ContinueAsNewWorkflowExecution,
        ContinueAsNewWorkflowExecutionCommandAttributes = new ContinueAsNewWorkflowExecutionCommandAttributes { Input = ServerHarness.Text(input) },
    };

    public static Command Child(string id, Action<StartChildWorkflowExecutionCommandAttributes>? with = null)
    {
        var a = new StartChildWorkflowExecutionCommandAttributes
        {
            WorkflowId = id,
            WorkflowType = new WorkflowType { Name = "ChildFlow" },
            TaskQueue = new TaskQueue { Name = "children" },
        };
        with?.Invoke(a);
        return new Command { CommandType = CommandType.StartChildWorkflowExecution, StartChildWorkflowExecutionCommandAttributes = a };
    }

    public static Command SignalOther(string id, string name) => new()
    {
        CommandType = CommandType.SignalExternalWorkflowExecution,
        SignalExternalWorkflowExecutionCommandAttributes = new SignalExternalWorkflowExecutionCommandAttributes
        {
            Execution = new WorkflowExecution { WorkflowId = id },
            SignalName = name,
        },
    };

    public static Command CancelOther(string id) => new()
    {
        CommandType = CommandType.RequestCancelExternalWorkflowExecution,
        RequestCancelExternalWorkflowExecutionCommandAttributes = new RequestCancelExternalWorkflowExecutionCommandAttributes { WorkflowId = id },
    };

    public static Command Marker(string name)
    {
        var a = new RecordMarkerCommandAttributes { MarkerName = name };
        a.Details["data"] = ServerHarness.Text("detail");
        return new Command { CommandType = CommandType.RecordMarker, RecordMarkerCommandAttributes = a };
    }

    public static Command Message(string id) => new()
    {
        CommandType = CommandType.ProtocolMessage,
        ProtocolMessageCommandAttributes = new ProtocolMessageCommandAttributes { MessageId = id },
    };

    /// <summary>What a message says; <see cref="Message"/> puts it in its place among the commands.</summary>
    public static Temporalio.Api.Protocol.V1.Message Body(string id, string update, Google.Protobuf.IMessage body) =>
        new() { Id = id, ProtocolInstanceId = update, Body = Any.Pack(body) };

    public static Duration Seconds(double seconds) => Duration.FromTimeSpan(TimeSpan.FromSeconds(seconds));
}
