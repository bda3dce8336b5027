using Microsoft.Extensions.Logging;
using Temporalio.Client;

namespace Temporalio.Testing;

/// <summary>
/// A server to run workflows against in tests, and a client of it. Time is skipped for the whole server at once, so tests that run side by
/// side each need an environment of their own.
/// </summary>
public class WorkflowEnvironment : IAsyncDisposable
{
    /// <summary>An environment on a server somebody else runs.</summary>
    /// <param name="client">Client of it.</param>
    public WorkflowEnvironment(ITemporalClient client)
    {
        Client = client;
        Logger = client.Options.LoggerFactory.CreateLogger<WorkflowEnvironment>();
    }

    /// <summary>Client of the server.</summary>
    public ITemporalClient Client { get; protected init; }

    /// <summary>Whether the server skips time.</summary>
    public virtual bool SupportsTimeSkipping => false;

    /// <summary>Where the environment logs.</summary>
    protected ILogger<WorkflowEnvironment> Logger { get; private init; }

    /// <summary>Starts an embedded server that runs in real time.</summary>
    /// <param name="options">Options.</param>
    /// <returns>The environment; dispose it to stop the server.</returns>
    public static async Task<WorkflowEnvironment> StartLocalAsync(WorkflowEnvironmentStartLocalOptions? options = null)
    {
        options ??= new();
        return await EmbeddedEnvironment.StartAsync(options, options.DevServerOptions.DatabaseFilename, skipsTime: false);
    }

    /// <summary>
    /// Starts an embedded server that skips time. Its clock runs at the real pace, and while nobody has anything to do it jumps to the
    /// next timer or timeout: as long as the result of a workflow that was started by <see cref="Client" /> is awaited, and during
    /// <see cref="DelayAsync(TimeSpan, CancellationToken?)" />. It does not jump while a workflow task or an activity is pending.
    /// </summary>
    /// <param name="options">Options.</param>
    /// <returns>The environment; dispose it to stop the server.</returns>
    public static async Task<WorkflowEnvironment> StartTimeSkippingAsync(WorkflowEnvironmentStartTimeSkippingOptions? options = null) =>
        await EmbeddedEnvironment.StartAsync(options ?? new(), null, skipsTime: true);

    /// <summary>Waits on the server's clock; where time can be skipped, it is.</summary>
    /// <param name="millisecondsDelay">Milliseconds.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Completes when the clock shows that much more.</returns>
    public Task DelayAsync(int millisecondsDelay, CancellationToken? cancellationToken = null) =>
        DelayAsync(TimeSpan.FromMilliseconds(millisecondsDelay), cancellationToken);

    /// <summary>Waits on the server's clock; where time can be skipped, it is.</summary>
    /// <param name="delay">How long.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Completes when the clock shows that much more.</returns>
    public virtual Task DelayAsync(TimeSpan delay, CancellationToken? cancellationToken = null) =>
        Task.Delay(delay, cancellationToken ?? CancellationToken.None);

    /// <summary>Reads the server's clock.</summary>
    /// <returns>Its time, UTC.</returns>
    public virtual Task<DateTime> GetCurrentTimeAsync() => Task.FromResult(TimeProvider.System.GetUtcNow().UtcDateTime);

    /// <summary>Runs code during which awaiting results skips no time. Without time skipping it is simply run.</summary>
    /// <param name="func">Code to run.</param>
    public void WithAutoTimeSkippingDisabled(Action func) => WithAutoTimeSkippingDisabled(() =>
    {
        func();
        return ValueTuple.Create();
    });

    /// <summary>Runs code during which awaiting results skips no time. Without time skipping it is simply run.</summary>
    /// <typeparam name="T">Type of its result.</typeparam>
    /// <param name="func">Code to run.</param>
    /// <returns>What it returned.</returns>
    public T WithAutoTimeSkippingDisabled<T>(Func<T> func) =>
        WithAutoTimeSkippingDisabledAsync(() => Task.FromResult(func())).GetAwaiter().GetResult();

    /// <summary>Runs code during which awaiting results skips no time. Without time skipping it is simply run.</summary>
    /// <param name="func">Code to run.</param>
    /// <returns>Completes with the code.</returns>
    public Task WithAutoTimeSkippingDisabledAsync(Func<Task> func) => WithAutoTimeSkippingDisabledAsync(async () =>
    {
        await func();
        return ValueTuple.Create();
    });

    /// <summary>Runs code during which awaiting results skips no time. Without time skipping it is simply run.</summary>
    /// <typeparam name="T">Type of its result.</typeparam>
    /// <param name="func">Code to run.</param>
    /// <returns>What it returned.</returns>
    public virtual Task<T> WithAutoTimeSkippingDisabledAsync<T>(Func<Task<T>> func) => func();

    /// <summary>Stops the server.</summary>
    /// <returns>Completes when it has stopped.</returns>
    public virtual Task ShutdownAsync() => Task.CompletedTask;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await ShutdownAsync();
        GC.SuppressFinalize(this);
    }
}
