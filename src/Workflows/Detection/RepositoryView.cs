namespace CodingAgent.Workflows.Detection;

/// <summary>A tree as the detectors see it: names by folder, and texts within bounds. All of it is outside text.</summary>
internal sealed class RepositoryView
{
    private const long LargestFile = 1024 * 1024;
    private const int MostReads = 600;

    // Folders that hold somebody else's code, examples, or what tests read: their manifests say nothing about this repository's checks.
    private static readonly HashSet<string> Foreign = new(StringComparer.OrdinalIgnoreCase)
    {
        "node_modules", "vendor", "third_party", "third-party", "thirdparty", "external", "externals", "deps", "bower_components",
        "fixtures", "fixture", "__fixtures__", "testdata", "test-data", "test_data", "testassets", "snapshots", "templates", "template",
        "examples", "example", "samples", "sample", "demo", "demos", "docs", "doc", "website", "benchmarks", "benchmark", "bench", "perf",
        "dist", "build", "out", "target", "bin", "obj", "supabase", "playground", "playgrounds", "cookiecutter", "e2e",
    };

    private readonly Dictionary<string, DetectedFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _byName = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string?> _texts = new(StringComparer.Ordinal);
    private readonly HashSet<string> _folders = new(StringComparer.Ordinal);
    private readonly Func<string, string?> _read;
    private readonly long _largest;

    public RepositoryView(IReadOnlyList<DetectedFile> files, Func<string, string?> read, long largest = LargestFile)
    {
        _read = read;
        _largest = largest;
        // A name that no shell line should carry is no name of a manifest either.
        foreach (var file in files.Where(f => f.Path.Length is > 0 and <= 1000 && !f.Path.Any(char.IsControl)).OrderBy(f => f.Path, StringComparer.Ordinal))
        {
            if (!_files.TryAdd(file.Path, file))
                continue;
            var name = Paths.Name(file.Path);
            if (!_byName.TryGetValue(name, out var same))
                _byName[name] = same = [];
            same.Add(file.Path);
            for (var folder = Paths.Folder(file.Path); folder.Length > 0 && _folders.Add(folder); folder = Paths.Folder(folder))
            {
            }
        }
    }

    /// <summary>All paths, in order.</summary>
    public IEnumerable<string> AllPaths => _files.Keys;

    /// <summary>Notes on texts that could not be read, filled by the readers of <see cref="Documents"/>.</summary>
    public List<string> Unreadable { get; } = [];

    public bool Has(string path) => _files.ContainsKey(path);

    public bool HasFolder(string folder) => _folders.Contains(folder);

    /// <summary>The first of the names that is a file of the folder.</summary>
    public string? FirstIn(string folder, params string[] names) => names.Select(n => Paths.Join(folder, n)).FirstOrDefault(Has);

    /// <summary>Text of a file, or empty when there is none, it is too large, or enough has been read.</summary>
    public string Text(string path)
    {
        if (_texts.TryGetValue(path, out var known))
            return known ?? "";
        if (!_files.TryGetValue(path, out var file) || file.Size > _largest || _texts.Count >= MostReads)
            return "";
        var text = _read(path);
        if (text?.Length > _largest)
            text = null;
        _texts[path] = text;
        // A byte order mark is no part of a document.
        return text?.TrimStart('\uFEFF') ?? "";
    }

    /// <summary>Files of these names that are this repository's own, the shallowest first.</summary>
    public IReadOnlyList<string> Named(params string[] names) =>
        Own(names.SelectMany(n => _byName.GetValueOrDefault(n) ?? []));

    /// <summary>Files with these endings that are this repository's own, the shallowest first.</summary>
    public IReadOnlyList<string> Ending(params string[] suffixes) =>
        Own(_files.Keys.Where(p => Array.Exists(suffixes, s => p.EndsWith(s, StringComparison.OrdinalIgnoreCase))));

    /// <summary>Names of the files that lie directly in a folder.</summary>
    public IEnumerable<string> NamesIn(string folder) => _files.Keys.Where(p => Paths.Folder(p) == folder).Select(Paths.Name);

    /// <summary>Paths below a folder.</summary>
    public IEnumerable<string> Below(string folder) => _files.Keys.Where(p => Paths.IsBelow(p, folder));

    private static string[] Own(IEnumerable<string> paths) =>
        [.. paths.Where(p => !IsForeign(p)).OrderBy(Paths.Depth).ThenBy(p => p, StringComparer.Ordinal)];

    /// <summary>True when a folder above the path holds what is not this repository's own code.</summary>
    public static bool IsForeign(string path)
    {
        var parts = path.Split('/');
        return parts.Length > 7 || parts[..^1].Any(p => Foreign.Contains(p) || p.StartsWith('.'));
    }
}

/// <summary>Paths from the root of a repository, with slashes.</summary>
internal static class Paths
{
    public static string Folder(string path) => path.LastIndexOf('/') is var slash and >= 0 ? path[..slash] : "";

    public static string Name(string path) => path[(path.LastIndexOf('/') + 1)..];

    public static string Stem(string path) => Name(path) is var name && name.LastIndexOf('.') is var dot and > 0 ? name[..dot] : name;

    public static string Extension(string path) => Name(path) is var name && name.LastIndexOf('.') is var dot and > 0 ? name[dot..].ToLowerInvariant() : "";

    public static int Depth(string path) => path.Count(c => c == '/');

    public static string Join(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";

    public static bool IsBelow(string path, string folder) =>
        folder.Length == 0 || (path.Length > folder.Length && path[folder.Length] == '/' && path.StartsWith(folder, StringComparison.Ordinal));

    public static string Relative(string path, string folder) => folder.Length == 0 ? path : path == folder ? "" : path[(folder.Length + 1)..];

    /// <summary>A path that a file names beside itself, resolved; null when it leaves the repository.</summary>
    public static string? Resolve(string folder, string relative)
    {
        var parts = new List<string>(folder.Split('/', StringSplitOptions.RemoveEmptyEntries));
        foreach (var part in relative.Replace('\\', '/').Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".")
                continue;
            if (part != "..")
                parts.Add(part);
            else if (parts.Count == 0)
                return null;
            else
                parts.RemoveAt(parts.Count - 1);
        }

        return string.Join('/', parts);
    }
}

/// <summary>Shell text made from names that a repository chose.</summary>
internal static class Shell
{
    /// <summary>One word that names a file, quoted where it must be; never read as an option.</summary>
    public static string Word(string text) => Quote(text.StartsWith('-') ? "./" + text : text);

    /// <summary>One word, quoted where it must be.</summary>
    public static string Quote(string text) =>
        text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '/' or '-' or '@' or '+' or ',' or ':' or '=')
            ? text
            : $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    /// <summary>The line, run in a folder.</summary>
    public static string In(string folder, string line) => folder.Length == 0 ? line : $"cd {Word(folder)} && {line}";

    public static string Words(IEnumerable<string> words) => string.Join(' ', words.Select(Word));
}
