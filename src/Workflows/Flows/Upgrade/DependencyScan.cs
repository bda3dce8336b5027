using CodingAgent.Workflows.Detection;

namespace CodingAgent.Workflows.Flows.Upgrade;

/// <summary>Who in a tree asks for which version of what. Pure and total: what cannot be read declares nothing.</summary>
public static class DependencyScan
{
    private const int MostDeclarations = 20_000;

    // Other people's code, and what tests read. Samples and benchmarks are the repository's own: they break as well.
    private static readonly HashSet<string> Foreign = new(StringComparer.OrdinalIgnoreCase)
    {
        "node_modules", "vendor", "third_party", "third-party", "thirdparty", "bower_components", "fixtures", "fixture", "__fixtures__", "testdata", "test-data", "test_data",
        "testassets", "snapshots", "templates", "template", "dist", "bin", "obj", "target", "cookiecutter",
    };

    /// <summary>True for a manifest that is looked at.</summary>
    public static bool IsManifest(string path) => KindOf(path) is not Kind.None && !path.Split('/')[..^1].Any(Foreign.Contains);

    /// <summary>All declarations of a tree, by path and place.</summary>
    /// <param name="files">Paths of the tree; others than manifests are passed over.</param>
    /// <param name="read">Text of a file; null when it is no text or too large.</param>
    public static IReadOnlyList<Declaration> Find(IEnumerable<string> files, Func<string, string?> read)
    {
        var texts = files.Where(IsManifest).Distinct(StringComparer.Ordinal).Select(p => (Path: p, Text: read(p) ?? "")).Where(f => f.Text.Length > 0).ToLookup(f => KindOf(f.Path));
        IEnumerable<Declaration> found =
        [
            .. XmlManifests.Of([.. texts[Kind.MsBuild]], isMaven: false),
            .. XmlManifests.Of([.. texts[Kind.Maven]], isMaven: true),
            .. texts[Kind.Npm].SelectMany(f => JsonManifests.Npm(f.Path, f.Text)),
            .. texts[Kind.Catalog].SelectMany(f => LineManifests.Catalogs(f.Path, f.Text)),
            .. texts[Kind.PyProject].SelectMany(f => TomlManifests.Python(f.Path, f.Text)),
            .. texts[Kind.Requirements].SelectMany(f => LineManifests.Requirements(f.Path, f.Text)),
            .. texts[Kind.Cargo].SelectMany(f => TomlManifests.Cargo(f.Path, f.Text)),
            .. texts[Kind.Go].SelectMany(f => LineManifests.GoMod(f.Path, f.Text)),
            .. texts[Kind.Actions].SelectMany(f => LineManifests.Actions(f.Path, f.Text)),
        ];
        return [.. found.Where(d => PackageGrammar.IsName(d.Ecosystem, d.Name) && d.Constraint.Length <= 200 && !d.Constraint.Any(char.IsControl))
            .OrderBy(d => d.Path, StringComparer.Ordinal).ThenBy(d => d.Start).Take(MostDeclarations)];
    }

    /// <summary>Those of one dependency; an action's with those of its parts (<c>actions/cache/restore</c>).</summary>
    /// <param name="declarations">What <see cref="Find"/> found.</param>
    /// <param name="name">Name as a person writes it.</param>
    public static IReadOnlyList<Declaration> Of(this IReadOnlyList<Declaration> declarations, string name) =>
        [.. declarations.Where(d => PackageGrammar.Normal(d.Ecosystem, d.Name) is var has && PackageGrammar.Normal(d.Ecosystem, name) is var wants
            && (has == wants || (d.Ecosystem == "GitHub Actions" && has.StartsWith(wants + "/", StringComparison.Ordinal))))];

    private static Kind KindOf(string path)
    {
        var name = Paths.Name(path);
        return name switch
        {
            "package.json" => Kind.Npm,
            "pnpm-workspace.yaml" => Kind.Catalog,
            "pyproject.toml" => Kind.PyProject,
            "Cargo.toml" => Kind.Cargo,
            "go.mod" => Kind.Go,
            "pom.xml" => Kind.Maven,
            "action.yml" or "action.yaml" => Kind.Actions,
            _ when path.StartsWith(".github/workflows/", StringComparison.Ordinal) && Paths.Extension(path) is ".yml" or ".yaml" => Kind.Actions,
            _ when XmlManifests.IsMsBuild(path) => Kind.MsBuild,
            _ when Paths.Extension(path) is ".txt" or ".in" && (name.Contains("requirements", StringComparison.OrdinalIgnoreCase) || name.StartsWith("constraints", StringComparison.Ordinal)
                || Paths.Name(Paths.Folder(path)) == "requirements") => Kind.Requirements,
            _ => Kind.None,
        };
    }

    private enum Kind
    {
        None,
        MsBuild,
        Maven,
        Npm,
        Catalog,
        PyProject,
        Requirements,
        Cargo,
        Go,
        Actions,
    }
}

/// <summary>Writes versions into manifests, at the places that declare them and nowhere else.</summary>
public static class ManifestEdits
{
    /// <summary>
    /// The text with a version in the place of some declarations of it; null when one of them does not stand there any more, cannot be
    /// changed, or does not read back as meant.
    /// </summary>
    /// <param name="path">The manifest.</param>
    /// <param name="text">Its text, that the declarations were found in.</param>
    /// <param name="declarations">Declarations of this manifest.</param>
    /// <param name="version">The version, or a commit for an action that is pinned to one.</param>
    /// <param name="label">What to say beside a commit; the old label, where there is one, is replaced.</param>
    /// <param name="isPinned">For the pass that makes a lock file take this version and no newer one.</param>
    public static string? Apply(string path, string text, IEnumerable<Declaration> declarations, string version, string label = "", bool isPinned = false)
    {
        var result = text;
        var wanted = declarations.DistinctBy(d => d.Start).OrderByDescending(d => d.Start).ToArray();
        var expected = new List<(Declaration Before, string Now)>();
        foreach (var declaration in wanted)
        {
            if (declaration.Path != path || declaration.Fixed is not null || !result.AsSpan(Math.Min(declaration.Start, result.Length)).StartsWith(declaration.Constraint, StringComparison.Ordinal)
                || (isPinned ? PackageGrammar.Pinned(declaration, version) ?? declaration.Constraint : PackageGrammar.Raised(declaration, version)) is not { } now)
                return null;
            var end = declaration.Start + declaration.Constraint.Length;
            var tail = result[end..];
            if (declaration.Ecosystem == "GitHub Actions" && PackageGrammar.IsCommit(now) && PackageGrammar.IsVersion(declaration.Ecosystem, label))
                tail = Labelled(tail, declaration.Label, label);
            result = result[..declaration.Start] + now + tail;
            expected.Add((declaration, now));
        }

        // What was written must be what a reader of the whole file now sees, and nothing else may have moved.
        var before = DependencyScan.Find([path], _ => text);
        var after = DependencyScan.Find([path], _ => result);
        return before.Count == after.Count && before.Zip(after).All(p => p.First.Name == p.Second.Name
            && p.Second.Constraint == (expected.Find(e => e.Before.Start == p.First.Start).Now ?? p.First.Constraint)) ? result : null;
    }

    private static string Labelled(string tail, string old, string label)
    {
        var end = tail.IndexOf('\n', StringComparison.Ordinal) is >= 0 and var at ? at : tail.Length;
        var line = tail[..end];
        if (old.Length > 0 && line.LastIndexOf(old, StringComparison.Ordinal) is > 0 and var place)
            line = line[..place] + (old[0] == 'v' ? "v" : "") + label.TrimStart('v') + line[(place + old.Length)..];
        else if (!line.Contains('#', StringComparison.Ordinal))
            line = line.TrimEnd('\r') + $" # {label}" + (line.EndsWith('\r') ? "\r" : "");
        return line + tail[end..];
    }
}
