using System.Security.Cryptography;
using System.Text;
using CodingAgent.Forges.GitHub;

namespace CodingAgent.Forges.Tests.GitHub;

public sealed class AppCredentialsTests
{
    private static readonly RSA Key = RSA.Create(2048);

    /// <summary>What files, variables and secret stores make of a key (octokit/app.js#40, palantir/policy-bot#100, checkmarx-ltd/cx-flow#537).</summary>
    public static TheoryData<string, string> Written => new()
    {
        { "PKCS#1", Key.ExportRSAPrivateKeyPem() },
        { "PKCS#8", Key.ExportPkcs8PrivateKeyPem() },
        { "ends of lines of Windows", Key.ExportRSAPrivateKeyPem().ReplaceLineEndings("\r\n") },
        { "ends of lines of an old Mac", Key.ExportRSAPrivateKeyPem().ReplaceLineEndings("\r") },
        { "line breaks written out", Key.ExportRSAPrivateKeyPem().ReplaceLineEndings("\\n") },
        { "line breaks written out, in quotes", $"\"{Key.ExportPkcs8PrivateKeyPem().ReplaceLineEndings("\\n")}\\n\"" },
        { "line breaks of Windows written out", Key.ExportRSAPrivateKeyPem().ReplaceLineEndings("\\r\\n") },
        { "spaces for line breaks", Key.ExportRSAPrivateKeyPem().ReplaceLineEndings(" ") },
        { "indented", Key.ExportRSAPrivateKeyPem().ReplaceLineEndings("\n      ") },
        { "base64 of the file", Convert.ToBase64String(Encoding.UTF8.GetBytes(Key.ExportRSAPrivateKeyPem() + "\n")) },
        { "a mark of byte order before it", "\uFEFF" + Key.ExportRSAPrivateKeyPem() },
    };

    [Theory]
    [MemberData(nameof(Written))]
    public void Key_HoweverItIsWritten_IsTheKey(string how, string text)
    {
        var credentials = new AppCredentials("12", text);
        credentials.PrivateKey.ShouldBe(Key.ExportRSAPrivateKeyPem(), how);
        credentials.Fingerprint.ShouldBe("SHA256:" + Convert.ToBase64String(SHA256.HashData(Key.ExportSubjectPublicKeyInfo())));
        credentials.ToString().ShouldBe("AppCredentials(12, ***)");
    }

    public static TheoryData<string, string> Wrong => new()
    {
        { Key.ExportRSAPublicKeyPem(), "public key" },
        { Key.ExportSubjectPublicKeyInfoPem(), "public key" },
        { Key.ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)), "passphrase" },
        { "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjE=\n-----END OPENSSH PRIVATE KEY-----", "cannot be read" },
        { Key.ExportRSAPrivateKeyPem()[..400], "cannot be read" },
        { "ghp_0123456789", "cannot be read" },
        { "", "cannot be read" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Key_ThatIsNone_IsToldInOneLineWithoutIt(string text, string why)
    {
        var error = Should.Throw<ArgumentException>(() => new AppCredentials("12", text));
        error.Message.ShouldContain(why);
        error.Message.ShouldNotContain('\n');
        if (text.Length > 40)
            error.ToString().ShouldNotContain(text.Split('\n')[1]);
    }

    [Fact]
    public void Key_OfACurve_IsNotRsa()
    {
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Should.Throw<ArgumentException>(() => new AppCredentials("12", curve.ExportPkcs8PrivateKeyPem())).Message.ShouldContain("cannot be read as an RSA key");
    }

    [Theory]
    [InlineData("")]
    [InlineData("12 34")]
    [InlineData("https://github.com/apps/agent")]
    [InlineData("12\n")]
    public void Id_ThatIsNone_IsRefused(string id) =>
        Should.Throw<ArgumentException>(() => new AppCredentials(id, Key.ExportRSAPrivateKeyPem())).Message.ShouldStartWith("Forge:GitHub:App:Id is not an app's id");
}
