using System.Text.Json;
using System.Text.RegularExpressions;
using Tomlyn.Model;

namespace CodingAgent.Workflows.Detection;

/// <summary>
/// Packages that manifests and lock files name, for the ecosystems that have most of them. Total: what cannot be read names none. Ranges are
/// told by the version they begin with.
/// </summary>
public static partial class Packages
{
    private const int Most = 50_000;

    /// <summary>What a file names; empty for one that is no manifest or lock file of these.</summary>
    /// <param name="path">Path, whose name says what it is.</param>
    /// <param name="text">Content.</param>
    public static IReadOnlyList<Package> Of(string path, string text)
    {
        // Lock files are longer than what detection reads; whoever reads them bounds them.
        var view = new RepositoryView([new DetectedFile(path, "", text.Length)], _ => text, text.Length);
        var name = Paths.Name(path);
        var found = name.ToLowerInvariant() switch
        {
            "package.json" => Npm(view.Json(path)),
            "package-lock.json" or "npm-shrinkwrap.json" => NpmLock(view.Json(path)),
            "yarn.lock" => YarnEntry().Matches(text).Select(m => new Package("npm", m.Groups["name"].Value, m.Groups["version"].Value, IsLocked: true)),
            "pnpm-lock.yaml" => PnpmEntry().Matches(text).Select(m => new Package("npm", m.Groups["name"].Value, m.Groups["version"].Value, IsLocked: true)),
            "packages.lock.json" => NuGetLock(view.Json(path)),
            "packages.config" => view.Xml(path).Where(e => e.Name == "package").Select(e => new Package("NuGet", e.Attribute("id") ?? "", e.Attribute("version") ?? "")),
            "pyproject.toml" => Python(view.Toml(path)),
            "poetry.lock" or "uv.lock" or "pdm.lock" => TomlEntry().Matches(text).Select(m => new Package("PyPI", Normal(m.Groups["name"].Value), m.Groups["version"].Value, IsLocked: true)),
            "cargo.lock" => TomlEntry().Matches(text).Select(m => new Package("crates.io", m.Groups["name"].Value, m.Groups["version"].Value, IsLocked: true) { Hash = m.Groups["hash"].Value }),
            "pipfile.lock" => Pipfile(view.Json(path)),
            "cargo.toml" => Cargo(view.Toml(path)),
            "go.mod" => GoRequire().Matches(text).Select(m => new Package("Go", m.Groups["name"].Value, m.Groups["version"].Value, m.Groups["indirect"].Success)),
            "go.sum" => GoSum().Matches(text).Select(m => new Package("Go", m.Groups["name"].Value, m.Groups["version"].Value, IsLocked: true)),
            "pom.xml" => Maven(view.Xml(path)),
            "build.gradle" or "build.gradle.kts" => GradleEntry().Matches(text).Select(m => new Package("Maven", m.Groups["name"].Value, m.Groups["version"].Value)),
            _ when name.EndsWith("proj", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".props", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".targets", StringComparison.OrdinalIgnoreCase) => MsBuild(view.Xml(path)),
            _ when name.Contains("requirements", StringComparison.OrdinalIgnoreCase) || name.StartsWith("constraints", StringComparison.OrdinalIgnoreCase) || Paths.Folder(path).EndsWith("requirements", StringComparison.Ordinal) =>
                text.Split('\n').Select(l => Requirement(l)).OfType<Package>(),
            _ => [],
        };
        return [.. found.Where(p => p.Name.Length is > 0 and <= 214 && p.Version.Length <= 100).Take(Most)];
    }

    private static IEnumerable<Package> Npm(JsonElement? root)
    {
        foreach (var section in (string[])["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"])
        {
            var packages = root.Object(section);
            foreach (var name in packages.Names())
                yield return new Package("npm", name, Bare(packages.String(name)));
        }
    }

    private static IEnumerable<Package> NpmLock(JsonElement? root)
    {
        var packages = root.Object("packages");
        foreach (var place in packages.Names().Where(p => p.Contains("node_modules/", StringComparison.Ordinal)))
        {
            var entry = packages.Object(place);
            yield return new Package("npm", entry.String("name") ?? place[(place.LastIndexOf("node_modules/", StringComparison.Ordinal) + "node_modules/".Length)..], entry.String("version") ?? "", IsLocked: true) { Hash = entry.String("integrity") ?? "" };
        }

        // The form before npm 7.
        var dependencies = packages is null ? root.Object("dependencies") : null;
        foreach (var name in dependencies.Names())
        {
            var entry = dependencies.Object(name);
            yield return new Package("npm", name, entry.String("version") ?? "", IsLocked: true) { Hash = entry.String("integrity") ?? "" };
        }
    }

    private static IEnumerable<Package> NuGetLock(JsonElement? root)
    {
        var frameworks = root.Object("dependencies");
        return frameworks.Names().SelectMany(f =>
        {
            var packages = frameworks.Object(f);
            return packages.Names().Select(n => (Name: n, Entry: packages.Object(n))).Where(p => p.Entry.String("type") != "Project")
                .Select(p => new Package("NuGet", p.Name, p.Entry.String("resolved") ?? "", IsLocked: true) { Hash = p.Entry.String("contentHash") ?? "" });
        });
    }

    private static IEnumerable<Package> MsBuild(IReadOnlyList<XmlEntry> entries)
    {
        for (var i = 0; i < entries.Count; i++)
        {
            if (entries[i].Name is not ("PackageReference" or "PackageVersion" or "GlobalPackageReference"))
                continue;
            var version = entries[i].Attribute("Version") ?? entries[i].Attribute("VersionOverride")
                ?? entries.Skip(i + 1).TakeWhile(e => e.Depth > entries[i].Depth).FirstOrDefault(e => e.Name == "Version")?.Text;
            foreach (var name in (entries[i].Attribute("Include") ?? entries[i].Attribute("Update") ?? "").Split(';', StringSplitOptions.TrimEntries))
                yield return new Package("NuGet", name, Bare(version));
        }
    }

    private static IEnumerable<Package> Maven(IReadOnlyList<XmlEntry> entries)
    {
        for (var i = 0; i < entries.Count; i++)
        {
            if (entries[i].Name is not ("dependency" or "plugin" or "parent"))
                continue;
            var within = entries.Skip(i + 1).TakeWhile(e => e.Depth > entries[i].Depth).Where(e => e.Depth == entries[i].Depth + 1).ToArray();
            string Text(string name) => Array.Find(within, e => e.Name == name)?.Text ?? "";
            if (Text("artifactId") is { Length: > 0 } artifact)
                yield return new Package("Maven", $"{Text("groupId")}:{artifact}", Text("version"));
        }
    }

    private static IEnumerable<Package> Python(TomlTable? root)
    {
        var lists = ((IEnumerable<object?>[])[root.Table("project").List("dependencies"), .. Lists(root.Table("project", "optional-dependencies")), .. Lists(root.Table("dependency-groups"))]).SelectMany(l => l);
        foreach (var line in lists.OfType<string>())
        {
            if (Requirement(line) is { } package)
                yield return package;
        }

        var groups = root.Table("tool", "poetry", "group");
        foreach (var table in ((TomlTable?[])[root.Table("tool", "poetry", "dependencies"), root.Table("tool", "poetry", "dev-dependencies"), .. (groups?.Keys ?? []).Select(g => groups.Table(g, "dependencies"))]).OfType<TomlTable>())
        {
            foreach (var (name, value) in table.Where(t => t.Key != "python"))
                yield return new Package("PyPI", Normal(name), Bare(value as string ?? (value as TomlTable).String("version")));
        }

        static IEnumerable<IEnumerable<object?>> Lists(TomlTable? table) => (table?.Keys ?? []).Select(k => table.List(k));
    }

    private static IEnumerable<Package> Pipfile(JsonElement? root) => ((string[])["default", "develop"]).SelectMany(s =>
    {
        var packages = root.Object(s);
        return packages.Names().Select(n => new Package("PyPI", Normal(n), Bare(packages.Object(n).String("version")), IsLocked: true));
    });

    private static IEnumerable<Package> Cargo(TomlTable? root)
    {
        var targets = root.Table("target");
        TomlTable?[] tables =
        [
            .. ((string[])["dependencies", "dev-dependencies", "build-dependencies"]).SelectMany(s => (TomlTable?[])[root.Table(s), .. (targets?.Keys ?? []).Select(t => targets.Table(t, s))]), root.Table("workspace", "dependencies"),
        ];
        return tables.OfType<TomlTable>().SelectMany(t => t).Select(d => new Package("crates.io", (d.Value as TomlTable).String("package") ?? d.Key, Bare(d.Value as string ?? (d.Value as TomlTable).String("version"))));
    }

    private static Package? Requirement(string line) => PythonEntry().Match(line) is { Success: true } m ? new Package("PyPI", Normal(m.Groups["name"].Value), m.Groups["version"].Value) : null;

    // The index takes these for one name.
    private static string Normal(string name) => Separators().Replace(name.ToLowerInvariant(), "-");

    private static string Bare(string? version) => FirstVersion().Match(version ?? "").Value;

    [GeneratedRegex(@"[-_.]+", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Separators();

    [GeneratedRegex(@"[0-9][0-9A-Za-z.+\-]*", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex FirstVersion();

    [GeneratedRegex(@"^\s*(?<name>[A-Za-z0-9][A-Za-z0-9._\-]*)\s*(\[[^\]]*\])?\s*([(]?\s*(===|==|~=|>=|<=|!=|<|>)\s*(?<version>[^\s,;#)\\]+))?", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex PythonEntry();

    [GeneratedRegex(@"^""?(?<name>@?[^@""\s]+)@[^\n]*:\r?\n\s+""?version""?:?\s+""?(?<version>[^""\s]+)", RegexOptions.Multiline | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex YarnEntry();

    [GeneratedRegex(@"^name\s*=\s*['""](?<name>[^'""\n]+)['""]\s*\nversion\s*=\s*['""](?<version>[^'""\n]+)['""](\s*\nsource\s*=\s*[^\n]*)?(\s*\nchecksum\s*=\s*['""](?<hash>[^'""\n]+))?", RegexOptions.Multiline | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex TomlEntry();

    [GeneratedRegex(@"^  ['""]?/?(?<name>@?[^@'""\s]+)@(?<version>[0-9][^:('""\s]*)[^\n]*:\s*$", RegexOptions.Multiline | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex PnpmEntry();

    [GeneratedRegex(@"^\s*(require\s+)?(?<name>[a-z0-9][\w.\-]*\.[a-z]+/\S+)\s+(?<version>v\S+)(?<indirect>\s*//\s*indirect)?", RegexOptions.Multiline | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex GoRequire();

    [GeneratedRegex(@"^(?<name>\S+)\s+(?<version>v[^\s/]+)\s+h1:", RegexOptions.Multiline | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex GoSum();

    [GeneratedRegex(@"['""](?<name>[\w.\-]+:[\w.\-]+):(?<version>[0-9][\w.\-+]*)['""@]", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex GradleEntry();
}

/// <summary>A package that a file names.</summary>
/// <param name="Ecosystem">As OSV calls it.</param>
/// <param name="Name">Name.</param>
/// <param name="Version">Version; empty where none is said.</param>
/// <param name="IsLocked">Named by a lock file, or as somebody else's need.</param>
public sealed record Package(string Ecosystem, string Name, string Version, bool IsLocked = false)
{
    /// <summary>What its content must be; empty where that is not said.</summary>
    public string Hash { get; init; } = "";
}
