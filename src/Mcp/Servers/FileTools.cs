using System.Text;
using System.Text.RegularExpressions;
using CodingAgent.Mcp.Files;
using DotNet.Globbing;
using ModelContextProtocol;

namespace CodingAgent.Mcp.Servers;

/// <summary>The fs server's tools: numbered views, listing, search, and edits under the path policy.</summary>
internal sealed class FileTools(WorkspaceToolsOptions options) : IDisposable
{
    private const int DefaultView = 100;
    private const int LargestView = 400;
    private const int MaxFileBytes = 2 * 1024 * 1024;
    private const int MaxListed = 400;
    private const int MaxMatches = 100;
    private const int EchoContext = 3;
    private const int EchoLines = 60;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);
    private static readonly HashSet<string> BuildOutput = new(StringComparer.Ordinal) { "bin", "obj", "node_modules", "TestResults", "__pycache__", ".vs" };

    private readonly WorkspaceFolder _folder = new(options.Workspace.RootPath, options.FileOwner);
    private readonly SemaphoreSlim _writing = new(1);

    public void Dispose() => _writing.Dispose();

    public IEnumerable<WorkspaceTool> All()
    {
        yield return Tool(
            "read_file", $"Reads a text file of the workspace with line numbers, {DefaultView} lines at a time.", ToolEffect.Reads,
            new ToolSchema().Text("path", "Path from the workspace's root.")
                .OptionalNumber("start_line", "First line, from 1; null for 1.")
                .OptionalNumber("line_count", $"How many lines, at most {LargestView}; null for {DefaultView}."),
            Read);
        yield return Tool(
            "list_files", "Lists the files below a folder, optionally those that match a glob. Build output is left out unless the path names it.", ToolEffect.Reads,
            new ToolSchema().OptionalText("path", "Folder; null for the whole workspace.").OptionalText("glob", "For example **/*.cs; null for all."),
            List);
        yield return Tool(
            "search_text", "Finds lines that match a regular expression (.NET syntax without lookaround and backreferences).", ToolEffect.Reads,
            new ToolSchema().Text("pattern", "Regular expression.").OptionalText("glob", "Only files that match, for example src/**/*.cs; null for all."),
            Search);
        if (options.ReadOnly) yield break;
        yield return Tool(
            "edit_file", "Replaces one piece of a text file. old_text must name exactly one place; copy it from read_file without the line numbers.", ToolEffect.Acts,
            new ToolSchema().Text("path", "Path from the workspace's root.").Text("old_text", "Text to replace, whole lines if possible.").Text("new_text", "Text to put there; empty deletes."),
            Edit);
        yield return Tool(
            "write_file", "Creates a text file or replaces it whole.", ToolEffect.Writes,
            new ToolSchema().Text("path", "Path from the workspace's root; folders are made.").Text("content", "The whole content."),
            Write);
        yield return Tool(
            "delete_file", "Deletes one file.", ToolEffect.Writes, new ToolSchema().Text("path", "Path from the workspace's root."), Delete);
    }

    /// <summary>A path as tools take it, as a plain relative one; "/workspace/…" is how commands see the same files.</summary>
    internal static string Relative(string path)
    {
        if (path.StartsWith("/workspace/", StringComparison.Ordinal) || path == "/workspace") path = path["/workspace".Length..].TrimStart('/');
        if (path.StartsWith('/')) throw new McpException($"{path} is outside the workspace; name a path from the workspace's root, such as src/File.cs.");
        if (path.Contains('\\', StringComparison.Ordinal)) throw new McpException($"{path}: use forward slashes.");
        var parts = path.Split('/').Where(p => p is not ("" or ".")).ToArray();
        return parts.Contains("..", StringComparer.Ordinal)
            ? throw new McpException($"{path}: '..' is not allowed; name a path from the workspace's root.")
            : string.Join('/', parts);
    }

    private WorkspaceTool Tool(string name, string description, ToolEffect effect, ToolSchema schema, Func<ToolArguments, CancellationToken, string> run) =>
        new(name, description, effect, schema, Timeout, options.TimeProvider, async (arguments, stop) =>
        {
            if (effect == ToolEffect.Reads) return run(arguments, stop);
            await _writing.WaitAsync(stop);
            try
            {
                return run(arguments, stop);
            }
            finally
            {
                _writing.Release();
            }
        });

    private string Read(ToolArguments arguments, CancellationToken stop)
    {
        var path = Readable(arguments.Text("path"));
        var lines = TextLines.Decode(path, _folder.Read(path, MaxFileBytes)).Lines;
        var start = arguments.OptionalNumber("start_line") ?? 1;
        var count = arguments.OptionalNumber("line_count") ?? DefaultView;
        if (start < 1) throw new McpException("start_line counts from 1.");
        if (count is < 1 or > LargestView) throw new McpException($"line_count must be from 1 to {LargestView}.");
        if (lines.Length == 0) return $"{path} is empty.";
        if (start > lines.Length) throw new McpException($"{path} has {lines.Length} lines; start_line {start} is beyond its end.");
        var last = Math.Min(lines.Length, start + count - 1);
        var more = last < lines.Length ? $"[{lines.Length - last} more lines; continue with start_line {last + 1}]\n" : "";
        return $"{path} (lines {start}-{last} of {lines.Length})\n{TextLines.Number(lines, start, count)}{more}";
    }

    private string List(ToolArguments arguments, CancellationToken stop)
    {
        var path = Readable(arguments.OptionalText("path") ?? "", allowRoot: true);
        var glob = GlobOf(arguments.OptionalText("glob"));
        var listed = new List<string>();
        var left = 0;
        foreach (var entry in Files(path, stop).Where(e => glob is null || glob.IsMatch(e.Path)))
        {
            if (listed.Count >= MaxListed) left++;
            else listed.Add(entry.Kind == FolderEntryKind.SymbolicLink ? $"{entry.Path} (symbolic link)" : entry.Path);
        }

        if (listed.Count == 0) return "No files.";
        return string.Join('\n', listed) + (left > 0 ? $"\n[{left} more files; narrow path or glob]\n" : "\n");
    }

    private string Search(ToolArguments arguments, CancellationToken stop)
    {
        var glob = GlobOf(arguments.OptionalText("glob"));
        var pattern = PatternOf(arguments.Text("pattern"));
        var found = new StringBuilder();
        var (matches, files) = (0, 0);
        foreach (var entry in Files("", stop))
        {
            if (entry.Kind != FolderEntryKind.File || entry.Size > MaxFileBytes || (glob is not null && !glob.IsMatch(entry.Path))) continue;
            var lines = Lines(entry.Path);
            var before = matches;
            for (var i = 0; i < lines.Length; i++)
            {
                if (!pattern.IsMatch(lines[i]) || ++matches > MaxMatches) continue;
                found.Append(entry.Path).Append(':').Append(i + 1).Append(": ").Append(lines[i].Length > 200 ? lines[i][..200] + "…" : lines[i]).Append('\n');
            }

            if (matches > before) files++;
        }

        if (matches == 0) return "No matches.";
        var more = matches > MaxMatches ? $"[{matches - MaxMatches} more matches; narrow pattern or glob]\n" : "";
        return $"{matches} matches in {files} files\n{found}{more}";
    }

    private string Edit(ToolArguments arguments, CancellationToken stop)
    {
        var path = Changeable(arguments.Text("path"));
        var file = TextLines.Decode(path, _folder.Read(path, MaxFileBytes));
        var match = EditLadder.Apply(path, file.Text, arguments.Text("old_text"), WithoutNul(arguments.Text("new_text")));
        var edited = file with { Text = match.NewText };
        _folder.Write(path, edited.Encode());
        var lines = edited.Lines;
        var first = Math.Max(1, match.FirstLine - EchoContext);
        var count = Math.Min(EchoLines, match.FirstLine - first + match.LineCount + EchoContext);
        var note = match.Leniency is null ? "" : $" (found by overlooking {match.Leniency})";
        return $"Edited {path}{note}. It now reads:\n{TextLines.Number(lines, first, count)}";
    }

    private string Write(ToolArguments arguments, CancellationToken stop)
    {
        var path = Changeable(arguments.Text("path"));
        var content = WithoutNul(arguments.Text("content"));
        var bytes = Encoding.UTF8.GetBytes(content);
        if (bytes.Length > MaxFileBytes) throw new McpException($"content has {bytes.Length} bytes; at most {MaxFileBytes} are written.");
        var isNew = _folder.Write(path, bytes);
        return $"{(isNew ? "Created" : "Replaced")} {path} ({TextLines.Split(content).Length} lines).";
    }

    private string Delete(ToolArguments arguments, CancellationToken stop)
    {
        var path = Changeable(arguments.Text("path"));
        _folder.Delete(path);
        return $"Deleted {path}.";
    }

    private IEnumerable<FolderEntry> Files(string path, CancellationToken stop)
    {
        bool Enter(string folder) => options.PathPolicy.WhyNotRead(folder) is null && !BuildOutput.Contains(folder[(folder.LastIndexOf('/') + 1)..]);
        return _folder.Walk(path, Enter, stop).Where(e => e.Kind != FolderEntryKind.Directory && options.PathPolicy.WhyNotRead(e.Path) is null);
    }

    private string[] Lines(string path)
    {
        try
        {
            return TextLines.Decode(path, _folder.Read(path, MaxFileBytes)).Lines;
        }
        catch (WorkspacePathException)
        {
            // Binary, or gone since it was listed.
            return [];
        }
    }

    private string Readable(string path, bool allowRoot = false)
    {
        var relative = Relative(path);
        if (relative.Length == 0 && !allowRoot) throw new McpException("The path names the workspace itself; name a file in it.");
        return options.PathPolicy.WhyNotRead(relative) is { } reason ? throw new McpException(reason) : relative;
    }

    private string Changeable(string path)
    {
        var relative = Readable(path);
        return options.PathPolicy.WhyNotChange(relative) is { } reason ? throw new McpException(reason) : relative;
    }

    private static string WithoutNul(string text) =>
        text.Contains('\0', StringComparison.Ordinal) ? throw new McpException("The text contains a NUL character; only text files can be written.") : text;

    private static Glob? GlobOf(string? pattern)
    {
        try
        {
            return string.IsNullOrEmpty(pattern) ? null : PathPolicy.Parse(pattern, ignoreCase: false);
        }
        catch (ArgumentException e)
        {
            throw new McpException(e.Message, e);
        }
    }

    private static Regex PatternOf(string pattern)
    {
        try
        {
            // Linear time whatever the pattern: it comes from the model.
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new McpException($"'{pattern}' is not a usable regular expression: {e.Message}", e);
        }
    }
}
