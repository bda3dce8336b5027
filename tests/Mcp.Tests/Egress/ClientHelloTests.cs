using System.Buffers;
using System.Buffers.Binary;
using System.Net.Security;
using System.Text;
using CodingAgent.Mcp.Egress;
using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.Mcp.Tests.Egress;

public sealed class ClientHelloTests
{
    [Fact]
    public async Task Read_ARealClientsGreeting_HasItsName() => ClientHello.Read(new ReadOnlySequence<byte>(await RealAsync("registry.test"))).ShouldBe(new ClientHello("registry.test", null));

    [Fact]
    public async Task Read_ARealGreetingInAnyRecordsAndSegments_IsTheSame()
    {
        var message = (await RealAsync("registry.test"))[5..];
        Prop.ForAll(ArbMap.Default.ArbFor<PositiveInt[]>(), ArbMap.Default.ArbFor<PositiveInt>(), (cuts, segment) =>
        {
            var bytes = Records(message, cuts.Select(c => c.Get));
            var sequence = Segments(bytes, segment.Get);
            for (var length = 0; length < bytes.Length; length += 1 + (length / 7)) ClientHello.Read(sequence.Slice(0, length)).ShouldBeNull();
            ClientHello.Read(sequence).ShouldBe(new ClientHello("registry.test", null));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Read_AnyBytes_EndsWithoutAnException() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes => ClientHello.Read(new ReadOnlySequence<byte>([22, 3, 1, .. bytes]))?.ServerName.ShouldBeNull()).QuickCheckThrowOnFailure();

    [Fact]
    public void Read_LargeKeyShareOfManyKilobytes_IsRead() =>
        Read(Hello(Name("registry.test"), Extension(51, new byte[17_000]))).ShouldBe(new ClientHello("registry.test", null));

    [Fact]
    public void Read_WithoutAName_SaysSo()
    {
        Read(Hello()).Problem.ShouldBe("no server name");
        Read(Hello(Extension(10, [0, 2, 0, 29]))).Problem.ShouldBe("no server name");
    }

    [Fact]
    public void Read_EncryptedHello_IsRefused_WhateverNameIsOutside()
    {
        Read(Hello(Name("registry.test"), Extension(0xfe0d, [0, 0, 1, 0, 1, 5, 0, 0, 0, 0]))).Problem.ShouldBe("encrypted server name");
        Read(Hello(Extension(0xffce, [1, 2, 3]), Name("registry.test"))).Problem.ShouldBe("encrypted server name");
    }

    [Fact]
    public void Read_WhatTwoReadersTakeDifferently_IsRefused()
    {
        byte[] two = [.. NameEntry("registry.test"), .. NameEntry("evil.test")];
        Read(Hello(Name("registry.test"), Name("evil.test"))).Problem.ShouldBe("malformed TLS greeting");
        Read(Hello(Extension(0, Vector(two)))).Problem.ShouldBe("malformed TLS greeting");
        Read(Hello(Extension(0, [.. Vector(NameEntry("registry.test")), 0]))).Problem.ShouldBe("malformed TLS greeting");
        Read(Hello(Extension(0, Vector([1, 0, 1, 65])))).Problem.ShouldBe("malformed TLS greeting");
        Read([.. Hello(Name("registry.test")), 99]).Problem.ShouldBe("malformed TLS greeting");
        // A second message in the same record; a record of another kind in the middle; an empty record.
        ClientHello.Read(new ReadOnlySequence<byte>(Record([.. Hello(Name("registry.test")), 1, 0, 0, 0])))!.Problem.ShouldBe("malformed TLS greeting");
        var hello = Hello(Name("registry.test"));
        ClientHello.Read(new ReadOnlySequence<byte>([.. Record(hello[..9]), 21, 3, 3, 0, 2, 1, 0, .. Record(hello[9..])]))!.Problem.ShouldBe("malformed TLS greeting");
        ClientHello.Read(new ReadOnlySequence<byte>([.. Record([]), .. Record(hello)]))!.Problem.ShouldBe("malformed TLS greeting");
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9\r\n")]
    [InlineData("\u0080\u002e\u0001\u0003\u0001")]
    [InlineData("\u0016\u0002\u0000\u0000\u0001")]
    public void Read_OtherProtocols_AreNotTls(string text) => ClientHello.Read(new ReadOnlySequence<byte>(Encoding.Latin1.GetBytes(text)))!.Problem.ShouldBe("not TLS");

    [Fact]
    public void Read_EndlessGreeting_IsEnded()
    {
        byte[] endless = [.. Enumerable.Repeat(Record([1, 0, 0xff, 0xff, .. new byte[100]]), 1).SelectMany(r => r), .. Enumerable.Repeat(Record(new byte[1]), 20_000).SelectMany(r => r)];
        ClientHello.Read(new ReadOnlySequence<byte>(endless)).ShouldNotBeNull().Problem.ShouldBe("malformed TLS greeting");
    }

    private static ClientHello Read(byte[] message) => ClientHello.Read(new ReadOnlySequence<byte>(Records(message, [])))!;

    internal static async Task<byte[]> RealAsync(string name)
    {
        var written = new MemoryStream();
        await using var tls = new SslStream(new OneWay(written));
        await Should.ThrowAsync<IOException>(() => tls.AuthenticateAsClientAsync(name));
        return written.ToArray();
    }

    private static byte[] Hello(params byte[][] extensions)
    {
        byte[] all = [.. extensions.SelectMany(e => e)];
        byte[] body = [3, 3, .. new byte[32], 0, 0, 2, 0x13, 1, 1, 0, .. extensions.Length == 0 ? [] : Vector(all)];
        return [1, (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body];
    }

    private static byte[] Name(string name) => Extension(0, Vector(NameEntry(name)));

    private static byte[] NameEntry(string name) => [0, .. Vector(Encoding.ASCII.GetBytes(name))];

    private static byte[] Extension(ushort type, byte[] data) => [(byte)(type >> 8), (byte)type, .. Vector(data)];

    private static byte[] Vector(byte[] data) => [(byte)(data.Length >> 8), (byte)data.Length, .. data];

    private static byte[] Record(byte[] data)
    {
        var head = new byte[] { 22, 3, 1, 0, 0 };
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(3), (ushort)data.Length);
        return [.. head, .. data];
    }

    private static byte[] Records(byte[] message, IEnumerable<int> cuts)
    {
        var all = new List<byte>();
        foreach (var cut in cuts.Append(int.MaxValue))
        {
            for (var part = Math.Min(Math.Min(cut, 16_384), message.Length); part > 0; part = cut == int.MaxValue ? Math.Min(16_384, message.Length) : 0)
            {
                all.AddRange(Record(message[..part]));
                message = message[part..];
            }
        }

        return [.. all];
    }

    private static ReadOnlySequence<byte> Segments(byte[] bytes, int size)
    {
        Segment? first = null, last = null;
        foreach (var chunk in bytes.Chunk(size)) last = last is null ? first = new Segment(chunk) : last.Append(chunk);
        return new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }

    /// <summary>Takes what is written, has nothing to read.</summary>
    private sealed class OneWay(MemoryStream written) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => 0; set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => 0;

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => written.Write(buffer, offset, count);
    }
}
