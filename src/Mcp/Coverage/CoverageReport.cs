using System.Globalization;
using System.Text;
using System.Text.Json;
using CodingAgent.Mcp.Texts;

namespace CodingAgent.Mcp.Coverage;

/// <summary>Which lines of a tree tests ran.</summary>
/// <param name="Files">By path from the root.</param>
public sealed record CoverageReport(IReadOnlyDictionary<string, FileCoverage> Files)
{
    private const int MostFiles = 20_000;
    private const int MostFilesTold = 100;
    private const int LongestRanges = 200;

    /// <summary>Nothing was measured.</summary>
    public static CoverageReport None { get; } = new(new Dictionary<string, FileCoverage>());

    /// <summary>True when there is nothing in it: not the same as nothing covered.</summary>
    public bool IsEmpty => Files.Count == 0;

    /// <summary>How many lines can run and did, in files that count.</summary>
    public (int Run, int Lines) Total(Func<string, bool> counts)
    {
        var files = Files.Where(f => counts(f.Key)).Select(f => f.Value).ToArray();
        return (files.Sum(f => f.Covered.Count()), files.Sum(f => f.Count));
    }

    /// <summary>What tests ran of some lines; those that cannot run, and those of files that no report names, count for nothing.</summary>
    public LineCoverage Of(IEnumerable<(string Path, int Line)> lines)
    {
        var (run, missed) = (0, new List<(string Path, int Line)>());
        foreach (var (path, line) in lines)
        {
            var isCovered = Files.GetValueOrDefault(path)?.IsCovered(line);
            if (isCovered == true) run++;
            else if (isCovered == false) missed.Add((path, line));
        }

        return new LineCoverage(run + missed.Count, run, [.. missed.GroupBy(m => m.Path, StringComparer.Ordinal).Select(g => $"{g.Key}:{TextCut.Head(Ranges(g.Select(m => m.Line)), LongestRanges, "…")}").Take(MostFilesTold)]);
    }

    /// <summary>Writes one JSON object a line, and at last how many there were.</summary>
    public async Task WriteAsync(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var files = Files.OrderBy(f => f.Key, StringComparer.Ordinal).Take(MostFiles).ToArray();
        foreach (var (path, file) in files) await output.WriteLineAsync(JsonSerializer.Serialize(new Line(path, Ranges(file.Covered), Ranges(file.Missed))));
        await output.WriteLineAsync(JsonSerializer.Serialize(new Tail(files.Length)));
    }

    /// <summary>Reads what <see cref="WriteAsync"/> wrote; null for anything else, and for a part of it.</summary>
    public static CoverageReport? Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (lines.Length == 0 || lines.Length > MostFiles + 1 || JsonSerializer.Deserialize<Tail>(lines[^1]) is not { } tail || tail.Count != lines.Length - 1) return null;
            var files = new Dictionary<string, FileCoverage>(StringComparer.Ordinal);
            foreach (var line in lines[..^1])
            {
                if (JsonSerializer.Deserialize<Line>(line) is not { Path: not null, Covered: not null, Missed: not null } file) return null;
                var read = new FileCoverage();
                Lines(file.Covered, n => read.Add(n, true));
                Lines(file.Missed, n => read.Add(n, false));
                files[file.Path] = read;
            }

            return new CoverageReport(files);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Lines as ranges: <c>1-3,7</c>.</summary>
    public static string Ranges(IEnumerable<int> lines)
    {
        var text = new StringBuilder();
        var (first, last) = (0, -1);
        foreach (var line in lines.Order().Append(int.MaxValue))
        {
            if (line == last + 1)
            {
                last = line;
                continue;
            }

            if (last > 0) text.Append(text.Length > 0 ? "," : "").Append(CultureInfo.InvariantCulture, $"{first}").Append(last > first ? string.Create(CultureInfo.InvariantCulture, $"-{last}") : "");
            (first, last) = (line, line);
        }

        return text.ToString();
    }

    private static void Lines(string ranges, Action<int> add)
    {
        foreach (var range in ranges.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = range.Split('-');
            if (!int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first) || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last) || last > FileCoverage.LastLine) continue;
            for (var i = first; i <= last; i++) add(i);
        }
    }

    private sealed record Line(string Path, string Covered, string Missed);

    private sealed record Tail([property: System.Text.Json.Serialization.JsonRequired] int Count);
}

/// <summary>What tests ran of some lines.</summary>
/// <param name="Lines">How many of them can run.</param>
/// <param name="Run">How many did.</param>
/// <param name="NotRun">The others, as <c>path:ranges</c>; bounded. Outside text.</param>
public sealed record LineCoverage(int Lines, int Run, IReadOnlyList<string> NotRun);

/// <summary>Which lines of a file tests ran. A line that any run or part of it reached counts as covered.</summary>
public sealed class FileCoverage
{
    /// <summary>Lines beyond it are no person's.</summary>
    public const int LastLine = 200_000;

    private readonly Dictionary<int, bool> _lines = [];

    /// <summary>Lines that ran, from 1.</summary>
    public IEnumerable<int> Covered => _lines.Where(l => l.Value).Select(l => l.Key);

    /// <summary>Lines that could have run and did not.</summary>
    public IEnumerable<int> Missed => _lines.Where(l => !l.Value).Select(l => l.Key);

    /// <summary>How many lines could run.</summary>
    public int Count => _lines.Count;

    /// <summary>Whether a line ran; null for one that cannot.</summary>
    public bool? IsCovered(int line) => _lines.TryGetValue(line, out var hit) ? hit : null;

    /// <summary>Adds what one report says of a line; what is no line of a file is passed over.</summary>
    public void Add(int line, bool hit)
    {
        if (line is >= 1 and <= LastLine) _lines[line] = hit || _lines.GetValueOrDefault(line);
    }
}
