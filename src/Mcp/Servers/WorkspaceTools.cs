using System.IO.Pipelines;
using CodingAgent.Mcp.CodeSearch;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Pages;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Setup;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace CodingAgent.Mcp.Servers;

/// <summary>The workspace servers and a client, joined in memory. Disposing stops tools that still run.</summary>
public sealed class WorkspaceTools : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly ToolBox _box;
    private readonly Pipe _toServer = new();
    private readonly Pipe _toClient = new();
    private McpServer? _server;
    private McpClient? _client;
    private Task _serving = Task.CompletedTask;

    private WorkspaceTools(WorkspaceToolsOptions options)
    {
        _stop = new CancellationTokenSource();
        _box = new ToolBox(options);
    }

    /// <summary>The tools; each is also an <c>AIFunction</c>. Annotations are in <c>ProtocolTool.Annotations</c>.</summary>
    public IReadOnlyList<McpClientTool> Tools { get; private set; } = [];

    /// <summary>Starts the servers and connects to them.</summary>
    public static async Task<WorkspaceTools> ConnectAsync(WorkspaceToolsOptions options, CancellationToken cancellationToken)
    {
        var tools = new WorkspaceTools(options);
        try
        {
            await tools.StartAsync(cancellationToken);
            return tools;
        }
        catch
        {
            await tools.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_client is not null) await _client.DisposeAsync();
        await _toServer.Writer.CompleteAsync();
        try
        {
            await _serving;
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }

        if (_server is not null) await _server.DisposeAsync();
        await _box.DisposeAsync();
        _stop.Dispose();
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        var transport = new StreamServerTransport(_toServer.Reader.AsStream(), _toClient.Writer.AsStream(), "workspace");
        _server = McpServer.Create(transport, ToolBox.ServerOptions("coding-agent-workspace", _box.All, []));
        _serving = _server.RunAsync(_stop.Token);
        var client = new StreamClientTransport(_toServer.Writer.AsStream(), _toClient.Reader.AsStream());
        _client = await McpClient.CreateAsync(
            client, new McpClientOptions { ClientInfo = new Implementation { Name = "coding-agent", Version = "1" } }, cancellationToken: cancellationToken);
        Tools = [.. await _client.ListToolsAsync(cancellationToken: cancellationToken)];
    }
}

/// <summary>What the workspace servers work on and with.</summary>
public sealed record WorkspaceToolsOptions
{
    /// <summary>The workspace.</summary>
    public required Workspace Workspace { get; init; }

    /// <summary>Where commands run; null leaves the runner tools out.</summary>
    public ISandbox? Sandbox { get; init; }

    /// <summary>Git for status, differences and history; null leaves the repo tools out.</summary>
    public TrustedGit? TrustedGit { get; init; }

    /// <summary>The index that code is searched by; null leaves the search tools out.</summary>
    public CodeSearcher? CodeSearch { get; init; }

    /// <summary>Reads pages of documentation; null leaves that tool out.</summary>
    public PageReader? Pages { get; init; }

    /// <summary>What may be changed and read.</summary>
    public PathPolicy PathPolicy { get; init; } = PathPolicy.Open;

    /// <summary>The repository's named checks.</summary>
    public IReadOnlyList<WorkspaceCheck> Checks { get; init; } = [];

    /// <summary>How the workspace is set up and checked; null runs commands and checks in the workspace as it is.</summary>
    public WorkspaceBuild? Build { get; init; }

    /// <summary>Limits of each command and check.</summary>
    public SandboxLimits SandboxLimits { get; init; } = SandboxLimits.Default;

    /// <summary>Only tools that change nothing: no edits, no commands.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Host user that files written by tools are given to; must be the sandbox's.</summary>
    public SandboxUser? FileOwner { get; init; } = SandboxUser.ForThisProcess;

    /// <summary>How long a tool that only reads, searches or edits files may take; whatever it was asked, it has answered or been stopped by then.</summary>
    public TimeSpan FileTimeLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Clock for time limits and durations.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
