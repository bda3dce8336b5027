using System.Text;
using System.Text.Json;
using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Git;

/// <summary>
/// Tells build output and tool caches that a repository does not ignore from work, by the habits of the ecosystems. Careful on purpose: a
/// name alone counts only when nothing else is ever called so; else the tool's own traces must lie beside or inside it. A folder with
/// a single tracked file below is never output. One instance judges one moment.
/// </summary>
/// <param name="view">The workspace as it is now.</param>
/// <param name="known">What the repository tracks.</param>
internal sealed class BuildOutput(WorkspaceFolder view, KnownFiles known)
{
    // https://bford.info/cachedir/
    private const string CacheSignature = "Signature: 8a477f597d28d172789f06886806bc55";
    private const int LargestMarkerBytes = 64 * 1024;
    private const int LargestManifestBytes = 1024 * 1024;

    private static readonly string[] DotNetProjects = [".csproj", ".fsproj", ".vbproj"];
    private static readonly string[] GradleFiles = ["build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts", "gradlew"];
    private static readonly string[] PythonManifests = ["setup.py", "setup.cfg", "pyproject.toml"];
    private static readonly string[] NativeBuilds =
        ["Makefile", "makefile", "GNUmakefile", "Makefile.am", "configure.ac", "CMakeLists.txt", "meson.build", "Cargo.toml", "go.mod", "build.zig", "WORKSPACE", "MODULE.bazel"];

    private readonly Dictionary<string, string?> _folders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _names = new(StringComparer.Ordinal);

    /// <summary>Why the folder as a whole is no part of a change; null when it may be.</summary>
    public string? WhyNotFolder(string folder)
    {
        if (_folders.TryGetValue(folder, out var judged)) return judged;
        var reason = folder.Length == 0 || known.AnyBelow(folder) || known.Find(folder) is not null ? null : Habit(folder) ?? Marked(folder);
        return _folders[folder] = reason;
    }

    /// <summary>Why an untracked file is no part of a change; null when it may be.</summary>
    /// <param name="path">The file, in no folder that <see cref="WhyNotFolder"/> rules out.</param>
    public string? WhyNotFile(string path)
    {
        var (folder, name) = Split(path);
        var stem = name[..^Path.GetExtension(name).Length];
        return Path.GetExtension(name) switch
        {
            ".pyc" or ".pyo" => "compiled Python",
            ".tsbuildinfo" => "the TypeScript compiler's notes",
            ".class" when Has(folder, stem.Split('$')[0] + ".java") => "compiled Java beside its source",
            ".o" or ".lo" or ".gcda" or ".gcno" or ".a" or ".so" or ".dylib" or "" or ".out" or ".exe" or ".dll" or ".d" when IsNativeOutput(path, folder, name) =>
                "compiled by this repository's build",
            _ when name == ".coverage" => "coverage data of a test run",
            _ when name is "cmake_install.cmake" or "CMakeCache.txt" or "CTestTestfile.cmake" && Has(folder, "CMakeCache.txt") => "written by CMake",
            _ when name == "Makefile" && Has(folder, "CMakeCache.txt") => "written by CMake",
            _ => null,
        };
    }

    private string? Habit(string folder)
    {
        var (parent, name) = Split(folder);
        return name switch
        {
            "node_modules" => "installed packages",
            "__pycache__" => "compiled Python",
            ".pytest_cache" or ".mypy_cache" or ".ruff_cache" or ".tox" or ".nox" or ".hypothesis" or ".eggs" or ".ipynb_checkpoints" => "a tool's cache",
            ".venv" => "a virtual environment",
            _ when name.EndsWith(".egg-info", StringComparison.Ordinal) => "Python package metadata made by an installation",
            "bin" or "obj" when HasAny(parent, DotNetProjects) => ".NET build output",
            "TestResults" when HasAny(parent, [.. DotNetProjects, ".sln", ".slnx"]) || HasAny(folder, [".trx"]) => "results of a .NET test run",
            "target" when Has(parent, "Cargo.toml", "pom.xml", "build.sbt") => "build output (target)",
            "build" or ".gradle" or ".kotlin" when Has(parent, GradleFiles) => "Gradle build output",
            "build" when Has(parent, PythonManifests) && (Has(folder, "lib") || HasStart(folder, "lib.") || HasStart(folder, "bdist.")) => "Python build output",
            "dist" when Has(parent, PythonManifests) && HasAny(folder, [".whl", ".tar.gz"]) => "built Python packages",
            "CMakeFiles" when Has(parent, "CMakeCache.txt") => "written by CMake",
            ".next" or ".nuxt" or ".output" or ".svelte-kit" or ".turbo" or ".parcel-cache" or ".angular" or ".nyc_output" or ".vite" when Has(parent, "package.json") =>
                "a JavaScript tool's output",
            "coverage" when Has(folder, "lcov.info", "lcov-report", "coverage-final.json", "clover.xml", "coverage-summary.json") => "a coverage report",
            "dist" when HasBuildScript(parent) => "output of package.json's build script",
            "vendor" when Has(parent, "composer.json") && Has(folder, "autoload.php") => "installed packages",
            "bundle" when Split(parent).Name == "vendor" && Has(Split(parent).Folder, "Gemfile") => "installed packages",
            "_build" or "deps" when Has(parent, "mix.exs") => "Mix output",
            ".dart_tool" when Has(parent, "pubspec.yaml") => "Dart output",
            ".build" when Has(parent, "Package.swift") => "Swift build output",
            "dist-newstyle" or ".stack-work" => "Haskell build output",
            "zig-cache" or ".zig-cache" or "zig-out" when Has(parent, "build.zig") => "Zig build output",
            _ => null,
        };
    }

    /// <summary>What a tool wrote into a folder to say that it is nobody's work.</summary>
    private string? Marked(string folder)
    {
        if (Has(folder, "pyvenv.cfg")) return "a virtual environment";
        if (Has(folder, "CMakeCache.txt")) return "a CMake build folder";
        if (Has(folder, "CACHEDIR.TAG") && Marker($"{folder}/CACHEDIR.TAG")?.StartsWith(CacheSignature, StringComparison.Ordinal) == true) return "its CACHEDIR.TAG says that it is a cache";
        return Has(folder, ".gitignore") && Marker($"{folder}/.gitignore") is { } rules && IgnoresAll(rules) ? "its own .gitignore ignores all of it, itself included" : null;
    }

    /// <summary>
    /// True for rules that cover everything beside the file and the file itself, as pytest, mypy, ruff, tox and venv write them. A rule
    /// that takes something back ("*" and "!.gitignore", the habit for keeping an empty folder) is somebody's work.
    /// </summary>
    private static bool IgnoresAll(string rules)
    {
        var lines = rules.TrimStart('\uFEFF').Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && !l.StartsWith('#')).ToList();
        return lines.Exists(l => l is "*" or "/*" or "**" or "/**" or "**/*") && !lines.Exists(l => l.StartsWith('!'));
    }

    /// <summary>Objects and libraries by name, programs by their first bytes; only where a build of such files is at home.</summary>
    private bool IsNativeOutput(string path, string folder, string name)
    {
        for (var at = folder; ; at = Split(at).Folder)
        {
            if (Has(at, NativeBuilds)) break;
            if (at.Length == 0) return false;
        }

        if (name.EndsWith(".d", StringComparison.Ordinal)) return Has(folder, name[..^2] + ".o");
        if (Path.GetExtension(name) is ".o" or ".lo" or ".gcda" or ".gcno") return true;
        var head = view.ReadHead(path, 8);
        return head.AsSpan().StartsWith("\x7f"u8 + "ELF"u8) || head.AsSpan().StartsWith("!<arch>\n"u8) || head.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xcf, 0xfa, 0xed, 0xfe]);
    }

    private bool HasBuildScript(string folder)
    {
        if (!Has(folder, "package.json") || Text(Join(folder, "package.json"), LargestManifestBytes) is not { } json) return false;
        try
        {
            using var package = JsonDocument.Parse(json);
            return package.RootElement.ValueKind == JsonValueKind.Object
                && package.RootElement.TryGetProperty("scripts", out var scripts) && scripts.ValueKind == JsonValueKind.Object && scripts.TryGetProperty("build", out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private string? Marker(string path) => Text(path, LargestMarkerBytes);

    private string? Text(string path, int largest)
    {
        try
        {
            return Encoding.UTF8.GetString(view.Read(path, largest));
        }
        catch (WorkspacePathException)
        {
            // A link, a pipe, too large: not what a tool writes.
            return null;
        }
    }

    private bool Has(string folder, params string[] names) => Array.Exists(names, Names(folder).Contains);

    private bool HasAny(string folder, string[] endings) => Names(folder).Any(n => Array.Exists(endings, e => n.EndsWith(e, StringComparison.Ordinal)));

    private bool HasStart(string folder, string start) => Names(folder).Any(n => n.StartsWith(start, StringComparison.Ordinal));

    private HashSet<string> Names(string folder)
    {
        if (_names.TryGetValue(folder, out var names)) return names;
        return _names[folder] = view.NamesIn(folder).ToHashSet(StringComparer.Ordinal);
    }

    private static (string Folder, string Name) Split(string path)
    {
        var slash = path.LastIndexOf('/');
        return slash < 0 ? ("", path) : (path[..slash], path[(slash + 1)..]);
    }

    private static string Join(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";
}
