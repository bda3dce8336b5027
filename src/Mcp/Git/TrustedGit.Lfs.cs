namespace CodingAgent.Mcp.Git;

public sealed partial class TrustedGit
{
    private const int MinLfsPointerBytes = 100;

    private static readonly TimeSpan KeepLfs = TimeSpan.FromDays(30);
    private static readonly TimeSpan LeftOver = TimeSpan.FromDays(1);

    /// <summary>
    /// The files of a commit or tree that are Git LFS pointers, by path: small enough, in the form of one, and given to the filter by the
    /// tree's own .gitattributes. Cheap where no .gitattributes names the filter.
    /// </summary>
    public async Task<IReadOnlyList<LfsFile>> LfsFilesAsync(GitMirror mirror, string treeish, CancellationToken cancellationToken)
    {
        var files = (await ListTreeAsync(mirror, treeish, cancellationToken)).Where(e => e.Mode is "100644" or "100755").ToList();
        var attributes = await BlobsAsync(
            mirror, files.Where(f => (f.Path == ".gitattributes" || f.Path.EndsWith("/.gitattributes", StringComparison.Ordinal)) && f.Size <= MaxSubmoduleFileBytes).Select(f => f.ObjectId),
            cancellationToken);
        if (!attributes.Values.Any(a => a.AsSpan().IndexOf("filter=lfs"u8) >= 0)) return [];
        var small = files.Where(f => f.Size is >= MinLfsPointerBytes and < LfsPointer.MaxBytes).ToList();
        var contents = await BlobsAsync(mirror, small.Select(f => f.ObjectId), cancellationToken);
        var pointers = small.Select(f => (Entry: f, Pointer: LfsPointer.Parse(contents[f.ObjectId]))).Where(f => f.Pointer is not null).Select(f => new LfsFile(f.Entry, f.Pointer!)).ToList();
        if (pointers.Count == 0) return [];
        var filtered = await FilteredAsync(mirror, treeish, pointers.Select(p => p.Path), cancellationToken);
        return [.. pointers.Where(p => filtered.Contains(p.Path))];
    }

    /// <summary>
    /// Fetches the contents of a commit's Git LFS files that the mirror's cache lacks, as far as they can be had: what cannot is told, and
    /// stays a pointer. Contents are verified by size and SHA-256, and shared between workspaces.
    /// </summary>
    /// <param name="mirror">Mirror that holds the commit.</param>
    /// <param name="cloneUrl">https URL without credentials.</param>
    /// <param name="credential">Credential for reading, sent to the clone URL's own origin only; null for none.</param>
    /// <param name="commit">Commit that will be worked on.</param>
    /// <param name="cancellationToken">Stops; what was fetched stays.</param>
    public async Task<LfsContents> FetchLfsAsync(GitMirror mirror, string cloneUrl, GitCredential? credential, string commit, CancellationToken cancellationToken)
    {
        var remote = GitRemote.Parse(cloneUrl, credential, _options.AllowFileProtocol);
        var files = await LfsFilesAsync(mirror, commit, cancellationToken);
        if (files.Count == 0) return LfsContents.None;
        var reasons = new Dictionary<LfsPointer, string>();
        var wanted = Wanted(files, reasons);
        Tidy(mirror.GitDirectory, wanted);
        var missing = wanted.Where(p => !OutsideFiles.Has(mirror.GitDirectory, p)).ToList();
        if (missing.Count > 0)
        {
            using var client = new LfsClient(remote, await LfsUrlAsync(mirror, commit, cancellationToken), mirror.GitDirectory, _options, _time);
            await client.FetchAsync(missing, reasons, cancellationToken);
        }

        return new LfsContents(
            [.. files.Where(f => GitText.IsUtf8(f.Path) && !reasons.ContainsKey(f.Pointer))],
            [.. files.Where(f => !GitText.IsUtf8(f.Path) || reasons.ContainsKey(f.Pointer))
                .Select(f => new SkippedPath(GitText.Show(f.Path), reasons.GetValueOrDefault(f.Pointer, "its name is not UTF-8")))]);
    }

    /// <summary>The pointers that may be fetched, each once; for the others the reason is put down.</summary>
    private List<LfsPointer> Wanted(IReadOnlyList<LfsFile> files, Dictionary<LfsPointer, string> reasons)
    {
        var wanted = new List<LfsPointer>();
        var bytes = 0L;
        foreach (var pointer in files.Where(f => GitText.IsUtf8(f.Path)).Select(f => f.Pointer).Distinct())
        {
            if (pointer.IsExtended) reasons[pointer] = "its pointer names an extension, a program that makes the file from what is kept";
            else if (pointer.Size > _options.MaxLfsFileBytes) reasons[pointer] = $"it has {pointer.Size} bytes; at most {_options.MaxLfsFileBytes} are fetched";
            else if (pointer.Size > _options.MaxLfsBytes - bytes) reasons[pointer] = $"the files before it fill the {_options.MaxLfsBytes} bytes that are fetched for one commit";
            else
            {
                bytes += pointer.Size;
                wanted.Add(pointer);
            }
        }

        return wanted;
    }

    /// <summary>Marks contents as used, and lets those go that nobody used for long, and what a crash left half-written.</summary>
    private void Tidy(string gitDirectory, IEnumerable<LfsPointer> used)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        foreach (var pointer in used.Where(p => OutsideFiles.Has(gitDirectory, p))) File.SetLastWriteTimeUtc(OutsideFiles.PathOf(gitDirectory, pointer), now);
        foreach (var (folder, age) in new[] { ("objects", KeepLfs), ("tmp", LeftOver) })
        {
            var path = Path.Combine(gitDirectory, "lfs", folder);
            if (!Directory.Exists(path)) continue;
            foreach (var file in new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories).Where(f => now - f.LastWriteTimeUtc > age)) file.Delete();
        }
    }

    /// <summary>What a repository's .lfsconfig names as its LFS server; outside text.</summary>
    private async Task<string?> LfsUrlAsync(GitMirror mirror, string commit, CancellationToken cancellationToken)
    {
        var result = await _git.TryAsync(new GitCall(mirror.GitDirectory, "config", "--blob", $"{commit}:.lfsconfig", "--no-includes", "-z", "--get", "lfs.url"), cancellationToken);
        return result.ExitCode == 0 ? Text(result.Output).TrimEnd('\0') : null;
    }

    private async Task<HashSet<string>> FilteredAsync(GitMirror mirror, string treeish, IEnumerable<string> paths, CancellationToken cancellationToken)
    {
        // A git directory without attributes of its own: the mirror's switch all others off.
        var directory = Path.Combine(Path.GetDirectoryName(_mirrors)!, "attributes.git");
        using (await MirrorLock.TakeAsync(directory, _time, cancellationToken))
        {
            Directory.CreateDirectory(directory);
            if (!File.Exists(Path.Combine(directory, "config")))
                await _git.RunAsync(new GitCall(directory, "init", "--quiet", "--bare", "--template=", "--initial-branch=unborn"), cancellationToken);
        }

        var index = Path.Combine(_indexes, $"attributes-{Guid.NewGuid():N}");
        try
        {
            GitCall Call(params string[] arguments) => new(directory, arguments)
            {
                IndexFile = index,
                Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["GIT_OBJECT_DIRECTORY"] = Path.Combine(mirror.GitDirectory, "objects") },
            };
            await _git.RunAsync(Call("read-tree", treeish), cancellationToken);
            // Path, attribute, value, each ended by NUL.
            var answer = Records(await _git.RunAsync(Call("check-attr", "--cached", "--stdin", "-z", "filter") with { Input = Zipped(paths) }, cancellationToken));
            return answer.Chunk(3).Where(r => r is [_, _, "lfs"]).Select(r => r[0]).ToHashSet(StringComparer.Ordinal);
        }
        finally
        {
            File.Delete(index);
        }
    }
}

/// <summary>What became of a commit's Git LFS files.</summary>
/// <param name="Files">Those whose content is there.</param>
/// <param name="Missing">Those that stay pointers, with the reason; may hold outside text in paths.</param>
public sealed record LfsContents(IReadOnlyList<LfsFile> Files, IReadOnlyList<SkippedPath> Missing)
{
    /// <summary>The commit has no such files.</summary>
    public static LfsContents None { get; } = new([], []);
}
