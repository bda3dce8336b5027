using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace CodingAgent.Mcp.Tests.Git;

/// <summary>A Git LFS server: the batch API on a plain port, as the forge's own origin, and a store of another origin on a TLS port.</summary>
public sealed class LfsServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ScratchFolder _folder = new();
    private readonly Dictionary<string, byte[]> _objects = new(StringComparer.Ordinal);

    private LfsServer(WebApplication app) => _app = app;

    public Uri Plain { get; private set; } = null!;

    public Uri Tls { get; private set; } = null!;

    /// <summary>The clone URL of its one repository.</summary>
    public string Remote => $"{Plain}o/r.git";

    /// <summary>PEM file that its certificate is trusted by.</summary>
    public string Bundle => _folder["authority.pem"];

    /// <summary>Requests as they came: method, path, authorization.</summary>
    public List<string> Seen { get; } = [];

    /// <summary>Sizes of the batches that were asked.</summary>
    public List<int> Batches { get; } = [];

    /// <summary>Answers a request in place of the server; false leaves it to it.</summary>
    public Func<HttpContext, Task<bool>> Instead { get; set; } = _ => Task.FromResult(false);

    /// <summary>Changes what the batch answer says of an object.</summary>
    public Func<string, JsonObject, JsonObject?> Says { get; set; } = (_, said) => said;

    /// <summary>Adds a content; gives its pointer's text.</summary>
    public string Add(byte[] content)
    {
        var oid = Convert.ToHexStringLower(SHA256.HashData(content));
        _objects[oid] = content;
        return PointerTo(oid, content.Length);
    }

    public string Add(string content) => Add(Encoding.UTF8.GetBytes(content));

    public static string PointerTo(string oid, long size) => $"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n";

    public static async Task<LfsServer> StartAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=store", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(9));
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(k =>
        {
            k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(certificate));
            k.Listen(IPAddress.Loopback, 0);
        });
        var server = new LfsServer(builder.Build());
        await File.WriteAllTextAsync(server.Bundle, certificate.ExportCertificatePem());
        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync();
        var addresses = server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(a => new Uri(a)).ToList();
        (server.Plain, server.Tls) = (addresses.Single(u => u.Scheme == "http"), addresses.Single(u => u.Scheme == "https"));
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        lock (Seen) Seen.Add($"{context.Request.Method} {context.Request.Scheme} {path} {context.Request.Headers.Authorization}".Trim());
        if (await Instead(context)) return;
        if (path.EndsWith("/info/lfs/objects/batch", StringComparison.Ordinal) && context.Request.Method == "POST")
        {
            await BatchAsync(context);
            return;
        }

        if (!_objects.TryGetValue(path[(path.LastIndexOf('/') + 1)..], out var content))
        {
            context.Response.StatusCode = 404;
            return;
        }

        await context.Response.Body.WriteAsync(content);
    }

    private async Task BatchAsync(HttpContext context)
    {
        if (context.Request.Headers.Accept != "application/vnd.git-lfs+json" || context.Request.ContentType != "application/vnd.git-lfs+json")
        {
            context.Response.StatusCode = 406;
            return;
        }

        var asked = (await JsonSerializer.DeserializeAsync<JsonObject>(context.Request.Body))!;
        if (asked.ContainsKey("hash_algo") || asked["operation"]!.GetValue<string>() != "download")
        {
            context.Response.StatusCode = 422;
            return;
        }

        var wanted = asked["objects"]!.AsArray();
        lock (Batches) Batches.Add(wanted.Count);
        var answer = new JsonArray();
        foreach (var one in wanted)
        {
            var oid = one!["oid"]!.GetValue<string>();
            var said = _objects.ContainsKey(oid)
                ? new JsonObject { ["oid"] = oid, ["size"] = one["size"]!.GetValue<long>(), ["actions"] = new JsonObject { ["download"] = new JsonObject { ["href"] = $"{Plain}store/{oid}" } } }
                : new JsonObject { ["oid"] = oid, ["error"] = new JsonObject { ["code"] = 404, ["message"] = "Object does not exist" } };
            if (Says(oid, said) is { } object_) answer.Add(object_);
        }

        context.Response.ContentType = "application/vnd.git-lfs+json";
        await context.Response.WriteAsync(new JsonObject { ["objects"] = answer }.ToJsonString());
    }
}
