using System.Text;

namespace CodingAgent.Workflows.Secrets;

/// <summary>Checksums that issuers put into their tokens.</summary>
internal static class Checksums
{
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>
    /// True where the last six characters are the CRC-32, in base 62, of what stands between the underscore and them: tokens of GitHub
    /// (<see href="https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/"/>) and of npm, which follows it.
    /// </summary>
    public static bool EndsWithCrc(string token)
    {
        var body = token[(token.IndexOf('_', StringComparison.Ordinal) + 1)..];
        if (body.Length < 7)
            return false;
        var crc = uint.MaxValue;
        foreach (var b in Encoding.ASCII.GetBytes(body[..^6]))
        {
            crc ^= b;
            for (var i = 0; i < 8; i++)
                crc = (crc >> 1) ^ (0xEDB88320 & (uint)-(int)(crc & 1));
        }

        crc = ~crc;
        for (var i = body.Length - 1; i >= body.Length - 6; i--, crc /= 62)
        {
            if (body[i] != Base62[(int)(crc % 62)])
                return false;
        }

        return true;
    }
}
