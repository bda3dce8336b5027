using System.Globalization;
using System.Text.Json;
using CodingAgent.Workflows.Detection;

namespace CodingAgent.Workflows.Flows.Upgrade;

/// <summary>How a registry is asked which versions there are: by the ecosystem's own tool, in the sandbox, through set-up's way out.</summary>
public static class ReleaseLookup
{
    private const int MostReleases = 5_000;

    // The index that pip is told to use, by the form of its answer that has dates (PEP 691, PEP 700).
    private const string PythonIndex =
        "import json,os,sys,urllib.request as u;i=(os.environ.get('PIP_INDEX_URL') or 'https://pypi.org/simple').rstrip('/');print(u.urlopen(u.Request(i+'/'+sys.argv[1]+'/',headers={'Accept':'application/vnd.pypi.simple.v1+json'}),timeout=60).read().decode())";

    /// <summary>Shell line that prints a package's versions; null where there is no way to ask, or for a name that is none.</summary>
    public static string? Line(string ecosystem, string name) => !PackageGrammar.IsName(ecosystem, name) ? null : ecosystem switch
    {
        "npm" => $"npm view {Shell.Quote(name)} time --json",
        "PyPI" => $"python3 -c {Shell.Quote(PythonIndex)} {Shell.Quote(PackageGrammar.Normal("PyPI", name))}",
        "NuGet" => $"dotnet package search {Shell.Quote(name)} --exact-match --format json",
        "Go" => $"go list -m -versions -json {Shell.Quote(name)}",
        _ => null,
    };

    /// <summary>Hosts that it asks, by the names of <see cref="Mcp.Egress.RegistryHosts"/>; null for none.</summary>
    public static string? Registries(string ecosystem) => ecosystem switch { "npm" => "node", "PyPI" => "python", "NuGet" => "dotnet", "Go" => "go", _ => null };

    /// <summary>What the line printed; empty for what cannot be read. Whatever stands around the document is passed over.</summary>
    public static IReadOnlyList<Release> Read(string ecosystem, string output)
    {
        var start = output.IndexOf('{', StringComparison.Ordinal);
        var end = output.LastIndexOf('}');
        if (start < 0 || end < start)
            return [];
        try
        {
            using var document = JsonDocument.Parse(output[start..(end + 1)], new JsonDocumentOptions { MaxDepth = 64, AllowTrailingCommas = true });
            JsonElement? root = document.RootElement;
            IEnumerable<Release> found = ecosystem switch
            {
                "npm" => root.Names().Where(n => n is not ("created" or "modified" or "unpublished")).Select(n => new Release(n, Date(root.String(n)))),
                "PyPI" => Python(root),
                "NuGet" => Items(root, "searchResult").SelectMany(s => Items(s, "packages")).Select(p => ((JsonElement?)p).String("version") ?? ((JsonElement?)p).String("latestVersion") ?? "").Distinct(StringComparer.Ordinal).Select(v => new Release(v, null)),
                "Go" => root.Strings("Versions").Select(v => new Release(v, null)),
                _ => [],
            };
            return [.. found.Where(r => PackageGrammar.IsVersion(ecosystem, r.Version)).Take(MostReleases)];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return [];
        }
    }

    // A version is as old as its first file, and withdrawn when all its files are.
    private static IEnumerable<Release> Python(JsonElement? root)
    {
        var files = Items(root, "files").Select(f => (JsonElement?)f).ToArray();
        foreach (var version in root.Strings("versions"))
        {
            // name-1.0.tar.gz, name-1.0-py3-none-any.whl
            var own = Array.FindAll(files, f => (f.String("filename") ?? "") is var n && (n.Contains($"-{version}-", StringComparison.Ordinal) || n.Contains($"-{version}.tar", StringComparison.Ordinal) || n.Contains($"-{version}.zip", StringComparison.Ordinal)));
            var dates = own.Select(f => Date(f.String("upload-time"))).OfType<DateTimeOffset>().ToArray();
            yield return new Release(version, dates.Length == 0 ? null : dates.Min(), own.Length > 0 && Array.TrueForAll(own, f => f!.Value.TryGetProperty("yanked", out var y) && y.ValueKind is JsonValueKind.True or JsonValueKind.String));
        }
    }

    private static JsonElement[] Items(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } e && e.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [];

    private static DateTimeOffset? Date(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at : null;
}
