using CodingAgent.Mcp.Processes;
using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.Mcp.Tests.Processes;

public sealed class HeadTailBufferTests
{
    [Fact]
    public void Buffer_KeepsHeadAndTail_HoweverItIsFed() => Prop.ForAll<byte[][], byte>((chunks, size) =>
    {
        var buffer = new HeadTailBuffer(size);
        foreach (var chunk in chunks) buffer.Write(chunk);
        var all = chunks.SelectMany(c => c).ToArray();
        byte[] expected = all.Length <= size ? all : [.. all[..(size / 2)], .. all[^(size - (size / 2))..]];
        buffer.ToArray().ShouldBe(expected);
        buffer.CutBytes.ShouldBe(all.Length - expected.Length);
    }).QuickCheckThrowOnFailure();
}
