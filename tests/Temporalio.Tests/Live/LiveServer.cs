using Temporalio.Client;
using Temporalio.Testing;
using Temporalio.Worker;

namespace Temporalio.Tests.Live;

/// <summary>One embedded server for all tests that run on real time.</summary>
public sealed class LiveServer : IAsyncLifetime
{
    private WorkflowEnvironment? _environment;

    public ITemporalClient Client => _environment!.Client;

    public async Task InitializeAsync() => _environment = await WorkflowEnvironment.StartLocalAsync();

    public async Task DisposeAsync() => await _environment!.DisposeAsync();

    /// <summary>Runs a worker on a queue of its own while a test talks to it.</summary>
    public async Task WithWorkerAsync(Func<TemporalWorkerOptions, TemporalWorkerOptions> configure, Func<string, Task> test)
    {
        var queue = $"queue-{Guid.NewGuid()}";
        using var worker = new TemporalWorker(Client, configure(new(queue)));
        await worker.ExecuteAsync(() => test(queue).WaitAsync(TimeSpan.FromSeconds(60)));
    }

    public static WorkflowOptions Start(string queue) => new($"workflow-{Guid.NewGuid()}", queue);
}
