using CodingAgent.Agents.Journal;
using CodingAgent.Mcp;
using CodingAgent.Mcp.Git;

namespace CodingAgent.Workflows.Activities;

/// <summary>Snapshots of one workspace as trees with thin packs in the artifact store, so that another worker can go on from them.</summary>
internal sealed class PackedSnapshots(TrustedGit git, RepositoryMirrors mirrors, IArtifactStore artifacts, GitMirror mirror, Workspace workspace, SnapshotRef start)
    : IWorkspaceSnapshots
{
    private SnapshotRef _last = start;

    public async Task<string> TakeAsync(CancellationToken cancellationToken)
    {
        var snapshot = await git.SnapshotAsync(workspace, cancellationToken);
        if (snapshot.TreeId == _last.TreeId)
            return _last.ToString();
        string? packId = null;
        if (snapshot.TreeId != await git.TreeOfAsync(mirror, workspace.BaseSha, cancellationToken))
            packId = await artifacts.PutAsync(await git.PackAsync(mirror, workspace.BaseSha, snapshot.TreeId, cancellationToken), cancellationToken);
        _last = new SnapshotRef(snapshot.TreeId, packId);
        return _last.ToString();
    }

    public async Task RestoreAsync(string snapshot, CancellationToken cancellationToken)
    {
        await git.RestoreAsync(workspace, await mirrors.TreeAsync(mirror, workspace.BaseSha, snapshot, cancellationToken), cancellationToken);
        _last = SnapshotRef.Parse(snapshot);
    }
}
