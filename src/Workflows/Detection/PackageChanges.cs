using System.Text.RegularExpressions;

namespace CodingAgent.Workflows.Detection;

/// <summary>What a change does to packages: which are new or of another version, and what in lock files no package manager writes.</summary>
public static partial class PackageChanges
{
    /// <summary>Those of some files.</summary>
    /// <param name="files">Manifests and lock files with their contents before and after; empty for none.</param>
    public static IReadOnlyList<Changed> Of(IReadOnlyList<(string Path, string Before, string After)> files)
    {
        var read = files.Select(f => (f.Path, Before: Packages.Of(f.Path, f.Before), After: Packages.Of(f.Path, f.After))).ToArray();
        var known = read.SelectMany(f => f.Before).GroupBy(Key).ToDictionary(g => g.Key, g => g.ToArray());
        var found = new Dictionary<(string, string), Changed>();
        // Of what a manifest names, the version that a lock file chose is the one that comes.
        foreach (var (path, package) in read.SelectMany(f => f.After.Select(p => (f.Path, p))).OrderBy(x => x.p.IsLocked))
        {
            var before = known.GetValueOrDefault(Key(package), []);
            var manifest = found.GetValueOrDefault(Key(package));
            if (before.Any(b => b.Version == package.Version && b.IsLocked == package.IsLocked) || (package.Version.Length == 0 && before.Length > 0))
                continue;
            var from = before.Where(b => b.IsLocked == package.IsLocked).Select(b => b.Version).LastOrDefault(v => v.Length > 0) ?? before.Select(b => b.Version).LastOrDefault();
            found[Key(package)] = manifest is { IsDirect: true } ? manifest with { To = package.Version } : new Changed(package.Ecosystem, package.Name, from, package.Version, path, !package.IsLocked);
        }

        return [.. found.Values.OrderBy(c => c.Ecosystem, StringComparer.Ordinal).ThenBy(c => c.Name, StringComparer.Ordinal)];
    }

    /// <summary>What is odd in one lock file, as predicates.</summary>
    public static IReadOnlyList<string> Oddities(string path, string before, string after)
    {
        var found = new List<string>();
        var (old, fresh) = (Sources(before), Sources(after));
        string[] strange = [.. fresh.Where(s => old.Count > 0 ? !old.Contains(s) : !Registries.Contains(s)).Order(StringComparer.Ordinal)];
        if (strange.Length > 0)
            found.Add($"takes packages from {string.Join(", ", strange.Take(5))}");
        var hashes = Packages.Of(path, before).Where(p => p.Hash.Length > 0).GroupBy(p => (p.Name, p.Version)).ToDictionary(g => g.Key, g => g.First().Hash);
        string[] replaced = [.. Packages.Of(path, after).Where(p => p.Hash.Length > 0 && hashes.TryGetValue((p.Name, p.Version), out var hash) && hash != p.Hash && Algorithm(hash) == Algorithm(p.Hash)).Select(p => p.Name).Distinct(StringComparer.Ordinal)];
        if (replaced.Length > 0)
            found.Add($"wants other content for the same version of {string.Join(", ", replaced.Take(5))}");
        return found;
    }

    private static readonly HashSet<string> Registries = new(StringComparer.OrdinalIgnoreCase)
    {
        "registry.npmjs.org", "registry.yarnpkg.com", "pypi.org", "files.pythonhosted.org", "github.com/rust-lang/crates.io-index", "index.crates.io", "static.crates.io", "rubygems.org", "api.nuget.org", "repo.packagist.org", "api.github.com", "codeload.github.com",
    };

    // Where a line says that a package comes from: a host, and of git the repository.
    private static HashSet<string> Sources(string text) => Source().Matches(text).Select(m =>
    {
        var (scheme, host) = (m.Groups["scheme"].Value, m.Groups["host"].Value.Split('@')[^1]);
        var repository = m.Groups["path"].Value;
        var place = $"{host}{(host is not "github.com" ? "" : repository.EndsWith(".git", StringComparison.Ordinal) ? repository[..^4] : repository)}";
        return scheme is "https" or "registry+https" or "sparse+https" ? place : $"{scheme}://{place}";
    }).ToHashSet(StringComparer.OrdinalIgnoreCase);

    // Of two algorithms two hashes are of one content.
    private static string Algorithm(string hash) => hash.IndexOf('-', StringComparison.Ordinal) is > 0 and var dash ? hash[..dash] : "";

    private static (string, string) Key(Package package) => (package.Ecosystem, package.Name);

    [GeneratedRegex(@"(""?(resolved|tarball|source|url|registry|resolution)""?\s*[:=]?\s*\{?\s*""?(\{?\s*(type|url|tarball)\s*[:=]\s*""?)?)(?<scheme>[a-z+]{2,20})://(?<host>[^/\s""'}]+)(?<path>/[^/\s""'?#]+/[^/\s""'?#]+)?", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Source();

    /// <summary>A package that is new or of another version.</summary>
    /// <param name="Ecosystem">As OSV calls it.</param>
    /// <param name="Name">Name.</param>
    /// <param name="From">Version before; null for a new one.</param>
    /// <param name="To">Version now.</param>
    /// <param name="Path">File that says so.</param>
    /// <param name="IsDirect">A manifest names it.</param>
    public sealed record Changed(string Ecosystem, string Name, string? From, string To, string Path, bool IsDirect);
}
