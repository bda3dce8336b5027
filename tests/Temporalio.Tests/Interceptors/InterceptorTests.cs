using System.Collections.Concurrent;
using Temporalio.Activities;
using Temporalio.Client;
using Temporalio.Client.Interceptors;
using Temporalio.Tests.Converters;
using Temporalio.Tests.Live;
using Temporalio.Worker;
using Temporalio.Worker.Interceptors;
using Temporalio.Workflows;

namespace Temporalio.Tests.Interceptors;

[Collection(nameof(LiveServer))]
public sealed class InterceptorTests(LiveServer server)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Headers_OnEveryCallThatCarriesThem_ArriveOnce(bool withCodec)
    {
        var interceptor = new HeaderInterceptor();
        var converter = server.Client.Options.DataConverter with { PayloadCodec = withCodec ? new ReversingCodec() : null };
        var client = new TemporalClient(server.Client.Connection, new() { Interceptors = [interceptor], DataConverter = converter });
        await RunAsync(client, [], async queue =>
        {
            var listener = await client.StartWorkflowAsync((ListenerWorkflow wf) => wf.RunAsync(), LiveServer.Start(queue));
            var handle = await client.StartWorkflowAsync((CallingWorkflow wf) => wf.RunAsync(listener.Id, 1), LiveServer.Start(queue));
            (await handle.ExecuteUpdateAsync(wf => wf.AddAsync(20))).ShouldBe(21, "the interceptor adds one to what the handler returns");
            await handle.SignalAsync(wf => wf.GoOnAsync());
            (await handle.GetResultAsync()).ShouldBe("done");
            (await handle.QueryAsync(wf => wf.Sum)).ShouldBe(0);
            await Should.ThrowAsync<Temporalio.Exceptions.WorkflowFailedException>(() => listener.GetResultAsync());

            interceptor.Calls.Where(c => !c.StartsWith("Fetch", StringComparison.Ordinal)).Order().ShouldBe(new[]
            {
                $"ExecuteWorkflow CallingWorkflow.RunAsync({listener.Id}, 1) from client start",
                $"ExecuteWorkflow CallingWorkflow.RunAsync({listener.Id}, 2) from continue as new",
                "ExecuteWorkflow ListenerWorkflow.RunAsync() from client start",
                "ExecuteWorkflow ListenerWorkflow.RunAsync() from parent",
                "ExecuteActivity Greet(you) from workflow",
                "Heartbeat half",
                "HandleSignal ListenerWorkflow Hear from parent",
                "HandleSignal ListenerWorkflow Hear from stranger",
                "HandleSignal CallingWorkflow GoOn from client signal",
                "ValidateUpdate Add from client update",
                "HandleUpdate Add from client update",
                "HandleQuery Sum from client query",
                "CancelExternalWorkflow",
                "Delay a pause",
                "Delay for good",
            }.Order());

            // Replay sees the same chains and issues the same commands.
            var replay = new HeaderInterceptor();
            var replayer = new WorkflowReplayer(
                new WorkflowReplayerOptions { Interceptors = [replay], DataConverter = converter }.AddWorkflow<CallingWorkflow>());
            var first = client.GetWorkflowHandle(handle.Id, handle.ResultRunId);
            (await replayer.ReplayWorkflowAsync(await first.FetchHistoryAsync())).ReplayFailure.ShouldBeNull();
        });
    }

    [Fact]
    public async Task ClientCalls_AllKinds_PassThroughTheChain()
    {
        var interceptor = new HeaderInterceptor();
        var client = new TemporalClient(server.Client.Connection, new() { Interceptors = [interceptor] });
        var id = $"workflow-{Guid.NewGuid()}";
        var handle = await client.StartWorkflowAsync((ListenerWorkflow wf) => wf.RunAsync(), new(id, $"nobody-{id}"));
        await handle.DescribeAsync();
        await handle.CancelAsync();
        await handle.TerminateAsync("of the test");
        var query = $"WorkflowId = '{id}'";
        await foreach (var found in client.ListWorkflowsAsync(query))
        {
            found.Id.ShouldBe(id);
        }

        (await client.CountWorkflowsAsync(query)).Count.ShouldBe(1);
        await Should.ThrowAsync<Temporalio.Exceptions.WorkflowFailedException>(() => handle.GetResultAsync());
        await handle.FetchHistoryAsync();
        interceptor.Calls.ShouldBe(
        [
            $"Describe {id}", $"Cancel {id}", $"Terminate {id} because of the test", $"List {query}", $"Count {query}",
            $"Fetch {id} CloseEvent", $"Fetch {id} AllEvent",
        ]);
    }

    [Fact]
    public async Task SeveralInterceptors_OfClientAndWorker_WrapInOrder()
    {
        var log = new ConcurrentQueue<string>();
        var client = new TemporalClient(
            server.Client.Connection, new() { Interceptors = [new NamedInterceptor("client outer", log), new NamedInterceptor("client inner", log)] });
        await RunAsync(client, [new NamedInterceptor("worker outer", log), new NamedInterceptor("worker inner", log)], async queue =>
        {
            await client.ExecuteWorkflowAsync((GreetingWorkflow wf) => wf.RunAsync(), LiveServer.Start(queue));
            log.ShouldBe(
            [
                "client outer starts", "client inner starts",
                "client outer runs", "client inner runs", "worker outer runs", "worker inner runs",
                "client outer works", "client inner works", "worker outer works", "worker inner works",
            ]);
        });
    }

    [Fact]
    public async Task WorkerInterceptor_ChangesArgumentsAndResult_CodeAndCallerSeeThem()
    {
        var interceptor = new ShoutingInterceptor();
        await RunAsync((TemporalClient)server.Client, [interceptor], async queue =>
            (await server.Client.ExecuteWorkflowAsync((GreetingWorkflow wf) => wf.RunAsync(), LiveServer.Start(queue))).ShouldBe("Hello, WORLD!"));
    }

    private static async Task RunAsync(TemporalClient client, IReadOnlyCollection<IWorkerInterceptor> interceptors, Func<string, Task> test)
    {
        var queue = $"queue-{Guid.NewGuid()}";
        var options = new TemporalWorkerOptions(queue) { Interceptors = interceptors }
            .AddWorkflow<CallingWorkflow>().AddWorkflow<ListenerWorkflow>().AddWorkflow<GreetingWorkflow>().AddActivity(Greet);
        using var worker = new TemporalWorker(client, options);
        await worker.ExecuteAsync(() => test(queue).WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [Activity]
    public static string Greet(string whom)
    {
        ActivityExecutionContext.Current.Heartbeat("half");
        return $"Hello, {whom}";
    }

    [Workflow]
    public sealed class CallingWorkflow
    {
        private bool _goOn;

        [WorkflowQuery]
        public int Sum { get; private set; }

        [WorkflowRun]
        public async Task<string> RunAsync(string listener, int round)
        {
            if (round > 1)
            {
                return "done";
            }

            await Workflow.ExecuteActivityAsync(() => Greet("you"), new() { StartToCloseTimeout = TimeSpan.FromSeconds(20) });
            var child = await Workflow.StartChildWorkflowAsync(
                (ListenerWorkflow wf) => wf.RunAsync(), new() { ParentClosePolicy = Temporalio.Workflows.ParentClosePolicy.Abandon });
            await child.SignalAsync(wf => wf.HearAsync());
            var other = Workflow.GetExternalWorkflowHandle<ListenerWorkflow>(listener);
            await other.SignalAsync(wf => wf.HearAsync());
            await other.CancelAsync();
            await Workflow.DelayWithOptionsAsync(new(TimeSpan.FromMilliseconds(1), "a pause"));
            await Workflow.WaitConditionAsync(() => _goOn && Workflow.AllHandlersFinished);
            await child.GetResultAsync();
            throw Workflow.CreateContinueAsNewException((CallingWorkflow wf) => wf.RunAsync(listener, 2));
        }

        [WorkflowSignal]
        public Task GoOnAsync()
        {
            _goOn = true;
            return Task.CompletedTask;
        }

        [WorkflowUpdate]
        public Task<int> AddAsync(int number)
        {
            Sum += number;
            return Task.FromResult(Sum);
        }

        [WorkflowUpdateValidator(nameof(AddAsync))]
        public void ValidateAdd(int number) => ArgumentOutOfRangeException.ThrowIfNegative(number);
    }

    /// <summary>Ends when it has heard; the one that is cancelled ends cancelled.</summary>
    [Workflow]
    public sealed class ListenerWorkflow
    {
        private bool _heard;

        [WorkflowRun]
        public async Task RunAsync()
        {
            if (Workflow.Info.Parent is null)
            {
                await Workflow.DelayWithOptionsAsync(new(Timeout.InfiniteTimeSpan, "for good"));
            }

            await Workflow.WaitConditionAsync(() => _heard);
        }

        [WorkflowSignal]
        public Task HearAsync()
        {
            _heard = true;
            return Task.CompletedTask;
        }
    }

    [Workflow]
    public sealed class GreetingWorkflow
    {
        [WorkflowRun]
        public Task<string> RunAsync() =>
            Workflow.ExecuteActivityAsync(() => Greet("world"), new() { StartToCloseTimeout = TimeSpan.FromSeconds(20) });
    }

    private sealed class NamedInterceptor(string name, ConcurrentQueue<string> log) : IClientInterceptor, IWorkerInterceptor
    {
        public ClientOutboundInterceptor InterceptClient(ClientOutboundInterceptor nextInterceptor) => new Outbound(name, log, nextInterceptor);

        public WorkflowInboundInterceptor InterceptWorkflow(WorkflowInboundInterceptor nextInterceptor) =>
            new WorkflowInbound(name, log, nextInterceptor);

        public ActivityInboundInterceptor InterceptActivity(ActivityInboundInterceptor nextInterceptor) =>
            new ActivityInbound(name, log, nextInterceptor);

        private sealed class Outbound(string name, ConcurrentQueue<string> log, ClientOutboundInterceptor next) : ClientOutboundInterceptor(next)
        {
            public override Task<WorkflowHandle<TWorkflow, TResult>> StartWorkflowAsync<TWorkflow, TResult>(StartWorkflowInput input)
            {
                log.Enqueue($"{name} starts");
                return base.StartWorkflowAsync<TWorkflow, TResult>(input);
            }
        }

        private sealed class WorkflowInbound(string name, ConcurrentQueue<string> log, WorkflowInboundInterceptor next)
            : WorkflowInboundInterceptor(next)
        {
            public override Task<object?> ExecuteWorkflowAsync(ExecuteWorkflowInput input)
            {
                if (!Workflow.Unsafe.IsReplaying)
                {
                    log.Enqueue($"{name} runs");
                }

                return base.ExecuteWorkflowAsync(input);
            }
        }

        private sealed class ActivityInbound(string name, ConcurrentQueue<string> log, ActivityInboundInterceptor next)
            : ActivityInboundInterceptor(next)
        {
            public override Task<object?> ExecuteActivityAsync(ExecuteActivityInput input)
            {
                log.Enqueue($"{name} works");
                return base.ExecuteActivityAsync(input);
            }
        }
    }

    private sealed class ShoutingInterceptor : IWorkerInterceptor
    {
        public ActivityInboundInterceptor InterceptActivity(ActivityInboundInterceptor nextInterceptor) => new Inbound(nextInterceptor);

        private sealed class Inbound(ActivityInboundInterceptor next) : ActivityInboundInterceptor(next)
        {
            public override async Task<object?> ExecuteActivityAsync(ExecuteActivityInput input) =>
                await base.ExecuteActivityAsync(input with { Args = [((string)input.Args[0]!).ToUpperInvariant()] }) + "!";
        }
    }
}
