using System.IO.Pipelines;
using CodingAgent.Mcp.Processes;
using CodingAgent.Mcp.Sandboxes;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace CodingAgent.Mcp.ThirdParty;

/// <summary>A server of others that runs in the sandbox, without network, workspace or variables, and the client that talks with it.</summary>
internal sealed class ServerConnection : IAsyncDisposable
{
    // Where the installed package is shown.
    private const string Shown = "/opt/mcp-server";
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan EndTime = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(6);
    private static readonly SandboxLimits Limits = new(Longest, 1L << 30, 256, 16 * 1024, 1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Pipe _toServer = new();
    private readonly Pipe _toClient = new();
    private readonly string _scratch = Directory.CreateTempSubdirectory("coding-agent-mcp-").FullName;
    private Task<SandboxResult>? _running;
    private McpClient? _client;

    private ServerConnection()
    {
    }

    public McpClient Client => _client!;

    /// <summary>All that it says it has, as it says it now.</summary>
    public IReadOnlyList<ApprovedTool> Tools { get; private set; } = [];

    /// <summary>Starts it.</summary>
    /// <exception cref="ThirdPartyException">It does not start, or does not speak the protocol.</exception>
    public static async Task<ServerConnection> StartAsync(ThirdPartyServer server, string folder, ISandbox sandbox, TimeProvider time, CancellationToken cancellationToken)
    {
        var connection = new ServerConnection();
        try
        {
            await connection.RunAsync(server, folder, sandbox, time, cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null) await _client.DisposeAsync();
        await _stop.CancelAsync();
        await _toServer.Writer.CompleteAsync();
        try
        {
            if (_running is not null) await _running;
        }
        catch (Exception e) when (e is OperationCanceledException or SandboxUnavailableException)
        {
            // As asked; and why it did not start was told.
        }

        _stop.Dispose();
        Directory.Delete(_scratch, recursive: true);
    }

    private async Task RunAsync(ThirdPartyServer server, string folder, ISandbox sandbox, TimeProvider time, CancellationToken cancellationToken)
    {
        // It starts in this empty folder, as the sandbox's user.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_scratch, File.GetUnixFileMode(_scratch) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        var program = PackageInstaller.Of(server.Package.Source).Program(Shown, server.Command[0]);
        _running = sandbox.RunAsync(
            new SandboxCommand([.. program.Arguments, .. server.Command.Skip(1)], _scratch, Limits)
            {
                Environment = program.Environment,
                ReadOnlyWorkspace = true,
                Binds = [new SandboxBind(folder, Shown)],
                Pipes = new ChildPipes(_toServer.Reader.AsStream(), new BoundedLines(_toClient.Writer.AsStream())),
            },
            _stop.Token);
        using var late = new CancellationTokenSource(StartTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            _client = await McpClient.CreateAsync(
                new StreamClientTransport(_toServer.Writer.AsStream(), _toClient.Reader.AsStream()),
                // Nothing is offered to it: no model, no folders, no questions to people.
                new McpClientOptions { ClientInfo = new Implementation { Name = "coding-agent", Version = "1" }, InitializationTimeout = StartTime },
                cancellationToken: either.Token);
            Tools = ToolLock.Of((await _client.ListToolsAsync(cancellationToken: either.Token)).Select(t => t.ProtocolTool));
        }
        catch (Exception e) when (e is not ThirdPartyException && !cancellationToken.IsCancellationRequested)
        {
            // One that has closed its output is about to end, and its end says more.
            await Task.WhenAny(_running, Task.Delay(EndTime, time, cancellationToken));
            var ended = _running is { IsCompletedSuccessfully: true, Result: var result } ? $" It ended with code {result.ExitCode}: {Texts.TextCut.Tail(Texts.Invisible.Shown(result.StandardError).ReplaceLineEndings(" ").Trim(), 300)}" : _running.IsFaulted ? $" {_running.Exception.InnerException!.Message}" : "";
            throw new ThirdPartyException($"it does not answer as an MCP server does.{ended}", e);
        }
    }

    /// <summary>Ends a server that writes without an end of line, which the client would keep for good.</summary>
    private sealed class BoundedLines(Stream inner) : Stream
    {
        private const int Longest = 16 << 20;

        private int _line;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var end = buffer.Span.LastIndexOf((byte)'\n');
            _line = end < 0 ? _line + buffer.Length : buffer.Length - end - 1;
            if (_line > Longest) throw new InvalidDataException("A message is too long.");
            await inner.WriteAsync(buffer, cancellationToken);
            await inner.FlushAsync(cancellationToken);
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            await base.DisposeAsync();
        }
    }
}
