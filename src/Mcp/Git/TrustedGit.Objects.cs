using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace CodingAgent.Mcp.Git;

public sealed partial class TrustedGit
{
    private const int BlobsAtOnce = 5000;

    /// <summary>Who a commit is by that only carries a snapshot on its base: one identity and date, so that equal trees make equal packs.</summary>
    internal static readonly GitIdentity SnapshotIdentity = new("snapshot", "snapshot@localhost");

    /// <summary>Its message.</summary>
    internal const string SnapshotMessage = "snapshot\n";

    private const int MostTrees = 10_000;

    // A commit's tree never changes, and one activity asks for its base's several times.
    private readonly ConcurrentDictionary<(string GitDirectory, string Commit), string> _treeOf = new();

    /// <summary>The tree of a commit.</summary>
    public async Task<string> TreeOfAsync(GitMirror mirror, string commit, CancellationToken cancellationToken)
    {
        GitPaths.RequireObjectId(commit, nameof(commit));
        if (_treeOf.TryGetValue((mirror.GitDirectory, commit), out var known)) return known;
        var output = await _git.RunAsync(
            new GitCall(mirror.GitDirectory, "rev-parse", "--verify", "--end-of-options", $"{commit}^{{tree}}"), cancellationToken);
        if (_treeOf.Count >= MostTrees) _treeOf.Clear();
        return _treeOf[(mirror.GitDirectory, commit)] = Text(output).Trim();
    }

    /// <summary>True when the mirror holds an object.</summary>
    public async Task<bool> ContainsAsync(GitMirror mirror, string objectId, CancellationToken cancellationToken)
    {
        GitPaths.RequireObjectId(objectId, nameof(objectId));
        return (await _git.TryAsync(new GitCall(mirror.GitDirectory, "cat-file", "-e", objectId), cancellationToken)).ExitCode == 0;
    }

    /// <summary>A thin pack with what a tree has beyond the base commit, for a mirror that holds the base. The same tree always makes the same pack.</summary>
    /// <param name="mirror">Mirror that holds both.</param>
    /// <param name="baseSha">The base commit.</param>
    /// <param name="treeId">The tree.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <param name="carrier">The snapshot's own (<see cref="WorkspaceSnapshot.Carrier"/>); null makes one.</param>
    public async Task<byte[]> PackAsync(GitMirror mirror, string baseSha, string treeId, CancellationToken cancellationToken, string? carrier = null)
    {
        GitPaths.RequireObjectId(baseSha, nameof(baseSha));
        carrier ??= await CommitAsync(mirror, treeId, [baseSha], SnapshotMessage, SnapshotIdentity, DateTimeOffset.UnixEpoch, cancellationToken);
        return await _git.RunAsync(
            new GitCall(mirror.GitDirectory, "pack-objects", "--thin", "--stdout", "--revs", "--quiet", "--threads=1")
            {
                Input = Encoding.ASCII.GetBytes($"{carrier}\n^{baseSha}\n"),
            },
            cancellationToken);
    }

    /// <summary>Adds a pack made by <see cref="PackAsync"/> and proves that the tree is whole afterwards.</summary>
    /// <exception cref="GitFailedException">The pack is damaged, its base is missing, or the tree is not complete.</exception>
    public async Task UnpackAsync(GitMirror mirror, byte[] pack, string treeId, CancellationToken cancellationToken)
    {
        GitPaths.RequireObjectId(treeId, nameof(treeId));
        await _git.RunAsync(new GitCall(mirror.GitDirectory, "unpack-objects", "-q", "--strict") { Input = pack }, cancellationToken);
        await _git.RunAsync(new GitCall(mirror.GitDirectory, "rev-list", "--objects", "--quiet", treeId), cancellationToken);
    }

    /// <summary>A regular file of a commit or tree; null when there is none at that path (links and submodules are none).</summary>
    /// <exception cref="GitRejectedException">The file is larger than <paramref name="maxBytes"/>.</exception>
    public async Task<byte[]?> ReadFileAsync(GitMirror mirror, string treeish, string path, CancellationToken cancellationToken, long maxBytes = 10 * 1024 * 1024)
    {
        GitPaths.RequireObjectId(treeish, nameof(treeish));
        if (path.Split('/').Any(part => part is "" or "." or "..") || path.Contains('\0', StringComparison.Ordinal)) return null;
        // A name that is not UTF-8 cannot be an argument of a process; then it is looked up in the listing.
        IReadOnlyList<TreeEntry> entries = GitText.IsUtf8(path)
            ? TreeEntries(await _git.RunAsync(new GitCall(mirror.GitDirectory, "ls-tree", "-z", "--long", "--full-tree", treeish, "--", path), cancellationToken))
            : [.. (await ListTreeAsync(mirror, treeish, cancellationToken)).Where(e => e.Path == path)];
        if (entries is not [{ Mode: "100644" or "100755" } entry]) return null;
        if (entry.Size > maxBytes) throw new GitRejectedException(GitRejection.Refused, $"{GitText.Show(path)} has {entry.Size} bytes; at most {maxBytes} are read.");
        return await _git.RunAsync(new GitCall(mirror.GitDirectory, "cat-file", "blob", entry.ObjectId), cancellationToken);
    }

    /// <summary>A tree with other content in some of its regular files; nothing is checked out.</summary>
    /// <param name="mirror">Mirror that holds the tree.</param>
    /// <param name="baseSha">Commit the tree is a change of.</param>
    /// <param name="treeId">The tree.</param>
    /// <param name="contents">New contents by path.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="GitRejectedException">The tree has no regular file at one of the paths.</exception>
    public async Task<string> ReplaceFilesAsync(
        GitMirror mirror, string baseSha, string treeId, IReadOnlyDictionary<string, byte[]> contents, CancellationToken cancellationToken)
    {
        var modes = (await ListTreeAsync(mirror, treeId, cancellationToken)).Where(e => contents.ContainsKey(e.Path)).ToDictionary(e => e.Path, e => e.Mode, StringComparer.Ordinal);
        var recorder = new TreeRecorder(_git, mirror.GitDirectory);
        foreach (var (path, content) in contents.OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            if (!modes.TryGetValue(path, out var mode) || mode is not ("100644" or "100755"))
                throw new GitRejectedException(GitRejection.NotFound, $"There is no file {GitText.Show(path)}.");
            await recorder.AddAsync(path, mode, content, cancellationToken);
        }

        var commit = await CommitAsync(mirror, treeId, [baseSha], SnapshotMessage, SnapshotIdentity, DateTimeOffset.UnixEpoch, cancellationToken);
        return (await recorder.WriteAsync(commit, [], cancellationToken)).Tree;
    }

    /// <summary>A commit's tree with some files as another tree has them; nothing is checked out.</summary>
    /// <param name="mirror">Mirror that holds both.</param>
    /// <param name="commit">The commit.</param>
    /// <param name="otherTree">The other tree.</param>
    /// <param name="paths">Paths of regular files of the other tree; what it does not have is left as the commit has it.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <param name="deleted">Paths of the commit that are left out.</param>
    public async Task<string> GraftAsync(GitMirror mirror, string commit, string otherTree, IReadOnlyCollection<string> paths, CancellationToken cancellationToken, IReadOnlyCollection<string>? deleted = null)
    {
        var recorder = new TreeRecorder(_git, mirror.GitDirectory);
        foreach (var entry in (await ListTreeAsync(mirror, otherTree, cancellationToken)).Where(e => e.Mode is "100644" or "100755" && paths.Contains(e.Path)))
            await recorder.AddAsync(entry.Path, entry.Mode, await _git.RunAsync(new GitCall(mirror.GitDirectory, "cat-file", "blob", entry.ObjectId), cancellationToken), cancellationToken);
        return (await recorder.WriteAsync(commit, deleted ?? [], cancellationToken)).Tree;
    }

    /// <summary>All files of a commit or tree, by path.</summary>
    public async Task<IReadOnlyList<TreeEntry>> ListTreeAsync(GitMirror mirror, string treeish, CancellationToken cancellationToken)
    {
        GitPaths.RequireObjectId(treeish, nameof(treeish));
        return TreeEntries(await _git.RunAsync(new GitCall(mirror.GitDirectory, "ls-tree", "-r", "-z", "--long", "--full-tree", treeish), cancellationToken));
    }

    /// <summary>The newest commits of a history, optionally only those that touch a path.</summary>
    public async Task<IReadOnlyList<GitLogEntry>> LogAsync(GitMirror mirror, string commit, string? path, int limit, CancellationToken cancellationToken)
    {
        GitPaths.RequireObjectId(commit, nameof(commit));
        string[] arguments =
        [
            "log", "-z", $"--max-count={limit}", "--format=%H%x01%at%x01%an%x01%s", "--no-color", "--no-show-signature", "--no-mailmap", commit, "--",
            .. path is null ? Array.Empty<string>() : [path],
        ];
        // For reading only, so bytes that are not UTF-8 are replaced. The author's line may be broken: no date is the epoch.
        var output = Encoding.UTF8.GetString(await _git.RunAsync(new GitCall(mirror.GitDirectory, arguments), cancellationToken));
        return output.Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Select(r => r.Split('\x01', 4))
            .Select(p => new GitLogEntry(p[0], p[2], DateOf(p[1]), p[3]))
            .ToList();
    }

    private static DateTimeOffset DateOf(string seconds) => DateTimeOffset.FromUnixTimeSeconds(
        Math.Clamp(long.TryParse(seconds, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : 0, 0, DateTimeOffset.MaxValue.ToUnixTimeSeconds()));

    /// <summary>Makes a commit; the same arguments always make the same id, but for a signature that comes out otherwise each time.</summary>
    /// <param name="mirror">Mirror to write to.</param>
    /// <param name="treeId">Content.</param>
    /// <param name="parents">Parent commits.</param>
    /// <param name="message">Whole message.</param>
    /// <param name="author">Author and committer.</param>
    /// <param name="date">Author and committer date, to the second; recorded in UTC.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <param name="sign">Signs it with the configured key.</param>
    /// <exception cref="GitFailedException">The key cannot be used any more.</exception>
    public async Task<string> CommitAsync(
        GitMirror mirror, string treeId, IReadOnlyList<string> parents, string message, GitIdentity author, DateTimeOffset date, CancellationToken cancellationToken, bool sign = false)
    {
        GitPaths.RequireObjectId(treeId, nameof(treeId));
        var arguments = new List<string> { "commit-tree", treeId };
        foreach (var parent in parents) arguments.AddRange(["-p", GitPaths.RequireObjectId(parent, nameof(parents))]);
        var when = $"@{date.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)} +0000";
        var signing = sign && _signer is not null ? await _signer.ReadyAsync(cancellationToken) : null;
        if (signing is not null) arguments.Add("-S");
        var call = new GitCall(mirror.GitDirectory, [.. arguments])
        {
            Input = Encoding.UTF8.GetBytes(message.ReplaceLineEndings("\n").TrimEnd('\n') + "\n"),
            Settings = signing?.Settings ?? [],
            Environment = new Dictionary<string, string>(signing?.Environment ?? new Dictionary<string, string>(), StringComparer.Ordinal)
            {
                ["GIT_AUTHOR_NAME"] = Plain(author.Name),
                ["GIT_AUTHOR_EMAIL"] = Plain(author.Email),
                ["GIT_AUTHOR_DATE"] = when,
                ["GIT_COMMITTER_NAME"] = Plain(author.Name),
                ["GIT_COMMITTER_EMAIL"] = Plain(author.Email),
                ["GIT_COMMITTER_DATE"] = when,
            },
        };
        var result = await _git.TryAsync(call, cancellationToken);
        if (result.ExitCode == 0) return Text(result.Output).Trim();
        throw new GitFailedException(signing is not null ? $"A commit cannot be signed: {CommitSigner.Advice(result.Error)}" : $"git commit-tree failed: {GitProcess.Tail(result.Error)}");
    }

    private static string Plain(string text) => string.Concat(text.Where(c => !char.IsControl(c) && c is not ('<' or '>'))).Trim();

    private async Task<Dictionary<string, long>> SizesAsync(GitMirror mirror, IEnumerable<string> objects, CancellationToken cancellationToken)
    {
        var wanted = objects.Distinct(StringComparer.Ordinal).ToList();
        if (wanted.Count == 0) return [];
        var call = new GitCall(mirror.GitDirectory, "cat-file", "--batch-check=%(objectname) %(objectsize)") { Input = Encoding.ASCII.GetBytes(string.Join('\n', wanted) + "\n") };
        return Text(await _git.RunAsync(call, cancellationToken))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' '))
            .ToDictionary(p => p[0], p => long.Parse(p[1], CultureInfo.InvariantCulture), StringComparer.Ordinal);
    }

    /// <summary>Contents of blobs by id. The caller bounds how much that is.</summary>
    public async Task<Dictionary<string, byte[]>> BlobsAsync(GitMirror mirror, IEnumerable<string> objects, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var chunk in objects.Distinct(StringComparer.Ordinal).Chunk(BlobsAtOnce))
        {
            var call = new GitCall(mirror.GitDirectory, "cat-file", "--batch") { Input = Encoding.ASCII.GetBytes(string.Join('\n', chunk) + "\n") };
            ReadOnlyMemory<byte> rest = await _git.RunAsync(call, cancellationToken);
            while (!rest.IsEmpty)
            {
                // "<id> blob <size>", the content, a line end; "<id> missing" has no content.
                var end = rest.Span.IndexOf((byte)'\n');
                var header = Encoding.ASCII.GetString(rest.Span[..end]).Split(' ');
                rest = rest[(end + 1)..];
                if (header is not [var id, _, var size]) continue;
                var length = int.Parse(size, CultureInfo.InvariantCulture);
                found[id] = rest[..length].ToArray();
                rest = rest[(length + 1)..];
            }
        }

        return found;
    }

    private static List<TreeEntry> TreeEntries(byte[] output) => Records(output)
        .Select(record =>
        {
            var tab = record.IndexOf('\t', StringComparison.Ordinal);
            var fields = record[..tab].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return new TreeEntry(record[(tab + 1)..], fields[0], fields[2], fields[3] == "-" ? 0 : long.Parse(fields[3], CultureInfo.InvariantCulture));
        })
        .ToList();
}

/// <summary>One file of a tree.</summary>
/// <param name="Path">Path from the root; bytes that are not UTF-8 as in <see cref="GitText"/>.</param>
/// <param name="Mode">Git mode (100644, 100755, 120000 symlink, 160000 submodule).</param>
/// <param name="ObjectId">Blob, or commit of a submodule.</param>
/// <param name="Size">Bytes; 0 for a submodule.</param>
public sealed record TreeEntry(string Path, string Mode, string ObjectId, long Size);

/// <summary>One commit of a history.</summary>
/// <param name="Sha">Commit id.</param>
/// <param name="Author">Author's name.</param>
/// <param name="Date">Author date.</param>
/// <param name="Subject">First line of the message.</param>
public sealed record GitLogEntry(string Sha, string Author, DateTimeOffset Date, string Subject);

/// <summary>Author and committer of a commit.</summary>
/// <param name="Name">Name; angle brackets and line breaks are dropped.</param>
/// <param name="Email">Address, likewise.</param>
public sealed record GitIdentity(string Name, string Email);
