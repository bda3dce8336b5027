namespace TemporalServer.Machine;

/// <summary>The failures the server itself reports.</summary>
internal static class FailureOf
{
    public static Failure ActivityTimeout(TimeoutType type, Payloads? lastHeartbeat, Failure? cause) => new()
    {
        Message = $"activity {type} timeout",
        Source = "Server",
        Cause = cause,
        TimeoutFailureInfo = new TimeoutFailureInfo { TimeoutType = type, LastHeartbeatDetails = lastHeartbeat },
    };

    public static Failure WorkflowTimeout() => new()
    {
        Message = "workflow timeout",
        Source = "Server",
        TimeoutFailureInfo = new TimeoutFailureInfo { TimeoutType = TimeoutType.StartToClose },
    };

    public static Failure Server(string message) => new()
    {
        Message = message,
        Source = "Server",
        ServerFailureInfo = new ServerFailureInfo(),
    };

    public static Failure TooLarge(string message)
    {
        var failure = Server(message);
        failure.ServerFailureInfo.NonRetryable = true;
        return failure;
    }

    public static Failure Reset(string reason) => new() { Message = reason, ResetWorkflowFailureInfo = new ResetWorkflowFailureInfo() };

    public static Failure UpdateAborted() => new()
    {
        Message = "Workflow Update failed because the Workflow completed before the Update completed.",
        Source = "Server",
        ApplicationFailureInfo = new ApplicationFailureInfo { Type = "AcceptedUpdateCompletedWorkflow", NonRetryable = true },
    };
}
