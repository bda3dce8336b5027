namespace CodingAgent.Mcp.Git;

/// <summary>A working folder for one attempt, with its git directory and index outside of it, out of reach of the sandbox.</summary>
/// <param name="Id">Unique per attempt; also the folder's name.</param>
/// <param name="RootPath">Where the host sees the files.</param>
/// <param name="GitDirectory">Bare mirror that holds the objects.</param>
/// <param name="IndexFile">This workspace's own index; layered workspaces need none and have none.</param>
/// <param name="BaseSha">Commit it started from.</param>
public sealed record Workspace(string Id, string RootPath, string GitDirectory, string IndexFile, string BaseSha)
{
    /// <summary>
    /// Program and arguments that a sandbox puts before its own command line to see <see cref="MountedPath"/>; empty when every process
    /// sees it.
    /// </summary>
    public IReadOnlyList<string> Enter { get; init; } = [];

    /// <summary>The folder as a process behind <see cref="Enter"/> sees it; what sandboxes bind.</summary>
    public string MountedPath { get; init; } = RootPath;

    /// <summary>Where the host sees those of the files that are this workspace's own, beside the layers it shares.</summary>
    public string OwnPath { get; init; } = RootPath;
}

/// <summary>Layers below a workspace's own changes, beside the checked-out tree; both are frozen and shared.</summary>
/// <param name="SetupWork">Folder with what set-up made in the workspace, without tracked files; null for none.</param>
/// <param name="GitView">Folder that holds only a <c>.git</c> for the commands to look at; null for none.</param>
public sealed record WorkspaceLayers(string? SetupWork = null, string? GitView = null)
{
    /// <summary>What stands there beside what the repository's own objects hold; decided when the workspace is made.</summary>
    public OutsideContents Outside { get; init; } = OutsideContents.None;

    /// <summary>No such layers.</summary>
    public static WorkspaceLayers None { get; } = new();
}

/// <summary>What set-up left in a workspace, as a layer for other workspaces.</summary>
/// <param name="TrackedChanged">Tracked files that set-up changed or deleted, in ordinal order; they are not part of the layer.</param>
public sealed record FrozenLayer(IReadOnlyList<string> TrackedChanged)
{
    private const int MostNames = 3;

    /// <summary>What could not be taken along, with reasons.</summary>
    public IReadOnlyList<SkippedPath> Skipped { get; init; } = [];

    /// <summary>The same in words; null when all was. Holds names that untrusted commands gave.</summary>
    public string? Remark => Skipped.Count == 0
        ? null
        : $"{Skipped.Count} of the files and folders that it left are not handed on to other commands: {string.Join(", ", Skipped.Take(MostNames).Select(s => $"{s.Path} ({s.Reason})"))}{(Skipped.Count > MostNames ? " and others" : "")}";
}

/// <summary>A workspace's content as a git tree.</summary>
/// <param name="TreeId">Id of the tree.</param>
/// <param name="Skipped">
/// What a tree cannot or must not hold, with reasons; never dropped silently. A tracked file that is skipped stays in the tree as it was.
/// </param>
public sealed record WorkspaceSnapshot(string TreeId, IReadOnlyList<SkippedPath> Skipped)
{
    /// <summary>Build output and caches that no ignore rule of the base covers and that are no part of a change, by folder, with reasons.</summary>
    public IReadOnlyList<SkippedPath> LeftOut { get; init; } = [];

    /// <summary>Commit that carries the tree on top of the base, on no branch; null when none was made.</summary>
    public string? Carrier { get; init; }
}

/// <summary>A path that a snapshot left out.</summary>
/// <param name="Path">Path from the root.</param>
/// <param name="Reason">Why, in words fit for the model and for people.</param>
public sealed record SkippedPath(string Path, string Reason);

/// <summary>A bare mirror of one repository on this machine: a cache, rebuilt when lost.</summary>
/// <param name="RepoKey">Key the mirror is kept under.</param>
/// <param name="GitDirectory">Its folder.</param>
public sealed record GitMirror(string RepoKey, string GitDirectory);
