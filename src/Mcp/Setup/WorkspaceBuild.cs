using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;
using ModelContextProtocol;

namespace CodingAgent.Mcp.Setup;

/// <summary>
/// Building and checking in one agent's workspace: commands see the set-up layer of what the workspace's manifests ask for, and checks run
/// as the verifier runs them.
/// </summary>
/// <param name="git">Git.</param>
/// <param name="layers">Set-up layers.</param>
/// <param name="workspace">The workspace.</param>
/// <param name="request">How it is set up; the tree is the one it has a layer for now.</param>
/// <param name="environment">Its environment at the start.</param>
public sealed class WorkspaceBuild(
    TrustedGit git, SetupLayers layers, Workspace workspace, SetupRequest request, BuildEnvironment environment)
{
    private BuildEnvironment _environment = environment;
    private SetupRequest _request = request;
    private int _runs;

    /// <summary>True when there is anything to set up.</summary>
    public bool HasSetup => _request.Steps.Count > 0;

    /// <summary>Says why packages must not be set up, given the manifests and lock files that differ from the base's; null when they may.</summary>
    public Func<IReadOnlyList<string>, string?> WhyNotSetUp { get; init; } = _ => null;

    /// <summary>Called with the hosts a set-up was refused.</summary>
    public Action<IReadOnlyList<string>> OnRefused { get; init; } = _ => { };

    /// <summary>Runs a command in the workspace itself.</summary>
    public Task<SandboxResult> RunAsync(string line, SandboxLimits limits, CancellationToken cancellationToken) =>
        _request.Sandbox.RunAsync(_environment.Command(line, workspace) with { Limits = limits }, cancellationToken);

    /// <summary>Runs checks on exactly what the workspace holds now, each on a copy of its own.</summary>
    /// <param name="all">All checks of the repository.</param>
    /// <param name="checks">Those to run.</param>
    /// <param name="whole">False runs only what the change touches, where a check can tell.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Each check with the line that ran.</returns>
    public async Task<IReadOnlyList<(WorkspaceCheck Check, string Line, CheckRun Run)>> RunChecksAsync(
        IReadOnlyList<WorkspaceCheck> all, IReadOnlyList<WorkspaceCheck> checks, bool whole, CancellationToken cancellationToken)
    {
        var snapshot = await git.SnapshotAsync(workspace, cancellationToken);
        var changed = whole ? [] : (await git.DiffAsync(_request.Mirror, workspace.BaseSha, snapshot.TreeId, cancellationToken)).Paths;
        var results = new List<(WorkspaceCheck, string, CheckRun)>();
        await using var runner = new CheckRunner(git, _request with { TreeId = snapshot.TreeId }, _environment, all, $"{workspace.Id}-{Interlocked.Increment(ref _runs)}");
        foreach (var check in checks)
        {
            var line = (changed.Count > 0 ? check.Targeted?.Invoke(changed) : null) ?? check.Run;
            results.Add((check, line, await runner.RunAsync(check, line == check.Run ? null : line, cancellationToken)));
        }

        return results;
    }

    /// <summary>Manifests and lock files that differ from those the workspace was set up with.</summary>
    public async Task<IReadOnlyList<string>> ChangedInputsAsync(CancellationToken cancellationToken) =>
        HasSetup ? await ChangedInputsAsync((await git.SnapshotAsync(workspace, cancellationToken)).TreeId, cancellationToken) : [];

    private async Task<IReadOnlyList<string>> ChangedInputsAsync(string treeId, CancellationToken cancellationToken)
    {
        if (!HasSetup || treeId == _request.TreeId) return [];
        var before = await InputsAsync(_request.TreeId, cancellationToken);
        var now = await InputsAsync(treeId, cancellationToken);
        return [.. before.Except(now).Concat(now.Except(before)).Select(e => e.Path).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    private async Task<string?> WhyNotAsync(string treeId, CancellationToken cancellationToken) =>
        WhyNotSetUp(await layers.ChangedInputsAsync(_request with { TreeId = treeId }, cancellationToken));

    /// <summary>
    /// Sets the workspace up again for its changed manifests: lock files are brought in step and become part of the change, packages appear
    /// below the workspace.
    /// </summary>
    /// <exception cref="McpException">Nobody agreed to the changed manifests; the message says to which.</exception>
    public async Task<(SetupOutcome Outcome, IReadOnlyList<string> Locks)> RunSetupAsync(CancellationToken cancellationToken)
    {
        var tree = (await git.SnapshotAsync(workspace, cancellationToken)).TreeId;
        if (await WhyNotAsync(tree, cancellationToken) is { } reason) throw new McpException(reason);
        var outcome = await layers.PrepareAsync(_request with { TreeId = tree, RefreshLocks = true }, cancellationToken);
        OnRefused(outcome.Refused);
        if (outcome.Failure is not null) return (outcome, []);
        var folder = new WorkspaceFolder(workspace.RootPath, SandboxUser.ForThisProcess);
        foreach (var (path, content) in outcome.Refreshed) folder.Write(path, content);
        await UseAsync((await git.SnapshotAsync(workspace, cancellationToken)).TreeId, outcome.Layer, cancellationToken);
        return (outcome, [.. outcome.Refreshed.Keys.Order(StringComparer.Ordinal)]);
    }

    /// <summary>The workspace now holds another tree: its layer follows.</summary>
    public async Task FollowAsync(string treeId, CancellationToken cancellationToken)
    {
        var changed = await ChangedInputsAsync(treeId, cancellationToken);
        if (changed.Count == 0 || await WhyNotAsync(treeId, cancellationToken) is not null) return;
        var outcome = await layers.PrepareAsync(_request with { TreeId = treeId }, cancellationToken);
        OnRefused(outcome.Refused);
        // Half-edited manifests may not set up; the workspace keeps what it has, and the agent is told when it asks.
        if (outcome.Layer is { } layer) await UseAsync(treeId, layer, cancellationToken);
    }

    private async Task UseAsync(string treeId, SetupLayer? layer, CancellationToken cancellationToken)
    {
        _request = _request with { TreeId = treeId };
        if (layer?.Key == _environment.Layer?.Key) return;
        _environment = _environment with { Layer = layer };
        await git.RelayerAsync(workspace, _environment.Layers, cancellationToken);
    }

    private async Task<HashSet<(string Path, string ObjectId)>> InputsAsync(string treeId, CancellationToken cancellationToken) =>
        [.. (await git.ListTreeAsync(_request.Mirror, treeId, cancellationToken)).Where(e => _request.Reads(e.Path)).Select(e => (e.Path, e.ObjectId))];
}
