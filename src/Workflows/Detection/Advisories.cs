using System.Globalization;
using System.Text.Json;

namespace CodingAgent.Workflows.Detection;

/// <summary>Known advisories and release dates of packages, from files that an operator keeps: nothing is asked over a network.</summary>
public sealed class Advisories
{
    private readonly Dictionary<(string Ecosystem, string Name), List<Advisory>> _byPackage = [];
    private readonly Dictionary<(string Ecosystem, string Name, string Version), DateTimeOffset> _released = [];

    /// <summary>Nothing is known.</summary>
    public static Advisories None { get; } = new();

    /// <summary>True where there is anything to check against.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>Takes one file in: an advisory of the OSV format, or <c>{"releases": {"npm": {"left-pad": {"1.3.0": "2018-04-09T00:00:00Z"}}}}</c>. False for one that is neither.</summary>
    public bool Add(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 64 });
            JsonElement? root = document.RootElement;
            return root.Object("releases") is { } releases ? AddReleases(releases) : root.String("id") is { Length: > 0 and <= 100 } id && AddAdvisory(id, document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Ids of the advisories on a version.</summary>
    public IReadOnlyList<string> On(string ecosystem, string name, string version) => version.Length == 0 ? [] :
        [.. _byPackage.GetValueOrDefault((ecosystem, Normal(ecosystem, name)), []).Where(a => a.Affects(version)).Select(a => a.Id).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>When a version was released; null where that is not known.</summary>
    public DateTimeOffset? ReleasedAt(string ecosystem, string name, string version) => _released.TryGetValue((ecosystem, Normal(ecosystem, name), version), out var at) ? at : null;

    private bool AddReleases(JsonElement? releases)
    {
        foreach (var ecosystem in releases.Names())
        {
            var packages = releases.Object(ecosystem);
            foreach (var name in packages.Names())
            {
                var versions = packages.Object(name);
                foreach (var version in versions.Names())
                {
                    if (DateTimeOffset.TryParse(versions.String(version), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at))
                        _released[(ecosystem, Normal(ecosystem, name), version)] = at;
                }
            }
        }

        IsKnown = true;
        return true;
    }

    private bool AddAdvisory(string id, JsonElement root)
    {
        // One that was taken back says nothing any more.
        if (root.TryGetProperty("withdrawn", out _) || !root.TryGetProperty("affected", out var affected) || affected.ValueKind != JsonValueKind.Array)
            return root.TryGetProperty("withdrawn", out _);
        foreach (JsonElement? entry in affected.EnumerateArray())
        {
            var package = entry.Object("package");
            // "Maven:https://…" is Maven from another repository.
            if (package.String("ecosystem")?.Split(':')[0] is not { } ecosystem || package.String("name") is not { } name)
                continue;
            var ranges = new List<(string From, string? Fixed, string? Last)>();
            foreach (JsonElement? range in Items(entry, "ranges").Where(r => ((JsonElement?)r).String("type") is "SEMVER" or "ECOSYSTEM"))
            {
                string? from = null;
                foreach (JsonElement? e in Items(range, "events"))
                {
                    if (e.String("introduced") is { } introduced) from = introduced;
                    else if (from is not null && (e.String("fixed") ?? e.String("last_affected") ?? e.String("limit")) is { } end)
                    {
                        ranges.Add((from, e.String("last_affected") is null ? end : null, e.String("last_affected")));
                        from = null;
                    }
                }

                if (from is not null) ranges.Add((from, null, null));
            }

            var key = (ecosystem, Normal(ecosystem, name));
            if (!_byPackage.TryGetValue(key, out var known)) _byPackage[key] = known = [];
            known.Add(new Advisory(id, entry.Strings("versions").ToHashSet(StringComparer.OrdinalIgnoreCase), ranges));
        }

        IsKnown = true;
        return true;
    }

    private static JsonElement[] Items(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } e && e.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [];

    private static string Normal(string ecosystem, string name) => ecosystem switch
    {
        "PyPI" => name.ToLowerInvariant().Replace('_', '-').Replace('.', '-'),
        "NuGet" => name.ToLowerInvariant(),
        _ => name,
    };

    private sealed record Advisory(string Id, IReadOnlySet<string> Versions, IReadOnlyList<(string From, string? Fixed, string? Last)> Ranges)
    {
        public bool Affects(string version) => Versions.Contains(version) || Versions.Contains(version.TrimStart('v'))
            || Ranges.Any(r => (r.From == "0" || VersionOrder.Compare(version, r.From) >= 0) && (r.Fixed is null || VersionOrder.Compare(version, r.Fixed) < 0) && (r.Last is null || VersionOrder.Compare(version, r.Last) <= 0));
    }
}

/// <summary>The order of versions, near enough for all these ecosystems: numbers by value, and what comes before a release below it.</summary>
public static class VersionOrder
{
    private static readonly string[] Before = ["dev", "alpha", "a", "beta", "b", "milestone", "m", "c", "rc", "cr", "pre", "preview", "snapshot"];

    /// <summary>Negative when the first is the older one.</summary>
    public static int Compare(string one, string other)
    {
        var (a, b) = (Parts(one), Parts(other));
        for (var i = 0; i < Math.Max(a.Count, b.Count); i++)
        {
            var order = ComparePart(i < a.Count ? a[i] : "", i < b.Count ? b[i] : "");
            if (order != 0) return order;
        }

        return 0;
    }

    private static int ComparePart(string a, string b)
    {
        if (a == b) return 0;
        var (na, nb) = (IsNumber(a), IsNumber(b));
        if (na && nb)
            return a.TrimStart('0') is var x && b.TrimStart('0') is var y && x.Length != y.Length ? x.Length - y.Length : string.CompareOrdinal(a.TrimStart('0'), b.TrimStart('0'));
        // Missing numbers are zero; a word is below nothing (1.0-rc < 1.0), and below a number (1.0-rc < 1.0.1).
        if (a.Length == 0) return nb ? (b.Trim('0').Length == 0 ? 0 : -1) : IsBefore(b) ? 1 : -1;
        if (b.Length == 0) return na ? (a.Trim('0').Length == 0 ? 0 : 1) : IsBefore(a) ? -1 : 1;
        if (na != nb) return na ? 1 : -1;
        var (ia, ib) = (Rank(a), Rank(b));
        return ia != ib ? ia - ib : string.CompareOrdinal(a, b);
    }

    private static int Rank(string word) => Array.IndexOf(Before, word) is >= 0 and var rank ? rank : Before.Length;

    private static bool IsBefore(string word) => Before.Contains(word, StringComparer.Ordinal);

    private static bool IsNumber(string part) => part.Length > 0 && char.IsAsciiDigit(part[0]);

    // "v1.2.0-rc.1+build" is 1 2 0 rc 1.
    private static List<string> Parts(string version)
    {
        var text = version.TrimStart('v', 'V', '=').Split('+')[0].ToLowerInvariant();
        var parts = new List<string>();
        for (var i = 0; i < text.Length;)
        {
            var start = i;
            if (char.IsAsciiDigit(text[i])) while (i < text.Length && char.IsAsciiDigit(text[i])) i++;
            else if (char.IsAsciiLetter(text[i])) while (i < text.Length && char.IsAsciiLetter(text[i])) i++;
            else i++;
            if (char.IsAsciiLetterOrDigit(text[start])) parts.Add(text[start..i]);
        }

        return parts;
    }
}
