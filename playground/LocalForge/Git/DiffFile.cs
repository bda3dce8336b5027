namespace CodingAgent.Playground.LocalForge.Git;

/// <summary>One file of a diff.</summary>
/// <param name="Status"><c>added</c>, <c>modified</c>, <c>removed</c> or <c>renamed</c>.</param>
/// <param name="Path">Path after the change.</param>
/// <param name="PreviousPath">Path before a rename.</param>
/// <param name="Patch">Hunks, from the first <c>@@</c>; empty for binary files.</param>
internal sealed record DiffFile(string Status, string Path, string? PreviousPath, string Patch)
{
    public int Additions => Patch.Split('\n').Count(l => l.StartsWith('+'));

    public int Deletions => Patch.Split('\n').Count(l => l.StartsWith('-'));
}
