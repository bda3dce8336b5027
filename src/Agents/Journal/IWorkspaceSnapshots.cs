namespace CodingAgent.Agents.Journal;

/// <summary>Takes and restores snapshots of the workspace an agent run works on.</summary>
public interface IWorkspaceSnapshots
{
    /// <summary>Snapshots the workspace durably (another worker can restore it) and returns the snapshot's id.</summary>
    Task<string> TakeAsync(CancellationToken cancellationToken);

    /// <summary>Makes the workspace equal the snapshot.</summary>
    Task RestoreAsync(string snapshot, CancellationToken cancellationToken);
}
