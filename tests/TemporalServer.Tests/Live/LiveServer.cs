using CodingAgent.TestKit;
using Temporalio.Client;
using Temporalio.Worker;

namespace TemporalServer.Tests.Live;

/// <summary>One embedded server for all tests that run on real time.</summary>
public sealed class LiveServer : IAsyncLifetime
{
    private EmbeddedEnvironment? _environment;

    public ITemporalClient Client => _environment!.Client;

    public string Address => _environment!.Address;

    public async Task InitializeAsync() => _environment = await EmbeddedEnvironment.StartRealTimeAsync();

    public async Task DisposeAsync() => await _environment!.DisposeAsync();

    /// <summary>Runs a worker on a queue of its own while a test talks to it.</summary>
    public async Task WithWorkerAsync(Func<TemporalWorkerOptions, TemporalWorkerOptions> configure, Func<string, Task> test)
    {
        var queue = $"queue-{Guid.NewGuid()}";
        using var worker = new TemporalWorker(Client, configure(Worker(queue)));
        await worker.ExecuteAsync(() => test(queue).WaitAsync(TimeSpan.FromSeconds(60)));
    }

    /// <summary>
    /// A worker's options. A busy machine may hold workflow code up longer than the two seconds after which the SDK takes it for stuck; and heartbeats, which
    /// bring a cancellation, are held back for most of their timeout otherwise, so that only short ones would tell soon, which a busy machine misses.
    /// </summary>
    public static TemporalWorkerOptions Worker(string queue) => new(queue) { DebugMode = true, MaxHeartbeatThrottleInterval = TimeSpan.FromMilliseconds(500) };

    public static WorkflowOptions Start(string queue) => new($"workflow-{Guid.NewGuid()}", queue);
}
