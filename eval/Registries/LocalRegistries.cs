using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CodingAgent.Eval.Registries;

/// <summary>
/// Package registries of this run, over HTTPS on this machine, with a certificate authority of their own: Python wheels, a sparse cargo
/// index with its crates, a Maven repository. What they serve is made here, or comes from the machine's Debian packages.
/// </summary>
internal sealed class LocalRegistries : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LocalRegistries(WebApplication app, string host, int port, string folder)
    {
        _app = app;
        Host = host;
        Port = port;
        AuthorityFile = Path.Combine(folder, "authority.pem");
        BundleFile = Path.Combine(folder, "certificates.pem");
        TrustStoreFile = Path.Combine(folder, "truststore.p12");
    }

    /// <summary>Name they are reached by; it resolves to an address of the loopback range.</summary>
    public string Host { get; }

    /// <summary>Port.</summary>
    public int Port { get; }

    /// <summary>PEM file with this run's authority alone.</summary>
    public string AuthorityFile { get; }

    /// <summary>PEM file with the machine's authorities and this run's.</summary>
    public string BundleFile { get; }

    /// <summary>Where a Java trust store with this run's authority may be made.</summary>
    public string TrustStoreFile { get; }

    /// <summary>The package index that pip is pointed at.</summary>
    public string PythonIndex => $"https://{Host}:{Port}/pypi/simple/";

    /// <summary>What stands for each <c>{{name}}</c> in the files of repositories.</summary>
    public required IReadOnlyDictionary<string, string> Values { get; init; }

    /// <summary>Starts them.</summary>
    /// <param name="folder">Folder for the certificates' files.</param>
    /// <param name="time">Clock, for the certificates.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<LocalRegistries> StartAsync(string folder, TimeProvider time, CancellationToken ct)
    {
        var host = await NameOfThisMachineAsync(ct);
        var certificates = Certificates.Make(host, time.GetUtcNow());
        var served = FrozenDictionary<string, byte[]>.Empty;
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = typeof(LocalRegistries).Assembly.GetName().Name });
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(certificates.Server)));
        var app = builder.Build();
        app.Run(http => ServeAsync(http, served));
        await app.StartAsync(ct);
        var port = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

        // The port is part of what is served.
        var root = $"https://{host}:{port}";
        var crate = CargoRegistry.Crate();
        served = PythonIndexFiles.All().Concat(CargoRegistry.Files($"{root}/cargo", crate)).Concat(await MavenFiles.AllAsync(ct)).ToFrozenDictionary(StringComparer.Ordinal);
        var registries = new LocalRegistries(app, host, port, folder)
        {
            Values = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["pypi"] = $"{root}/pypi/simple/",
                ["cargo"] = $"{root}/cargo/",
                ["maven"] = $"{root}/maven/",
                [$"crate:{CargoRegistry.Name}"] = CargoRegistry.Checksum(crate),
            },
        };
        await File.WriteAllTextAsync(registries.AuthorityFile, certificates.AuthorityPem + "\n", ct);
        await File.WriteAllTextAsync(registries.BundleFile, await MachineAuthoritiesAsync(ct) + certificates.AuthorityPem + "\n", ct);
        return registries;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    // Clients pass a proxy by for "localhost"; the machine's own name is an ordinary one to them.
    private static async Task<string> NameOfThisMachineAsync(CancellationToken ct)
    {
        var name = Dns.GetHostName().ToLowerInvariant();
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(name, AddressFamily.InterNetwork, ct);
            return addresses.Contains(IPAddress.Loopback) ? name : "localhost";
        }
        catch (SocketException)
        {
            return "localhost";
        }
    }

    private static async Task<string> MachineAuthoritiesAsync(CancellationToken ct)
    {
        var file = Environment.GetEnvironmentVariable("SSL_CERT_FILE") is { Length: > 0 } given ? given : "/etc/ssl/certs/ca-certificates.crt";
        return File.Exists(file) ? (await File.ReadAllTextAsync(file, ct)).TrimEnd() + "\n" : "";
    }

    private static async Task ServeAsync(HttpContext http, FrozenDictionary<string, byte[]> served)
    {
        var path = http.Request.Path.Value ?? "/";
        var bytes = served.GetValueOrDefault(path) ?? MavenFiles.OfMachine(path);
        if (bytes is null)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        http.Response.ContentType = path.EndsWith('/') ? "text/html" : path.EndsWith(".json", StringComparison.Ordinal) ? "application/json" : "application/octet-stream";
        http.Response.ContentLength = bytes.Length;
        if (HttpMethods.IsGet(http.Request.Method))
            await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
    }
}
