using System.Globalization;

namespace CodingAgent.Mcp.Git;

public sealed partial class TrustedGit
{
    /// <summary>
    /// Merges two commits into a tree, without a workspace and without making a commit. Where both changed the same, the tree's files hold git's
    /// markers, or one of the two sides where markers cannot be (binary files, a deletion against a change); the conflicts say which.
    /// </summary>
    /// <param name="mirror">Mirror that holds both.</param>
    /// <param name="ours">One side: a commit, or with <paramref name="mergeBase"/> a tree.</param>
    /// <param name="theirs">The other.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <param name="mergeBase">What both are taken to be changes of, whatever their histories say; null for their youngest common ancestor.</param>
    /// <exception cref="GitFailedException">The two have no common history, or git failed.</exception>
    public async Task<MergedTree> MergeAsync(GitMirror mirror, string ours, string theirs, CancellationToken cancellationToken, string? mergeBase = null)
    {
        GitPaths.RequireObjectId(ours, nameof(ours));
        GitPaths.RequireObjectId(theirs, nameof(theirs));
        if (mergeBase is not null)
        {
            // merge-tree takes a base of one's own choice from git 2.40 on; commits that are nothing but trees give every version one.
            async Task<string> CarrierAsync(string treeish, params string[] parents) =>
                await CommitAsync(mirror, await TreeOfAsync(mirror, treeish, cancellationToken), parents, SnapshotMessage, SnapshotIdentity, DateTimeOffset.UnixEpoch, cancellationToken);
            var root = await CarrierAsync(mergeBase);
            (ours, theirs) = (await CarrierAsync(ours, root), await CarrierAsync(theirs, root));
        }

        var result = await _git.TryAsync(new GitCall(mirror.GitDirectory, "merge-tree", "--write-tree", "-z", "--messages", ours, theirs), cancellationToken);
        // 0 is clean, 1 has conflicts; anything else did not merge.
        if (result.ExitCode is not (0 or 1)) throw new GitFailedException($"git merge-tree failed: {GitProcess.Tail(result.Error)}");
        // With empty records: one of them ends the list of conflicts.
        var records = Text(result.Output).Split('\0');
        return new MergedTree(records[0], result.ExitCode == 0 ? [] : Conflicts(records, words => words.Replace(ours, "ours", StringComparison.Ordinal).Replace(theirs, "theirs", StringComparison.Ordinal)));
    }

    // "<tree>", one "<mode> <object> <stage>\t<path>" for each side of a conflict, an empty record; then messages of several records each:
    // "<number of paths>", the paths, "<kind>", "<words>" (git-merge-tree(1)).
    private static List<MergeConflict> Conflicts(string[] records, Func<string, string> named)
    {
        var end = records.Length > 1 ? 1 + records.Skip(1).TakeWhile(r => r.Length > 0).Count() : records.Length;
        var paths = records.Skip(1).Take(end - 1).Select(r => r[(r.IndexOf('\t', StringComparison.Ordinal) + 1)..]).Distinct(StringComparer.Ordinal).ToList();
        var words = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var at = end + 1; at < records.Length && int.TryParse(records[at], NumberStyles.None, CultureInfo.InvariantCulture, out var count) && at + count + 2 < records.Length; at += count + 3)
        {
            if (!records[at + count + 1].StartsWith("CONFLICT", StringComparison.Ordinal)) continue;
            foreach (var path in records.Skip(at + 1).Take(count)) words.TryAdd(path, named(records[at + count + 2].Trim()));
        }

        return [.. paths.Select(p => new MergeConflict(p, words.GetValueOrDefault(p, "")))];
    }
}

/// <summary>Two commits merged.</summary>
/// <param name="TreeId">The tree; with markers where there are conflicts.</param>
/// <param name="Conflicts">Files that both sides changed; empty when the merge is clean.</param>
public sealed record MergedTree(string TreeId, IReadOnlyList<MergeConflict> Conflicts);

/// <summary>A file that both sides of a merge changed.</summary>
/// <param name="Path">Path from the root; bytes that are not UTF-8 as in <see cref="GitText"/>.</param>
/// <param name="Words">What git says of it, in one line; empty when it says nothing.</param>
public sealed record MergeConflict(string Path, string Words);
