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

    [Fact]
    public async Task ClockOfItsOwn_LongTimer_FiresWhenMoved()
    {
        await using var environment = await WorkflowEnvironment.StartTimeSkippingAsync();
        environment.SupportsTimeSkipping.ShouldBeTrue();
        using var worker = new TemporalWorker(environment.Client, new TemporalWorkerOptions("skipping").AddWorkflow<PatientWorkflow>());
        await worker.ExecuteAsync(async () =>
        {
            var before = await environment.GetCurrentTimeAsync();
            var handle = await environment.Client.StartWorkflowAsync((PatientWorkflow wf) => wf.RunAsync(), new("patient", "skipping"));
            await Eventually.TrueAsync(
                async () => (await handle.FetchHistoryAsync()).Events.Any(e => e.TimerStartedEventAttributes is not null), "a started timer");
            await environment.DelayAsync(TimeSpan.FromDays(30));
            (await handle.GetResultAsync()).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromDays(30));
            (await environment.GetCurrentTimeAsync()).ShouldBe(before + TimeSpan.FromDays(30));
        });
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

    [Workflow]
    public sealed class PatientWorkflow
    {
        [WorkflowRun]
        public async Task<TimeSpan> RunAsync()
        {
            var before = Workflow.UtcNow;
            await Workflow.DelayAsync(TimeSpan.FromDays(30));
            return Workflow.UtcNow - before;
        }
    }
}
