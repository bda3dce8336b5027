using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CodingAgent.Forges.GitHub;

/// <summary>Which GitHub App the service is: its id, and the private key that signs what it says as the app.</summary>
public sealed class AppCredentials
{
    // GitHub refuses what lasts longer than ten minutes, or begins in the future by its own clock, which ours may be ahead of.
    private static readonly TimeSpan Before = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(9);
    private const int LongestId = 100;
    private const string Example = "the file that GitHub gave you when you generated a private key, which begins with -----BEGIN RSA PRIVATE KEY-----";

    private readonly SigningCredentials _signing;

    /// <summary>Reads the key.</summary>
    /// <param name="id">The app's id or its client id: GitHub takes either.</param>
    /// <param name="privateKey">
    /// The RSA key as PEM, PKCS#1 or PKCS#8. What settings make of line breaks is undone: <c>\n</c> written out, spaces, quotes around it, all of it in base64 once more.
    /// </param>
    /// <exception cref="ArgumentException">One of them cannot be what it should be; one line, without the key.</exception>
    public AppCredentials(string id, string privateKey)
    {
        if (id.Length is 0 or > LongestId || !id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'))
            throw new ArgumentException("Forge:GitHub:App:Id is not an app's id: write the number or the client id that the app's settings on GitHub show.");
        Id = id;
        using var rsa = RSA.Create();
        var pem = Unfold(privateKey);
        if (pem.Contains("-----BEGIN PUBLIC KEY", StringComparison.Ordinal) || pem.Contains("-----BEGIN RSA PUBLIC KEY", StringComparison.Ordinal) || pem.Contains("-----BEGIN CERTIFICATE", StringComparison.Ordinal))
            throw new ArgumentException($"The App's private key is a public key or a certificate; set {Example}.");
        if (pem.Contains("ENCRYPTED", StringComparison.Ordinal))
            throw new ArgumentException("The App's private key is protected by a passphrase; take it off (openssl rsa -in key.pem -out plain.pem) and keep the file private.");
        try
        {
            rsa.ImportFromPem(pem);
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            throw new ArgumentException($"The App's private key cannot be read as an RSA key in PEM form; set {Example}.", e);
        }

        Fingerprint = "SHA256:" + Convert.ToBase64String(SHA256.HashData(rsa.ExportSubjectPublicKeyInfo()));
        PrivateKey = rsa.ExportRSAPrivateKeyPem();
        _signing = new SigningCredentials(new RsaSecurityKey(rsa.ExportParameters(includePrivateParameters: true)), SecurityAlgorithms.RsaSha256);
    }

    /// <summary>The app's id or client id.</summary>
    public string Id { get; }

    /// <summary>The public half's digest, as the app's settings on GitHub show it beside the key.</summary>
    public string Fingerprint { get; }

    /// <summary>The key, as PKCS#1 PEM: a secret.</summary>
    public string PrivateKey { get; }

    /// <summary>A JSON web token by which GitHub knows the app for the next minutes: a secret.</summary>
    internal string Sign(DateTimeOffset now) => new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
    {
        Issuer = Id,
        IssuedAt = (now - Before).UtcDateTime,
        Expires = (now + Life).UtcDateTime,
        SigningCredentials = _signing,
    });

    /// <summary>Masked.</summary>
    public override string ToString() => $"AppCredentials({Id}, ***)";

    private static string Unfold(string text)
    {
        text = text.Trim('\uFEFF', ' ', '\t', '\r', '\n').Trim('"', '\'').Replace("\\r", "", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal).ReplaceLineEndings("\n").Trim();
        if (text.Contains("-----BEGIN", StringComparison.Ordinal))
            return text;
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) && Encoding.UTF8.GetString(bytes, 0, length) is var inner && inner.Contains("-----BEGIN", StringComparison.Ordinal) ? inner.Trim() : text;
    }
}
