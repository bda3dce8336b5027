using System.IO.Pipelines;
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
        _server = McpServer.Create(transport, _box.ServerOptions("coding-agent-workspace", _box.All));
        _serving = _server.RunAsync(_stop.Token);
        var client = new StreamClientTransport(_toServer.Writer.AsStream(), _toClient.Reader.AsStream());
        _client = await McpClient.CreateAsync(
            client, new McpClientOptions { ClientInfo = new Implementation { Name = "coding-agent", Version = "1" } }, cancellationToken: cancellationToken);
        Tools = [.. await _client.ListToolsAsync(cancellationToken: cancellationToken)];
    }
}
