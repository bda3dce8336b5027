using System.Net.Sockets;

namespace CodingAgent.Mcp.Egress;

/// <summary>A connection that tells what goes over it.</summary>
/// <param name="socket">The connection; owned.</param>
/// <param name="moved">Told what was sent and what was received, in bytes.</param>
internal sealed class CountingStream(Socket socket, Action<long, long> moved) : NetworkStream(socket, ownsSocket: true)
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await base.ReadAsync(buffer, cancellationToken);
        moved(0, count);
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await base.WriteAsync(buffer, cancellationToken);
        moved(buffer.Length, 0);
    }
}
