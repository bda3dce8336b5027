using CodingAgent.Agents.Journal;
using CodingAgent.Mcp;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Setup;

namespace CodingAgent.Workflows.Activities;

/// <summary>
/// A workspace snapshot that any worker can restore: a tree and the artifact with the thin pack that leads to it from the base commit.
/// Text form <c>tree</c> or <c>tree:pack</c>.
/// </summary>
/// <param name="TreeId">Git tree.</param>
/// <param name="PackId">Artifact with the pack; null when the tree is the base commit's own or part of a pushed commit.</param>
public sealed record SnapshotRef(string TreeId, string? PackId)
{
    /// <summary>Parses the text form.</summary>
    public static SnapshotRef Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? new SnapshotRef(text, null) : new SnapshotRef(text[..colon], text[(colon + 1)..]);
    }

    /// <summary>True when both hold the same content; null stands for the base commit as it is.</summary>
    public static bool SameTree(string? a, string? b) => a is null || b is null ? a is null && b is null : Parse(a).TreeId == Parse(b).TreeId;

    /// <summary>The text form.</summary>
    public override string ToString() => PackId is null ? TreeId : $"{TreeId}:{PackId}";
}

/// <summary>Snapshots of one workspace as trees with thin packs in the artifact store, so that another worker can go on from them.</summary>
internal sealed class PackedSnapshots(
    TrustedGit git, RepositoryMirrors mirrors, IArtifactStore artifacts, GitMirror mirror, Workspace workspace, SnapshotRef start, WorkspaceBuild build)
    : IWorkspaceSnapshots
{
    private SnapshotRef _last = start;

    /// <summary>Most bytes of packs that may be stored.</summary>
    public long MaxBytes { get; init; } = long.MaxValue;

    /// <summary>Bytes of packs that the task stored before, and those stored here.</summary>
    public long Bytes { get; set; }

    public async Task<string> TakeAsync(CancellationToken cancellationToken)
    {
        var snapshot = await git.SnapshotAsync(workspace, cancellationToken);
        if (snapshot.TreeId == _last.TreeId)
            return _last.ToString();
        string? packId = null;
        if (snapshot.TreeId != await git.TreeOfAsync(mirror, workspace.BaseSha, cancellationToken))
        {
            var pack = await git.PackAsync(mirror, workspace.BaseSha, snapshot.TreeId, cancellationToken, snapshot.Carrier);
            if (Bytes + pack.Length > MaxBytes)
                throw new SnapshotsExhaustedException($"The snapshots of this task's work hold {(Bytes + pack.Length) >> 20} MiB together, more than it may store ({MaxBytes >> 20} MiB, Snapshots:MaxTaskSize).");
            packId = await artifacts.PutAsync(pack, cancellationToken);
            Bytes += pack.Length;
        }

        _last = new SnapshotRef(snapshot.TreeId, packId);
        return _last.ToString();
    }

    public async Task RestoreAsync(string snapshot, CancellationToken cancellationToken)
    {
        var tree = await mirrors.TreeAsync(mirror, workspace.BaseSha, snapshot, cancellationToken);
        await git.RestoreAsync(workspace, tree, cancellationToken);
        await build.FollowAsync(tree, cancellationToken);
        _last = SnapshotRef.Parse(snapshot);
    }
}
