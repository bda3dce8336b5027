using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using Temporalio.Api.TestService.V1;
using Temporalio.Client;
using Temporalio.Client.Interceptors;
using Temporalio.Exceptions;
using Temporalio.Testing;
using TemporalServer;

namespace CodingAgent.TestKit;

/// <summary>
/// The SDK's environment for tests on an embedded server in this process; the SDK's own would download a server. Where it skips time it does
/// so for the whole server at once, so tests that run side by side each need an environment of their own.
/// </summary>
public sealed partial class EmbeddedEnvironment : WorkflowEnvironment
{
    // The wait of a test is as long as the test says; nothing else ends it.
    private static readonly TimeSpan DelayTimeout = TimeSpan.FromDays(1);
    private readonly EmbeddedTemporalServer _server;
    private readonly bool _skipsTime;
    private bool _autoTimeSkipping = true;

    private EmbeddedEnvironment(TemporalClient client, EmbeddedTemporalServer server, bool skipsTime)
        : base(client)
    {
        (_server, _skipsTime) = (server, skipsTime);
        if (skipsTime)
        {
            var options = (TemporalClientOptions)client.Options.Clone();
            options.Interceptors = [new TimeSkippingInterceptor(this), .. options.Interceptors ?? []];
            Client = new TemporalClient(client.Connection, options);
        }
    }

    /// <inheritdoc/>
    public override bool SupportsTimeSkipping => _skipsTime;

    /// <summary>Host and port of the server.</summary>
    public string Address => _server.Address;

    /// <summary>Starts a server that runs in real time, and connects.</summary>
    /// <param name="connect">How the client connects; its target is the new server, its namespace exists there. Null takes the defaults.</param>
    /// <param name="server">How the server runs beside what the environment sets: namespaces, time skipping, retention. Null takes the defaults.</param>
    public static Task<EmbeddedEnvironment> StartRealTimeAsync(TemporalClientConnectOptions? connect = null, TemporalServerOptions? server = null) =>
        StartAsync(connect ?? new(), server ?? new(), skipsTime: false);

    /// <summary>
    /// Starts a server that skips time, and connects. Its clock runs at the real pace, and while nobody has anything to do it jumps to the
    /// next timer or timeout: as long as the result of a workflow that <see cref="WorkflowEnvironment.Client"/> started is awaited, and during
    /// a delay of the environment. It does not jump while a workflow task or an activity is pending.
    /// </summary>
    /// <param name="connect">How the client connects; its target is the new server, its namespace exists there. Null takes the defaults.</param>
    public static Task<EmbeddedEnvironment> StartSkippingTimeAsync(TemporalClientConnectOptions? connect = null) =>
        StartAsync(connect ?? new(), new(), skipsTime: true);

    /// <inheritdoc/>
    public override Task DelayAsync(TimeSpan delay, CancellationToken? cancellationToken = null) => _skipsTime
        ? Client.Connection.TestService.UnlockTimeSkippingWithSleepAsync(
            new SleepRequest { Duration = Duration.FromTimeSpan(delay) },
            new RpcOptions { CancellationToken = cancellationToken, Timeout = DelayTimeout })
        : base.DelayAsync(delay, cancellationToken);

    /// <inheritdoc/>
    public override async Task<DateTime> GetCurrentTimeAsync() => _skipsTime
        ? (await Client.Connection.TestService.GetCurrentTimeAsync(new Empty())).Time.ToDateTime()
        : await base.GetCurrentTimeAsync();

    /// <inheritdoc/>
    public override async Task<T> WithAutoTimeSkippingDisabledAsync<T>(Func<Task<T>> func)
    {
        ArgumentNullException.ThrowIfNull(func);
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

    /// <inheritdoc/>
    public override async Task ShutdownAsync() => await _server.DisposeAsync();

    private static async Task<EmbeddedEnvironment> StartAsync(TemporalClientConnectOptions connect, TemporalServerOptions options, bool skipsTime)
    {
        connect = (TemporalClientConnectOptions)connect.Clone();
        var server = await EmbeddedTemporalServer.StartAsync(options with
        {
            Namespaces = [connect.Namespace],
            TimeSkipping = skipsTime,
            AllowUnauthenticated = options.ApiKey is null,
            LoggerFactory = connect.LoggerFactory,
            // A test may skip months and still look at what closed before.
            Retention = null,
        });
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

    private async Task<T> WithTimeSkippingUnlockedAsync<T>(Func<Task<T>> func)
    {
        if (!_autoTimeSkipping)
            return await func();

        var service = Client.Connection.TestService;
        await service.UnlockTimeSkippingAsync(new UnlockTimeSkippingRequest());
        T result;
        try
        {
            result = await func();
        }
        catch
        {
            try
            {
                await service.LockTimeSkippingAsync(new LockTimeSkippingRequest());
            }
            catch (RpcException e)
            {
                // What the code threw says more.
                LogNotLocked(Logger, e);
            }

            throw;
        }

        await service.LockTimeSkippingAsync(new LockTimeSkippingRequest());
        return result;
    }

    [LoggerMessage(1, LogLevel.Error, "Time skipping could not be locked again")]
    private static partial void LogNotLocked(ILogger logger, Exception exception);

    // Gives handles that have the server skip time while a result is awaited.
    private sealed class TimeSkippingInterceptor(EmbeddedEnvironment environment) : IClientInterceptor
    {
        public ClientOutboundInterceptor InterceptClient(ClientOutboundInterceptor nextInterceptor) => new Outbound(environment, nextInterceptor);

        private sealed class Outbound(EmbeddedEnvironment environment, ClientOutboundInterceptor next) : ClientOutboundInterceptor(next)
        {
            public override async Task<WorkflowHandle<TWorkflow, TResult>> StartWorkflowAsync<TWorkflow, TResult>(StartWorkflowInput input) =>
                new Handle<TWorkflow, TResult>(environment, await base.StartWorkflowAsync<TWorkflow, TResult>(input));
        }

        private sealed record Handle<TWorkflow, TResult>(EmbeddedEnvironment Environment, WorkflowHandle<TWorkflow, TResult> Started)
            : WorkflowHandle<TWorkflow, TResult>(Started)
        {
            public override Task<T> GetResultAsync<T>(bool followRuns = true, RpcOptions? rpcOptions = null) =>
                Environment.WithTimeSkippingUnlockedAsync(() => base.GetResultAsync<T>(followRuns, rpcOptions));
        }
    }
}
