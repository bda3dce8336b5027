using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Temporal;

/// <summary>The steps of a task as Temporal knows them.</summary>
public interface IRunHistory
{
    /// <summary>Steps of a run and of those it continues, in the order they were begun; none where Temporal does not keep them any more.</summary>
    /// <param name="task">The task.</param>
    /// <param name="runId">Its latest run.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<IReadOnlyList<StepRun>> ReadAsync(TaskId task, string runId, CancellationToken cancellationToken);
}

/// <summary>An activity of a workflow, with all its attempts.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Began">When it was scheduled.</param>
/// <param name="Ended">When it was over; null while it is not.</param>
/// <param name="Attempts">How often it was tried; 0 while nobody has taken it up, or while that is not known yet.</param>
/// <param name="Failed">Whether it failed in the end.</param>
public sealed record StepRun(string Name, DateTimeOffset Began, DateTimeOffset? Ended, int Attempts, bool Failed);
