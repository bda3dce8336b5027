using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CodingAgent.BotHost.Configuration;
using Microsoft.Extensions.Configuration;
using Temporalio.Client;

namespace CodingAgent.BotHost.Tests.Configuration;

public sealed class TemporalTlsReaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("coding-agent-tls-").FullName;
    private readonly string _certificate;
    private readonly string _key;

    public TemporalTlsReaderTests()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest("CN=worker", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        _certificate = Write("worker.pem", made.ExportCertificatePem());
        _key = Write("worker.key", key.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Read_CertificateAndKey_TurnTlsOn()
    {
        var tls = Read(("Temporal:TlsCertificate", _certificate), ("Temporal:TlsKey", _key), ("Temporal:TlsCa", _certificate), ("Temporal:TlsServerName", "cluster"));

        tls.ShouldNotBeNull();
        tls.ClientCert.ShouldBe(File.ReadAllBytes(_certificate));
        tls.ClientPrivateKey.ShouldBe(File.ReadAllBytes(_key));
        tls.ServerRootCACert.ShouldBe(File.ReadAllBytes(_certificate));
        (tls.Domain, tls.Disabled).ShouldBe(("cluster", false));
    }

    [Fact]
    public void Read_SwitchedOff_StaysOffAlsoWithAnApiKey() => Read(("Temporal:Tls", "false"))!.Disabled.ShouldBeTrue();

    [Fact]
    public void Read_CertificateWithoutKey_NamesBoth()
    {
        LineOf(("Temporal:TlsCertificate", _certificate)).ShouldContain("Temporal:TlsKey");
        LineOf(("Temporal:TlsKey", _key)).ShouldContain("Temporal:TlsCertificate");
    }

    [Fact]
    public void Read_SwitchedOffWithCertificates_IsAContradiction() =>
        LineOf(("Temporal:Tls", "false"), ("Temporal:TlsCa", _certificate)).ShouldContain("Temporal:Tls is false");

    [Fact]
    public void Read_FileMissingOrNoPem_NamesTheKeyAndShowsNothingOfIt()
    {
        LineOf(("Temporal:TlsCa", Path.Combine(_folder, "none.pem"))).ShouldContain("Temporal:TlsCa cannot be read");
        LineOf(("Temporal:TlsCa", Write("empty.pem", "hunter2"))).ShouldSatisfyAllConditions(l => l.ShouldContain("Temporal:TlsCa"), l => l.ShouldNotContain("hunter2"));
        LineOf(("Temporal:TlsCertificate", _certificate), ("Temporal:TlsKey", Write("bad.key", "hunter2")))
            .ShouldSatisfyAllConditions(l => l.ShouldContain("Temporal:TlsKey"), l => l.ShouldNotContain("hunter2"));
    }

    private static TlsOptions? Read(params (string Key, string? Value)[] settings) =>
        TemporalTlsReader.Read(new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Key, s => s.Value, StringComparer.Ordinal)).Build());

    private static string LineOf(params (string Key, string? Value)[] settings)
    {
        var line = Should.Throw<ConfigurationException>(() => Read(settings)).Message;
        line.ShouldNotContain('\n');
        return line;
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
