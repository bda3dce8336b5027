using System.Text;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Texts;
using ModelContextProtocol;

namespace CodingAgent.Mcp.Servers;

/// <summary>The fs server's tools: numbered views, listing, search, and edits under the path policy.</summary>
internal sealed class FileTools : IDisposable
{
    private const int DefaultView = 100;
    private const int LargestView = 400;
    private const int MaxFileBytes = 8 * 1024 * 1024;
    private const int MaxViewChars = 60_000;
    private const int EchoContext = 3;
    private const int EchoLines = 60;
    private readonly WorkspaceToolsOptions _options;
    private readonly WorkspaceFolder _folder;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly FileSearch _search;

    public FileTools(WorkspaceToolsOptions options)
    {
        _options = options;
        _folder = new WorkspaceFolder(options.Workspace.RootPath, options.FileOwner);
        _search = new FileSearch(_folder, options.PathPolicy, MaxFileBytes);
    }

    public void Dispose() => _writing.Dispose();

    public IEnumerable<WorkspaceTool> All()
    {
        yield return Tool(
            "read_file", $"Reads a text file of the workspace with line numbers, {DefaultView} lines at a time.", ToolEffect.Reads,
            new ToolSchema().Text("path", "Path from the workspace's root.")
                .OptionalNumber("start_line", "First line, from 1; null for 1.")
                .OptionalNumber("line_count", $"How many lines, at most {LargestView}; null for {DefaultView}.")
                .OptionalNumber("start_column", "First character of each line, from 1, for lines too long to be shown whole; null for 1."),
            Read);
        yield return Tool(
            "list_files", "Lists the files below a folder, optionally those that match a glob. Build output is left out, and named, unless the path leads into it.", ToolEffect.Reads,
            new ToolSchema().OptionalText("path", "Folder; null for the whole workspace.").OptionalText("glob", "For example **/*.cs or src/**/*.{ts,tsx}; null for all."),
            List);
        yield return Tool(
            "search_text", "Finds lines that match a regular expression (.NET syntax).", ToolEffect.Reads,
            new ToolSchema().Text("pattern", "Regular expression.").OptionalText("glob", "Only files that match, for example src/**/*.cs; null for all."),
            Search);
        if (_options.ReadOnly) yield break;
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

    /// <summary>Whole files, and which there are.</summary>
    public IEnumerable<WorkspaceResource> Resources()
    {
        var limits = new CallLimits(_options.FileTimeLimit, _options.TimeProvider);
        yield return new WorkspaceResource("workspace:///{+path}", "file", "A text file of the workspace, whole.", limits, (path, stop) => Task.Run(() => Decode(Readable(path), stop).Text, stop));
        yield return new WorkspaceResource("workspace://files", "files", "The files of the workspace, as list_files shows them.", limits, (_, stop) => Task.Run(() => _search.List("", null, stop), stop));
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
        new(name, description, effect, schema, _options.FileTimeLimit, _options.TimeProvider, async (arguments, stop) =>
        {
            // Away from the thread that reads the client's messages: a cancellation is one of them.
            if (effect == ToolEffect.Reads) return await Task.Run(() => run(arguments, stop), stop);
            await _writing.WaitAsync(stop);
            try
            {
                return await Task.Run(() => run(arguments, stop), stop);
            }
            finally
            {
                _writing.Release();
            }
        });

    private string Read(ToolArguments arguments, CancellationToken stop)
    {
        var path = Readable(arguments.Text("path"));
        var file = Decode(path, stop);
        var lines = file.Lines.ToArray();
        var start = arguments.OptionalNumber("start_line") ?? 1;
        var count = arguments.OptionalNumber("line_count") ?? DefaultView;
        var column = arguments.OptionalNumber("start_column") ?? 1;
        if (start < 1) throw new McpException("start_line counts from 1.");
        if (column < 1) throw new McpException("start_column counts from 1.");
        if (count is < 1 or > LargestView) throw new McpException($"line_count must be from 1 to {LargestView}.");
        if (lines.Length == 0) return $"{path} is empty{Remark(file)}.";
        if (start > lines.Length) throw new McpException($"{path} has {lines.Length} lines; start_line {start} is beyond its end.");
        var last = Math.Min(lines.Length, start + count - 1);
        var text = new StringBuilder();
        for (var i = start; i <= last; i++)
        {
            text.Append(TextLines.Number(lines, i, 1, column));
            if (text.Length > MaxViewChars) last = i;
        }

        var more = last < lines.Length ? $"[{lines.Length - last} more lines; continue with start_line {last + 1}]\n" : file.EndsWithBreak ? "" : "[no newline at end of file]\n";
        return $"{path} (lines {start}-{last} of {lines.Length}{Remark(file)})\n{text}{more}";
    }

    private string List(ToolArguments arguments, CancellationToken stop) =>
        _search.List(Readable(arguments.OptionalText("path") ?? "", allowRoot: true), arguments.OptionalText("glob"), stop);

    private string Search(ToolArguments arguments, CancellationToken stop) =>
        _search.Find(arguments.Text("pattern"), arguments.OptionalText("glob"), stop);

    private string Edit(ToolArguments arguments, CancellationToken stop)
    {
        var path = Changeable(arguments.Text("path"));
        var file = Decode(path, stop);
        // What is not seen in a file is shown to the model written out, and comes back so.
        var text = file.Text;
        var match = EditLadder.Apply(path, file.Segments, Invisible.Back(arguments.Text("old_text"), text), WithoutNul(Invisible.Back(arguments.Text("new_text"), text)), stop);
        var edited = Store(path, () => file.Replace(match.First, match.Count, match.Lines, stop));
        var first = Math.Max(1, match.First + 1 - EchoContext);
        var count = Math.Min(EchoLines, match.First + 1 - first + match.Lines.Count + EchoContext);
        var note = match.Overlooked is null ? "" : $" (found by overlooking {match.Overlooked})";
        note += match.Remark is null ? "" : $" ({match.Remark})";
        return $"Edited {path}{note}. It now reads:\n{TextLines.Number(edited.Lines.ToArray(), first, count)}";
    }

    private string Write(ToolArguments arguments, CancellationToken stop)
    {
        var path = Changeable(arguments.Text("path"));
        var content = WithoutNul(arguments.Text("content"));
        var bytes = Encoding.UTF8.GetByteCount(content);
        if (bytes > MaxFileBytes) throw new McpException($"content has {bytes} bytes; at most {MaxFileBytes} are written.");
        var entry = _folder.Stat(path);
        var old = entry is { Kind: FolderEntryKind.File, Size: > 0 and <= MaxFileBytes } ? TextFile.Decode(_folder.Read(path, MaxFileBytes), Declared(path, stop)) : null;
        if (old is null)
        {
            var fresh = Store(path, () => NewFile.Create(_folder, path, content, stop));
            return $"{(entry.Kind == FolderEntryKind.Missing ? "Created" : "Replaced")} {path} ({fresh.Lines.Length} lines{Remark(fresh)}).";
        }

        if (EditElision.Added(path, TextFile.Split(content).Lines, old.Lines.ToArray()) is { } elision)
            throw new McpException($"content says '{elision}' in the place of lines of {path}, which would be lost; nothing was changed. Write the whole content, or use edit_file.");
        var replaced = Store(path, () => old.ReplaceAll(Invisible.Back(content, old.Text).TrimStart('\ufeff'), stop));
        return $"Replaced {path} ({replaced.Lines.Length} lines{Remark(replaced)}).";
    }

    /// <summary>Makes a file's new text and writes it.</summary>
    private TextFile Store(string path, Func<TextFile> make)
    {
        try
        {
            var file = make();
            var bytes = file.Encode();
            if (bytes.Length > MaxFileBytes) throw new McpException($"{path} would have {bytes.Length} bytes; at most {MaxFileBytes} are written. Nothing was changed.");
            _folder.Write(path, bytes);
            return file;
        }
        catch (TextEncodingException e)
        {
            throw new McpException($"{path}: {e.Message}", e);
        }
    }

    private TextFile Decode(string path, CancellationToken stop) => TextLines.Decode(path, _folder.Read(path, MaxFileBytes), Declared(path, stop));

    private Func<string?> Declared(string path, CancellationToken stop) => () => EditorConfig.For(_folder, path, stop).Charset;

    /// <summary>What is unusual about a file's bytes.</summary>
    private static string Remark(TextFile file)
    {
        var breaks = file.UnusualBreaks is { } kind ? $"; {kind} line ends" : "";
        return (file.Encoding.Remark is { } encoding ? $"; {encoding}" : "") + breaks;
    }

    private string Delete(ToolArguments arguments, CancellationToken stop)
    {
        var path = Changeable(arguments.Text("path"));
        _folder.Delete(path);
        return $"Deleted {path}.";
    }

    private string Readable(string path, bool allowRoot = false)
    {
        var relative = Relative(path);
        if (relative.Length == 0 && !allowRoot) throw new McpException("The path names the workspace itself; name a file in it.");
        return _options.PathPolicy.WhyNotRead(relative) is { } reason ? throw new McpException(reason) : relative;
    }

    private string Changeable(string path)
    {
        var relative = Readable(path);
        return _options.PathPolicy.WhyNotChange(relative) is { } reason ? throw new McpException(reason) : relative;
    }

    private static string WithoutNul(string text) =>
        text.Contains('\0', StringComparison.Ordinal) ? throw new McpException("The text contains a NUL character; only text files can be written.") : text;
}
