using CodingAgent.TestKit;
using Temporalio.Client;
using Temporalio.Worker;
using Temporalio.Workflows;
using RpcException = Temporalio.Exceptions.RpcException;

namespace TemporalServer.Tests.Live;

/// <summary>The SDK against a server that asks for a key. A key turns TLS on by itself, so on loopback it is turned off by name.</summary>
public sealed class ApiKeyTests
{
    private static readonly TemporalServerOptions Guarded = new() { ApiKey = "first" };

    [Fact]
    public async Task Worker_WithTheKey_DoesItsWork()
    {
        await using var environment = await EmbeddedEnvironment.StartRealTimeAsync(With("first"), Guarded);
        using var worker = new TemporalWorker(environment.Client, LiveServer.Worker("guarded").AddWorkflow<EchoWorkflow>());
        await worker.ExecuteAsync(async () =>
            (await environment.Client.ExecuteWorkflowAsync((EchoWorkflow wf) => wf.RunAsync("in"), new("echo", "guarded"))).ShouldBe("in"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("second")]
    public async Task ClientAndWorker_WithoutTheKey_AreRefused(string? key)
    {
        await using var environment = await EmbeddedEnvironment.StartRealTimeAsync(With(key), Guarded);
        var call = () => environment.Client.GetWorkflowHandle("any").DescribeAsync();
        (await Should.ThrowAsync<RpcException>(call)).Code.ShouldBe(RpcException.StatusCode.Unauthenticated);
        using var worker = new TemporalWorker(environment.Client, LiveServer.Worker("guarded").AddWorkflow<EchoWorkflow>());
        var e = await Should.ThrowAsync<InvalidOperationException>(() => worker.ExecuteAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20)));
        e.Message.ShouldContain("authorization: Bearer KEY");

        // A key can be set later.
        environment.Client.Connection.ApiKey = "first";
        (await Should.ThrowAsync<RpcException>(call)).Code.ShouldBe(RpcException.StatusCode.NotFound);
    }

    private static TemporalClientConnectOptions With(string? key) => new() { ApiKey = key, Tls = new() { Disabled = true } };

    [Workflow]
    public sealed class EchoWorkflow
    {
        [WorkflowRun]
        public Task<string> RunAsync(string text) => Task.FromResult(text);
    }
}
