using System.Net.Sockets;
using CodingAgent.Mcp.Processes;
using Docker.DotNet;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>What a container writes, read as fast as it comes into bounded memory: whoever does not read stops the command.</summary>
internal sealed class DockerOutput
{
    // The Engine ends the stream when it has passed on all it read. It has failed to in some versions (moby issue 9860 and its kin).
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly HeadTailBuffer _output;
    private readonly HeadTailBuffer _error;
    private readonly Lock _gate = new();
    private readonly Task _pump;

    public DockerOutput(MultiplexedStream stream, int capacity)
    {
        _output = new HeadTailBuffer(capacity);
        _error = new HeadTailBuffer(capacity);
        _pump = PumpAsync(stream);
    }

    public string Output => Text(_output);

    public string Error => Text(_error);

    /// <summary>Waits for the end of the output after the command's; false when it did not come.</summary>
    public async Task<bool> DrainAsync(TimeProvider time) => await Task.WhenAny(_pump, Task.Delay(Grace, time, CancellationToken.None)) == _pump;

    private string Text(HeadTailBuffer buffer)
    {
        lock (_gate) return buffer.ToText();
    }

    private async Task PumpAsync(MultiplexedStream stream)
    {
        var chunk = new byte[32 * 1024];
        try
        {
            while (await stream.ReadOutputAsync(chunk, 0, chunk.Length, CancellationToken.None) is { EOF: false } read)
            {
                lock (_gate) (read.Target == MultiplexedStream.TargetStream.StandardError ? _error : _output).Write(chunk.AsSpan(0, read.Count));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SocketException or OperationCanceledException)
        {
            // Disposed after the grace, or the Engine went away, which the wait for the exit code tells.
        }
    }
}
