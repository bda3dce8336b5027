using System.Globalization;
using CodingAgent.Workflows.Detection;

namespace CodingAgent.Workflows.Flows.Upgrade;

/// <summary>The version that an upgrade goes to, and why no newer one.</summary>
/// <param name="Version">The version; null where none may be taken.</param>
/// <param name="PassedOver">Newer ones that were not taken, a sentence each.</param>
public sealed record VersionChoice(string? Version, IReadOnlyList<string> PassedOver)
{
    private const int MostWords = 5;

    /// <summary>
    /// The newest release that is old enough and has no known advisory. What comes before a release is taken only by who has such a version
    /// already; a version whose date nobody knows is not old enough.
    /// </summary>
    /// <param name="ecosystem">Ecosystem.</param>
    /// <param name="name">Package.</param>
    /// <param name="current">Newest version in use.</param>
    /// <param name="releases">What the registry has.</param>
    /// <param name="leastAge">How long a version must have been public; zero for no matter.</param>
    /// <param name="known">Advisories, and dates where the registry says none.</param>
    /// <param name="now">Now.</param>
    public static VersionChoice Newest(
        string ecosystem, string name, string current, IReadOnlyList<Release> releases, TimeSpan leastAge, Advisories known, DateTimeOffset now)
    {
        var passed = new List<string>();
        var newer = releases.Where(r => PackageGrammar.IsVersion(ecosystem, r.Version) && VersionOrder.Compare(r.Version, current) > 0 && (!IsBefore(r.Version) || IsBefore(current)))
            .OrderByDescending(r => r.Version, Comparer<string>.Create(VersionOrder.Compare));
        foreach (var release in newer)
        {
            var at = release.At ?? known.ReleasedAt(ecosystem, name, release.Version);
            if (release.IsWithdrawn)
                passed.Add($"{release.Version} was withdrawn.");
            else if (known.On(ecosystem, name, release.Version) is { Count: > 0 } advisories)
                passed.Add($"{release.Version} has known advisories: {string.Join(", ", advisories.Take(3))}.");
            else if (leastAge > TimeSpan.Zero && at is null)
                passed.Add($"{release.Version}: nobody says when it was released, and upgrade.min_release_age asks for {Days(leastAge)}.");
            else if (leastAge > TimeSpan.Zero && now - at < leastAge)
                passed.Add($"{release.Version} has been public since {at:yyyy-MM-dd}, less than {Days(leastAge)} (upgrade.min_release_age).");
            else
                return new VersionChoice(release.Version, [.. passed.Take(MostWords)]);
        }

        return new VersionChoice(null, [.. passed.Take(MostWords)]);
    }

    private static string Days(TimeSpan age) => string.Create(CultureInfo.InvariantCulture, $"{age.TotalDays:0.#} days");

    // 2.0.0-rc.1, 2.0rc1, 2.0.dev1; a build's number behind a plus is no such word.
    private static bool IsBefore(string version) => version.Split('+')[0] is var plain && (plain.Contains('-', StringComparison.Ordinal) || plain.Any(char.IsAsciiLetter)) && VersionOrder.Compare(plain, new string([.. plain.TakeWhile(c => char.IsAsciiDigit(c) || c is '.' or 'v' or '!')]).TrimEnd('.')) < 0;
}

/// <summary>A version that a registry has.</summary>
/// <param name="Version">Version, as the registry writes it: outside text.</param>
/// <param name="At">When it was released; null where the registry does not say.</param>
/// <param name="IsWithdrawn">Yanked, unlisted or deprecated as a whole.</param>
public sealed record Release(string Version, DateTimeOffset? At, bool IsWithdrawn = false);
