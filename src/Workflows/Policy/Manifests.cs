namespace CodingAgent.Workflows.Policy;

/// <summary>
/// Which files say what packages a project needs (manifests, with the package managers' own settings beside them), and which are
/// written by a package manager from those (lock files). The one table of the product; judged by path alone, names as the tools spell them.
/// </summary>
public static class Manifests
{
    // A "*" stands for any characters within the file's name. Locks of ecosystems whose projects refer to each other record what a
    // sibling needs, so there a manifest anywhere in the repository explains a changed lock.
    private static readonly Ecosystem[] Table =
    [
        new(
            [
                "*.csproj", "*.fsproj", "*.vbproj", "*.props", "*.targets", "packages.config", "global.json", "dotnet-tools.json",
                "nuget.config", "NuGet.config", "NuGet.Config",
            ],
            ["packages.lock.json"], AcrossProjects: true),
        new(["paket.dependencies", "paket.references"], ["paket.lock"]),
        new(
            ["package.json", "package.json5", "package.yaml", "pnpm-workspace.yaml", ".npmrc", ".yarnrc", ".yarnrc.yml", "bunfig.toml"],
            ["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb"]),
        new(["deno.json", "deno.jsonc", "package.json"], ["deno.lock"]),
        new(
            ["pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "poetry.toml", "uv.toml", "pixi.toml", "environment.yml", "environment.yaml"],
            ["poetry.lock", "uv.lock", "Pipfile.lock", "pdm.lock", "pylock.toml", "pylock.*.toml", "pixi.lock", "conda-lock.yml"]),
        new(["go.mod", "go.work"], ["go.sum", "go.work.sum"]),
        new(["Cargo.toml"], ["Cargo.lock"]),
        new(["pom.xml"], []),
        new(
            [
                "build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts", "gradle.properties", "*.versions.toml",
                "gradle-wrapper.properties",
            ],
            ["gradle.lockfile", "*-gradle.lockfile", "verification-metadata.xml"], AcrossProjects: true),
        new(["build.sbt", "plugins.sbt"], ["build.sbt.lock"]),
        new(["Gemfile", "gems.rb", "*.gemspec"], ["Gemfile.lock", "gems.locked"]),
        new(["composer.json"], ["composer.lock"]),
        new(["mix.exs"], ["mix.lock"]),
        new(["rebar.config"], ["rebar.lock"]),
        new(["flake.nix"], ["flake.lock"]),
        new(["pubspec.yaml"], ["pubspec.lock"]),
        new(["Podfile", "*.podspec"], ["Podfile.lock"]),
        new(["Package.swift", "project.pbxproj"], ["Package.resolved"]),
        new(["Cartfile", "Cartfile.private"], ["Cartfile.resolved"]),
        new(["stack.yaml", "package.yaml", "*.cabal"], ["stack.yaml.lock"]),
        new(["cabal.project", "*.cabal"], ["cabal.project.freeze"]),
        new(["DESCRIPTION"], ["renv.lock"]),
        new(["shard.yml"], ["shard.lock"]),
        new(["conanfile.txt", "conanfile.py"], ["conan.lock"]),
        new(["vcpkg.json", "vcpkg-configuration.json"], []),
        new(["MODULE.bazel"], ["MODULE.bazel.lock"]),
        new(["buf.yaml"], ["buf.lock"]),
        new(["Chart.yaml"], ["Chart.lock"]),
        new(["*.tf"], [".terraform.lock.hcl"]),
    ];

    /// <summary>True for a file that says which packages are needed or where they come from, such as <c>package.json</c> or <c>requirements.txt</c>.</summary>
    /// <param name="path">Path from the repository root.</param>
    public static bool IsManifest(string path)
    {
        var name = Name(path);
        return IsRequirements(path) || Array.Exists(Table, e => Array.Exists(e.Manifests, p => Fits(p, name)));
    }

    /// <summary>True for a file that a package manager writes, such as <c>package-lock.json</c>. A <c>requirements.txt</c> is a manifest.</summary>
    /// <param name="path">Path from the repository root.</param>
    public static bool IsLock(string path)
    {
        var name = Name(path);
        return Array.Exists(Table, e => Array.Exists(e.Locks, p => Fits(p, name)));
    }

    /// <summary>
    /// Names of the manifests that a lock file is written from (a <c>*</c> stands for any characters); for a <c>requirements.txt</c> the
    /// <c>.in</c> files that pip-tools compiles it from. Empty when the file is neither.
    /// </summary>
    /// <param name="path">Path of the lock file from the repository root.</param>
    public static IReadOnlyList<string> ManifestsOf(string path)
    {
        var name = Name(path);
        return IsCompilable(path)
            ? ["*.in"]
            : [.. Table.Where(e => Array.Exists(e.Locks, p => Fits(p, name))).SelectMany(e => e.Manifests).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>
    /// True when a change of <paramref name="manifestPath"/> explains a change of <paramref name="lockPath"/>: same ecosystem, and the
    /// manifest lies beside the lock file or below it (workspaces), or anywhere where projects lock what their siblings need
    /// (NuGet, Gradle). A <c>requirements.txt</c> goes with <c>.in</c> files of its own folder.
    /// </summary>
    /// <param name="manifestPath">Manifest.</param>
    /// <param name="lockPath">Lock file.</param>
    public static bool Explains(string manifestPath, string lockPath)
    {
        var (manifest, locked) = (Name(manifestPath), Name(lockPath));
        if (IsCompilable(lockPath))
            return manifest.EndsWith(".in", StringComparison.Ordinal) && IsRequirements(manifestPath) && Folder(manifestPath) == Folder(lockPath);
        return Array.Exists(
            Table,
            e => Array.Exists(e.Locks, p => Fits(p, locked)) && Array.Exists(e.Manifests, p => Fits(p, manifest))
                && (e.AcrossProjects || Folder(manifestPath).StartsWith(Folder(lockPath), StringComparison.Ordinal)));
    }

    /// <summary><c>requirements.txt</c>, <c>dev-requirements.in</c>, <c>requirements/dev.txt</c>, <c>constraints.txt</c>: pip's habit, by name only.</summary>
    private static bool IsRequirements(string path)
    {
        var name = Name(path);
        if (!name.EndsWith(".txt", StringComparison.Ordinal) && !name.EndsWith(".in", StringComparison.Ordinal))
            return false;
        return name.Contains("requirements", StringComparison.Ordinal) || name.StartsWith("constraints", StringComparison.Ordinal)
            || ("/" + Folder(path)).EndsWith("/requirements/", StringComparison.Ordinal);
    }

    private static bool IsCompilable(string path) => IsRequirements(path) && path.EndsWith(".txt", StringComparison.Ordinal);

    private static string Name(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>The folder with its slash; empty at the root, so that "starts with" means "lies below".</summary>
    private static string Folder(string path) => path[..(path.LastIndexOf('/') + 1)];

    private static bool Fits(string pattern, string name)
    {
        var star = pattern.IndexOf('*', StringComparison.Ordinal);
        return star < 0
            ? pattern == name
            : name.Length >= pattern.Length && name.StartsWith(pattern[..star], StringComparison.Ordinal) && name.EndsWith(pattern[(star + 1)..], StringComparison.Ordinal);
    }

    private sealed record Ecosystem(string[] Manifests, string[] Locks, bool AcrossProjects = false);
}
