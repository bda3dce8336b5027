using CodingAgent.BotHost.Tests.Commands;
using CodingAgent.Workflows;
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

    // Each line of a log of ours begins with its time; what belongs to a line before it (a stack) is indented or names an exception.
    private static bool IsOurs(string line) => line is [>= '0' and <= '9', ..] || line.StartsWith("   ", StringComparison.Ordinal) || line.Contains("Exception", StringComparison.Ordinal);

    private ChildProgram.RunningChild Start() => _program.Start("serve", "--role", "worker", "--data", "data", "--temporal-address", $"127.0.0.1:{_port}");

    private Task<EmbeddedTemporalServer> StartServerAsync() =>
        EmbeddedTemporalServer.StartAsync(new TemporalServerOptions { DatabasePath = Database, Port = _port, ApiKey = Key });

    private static async Task UntilPolledAsync(EmbeddedTemporalServer server, ChildProgram.RunningChild worker)
    {
        var client = await TemporalClient.ConnectAsync(new TemporalClientConnectOptions(server.Address) { ApiKey = Key, Tls = new TlsOptions { Disabled = true } });
        var request = new DescribeTaskQueueRequest { Namespace = "default", TaskQueue = new TaskQueue { Name = TaskQueues.CodingAgent } };
        await UntilAsync(
            async () =>
            {
                request.TaskQueueType = TaskQueueType.Workflow;
                var polled = (await client.Connection.WorkflowService.DescribeTaskQueueAsync(request)).Pollers.Count > 0;
                request.TaskQueueType = TaskQueueType.Activity;
                return polled && (await client.Connection.WorkflowService.DescribeTaskQueueAsync(request)).Pollers.Count > 0;
            },
            worker);
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
