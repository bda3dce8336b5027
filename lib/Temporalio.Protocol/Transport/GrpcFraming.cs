using System.Buffers.Binary;
using System.IO.Compression;
using Google.Protobuf;

namespace Temporalio.Protocol.Transport;

/// <summary>
/// The length-prefixed message of a unary gRPC call: one flag byte (1 = compressed), four bytes of big-endian length, the message.
/// </summary>
public static class GrpcFraming
{
    /// <summary>The largest message read, in bytes, unless the reader asks for another bound.</summary>
    public const int DefaultMaxMessageBytes = 64 * 1024 * 1024;

    private const int PrefixBytes = 5;

    /// <summary>Frames a message uncompressed.</summary>
    /// <param name="message">The message.</param>
    /// <returns>Prefix and message in one buffer.</returns>
    public static byte[] Write(IMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var size = message.CalculateSize();
        var buffer = new byte[PrefixBytes + size];
        BinaryPrimitives.WriteUInt32BigEndian(buffer.AsSpan(1), (uint)size);
        message.WriteTo(buffer.AsSpan(PrefixBytes));
        return buffer;
    }

    /// <summary>Reads exactly one message, and that nothing follows it.</summary>
    /// <typeparam name="T">The message type.</typeparam>
    /// <param name="stream">The body of the request or response.</param>
    /// <param name="parser">The parser of the type.</param>
    /// <param name="encoding">The value of grpc-encoding; null or identity when absent.</param>
    /// <param name="maxBytes">Bound on the message, before and after decompression.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The message, or null when the body is empty (a call that failed without a message).</returns>
    /// <exception cref="RpcStatusException">The frame is truncated, oversize, compressed in an unknown way, or does not parse.</exception>
    public static async Task<T?> ReadAsync<T>(
        Stream stream, MessageParser<T> parser, string? encoding, int maxBytes = DefaultMaxMessageBytes, CancellationToken cancellationToken = default)
        where T : class, IMessage<T>
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(parser);
        var prefix = new byte[PrefixBytes];
        var read = await stream.ReadAtLeastAsync(prefix, PrefixBytes, throwOnEndOfStream: false, cancellationToken);
        if (read == 0)
        {
            return null;
        }

        if (read < PrefixBytes)
        {
            throw Malformed($"the message prefix ends after {read} of {PrefixBytes} bytes");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(1));
        if (length > maxBytes)
        {
            throw TooLarge(length, maxBytes);
        }

        var body = await ReadBodyAsync(stream, (int)length, cancellationToken);
        var message = prefix[0] switch
        {
            0 => body,
            1 => Decompress(body, encoding, maxBytes),
            var flag => throw Malformed($"the compression flag is {flag}, not 0 or 1"),
        };
        if (await stream.ReadAsync(prefix.AsMemory(0, 1), cancellationToken) != 0)
        {
            throw Malformed("a unary call carries more than one message");
        }

        try
        {
            return parser.ParseFrom(message.Array, message.Offset, message.Count);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new RpcStatusException(GrpcStatusCode.Internal, $"gRPC message does not parse as {typeof(T).Name}: {e.Message}", e);
        }
    }

    private static async Task<ArraySegment<byte>> ReadBodyAsync(Stream stream, int length, CancellationToken cancellationToken)
    {
        // Grown as bytes arrive: a prefix that promises much and sends little must not cost memory.
        using var buffer = new MemoryStream(Math.Min(length, 64 * 1024));
        var chunk = new byte[Math.Clamp(length, 1, 64 * 1024)];
        var left = length;
        while (left > 0)
        {
            var n = await stream.ReadAsync(chunk.AsMemory(0, Math.Min(left, chunk.Length)), cancellationToken);
            if (n == 0)
            {
                throw Malformed($"the message ends {left} bytes early");
            }

            buffer.Write(chunk, 0, n);
            left -= n;
        }

        return new ArraySegment<byte>(buffer.GetBuffer(), 0, length);
    }

    private static ArraySegment<byte> Decompress(ArraySegment<byte> body, string? encoding, int maxBytes)
    {
        if (!string.Equals(encoding, "gzip", StringComparison.OrdinalIgnoreCase))
        {
            throw new RpcStatusException(GrpcStatusCode.Unimplemented, $"gRPC message encoding '{encoding ?? "(none)"}' is not supported; use gzip or identity");
        }

        try
        {
            using var gzip = new GZipStream(new MemoryStream(body.Array!, body.Offset, body.Count, writable: false), CompressionMode.Decompress);
            using var output = new MemoryStream();
            var chunk = new byte[64 * 1024];
            int n;
            while ((n = gzip.Read(chunk)) > 0)
            {
                if (output.Length + n > maxBytes)
                {
                    throw TooLarge(output.Length + n, maxBytes);
                }

                output.Write(chunk, 0, n);
            }

            return new ArraySegment<byte>(output.GetBuffer(), 0, (int)output.Length);
        }
        catch (InvalidDataException e)
        {
            throw new RpcStatusException(GrpcStatusCode.Internal, $"gRPC message is not valid gzip: {e.Message}", e);
        }
    }

    private static RpcStatusException Malformed(string why) => new(GrpcStatusCode.Internal, $"Malformed gRPC message: {why}");

    private static RpcStatusException TooLarge(long bytes, int maxBytes) =>
        new(GrpcStatusCode.ResourceExhausted, $"gRPC message of {bytes} bytes exceeds the limit of {maxBytes} bytes");
}
