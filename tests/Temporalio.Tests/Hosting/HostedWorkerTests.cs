using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Temporalio.Activities;
using Temporalio.Client;
using Temporalio.Extensions.Hosting;
using Temporalio.Tests.Live;
using Temporalio.Workflows;

namespace Temporalio.Tests.Hosting;

[Collection(nameof(LiveServer))]
public sealed class HostedWorkerTests(LiveServer server)
{
    private readonly string _queue = $"queue-{Guid.NewGuid()}";

    private string Target => server.Client.Connection.Options.TargetHost!;

    [Fact]
    public async Task Activities_OfEachLifetime_LiveAsRegistered()
    {
        var log = new Log();
        await WithHostAsync(
            services =>
            {
                services.AddSingleton(log);
                services.AddTemporalClient(options => options.TargetHost = Target);
                services.AddHostedTemporalWorker(_queue)
                    .AddSingletonActivities<SingletonActivities>().AddScopedActivities<ScopedActivities>()
                    .AddTransientActivities<TransientActivities>().AddStaticActivities(typeof(StaticActivities))
                    .AddActivitiesInstance(new InstanceActivities("given")).AddWorkflow<CallingWorkflow>();
            },
            async host =>
            {
                var client = host.Services.GetRequiredService<ITemporalClient>();
                (await client.ExecuteWorkflowAsync((CallingWorkflow wf) => wf.RunAsync(), LiveServer.Start(_queue))).ShouldBe("static given");
                log.Made.ShouldBe(["singleton", "scoped", "scoped", "transient", "transient"], ignoreOrder: true);
                log.Disposed.ShouldBe(["scoped", "scoped", "transient", "transient"], ignoreOrder: true, "with the call, after it has ended");
            });
        log.Disposed.Count.ShouldBe(5, "the rest with the host");
    }

    [Fact]
    public async Task Worker_WithTargetOfItsOwn_NeedsNoOtherClient() => await WithHostAsync(
        services => services.AddHostedTemporalWorker(Target, "default", _queue)
            .ConfigureOptions(options => options.MaxConcurrentActivities = 7)
            .AddStaticActivities(typeof(StaticActivities)).AddWorkflow<StaticWorkflow>(),
        async host =>
        {
            host.Services.GetService<ITemporalClient>().ShouldBeNull();
            (await server.Client.ExecuteWorkflowAsync((StaticWorkflow wf) => wf.RunAsync(), LiveServer.Start(_queue))).ShouldBe("static");
        });

    [Fact]
    public void Worker_OfAQueueThatHasOne_IsRefused()
    {
        var services = new ServiceCollection();
        services.AddHostedTemporalWorker(_queue);
        services.AddHostedTemporalWorker("another queue");
        Should.Throw<InvalidOperationException>(() => services.AddHostedTemporalWorker(_queue)).Message.ShouldContain(_queue);
    }

    [Fact]
    public void Worker_WithoutAnyClient_SaysWhatIsMissing()
    {
        var services = new ServiceCollection();
        services.AddHostedTemporalWorker(_queue).AddWorkflow<StaticWorkflow>();
        using var provider = services.BuildServiceProvider();
        Should.Throw<InvalidOperationException>(() => provider.GetServices<IHostedService>().ToList()).Message.ShouldContain("AddTemporalClient");
    }

    [Fact]
    public void Client_AddedTwice_IsOneWithBothSettings()
    {
        var services = new ServiceCollection();
        services.AddTemporalClient("127.0.0.1:1");
        services.AddTemporalClient(clientNamespace: "mine");
        using var provider = services.BuildServiceProvider();
        var client = provider.GetServices<ITemporalClient>().Single();
        client.Options.Namespace.ShouldBe("mine");
        client.Connection.Options.TargetHost.ShouldBe("127.0.0.1:1");
        client.Connection.IsConnected.ShouldBeFalse();
    }

    private static async Task WithHostAsync(Action<IServiceCollection> add, Func<IHost, Task> test)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        add(builder.Services);
        using var host = builder.Build();
        await host.StartAsync();
        await test(host).WaitAsync(TimeSpan.FromSeconds(60));
        await host.StopAsync();
    }

    public sealed class Log
    {
        public System.Collections.Concurrent.ConcurrentQueue<string> Made { get; } = new();

        public System.Collections.Concurrent.ConcurrentQueue<string> Disposed { get; } = new();
    }

    /// <summary>Notes when its object is made and disposed, and fails when used after that.</summary>
    public abstract class Noted : IDisposable
    {
        private readonly Log _log;
        private readonly string _name;
        private bool _disposed;

        protected Noted(Log log, string name)
        {
            (_log, _name) = (log, name);
            log.Made.Enqueue(name);
        }

        public void Dispose()
        {
            _disposed = true;
            _log.Disposed.Enqueue(_name);
            GC.SuppressFinalize(this);
        }

        protected async Task UseAsync()
        {
            await Task.Yield();
            ObjectDisposedException.ThrowIf(_disposed, this);
        }
    }

    public sealed class SingletonActivities(Log log) : Noted(log, "singleton")
    {
        [Activity]
        public Task SingletonAsync() => UseAsync();
    }

    public sealed class ScopedActivities(Log log) : Noted(log, "scoped")
    {
        [Activity]
        public Task ScopedAsync() => UseAsync();
    }

    public sealed class TransientActivities(Log log) : Noted(log, "transient")
    {
        [Activity]
        public Task TransientAsync() => UseAsync();
    }

    public sealed class InstanceActivities(string name)
    {
        [Activity]
        public string Name() => name;
    }

    public static class StaticActivities
    {
        [Activity]
        public static string Static() => "static";
    }

    [Workflow]
    public sealed class CallingWorkflow
    {
        private static readonly ActivityOptions Options = new() { StartToCloseTimeout = TimeSpan.FromSeconds(20), RetryPolicy = new() { MaximumAttempts = 1 } };

        [WorkflowRun]
        public async Task<string> RunAsync()
        {
            for (var i = 0; i < 2; i++)
            {
                await Workflow.ExecuteActivityAsync((SingletonActivities a) => a.SingletonAsync(), Options);
                await Workflow.ExecuteActivityAsync((ScopedActivities a) => a.ScopedAsync(), Options);
                await Workflow.ExecuteActivityAsync((TransientActivities a) => a.TransientAsync(), Options);
            }

            return $"{await Workflow.ExecuteActivityAsync(() => StaticActivities.Static(), Options)} "
                + await Workflow.ExecuteActivityAsync((InstanceActivities a) => a.Name(), Options);
        }
    }

    [Workflow]
    public sealed class StaticWorkflow
    {
        [WorkflowRun]
        public Task<string> RunAsync() =>
            Workflow.ExecuteActivityAsync(() => StaticActivities.Static(), new() { StartToCloseTimeout = TimeSpan.FromSeconds(20) });
    }
}
