using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using Temporalio.Client;
using Temporalio.Exceptions;
using Temporalio.Protocol.Methods;
using Temporalio.Protocol.Testing;
using TemporalServer;

namespace Temporalio.Testing;

/// <summary>An environment on an embedded server of its own.</summary>
internal sealed partial class EmbeddedEnvironment : WorkflowEnvironment
{
    // The wait of a test is as long as the test says; nothing else ends it.
    private static readonly TimeSpan DelayTimeout = TimeSpan.FromDays(1);
    private readonly EmbeddedTemporalServer _server;
    private readonly TemporalConnection _connection;
    private readonly bool _skipsTime;
    private bool _autoTimeSkipping = true;

    private EmbeddedEnvironment(TemporalClient client, EmbeddedTemporalServer server, bool skipsTime)
        : base(client)
    {
        (_server, _skipsTime) = (server, skipsTime);
        _connection = (TemporalConnection)client.Connection;
        if (skipsTime)
        {
            var options = (TemporalClientOptions)client.Options.Clone();
            options.Interceptors = [new TimeSkippingInterceptor(this), .. options.Interceptors ?? []];
            Client = new TemporalClient(client.Connection, options);
        }
    }

    public override bool SupportsTimeSkipping => _skipsTime;

    public static async Task<EmbeddedEnvironment> StartAsync(TemporalClientConnectOptions options, string? databasePath, bool skipsTime)
    {
        var server = await EmbeddedTemporalServer.StartAsync(new()
        {
            DatabasePath = databasePath,
            Port = Port(options.TargetHost),
            Namespaces = [options.Namespace],
            TimeSkipping = skipsTime,
            LoggerFactory = options.LoggerFactory,
            // A test may skip months and still look at what closed before.
            Retention = null,
        });
        var connect = (TemporalClientConnectOptions)options.Clone();
        connect.TargetHost = server.Address;
        try
        {
            return new(await TemporalClient.ConnectAsync(connect), server, skipsTime);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public override Task DelayAsync(TimeSpan delay, CancellationToken? cancellationToken = null) => _skipsTime
        ? _connection.CallAsync(
            TestServiceMethods.UnlockTimeSkippingWithSleep,
            new SleepRequest { Duration = Duration.FromTimeSpan(delay) },
            new RpcOptions { CancellationToken = cancellationToken, Timeout = DelayTimeout })
        : base.DelayAsync(delay, cancellationToken);

    public override async Task<DateTime> GetCurrentTimeAsync() => _skipsTime
        ? (await _connection.CallAsync(TestServiceMethods.GetCurrentTime, new Empty())).Time.ToDateTime()
        : await base.GetCurrentTimeAsync();

    public override async Task<T> WithAutoTimeSkippingDisabledAsync<T>(Func<Task<T>> func)
    {
        var before = _autoTimeSkipping;
        _autoTimeSkipping = false;
        try
        {
            return await func();
        }
        finally
        {
            _autoTimeSkipping = before;
        }
    }

    public override async Task ShutdownAsync() => await _server.DisposeAsync();

    /// <summary>Runs code while the server may skip time, unless that is disabled.</summary>
    internal async Task<T> WithTimeSkippingUnlockedAsync<T>(Func<Task<T>> func)
    {
        if (!_autoTimeSkipping)
        {
            return await func();
        }

        await _connection.CallAsync(TestServiceMethods.UnlockTimeSkipping, new UnlockTimeSkippingRequest());
        T result;
        try
        {
            result = await func();
        }
        catch
        {
            try
            {
                await _connection.CallAsync(TestServiceMethods.LockTimeSkipping, new LockTimeSkippingRequest());
            }
            catch (RpcException e)
            {
                // What the code threw says more.
                LogNotLocked(Logger, e);
            }

            throw;
        }

        await _connection.CallAsync(TestServiceMethods.LockTimeSkipping, new LockTimeSkippingRequest());
        return result;
    }

    private static int Port(string? target) =>
        target?.LastIndexOf(':') is { } colon and >= 0 && int.TryParse(target.AsSpan(colon + 1), out var port) ? port : 0;

    [LoggerMessage(1, LogLevel.Error, "Time skipping could not be locked again")]
    private static partial void LogNotLocked(ILogger logger, Exception exception);
}
