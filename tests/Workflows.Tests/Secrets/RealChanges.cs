using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using CodingAgent.Workflows.Gates;

namespace CodingAgent.Workflows.Tests.Secrets;

/// <summary>What real packages changed from version to version: the added lines of every text file, each step one change. Fetched by npm, kept in <c>artifacts/</c>.</summary>
internal static class RealChanges
{
    private const int AtOnce = 4;
    private const int LongestFile = 12_000_000;

    /// <summary>Why there are none here; null where there are.</summary>
    public static string? WhyAbsent { get; } = Programs.Has("npm") ? Run("npm", "ping", "--fetch-retries=0", "--fetch-timeout=5000") : "npm is not installed.";

    /// <summary>All changes with a name each.</summary>
    public static async IAsyncEnumerable<(string Name, IReadOnlyList<AddedLine> Added)> ReadAsync()
    {
        var folder = Path.Combine(Here(), "..", "..", "..", "artifacts", "packages");
        Directory.CreateDirectory(folder);
        var packages = File.ReadLines(Path.Combine(Here(), "PackageVersions.txt")).Where(l => l[0] != '#').Select(l => l.Split(' ')).ToArray();
        await FetchAsync(folder, [.. packages.SelectMany(p => p.Skip(1).Select(v => (p[0], v))).Where(p => !File.Exists(FileOf(folder, p.Item1, p.v)))]);
        foreach (var package in packages)
        {
            Dictionary<string, string>? before = null;
            foreach (var version in package.Skip(1))
            {
                if (!File.Exists(FileOf(folder, package[0], version)))
                    continue;
                var now = Files(FileOf(folder, package[0], version));
                if (before is not null)
                    yield return ($"{package[0]} {version}", Added(before, now));
                before = now;
            }
        }
    }

    private static async Task FetchAsync(string folder, (string Name, string Version)[] missing)
    {
        // A version that has been withdrawn takes its neighbours of one call with it, so calls are short.
        await Parallel.ForEachAsync(missing.Chunk(12), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, (some, _) =>
        {
            Run("npm", ["pack", "--silent", "--pack-destination", folder, .. some.Select(p => $"{p.Name}@{p.Version}")]);
            return ValueTask.CompletedTask;
        });
    }

    private static string FileOf(string folder, string name, string version) => Path.Combine(folder, $"{name.TrimStart('@').Replace('/', '-')}-{version}.tgz");

    private static Dictionary<string, string> Files(string tarball)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        using var tar = new TarReader(new GZipStream(File.OpenRead(tarball), CompressionMode.Decompress));
        while (Next(tar) is { } entry)
        {
            if (entry is not { DataStream: { Length: < LongestFile } data })
                continue;
            using var reader = new StreamReader(data);
            var text = reader.ReadToEnd();
            if (!text.Contains('\0', StringComparison.Ordinal))
                files[entry.Name] = text;
        }

        return files;
    }

    private static TarEntry? Next(TarReader tar)
    {
        try
        {
            return tar.GetNextEntry();
        }
        catch (OverflowException)
        {
            // An owner's number that .NET cannot read, in some old ones: what came before counts.
            return null;
        }
    }

    // Lines that the file did not have before: near enough to what a diff calls added.
    private static List<AddedLine> Added(Dictionary<string, string> before, Dictionary<string, string> now)
    {
        var added = new List<AddedLine>();
        foreach (var (path, text) in now)
        {
            var old = before.GetValueOrDefault(path);
            if (old == text)
                continue;
            var known = old?.Split('\n').ToHashSet(StringComparer.Ordinal) ?? [];
            added.AddRange(text.Split('\n').Select((line, i) => new AddedLine(path, i + 1, line.TrimEnd('\r'))).Where(l => !known.Contains(l.Text) && !known.Contains(l.Text + "\r")));
        }

        return added;
    }

    private static string? Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })!;
        _ = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : $"npm reaches no registry: {error.ReplaceLineEndings(" ").Trim()}";
    }

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    private static class Programs
    {
        public static bool Has(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(p => File.Exists(Path.Combine(p, name)));
    }
}

/// <summary>Skipped with its reason where npm or its registry is out of reach.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RealChangesFactAttribute : FactAttribute
{
    /// <summary>Asks once.</summary>
    public RealChangesFactAttribute() => Skip = RealChanges.WhyAbsent;
}
