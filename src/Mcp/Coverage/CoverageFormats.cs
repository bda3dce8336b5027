using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml;

namespace CodingAgent.Mcp.Coverage;

/// <summary>
/// Reads reports of coverage tools: Cobertura, lcov, Go's profiles, coverage.py's JSON, Istanbul's JSON; told apart by what they hold, as their
/// names are anybody's. Used by a program of its own, in a sandbox: tests write these files, and what they say goes no further than lines of
/// files that are there.
/// </summary>
/// <param name="root">Folder of the tree; absolute.</param>
internal sealed partial class CoverageFormats(string root)
{
    private const long LargestReport = 64 << 20;

    private readonly Dictionary<string, FileCoverage> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string?> _known = new(StringComparer.Ordinal);
    private (string Module, string Folder)[]? _modules;

    /// <summary>What was read so far.</summary>
    public CoverageReport Report => new(_files);

    /// <summary>Takes a report in; false for what is none.</summary>
    public bool Add(string path)
    {
        if (new FileInfo(path).Length is 0 or > LargestReport) return false;
        try
        {
            var text = File.ReadAllText(path).TrimStart('\uFEFF').TrimStart();
            return text switch
            {
                ['<', ..] => Cobertura(text),
                ['{', ..] => Json(text),
                _ when text.StartsWith("mode:", StringComparison.Ordinal) => GoProfile(text),
                _ => Lcov(text),
            };
        }
        catch (Exception e) when (e is XmlException or JsonException or InvalidOperationException or ArgumentException)
        {
            return false;
        }
    }

    // What was written before the cut or the fault counts: a file is not half of what it was.
    private bool Cobertura(string text)
    {
        // gcovr and coverage.py name a document type of the network's.
        var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore, XmlResolver = null, IgnoreComments = true, IgnoreWhitespace = true };
        using var reader = XmlReader.Create(new StringReader(text), settings);
        var sources = new List<string>();
        FileCoverage? file = null;
        var isCoverage = false;
        while (reader.Read())
        {
            if (reader.NodeType != XmlNodeType.Element) continue;
            switch (reader.LocalName)
            {
                case "coverage":
                    isCoverage = true;
                    break;
                case "source" when isCoverage && !reader.IsEmptyElement:
                    if (reader.Read() && reader.NodeType == XmlNodeType.Text && sources.Count < 100) sources.Add(reader.Value.Trim());
                    break;
                case "class" when isCoverage:
                    file = reader.GetAttribute("filename") is { } name ? Of([name, .. sources.Select(s => $"{s}/{name}")]) : null;
                    break;
                case "line" when file is not null && Number(reader.GetAttribute("number")) is { } line:
                    file.Add(line, IsHit(reader.GetAttribute("hits")));
                    break;
            }
        }

        return isCoverage;
    }

    private bool Lcov(string text)
    {
        FileCoverage? file = null;
        var isLcov = false;
        foreach (var raw in text.AsSpan().EnumerateLines())
        {
            var line = raw.Trim();
            if (line.StartsWith("SF:")) (file, isLcov) = (Of([line[3..].ToString()]), true);
            else if (line is "end_of_record") file = null;
            // "DA:line,hits[,checksum]"; a report put together of several names a file more than once.
            else if (file is not null && line.StartsWith("DA:") && line[3..].ToString().Split(',') is [var number, var hits, ..] && Number(number) is { } n) file.Add(n, IsHit(hits));
        }

        return isLcov;
    }

    private bool GoProfile(string text)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.Length > 2_000 || Block().Match(line.ToString()) is not { Success: true } block) continue;
            if (Of([block.Groups["file"].Value, InModule(block.Groups["file"].Value)]) is not { } file) continue;
            if (Number(block.Groups["from"].Value) is not { } from || Number(block.Groups["to"].Value) is not { } to || block.Groups["statements"].Value == "0") continue;
            for (var i = from; i <= Math.Min(to, FileCoverage.LastLine); i++) file.Add(i, IsHit(block.Groups["count"].Value));
        }

        return true;
    }

    // "example.com/mod/pkg/a.go" is named by its import path.
    private string InModule(string name)
    {
        _modules ??= [.. Directory.EnumerateFiles(root, "go.mod", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 6, AttributesToSkip = FileAttributes.ReparsePoint }).Take(200)
            .Select(f => (Module: File.ReadLines(f).Take(50).Select(l => l.Trim()).FirstOrDefault(l => l.StartsWith("module ", StringComparison.Ordinal))?[7..].Trim().Trim('"') ?? "", Folder: Path.GetDirectoryName(f)!))
            .Where(m => m.Module.Length > 0).OrderByDescending(m => m.Module.Length)];
        var module = Array.Find(_modules, m => name.StartsWith(m.Module + "/", StringComparison.Ordinal));
        return module.Module is null ? name : $"{module.Folder}/{name[(module.Module.Length + 1)..]}";
    }

    private bool Json(string text)
    {
        using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 64 });
        var top = document.RootElement;
        if (top.TryGetProperty("files", out var files) && files.ValueKind == JsonValueKind.Object && top.TryGetProperty("meta", out _))
        {
            foreach (var entry in files.EnumerateObject())
            {
                if (entry.Value.ValueKind != JsonValueKind.Object || Of([entry.Name]) is not { } file) continue;
                foreach (var (name, hit) in new[] { ("executed_lines", true), ("missing_lines", false) })
                {
                    if (!entry.Value.TryGetProperty(name, out var lines) || lines.ValueKind != JsonValueKind.Array) continue;
                    foreach (var line in lines.EnumerateArray().Where(l => l.ValueKind == JsonValueKind.Number)) if (line.TryGetInt32(out var n)) file.Add(n, hit);
                }
            }

            return true;
        }

        var isIstanbul = false;
        foreach (var entry in top.EnumerateObject().Where(e => e.Value.ValueKind == JsonValueKind.Object))
        {
            if (!entry.Value.TryGetProperty("statementMap", out var map) || !entry.Value.TryGetProperty("s", out var counts) || map.ValueKind != JsonValueKind.Object || counts.ValueKind != JsonValueKind.Object) continue;
            isIstanbul = true;
            if (Of([entry.Name]) is not { } file) continue;
            foreach (var statement in map.EnumerateObject())
            {
                if (statement.Value.ValueKind == JsonValueKind.Object && statement.Value.TryGetProperty("start", out var start) && start.ValueKind == JsonValueKind.Object
                    && start.TryGetProperty("line", out var line) && line.ValueKind == JsonValueKind.Number && line.TryGetInt32(out var n))
                    file.Add(n, counts.TryGetProperty(statement.Name, out var count) && count.ValueKind == JsonValueKind.Number && count.TryGetDouble(out var times) && times > 0);
            }
        }

        return isIstanbul;
    }

    /// <summary>The file that one of the names means; null for what is no file of the tree.</summary>
    private FileCoverage? Of(IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            if (!_known.TryGetValue(name, out var path)) _known[name] = path = Relative(name);
            if (path is null) continue;
            if (!_files.TryGetValue(path, out var file)) _files[path] = file = new FileCoverage();
            return file;
        }

        return null;
    }

    private string? Relative(string name)
    {
        if (name.Length is 0 or > 1_000 || name.Contains('\0', StringComparison.Ordinal)) return null;
        if (name.StartsWith("file://", StringComparison.Ordinal)) name = Uri.UnescapeDataString(name["file://".Length..]);
        var full = Path.GetFullPath(Path.Combine(root, name.Replace('\\', '/')));
        var relative = Path.GetRelativePath(root, full);
        // Packages of others are no part of the tree's own.
        return relative.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(relative) || !File.Exists(full) || $"/{relative}".Contains("/node_modules/", StringComparison.Ordinal) || $"/{relative}".Contains("/obj/", StringComparison.Ordinal) ? null : relative;
    }

    private static int? Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    // Some tools count in more than 64 bits, some below nothing.
    private static bool IsHit(string? hits) => double.TryParse(hits, NumberStyles.Float, CultureInfo.InvariantCulture, out var times) && times > 0;

    [GeneratedRegex(@"^(?<file>.+):(?<from>\d+)\.\d+,(?<to>\d+)\.\d+ (?<statements>\d+) (?<count>\d+)$", RegexOptions.NonBacktracking)]
    private static partial Regex Block();
}
