using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Overlays;

namespace CodingAgent.Mcp.Tests.Git;

/// <summary>An origin and a trusted git of its own for one test.</summary>
public sealed class GitFixture : IDisposable
{
    private readonly ScratchFolder _root = new();
    private readonly List<TrustedGit> _made = [];
    private readonly WorkspaceLayering? _layering;

    public GitFixture()
        : this(null)
    {
    }

    public GitFixture(WorkspaceLayering? layering)
    {
        _layering = layering;
        Git = NewGit("one");
    }

    public Origin Origin { get; } = new();

    public TrustedGit Git { get; }

    /// <summary>Another machine: same origin, nothing shared on disk.</summary>
    public TrustedGit NewGit(string machine, Func<TrustedGitOptions, TrustedGitOptions>? change = null)
    {
        var options = LayeringDataAttribute.Options(_root[machine], _layering);
        var git = new TrustedGit(change?.Invoke(options) ?? options, TimeProvider.System);
        _made.Add(git);
        return git;
    }

    /// <summary>A path beside the machines' folders, on the same file system.</summary>
    public string Beside(string name) => _root[name];

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
        foreach (var git in _made) git.DetachWorkspaces();
        Origin.Dispose();
        _root.Dispose();
    }
}
