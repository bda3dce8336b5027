using CodingAgent.Mcp.CodeSearch;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Setup;

/// <summary>
/// What commands of one tree see and may use. Agent turns, the verifier and the trial on the base take it from here, so that a check
/// cannot be green for one and red for another.
/// </summary>
/// <param name="Layer">Set-up layer; null when there is none.</param>
/// <param name="GitView">Folder with the read-only view of history; null for none.</param>
/// <param name="Limits">Limits of each command.</param>
public sealed record BuildEnvironment(SetupLayer? Layer, string? GitView, SandboxLimits Limits)
{
    private const int MostRead = 64 << 20;

    /// <summary>What programs these commands find, as <see cref="SetupRequest.Platform"/> names it.</summary>
    public string Platform { get; init; } = "";

    /// <summary>Variables of every command, beside the sandbox's own: test runners watch and ask nothing when they see <c>CI</c>.</summary>
    public static IReadOnlyDictionary<string, string> Variables { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["CI"] = "true",
        // The view of history is read; nothing waits for its lock.
        ["GIT_OPTIONAL_LOCKS"] = "0",
    };

    /// <summary>No packages and no history.</summary>
    public static BuildEnvironment Bare(SandboxLimits limits) => new(null, null, limits);

    /// <summary>What stands in workspaces beside what the repository's own objects hold.</summary>
    public OutsideContents Outside { get; init; } = OutsideContents.None;

    /// <summary>Host folder of what set-up and then a check made in the workspace, for checks that need that one; null for what set-up made.</summary>
    public string? Made { get; init; }

    /// <summary>The layers below a workspace of this environment.</summary>
    public WorkspaceLayers Layers => new(Made ?? Layer?.WorkPath, GitView) { Outside = Outside };

    /// <summary>A shell line in a workspace of this environment, without network.</summary>
    public SandboxCommand Command(string line, Workspace workspace) => SandboxCommand.Shell(line, workspace.MountedPath, Limits) with
    {
        Enter = workspace.Enter,
        OwnPath = workspace.OwnPath,
        HomeLayer = Layer?.HomePath,
        Environment = Variables,
    };

    /// <summary>A program of ours over a workspace of this environment: it changes nothing there, and all that it prints is kept.</summary>
    public SandboxCommand Command(SymbolProgram reader, Workspace workspace) => new(reader.Argv, workspace.MountedPath, Limits with { OutputBytes = MostRead })
    {
        Enter = workspace.Enter,
        OwnPath = workspace.OwnPath,
        ReadOnlyWorkspace = true,
        Binds = reader.Binds,
    };
}
