using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Ports;

/// <summary>The <c>tasks</c> table: written by one activity, read by REST and pages.</summary>
public interface ITaskProjection
{
    /// <summary>Stores the summary unless a newer version of the same run is there already.</summary>
    Task UpsertAsync(TaskSummary task, CancellationToken cancellationToken);

    /// <summary>Reads one task; null when unknown.</summary>
    Task<TaskSummary?> FindAsync(TaskId id, CancellationToken cancellationToken);

    /// <summary>Newest tasks first.</summary>
    Task<IReadOnlyList<TaskSummary>> ListAsync(int limit, CancellationToken cancellationToken);
}
