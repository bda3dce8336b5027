using System.Text;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Texts;
using ModelContextProtocol;

namespace CodingAgent.Mcp.Servers;

/// <summary>The repo server's tools: what has changed against the base, and the base's history and files.</summary>
internal sealed class RepoTools(WorkspaceToolsOptions options, TrustedGit git)
{
    private const int MaxDiffChars = 40_000;
    private const int MaxFileChars = 60_000;
    private const int MaxLog = 100;
    private const int MaxNamed = 50;
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    private readonly Workspace _workspace = options.Workspace;
    private readonly GitMirror _mirror = new("", options.Workspace.GitDirectory);

    public IEnumerable<WorkspaceTool> All()
    {
        yield return Tool("repo_status", "Lists the files changed against the base commit.", new ToolSchema(), StatusAsync);
        yield return Tool(
            "repo_diff", "Shows the change against the base commit as a unified diff.",
            new ToolSchema().OptionalText("path", "Only this file or folder; null for all."), DiffAsync);
        yield return Tool(
            "repo_log", "Lists the newest commits up to the base commit.",
            new ToolSchema().OptionalText("path", "Only commits that touch it; null for all.").OptionalNumber("limit", $"How many, at most {MaxLog}; null for 20."), LogAsync);
        if (!options.ReadOnly)
        {
            yield return new WorkspaceTool(
                "restore_path",
                "Puts a file or folder back to what it is in the base commit, byte for byte with modes and links, and deletes what the base has not there: undoes an edit, removes build output.",
                ToolEffect.Acts, new ToolSchema().Text("path", "File or folder, from the root."), Timeout, options.TimeProvider, RestoreAsync);
        }

        yield return Tool("repo_show", "Shows a file as it is in the base commit.", new ToolSchema().Text("path", "Path from the root."), ShowAsync);
    }

    /// <summary>What has changed.</summary>
    public IEnumerable<WorkspaceResource> Resources()
    {
        var limits = new CallLimits(Timeout, options.TimeProvider);
        yield return new WorkspaceResource("repo://status", "status", "The files changed against the base commit.", limits, (_, stop) => StatusAsync(ToolArguments.None, stop));
        yield return new WorkspaceResource("repo://diff", "diff", "The change against the base commit as a unified diff.", limits, (_, stop) => DiffAsync(ToolArguments.None, stop));
    }

    private WorkspaceTool Tool(string name, string description, ToolSchema schema, Func<ToolArguments, CancellationToken, Task<string>> run) =>
        new(name, description, ToolEffect.Reads, schema, Timeout, options.TimeProvider, run);

    private async Task<string> StatusAsync(ToolArguments arguments, CancellationToken stop)
    {
        var snapshot = await git.SnapshotAsync(_workspace, stop);
        var changes = await git.DiffAsync(_mirror, _workspace.BaseSha, snapshot.TreeId, stop);
        var text = new StringBuilder();
        foreach (var f in changes.Files.Where(f => options.PathPolicy.WhyNotRead(f.Path) is null))
            text.Append(f.Kind.ToString().ToLowerInvariant()).Append(' ').Append(f.OldPath is { } from ? $"{from} to " : "").Append(f.Path).Append(f.IsBinary ? " (binary)" : $" (+{f.Insertions} -{f.Deletions})").Append('\n');
        foreach (var s in snapshot.Skipped) text.Append("not recorded ").Append(s.Path).Append(": ").Append(s.Reason).Append('\n');
        foreach (var l in snapshot.LeftOut) text.Append("left out ").Append(l.Path).Append(": ").Append(l.Reason).Append('\n');
        return text.Length == 0 ? $"No changes against the base {_workspace.BaseSha[..12]}." : $"Changes against the base {_workspace.BaseSha[..12]}:\n{text}";
    }

    private async Task<string> DiffAsync(ToolArguments arguments, CancellationToken stop)
    {
        var snapshot = await git.SnapshotAsync(_workspace, stop);
        var changes = await git.DiffAsync(_mirror, _workspace.BaseSha, snapshot.TreeId, stop);
        var wanted = PathOf(arguments);
        var paths = changes.Files.Select(f => f.Path)
            .Where(p => wanted is null || p == wanted || p.StartsWith(wanted + "/", StringComparison.Ordinal))
            .Where(p => options.PathPolicy.WhyNotRead(p) is null)
            .ToList();
        if (paths.Count == 0) return wanted is null ? "No changes." : $"No changes in {wanted}.";
        return await git.PatchTextAsync(_mirror, _workspace.BaseSha, snapshot.TreeId, paths, MaxDiffChars, stop);
    }

    private async Task<string> LogAsync(ToolArguments arguments, CancellationToken stop)
    {
        var limit = arguments.OptionalNumber("limit") ?? 20;
        if (limit is < 1 or > MaxLog) throw new McpException($"limit must be from 1 to {MaxLog}.");
        var entries = await git.LogAsync(_mirror, _workspace.BaseSha, PathOf(arguments), limit, stop);
        return entries.Count == 0 ? "No commits." : string.Concat(entries.Select(e => $"{e.Sha[..12]} {e.Date:yyyy-MM-dd} {e.Author}: {e.Subject}\n"));
    }

    private async Task<string> ShowAsync(ToolArguments arguments, CancellationToken stop)
    {
        var path = PathOf(arguments) ?? throw new McpException("repo_show needs a path.");
        var bytes = await git.ReadFileAsync(_mirror, _workspace.BaseSha, path, stop) ?? throw new McpException($"{path} is not a file of the base commit.");
        var text = TextLines.Decode(path, bytes).Text;
        return text.Length <= MaxFileChars ? text : $"{TextCut.Head(text, MaxFileChars)}\n[... {text.Length - MaxFileChars} more characters ...]\n";
    }

    private async Task<string> RestoreAsync(ToolArguments arguments, CancellationToken stop)
    {
        var path = PathOf(arguments) ?? throw new McpException("restore_path needs the path of a file or folder.");
        var done = await git.RestorePathAsync(_workspace, path, stop);
        if (done.Restored.Count + done.Deleted.Count == 0) return $"{path} is as in the base already.";
        var text = new StringBuilder();
        Tell(text, "restored", done.Restored);
        Tell(text, "deleted", done.Deleted);
        return text.ToString();
    }

    private static void Tell(StringBuilder text, string what, IReadOnlyList<string> paths)
    {
        foreach (var path in paths.Take(MaxNamed)) text.Append(what).Append(' ').Append(path).Append('\n');
        if (paths.Count > MaxNamed) text.Append(what).Append(' ').Append(paths.Count - MaxNamed).Append(" more\n");
    }

    private string? PathOf(ToolArguments arguments)
    {
        var path = FileTools.Relative(arguments.OptionalText("path") ?? "");
        if (path.Length == 0) return null;
        return options.PathPolicy.WhyNotRead(path) is { } reason ? throw new McpException(reason) : path;
    }
}
