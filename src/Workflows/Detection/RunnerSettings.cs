using System.Globalization;
using System.Text.Json;
using Tomlyn.Model;

namespace CodingAgent.Workflows.Detection;

/// <summary>
/// Tells apart, in a manifest, what decides how checks run (scripts, runner and compiler settings, build steps) from the rest: the packages
/// it needs and what it says about itself. What is not known to be of the rest counts as a setting.
/// </summary>
public static class RunnerSettings
{
    private const int MostDepth = 64;

    private static readonly HashSet<string> PackageJson = new(StringComparer.Ordinal)
    {
        "name", "version", "description", "keywords", "author", "contributors", "maintainers", "license", "repository", "homepage", "bugs", "funding", "private", "publishConfig",
        "dependencies", "devDependencies", "peerDependencies", "peerDependenciesMeta", "optionalDependencies", "bundledDependencies", "bundleDependencies", "overrides", "resolutions",
        "files", "main", "module", "types", "typings", "typesVersions", "exports", "browser", "bin", "man", "sideEffects", "engines", "packageManager",
    };

    private static readonly HashSet<string> ComposerJson = new(StringComparer.Ordinal)
    {
        "name", "version", "description", "type", "keywords", "homepage", "time", "license", "authors", "support", "funding", "readme", "require", "require-dev", "conflict", "replace",
        "provide", "suggest", "autoload", "minimum-stability", "prefer-stable", "abandoned", "archive", "bin",
    };

    private static readonly string[] Toml =
    [
        "project", "build-system", "dependency-groups", "dependencies", "dev-dependencies", "build-dependencies", "target", "features", "badges", "patch",
        "tool.poetry.dependencies", "tool.poetry.dev-dependencies", "tool.poetry.group", "tool.poetry.extras", "tool.poetry.name", "tool.poetry.version", "tool.poetry.description",
        "tool.poetry.authors", "tool.poetry.packages", "tool.uv.sources", "tool.uv.dev-dependencies", "tool.pdm.dev-dependencies", "workspace.dependencies", "workspace.package",
        "package.name", "package.version", "package.description", "package.authors", "package.keywords", "package.categories", "package.license", "package.license-file",
        "package.repository", "package.homepage", "package.documentation", "package.readme", "package.edition", "package.rust-version", "package.publish",
    ];

    private static readonly HashSet<string> Items = new(StringComparer.OrdinalIgnoreCase)
    {
        "PackageReference", "ProjectReference", "PackageVersion", "GlobalPackageReference", "ManagePackageVersionsCentrally", "FrameworkReference", "Compile", "None", "Content", "EmbeddedResource", "Folder", "InternalsVisibleTo", "Using",
        "Version", "VersionPrefix", "AssemblyVersion", "FileVersion", "Description", "Authors", "Company", "Copyright", "PackageId", "PackageTags", "PackageLicenseExpression",
        "RepositoryUrl", "RootNamespace", "AssemblyName", "ItemGroup", "PropertyGroup", "IsPackable", "GenerateDocumentationFile", "TargetFramework", "TargetFrameworks", "OutputType",
        "Nullable", "ImplicitUsings", "LangVersion",
    };

    /// <summary>True when two versions of a manifest hold the same settings.</summary>
    /// <param name="path">Path, whose name says what it is.</param>
    /// <param name="before">Content before; empty for none.</param>
    /// <param name="after">Content after; empty for none.</param>
    public static bool AreSame(string path, string before, string after) => Of(path, before).SetEquals(Of(path, after));

    private static HashSet<string> Of(string path, string text)
    {
        var view = new RepositoryView([new DetectedFile(path, "", text.Length)], _ => text);
        var settings = new HashSet<string>(StringComparer.Ordinal);
        switch (Paths.Name(path).ToLowerInvariant())
        {
            case "package.json":
                Add(view.Json(path), PackageJson, settings);
                break;
            case "composer.json":
                Add(view.Json(path), ComposerJson, settings);
                break;
            case "setup.cfg":
                AddSections(text, settings);
                break;
            case "pom.xml":
                AddElements(view.Xml(path), e => e.Name is "dependencies" or "dependencyManagement", e => e.Depth <= 1 && e.Name is "project" or "version" or "description" or "name" or "url", settings);
                break;
            case var name when name.EndsWith(".toml", StringComparison.Ordinal):
                Add(view.Toml(path), "", settings, 0);
                break;
            default:
                AddElements(view.Xml(path), _ => false, IsInert, settings);
                break;
        }

        // What cannot be read is a setting as a whole.
        if (view.Unreadable.Count > 0) settings.Add(text);
        return settings;
    }

    private static void Add(JsonElement? root, HashSet<string> rest, HashSet<string> settings)
    {
        if (root is not { } element) return;
        foreach (var member in element.EnumerateObject().Where(m => !rest.Contains(m.Name))) settings.Add($"{member.Name}: {JsonSerializer.Serialize(member.Value)}");
    }

    private static void Add(TomlTable? table, string path, HashSet<string> settings, int depth)
    {
        foreach (var (key, value) in table ?? [])
        {
            var name = path.Length == 0 ? key : $"{path}.{key}";
            if (Toml.Contains(name, StringComparer.Ordinal)) continue;
            if (value is TomlTable below && depth < MostDepth) Add(below, name, settings, depth + 1);
            else settings.Add($"{name}: {Words(value, 0)}");
        }
    }

    private static string Words(object? value, int depth) => value switch
    {
        _ when depth > MostDepth => "",
        TomlTable table => $"{{{string.Join(", ", table.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}: {Words(p.Value, depth + 1)}"))}}}",
        TomlTableArray tables => $"[{string.Join(", ", tables.Select(t => Words(t, depth + 1)))}]",
        TomlArray list => $"[{string.Join(", ", list.Select(v => Words(v, depth + 1)))}]",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static void AddSections(string text, HashSet<string> settings)
    {
        var section = "";
        foreach (var line in text.Split('\n').Select(l => l.TrimEnd()).Where(l => l.Length > 0 && l[0] is not ('#' or ';')))
        {
            if (line[0] == '[') section = line;
            if (!(section is "[metadata]" || section.StartsWith("[options", StringComparison.Ordinal))) settings.Add($"{section} {line}");
        }
    }

    // Each element with the way to it; what lies below a whole one is not looked at.
    private static void AddElements(IReadOnlyList<XmlEntry> elements, Func<XmlEntry, bool> isWhole, Func<XmlEntry, bool> isInert, HashSet<string> settings)
    {
        var way = new List<string>();
        var skipped = int.MaxValue;
        foreach (var element in elements)
        {
            if (element.Depth > skipped) continue;
            skipped = isWhole(element) ? element.Depth : int.MaxValue;
            way.RemoveRange(Math.Min(element.Depth, way.Count), Math.Max(0, way.Count - element.Depth));
            way.Add(element.Name);
            if (skipped == int.MaxValue && !isInert(element))
                settings.Add($"{string.Join('/', way)} {string.Join(' ', element.Attributes.Select(a => $"{a.Key}={a.Value}").Order(StringComparer.Ordinal))} {element.Text}");
        }
    }

    private static bool IsInert(XmlEntry e) => e.Name switch
    {
        // A condition or another SDK is a setting; so is a project that says it is no test project.
        "Project" => e.Depth == 0 && e.Attributes.All(a => a is { Key: "Sdk", Value: "Microsoft.NET.Sdk" or "Microsoft.NET.Sdk.Web" or "Microsoft.NET.Sdk.Razor" or "Microsoft.NET.Sdk.Worker" }),
        "IsTestProject" => e.Attributes.Count == 0 && e.Text.Equals("true", StringComparison.OrdinalIgnoreCase),
        _ => Items.Contains(e.Name) && !e.Attributes.ContainsKey("Condition") && !(e.Name is "Compile" or "None" && e.Attributes.ContainsKey("Remove")),
    };
}
