using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodingAgent.Playground.LocalForge;

namespace CodingAgent.LocalForge.Tests;

public sealed class TlsTests(TlsPlayground forge) : IClassFixture<TlsPlayground>
{
    [Fact]
    public async Task Git_OverTls_ClonesAndPushesForWhoeverTrustsTheCertificate()
    {
        var sha = await forge.PushAsync("ada", "tls", "over TLS", ("tls.txt", "x\n"));
        ((string?)(await forge.GetAsync("ada", Playground.Repo + "/git/ref/heads/tls"))["object"]!["sha"]).ShouldBe(sha);
        var (exit, output) = await Tools.RunAsync(
            "git", forge.NewFolder(), new Dictionary<string, string> { ["GIT_SSL_CAINFO"] = "/etc/ssl/certs/ca-certificates.crt", ["GIT_TERMINAL_PROMPT"] = "0" }, "ls-remote", forge.Forge.BaseUrl + "/acme/shop.git");
        exit.ShouldNotBe(0);
        output.ShouldContain("certificate");
    }

    [Fact]
    public async Task Addresses_OverTls_SayHttps()
    {
        forge.Forge.BaseUrl.ShouldStartWith("https://127.0.0.1:");
        ((string?)(await forge.GetAsync("ada", Playground.Repo))["clone_url"])!.ShouldStartWith(forge.Forge.BaseUrl);
        (await File.ReadAllTextAsync(forge.Forge.CertificateFile!)).ShouldNotContain("KEY");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Certificate_OfOnesOwn_IsTheOneThatIsShown(bool inOneFile)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=mine", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var folder = forge.NewFolder();
        string certificate = Path.Combine(folder, "mine.pem"), keyFile = Path.Combine(folder, "mine.key");
        await File.WriteAllTextAsync(certificate, made.ExportCertificatePem() + "\n" + (inOneFile ? key.ExportPkcs8PrivateKeyPem() : ""));
        await File.WriteAllTextAsync(keyFile, key.ExportPkcs8PrivateKeyPem());
        await using var own = await StartAsync(certificate, inOneFile ? null : keyFile);
        own.CertificateFile.ShouldBe(certificate);
        using var http = Playground.Trusting(certificate);
        (await http.GetStringAsync(new Uri(own.ApiUrl + "/meta"))).ShouldContain("installed_version");
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("not PEM", "not PEM")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "x")]
    [InlineData(null, null)]
    public async Task Certificate_ThatIsNone_IsNamedInOneLine(string? certificate, string? key)
    {
        var folder = forge.NewFolder();
        string file = Path.Combine(folder, "a.pem"), keyFile = Path.Combine(folder, "a.key");
        if (certificate is not null)
            await File.WriteAllTextAsync(file, certificate);
        if (key is not null)
            await File.WriteAllTextAsync(keyFile, key);
        var error = await Should.ThrowAsync<InvalidOperationException>(() => StartAsync(file, keyFile));
        error.Message.ShouldStartWith($"{file} and {keyFile} are not a certificate and its key in PEM");
        error.Message.ShouldNotContain("\n");
    }

    private Task<LocalForgeServer> StartAsync(string certificate, string? key) => LocalForgeServer.StartAsync(
        new LocalForgeOptions { DataDirectory = forge.NewFolder(), RunsCi = false, Tls = true, CertificateFile = certificate, CertificateKeyFile = key }, CancellationToken.None);
}
