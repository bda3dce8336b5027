namespace Temporalio.Api.Enums.V1;

/// <summary>What a schedule does when it is time to act and the action before still runs.</summary>
public enum ScheduleOverlapPolicy
{
    /// <summary>Left to the schedule's policy, or to the server.</summary>
    Unspecified = 0,

    /// <summary>Do not act.</summary>
    Skip = 1,

    /// <summary>Act once when the running action has ended, however many times were missed.</summary>
    BufferOne = 2,

    /// <summary>Act for each missed time, one after the other.</summary>
    BufferAll = 3,

    /// <summary>Ask the running action to cancel and act when it has ended.</summary>
    CancelOther = 4,

    /// <summary>Terminate the running action and act.</summary>
    TerminateOther = 5,

    /// <summary>Act beside the running action.</summary>
    AllowAll = 6,
}
