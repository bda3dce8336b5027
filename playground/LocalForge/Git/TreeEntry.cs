namespace CodingAgent.Playground.LocalForge.Git;

/// <summary>One entry of a tree: a file, folder or submodule.</summary>
internal sealed record TreeEntry(string Mode, string Type, string Sha, long Size, string Path);
