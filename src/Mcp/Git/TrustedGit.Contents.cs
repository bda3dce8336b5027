using System.Text.RegularExpressions;

namespace CodingAgent.Mcp.Git;

public sealed partial class TrustedGit
{
    private const int MaxSubmoduleFileBytes = 1 << 20;
    private const int MaxSubmodules = 1000;

    /// <summary>
    /// The submodules of a commit or tree, by path: what is pinned in the tree, with the URL that its .gitmodules gives, read as data (no
    /// includes, at most 1 MB and 1000 submodules). Nothing is fetched.
    /// </summary>
    public async Task<IReadOnlyList<GitSubmodule>> SubmodulesAsync(GitMirror mirror, string treeish, CancellationToken cancellationToken)
    {
        var entries = await ListTreeAsync(mirror, treeish, cancellationToken);
        var pinned = entries.Where(e => e.Mode == Submodule).Take(MaxSubmodules).ToList();
        if (pinned.Count == 0) return [];
        var told = new Dictionary<string, (string? Url, bool IsLeftAlone)>(StringComparer.Ordinal);
        if (entries.FirstOrDefault(e => e is { Path: ".gitmodules", Mode: "100644" or "100755", Size: <= MaxSubmoduleFileBytes }) is { } file)
        {
            // Exit code 1 means that nothing matched; a file that git cannot parse gives no URLs.
            var result = await _git.TryAsync(
                new GitCall(mirror.GitDirectory, "config", "--blob", file.ObjectId, "--no-includes", "-z", "--get-regexp", @"^submodule\..*\.(path|url|update)$"),
                cancellationToken);
            if (result.ExitCode == 0) told = ByPath(Records(result.Output));
        }

        return pinned.Select(e => new GitSubmodule(e.Path, told.GetValueOrDefault(e.Path).Url, e.ObjectId) { IsLeftAlone = told.GetValueOrDefault(e.Path).IsLeftAlone }).ToList();
    }

    private static Dictionary<string, (string? Url, bool IsLeftAlone)> ByPath(string[] records)
    {
        // "submodule.<name>.path\n<value>"; the name may hold dots, the last value of a key counts.
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var record in records)
        {
            var line = record.IndexOf('\n', StringComparison.Ordinal);
            if (line > 0) values[record[..line]] = record[(line + 1)..];
        }

        var found = new Dictionary<string, (string? Url, bool IsLeftAlone)>(StringComparer.Ordinal);
        foreach (var (key, path) in values.Where(v => v.Key.EndsWith(".path", StringComparison.Ordinal)))
        {
            var name = key[..^".path".Length];
            found[path.TrimEnd('/')] = (values.GetValueOrDefault(name + ".url"), values.GetValueOrDefault(name + ".update") == "none");
        }

        return found;
    }
}

/// <summary>One submodule of a tree.</summary>
/// <param name="Path">Path from the root.</param>
/// <param name="Url">What .gitmodules gives, as written: may be relative to the repository's own URL, and is outside text. Null when it gives none.</param>
/// <param name="Sha">The commit it is pinned to.</param>
public sealed partial record GitSubmodule(string Path, string? Url, string Sha)
{
    /// <summary>True for <c>update = none</c>: <c>git submodule update</c> passes it over.</summary>
    public bool IsLeftAlone { get; init; }

    /// <summary>
    /// The address to fetch from: relative URLs (<c>../lib.git</c>) are resolved against the repository's, and those of ssh
    /// (<c>git@host:o/r</c>, <c>ssh://</c>) and <c>git://</c> become https on their host; null unless the result is https without credentials on any
    /// host, or lies on the repository's own host by the repository's own scheme.
    /// </summary>
    /// <param name="cloneUrl">The repository's own URL.</param>
    public Uri? Resolve(Uri cloneUrl) => Url is null ? null : Address(Url, cloneUrl);

    /// <summary>The URL for people: without user, password and query; empty when it cannot be told what of it is which.</summary>
    public string Shown => Url is null || Url.Any(char.IsControl) ? ""
        : Scp().Match(Url) is { Success: true } scp ? $"{scp.Groups["host"].Value}:{scp.Groups["path"].Value}"
        : !Uri.TryCreate(Url, UriKind.RelativeOrAbsolute, out var address) ? ""
        : address.IsAbsoluteUri ? address.Scheme is not ("https" or "http" or "ssh" or "git" or "file") ? "" : $"{address.Scheme}://{address.Authority}{address.AbsolutePath}"
        : Url.StartsWith('.') ? Url.Split('?', '#')[0] : "";

    /// <inheritdoc cref="Resolve"/>
    /// <param name="url">A URL as a repository's files give it.</param>
    /// <param name="cloneUrl">The repository's own URL.</param>
    internal static Uri? Address(string url, Uri cloneUrl)
    {
        if (string.IsNullOrWhiteSpace(url) || url.Any(char.IsControl) || url.StartsWith('-')) return null;
        var relative = url.StartsWith("./", StringComparison.Ordinal) || url.StartsWith("../", StringComparison.Ordinal) || url is "." or "..";
        // Git counts from the repository as if it were a folder.
        var folder = new Uri(cloneUrl.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/");
        Uri? address;
        if (relative)
        {
            if (!Uri.TryCreate(folder, url, out address)) return null;
            address = new Uri(address.AbsoluteUri.TrimEnd('/'));
        }
        else if ((Ssh().Match(url) is { Success: true } ssh ? ssh : Scp().Match(url)) is { Success: true } other)
        {
            // The forge's own host keeps the port that its repositories are fetched at.
            var (host, path) = (other.Groups["host"].Value, other.Groups["path"].Value.TrimStart('/'));
            var authority = host.Equals(cloneUrl.Host, StringComparison.OrdinalIgnoreCase) ? cloneUrl.GetLeftPart(UriPartial.Authority) : $"https://{host}";
            if (!Uri.TryCreate($"{authority}/{path}", UriKind.Absolute, out address)) return null;
        }
        else if (!Uri.TryCreate(url, UriKind.Absolute, out address))
        {
            return null;
        }

        var sameOrigin = address.GetLeftPart(UriPartial.Authority) == cloneUrl.GetLeftPart(UriPartial.Authority);
        return address.UserInfo.Length == 0 && (address.Scheme == Uri.UriSchemeHttps || sameOrigin) ? address : null;
    }

    // A host of one letter is a drive of Windows.
    [GeneratedRegex(@"\A(?:[\w.+-]+@)?(?<host>[A-Za-z0-9][A-Za-z0-9.-]+):(?<path>/?[\w.~][\w./~+%-]*)\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Scp();

    [GeneratedRegex(@"\A(?:ssh|git\+ssh|ssh\+git|git)://(?:[\w.+-]+@)?(?<host>[A-Za-z0-9][A-Za-z0-9.-]*)(?::\d+)?/(?<path>[^?#\s]+)\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Ssh();
}
