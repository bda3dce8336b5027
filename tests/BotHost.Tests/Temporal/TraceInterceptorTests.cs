using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using CodingAgent.BotHost.Observability;
using CodingAgent.BotHost.Temporal;
using CodingAgent.TestKit;
using Google.Protobuf;
using Temporalio.Api.Common.V1;
using Temporalio.Client;
using Temporalio.Client.Interceptors;
using Temporalio.Worker;

namespace CodingAgent.BotHost.Tests.Temporal;

public sealed class TraceInterceptorTests : IDisposable
{
    private static readonly ActivitySource Callers = new("trace-interceptor-tests");
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    public TraceInterceptorTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is ServiceTraces.Name || source == Callers,
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task Workflow_ThatReplaysAtEveryStep_IsOneTraceWithEachSpanOnce_AndWhoSignalsIsLinked()
    {
        string trace, signaller;
        await using var environment = await StartAsync([new TraceInterceptor()]);
        using (var worker = NewWorker(environment))
        {
            await worker.ExecuteAsync(async () =>
            {
                WorkflowHandle<TracedWorkflow> handle;
                using (var caller = Callers.StartActivity("delivery"))
                {
                    trace = caller!.TraceId.ToHexString();
                    handle = await environment.Client.StartWorkflowAsync((TracedWorkflow w) => w.RunAsync(1), new WorkflowOptions("traced", "traced"));
                }

                using (var caller = Callers.StartActivity("another delivery"))
                {
                    signaller = caller!.TraceId.ToHexString();
                    await handle.SignalAsync(w => w.TellAsync());
                }

                await handle.GetResultAsync();
            });
            trace = TraceOf("delivery");
            signaller = TraceOf("another delivery");
        }

        Tree(trace).ShouldBe([
            "delivery",
            "  StartWorkflow:TracedWorkflow",
            "    CompleteWorkflow:TracedWorkflow",
            "    HandleSignal:Tell",
            "    RunActivity:Work",
            "    RunActivity:Work",
            "    RunWorkflow:TracedWorkflow",
            "    RunWorkflow:TracedWorkflow",
            "    StartChildWorkflow:TracedChildWorkflow",
            "      CompleteWorkflow:TracedChildWorkflow",
            "      RunActivity:Fail",
            "      RunWorkflow:TracedChildWorkflow",
            "    StartChildWorkflow:TracedChildWorkflow",
            "      CompleteWorkflow:TracedChildWorkflow",
            "      RunActivity:Fail",
            "      RunWorkflow:TracedChildWorkflow",
        ]);
        Tree(signaller).ShouldBe(["another delivery", "  SignalWorkflow:Tell"]);
        _ended.Single(s => s.OperationName == "HandleSignal:Tell").Links.ShouldHaveSingleItem().Context.SpanId.ShouldBe(_ended.Single(s => s.OperationName == "SignalWorkflow:Tell").SpanId);
    }

    /// <summary>What others put there: another SDK's, a broken one, one that is meant to harm; and nothing, as a schedule does.</summary>
    [Theory]
    [InlineData("json/plain", "{\"traceparent\":\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\",\"tracestate\":\"a=b\"}", "0af7651916cd43dd8448eb211c80319c")]
    [InlineData("json/plain", "{\"traceparent\":\"00-00000000000000000000000000000000-b7ad6b7169203331-01\"}", null)]
    [InlineData("json/plain", "{\"traceparent\":\"../../etc/passwd\"}", null)]
    [InlineData("json/plain", "{\"traceparent\":7}", null)]
    [InlineData("json/plain", "{\"traceparent\":null}", null)]
    [InlineData("json/plain", "[[[[", null)]
    [InlineData("json/plain", "null", null)]
    [InlineData("binary/encrypted", "x", null)]
    [InlineData("", "", null)]
    public async Task Header_OfOthers_IsReadOrPassedOver_AndTheWorkflowRuns(string encoding, string data, string? trace)
    {
        await using var environment = await StartAsync([new TraceInterceptor(), new HeaderOfOthers(encoding, data)]);
        string run = "";
        using var worker = NewWorker(environment);
        await worker.ExecuteAsync(async () =>
        {
            var handle = await environment.Client.StartWorkflowAsync((TracedChildWorkflow w) => w.RunAsync(), new WorkflowOptions($"traced-{Guid.NewGuid()}", "traced"));
            run = handle.FirstExecutionRunId!;
            await handle.GetResultAsync();
        });

        var spans = _ended.Where(s => s.GetTagItem("temporalRunID") is string id && id == run).ToArray();
        spans.Length.ShouldBe(3, string.Join(", ", spans.Select(s => s.OperationName)));
        spans.ShouldAllBe(s => s.TraceId.ToHexString() == (trace ?? run.Replace("-", "", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Activity_ThatFails_SaysWhatKindOfErrorItWasAndNothingOfItsWords()
    {
        await using var environment = await StartAsync([new TraceInterceptor()]);
        using var worker = NewWorker(environment);
        var id = $"traced-{Guid.NewGuid()}";
        await worker.ExecuteAsync(() => environment.Client.ExecuteWorkflowAsync((TracedChildWorkflow w) => w.RunAsync(), new WorkflowOptions(id, "traced")));

        var failed = _ended.Single(s => s.OperationName == "RunActivity:Fail" && id.Equals(s.GetTagItem("temporalWorkflowID")));
        failed.Status.ShouldBe(ActivityStatusCode.Error);
        failed.GetTagItem("error.type").ShouldBe("Temporalio.Exceptions.ApplicationFailureException");
        failed.GetTagItem("coding_agent.attempt").ShouldBe(1);
        $"{failed.StatusDescription}{string.Concat(failed.TagObjects.Select(t => t.Value))}{failed.Events.Count().ToString(CultureInfo.InvariantCulture)}".ShouldNotContain(TracedActivities.Words);
    }

    private static Task<EmbeddedEnvironment> StartAsync(IReadOnlyCollection<IClientInterceptor> interceptors) =>
        EmbeddedEnvironment.StartRealTimeAsync(new TemporalClientConnectOptions { Interceptors = interceptors });

    // Nothing is kept between two steps of a workflow, so every step replays all before.
    private static TemporalWorker NewWorker(EmbeddedEnvironment environment) => new(
        environment.Client,
        new TemporalWorkerOptions("traced") { MaxCachedWorkflows = 0, DebugMode = true }
            .AddWorkflow<TracedWorkflow>().AddWorkflow<TracedChildWorkflow>().AddAllActivities(new TracedActivities()));

    private string TraceOf(string name) => _ended.Single(s => s.OperationName == name && s.Source == Callers).TraceId.ToHexString();

    // By name, because what happens side by side has no order.
    private List<string> Tree(string trace)
    {
        var below = _ended.Where(s => s.TraceId.ToHexString() == trace).ToLookup(s => s.ParentSpanId);
        IEnumerable<string> Lines(ActivitySpanId parent, string indent) => below[parent].OrderBy(s => s.OperationName, StringComparer.Ordinal)
            .SelectMany(s => Lines(s.SpanId, $"{indent}  ").Prepend($"{indent}{s.OperationName}"));
        var lines = Lines(default, "").ToList();
        lines.Count.ShouldBe(below.Sum(b => b.Count()), "a span hangs in the air");
        return lines;
    }

    private sealed class HeaderOfOthers(string encoding, string data) : IClientInterceptor
    {
        public ClientOutboundInterceptor InterceptClient(ClientOutboundInterceptor nextInterceptor) => new Outbound(nextInterceptor, encoding, data);

        private sealed class Outbound(ClientOutboundInterceptor next, string encoding, string data) : ClientOutboundInterceptor(next)
        {
            public override Task<WorkflowHandle<TWorkflow, TResult>> StartWorkflowAsync<TWorkflow, TResult>(StartWorkflowInput input)
            {
                var payload = new Payload { Metadata = { ["encoding"] = ByteString.CopyFromUtf8(encoding) }, Data = ByteString.CopyFromUtf8(data) };
                return base.StartWorkflowAsync<TWorkflow, TResult>(input with { Headers = encoding.Length == 0 ? null : new Dictionary<string, Payload>(StringComparer.Ordinal) { ["_tracer-data"] = payload } });
            }
        }
    }
}
