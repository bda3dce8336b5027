using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace CodingAgent.Mcp.Servers;

/// <summary>All tools over one workspace, by server.</summary>
internal sealed class ToolBox : IAsyncDisposable
{
    private readonly FileTools _files;
    private readonly RunnerTools? _runner;
    private readonly CallCounter _calls = new();

    public ToolBox(WorkspaceToolsOptions options)
    {
        _files = new FileTools(options);
        Files = [.. _files.All()];
        Repo = options.TrustedGit is { } git ? [.. new RepoTools(options, git).All()] : [];
        Search = options is { TrustedGit: { } searched, CodeSearch: { } searcher } ? [.. new SearchTools(options, searched, searcher).All()] : [];
        _runner = options is { Sandbox: { } sandbox, ReadOnly: false } ? new RunnerTools(options, sandbox) : null;
        Runner = _runner is null ? [] : [.. _runner.All()];
        foreach (var tool in All) tool.Calls = _calls;
    }

    public IReadOnlyList<WorkspaceTool> Files { get; }

    public IReadOnlyList<WorkspaceTool> Repo { get; }

    public IReadOnlyList<WorkspaceTool> Search { get; }

    public IReadOnlyList<WorkspaceTool> Runner { get; }

    public IReadOnlyList<WorkspaceTool> All => [.. Files, .. Search, .. Repo, .. Runner];

    public McpServerOptions ServerOptions(string name, IEnumerable<WorkspaceTool> tools)
    {
        var collection = new McpServerPrimitiveCollection<McpServerTool>();
        foreach (var tool in tools) collection.Add(tool);
        return new McpServerOptions
        {
            ServerInfo = new Implementation { Name = name, Version = typeof(ToolBox).Assembly.GetName().Version?.ToString(3) ?? "0" },
            ToolCollection = collection,
        };
    }

    /// <summary>Stops calls in flight and waits for them, so that nothing writes to the workspace afterwards.</summary>
    public async ValueTask DisposeAsync()
    {
        await _calls.DisposeAsync();
        _files.Dispose();
        _runner?.Dispose();
    }
}
