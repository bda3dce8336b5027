using System.Globalization;
using System.Text;
using Google.Protobuf;

namespace Temporalio.Protocol.Transport;

/// <summary>Header and trailer names of gRPC over HTTP/2, and how their values are written.</summary>
public static class GrpcHeaders
{
    /// <summary>Content type of every request and response.</summary>
    public const string ContentType = "application/grpc";

    /// <summary>Trailer: the status code as a decimal number.</summary>
    public const string Status = "grpc-status";

    /// <summary>Trailer: the percent-encoded status message.</summary>
    public const string Message = "grpc-message";

    /// <summary>Trailer: a base64 google.rpc.Status.</summary>
    public const string StatusDetails = "grpc-status-details-bin";

    /// <summary>Header: how compressed messages of this side are compressed.</summary>
    public const string Encoding = "grpc-encoding";

    /// <summary>Header: which encodings this side can read.</summary>
    public const string AcceptEncoding = "grpc-accept-encoding";

    /// <summary>Header: time left until the caller's deadline.</summary>
    public const string Timeout = "grpc-timeout";

    private const string Hex = "0123456789ABCDEF";

    /// <summary>Percent-encodes a status message: every byte outside printable ASCII, and the percent sign.</summary>
    /// <param name="message">Any text.</param>
    /// <returns>Text safe in a trailer.</returns>
    public static string EncodeMessage(string message)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(message);
        var result = new StringBuilder(bytes.Length);
        foreach (var b in bytes)
        {
            if (b is >= 0x20 and <= 0x7E and not (byte)'%')
            {
                result.Append((char)b);
            }
            else
            {
                result.Append('%').Append(Hex[b >> 4]).Append(Hex[b & 0xF]);
            }
        }

        return result.ToString();
    }

    /// <summary>Decodes a status message; broken escapes are kept as they stand, as the specification asks.</summary>
    /// <param name="value">The trailer's value.</param>
    /// <returns>The text.</returns>
    public static string DecodeMessage(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (!value.Contains('%'))
        {
            return value;
        }

        var bytes = new List<byte>(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '%' && i + 2 < value.Length && byte.TryParse(value.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var b))
            {
                bytes.Add(b);
                i += 2;
            }
            else
            {
                bytes.AddRange(System.Text.Encoding.UTF8.GetBytes(value, i, 1));
            }
        }

        return System.Text.Encoding.UTF8.GetString([.. bytes]);
    }

    /// <summary>Writes the time left before a deadline.</summary>
    /// <param name="timeout">Not negative.</param>
    /// <returns>At most eight digits and a unit.</returns>
    public static string EncodeTimeout(TimeSpan timeout)
    {
        var micros = Math.Max(1, (long)timeout.TotalMicroseconds);
        return micros switch
        {
            < 100_000_000 => $"{micros}u",
            < 100_000_000_000 => $"{micros / 1000}m",
            < 100_000_000_000_000 => $"{micros / 1_000_000}S",
            _ => $"{Math.Min(micros / 3_600_000_000, 99_999_999)}H",
        };
    }

    /// <summary>Reads a grpc-timeout value.</summary>
    /// <param name="value">The header's value; null when absent.</param>
    /// <param name="timeout">The time left.</param>
    /// <returns>False when absent or malformed.</returns>
    public static bool TryDecodeTimeout(string? value, out TimeSpan timeout)
    {
        timeout = default;
        if (value is not { Length: >= 2 and <= 9 }
            || !long.TryParse(value.AsSpan(0, value.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var amount))
        {
            return false;
        }

        var unit = value[^1] switch
        {
            'n' => TimeSpan.FromTicks(1) / 100,
            'u' => TimeSpan.FromMicroseconds(1),
            'm' => TimeSpan.FromMilliseconds(1),
            'S' => TimeSpan.FromSeconds(1),
            'M' => TimeSpan.FromMinutes(1),
            'H' => TimeSpan.FromHours(1),
            _ => TimeSpan.MinValue,
        };
        if (unit == TimeSpan.MinValue)
        {
            return false;
        }

        // Sub-tick units vanish in TimeSpan; 99,999,999 hours still fits.
        timeout = value[^1] == 'n' ? TimeSpan.FromTicks(amount / 100) : unit * amount;
        return true;
    }

    /// <summary>Writes a binary header value: base64 without padding.</summary>
    /// <param name="status">The rich status.</param>
    /// <returns>The trailer's value.</returns>
    public static string EncodeDetails(Rpc.Status status) => Convert.ToBase64String(status.ToByteArray()).TrimEnd('=');

    /// <summary>Reads a rich status; padding is optional.</summary>
    /// <param name="value">The trailer's value; null when absent.</param>
    /// <returns>Null when absent or unreadable: details only add to a status.</returns>
    public static Rpc.Status? DecodeDetails(string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return null;
        }

        try
        {
            var trimmed = value.TrimEnd('=');
            return Rpc.Status.Parser.ParseFrom(Convert.FromBase64String(trimmed + new string('=', (4 - (trimmed.Length % 4)) % 4)));
        }
        catch (Exception e) when (e is FormatException or InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
