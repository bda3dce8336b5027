using CodingAgent.BotHost.Configuration;
using TemporalServer;

namespace CodingAgent.BotHost.Temporal;

/// <summary>The Temporal server of this process, where no other one is configured. Lives until the container is disposed.</summary>
/// <param name="settings">Settings.</param>
/// <param name="access">The key callers must have.</param>
internal sealed class EmbeddedTemporal(HostSettings settings, TemporalAccess access) : IAsyncDisposable
{
    private EmbeddedTemporalServer? _server;

    /// <summary>Where Temporal is, as <c>host:port</c>.</summary>
    /// <exception cref="InvalidOperationException">The embedded server has not started yet.</exception>
    public string Address => settings.TemporalAddress ?? _server?.Address ?? throw new InvalidOperationException("The embedded Temporal server has not started yet.");

    /// <summary>Starts the server, if it is ours to start.</summary>
    /// <exception cref="TemporalServerException">It cannot start.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (settings.TemporalAddress is not null)
            return;
        _server = await EmbeddedTemporalServer.StartAsync(
            new TemporalServerOptions
            {
                DatabasePath = Path.Combine(settings.DataDirectory, "temporal.db"),
                Port = settings.TemporalPort,
                Namespaces = [settings.TemporalNamespace],
                ApiKey = access.ApiKey,
                AllowUnauthenticated = settings.TemporalAllowUnauthenticated,
                Retention = settings.TemporalRetention,
                MaxDatabaseBytes = settings.TemporalMaxDatabaseBytes,
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }
}
