using TemporalServer;
using Temporalio.Client;

namespace Temporalio.Testing;

/// <summary>An environment on an embedded server of its own.</summary>
internal sealed class EmbeddedEnvironment : WorkflowEnvironment
{
    private readonly EmbeddedTemporalServer _server;
    private readonly ManualTimeProvider? _clock;

    private EmbeddedEnvironment(ITemporalClient client, EmbeddedTemporalServer server, ManualTimeProvider? clock)
        : base(client) => (_server, _clock) = (server, clock);

    public override bool SupportsTimeSkipping => _clock is not null;

    public static async Task<EmbeddedEnvironment> StartAsync(
        TemporalClientConnectOptions options, string? databasePath, ManualTimeProvider? clock)
    {
        var server = await EmbeddedTemporalServer.StartAsync(new()
        {
            DatabasePath = databasePath,
            Port = Port(options.TargetHost),
            Namespaces = [options.Namespace],
            TimeProvider = clock ?? TimeProvider.System,
            LoggerFactory = options.LoggerFactory,
            // A test may skip months and still look at what closed before.
            Retention = null,
        });
        var connect = (TemporalClientConnectOptions)options.Clone();
        connect.TargetHost = server.Address;
        return new(await TemporalClient.ConnectAsync(connect), server, clock);
    }

    public override Task DelayAsync(TimeSpan delay, CancellationToken? cancellationToken = null)
    {
        if (_clock is null)
        {
            return base.DelayAsync(delay, cancellationToken);
        }

        cancellationToken?.ThrowIfCancellationRequested();
        _clock.Advance(delay);
        return Task.CompletedTask;
    }

    public override Task<DateTime> GetCurrentTimeAsync() =>
        _clock is null ? base.GetCurrentTimeAsync() : Task.FromResult(_clock.GetUtcNow().UtcDateTime);

    public override async Task ShutdownAsync() => await _server.DisposeAsync();

    private static int Port(string? target) =>
        target?.LastIndexOf(':') is { } colon and >= 0 && int.TryParse(target.AsSpan(colon + 1), out var port) ? port : 0;
}
