using System.Text;
using CodingAgent.Mcp.Texts;

namespace CodingAgent.Mcp.Git;

public sealed partial class TrustedGit
{
    private const int MaxScriptBytes = 1 << 16;

    // git's own threshold; above the limit of pairs only unchanged content is recognised.
    private static readonly string[] RenameOptions = ["-M50%", "-C50%", "-l2000"];

    /// <summary>What a tree changes against a commit, from git objects alone. Renames and copies are told as such.</summary>
    public async Task<ChangeSet> DiffAsync(GitMirror mirror, string baseSha, string treeId, CancellationToken cancellationToken)
    {
        GitPaths.RequireObjectId(baseSha, nameof(baseSha));
        GitPaths.RequireObjectId(treeId, nameof(treeId));
        var output = await _git.RunAsync(
            new GitCall(
                mirror.GitDirectory,
                ["diff-tree", "-r", "--raw", "--numstat", "-z", "--no-abbrev", .. RenameOptions, "--no-ext-diff", "--no-textconv", "--ignore-submodules=none", baseSha, treeId]),
            cancellationToken);
        var (raws, stats) = DiffTreeOutput.Parse(Records(output));
        var sizes = await SizesAsync(mirror, raws.Where(r => r.Kind != ChangeKind.Deleted && r.Mode != Submodule).Select(r => r.ObjectId), cancellationToken);
        var scripts = await ScriptsAsync(mirror, raws, sizes, cancellationToken);
        var files = raws
            .Select(r =>
            {
                var stat = stats.GetValueOrDefault(r.Path, new DiffTreeOutput.Stat(0, 0, IsBinary: false));
                return new ChangedFile(
                    r.Path, r.Kind, r.Mode, sizes.GetValueOrDefault(r.ObjectId), stat.IsBinary, stat.Insertions, stat.Deletions)
                {
                    OldPath = r.OldPath,
                    OldMode = r.Kind == ChangeKind.Added ? null : r.OldMode,
                    Similarity = r.Similarity,
                    ContentChanged = r.OldId != r.ObjectId,
                    IsScript = scripts.Contains(r.ObjectId),
                };
            })
            .OrderBy(f => f.Path, StringComparer.Ordinal)
            .ToList();
        return new ChangeSet(baseSha, treeId, files, files.Sum(f => f.Insertions), files.Sum(f => f.Deletions));
    }

    /// <summary>The change as unified diff text, bytes that are not UTF-8 replaced; renames show their edits only; cut with a last line saying so above <paramref name="maxChars"/> characters.</summary>
    /// <param name="mirror">Mirror that holds both sides.</param>
    /// <param name="baseSha">Old side.</param>
    /// <param name="treeId">New side.</param>
    /// <param name="paths">Files or folders to show; empty for all.</param>
    /// <param name="maxChars">Longest text.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<string> PatchTextAsync(
        GitMirror mirror, string baseSha, string treeId, IReadOnlyList<string> paths, int maxChars, CancellationToken cancellationToken)
    {
        GitPaths.RequireObjectId(baseSha, nameof(baseSha));
        GitPaths.RequireObjectId(treeId, nameof(treeId));
        var output = await _git.RunAsync(
            new GitCall(
                mirror.GitDirectory,
                ["diff-tree", "-r", "-p", .. RenameOptions, "--no-color", "--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/", baseSha, treeId, "--", .. paths]),
            cancellationToken);
        var text = Encoding.UTF8.GetString(output);
        return text.Length <= maxChars ? text : $"{TextCut.Head(text, maxChars)}\n[... {text.Length - maxChars} more characters of diff ...]\n";
    }

    /// <summary>Which of the files whose executable bit changed are scripts.</summary>
    private async Task<HashSet<string>> ScriptsAsync(
        GitMirror mirror, List<DiffTreeOutput.Raw> raws, Dictionary<string, long> sizes, CancellationToken cancellationToken)
    {
        var asked = raws.Where(r => r.NewMode is "100755" or "100644" && (r.NewMode == "100755") != (r.OldMode == "100755"))
            .Select(r => r.ObjectId).Where(id => sizes.GetValueOrDefault(id) is >= 2 and <= MaxScriptBytes);
        var contents = await BlobsAsync(mirror, asked, cancellationToken);
        return contents.Where(c => c.Value.AsSpan().StartsWith("#!"u8)).Select(c => c.Key).ToHashSet(StringComparer.Ordinal);
    }
}
