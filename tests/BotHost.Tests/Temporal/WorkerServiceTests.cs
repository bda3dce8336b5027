using CodingAgent.BotHost.Tests.Commands;
using CodingAgent.Workflows.Ports;
using Temporalio.Api.Enums.V1;
using Temporalio.Api.TaskQueue.V1;
using Temporalio.Api.WorkflowService.V1;
using Temporalio.Client;
using TemporalServer;

namespace CodingAgent.BotHost.Tests.Temporal;

/// <summary>The worker as its own process, beside a server that comes and goes.</summary>
public sealed class WorkerServiceTests : IDisposable
{
    private const string Key = "temporal-hunter2";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly int _port = ChildProgram.FreePort();
    private readonly ChildProgram _program = new();

    public WorkerServiceTests()
    {
        _program.Environment["Temporal__ApiKey"] = Key;
        _program.Environment["Temporal__Tls"] = "false";
    }

    private string Database => Path.Combine(_program.Folder, "temporal.db");

    public void Dispose() => _program.Dispose();

    [Fact]
    public async Task Worker_ServerComesLateAndGoesAndComesBack_JoinsEachTimeAndEndsWhenTold()
    {
        using var worker = Start();
        await UntilAsync(() => worker.Output.Contains("cannot be reached", StringComparison.Ordinal), worker);
        await using (var server = await StartServerAsync())
            await UntilPolledAsync(server, worker);

        // A new server on the same address knows no pollers until they come.
        await using (var server = await StartServerAsync())
        {
            await UntilPolledAsync(server, worker);
            worker.Terminate();
            (await worker.EndAsync()).ExitCode.ShouldBe(0);
        }

        worker.Output.ShouldNotContain("hunter2");
        worker.Output.Split('\n').ShouldAllBe(line => IsOurs(line), "the core's lines go the way of all others");
    }

    [Fact]
    public async Task Worker_ServerGoesForGoodFirst_EndsWithinItsGrace()
    {
        using var worker = Start();
        await using (var server = await StartServerAsync())
            await UntilPolledAsync(server, worker);

        worker.Terminate();
        var result = await worker.EndAsync();

        result.ExitCode.ShouldBe(0);
        worker.Output.ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task Applier_WithPublicKeysAlone_PollsItsOwnQueueAndNoOther()
    {
        // Where the other roles run.
        var records = Path.Combine(_program.Folder, "data", "records");
        foreach (var role in new[] { "control", "agents", "checks" })
            CodingAgent.Storage.SecretFile.ReadOrCreate(Path.Combine(records, $"{role}.key"), role);
        var printed = await _program.RunAsync("keys", "records", "--data", "data");
        printed.ExitCode.ShouldBe(0, string.Join('\n', printed.Error));

        // And where the applier does: no model, no private key of theirs.
        foreach (var name in new[] { "OPENAI_API_KEY", "Models__Default", "Api__Key", "Forge__GitHub__WebhookSecret" })
            _program.Environment.Remove(name);
        string[] arguments = ["serve", "--role", "apply", "--data", "elsewhere", "--temporal-address", $"127.0.0.1:{_port}"];
        var lost = await _program.RunAsync(arguments);
        lost.ExitCode.ShouldBe(2);
        lost.Error.ShouldHaveSingleItem().ShouldContain("set Records:Control:PublicKeys to what 'codingagent keys records' prints");

        foreach (var line in printed.Output)
            _program.Environment[line.Split('=')[0]] = line.Split('=')[1];
        using var applier = _program.Start(arguments);
        await using var server = await StartServerAsync();
        await UntilPolledAsync(server, applier, TaskQueues.ApplyOf(TaskQueues.CodingAgent), TaskQueueType.Activity);
        (await PollersAsync(server, TaskQueues.CodingAgent, TaskQueueType.Activity)).ShouldBe(0);
        Directory.Exists(Path.Combine(_program.Folder, "elsewhere", "records")).ShouldBeFalse();
        applier.Terminate();
        (await applier.EndAsync()).ExitCode.ShouldBe(0);
    }

    // Each line of a log of ours begins with its time; what belongs to a line before it (a stack) is indented or names an exception.
    private static bool IsOurs(string line) => line is [>= '0' and <= '9', ..] || line.StartsWith("   ", StringComparison.Ordinal) || line.Contains("Exception", StringComparison.Ordinal);

    private ChildProgram.RunningChild Start() => _program.Start("serve", "--role", "worker", "--data", "data", "--temporal-address", $"127.0.0.1:{_port}");

    private Task<EmbeddedTemporalServer> StartServerAsync() =>
        EmbeddedTemporalServer.StartAsync(new TemporalServerOptions { DatabasePath = Database, Port = _port, ApiKey = Key });

    private static async Task UntilPolledAsync(EmbeddedTemporalServer server, ChildProgram.RunningChild worker)
    {
        await UntilPolledAsync(server, worker, TaskQueues.CodingAgent, TaskQueueType.Workflow);
        await UntilPolledAsync(server, worker, TaskQueues.CodingAgent, TaskQueueType.Activity);
    }

    private static Task UntilPolledAsync(EmbeddedTemporalServer server, ChildProgram.RunningChild worker, string queue, TaskQueueType type) =>
        UntilAsync(async () => await PollersAsync(server, queue, type) > 0, worker);

    private static async Task<int> PollersAsync(EmbeddedTemporalServer server, string queue, TaskQueueType type)
    {
        var client = await TemporalClient.ConnectAsync(new TemporalClientConnectOptions(server.Address) { ApiKey = Key, Tls = new TlsOptions { Disabled = true } });
        var request = new DescribeTaskQueueRequest { Namespace = "default", TaskQueue = new TaskQueue { Name = queue }, TaskQueueType = type };
        return (await client.Connection.WorkflowService.DescribeTaskQueueAsync(request)).Pollers.Count;
    }

    private static Task UntilAsync(Func<bool> condition, ChildProgram.RunningChild worker) => UntilAsync(() => Task.FromResult(condition()), worker);

    private static async Task UntilAsync(Func<Task<bool>> condition, ChildProgram.RunningChild worker)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            worker.HasExited.ShouldBeFalse(worker.Output);
            TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(Patience, worker.Output);
            await Task.Delay(50);
        }
    }
}
