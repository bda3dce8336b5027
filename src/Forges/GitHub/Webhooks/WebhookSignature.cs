using System.Security.Cryptography;
using System.Text;

namespace CodingAgent.Forges.GitHub.Webhooks;

/// <summary>
/// Verifies GitHub's webhook signature: HMAC-SHA256 of the raw body, before anything parses it. GitHub's documentation
/// "Validating webhook deliveries" is the source of the header and its form.
/// </summary>
public static class WebhookSignature
{
    /// <summary>Name of the header.</summary>
    public const string HeaderName = "X-Hub-Signature-256";

    private const string Scheme = "sha256=";

    /// <summary>Judges a body against its header, comparing in constant time.</summary>
    public static SignatureVerdict Verify(ReadOnlySpan<byte> body, string? header, string? secret)
    {
        // A missing secret must never pass, and neither must the HMAC with an empty key that anybody can compute.
        if (string.IsNullOrEmpty(secret))
            return SignatureVerdict.NoSecret;
        if (string.IsNullOrEmpty(header))
            return SignatureVerdict.Missing;
        Span<byte> claimed = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            || header.Length != Scheme.Length + 2 * claimed.Length
            || Convert.FromHexString(header.AsSpan(Scheme.Length), claimed, out _, out _) != System.Buffers.OperationStatus.Done)
            return SignatureVerdict.Malformed;
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body, expected);
        return CryptographicOperations.FixedTimeEquals(claimed, expected) ? SignatureVerdict.Valid : SignatureVerdict.Mismatch;
    }

    /// <summary>The header's value for a body: what a sender writes.</summary>
    public static string Sign(ReadOnlySpan<byte> body, string secret)
    {
        ArgumentException.ThrowIfNullOrEmpty(secret);
        return Scheme + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body));
    }
}
