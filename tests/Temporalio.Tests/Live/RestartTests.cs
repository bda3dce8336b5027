using Temporalio.Testing;
using Temporalio.Worker;
using Temporalio.Workflows;

namespace Temporalio.Tests.Live;

public sealed class RestartTests
{
    [Fact]
    public async Task ServerRestarted_MidRun_WorkerAndWorkflowGoOn()
    {
        var folder = Directory.CreateTempSubdirectory("temporal-restart-");
        try
        {
            var options = new WorkflowEnvironmentStartLocalOptions
            {
                DevServerOptions = new() { DatabaseFilename = Path.Combine(folder.FullName, "temporal.db") },
            };
            var first = await WorkflowEnvironment.StartLocalAsync(options);
            var target = first.Client.Connection.Options.TargetHost!;
            using var worker = new TemporalWorker(first.Client, new TemporalWorkerOptions("restart").AddWorkflow<GateWorkflow>());
            await worker.ExecuteAsync(async () =>
            {
                var handle = await first.Client.StartWorkflowAsync((GateWorkflow wf) => wf.RunAsync(), new("gate", "restart"));
                await handle.SignalAsync(wf => wf.OpenAsync("before"));
                (await handle.QueryAsync(wf => wf.Keys)).ShouldBe("before");
                await first.DisposeAsync();

                // The same port, so that worker and client find it again by themselves.
                options.TargetHost = target;
                await using var second = await WorkflowEnvironment.StartLocalAsync(options);
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
