namespace Temporalio.Api.Enums.V1;

/// <summary>Where a workflow execution stands.</summary>
public enum WorkflowExecutionStatus
{
    /// <summary>Unknown.</summary>
    Unspecified = 0,

    /// <summary>Open.</summary>
    Running = 1,

    /// <summary>Closed with a result.</summary>
    Completed = 2,

    /// <summary>Closed with a failure.</summary>
    Failed = 3,

    /// <summary>Closed after honouring a cancellation request.</summary>
    Canceled = 4,

    /// <summary>Closed by force.</summary>
    Terminated = 5,

    /// <summary>Closed; another run of the same id goes on.</summary>
    ContinuedAsNew = 6,

    /// <summary>Closed because its run or execution timeout passed.</summary>
    TimedOut = 7,

    /// <summary>Open, but not being worked on.</summary>
    Paused = 8,
}
