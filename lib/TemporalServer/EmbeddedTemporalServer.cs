using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using TemporalServer.Endpoints;
using TemporalServer.Engine;

namespace TemporalServer;

/// <summary>A Temporal-compatible server in this process, on a loopback port, keeping everything in one SQLite file.</summary>
public sealed class EmbeddedTemporalServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TemporalEngine _engine;

    private EmbeddedTemporalServer(WebApplication app, TemporalEngine engine, string address)
    {
        _app = app;
        _engine = engine;
        Address = address;
    }

    /// <summary>Where it listens: host and port, plaintext HTTP/2, for example <c>127.0.0.1:7233</c>.</summary>
    public string Address { get; }

    /// <summary>Opens the database, recovers every open execution with its timers and tasks, and listens.</summary>
    /// <param name="options">How it runs.</param>
    /// <param name="cancellationToken">Ends the start-up.</param>
    /// <returns>The running server; dispose it to stop.</returns>
    /// <exception cref="TemporalServerException">The database cannot be used, or the port cannot be had.</exception>
    public static async Task<EmbeddedTemporalServer> StartAsync(TemporalServerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Namespaces.Count == 0)
        {
            throw new TemporalServerException("No namespace is configured; name at least one, for example 'default'");
        }

        var engine = new TemporalEngine(options);
        try
        {
            var app = Build(options, engine);
            try
            {
                await app.StartAsync(cancellationToken);
            }
            catch (IOException e)
            {
                await app.DisposeAsync();
                throw new TemporalServerException($"Port {options.Port} cannot be used: {e.Message}; choose another, or 0 for a free one", e);
            }

            var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
            return new EmbeddedTemporalServer(app, engine, new Uri(address).Authority);
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends held polls, stops listening, closes the database. Nothing acknowledged is lost, now or when the process just dies.</summary>
    /// <returns>When it has stopped.</returns>
    public async ValueTask DisposeAsync()
    {
        await _engine.StopAsync();
        await _app.DisposeAsync();
        await _engine.DisposeAsync();
    }

    private static WebApplication Build(TemporalServerOptions options, TemporalEngine engine)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRouting();
        builder.Services.AddSingleton(options.LoggerFactory);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, options.Port, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = GrpcEndpoints.MaxRequestBytes;

            // A worker holds many polls on one connection, and a poll moves no bytes while it is held.
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.Http2.InitialConnectionWindowSize = 1024 * 1024;
            kestrel.Limits.Http2.InitialStreamWindowSize = 768 * 1024;
        });
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        var app = builder.Build();
        app.UseRouting();
        app.MapTemporal(engine, options);
        return app;
    }
}
