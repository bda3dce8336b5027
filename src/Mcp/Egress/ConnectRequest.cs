using System.Buffers;
using System.Globalization;
using System.Text;

namespace CodingAgent.Mcp.Egress;

/// <summary>
/// The head of an HTTP/1.1 CONNECT request (RFC 9112, section 3.2.3), read strictly: whatever two readers could take differently (a bare line
/// feed, a folded line, a body, a control character in the name) is refused.
/// </summary>
/// <param name="Host">What was asked for, normalised; as sent when <paramref name="Problem"/> is set.</param>
/// <param name="Port">Port; 0 when none could be read.</param>
/// <param name="Problem">Why it cannot be served, in a few fixed words; null when it can.</param>
internal sealed record ConnectRequest(string Host, int Port, string? Problem)
{
    private static readonly byte[] Method = "CONNECT "u8.ToArray();
    private static readonly byte[] End = "\r\n\r\n"u8.ToArray();

    /// <summary>True when a stream begins like a CONNECT request, false when not, null when more must be read.</summary>
    public static bool? Begins(ReadOnlySequence<byte> bytes)
    {
        var first = bytes.Slice(0, Math.Min(bytes.Length, Method.Length)).ToArray();
        if (!Method.AsSpan(0, first.Length).SequenceEqual(first)) return false;
        return first.Length == Method.Length ? true : null;
    }

    /// <summary>Reads the head when all of it is there.</summary>
    /// <param name="bytes">What came so far.</param>
    /// <param name="most">Longest head; a longer one has a <see cref="Problem"/>.</param>
    /// <param name="after">Where the head ends.</param>
    /// <returns>Null when more must be read.</returns>
    public static ConnectRequest? Read(ReadOnlySequence<byte> bytes, int most, out SequencePosition after)
    {
        var reader = new SequenceReader<byte>(bytes.Slice(0, Math.Min(bytes.Length, most)));
        after = bytes.Start;
        if (!reader.TryReadTo(out ReadOnlySequence<byte> head, End)) return bytes.Length >= most ? new ConnectRequest("", 0, "head too long") : null;
        after = reader.Position;
        var text = Encoding.Latin1.GetString(head);
        var lines = text.Split("\r\n");
        var target = lines[0].Split(' ') is ["CONNECT", var middle, "HTTP/1.1" or "HTTP/1.0"] ? middle : null;
        // Read first, so that a refusal names what was wanted.
        var (host, port, problem) = target is null ? ("", 0, "malformed request") : Authority(target);
        if (problem is null && (Array.Exists(lines, l => l.AsSpan().ContainsAnyInRange('\0', '\x1f')) || lines.Skip(1).Any(l => !IsHeader(l)))) problem = "malformed request";
        return new ConnectRequest(host, port, problem);
    }

    private static (string Host, int Port, string? Problem) Authority(string text)
    {
        var colon = text.LastIndexOf(':');
        var (host, digits) = colon < 0 ? (text, "") : (text[..colon], text[(colon + 1)..]);
        var port = int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 65535 && digits.Length <= 5 ? number : 0;
        if (port == 0) return (host, 0, "malformed request");
        return !host.All(char.IsAscii) || HostName.Normalize(host) is not { } name ? (host, port, "not a host name") : (name, port, null);
    }

    private static bool IsHeader(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || !line.AsSpan(0, colon).ContainsAnyExcept(' ', '\t') || line.AsSpan(0, colon).ContainsAny(' ', '\t')) return false;
        var (name, value) = (line[..colon], line[(colon + 1)..].Trim());
        // A CONNECT request has no body; one that says so would be read differently by different readers.
        return !name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase) && (!name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) || value == "0");
    }
}
