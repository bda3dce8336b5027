using System.Globalization;
using CodingAgent.Mcp.CodeSearch;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Setup;

/// <summary>
/// Runs a tree's checks, each on a clean workspace of exactly that tree that is thrown away afterwards: what a check makes is neither seen by
/// the next one nor part of anybody's change, so the order of checks says nothing. Only one that needs another sees what that one made,
/// beside the tracked files, which are the tree's again.
/// </summary>
/// <param name="git">Git.</param>
/// <param name="request">The tree, and the sandbox that it runs in.</param>
/// <param name="environment">What checks see.</param>
/// <param name="checks">All checks of the repository, without a circle.</param>
/// <param name="key">Unique per attempt; begins the workspaces' names.</param>
public sealed class CheckRunner(TrustedGit git, SetupRequest request, BuildEnvironment environment, IReadOnlyList<WorkspaceCheck> checks, string key) : IAsyncDisposable
{
    private readonly Dictionary<string, (SandboxResult Result, BuildEnvironment? After)> _needed = new(StringComparer.Ordinal);
    private readonly List<string> _kept = [];
    private int _runs;

    /// <summary>Runs one check, after those that it needs.</summary>
    /// <param name="check">The check, one of all.</param>
    /// <param name="line">Another line than its own, for a part of it; null for the whole.</param>
    /// <param name="cancellationToken">Stops; the workspaces are removed.</param>
    public async Task<CheckRun> RunAsync(WorkspaceCheck check, string? line, CancellationToken cancellationToken)
    {
        var (path, seen) = ("", environment);
        foreach (var need in Chain(check))
        {
            path = $"{path}\n{need.Name}";
            var (made, after) = await PrepareAsync(path, need, seen, cancellationToken);
            if (after is null) return new CheckRun(made, need);
            seen = after;
        }

        var isNeeded = line is null && checks.Any(c => c.Needs.Contains(check.Name, StringComparer.Ordinal));
        if (isNeeded) return new CheckRun((await PrepareAsync($"{path}\n{check.Name}", check, seen, cancellationToken)).Result, null);
        var workspace = await MakeAsync(seen, cancellationToken);
        try
        {
            return new CheckRun(await request.Sandbox.RunAsync(check.Reader is { } reader ? seen.Command(reader, workspace) : seen.Command(line ?? check.Run, workspace), cancellationToken), null);
        }
        finally
        {
            await git.RemoveWorkspaceAsync(workspace.Id, CancellationToken.None);
        }
    }

    /// <summary>Everything that decides what a check does: its line, after the lines of those that it needs.</summary>
    public string LinesOf(WorkspaceCheck check) => string.Join('\n', Chain(check).Append(check).Select(c => c.Run));

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var id in _kept) await git.RemoveWorkspaceAsync(id, CancellationToken.None);
        _kept.Clear();
    }

    // What a check needs, and what that needs, in the order in which they run, each once.
    private List<WorkspaceCheck> Chain(WorkspaceCheck check) =>
        [.. check.Needs.Select(Named).SelectMany(c => Chain(c).Append(c)).DistinctBy(c => c.Name)];

    private WorkspaceCheck Named(string name) => checks.FirstOrDefault(c => c.Name == name) ?? throw new ArgumentException($"There is no check '{name}', which another one needs.", nameof(name));

    /// <summary>Runs a check whose result others see, once for each way there; no environment after it when it is red.</summary>
    private async Task<(SandboxResult Result, BuildEnvironment? After)> PrepareAsync(string path, WorkspaceCheck check, BuildEnvironment seen, CancellationToken cancellationToken)
    {
        if (_needed.TryGetValue(path, out var known)) return known;
        var workspace = await MakeAsync(seen, cancellationToken);
        _kept.Add(workspace.Id);
        var result = await request.Sandbox.RunAsync(seen.Command(check.Run, workspace), cancellationToken);
        if (!result.Succeeded) return _needed[path] = (result, null);
        var (made, layer) = await git.FreezeAsync(workspace, cancellationToken);
        if (layer.Remark is { } remark) result = result with { StandardError = $"{result.StandardError}\n[{remark}]\n" };
        return _needed[path] = (result, seen with { Made = made });
    }

    private Task<Workspace> MakeAsync(BuildEnvironment seen, CancellationToken cancellationToken) => git.CreateWorkspaceAsync(
        request.Mirror, request.BaseSha, request.TreeId, string.Create(CultureInfo.InvariantCulture, $"{key}-c{_runs++}"), seen.Layers, cancellationToken);
}

/// <summary>What running a check gave.</summary>
/// <param name="Result">Its result, or that of the check it needs.</param>
/// <param name="RedNeed">The red check that kept it from running; null when it ran.</param>
public sealed record CheckRun(SandboxResult Result, WorkspaceCheck? RedNeed);

/// <summary>A named check of the repository, taken from its base by the caller and never from the workspace.</summary>
/// <param name="Name">Name.</param>
/// <param name="Run">Shell line.</param>
public sealed record WorkspaceCheck(string Name, string Run)
{
    /// <summary>Names of checks that run before it, and whose results it sees.</summary>
    public IReadOnlyList<string> Needs { get; init; } = [];

    /// <summary>A program of ours that reads what the checks it needs have made, in place of <see cref="Run"/>; null for the line.</summary>
    public SymbolProgram? Reader { get; init; }

    /// <summary>The shell line that runs only what changed paths touch; null, or a null answer, when only the whole makes sense.</summary>
    public Func<IReadOnlyCollection<string>, string?>? Targeted { get; init; }
}
