using System.Threading.Channels;

namespace CodingAgent.Playground.LocalForge.Ci;

/// <summary>What CI still has to look at.</summary>
internal sealed class CiQueue
{
    private readonly Channel<CiJobSource> _channel = Channel.CreateUnbounded<CiJobSource>(new UnboundedChannelOptions { SingleReader = true });

    public ChannelReader<CiJobSource> Reader => _channel.Reader;

    public void Add(CiJobSource source) => _channel.Writer.TryWrite(source);
}
