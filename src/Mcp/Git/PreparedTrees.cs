using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;

namespace CodingAgent.Mcp.Git;

/// <summary>
/// Checked-out trees that workspaces share as their lowest layer: one folder per tree id (and what stands in it from outside) with the files,
/// their listing and the tree's ignore rules. Made once, beside, and renamed into place, so that a crash leaves nothing half-made under a tree's name.
/// </summary>
internal sealed class PreparedTrees(string folder, GitProcess git, TrustedGitOptions options, HostTools tools, TimeProvider time)
{
    private const string Beside = ".new-";
    private const string Doomed = ".old-";
    private const string LockName = "lock";

    // A file's share of the cache beside its bytes: an inode and a half-used block.
    private const long BytesPerFile = 4096;

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _making = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, WeakReference<TrackedPaths>> _tracked = new(StringComparer.Ordinal);

    /// <summary>The prepared tree of that id, made when it is not there; it stays until the caller disposes of it.</summary>
    public async Task<PreparedTree> TakeAsync(string gitDirectory, string treeId, OutsideContents outside, CancellationToken cancellationToken)
    {
        var name = outside.Key.Length == 0 ? treeId : $"{treeId}-{outside.Key}";
        if (TryTake(name, treeId) is { } there) return there;
        var gate = _making.GetOrAdd(name, _ => new SemaphoreSlim(1));
        await gate.WaitAsync(cancellationToken);
        try
        {
            while (true)
            {
                if (TryTake(name, treeId) is { } made) return made;
                await MakeAsync(gitDirectory, name, treeId, outside, cancellationToken);
            }
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>The files of a prepared tree, from memory when some workspace still uses them.</summary>
    public async Task<TrackedPaths> TrackedAsync(PreparedTree tree, CancellationToken cancellationToken)
    {
        if (_tracked.TryGetValue(tree.TreeId, out var kept) && kept.TryGetTarget(out var tracked)) return tracked;
        tracked = TrackedPaths.Parse(await File.ReadAllBytesAsync(tree.Listing, cancellationToken));
        _tracked[tree.TreeId] = new WeakReference<TrackedPaths>(tracked);
        return tracked;
    }

    /// <summary>Removes what a dead process left half-made or half-deleted.</summary>
    public Task CleanAsync(CancellationToken cancellationToken) => tools.RemoveAsync(
        Directory.Exists(folder)
            ? Directory.EnumerateDirectories(folder).Where(d => Path.GetFileName(d).StartsWith('.') && FolderLock.IsFree(Path.Combine(d, LockName))).ToArray()
            : [],
        cancellationToken);

    private PreparedTree? TryTake(string name, string treeId)
    {
        var path = Path.Combine(folder, name);
        if (FolderLock.TryShare(Path.Combine(path, LockName)) is not { } hold) return null;
        // Between opening and locking, another process may have moved it away as unused.
        if (File.Exists(Path.Combine(path, LockName)))
        {
            File.SetLastWriteTimeUtc(Path.Combine(path, LockName), time.GetUtcNow().UtcDateTime);
            return new PreparedTree(treeId, path, hold);
        }

        hold.Dispose();
        return null;
    }

    private async Task MakeAsync(string gitDirectory, string name, string treeId, OutsideContents outside, CancellationToken cancellationToken)
    {
        var beside = Path.Combine(folder, $"{Beside}{RandomNumberGenerator.GetHexString(16, lowercase: true)}");
        Directory.CreateDirectory(beside);
        using var hold = FolderLock.MakeAndShare(Path.Combine(beside, LockName));
        var tree = new PreparedTree(treeId, beside, hold);
        try
        {
            Directory.CreateDirectory(tree.Files);
            Directory.CreateDirectory(tree.Ignores);
            var index = Path.Combine(beside, "index");
            GitCall Call(params string[] arguments) => new(gitDirectory, arguments) { WorkTree = tree.Files, IndexFile = index };
            await git.RunAsync(Call("read-tree", treeId), cancellationToken);
            await git.RunAsync(Call("checkout-index", "--all", "--force", "--quiet"), cancellationToken);
            File.Delete(index);
            await OutsideFiles.LayAsync(git, gitDirectory, outside, tree.Files, index, cancellationToken);
            if (options.WorkspaceOwner is { } owner) await tools.RunAsync("chown", ["-hR", $"{owner.Uid}:{owner.Gid}", "--", tree.Files], cancellationToken);
            var listing = await git.RunAsync(new GitCall(gitDirectory, "ls-tree", "-r", "-z", "--long", "--full-tree", treeId), cancellationToken);
            await File.WriteAllBytesAsync(tree.Listing, listing, cancellationToken);
            var tracked = TrackedPaths.Parse(listing);
            await IgnoreRules.WriteAsync(git, gitDirectory, tracked.Entries, tree.Ignores, cancellationToken);
            var bytes = tracked.Entries.Sum(e => e.Size + BytesPerFile) + outside.Bytes;
            await File.WriteAllTextAsync(Path.Combine(beside, "bytes"), bytes.ToString(CultureInfo.InvariantCulture), cancellationToken);
            await EvictAsync(bytes, cancellationToken);
            if (!Directory.Exists(Path.Combine(folder, name))) Directory.Move(beside, Path.Combine(folder, name));
        }
        catch (IOException) when (Directory.Exists(Path.Combine(folder, name)))
        {
            // Another process was faster.
        }
        finally
        {
            await tools.RemoveAsync([beside], CancellationToken.None);
        }
    }

    /// <summary>Makes room for one more: the least recently used trees that no workspace uses go first.</summary>
    private async Task EvictAsync(long needed, CancellationToken cancellationToken)
    {
        var trees = Directory.EnumerateDirectories(folder)
            .Where(d => !Path.GetFileName(d).StartsWith('.'))
            .Select(d => (Path: d, Bytes: Number(Path.Combine(d, "bytes")), Used: File.GetLastWriteTimeUtc(Path.Combine(d, LockName))))
            .OrderBy(t => t.Used)
            .ToList();
        var (count, bytes) = (trees.Count + 1, trees.Sum(t => t.Bytes) + needed);
        foreach (var tree in trees)
        {
            if (count <= options.PreparedTreeCount && bytes <= options.PreparedTreeBytes) return;
            using (var free = FolderLock.TryOwn(Path.Combine(tree.Path, LockName)))
            {
                if (free is null) continue;
                var doomed = Path.Combine(folder, $"{Doomed}{RandomNumberGenerator.GetHexString(16, lowercase: true)}");
                Directory.Move(tree.Path, doomed);
                await tools.RemoveAsync([doomed], cancellationToken);
            }

            (count, bytes) = (count - 1, bytes - tree.Bytes);
        }
    }

    private static long Number(string path) =>
        File.Exists(path) && long.TryParse(File.ReadAllText(path), CultureInfo.InvariantCulture, out var bytes) ? bytes : 0;
}

/// <summary>A prepared tree in use.</summary>
internal sealed class PreparedTree(string treeId, string folder, FolderLock hold) : IDisposable
{
    public string TreeId => treeId;

    /// <summary>The files; a layer, never written to again.</summary>
    public string Files => Path.Combine(folder, "files");

    /// <summary>Copies of the tree's .gitignore files.</summary>
    public string Ignores => Path.Combine(folder, "ignores");

    /// <summary>What <c>git ls-tree</c> says of it.</summary>
    public string Listing => Path.Combine(folder, "listing");

    public void Dispose() => hold.Dispose();
}
