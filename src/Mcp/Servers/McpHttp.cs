using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.AspNetCore;

namespace CodingAgent.Mcp.Servers;

/// <summary>
/// Serves one of the workspace servers over Streamable HTTP at <c>/mcp</c>: to callers with the token only, under names of this machine only,
/// and to no page of another place. The folder stays open until this is disposed.
/// </summary>
public sealed class McpHttp : IAsyncDisposable
{
    /// <summary>Where the endpoint is.</summary>
    public const string Path = "/mcp";

    // An edit's texts may have 8 MB each, and JSON writes some characters as six.
    private const long LargestBody = 64L << 20;
    private const int MostConnections = 64;
    private const int MostIdleSessions = 16;
    private static readonly TimeSpan SessionTimeout = TimeSpan.FromMinutes(30);

    private readonly ServedFolder _folder;
    private readonly WebApplication _app;

    private McpHttp(ServedFolder folder, WebApplication app) => (_folder, _app) = (folder, app);

    /// <summary>The endpoint's address, with the port that was taken.</summary>
    public Uri Address => new(new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()), Path);

    /// <summary>Starts to listen.</summary>
    /// <param name="kind">Which server.</param>
    /// <param name="options">The folder.</param>
    /// <param name="listen">Where, and for whom.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="ArgumentException">The folder is no git working copy where one is needed, or the token is short.</exception>
    /// <exception cref="IOException">The address is taken.</exception>
    public static async Task<McpHttp> StartAsync(McpServerKind kind, ServedFolderOptions options, McpHttpOptions listen, CancellationToken cancellationToken)
    {
        if (listen.Token.Length < McpHttpOptions.ShortestToken)
            throw new ArgumentException($"The token has fewer than {McpHttpOptions.ShortestToken} characters; delete its file to have a new one made.", nameof(listen));
        var folder = await ServedFolder.OpenAsync(kind, options, cancellationToken);
        McpHttp? started = null;
        try
        {
            started = new McpHttp(folder, Build(folder, listen));
            await started._app.StartAsync(cancellationToken);
            return started;
        }
        catch
        {
            await (started?.DisposeAsync() ?? folder.DisposeAsync());
            throw;
        }
    }

    /// <summary>Ends when the token is cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _app.WaitForShutdownAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // Calls first: a request that waits for its tool would hold up the stop.
        await _folder.DisposeAsync();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private static WebApplication Build(ServedFolder folder, McpHttpOptions listen)
    {
        // Empty: neither the environment nor a settings file in the current folder, which may be the repository's, says anything here.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestBody;
            kestrel.Limits.MaxConcurrentConnections = MostConnections;
            kestrel.Listen(listen.Listen);
        });
        builder.Logging.AddProvider(new StandardErrorLog());
        builder.Services.AddRoutingCore();
        builder.Services.AddHostFiltering(hosts => (hosts.AllowedHosts, hosts.AllowEmptyHosts) = ([.. listen.Names], false));
        builder.Services.AddMcpServer().WithHttpTransport(http =>
        {
            // Clients of the newest revision have no sessions; older ones get theirs, in which log level and cancellation live.
            http.SessionMode = HttpServerSessionMode.StatefulForInitializeClients;
            http.ConfigureSessionOptions = (_, session, _) =>
            {
                var served = folder.ServerOptions();
                (session.ServerInfo, session.Capabilities) = (served.ServerInfo, served.Capabilities);
                (session.ToolCollection, session.ResourceCollection) = (served.ToolCollection, served.ResourceCollection);
                return Task.CompletedTask;
            };
#pragma warning disable MCP9006 // Sessions are for clients of revisions before 2026-07-28, which are nearly all there are.
            http.IdleTimeout = SessionTimeout;
            http.MaxIdleSessionCount = MostIdleSessions;
#pragma warning restore MCP9006
        });
        var app = builder.Build();
        app.UseHostFiltering();
        var token = Digest(listen.Token);
        app.Use((context, next) => Refusal(context.Request, token, listen.Origins) is { } refusal ? RefuseAsync(context, refusal.Status, refusal.Words) : next(context));
        app.UseRouting();
        app.MapMcp(Path);
        return app;
    }

    // A browser sends Origin with what a page asks for: this endpoint is no page's, but for those that the operator names.
    private static (int Status, string Words)? Refusal(HttpRequest request, byte[] token, IReadOnlyList<string> origins)
    {
        if (request.Headers.Origin is [var origin, ..] && origin != $"{request.Scheme}://{request.Host}" && !origins.Contains(origin, StringComparer.OrdinalIgnoreCase))
            return (StatusCodes.Status403Forbidden, "Pages of that origin may not call this server (--allow-origin).");
        const string Bearer = "Bearer ";
        var header = request.Headers.Authorization.ToString();
        var given = header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..].Trim() : "";
        return CryptographicOperations.FixedTimeEquals(token, Digest(given)) ? null : (StatusCodes.Status401Unauthorized, "Send the token of the token file: 'Authorization: Bearer TOKEN'.");
    }

    private static Task RefuseAsync(HttpContext context, int status, string words)
    {
        context.Response.StatusCode = status;
        if (status == StatusCodes.Status401Unauthorized) context.Response.Headers.WWWAuthenticate = "Bearer";
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(words + "\n", context.RequestAborted);
    }

    private static byte[] Digest(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    // What goes wrong in the server itself, without arguments or contents. What a caller got wrong it was told.
    private sealed class StandardErrorLog : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel) && exception is not McpException) Console.Error.WriteLine($"codingagent: {formatter(state, exception).ReplaceLineEndings(" ")}{(exception is null ? "" : $" ({exception.GetType().Name})")}");
        }

        public void Dispose()
        {
        }
    }
}

/// <summary>Where an HTTP server listens and for whom.</summary>
/// <param name="Listen">Address and port; 0 takes a free one.</param>
/// <param name="Token">What callers send; at least <see cref="ShortestToken"/> characters. Secret.</param>
public sealed record McpHttpOptions(IPEndPoint Listen, string Token)
{
    /// <summary>Fewest characters of a token.</summary>
    public const int ShortestToken = 32;

    /// <summary>Further host names that requests may be for, beside the address itself and the loopback's: those of a proxy in front.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Origins of pages that may call, as browsers send them.</summary>
    public IReadOnlyList<string> Origins { get; init; } = [];

    /// <summary>
    /// All host names that a request may be for. A name that is none of them was made to lead here by somebody else's DNS: a page that a
    /// browser takes for that host's own.
    /// </summary>
    internal IEnumerable<string> Names => ((string[])["localhost", "127.0.0.1", "[::1]", Listen.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{Listen.Address}]" : Listen.Address.ToString(), .. Hosts]).Distinct(StringComparer.OrdinalIgnoreCase);

    /// <summary>Without the token.</summary>
    public override string ToString() => $"{nameof(McpHttpOptions)} {{ {Listen} }}";
}
