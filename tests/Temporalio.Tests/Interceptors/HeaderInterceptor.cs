using System.Collections.Concurrent;
using Temporalio.Api.Common.V1;
using Temporalio.Client;
using Temporalio.Client.Interceptors;
using Temporalio.Converters;
using Temporalio.Worker.Interceptors;
using Temporalio.Workflows;

namespace Temporalio.Tests.Interceptors;

/// <summary>Writes who called into a header of everything that can carry one, and notes every call with the header it came with.</summary>
internal sealed class HeaderInterceptor : IClientInterceptor, IWorkerInterceptor
{
    private const string Key = "caller";

    private readonly ConcurrentQueue<string> _calls = new();

    /// <summary>Calls in order; in workflows only those that were not replayed.</summary>
    public IReadOnlyList<string> Calls => [.. _calls];

    public ClientOutboundInterceptor InterceptClient(ClientOutboundInterceptor nextInterceptor) => new Outbound(this, nextInterceptor);

    public WorkflowInboundInterceptor InterceptWorkflow(WorkflowInboundInterceptor nextInterceptor) => new WorkflowInbound(this, nextInterceptor);

    public ActivityInboundInterceptor InterceptActivity(ActivityInboundInterceptor nextInterceptor) => new ActivityInbound(this, nextInterceptor);

    private static Dictionary<string, Payload> From(string caller) =>
        new() { [Key] = DataConverter.Default.PayloadConverter.ToPayload(caller) };

    private void Note(string call, IReadOnlyDictionary<string, Payload>? headers = null)
    {
        if (!Workflow.InWorkflow || !Workflow.Unsafe.IsReplaying || call.StartsWith("HandleQuery", StringComparison.Ordinal))
        {
            var caller = headers is not null && headers.TryGetValue(Key, out var payload)
                ? $" from {DataConverter.Default.PayloadConverter.ToValue<string>(payload)}"
                : string.Empty;
            _calls.Enqueue(call + caller);
        }
    }

    private sealed class Outbound(HeaderInterceptor root, ClientOutboundInterceptor next) : ClientOutboundInterceptor(next)
    {
        public override Task<WorkflowHandle<TWorkflow, TResult>> StartWorkflowAsync<TWorkflow, TResult>(StartWorkflowInput input) =>
            Next.StartWorkflowAsync<TWorkflow, TResult>(input with { Headers = From("client start") });

        public override Task SignalWorkflowAsync(SignalWorkflowInput input) =>
            Next.SignalWorkflowAsync(input with { Headers = From("client signal") });

        public override Task<TResult> QueryWorkflowAsync<TResult>(QueryWorkflowInput input) =>
            Next.QueryWorkflowAsync<TResult>(input with { Headers = From("client query") });

        public override Task<WorkflowUpdateHandle<TResult>> StartWorkflowUpdateAsync<TResult>(StartWorkflowUpdateInput input) =>
            Next.StartWorkflowUpdateAsync<TResult>(input with { Headers = From("client update") });

        public override Task<WorkflowExecutionDescription> DescribeWorkflowAsync(DescribeWorkflowInput input)
        {
            root.Note($"Describe {input.Id}");
            return Next.DescribeWorkflowAsync(input);
        }

        public override Task CancelWorkflowAsync(CancelWorkflowInput input)
        {
            root.Note($"Cancel {input.Id}");
            return Next.CancelWorkflowAsync(input);
        }

        public override Task TerminateWorkflowAsync(TerminateWorkflowInput input)
        {
            root.Note($"Terminate {input.Id} because {input.Reason}");
            return Next.TerminateWorkflowAsync(input);
        }

        public override Task<WorkflowHistoryEventPage> FetchWorkflowHistoryEventPageAsync(FetchWorkflowHistoryEventPageInput input)
        {
            root.Note($"Fetch {input.Id} {input.EventFilterType}");
            return Next.FetchWorkflowHistoryEventPageAsync(input);
        }

        public override IAsyncEnumerable<WorkflowExecution> ListWorkflowsAsync(ListWorkflowsInput input)
        {
            root.Note($"List {input.Query}");
            return Next.ListWorkflowsAsync(input);
        }

        public override Task<WorkflowExecutionCount> CountWorkflowsAsync(CountWorkflowsInput input)
        {
            root.Note($"Count {input.Query}");
            return Next.CountWorkflowsAsync(input);
        }
    }

    private sealed class WorkflowInbound(HeaderInterceptor root, WorkflowInboundInterceptor next) : WorkflowInboundInterceptor(next)
    {
        public override void Init(WorkflowOutboundInterceptor outbound) => Next.Init(new WorkflowOutbound(root, outbound));

        public override async Task<object?> ExecuteWorkflowAsync(ExecuteWorkflowInput input)
        {
            root.Note($"ExecuteWorkflow {Workflow.Info.WorkflowType}.{input.RunMethod.Name}({string.Join(", ", input.Args)})", Workflow.Info.Headers);
            return await Next.ExecuteWorkflowAsync(input);
        }

        public override Task HandleSignalAsync(HandleSignalInput input)
        {
            root.Note($"HandleSignal {Workflow.Info.WorkflowType} {input.Definition.Name}", input.Headers);
            return Next.HandleSignalAsync(input);
        }

        public override object? HandleQuery(HandleQueryInput input)
        {
            root.Note($"HandleQuery {input.Definition.Name}", input.Headers);
            return Next.HandleQuery(input);
        }

        public override void ValidateUpdate(HandleUpdateInput input)
        {
            root.Note($"ValidateUpdate {input.Definition.Name}", input.Headers);
            Next.ValidateUpdate(input);
        }

        public override async Task<object?> HandleUpdateAsync(HandleUpdateInput input)
        {
            root.Note($"HandleUpdate {input.Definition.Name}", input.Headers);
            return (int)(await Next.HandleUpdateAsync(input))! + 1;
        }
    }

    private sealed class WorkflowOutbound(HeaderInterceptor root, WorkflowOutboundInterceptor next) : WorkflowOutboundInterceptor(next)
    {
        public override Task CancelExternalWorkflowAsync(CancelExternalWorkflowInput input)
        {
            root.Note("CancelExternalWorkflow");
            return Next.CancelExternalWorkflowAsync(input);
        }

        public override ContinueAsNewException CreateContinueAsNewException(CreateContinueAsNewExceptionInput input) =>
            Next.CreateContinueAsNewException(input with { Headers = From("continue as new") });

        public override Task DelayAsync(DelayAsyncInput input)
        {
            root.Note($"Delay {input.Summary}");
            return Next.DelayAsync(input);
        }

        public override Task<TResult> ScheduleActivityAsync<TResult>(ScheduleActivityInput input) =>
            Next.ScheduleActivityAsync<TResult>(input with { Headers = From("workflow") });

        public override Task SignalChildWorkflowAsync(SignalChildWorkflowInput input) =>
            Next.SignalChildWorkflowAsync(input with { Headers = From("parent") });

        public override Task SignalExternalWorkflowAsync(SignalExternalWorkflowInput input) =>
            Next.SignalExternalWorkflowAsync(input with { Headers = From("stranger") });

        public override Task<ChildWorkflowHandle<TWorkflow, TResult>> StartChildWorkflowAsync<TWorkflow, TResult>(StartChildWorkflowInput input) =>
            Next.StartChildWorkflowAsync<TWorkflow, TResult>(input with { Headers = From("parent") });
    }

    private sealed class ActivityInbound(HeaderInterceptor root, ActivityInboundInterceptor next) : ActivityInboundInterceptor(next)
    {
        public override void Init(ActivityOutboundInterceptor outbound) => Next.Init(new ActivityOutbound(root, outbound));

        public override Task<object?> ExecuteActivityAsync(ExecuteActivityInput input)
        {
            root.Note($"ExecuteActivity {input.Activity.Name}({string.Join(", ", input.Args)})", input.Headers);
            return Next.ExecuteActivityAsync(input);
        }
    }

    private sealed class ActivityOutbound(HeaderInterceptor root, ActivityOutboundInterceptor next) : ActivityOutboundInterceptor(next)
    {
        public override void Heartbeat(HeartbeatInput input)
        {
            root.Note($"Heartbeat {string.Join(", ", input.Details)}");
            Next.Heartbeat(input);
        }
    }
}
