using Tomlyn.Model;

namespace CodingAgent.Workflows.Detection;

/// <summary>Rust: cargo packages and workspaces.</summary>
internal static class CargoProjects
{
    private const int MostProjects = 6;

    public static void Detect(DetectionBuilder found)
    {
        var view = found.View;
        var roots = new List<string>();
        foreach (var folder in view.Named("Cargo.toml").Select(Paths.Folder))
        {
            var above = roots.Where(r => Paths.IsBelow(folder, r)).MaxBy(r => r.Length);
            // A package below another is a member, or a thing of its own when it has its own lock or workspace.
            if (above is null || view.Has(Paths.Join(folder, "Cargo.lock")) || view.Toml(Paths.Join(folder, "Cargo.toml")).Table("workspace") is not null)
                roots.Add(folder);
        }

        if (roots.Count == 0 || !found.HasTool("cargo", Paths.Join(roots[0], "Cargo.toml")))
            return;
        found.Ecosystems.Add("cargo");
        foreach (var root in roots.Take(MostProjects))
            Project(found, root);
    }

    private static void Project(DetectionBuilder found, string folder)
    {
        var view = found.View;
        var manifest = view.Toml(Paths.Join(folder, "Cargo.toml"));
        var isWorkspace = manifest.Table("workspace") is not null;
        var hasLock = view.Has(Paths.Join(folder, "Cargo.lock"));
        Channel(found, folder);
        found.Setup(new SetupStep(
            "cargo fetch", folder, Shell.In(folder, hasLock ? "cargo fetch --locked" : "cargo fetch"), "cargo", Shell.In(folder, "cargo fetch"))
        {
            Registries = "rust",
        });

        var ci = found.CiFor(folder, CheckKind.Test, "cargo")
            .FirstOrDefault(c => c.Line.StartsWith("cargo test", StringComparison.Ordinal) && !c.Line.Contains("cargo test +", StringComparison.Ordinal) && !c.Line.Contains("--target", StringComparison.Ordinal));
        var run = (ci?.Line ?? (isWorkspace ? "cargo test --workspace" : "cargo test")).Replace("cargo test", "cargo test --offline", StringComparison.Ordinal).Replace(" --offline --offline", " --offline", StringComparison.Ordinal);
        var units = isWorkspace ? Units(view, folder) : [];
        found.Check(
            "cargo", folder, Shell.In(folder, run), CheckKind.Test,
            units.Length > 1 && folder.Length == 0 ? new TestTargets(TargetStyle.Units, folder, "cargo test --offline {}", units) : null);
        foreach (var lint in found.CiFor(folder, CheckKind.Lint, "cargo").Take(2))
            found.Check("cargo", folder, Shell.In(folder, lint.Line.Replace("cargo clippy", "cargo clippy --offline", StringComparison.Ordinal)), CheckKind.Lint, optional: true);
    }

    // A change of a member is tested in it and in the members that name it by path.
    private static TestUnit[] Units(RepositoryView view, string root)
    {
        var members = view.Below(root).Where(p => Paths.Name(p) == "Cargo.toml" && !RepositoryView.IsForeign(p))
            .Select(p => (Folder: Paths.Folder(p), Manifest: view.Toml(p))).Where(m => m.Manifest.Table("package").String("name") is not null)
            .Select(m => (m.Folder, Name: m.Manifest.Table("package").String("name")!, Uses: Uses(m.Folder, m.Manifest))).ToArray();
        return [.. members.Select(m =>
        {
            var touched = new HashSet<string>(StringComparer.Ordinal) { m.Name };
            for (var before = 0; before != touched.Count;)
            {
                before = touched.Count;
                touched.UnionWith(members.Where(o => o.Uses.Any(u => members.Any(t => touched.Contains(t.Name) && (t.Folder == u || t.Name == u)))).Select(o => o.Name));
            }

            return new TestUnit(m.Folder, [.. touched.Order(StringComparer.Ordinal).Select(n => $"--package={n}")]);
        })];
    }

    // By path, or by name where the workspace says the path.
    private static string[] Uses(string folder, TomlTable? manifest) =>
        [.. new[] { "dependencies", "dev-dependencies", "build-dependencies" }.SelectMany(kind => manifest.Table(kind) is { } table ? table : [])
            .Select(d => (d.Value as TomlTable) is not { } t ? null : t.TryGetValue("workspace", out var w) && w is true ? d.Key : t.String("path") is { } path ? Paths.Resolve(folder, path) : null)
            .OfType<string>()];

    private static void Channel(DetectionBuilder found, string folder)
    {
        var path = found.View.FirstIn(folder, "rust-toolchain.toml", "rust-toolchain");
        if (path is null || found.Tools.Of("cargo") is not { Count: > 0 } installed)
            return;
        var text = found.View.Text(path).Trim();
        var channel = text.Contains('[', StringComparison.Ordinal) ? found.View.Toml(path).Table("toolchain").String("channel") : text.Split('\n')[0].Trim();
        if (channel is { Length: > 0 and < 60 } && channel != "stable" && !installed.Any(v => v.StartsWith(channel, StringComparison.Ordinal) || v.Contains(channel.Split('-')[0], StringComparison.Ordinal)))
            found.Note($"`{path}` asks for Rust {channel}; this machine has {string.Join(", ", installed)}, which is used.");
    }
}
