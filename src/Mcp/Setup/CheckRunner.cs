using System.Globalization;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Setup;

/// <summary>
/// Runs checks, each on a clean workspace of exactly one tree that is thrown away afterwards: what a check makes is neither seen by the
/// next one nor part of anybody's change.
/// </summary>
/// <param name="git">Git.</param>
/// <param name="sandbox">Sandbox.</param>
public sealed class CheckRunner(TrustedGit git, ISandbox sandbox)
{
    /// <summary>Runs one check.</summary>
    /// <param name="mirror">Mirror that holds the objects.</param>
    /// <param name="baseSha">Commit the work starts from.</param>
    /// <param name="treeId">Tree to run on.</param>
    /// <param name="line">Shell line of the check.</param>
    /// <param name="environment">What it sees.</param>
    /// <param name="key">Unique per attempt; names the workspace.</param>
    /// <param name="cancellationToken">Stops; the workspace is removed.</param>
    public async Task<SandboxResult> RunAsync(
        GitMirror mirror, string baseSha, string treeId, string line, BuildEnvironment environment, string key, CancellationToken cancellationToken)
    {
        var workspace = await git.CreateWorkspaceAsync(mirror, baseSha, treeId, key, environment.Layers, cancellationToken);
        try
        {
            return await sandbox.RunAsync(environment.Command(line, workspace), cancellationToken);
        }
        finally
        {
            await git.RemoveWorkspaceAsync(workspace.Id, CancellationToken.None);
        }
    }

    /// <summary>Workspace key of a check within a run.</summary>
    public static string Key(string run, int index) => string.Create(CultureInfo.InvariantCulture, $"{run}-c{index}");
}

/// <summary>A named check of the repository, taken from its base by the caller and never from the workspace.</summary>
/// <param name="Name">Name.</param>
/// <param name="Run">Shell line.</param>
public sealed record WorkspaceCheck(string Name, string Run)
{
    /// <summary>The shell line that runs only what changed paths touch; null, or a null answer, when only the whole makes sense.</summary>
    public Func<IReadOnlyCollection<string>, string?>? Targeted { get; init; }
}
