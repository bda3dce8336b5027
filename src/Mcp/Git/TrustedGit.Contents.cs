namespace CodingAgent.Mcp.Git;

public sealed partial class TrustedGit
{
    private const int MinLfsPointerBytes = 100;
    private const int MaxSubmoduleFileBytes = 1 << 20;
    private const int MaxSubmodules = 1000;

    /// <summary>
    /// The files of a commit or tree that are Git LFS pointers, by path. Cheap: only where some .gitattributes names the filter, only files
    /// small enough.
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
        return small.Select(f => (f.Path, Pointer: LfsPointer.Parse(contents[f.ObjectId]))).Where(f => f.Pointer is not null)
            .Select(f => new LfsFile(f.Path, f.Pointer!)).ToList();
    }

    /// <summary>
    /// The submodules of a commit or tree, by path: what is pinned in the tree, with the URL that its .gitmodules gives, read as data (no
    /// includes, at most 1 MB and 1000 submodules). Nothing is fetched.
    /// </summary>
    public async Task<IReadOnlyList<GitSubmodule>> SubmodulesAsync(GitMirror mirror, string treeish, CancellationToken cancellationToken)
    {
        var entries = await ListTreeAsync(mirror, treeish, cancellationToken);
        var pinned = entries.Where(e => e.Mode == Submodule).Take(MaxSubmodules).ToList();
        if (pinned.Count == 0) return [];
        var urls = new Dictionary<string, string>(StringComparer.Ordinal);
        if (entries.FirstOrDefault(e => e is { Path: ".gitmodules", Mode: "100644" or "100755", Size: <= MaxSubmoduleFileBytes }) is { } file)
        {
            // Exit code 1 means that nothing matched; a file that git cannot parse gives no URLs.
            var result = await _git.TryAsync(
                new GitCall(mirror.GitDirectory, "config", "--blob", file.ObjectId, "--no-includes", "-z", "--get-regexp", @"^submodule\..*\.(path|url)$"),
                cancellationToken);
            if (result.ExitCode == 0) urls = UrlsByPath(Records(result.Output));
        }

        return pinned.Select(e => new GitSubmodule(e.Path, urls.GetValueOrDefault(e.Path), e.ObjectId)).ToList();
    }

    private static Dictionary<string, string> UrlsByPath(string[] records)
    {
        // "submodule.<name>.path\n<value>"; the name may hold dots, the last value of a key counts.
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var record in records)
        {
            var line = record.IndexOf('\n', StringComparison.Ordinal);
            if (line > 0) values[record[..line]] = record[(line + 1)..];
        }

        var urls = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, path) in values.Where(v => v.Key.EndsWith(".path", StringComparison.Ordinal)))
        {
            if (values.TryGetValue(key[..^".path".Length] + ".url", out var url)) urls[path.TrimEnd('/')] = url;
        }

        return urls;
    }
}

/// <summary>A file whose content is kept by Git LFS.</summary>
/// <param name="Path">Path from the root.</param>
/// <param name="Pointer">What git holds for it.</param>
public sealed record LfsFile(string Path, LfsPointer Pointer);

/// <summary>One submodule of a tree.</summary>
/// <param name="Path">Path from the root.</param>
/// <param name="Url">What .gitmodules gives, as written: may be relative to the repository's own URL, and is outside text. Null when it gives none.</param>
/// <param name="Sha">The commit it is pinned to.</param>
public sealed record GitSubmodule(string Path, string? Url, string Sha)
{
    /// <summary>
    /// The address to fetch from: relative URLs (<c>../lib.git</c>) are resolved against the repository's; null unless the result is https
    /// without credentials on any host, or lies on the repository's own host by the repository's own scheme.
    /// </summary>
    /// <param name="cloneUrl">The repository's own URL.</param>
    public Uri? Resolve(Uri cloneUrl)
    {
        if (string.IsNullOrWhiteSpace(Url) || Url.Any(char.IsControl) || Url.StartsWith('-')) return null;
        var relative = Url.StartsWith("./", StringComparison.Ordinal) || Url.StartsWith("../", StringComparison.Ordinal);
        // Git counts from the repository as if it were a folder.
        var folder = new Uri(cloneUrl.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/");
        if (!(relative ? Uri.TryCreate(folder, Url, out var address) : Uri.TryCreate(Url, UriKind.Absolute, out address))) return null;
        var sameOrigin = address.GetLeftPart(UriPartial.Authority) == cloneUrl.GetLeftPart(UriPartial.Authority);
        return address.UserInfo.Length == 0 && (address.Scheme == Uri.UriSchemeHttps || sameOrigin) ? address : null;
    }
}
