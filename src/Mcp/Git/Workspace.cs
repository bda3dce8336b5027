namespace CodingAgent.Mcp.Git;

/// <summary>A working folder for one attempt, with its git directory and index outside of it, out of reach of the sandbox.</summary>
/// <param name="Id">Unique per attempt; also the folder's name.</param>
/// <param name="RootPath">Host folder with the files; bound into sandboxes.</param>
/// <param name="GitDirectory">Bare mirror that holds the objects.</param>
/// <param name="IndexFile">This workspace's own index.</param>
/// <param name="BaseSha">Commit it started from.</param>
public sealed record Workspace(string Id, string RootPath, string GitDirectory, string IndexFile, string BaseSha);

/// <summary>A workspace's content as a git tree.</summary>
/// <param name="TreeId">Id of the tree.</param>
/// <param name="Skipped">What a tree cannot or must not hold, with reasons; never dropped silently.</param>
public sealed record WorkspaceSnapshot(string TreeId, IReadOnlyList<SkippedPath> Skipped);

/// <summary>A path that a snapshot left out.</summary>
/// <param name="Path">Path from the root.</param>
/// <param name="Reason">Why, in words fit for the model and for people.</param>
public sealed record SkippedPath(string Path, string Reason);

/// <summary>A bare mirror of one repository on this machine: a cache, rebuilt when lost.</summary>
/// <param name="RepoKey">Key the mirror is kept under.</param>
/// <param name="GitDirectory">Its folder.</param>
public sealed record GitMirror(string RepoKey, string GitDirectory);
