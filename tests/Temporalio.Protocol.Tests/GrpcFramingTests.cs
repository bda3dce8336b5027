using System.Buffers.Binary;
using System.IO.Compression;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Temporalio.Protocol.Common;
using Temporalio.Protocol.Transport;

namespace Temporalio.Protocol.Tests;

public sealed class GrpcFramingTests
{
    [Fact]
    public void RoundTrip_AnyMessage_ComesBack() => Check.QuickThrowOnFailure(Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), data =>
    {
        var message = new Payload { Data = ByteString.CopyFrom(data) };
        var read = Read(GrpcFraming.Write(message));
        return message.Equals(read);
    }));

    [Fact]
    public async Task Read_ByteByByte_ComesBack()
    {
        var message = new Payload { Data = ByteString.CopyFromUtf8("slowly") };
        var stream = new Dribble(GrpcFraming.Write(message));
        (await GrpcFraming.ReadAsync(stream, Payload.Parser, null)).ShouldBe(message);
    }

    [Fact]
    public void Read_Gzip_IsDecompressed()
    {
        var message = new Payload { Data = ByteString.CopyFrom(new byte[100_000]) };
        var frame = Compressed(message.ToByteArray());
        frame.Length.ShouldBeLessThan(2_000);
        Read(frame, "gzip").ShouldBe(message);
    }

    [Fact]
    public void Read_GzipBomb_StopsAtTheLimit()
    {
        var frame = Compressed(new byte[10_000_000]);
        Should.Throw<RpcStatusException>(() => Read(frame, "gzip", 100_000)).Code.ShouldBe(GrpcStatusCode.ResourceExhausted);
    }

    [Theory]
    [InlineData("snappy")]
    [InlineData(null)]
    public void Read_UnknownEncoding_IsUnimplemented(string? encoding) =>
        Should.Throw<RpcStatusException>(() => Read(Compressed([1]), encoding)).Code.ShouldBe(GrpcStatusCode.Unimplemented);

    [Fact]
    public void Read_Nothing_IsNull() => Read([]).ShouldBeNull();

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(9)]
    public void Read_Truncated_SaysSo(int length)
    {
        var frame = GrpcFraming.Write(new Payload { Data = ByteString.CopyFromUtf8("whole") })[..length];
        Should.Throw<RpcStatusException>(() => Read(frame)).Message.ShouldContain("Malformed");
    }

    [Fact]
    public void Read_LengthBeyondTheLimit_IsRefusedBeforeAnythingIsRead()
    {
        var frame = new byte[5];
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), uint.MaxValue);
        Should.Throw<RpcStatusException>(() => Read(frame)).Code.ShouldBe(GrpcStatusCode.ResourceExhausted);
    }

    [Fact]
    public void Read_BadFlagOrTwoMessagesOrNonsense_IsRefused()
    {
        var good = GrpcFraming.Write(new Payload { Data = ByteString.CopyFromUtf8("x") });
        Should.Throw<RpcStatusException>(() => Read([2, .. good[1..]])).Message.ShouldContain("flag");
        Should.Throw<RpcStatusException>(() => Read([.. good, .. good])).Message.ShouldContain("more than one");
        Should.Throw<RpcStatusException>(() => Read([0, 0, 0, 0, 2, 0xFF, 0xFF])).Message.ShouldContain("does not parse");
        Should.Throw<RpcStatusException>(() => Read([1, 0, 0, 0, 2, 0xFF, 0xFF], "gzip")).Message.ShouldContain("gzip");
    }

    [Fact]
    public void Read_AnyBytes_GiveAMessageOrAStatus() => Check.QuickThrowOnFailure(Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), data =>
    {
        try
        {
            Read(data, "gzip", 1_000_000);
        }
        catch (RpcStatusException)
        {
            // Refused with a reason: as it should be.
        }

        return true;
    }));

    private static Payload? Read(byte[] bytes, string? encoding = null, int max = GrpcFraming.DefaultMaxMessageBytes) =>
        GrpcFraming.ReadAsync(new MemoryStream(bytes), Payload.Parser, encoding, max).GetAwaiter().GetResult();

    private static byte[] Compressed(byte[] message)
    {
        using var body = new MemoryStream();
        using (var gzip = new GZipStream(body, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(message);
        }

        var frame = new byte[5 + body.Length];
        frame[0] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)body.Length);
        body.ToArray().CopyTo(frame, 5);
        return frame;
    }

    /// <summary>Gives one byte at a time, as a slow network may.</summary>
    private sealed class Dribble(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer.Length > 1 ? buffer[..1] : buffer, cancellationToken);
    }
}
