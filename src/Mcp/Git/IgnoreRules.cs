using System.Text;

namespace CodingAgent.Mcp.Git;

/// <summary>
/// The ignore rules of one tree: its .gitignore files alone in a folder of their own, for git to judge by. What a workspace's own
/// .gitignore files say now does not count.
/// </summary>
internal static class IgnoreRules
{
    // Git gives up on longer ones (PATH_MAX); they are taken for not ignored, and so are seen.
    private const int LongestPath = 4000;

    /// <summary>Writes the .gitignore files of a tree.</summary>
    public static async Task WriteAsync(GitProcess git, string gitDirectory, IEnumerable<TreeEntry> entries, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        foreach (var entry in entries)
        {
            if (entry.Mode is not ("100644" or "100755") || Path.GetFileName(entry.Path) != ".gitignore" || !IsShort(entry.Path)) continue;
            var target = Path.Combine(folder, entry.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            await File.WriteAllBytesAsync(target, await git.RunAsync(new GitCall(gitDirectory, "cat-file", "blob", entry.ObjectId), cancellationToken), cancellationToken);
        }
    }

    /// <summary>Which of the paths the rules cover.</summary>
    public static async Task<HashSet<string>> CoveredAsync(
        GitProcess git, string gitDirectory, string folder, IReadOnlyCollection<string> paths, CancellationToken cancellationToken)
    {
        if (paths.Count == 0 || !Directory.EnumerateFileSystemEntries(folder).Any()) return [];
        var call = new GitCall(gitDirectory, "check-ignore", "--no-index", "-z", "--stdin")
        {
            WorkTree = folder,
            // Not looked at, but the git directory's own would be.
            IndexFile = Path.Combine(folder, ".git-index-none"),
            // check-ignore has no literal mode; "./" keeps a leading colon from being read as pathspec magic.
            Input = Encoding.UTF8.GetBytes(string.Concat(paths.Where(IsShort).Select(p => $"./{p}\0"))),
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["GIT_LITERAL_PATHSPECS"] = "0" },
        };
        var result = await git.TryAsync(call, cancellationToken);
        if (result.ExitCode > 1) throw new GitFailedException($"git check-ignore failed: {GitProcess.Tail(result.Error)}");
        return Encoding.UTF8.GetString(result.Output).Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(p => p[2..]).ToHashSet(StringComparer.Ordinal);
    }

    private static bool IsShort(string path) => Encoding.UTF8.GetByteCount(path) <= LongestPath;
}
