using Temporalio.Client;
using Temporalio.Worker;

namespace CodingAgent.Bench.Temporal;

/// <summary>One embedded server in a process of its own, our worker here and the official TypeScript worker in another process, each with its queue.</summary>
internal sealed class PeerStage : IAsyncDisposable
{
    public const string OurQueue = "ours";
    public const string TheirQueue = "theirs";
    private const string Listening = "Temporal server listening on ";

    private readonly string _folder = Directory.CreateTempSubdirectory("coding-agent-bench-").FullName;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<ChildProcess> _processes = [];
    private Task _working = Task.CompletedTask;

    private PeerStage()
    {
    }

    public TemporalClient Client { get; private set; } = null!;

    public static async Task<PeerStage> SetAsync()
    {
        var stage = new PeerStage();
        try
        {
            await stage.StartAsync();
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts tests/Peers/temporal/bench.mjs in one of its modes.</summary>
    /// <exception cref="InvalidOperationException">The peers are not installed.</exception>
    public async Task<ChildProcess> StartTypeScriptAsync(params string[] arguments)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !Directory.Exists(Path.Combine(folder.FullName, "tests", "Peers", "node_modules")))
            folder = folder.Parent;
        if (folder is null)
            throw new InvalidOperationException("temporal: the TypeScript SDK is not installed. Run 'npm ci --prefix tests/Peers' first; it needs Node 20.");
        var process = ChildProcess.Start("node", [Path.Combine(folder.FullName, "tests", "Peers", "temporal", "bench.mjs"), .. arguments]);
        _processes.Add(process);
        await process.AskAsync(null, "ready");
        return process;
    }

    public string NewFile(string name) => Path.Combine(_folder, name);

    private async Task StartAsync()
    {
        var server = ChildProcess.Start(
            "dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "codingagent.dll"), "temporal-server", "--port", "0", "--allow-unauthenticated", "--db", NewFile("temporal.db"));
        _processes.Add(server);
        var address = (await server.AskAsync(null, Listening))[Listening.Length..];
        Client = await TemporalClient.ConnectAsync(new(address));
        await StartTypeScriptAsync("worker", address, TheirQueue);
        var worker = new TemporalWorker(
            Client,
            new TemporalWorkerOptions(OurQueue).AddWorkflow<BenchStepsWorkflow>().AddWorkflow<BenchParkedWorkflow>().AddActivity(BenchStepsWorkflow.Noop));
        _working = worker.ExecuteAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _working;
        }
        catch (OperationCanceledException)
        {
            // Stopped as asked.
        }

        foreach (var process in Enumerable.Reverse(_processes))
            await process.DisposeAsync();
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
