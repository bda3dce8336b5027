using CodingAgent.Mcp.Git;

namespace CodingAgent.Mcp.Tests.Git;

/// <summary>An origin and a trusted git of its own for one test.</summary>
public sealed class GitFixture : IDisposable
{
    private readonly ScratchFolder _root = new();

    public GitFixture() => Git = NewGit("one");

    public Origin Origin { get; } = new();

    public TrustedGit Git { get; }

    /// <summary>Another machine: same origin, nothing shared on disk.</summary>
    public TrustedGit NewGit(string machine) =>
        new(new TrustedGitOptions { Root = _root[machine], AllowFileProtocol = true }, TimeProvider.System);

    public Task<GitMirror> MirrorAsync() => Git.FetchMirrorAsync("test:o/r", Origin.Url, null, CancellationToken.None);

    public async Task<(GitMirror Mirror, Workspace Workspace)> WorkspaceAsync(string baseSha)
    {
        var mirror = await MirrorAsync();
        return (mirror, await Git.CreateWorkspaceAsync(mirror, baseSha, null, "ws-1", CancellationToken.None));
    }

    public async Task<ChangeSet> ChangesAsync(GitMirror mirror, Workspace workspace)
    {
        var snapshot = await Git.SnapshotAsync(workspace, CancellationToken.None);
        return await Git.DiffAsync(mirror, workspace.BaseSha, snapshot.TreeId, CancellationToken.None);
    }

    public void Dispose()
    {
        Origin.Dispose();
        _root.Dispose();
    }
}
