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
        var repo = options.TrustedGit is { } git ? new RepoTools(options, git) : null;
        var search = options is { TrustedGit: { } searched, CodeSearch: { } searcher } ? new SearchTools(options, searched, searcher) : null;
        Files = [.. _files.All()];
        Repo = [.. repo?.All() ?? []];
        Search = [.. search?.All() ?? []];
        Pages = options.Pages is { } reader ? [.. new PageTools(options, reader).All()] : [];
        FileResources = [.. _files.Resources()];
        RepoResources = [.. repo?.Resources() ?? []];
        SearchResources = [.. search?.Resources() ?? []];
        _runner = options is { Sandbox: { } sandbox, ReadOnly: false } ? new RunnerTools(options, sandbox) : null;
        Runner = _runner is null ? [] : [.. _runner.All()];
        foreach (var limits in All.Select(t => t.Limits).Concat(((IEnumerable<WorkspaceResource>)[.. FileResources, .. RepoResources, .. SearchResources]).Select(r => r.Limits))) limits.Calls = _calls;
    }

    public IReadOnlyList<WorkspaceTool> Files { get; }

    public IReadOnlyList<WorkspaceTool> Repo { get; }

    public IReadOnlyList<WorkspaceTool> Search { get; }

    public IReadOnlyList<WorkspaceTool> Runner { get; }

    public IReadOnlyList<WorkspaceTool> Pages { get; }

    public IReadOnlyList<WorkspaceResource> FileResources { get; }

    public IReadOnlyList<WorkspaceResource> RepoResources { get; }

    public IReadOnlyList<WorkspaceResource> SearchResources { get; }

    public IReadOnlyList<WorkspaceTool> All => [.. Files, .. Search, .. Repo, .. Runner, .. Pages];

    public static McpServerOptions ServerOptions(string name, IEnumerable<WorkspaceTool> tools, IEnumerable<WorkspaceResource> resources)
    {
        var collection = new McpServerPrimitiveCollection<McpServerTool>();
        foreach (var tool in tools) collection.Add(tool);
        var texts = new McpServerResourceCollection();
        foreach (var resource in resources) texts.Add(resource);
        return new McpServerOptions
        {
            ServerInfo = new Implementation { Name = name, Version = typeof(ToolBox).Assembly.GetName().Version?.ToString(3) ?? "0" },
            ToolCollection = collection,
            ResourceCollection = texts.IsEmpty ? null : texts,
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
