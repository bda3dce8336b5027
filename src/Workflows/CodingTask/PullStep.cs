namespace CodingAgent.Workflows.CodingTask;

/// <summary>What a task with a published pull request does next: a closed set.</summary>
public abstract record PullStep
{
    /// <summary>Takes the draft state off.</summary>
    public sealed record MarkReady : PullStep;

    /// <summary>Answers reviews, mends CI or both.</summary>
    /// <param name="BecauseOfCi">Red CI is a cause.</param>
    /// <param name="BecauseOfReview">A review is a cause.</param>
    public sealed record Address(bool BecauseOfCi, bool BecauseOfReview) : PullStep;

    /// <summary>Waits.</summary>
    /// <param name="State">Parked state to show.</param>
    /// <param name="Step">In words.</param>
    /// <param name="Note">What people should know; empty for none.</param>
    /// <param name="CiTimer">True when CI is expected and worth a timer.</param>
    public sealed record Wait(TaskState State, string Step, string Note, bool CiTimer) : PullStep;
}
