using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace CodingAgent.Mcp.Tests.Egress;

/// <summary>A host on the loopback that speaks TLS on one port and plain HTTP on another, under an authority of its own.</summary>
public sealed class TestRegistry : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ScratchFolder _folder = new();

    private TestRegistry(WebApplication app) => _app = app;

    public int TlsPort { get; private set; }

    public int PlainPort { get; private set; }

    /// <summary>PEM file with the authority.</summary>
    public string Bundle => _folder["authority.pem"];

    /// <summary>Requests as they came: method, target, host, authorization.</summary>
    public List<string> Seen { get; } = [];

    /// <summary>Answers in place of the registry, where set.</summary>
    public Func<HttpContext, Task>? Answer { get; set; }

    /// <param name="names">Names its certificate is for.</param>
    public static async Task<TestRegistry> StartAsync(params string[] names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        var authority = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(10));
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var leafRequest = new CertificateRequest("CN=test registry", leafKey, HashAlgorithmName.SHA256);
        var san = new SubjectAlternativeNameBuilder();
        foreach (var name in names) san.AddDnsName(name);
        leafRequest.CertificateExtensions.Add(san.Build());
        var leaf = leafRequest.Create(authority, now.AddDays(-1), now.AddDays(9), RandomNumberGenerator.GetBytes(8)).CopyWithPrivateKey(leafKey);

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRouting();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(k =>
        {
            k.Limits.MaxRequestBodySize = null;
            k.Listen(IPAddress.Loopback, 0, l => { l.Protocols = HttpProtocols.Http1; l.UseHttps(leaf); });
            k.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http1);
        });
        var registry = new TestRegistry(builder.Build());
        File.WriteAllText(registry.Bundle, authority.ExportCertificatePem());
        registry._app.Run(registry.AnswerAsync);
        await registry._app.StartAsync();
        var ports = registry._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(a => new Uri(a)).ToList();
        registry.TlsPort = ports.Single(u => u.Scheme == "https").Port;
        registry.PlainPort = ports.Single(u => u.Scheme == "http").Port;
        return registry;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        lock (Seen) Seen.Add($"{context.Request.Method} {target} {context.Request.Host} {context.Request.Headers.Authorization}");
        if (Answer is { } answer)
        {
            await answer(context);
            return;
        }

        switch (context.Request.Path.Value)
        {
            case "/big":
                var chunk = new byte[256 * 1024];
                for (var left = long.Parse(context.Request.Query["bytes"]!, System.Globalization.CultureInfo.InvariantCulture); left > 0; left -= chunk.Length)
                    await context.Response.Body.WriteAsync(chunk.AsMemory(0, (int)Math.Min(chunk.Length, left)));
                break;
            case "/count":
                var total = 0L;
                int read;
                var buffer = new byte[64 * 1024];
                while ((read = await context.Request.Body.ReadAsync(buffer)) > 0) total += read;
                await context.Response.WriteAsync($"{total}");
                break;
            case "/away":
                context.Response.Redirect(context.Request.Query["to"]!);
                break;
            default:
                await context.Response.WriteAsync("hello from the registry\n");
                break;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Dispose();
    }
}
