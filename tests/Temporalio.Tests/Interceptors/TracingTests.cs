using System.Collections.Concurrent;
using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using Temporalio.Activities;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Exceptions;
using Temporalio.Extensions.OpenTelemetry;
using Temporalio.Tests.Live;
using Temporalio.Worker;
using Temporalio.Workflows;

namespace Temporalio.Tests.Interceptors;

/// <summary>Spans of a workflow whose every task replays: each is made once, with the right parent.</summary>
[Collection(nameof(LiveServer))]
public sealed class TracingTests(LiveServer server)
{
    private static readonly ActivitySource TestSource = new("Temporalio.Tests.Tracing");

    [Fact]
    public async Task Workflow_WithAllKindsOfCalls_MakesEachSpanOnceUnderItsCaller()
    {
        using var spans = new Spans();
        await RunAsync(async (client, queue) =>
        {
            using var root = TestSource.StartActivity("test")!;
            Baggage.SetBaggage("tenant", "blue");
            var listener = await client.StartWorkflowAsync((ListenerWorkflow wf) => wf.RunAsync(), LiveServer.Start(queue));
            var handle = await client.StartWorkflowAsync((TracedWorkflow wf) => wf.RunAsync(listener.Id, 1), LiveServer.Start(queue));
            (await handle.ExecuteUpdateAsync(wf => wf.AddAsync(3), new("update-1"))).ShouldBe(3);
            (await handle.QueryAsync(wf => wf.Sum)).ShouldBe(3);
            await handle.SignalAsync(wf => wf.GoOnAsync());
            (await handle.GetResultAsync()).ShouldBe("blue blue");
            await listener.GetResultAsync();

            var all = spans.Of(root.TraceId);
            all.Select(s => s.DisplayName).Order().ShouldBe(new[]
            {
                "StartWorkflow:ListenerWorkflow", "RunWorkflow:ListenerWorkflow", "HandleSignal:Hear", "CompleteWorkflow:ListenerWorkflow",
                "StartWorkflow:TracedWorkflow", "RunWorkflow:TracedWorkflow", "RunWorkflow:TracedWorkflow", "CompleteWorkflow:TracedWorkflow",
                "StartActivity:Tenant", "RunActivity:Tenant",
                "StartChildWorkflow:ChildWorkflow", "RunWorkflow:ChildWorkflow", "CompleteWorkflow:ChildWorkflow", "SignalChildWorkflow:Hear", "HandleSignal:Hear",
                "SignalExternalWorkflow:Hear",
                "UpdateWorkflow:Add", "ValidateUpdate:Add", "HandleUpdate:Add",
                "QueryWorkflow:Sum", "HandleQuery:Sum",
                "SignalWorkflow:GoOn", "HandleSignal:GoOn",
            }.Order());

            var start = spans.Single(root, "StartWorkflow:TracedWorkflow");
            start.ParentSpanId.ShouldBe(root.SpanId);
            start.Kind.ShouldBe(ActivityKind.Client);
            start.Tags.ShouldBe([new("temporalWorkflowID", handle.Id)]);
            var runs = all.Where(s => s.DisplayName == "RunWorkflow:TracedWorkflow").ToList();
            runs[0].ParentSpanId.ShouldBe(start.SpanId);
            runs[0].Kind.ShouldBe(ActivityKind.Server);
            runs[0].Tags.ShouldBe([new("temporalWorkflowID", handle.Id), new("temporalRunID", handle.ResultRunId)]);

            // Within the workflow the parent is the run, or, when the run's span was made by an earlier task, what started it.
            SpanIds(start, runs[0]).ShouldContain(runs[1].ParentSpanId);
            var schedule = spans.Single(root, "StartActivity:Tenant");
            SpanIds(start, runs[0]).ShouldContain(schedule.ParentSpanId);
            schedule.Kind.ShouldBe(ActivityKind.Client);
            var activity = spans.Single(root, "RunActivity:Tenant");
            activity.ParentSpanId.ShouldBe(schedule.SpanId);
            activity.Tags.ShouldBe(
                [new("temporalWorkflowID", handle.Id), new("temporalRunID", handle.ResultRunId), new("temporalActivityID", "1")]);
            spans.Single(root, "RunWorkflow:ChildWorkflow").ParentSpanId.ShouldBe(spans.Single(root, "StartChildWorkflow:ChildWorkflow").SpanId);

            // What comes from outside hangs below the start and is linked to the call.
            foreach (var (handled, sent) in new[]
                {
                    ("HandleSignal:GoOn", "SignalWorkflow:GoOn"), ("HandleQuery:Sum", "QueryWorkflow:Sum"),
                    ("ValidateUpdate:Add", "UpdateWorkflow:Add"), ("HandleUpdate:Add", "UpdateWorkflow:Add"),
                })
            {
                var span = spans.Single(root, handled);
                span.ParentSpanId.ShouldBe(start.SpanId, handled);
                span.Links.Single().Context.SpanId.ShouldBe(spans.Single(root, sent).SpanId, handled);
            }

            spans.Single(root, "UpdateWorkflow:Add").Tags.ShouldContain(new KeyValuePair<string, string?>("temporalUpdateID", "update-1"));
        });
    }

    [Fact]
    public async Task Failures_OfActivityUpdateAndWorkflow_AreOnSpansOfTheirOwn()
    {
        using var spans = new Spans();
        await RunAsync(async (client, queue) =>
        {
            using var root = TestSource.StartActivity("test")!;
            var handle = await client.StartWorkflowAsync((TracedWorkflow wf) => wf.RunAsync("no-such-workflow", 1), LiveServer.Start(queue));
            await Should.ThrowAsync<WorkflowUpdateFailedException>(() => handle.ExecuteUpdateAsync(wf => wf.AddAsync(-1)));
            await Should.ThrowAsync<WorkflowUpdateFailedException>(() => handle.ExecuteUpdateAsync(wf => wf.AddAsync(13)));
            await Should.ThrowAsync<WorkflowQueryFailedException>(() => handle.QueryAsync<int>("Broken", []));
            await Should.ThrowAsync<WorkflowFailedException>(() => handle.GetResultAsync());
            await Should.ThrowAsync<WorkflowFailedException>(
                () => client.ExecuteWorkflowAsync((BenignWorkflow wf) => wf.RunAsync(), LiveServer.Start(queue)));
            await Should.ThrowAsync<RpcException>(() => client.GetWorkflowHandle("no-such-workflow").SignalAsync("x", []));

            spans.Of(root.TraceId).Where(s => s.DisplayName == "ValidateUpdate:Add").Select(s => s.Status)
                .ShouldBe([ActivityStatusCode.Error, ActivityStatusCode.Unset]);
            spans.Single(root, "CompleteUpdate:Add").StatusDescription.ShouldBe("unlucky");
            spans.Single(root, "HandleQuery:Broken").Status.ShouldBe(ActivityStatusCode.Error);
            spans.Single(root, "CompleteWorkflow:TracedWorkflow").Status.ShouldBe(ActivityStatusCode.Error);
            spans.Single(root, "SignalWorkflow:x").Status.ShouldBe(ActivityStatusCode.Error);
            var benign = spans.Single(root, "RunActivity:FailBenignly");
            benign.Status.ShouldBe(ActivityStatusCode.Unset, "a benign failure is no error");
            benign.Events.Single().Name.ShouldBe("exception");
            spans.Single(root, "CompleteWorkflow:BenignWorkflow").Status.ShouldBe(ActivityStatusCode.Error, "wrapped it is one");
        });
    }

    [Fact]
    public void Track_OutsideWorkflows_IsRefused() =>
        Should.Throw<InvalidOperationException>(() => TestSource.TrackWorkflowDiagnosticActivity("x"));

    private static ActivitySpanId[] SpanIds(params Activity[] spans) => [.. spans.Select(s => s.SpanId)];

    private async Task RunAsync(Func<TemporalClient, string, Task> test)
    {
        var interceptor = new TracingInterceptor(new()
        {
            Propagator = new CompositeTextMapPropagator([new TraceContextPropagator(), new BaggagePropagator()]),
        });
        var client = new TemporalClient(server.Client.Connection, new() { Interceptors = [interceptor] });
        var queue = $"queue-{Guid.NewGuid()}";
        using var worker = new TemporalWorker(client, new TemporalWorkerOptions(queue)
            .AddWorkflow<TracedWorkflow>().AddWorkflow<ChildWorkflow>().AddWorkflow<ListenerWorkflow>().AddWorkflow<BenignWorkflow>()
            .AddActivity(Activities.Tenant).AddActivity(Activities.FailBenignly));
        await worker.ExecuteAsync(() => test(client, queue).WaitAsync(TimeSpan.FromSeconds(60)));
    }

    public static class Activities
    {
        [Activity]
        public static string Tenant() => Baggage.GetBaggage("tenant") ?? "none";

        [Activity]
        public static void FailBenignly() =>
            throw new ApplicationFailureException("as planned", nonRetryable: true, category: ApplicationErrorCategory.Benign);
    }

    [Workflow]
    public sealed class TracedWorkflow
    {
        private bool _goOn;

        [WorkflowQuery]
        public int Sum { get; private set; }

        [WorkflowQuery]
        public int Broken => throw new InvalidOperationException("broken");

        [WorkflowRun]
        public async Task<string> RunAsync(string listener, int round)
        {
            if (round > 1)
            {
                return $"{Baggage.GetBaggage("tenant")} blue";
            }

            var tenant = await Workflow.ExecuteActivityAsync(() => Activities.Tenant(), new() { StartToCloseTimeout = TimeSpan.FromSeconds(20) });
            if (tenant == "none")
            {
                await Workflow.WaitConditionAsync(() => Sum != 0);
            }

            var child = await Workflow.StartChildWorkflowAsync((ChildWorkflow wf) => wf.RunAsync());
            await child.SignalAsync(wf => wf.HearAsync());
            await child.GetResultAsync();

            // After the child's end: one that came while the failure of this call is being reported would have it reported twice.
            await Workflow.GetExternalWorkflowHandle<ListenerWorkflow>(listener).SignalAsync(wf => wf.HearAsync());
            await Workflow.WaitConditionAsync(() => _goOn && Workflow.AllHandlersFinished);
            throw Workflow.CreateContinueAsNewException((TracedWorkflow wf) => wf.RunAsync(listener, 2));
        }

        [WorkflowSignal]
        public Task GoOnAsync()
        {
            _goOn = true;
            return Task.CompletedTask;
        }

        [WorkflowUpdate]
        public async Task<int> AddAsync(int number)
        {
            await Workflow.DelayAsync(1);
            Sum += number;
            return number == 13 ? throw new ApplicationFailureException("unlucky") : Sum;
        }

        [WorkflowUpdateValidator(nameof(AddAsync))]
        public void ValidateAdd(int number) => ArgumentOutOfRangeException.ThrowIfNegative(number);
    }

    [Workflow]
    public sealed class ChildWorkflow
    {
        private bool _heard;

        [WorkflowRun]
        public Task RunAsync() => Workflow.WaitConditionAsync(() => _heard);

        [WorkflowSignal]
        public Task HearAsync()
        {
            _heard = true;
            return Task.CompletedTask;
        }
    }

    [Workflow]
    public sealed class ListenerWorkflow
    {
        private bool _heard;

        [WorkflowRun]
        public Task RunAsync() => Workflow.WaitConditionAsync(() => _heard);

        [WorkflowSignal]
        public Task HearAsync()
        {
            _heard = true;
            return Task.CompletedTask;
        }
    }

    [Workflow]
    public sealed class BenignWorkflow
    {
        [WorkflowRun]
        public Task RunAsync() => Workflow.ExecuteActivityAsync(() => Activities.FailBenignly(), new() { StartToCloseTimeout = TimeSpan.FromSeconds(20) });
    }

    /// <summary>Spans that have ended, of all sources of interest.</summary>
    private sealed class Spans : IDisposable
    {
        private readonly ConcurrentQueue<Activity> _ended = new();
        private readonly ActivityListener _listener;

        public Spans()
        {
            _listener = new()
            {
                ShouldListenTo = source => source.Name.StartsWith("Temporalio.", StringComparison.Ordinal),
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = _ended.Enqueue,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public IReadOnlyList<Activity> Of(ActivityTraceId trace) => [.. _ended.Where(a => a.TraceId == trace)];

        public Activity Single(Activity root, string name) => _ended.Single(a => a.TraceId == root.TraceId && a.DisplayName == name);

        public void Dispose() => _listener.Dispose();
    }
}
