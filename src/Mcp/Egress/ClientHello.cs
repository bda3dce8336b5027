using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace CodingAgent.Mcp.Egress;

/// <summary>
/// The first message of a TLS client (RFC 8446, section 4.1.2; RFC 6066, section 3), read far enough to know which server it is for. It may
/// come in any number of records and segments. Strict: what a server might read otherwise (an extension twice, two names, bytes left over) has
/// a <see cref="Problem"/>.
/// </summary>
/// <param name="ServerName">The name as sent; null when there is a problem.</param>
/// <param name="Problem">Why it cannot be served, in a few fixed words.</param>
internal sealed record ClientHello(string? ServerName, string? Problem)
{
    /// <summary>The greeting names no server.</summary>
    public const string NoName = "no server name";

    private const int MostBytes = 32 * 1024;
    private const int LongestRecord = 1 << 14;
    private const byte Handshake = 22;
    private const byte Hello = 1;
    private const int ServerNameExtension = 0;
    private const int EncryptedHello = 0xfe0d;
    private const int EncryptedServerName = 0xffce;

    private static readonly ClientHello NotTls = new(null, "not TLS");
    private static readonly ClientHello Malformed = new(null, "malformed TLS greeting");

    /// <summary>True when a stream begins like TLS; false when not. One byte is enough to tell it from HTTP.</summary>
    public static bool Begins(byte first) => first == Handshake;

    /// <summary>Reads the message when all of it is there; null when more must be read.</summary>
    public static ClientHello? Read(ReadOnlySequence<byte> bytes)
    {
        var reader = new SequenceReader<byte>(bytes);
        var message = new ArrayBufferWriter<byte>();
        while (true)
        {
            if (!reader.TryRead(out var type)) return Wait(bytes);
            if (type != Handshake) return message.WrittenCount == 0 ? NotTls : Malformed;
            if (!reader.TryRead(out var major) || !reader.TryRead(out _)) return Wait(bytes);
            if (major != 3) return NotTls;
            if (!reader.TryReadBigEndian(out short signed)) return Wait(bytes);
            var length = (ushort)signed;
            if (length is 0 or > LongestRecord || message.WrittenCount + length > MostBytes) return Malformed;
            var part = (int)Math.Min(length, reader.Remaining);
            reader.UnreadSequence.Slice(0, part).CopyTo(message.GetSpan(part));
            message.Advance(part);
            reader.Advance(part);
            if (message.WrittenCount >= 4)
            {
                var whole = 4 + ((message.WrittenSpan[1] << 16) | BinaryPrimitives.ReadUInt16BigEndian(message.WrittenSpan[2..]));
                if (message.WrittenSpan[0] != Hello || whole > MostBytes || message.WrittenCount > whole) return Malformed;
                if (message.WrittenCount == whole) return part < length ? Malformed : Parse(message.WrittenSpan[4..]);
            }

            if (part < length) return Wait(bytes);
        }
    }

    private static ClientHello? Wait(ReadOnlySequence<byte> bytes) => bytes.Length > 2 * MostBytes ? Malformed : null;

    private static ClientHello Parse(ReadOnlySpan<byte> rest)
    {
        // Version and random, then three vectors.
        if (rest.Length < 34) return Malformed;
        rest = rest[34..];
        if (!Take(ref rest, 1, out _) || !Take(ref rest, 2, out _) || !Take(ref rest, 1, out _)) return Malformed;
        if (rest.IsEmpty) return new ClientHello(null, NoName);
        if (!Take(ref rest, 2, out var extensions) || !rest.IsEmpty) return Malformed;
        var seen = new HashSet<int>();
        string? name = null;
        while (!extensions.IsEmpty)
        {
            if (extensions.Length < 2) return Malformed;
            var type = BinaryPrimitives.ReadUInt16BigEndian(extensions);
            extensions = extensions[2..];
            if (!Take(ref extensions, 2, out var data) || !seen.Add(type)) return Malformed;
            // The name inside it cannot be read, and a server goes by that one.
            if (type is EncryptedHello or EncryptedServerName) return new ClientHello(null, "encrypted server name");
            if (type != ServerNameExtension) continue;
            if (!Take(ref data, 2, out var list) || !data.IsEmpty || list.Length < 3 || list[0] != 0) return Malformed;
            list = list[1..];
            if (!Take(ref list, 2, out var host) || !list.IsEmpty || host.IsEmpty) return Malformed;
            name = Encoding.Latin1.GetString(host);
        }

        return name is null ? new ClientHello(null, NoName) : new ClientHello(name, null);
    }

    /// <summary>Takes a vector with a length of one or two bytes before it.</summary>
    private static bool Take(ref ReadOnlySpan<byte> rest, int lengthBytes, out ReadOnlySpan<byte> vector)
    {
        vector = default;
        if (rest.Length < lengthBytes) return false;
        var length = lengthBytes == 1 ? rest[0] : BinaryPrimitives.ReadUInt16BigEndian(rest);
        rest = rest[lengthBytes..];
        if (rest.Length < length) return false;
        vector = rest[..length];
        rest = rest[length..];
        return true;
    }
}
