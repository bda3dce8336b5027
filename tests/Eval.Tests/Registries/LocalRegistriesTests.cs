using System.IO.Compression;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using CodingAgent.Eval.Registries;

namespace CodingAgent.Eval.Tests.Registries;

public sealed class LocalRegistriesTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("eval-tests-").FullName;
    private LocalRegistries _registries = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        _registries = await LocalRegistries.StartAsync(_folder, TimeProvider.System, default);
        var authority = X509CertificateLoader.LoadCertificateFromFile(_registries.AuthorityFile);
        _http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new()
            {
                CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { authority }, RevocationMode = X509RevocationMode.NoCheck },
            },
        });
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _registries.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Python_EachLinkOfTheIndex_IsAWheelWithThatHash()
    {
        var page = await _http.GetStringAsync(new Uri(_registries.PythonIndex + "acme-units/"));
        var links = Regex.Matches(page, "href=\"(?<path>[^\"#]+)#sha256=(?<hash>[0-9a-f]{64})\"", RegexOptions.ExplicitCapture);
        links.Count.ShouldBe(2);
        foreach (Match link in links)
        {
            var bytes = await _http.GetByteArrayAsync(new Uri(new Uri(_registries.PythonIndex), link.Groups["path"].Value));
            Convert.ToHexStringLower(SHA256.HashData(bytes)).ShouldBe(link.Groups["hash"].Value);
            using var zip = new ZipArchive(new MemoryStream(bytes));
            zip.Entries.ShouldContain(e => e.FullName.EndsWith(".dist-info/RECORD", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Cargo_Index_HasTheCratesChecksum()
    {
        var line = await _http.GetStringAsync(new Uri(_registries.Values["cargo"] + "ac/me/acme-text"));
        line.ShouldContain(_registries.Values["crate:acme-text"]);
        var crate = await _http.GetByteArrayAsync(new Uri(_registries.Values["cargo"] + "crates/acme-text/1.0.2.crate"));
        Convert.ToHexStringLower(SHA256.HashData(crate)).ShouldBe(_registries.Values["crate:acme-text"]);
    }

    [Theory]
    [InlineData("maven/../../../etc/passwd")]
    [InlineData("maven/%2e%2e/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("maven//etc/passwd")]
    [InlineData("pypi/simple/nothing/")]
    public async Task Anything_Else_Is404(string path)
    {
        using var response = await _http.GetAsync(new Uri($"https://{_registries.Host}:{_registries.Port}/{path}"));
        response.StatusCode.ShouldBe(System.Net.HttpStatusCode.NotFound);
    }
}
