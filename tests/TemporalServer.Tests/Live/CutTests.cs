using Temporalio.Client;
using Temporalio.Worker;
using Temporalio.Workflows;

namespace TemporalServer.Tests.Live;

/// <summary>The worker's connections break again and again, in the middle of whatever they carry.</summary>
[Collection(nameof(LiveServer))]
public sealed class CutTests(LiveServer server)
{
    [Fact]
    public async Task WorkersConnections_BreakingAgainAndAgain_LeaveNoQueryAndNoSignalUnanswered()
    {
        const int Askers = 8;
        const int Cuts = 40;
        await using var wire = new CutWire(server.Address);
        var far = await TemporalClient.ConnectAsync(new(wire.Target));
        var queue = $"queue-{Guid.NewGuid()}";
        using var worker = new TemporalWorker(far, LiveServer.Worker(queue).AddWorkflow<CountWorkflow>());
        await worker.ExecuteAsync(async () =>
        {
            var cutting = CutAsync(wire, Cuts);
            await Task.WhenAll(Enumerable.Range(0, Askers).Select(async _ =>
            {
                var handle = await server.Client.StartWorkflowAsync((CountWorkflow wf) => wf.RunAsync(), LiveServer.Start(queue));
                var sent = 0;
                while (!cutting.IsCompleted)
                {
                    await handle.SignalAsync(wf => wf.CountAsync());
                    sent++;

                    // Much less than the client's own limit of seventy seconds, which is what a query that nobody has any more takes.
                    (await handle.QueryAsync(wf => wf.Counted).WaitAsync(TimeSpan.FromSeconds(40))).ShouldBe(sent);
                }

                await handle.TerminateAsync();
            }));
            await cutting;
        });
    }

    private static async Task CutAsync(CutWire wire, int cuts)
    {
        for (var i = 0; i < cuts; i++)
        {
            // Long enough to connect again, and never in step with what is going on.
            await Task.Delay(TimeSpan.FromMilliseconds(150 + (i * 7 % 60)));
            await wire.CutAsync(TimeSpan.FromMilliseconds(i % 3 * 40));
        }
    }

    [Workflow]
    public sealed class CountWorkflow
    {
        [WorkflowQuery]
        public int Counted { get; private set; }

        [WorkflowRun]
        public Task RunAsync() => Workflow.WaitConditionAsync(() => false);

        [WorkflowSignal]
        public Task CountAsync()
        {
            Counted++;
            return Task.CompletedTask;
        }
    }
}
