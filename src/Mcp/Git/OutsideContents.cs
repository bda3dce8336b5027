using System.Security.Cryptography;
using System.Text;
using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Git;

/// <summary>
/// What workspaces of a commit show beside what its own objects hold: contents where git has Git LFS pointers, and the files of submodules.
/// None of it is ever part of a snapshot.
/// </summary>
/// <param name="Lfs">Pointers whose content is in the mirror's cache, by path.</param>
/// <param name="Submodules">Submodules whose files are on this machine, those that hold others before them.</param>
public sealed record OutsideContents(IReadOnlyList<LfsFile> Lfs, IReadOnlyList<SubmoduleFiles> Submodules)
{
    private readonly Dictionary<string, LfsFile> _lfs = Lfs.ToDictionary(f => f.Path, StringComparer.Ordinal);
    private readonly HashSet<string> _submodules = Submodules.Select(s => s.Path).ToHashSet(StringComparer.Ordinal);

    /// <summary>Nothing.</summary>
    public static OutsideContents None { get; } = new([], []);

    /// <summary>Equal for equal contents; empty for none.</summary>
    public string Key { get; } = Lfs.Count + Submodules.Count == 0 ? "" : Digest(
        [.. Lfs.Select(f => $"{f.Path}\0{f.Pointer.Oid}"), .. Submodules.Select(s => $"{s.Path}\0{s.Mirror.RepoKey}\0{s.Commit}")]);

    /// <summary>Bytes they take on disk, about.</summary>
    internal long Bytes => Lfs.Sum(f => f.Pointer.Size) + Submodules.Sum(s => s.Bytes);

    /// <summary>The pointer at a path whose content is shown; null when there is none.</summary>
    internal LfsFile? LfsAt(string path) => _lfs.GetValueOrDefault(path);

    /// <summary>True for the folder of a submodule whose files are shown.</summary>
    internal bool IsSubmodule(string path) => _submodules.Contains(path);

    /// <summary>What of it stands in a tree that differs from the base in these paths; null is a path that is gone.</summary>
    internal OutsideContents In(IReadOnlyDictionary<string, TreeEntry?> differences) => differences.Count == 0 ? this : new(
        [.. Lfs.Select(f => !differences.TryGetValue(f.Path, out var entry) ? f : entry?.ObjectId == f.Entry.ObjectId ? f with { Entry = entry } : null).OfType<LfsFile>()], Submodules);

    private static string Digest(IEnumerable<string> lines) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join("\0\0", lines))))[..16];
}

/// <summary>A file whose content is kept by Git LFS.</summary>
/// <param name="Entry">The pointer's place in the tree.</param>
/// <param name="Pointer">What it says.</param>
public sealed record LfsFile(TreeEntry Entry, LfsPointer Pointer)
{
    /// <summary>Path from the root.</summary>
    public string Path => Entry.Path;
}

/// <summary>The files of one submodule.</summary>
/// <param name="Path">Its folder, from the root of the outermost repository.</param>
/// <param name="Mirror">Mirror that holds the commit.</param>
/// <param name="Commit">The commit it is pinned to.</param>
/// <param name="Bytes">Size of its files together.</param>
public sealed record SubmoduleFiles(string Path, GitMirror Mirror, string Commit, long Bytes);

/// <summary>Puts outside contents into a folder that holds a checked-out tree, and knows where contents of pointers lie.</summary>
internal static class OutsideFiles
{
    /// <summary>Where a mirror keeps the content of a pointer, as git-lfs itself has it.</summary>
    public static string PathOf(string gitDirectory, LfsPointer pointer) =>
        Path.Combine(gitDirectory, "lfs", "objects", pointer.Oid[..2], pointer.Oid[2..4], pointer.Oid);

    /// <summary>True when the content is there; what is there was verified, and a file cut short by a crash has another size.</summary>
    public static bool Has(string gitDirectory, LfsPointer pointer) => new FileInfo(PathOf(gitDirectory, pointer)) is { Exists: true } file && file.Length == pointer.Size;

    public static void Put(WorkspaceFolder folder, string gitDirectory, LfsPointer pointer, TreeEntry entry) =>
        folder.PutCopy(entry.Path, PathOf(gitDirectory, pointer), entry.Mode == "100755" ? 0x1edu : 0x1a4u);

    /// <summary>Lays all of it; the caller gives it to its owner.</summary>
    public static async Task LayAsync(GitProcess git, string gitDirectory, OutsideContents outside, string folder, string index, CancellationToken cancellationToken)
    {
        var target = new WorkspaceFolder(folder, null);
        foreach (var file in outside.Lfs) Put(target, gitDirectory, file.Pointer, file.Entry);
        foreach (var submodule in outside.Submodules)
        {
            target.PutFolder(submodule.Path);
            // Whatever set-up left at the submodule's place is not written through.
            if (target.Stat(submodule.Path).Kind != FolderEntryKind.Directory) throw new GitFailedException($"{submodule.Path} is no folder, so the submodule cannot be put there.");
            GitCall Call(params string[] arguments) => new(submodule.Mirror.GitDirectory, arguments) { WorkTree = Path.Combine(folder, submodule.Path), IndexFile = index };
            await git.RunAsync(Call("read-tree", submodule.Commit), cancellationToken);
            await git.RunAsync(Call("checkout-index", "--all", "--force", "--quiet"), cancellationToken);
            File.Delete(index);
        }
    }
}
