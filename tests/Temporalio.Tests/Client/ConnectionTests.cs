using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Temporalio.Client;
using Temporalio.Exceptions;
using Temporalio.Protocol.Health;
using Temporalio.Protocol.Methods;
using Temporalio.Protocol.Transport;

namespace Temporalio.Tests.Client;

/// <summary>TLS and identity of connections, over real sockets.</summary>
public sealed class ConnectionTests
{
    private static readonly X509Certificate2 Root = Certificates.Authority("root");
    private static readonly X509Certificate2 OtherRoot = Certificates.Authority("other root");
    private static readonly X509Certificate2 ForAddress = Certificates.Server(Root, "temporal.test", withAddress: true);
    private static readonly X509Certificate2 ForName = Certificates.Server(Root, "temporal.test");
    private static readonly X509Certificate2 Known = Certificates.Client(Root);

    private readonly List<Dictionary<string, string>> _calls = [];

    [Fact]
    public async Task Tls_ServerOfGivenRoot_Connects()
    {
        await using var app = await ServeAsync(ForAddress);
        (await HealthAsync(app, new() { ServerRootCACert = Certificates.Pem(OtherRoot, Root) })).ShouldBeTrue();
    }

    [Fact]
    public async Task Tls_ServerOfAnotherRoot_IsRefused()
    {
        await using var app = await ServeAsync(ForAddress);
        await RefusedAsync(app, new() { ServerRootCACert = Certificates.Pem(OtherRoot) });
        await RefusedAsync(app, new());
        _calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Tls_CertificateForAnotherName_IsRefusedUnlessDomainSaysSo()
    {
        await using var app = await ServeAsync(ForName);
        await RefusedAsync(app, new() { ServerRootCACert = Certificates.Pem(Root) });
        await RefusedAsync(app, new() { ServerRootCACert = Certificates.Pem(Root), Domain = "other.test" });
        (await HealthAsync(app, new() { ServerRootCACert = Certificates.Pem(Root), Domain = "temporal.test" })).ShouldBeTrue();
    }

    [Fact]
    public async Task MutualTls_KnownClient_Connects_UnknownAndNone_AreRefused()
    {
        await using var app = await ServeAsync(ForAddress, (client, _) => client.Thumbprint == Known.Thumbprint);
        TlsOptions With(X509Certificate2? client) => new()
        {
            ServerRootCACert = Certificates.Pem(Root),
            ClientCert = client is null ? null : Certificates.Pem(client),
            ClientPrivateKey = client is null ? null : Certificates.KeyPem(client),
        };
        (await HealthAsync(app, With(Known))).ShouldBeTrue();
        await RefusedAsync(app, With(Certificates.Client(Root)));
        await RefusedAsync(app, With(null));
        _calls.Count.ShouldBe(1);
    }

    [Fact]
    public async Task MutualTls_WithIssuers_SendsThemAlong()
    {
        var issuer = Certificates.Authority("issuer", Root);
        var client = Certificates.Client(issuer);
        await using var app = await ServeAsync(ForAddress, (presented, sent) =>
        {
            // Knows the root alone: whatever lies between must come from the client.
            using var chain = new X509Chain();
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.Add(Root);
            chain.ChainPolicy.ExtraStore.AddRange(sent);
            return chain.Build(presented);
        });
        (await HealthAsync(app, new()
        {
            ServerRootCACert = Certificates.Pem(Root),
            ClientCert = Certificates.Pem(client, issuer),
            ClientPrivateKey = Certificates.KeyPem(client),
        })).ShouldBeTrue();
    }

    public static TheoryData<TlsOptions> Broken => new()
    {
        new TlsOptions { ClientCert = Certificates.Pem(Known) },
        new TlsOptions { ClientPrivateKey = Certificates.KeyPem(Known) },
        new TlsOptions { ClientCert = Certificates.Pem(Root), ClientPrivateKey = Certificates.KeyPem(Known) },
        new TlsOptions { ClientCert = "nonsense"u8.ToArray(), ClientPrivateKey = Certificates.KeyPem(Known) },
        new TlsOptions { ServerRootCACert = "nonsense"u8.ToArray() },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Tls_BrokenCertificates_AreRefusedBeforeConnecting(TlsOptions tls) =>
        Should.Throw<ArgumentException>(() => TemporalConnection.CreateLazy(new("127.0.0.1:1") { Tls = tls })).Message.ShouldContain("Tls");

    [Fact]
    public async Task ApiKey_OverTls_IsSentAsBearerAndCanBeChanged()
    {
        await using var app = await ServeAsync(ForAddress);
        var connection = await TemporalConnection.ConnectAsync(
            new(app.Target()) { ApiKey = "first", Tls = new() { ServerRootCACert = Certificates.Pem(Root) }, RpcMetadata = [new("x-one", "1")] });
        await connection.CheckHealthAsync();
        connection.ApiKey = "second";
        connection.RpcMetadata = [new("x-two", "2")];
        await connection.CheckHealthAsync();
        connection.ApiKey = null;
        await connection.CheckHealthAsync(options: new() { Metadata = [new("x-two", "for this call")] });
        connection.ApiKey = "third";
        await connection.CheckHealthAsync(options: new() { Metadata = [new("Authorization", "Basic own")] });
        _calls.Select(c => c.GetValueOrDefault("authorization", "")).ShouldBe(["Bearer first", "Bearer second", "", "Basic own"]);
        _calls.Select(c => $"{c.GetValueOrDefault("x-one")}|{c.GetValueOrDefault("x-two")}").ShouldBe(["1|", "|2", "|for this call", "|2"]);
    }

    [Fact]
    public async Task ApiKey_WithoutTlsOptions_IsNeverSentInTheClear()
    {
        await using var app = await ServeAsync(null);
        var e = await Should.ThrowAsync<RpcException>(() => TemporalConnection.CreateLazy(new(app.Target()) { ApiKey = "secret" }).CheckHealthAsync());
        e.Code.ShouldBe(RpcException.StatusCode.Unavailable);
        _calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task ApiKey_WithTlsDisabled_GoesInTheClearAsAsked()
    {
        await using var app = await ServeAsync(null);
        var connection = TemporalConnection.CreateLazy(new(app.Target()) { ApiKey = "key", Tls = new() { Disabled = true } });
        (await connection.CheckHealthAsync()).ShouldBeTrue();
        _calls.Single()["authorization"].ShouldBe("Bearer key");
    }

    private static async Task<bool> HealthAsync(WebApplication app, TlsOptions tls) =>
        await TemporalConnection.CreateLazy(new(app.Target()) { Tls = tls }).CheckHealthAsync();

    private static async Task RefusedAsync(WebApplication app, TlsOptions tls) =>
        (await Should.ThrowAsync<RpcException>(() => HealthAsync(app, tls))).Code.ShouldBe(RpcException.StatusCode.Unavailable);

    private Task<WebApplication> ServeAsync(X509Certificate2? certificate, Func<X509Certificate2, X509Certificate2Collection, bool>? clientIsKnown = null) => StubServer.StartAsync(
        routes => routes.MapGrpc(HealthMethods.Check, (_, call, _) =>
        {
            // The server reuses the headers' object for the next call.
            _calls.Add(call.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase));
            return Task.FromResult(new HealthCheckResponse { Status = HealthCheckResponse.Types.ServingStatus.Serving });
        }),
        certificate,
        clientIsKnown);
}
