using System.Diagnostics;
using System.Text.Json;
using CodingAgent.Agents.Journal;
using Microsoft.Extensions.AI;
using ModelContextProtocol;

namespace CodingAgent.Agents.Tests.Fakes;

/// <summary>The workspace tools under their real names over a folder; commands run in it without a sandbox, so give it trusted text only.</summary>
internal sealed class FolderWorkspace : IWorkspaceSnapshots, IDisposable
{
    private readonly Func<FolderWorkspace, string> _checks;
    private readonly Dictionary<string, string> _base;

    public FolderWorkspace(string from, Func<FolderWorkspace, string> checks)
    {
        _checks = checks;
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var path = Path.GetRelativePath(from, file).Replace('\\', '/');
            if (!path.Split('/').Any(p => p is "bin" or "obj"))
                this[path] = File.ReadAllText(file);
        }
        _base = Files();
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("workspace-").FullName;

    public List<string> Outputs { get; } = [];

    public string this[string path]
    {
        get => File.Exists(Path.Combine(Root, path)) ? File.ReadAllText(Path.Combine(Root, path)) : throw new McpException($"{path} does not exist.");
        set
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(Root, path))!);
            File.WriteAllText(Path.Combine(Root, path), value);
        }
    }

    public IReadOnlyList<AIFunction> Reading =>
    [
        Functions.ReadOnly((string path, int? start_line = null, int? line_count = null) =>
            string.Join('\n', this[path].TrimEnd('\n').Split('\n').Select((l, i) => $"{i + 1,6}\t{l}")), "read_file"),
        Functions.ReadOnly((string? path = null, string? glob = null) => string.Join('\n', Files().Keys.Order()), "list_files"),
        Functions.ReadOnly((string? path = null) => string.Join('\n', Files().Where(f => _base.GetValueOrDefault(f.Key) != f.Value).Select(f => $"+++ {f.Key}\n{f.Value}")), "repo_diff"),
    ];

    public IReadOnlyList<AIFunction> All =>
    [
        .. Reading,
        AIFunctionFactory.Create((string path, string old_text, string new_text) =>
        {
            var parts = this[path].Split(old_text);
            if (parts.Length != 2)
                throw new McpException(parts.Length == 1 ? $"old_text was not found in {path}." : $"old_text is ambiguous in {path}.");
            this[path] = string.Join(new_text, parts);
            return $"Edited {path}.";
        }, "edit_file"),
        AIFunctionFactory.Create((string path, string content) =>
        {
            this[path] = content;
            return $"Wrote {path}.";
        }, "write_file"),
        AIFunctionFactory.Create((string? name = null) => Keep(_checks(this)), "run_checks"),
        AIFunctionFactory.Create((string command, int? timeout_seconds = null) => Keep(Run(command)), "run_command"),
    ];

    public string Run(string command)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", command + " 2>&1"]) { WorkingDirectory = Root, RedirectStandardOutput = true, UseShellExecute = false };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return $"exit code {process.ExitCode}\n{output}";
    }

    public Task<string> TakeAsync(CancellationToken cancellationToken) => Task.FromResult(JsonSerializer.Serialize(Files()));

    public Task RestoreAsync(string snapshot, CancellationToken cancellationToken)
    {
        foreach (var path in Files().Keys)
            File.Delete(Path.Combine(Root, path));
        foreach (var (path, text) in JsonSerializer.Deserialize<Dictionary<string, string>>(snapshot)!)
            this[path] = text;
        return Task.CompletedTask;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private string Keep(string output)
    {
        Outputs.Add(output);
        return output;
    }

    private Dictionary<string, string> Files() => Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(Root, f).Replace('\\', '/'))
        .Where(p => !p.Split('/').Any(part => part is "bin" or "obj"))
        .ToDictionary(p => p, p => this[p]);
}
