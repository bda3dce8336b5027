namespace CodingAgent.Mcp.Git;

/// <summary>A working folder for one attempt, with its git directory and index outside of it, out of reach of the sandbox.</summary>
/// <param name="Id">Unique per attempt; also the folder's name.</param>
/// <param name="RootPath">Host folder with the files; bound into sandboxes.</param>
/// <param name="GitDirectory">Bare mirror that holds the objects.</param>
/// <param name="IndexFile">This workspace's own index.</param>
/// <param name="BaseSha">Commit it started from.</param>
public sealed record Workspace(string Id, string RootPath, string GitDirectory, string IndexFile, string BaseSha);
