namespace CodingAgent.Workflows.Tasks;

/// <summary>What a change does to the packages of a repository, from its manifests and lock files before and after.</summary>
/// <param name="Changes">Packages that a manifest names and that are new or of another version.</param>
/// <param name="Transitive">How many packages only lock files name, and that are new there.</param>
/// <param name="Findings">What a lock file says that no package manager would make of its manifest, by path.</param>
/// <param name="IsChecked">False where no advisories are configured, so that nothing is known of versions.</param>
public sealed record DependencyReport(IReadOnlyList<PackageChange> Changes, int Transitive, IReadOnlyList<RiskyFile> Findings, bool IsChecked)
{
    /// <summary>No package changed.</summary>
    public static DependencyReport None { get; } = new([], 0, [], false);
}

/// <summary>A package that is new, or of another version. Names and versions are outside text.</summary>
/// <param name="Ecosystem">As OSV calls it: <c>npm</c>, <c>PyPI</c>, <c>NuGet</c>, <c>Go</c>, <c>Maven</c>, <c>crates.io</c>.</param>
/// <param name="Name">Name.</param>
/// <param name="From">Version before; null for a new one.</param>
/// <param name="To">Version now; empty for one that is not said.</param>
/// <param name="Path">File that says so.</param>
public sealed record PackageChange(string Ecosystem, string Name, string? From, string To, string Path)
{
    /// <summary>False for one that only a lock file names.</summary>
    public bool IsDirect { get; init; } = true;

    /// <summary>How long this version has been public; null where that is not known.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary>Ids of known advisories on this version.</summary>
    public IReadOnlyList<string> Advisories { get; init; } = [];
}
