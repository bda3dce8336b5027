using Temporalio.Client;

namespace Temporalio.Testing;

/// <summary>A server to run workflows against in tests, and a client of it.</summary>
public class WorkflowEnvironment : IAsyncDisposable
{
    /// <summary>An environment on a server somebody else runs.</summary>
    /// <param name="client">Client of it.</param>
    public WorkflowEnvironment(ITemporalClient client) => Client = client;

    /// <summary>Client of the server.</summary>
    public ITemporalClient Client { get; protected init; }

    /// <summary>Whether time is the environment's to move.</summary>
    public virtual bool SupportsTimeSkipping => false;

    /// <summary>Starts an embedded server that runs in real time.</summary>
    /// <param name="options">Options.</param>
    /// <returns>The environment; dispose it to stop the server.</returns>
    public static async Task<WorkflowEnvironment> StartLocalAsync(WorkflowEnvironmentStartLocalOptions? options = null)
    {
        options ??= new();
        return await EmbeddedEnvironment.StartAsync(options, options.DevServerOptions.DatabaseFilename, null);
    }

    /// <summary>
    /// Starts an embedded server whose clock stands still until <see cref="DelayAsync(TimeSpan, CancellationToken?)" /> moves it. It does not move by itself
    /// while a result is awaited.
    /// </summary>
    /// <param name="options">Options.</param>
    /// <returns>The environment; dispose it to stop the server.</returns>
    public static async Task<WorkflowEnvironment> StartTimeSkippingAsync(WorkflowEnvironmentStartTimeSkippingOptions? options = null) =>
        await EmbeddedEnvironment.StartAsync(options ?? new(), null, new ManualTimeProvider(TimeProvider.System.GetUtcNow()));

    /// <summary>Waits on the server's clock: moves it, where that is possible.</summary>
    /// <param name="millisecondsDelay">Milliseconds.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Completes when the clock shows that much more.</returns>
    public Task DelayAsync(int millisecondsDelay, CancellationToken? cancellationToken = null) =>
        DelayAsync(TimeSpan.FromMilliseconds(millisecondsDelay), cancellationToken);

    /// <summary>Waits on the server's clock: moves it, where that is possible.</summary>
    /// <param name="delay">How long.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Completes when the clock shows that much more.</returns>
    public virtual Task DelayAsync(TimeSpan delay, CancellationToken? cancellationToken = null) =>
        Task.Delay(delay, cancellationToken ?? CancellationToken.None);

    /// <summary>Reads the server's clock.</summary>
    /// <returns>Its time, UTC.</returns>
    public virtual Task<DateTime> GetCurrentTimeAsync() => Task.FromResult(TimeProvider.System.GetUtcNow().UtcDateTime);

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
