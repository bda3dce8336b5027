using System.Net;
using CodingAgent.TestKit;
using Temporalio.Worker;
using Temporalio.Workflows;

namespace TemporalServer.Tests.Live;

public sealed class RestartTests
{
    [Fact]
    public async Task ServerRestarted_MidRun_WorkerAndWorkflowGoOn()
    {
        var folder = Directory.CreateTempSubdirectory("temporal-restart-");
        try
        {
            var options = new TemporalServerOptions { DatabasePath = Path.Combine(folder.FullName, "temporal.db") };
            var first = await EmbeddedEnvironment.StartRealTimeAsync(server: options);
            using var worker = new TemporalWorker(first.Client, LiveServer.Worker("restart").AddWorkflow<GateWorkflow>());
            await worker.ExecuteAsync(async () =>
            {
                var handle = await first.Client.StartWorkflowAsync((GateWorkflow wf) => wf.RunAsync(), new("gate", "restart"));
                await handle.SignalAsync(wf => wf.OpenAsync("before"));
                (await handle.QueryAsync(wf => wf.Keys)).ShouldBe("before");
                await first.DisposeAsync();

                // The same port, so that worker and client find it again by themselves.
                options = options with { Port = IPEndPoint.Parse(first.Address).Port };
                await using var second = await EmbeddedEnvironment.StartRealTimeAsync(server: options);
                await handle.SignalAsync(wf => wf.OpenAsync("after"));
                (await handle.GetResultAsync()).ShouldBe("before,after");
            });
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Workflow]
    public sealed class GateWorkflow
    {
        private readonly List<string> _keys = [];

        [WorkflowQuery]
        public string Keys => string.Join(',', _keys);

        [WorkflowRun]
        public async Task<string> RunAsync()
        {
            await Workflow.WaitConditionAsync(() => _keys.Count == 2);
            return Keys;
        }

        [WorkflowSignal]
        public Task OpenAsync(string key)
        {
            _keys.Add(key);
            return Task.CompletedTask;
        }
    }
}
