using CodingAgent.BotHost.Configuration;
using TemporalServer;

namespace CodingAgent.BotHost.Temporal;

/// <summary>
/// The Temporal server of this process, where no other one is configured. When it cannot write any more, for want of room on the disk, say, it is
/// started anew on the same port until that works; what was acknowledged is on disk, and clients connect again.
/// </summary>
/// <param name="settings">Settings.</param>
/// <param name="access">The key callers must have.</param>
/// <param name="time">Clock of the pauses.</param>
/// <param name="logger">Log.</param>
internal sealed partial class EmbeddedTemporal(HostSettings settings, TemporalAccess access, TimeProvider time, ILogger<EmbeddedTemporal> logger) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stopping = new();
    private EmbeddedTemporalServer? _server;
    private string? _address;

    /// <summary>Where Temporal is, as <c>host:port</c>.</summary>
    /// <exception cref="InvalidOperationException">The embedded server has not started yet.</exception>
    public string Address => settings.TemporalAddress ?? _address ?? throw new InvalidOperationException("The embedded Temporal server has not started yet.");

    /// <summary>Runs until it is told to stop; fails when the server cannot be kept.</summary>
    public Task Kept { get; private set; } = Task.CompletedTask;

    /// <summary>Why the embedded server does not answer, in one line; null while it does, and where it is not ours.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Starts the server, if it is ours to start.</summary>
    /// <exception cref="TemporalServerException">It cannot start.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (settings.TemporalAddress is not null)
            return;
        _server = await StartAsync(settings.TemporalPort, cancellationToken);
        _address = _server.Address;
        Kept = KeepAsync(_server);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAny(Kept);
        if (_server is not null)
            await _server.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task KeepAsync(EmbeddedTemporalServer server)
    {
        try
        {
            while (true)
            {
                var why = await server.Failed.WaitAsync(_stopping.Token);
                Trouble = $"The embedded Temporal server cannot write in {settings.DataDirectory}: {why.Message.ReplaceLineEndings(" ")}";
                LogFailed(Trouble, why);
                _server = null;
                await server.DisposeAsync();
                _server = server = await AgainAsync();
                Trouble = null;
                LogRecovered();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Told to stop.
        }
    }

    private async Task<EmbeddedTemporalServer> AgainAsync()
    {
        var port = int.Parse(_address![(_address!.LastIndexOf(':') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
        while (true)
        {
            await Task.Delay(Pause, time, _stopping.Token);
            try
            {
                return await StartAsync(port, _stopping.Token);
            }
            catch (TemporalServerException e)
            {
                if (e.Message != Trouble)
                    LogStillAway(e.Message);
                Trouble = e.Message;
            }
        }
    }

    private Task<EmbeddedTemporalServer> StartAsync(int port, CancellationToken cancellationToken) => EmbeddedTemporalServer.StartAsync(
        new TemporalServerOptions
        {
            DatabasePath = Path.Combine(settings.DataDirectory, "temporal.db"),
            Port = port,
            Namespaces = [settings.TemporalNamespace],
            ApiKey = access.ApiKey,
            AllowUnauthenticated = settings.TemporalAllowUnauthenticated,
            Retention = settings.TemporalRetention,
            MaxDatabaseBytes = settings.TemporalMaxDatabaseBytes,
        },
        cancellationToken);

    [LoggerMessage(EventId = 120, Level = LogLevel.Critical, Message = "{Trouble} The service is not ready; tasks stand still until it can, which is tried every few seconds. Make room on the disk, or see to the folder")]
    private partial void LogFailed(string trouble, Exception exception);

    [LoggerMessage(EventId = 121, Level = LogLevel.Critical, Message = "The embedded Temporal server does not start again yet: {Reason}")]
    private partial void LogStillAway(string reason);

    [LoggerMessage(EventId = 122, Level = LogLevel.Information, Message = "The embedded Temporal server writes again; tasks go on where they were")]
    private partial void LogRecovered();
}
