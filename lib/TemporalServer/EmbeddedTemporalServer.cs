using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using TemporalServer.Endpoints;
using TemporalServer.Engine;
using TemporalServer.Machine;

namespace TemporalServer;

/// <summary>A Temporal-compatible server in this process, on a loopback port unless told otherwise, keeping everything in one SQLite file.</summary>
public sealed class EmbeddedTemporalServer : IAsyncDisposable
{
    private const long MinDatabaseBytes = 1024 * 1024;
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

    /// <summary>
    /// Ends when a change could not be written, with why: a full disk, say. All calls are refused from then on, because memory is ahead of the
    /// disk; a server started anew on the same file goes on from what was acknowledged.
    /// </summary>
    public Task<Exception> Failed => _engine.Failed;

    /// <summary>Transactions written so far.</summary>
    internal long Commits => _engine.Commits;

    /// <summary>What answers the calls.</summary>
    internal TemporalEngine Engine => _engine;

    /// <summary>Opens the database, recovers every open execution with its timers and tasks, and listens.</summary>
    /// <param name="options">How it runs.</param>
    /// <param name="cancellationToken">Ends the start-up.</param>
    /// <returns>The running server; dispose it to stop.</returns>
    /// <exception cref="TemporalServerException">An option cannot work, the database cannot be used, or the port cannot be had.</exception>
    public static async Task<EmbeddedTemporalServer> StartAsync(TemporalServerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check(options);
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
                throw new TemporalServerException($"Address {options.ListenAddress}, port {options.Port} cannot be used: {e.Message}; choose another, or port 0 for a free one", e);
            }
            catch (System.Net.Sockets.SocketException e)
            {
                await app.DisposeAsync();
                throw new TemporalServerException($"Address {options.ListenAddress} cannot be listened on: {e.Message}; name one of this machine's own", e);
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

    private static void Check(TemporalServerOptions options)
    {
        if (options.Namespaces.Count == 0 || options.Namespaces.Any(string.IsNullOrWhiteSpace))
        {
            throw new TemporalServerException("No namespace is configured, or one without a name; name at least one, for example 'default'");
        }

        // A header carries neither control characters nor, whole, anything beyond ASCII; an empty key would let everybody in.
        if (options.ApiKey is { } key && (key.Length == 0 || key.Any(c => c is <= ' ' or > '~')))
        {
            throw new TemporalServerException("The API key is empty or holds spaces or characters beyond ASCII; set it to the key alone, or to none");
        }

        if (options.ApiKey is null && !options.AllowUnauthenticated)
        {
            throw new TemporalServerException(
                $"Listening on {options.ListenAddress} without an API key would give the server to whoever reaches it, on loopback to every user of this machine; set a key, or allow it explicitly");
        }

        if (options.Retention < TimeSpan.FromMinutes(1))
        {
            throw new TemporalServerException("The retention of closed workflows is shorter than a minute; choose a longer one, or none to keep them");
        }

        if (options.MaxDatabaseBytes < MinDatabaseBytes)
        {
            throw new TemporalServerException($"The maximum size of the database is below {MinDatabaseBytes} bytes, too little to run anything; choose a larger one, or none");
        }
    }

    private static WebApplication Build(TemporalServerOptions options, TemporalEngine engine)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = Limits.RequestBytes);
        builder.Services.AddSingleton(options.LoggerFactory);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(options.ListenAddress, options.Port, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.AddServerHeader = false;
            // A worker holds many polls on one connection, and a poll moves no bytes while it is held.
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.Http2.InitialConnectionWindowSize = 1024 * 1024;
            kestrel.Limits.Http2.InitialStreamWindowSize = 768 * 1024;
        });
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        var app = builder.Build();
        if (options.ApiKey is { } key)
        {
            app.UseApiKey(key);
        }

        app.UseRouting();
        app.MapTemporal(engine, options);
        return app;
    }
}
