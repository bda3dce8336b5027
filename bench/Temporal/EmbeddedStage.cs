using Temporalio.Client;
using Temporalio.Worker;
using TemporalServer;

namespace CodingAgent.Bench.Temporal;

/// <summary>An embedded server on a file of its own, a client, and workers on demand.</summary>
internal sealed class EmbeddedStage : IAsyncDisposable
{
    private readonly string _folder;
    private EmbeddedTemporalServer _server;

    private EmbeddedStage(string folder, EmbeddedTemporalServer server, TemporalClient client) => (_folder, _server, Client) = (folder, server, client);

    public TemporalClient Client { get; private set; }

    public static async Task<EmbeddedStage> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("coding-agent-bench-").FullName;
        var server = await OpenAsync(folder, TimeProvider.System);
        return new(folder, server, await ConnectAsync(server));
    }

    /// <summary>Stops the server and starts it again on the same file, with its clock so much further.</summary>
    public async Task RestartAsync(TimeSpan later)
    {
        await _server.DisposeAsync();
        _server = await OpenAsync(_folder, new LaterTime(later));
        Client = await ConnectAsync(_server);
    }

    /// <summary>Runs a worker until it is disposed.</summary>
    /// <param name="queue">Its queue.</param>
    /// <param name="maxCached">Most workflows it keeps.</param>
    public RunningWorker Work(string queue, int maxCached) => new(new TemporalWorker(
        Client,
        new TemporalWorkerOptions(queue) { MaxCachedWorkflows = maxCached }.AddWorkflow<TaskBench.CounterWorkflow>().AddWorkflow<ParkedBench.ParkedWorkflow>()));

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static Task<EmbeddedTemporalServer> OpenAsync(string folder, TimeProvider time) =>
        EmbeddedTemporalServer.StartAsync(new() { DatabasePath = Path.Combine(folder, "temporal.db"), TimeProvider = time, AllowUnauthenticated = true });

    private static Task<TemporalClient> ConnectAsync(EmbeddedTemporalServer server) => TemporalClient.ConnectAsync(new(server.Address));

    /// <summary>A worker at work.</summary>
    internal sealed class RunningWorker : IDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly TemporalWorker _worker;
        private readonly Task _run;

        public RunningWorker(TemporalWorker worker)
        {
            _worker = worker;
            _run = worker.ExecuteAsync(_stop.Token);
        }

        public void Dispose()
        {
            _stop.Cancel();
            _run.ContinueWith(static _ => { }, TaskScheduler.Default).GetAwaiter().GetResult();
            _worker.Dispose();
            _stop.Dispose();
        }
    }

    private sealed class LaterTime(TimeSpan later) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + later;
    }
}
