namespace CodingAgent.Workflows.Tasks;

/// <summary>States of a task (product.md §4).</summary>
public enum TaskState
{
    /// <summary>Accepted, not begun.</summary>
    Queued,

    /// <summary>Reading policy, checking access.</summary>
    Authorizing,

    /// <summary>The planner works.</summary>
    Planning,

    /// <summary>Parked until a person approves the plan.</summary>
    AwaitingApproval,

    /// <summary>Workspace and set-up.</summary>
    Preparing,

    /// <summary>The coder works.</summary>
    Editing,

    /// <summary>Checks run in the sandbox.</summary>
    Verifying,

    /// <summary>The critic reads the diff.</summary>
    Critiquing,

    /// <summary>Gates, commit, push, pull request.</summary>
    Publishing,

    /// <summary>Parked until CI has concluded.</summary>
    AwaitingCi,

    /// <summary>Parked until a review, a merge or a close.</summary>
    AwaitingReview,

    /// <summary>The fixer works on review or CI remarks.</summary>
    AddressingFeedback,

    /// <summary>Approved and green: a person may merge.</summary>
    ReadyToMerge,

    /// <summary>Ended: merged by a person.</summary>
    Merged,

    /// <summary>Ended: pull request or issue closed.</summary>
    Closed,

    /// <summary>Ended: stopped by a person.</summary>
    Stopped,

    /// <summary>Ended: failed, with a reason and what a person can do.</summary>
    Failed,
}

/// <summary>What holds of states.</summary>
public static class TaskStates
{
    /// <summary>True for a state that nothing follows.</summary>
    public static bool IsOver(this TaskState state) => state is TaskState.Merged or TaskState.Closed or TaskState.Stopped or TaskState.Failed;
}
