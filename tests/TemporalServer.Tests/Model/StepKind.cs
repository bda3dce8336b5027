namespace TemporalServer.Tests.Model;

/// <summary>What can happen next.</summary>
public enum StepKind
{
    /// <summary>A worker polls for a workflow task.</summary>
    PollTask,

    /// <summary>A worker answers a task it was given, with commands.</summary>
    CompleteTask,

    /// <summary>A worker says that a task failed.</summary>
    FailTask,

    /// <summary>A worker polls for an activity.</summary>
    PollActivity,

    /// <summary>An attempt it was given succeeds.</summary>
    CompleteActivity,

    /// <summary>An attempt fails and may be tried again.</summary>
    FailActivity,

    /// <summary>An attempt fails for good.</summary>
    FailActivityForGood,

    /// <summary>An attempt stops because it was asked to.</summary>
    ConfirmCanceled,

    /// <summary>An attempt heartbeats.</summary>
    Heartbeat,

    /// <summary>Somebody signals; request ids repeat now and then.</summary>
    Signal,

    /// <summary>Somebody asks for cancellation.</summary>
    RequestCancel,

    /// <summary>Somebody terminates the run.</summary>
    Terminate,

    /// <summary>Time passes.</summary>
    Advance,

    /// <summary>The workers die with all they were given.</summary>
    WorkersDie,

    /// <summary>The server dies between two calls and comes back after a while.</summary>
    ServerDies,

    /// <summary>The server dies while it works on a signal.</summary>
    ServerDiesInACall,
}
