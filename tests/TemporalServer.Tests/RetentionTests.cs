using Temporalio.Api.ErrorDetails.V1;
using M = TemporalServer.Endpoints.WorkflowServiceMethods;

namespace TemporalServer.Tests;

public sealed class RetentionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("temporal-tests-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "t.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Closed_BeyondItsRetention_IsGone_AndWhatRunsStays()
    {
        await using var server = await ServerHarness.StartAsync(with: o => o with { Retention = TimeSpan.FromDays(3) });
        await server.Start("done");
        await server.Complete(await server.Task(), Do.Complete());
        await server.Start("open");
        server.Clock.Advance(TimeSpan.FromDays(2));
        (await server.Status("done")).ShouldBe(WorkflowExecutionStatus.Completed);
        server.Clock.Advance(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(2));
        (await Should.ThrowAsync<RpcException>(() => server.Describe("done"))).StatusCode.ShouldBe(StatusCode.NotFound);
        (await server.Status("open")).ShouldBe(WorkflowExecutionStatus.Running);
        var config = (await server.Call(M.DescribeNamespace, new DescribeNamespaceRequest { Namespace = "default" })).Config;
        config.WorkflowExecutionRetentionTtl.ToTimeSpan().ShouldBe(TimeSpan.FromDays(3));
    }

    [Fact]
    public async Task Closed_WithoutRetention_StaysForGood()
    {
        await using var server = await ServerHarness.StartAsync(with: o => o with { Retention = null });
        await server.Start("done");
        await server.Complete(await server.Task(), Do.Complete());
        server.Clock.Advance(TimeSpan.FromDays(5000));
        (await server.Status("done")).ShouldBe(WorkflowExecutionStatus.Completed);
    }

    [Fact]
    public async Task Closed_MoreThanOneTurnTakes_AllGo_AlsoAfterARestart()
    {
        var clock = new ManualClock();
        await using (var server = await ServerHarness.StartAsync(Path, clock))
        {
            await Task.WhenAll(Enumerable.Range(0, 130).Select(i => server.Start("w" + i)));
            for (var i = 0; i < 130; i++)
            {
                await server.Call(M.TerminateWorkflowExecution, new TerminateWorkflowExecutionRequest { Namespace = "default", WorkflowExecution = new WorkflowExecution { WorkflowId = "w" + i } });
            }
        }

        clock.Advance(TimeSpan.FromDays(8));
        await using var again = await ServerHarness.StartAsync(Path, clock);
        await Until(async () => await Count(again) == 0);
    }

    [Fact]
    public async Task Size_Exceeded_TheOldestClosedGoFirst_ThenNewStartsAreRefused_AndRunningOnesGoOn()
    {
        await using var server = await ServerHarness.StartAsync(Path, with: o => o with { Retention = null, MaxDatabaseBytes = 4 * 1024 * 1024 });
        for (var i = 0; i < 20; i++)
        {
            await StartLarge(server, "closed" + i);
            await server.Complete(await server.Task(), Do.Complete());
        }

        // 20 × 0.5 MB do not fit into 4 MB: the first have gone, the last is there.
        await Until(async () => await Count(server) < 10);
        (await Should.ThrowAsync<RpcException>(() => server.Describe("closed0"))).StatusCode.ShouldBe(StatusCode.NotFound);
        (await server.Status("closed19")).ShouldBe(WorkflowExecutionStatus.Completed);

        // Runs that are open cannot go: in the end there is no room left.
        RpcException? refused = null;
        var started = 0;
        while (refused is null && started < 100)
        {
            try
            {
                await StartLarge(server, "open" + started);
                started++;
            }
            catch (RpcException e)
            {
                refused = e;
            }
        }

        started.ShouldBeInRange(5, 30);
        refused!.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        refused.Message.ShouldContain("full");
        var detail = ServerHarness.Detail<ResourceExhaustedFailure>(refused);
        detail!.Cause.ShouldBe(ResourceExhaustedCause.PersistenceStorageLimit);

        // A start that was answered before is answered again; what runs can end, and that makes room.
        for (var i = 0; i < started; i++)
        {
            await server.Complete(await server.Task(), Do.Marker("on"), Do.Complete());
        }

        await Until(async () =>
        {
            try
            {
                await StartLarge(server, "again");
                return true;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted)
            {
                return false;
            }
        });

        // Freed pages were used again: the file did not grow with all that was ever in it.
        new FileInfo(Path).Length.ShouldBeLessThan(12 * 1024 * 1024);
    }

    private static Task StartLarge(ServerHarness server, string id) => server.Start(id, r => r.Input = ServerHarness.Text(new string('x', 500_000)));

    private static async Task<long> Count(ServerHarness server) => (await server.Call(M.CountWorkflowExecutions, new CountWorkflowExecutionsRequest { Namespace = "default" })).Count;

    private static async Task Until(Func<Task<bool>> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await condition())
        {
            deadline.IsCancellationRequested.ShouldBeFalse();
            await Task.Yield();
        }
    }
}
