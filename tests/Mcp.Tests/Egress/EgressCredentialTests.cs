using System.Net;
using System.Net.Http.Headers;
using CodingAgent.Mcp.Egress;

namespace CodingAgent.Mcp.Tests.Egress;

/// <summary>A private registry's credential: added by the proxy, for that registry's reading requests, and seen by nobody else.</summary>
public sealed class EgressCredentialTests
{
    private const string Secret = "Bearer very-secret-4711";

    [Fact]
    public async Task Credential_IsAddedInPlaceOfTheClients_AndSeenByTheRegistryOnly()
    {
        await using var f = await StartAsync();
        using var client = f.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{f.Tls}/@scope%2fname?x=1");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "of-the-client");
        using var response = await client.SendAsync(request);
        (await response.Content.ReadAsStringAsync()).ShouldBe("hello from the registry\n");
        f.Registry.Seen.ShouldBe([$"GET /@scope%2fname?x=1 {f.Tls} {Secret}"]);
        response.Headers.ToString().ShouldNotContain("very-secret");
        var allowed = f.Proxy.Log.Allowed.ShouldHaveSingleItem();
        allowed.BytesReceived.ShouldBeGreaterThan(100);
        File.ReadAllText(f.Proxy.Egress.CertificateBundle!).ShouldNotContain("PRIVATE KEY");
        new RegistryCredential("Authorization", Secret).ToString().ShouldNotContain("very-secret");
    }

    [Fact]
    public async Task Redirect_ToAnotherHost_GetsNoCredential()
    {
        await using var f = await StartAsync((o, r) => o with { Allowed = [.. o.Allowed, HostRule.Parse($"other.test:{r.TlsPort}")] });
        using var client = f.Client();
        using var response = await client.GetAsync($"https://{f.Tls}/away?to=https://other.test:{f.Registry.TlsPort}/file");
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await client.GetStringAsync(response.Headers.Location)).ShouldBe("hello from the registry\n");
        f.Registry.Seen[^1].ShouldBe($"GET /file other.test:{f.Registry.TlsPort} ");
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("POST")]
    [InlineData("DELETE")]
    [InlineData("TRACE")]
    public async Task Credential_IsForReading(string method)
    {
        await using var f = await StartAsync();
        using var client = f.Client();
        using var response = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), $"https://{f.Tls}/package"));
        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        f.Registry.Seen.ShouldBeEmpty();
        f.Proxy.Log.Refused.ShouldHaveSingleItem().Reason.ShouldBe("a private registry can only be read");
    }

    [Fact]
    public async Task OtherHostInTheHostHeader_IsRefused()
    {
        await using var f = await StartAsync();
        await using var tunnel = await f.TunnelAsync(f.Tls);
        await using var tls = await f.SecureAsync(tunnel);
        await tls.WriteAsync("GET / HTTP/1.1\r\nHost: other.test\r\n\r\n"u8.ToArray());
        (await EgressFixture.ReadAllAsync(tls)).ShouldContain("the Host header differs from the host");
        f.Registry.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task PlainHttp_GetsNoCredential()
    {
        await using var f = await StartAsync();
        using var client = f.Client();
        await client.GetStringAsync($"http://{f.Plain}/");
        f.Registry.Seen.ShouldBe([$"GET / {f.Plain} "]);
    }

    [Fact]
    public async Task RegistryWithACertificateOfAnotherAuthority_GetsNoCredential()
    {
        await using var stranger = await TestRegistry.StartAsync("registry.test");
        await using var f = await StartAsync((o, _) => o with { Allowed = [HostRule.Parse($"registry.test:{stranger.TlsPort}")] });
        using var client = f.Client();
        using var response = await client.GetAsync($"https://registry.test:{stranger.TlsPort}/");
        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        stranger.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task HostWithoutACredential_IsCarriedAsItIs()
    {
        await using var f = await StartAsync((o, r) => o with { Allowed = [HostRule.Parse($"other.test:{r.TlsPort}")] });
        using var client = f.Client();
        (await client.GetStringAsync($"https://other.test:{f.Registry.TlsPort}/")).ShouldBe("hello from the registry\n");
        f.Registry.Seen.ShouldBe([$"GET / other.test:{f.Registry.TlsPort} "]);
    }

    private static Task<EgressFixture> StartAsync(Func<EgressOptions, TestRegistry, EgressOptions>? with = null) =>
        EgressFixture.StartAsync((o, r) => (with?.Invoke(o, r) ?? o) with { Credentials = new InMemory("registry.test", new RegistryCredential("Authorization", Secret)) });

    private sealed class InMemory(string host, RegistryCredential credential) : IRegistryCredentials
    {
        public ValueTask<RegistryCredential?> FindAsync(string name, CancellationToken cancellationToken) => ValueTask.FromResult(name == host ? credential : null);
    }
}
