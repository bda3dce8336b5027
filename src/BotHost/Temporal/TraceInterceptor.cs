using System.Diagnostics;
using CodingAgent.BotHost.Observability;
using Temporalio.Activities;
using Temporalio.Api.Common.V1;
using Temporalio.Client;
using Temporalio.Client.Interceptors;
using Temporalio.Converters;
using Temporalio.Worker.Interceptors;
using Temporalio.Workflows;

namespace CodingAgent.BotHost.Temporal;

/// <summary>
/// Carries the trace across Temporal, in the header and under the span names of the SDKs' own extensions (decision 0032). All that a workflow does hangs
/// below the call that started it, which its history remembers: what replays, here or elsewhere, finds the same place. Spans inside of workflows are
/// moments, made once and never in a replay.
/// </summary>
public sealed class TraceInterceptor : IClientInterceptor, IWorkerInterceptor
{
    private const string HeaderKey = "_tracer-data";
    private const string TraceParent = "traceparent";

    /// <inheritdoc/>
    public ClientOutboundInterceptor InterceptClient(ClientOutboundInterceptor nextInterceptor) => new ClientOutbound(nextInterceptor);

    /// <inheritdoc/>
    public WorkflowInboundInterceptor InterceptWorkflow(WorkflowInboundInterceptor nextInterceptor) => new WorkflowInbound(nextInterceptor);

    /// <inheritdoc/>
    public ActivityInboundInterceptor InterceptActivity(ActivityInboundInterceptor nextInterceptor) => new ActivityInbound(nextInterceptor);

    private static Dictionary<string, Payload> With(IDictionary<string, Payload>? headers, ActivityContext context)
    {
        var all = headers is null ? [] : new Dictionary<string, Payload>(headers, StringComparer.Ordinal);
        var id = $"00-{context.TraceId}-{context.SpanId}-{(context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded) ? "01" : "00")}";
        // The plain converter, whichever the client has: workers of other SDKs read this, too.
        all[HeaderKey] = DataConverter.Default.PayloadConverter.ToPayload(new Dictionary<string, string>(StringComparer.Ordinal) { [TraceParent] = id });
        return all;
    }

    // Whoever may start or signal a workflow writes this: what cannot be read is no header, and no reason to fail.
    private static ActivityContext? Read(IReadOnlyDictionary<string, Payload>? headers)
    {
        if (headers?.TryGetValue(HeaderKey, out var payload) != true)
            return null;
        try
        {
            var carrier = DataConverter.Default.PayloadConverter.ToValue<Dictionary<string, string?>?>(payload!);
            return ActivityContext.TryParse(carrier?.GetValueOrDefault(TraceParent), null, isRemote: true, out var context) ? context : null;
        }
        catch (Exception)
        {
            return null;
        }
    }

    private sealed class ClientOutbound(ClientOutboundInterceptor next) : ClientOutboundInterceptor(next)
    {
        public override Task<WorkflowHandle<TWorkflow, TResult>> StartWorkflowAsync<TWorkflow, TResult>(StartWorkflowInput input) => TraceAsync(
            $"{(input.Options.StartSignal is null ? "StartWorkflow" : "SignalWithStartWorkflow")}:{input.Workflow}",
            input.Options.Id,
            input.Headers,
            headers => base.StartWorkflowAsync<TWorkflow, TResult>(input with { Headers = headers }));

        public override Task SignalWorkflowAsync(SignalWorkflowInput input) => TraceAsync(
            $"SignalWorkflow:{input.Signal}",
            input.Id,
            input.Headers,
            async headers =>
            {
                await base.SignalWorkflowAsync(input with { Headers = headers });
                return true;
            });

        private static async Task<T> TraceAsync<T>(string name, string? workflow, IDictionary<string, Payload>? headers, Func<IDictionary<string, Payload>?, Task<T>> call)
        {
            using var span = ServiceTraces.Source.StartActivity(name, ActivityKind.Client)?.SetTag("temporalWorkflowID", workflow);
            try
            {
                // Where nobody takes traces none is begun that a later worker would have to go on with, or to keep silent about.
                return await call(ServiceTraces.Source.HasListeners() && Activity.Current is { } current ? With(headers, current.Context) : headers);
            }
            catch (Exception e)
            {
                span.Fail(e);
                throw;
            }
        }
    }

    private sealed class WorkflowInbound(WorkflowInboundInterceptor next) : WorkflowInboundInterceptor(next)
    {
        public override void Init(WorkflowOutboundInterceptor outbound) => base.Init(new WorkflowOutbound(outbound));

        public override async Task<object?> ExecuteWorkflowAsync(ExecuteWorkflowInput input)
        {
            Moment($"RunWorkflow:{Workflow.Info.WorkflowType}", ActivityKind.Server);
            try
            {
                var result = await base.ExecuteWorkflowAsync(input);
                Moment($"CompleteWorkflow:{Workflow.Info.WorkflowType}", ActivityKind.Internal);
                return result;
            }
            catch (Exception e) when (e is not ContinueAsNewException)
            {
                Moment($"CompleteWorkflow:{Workflow.Info.WorkflowType}", ActivityKind.Internal, failure: e);
                throw;
            }
        }

        public override Task HandleSignalAsync(HandleSignalInput input)
        {
            // A task lives for days and hears from many: who signals has a trace of their own, and the moment it is heard links to that.
            Moment($"HandleSignal:{input.Signal}", ActivityKind.Server, link: Read(input.Headers));
            return base.HandleSignalAsync(input);
        }
    }

    private sealed class WorkflowOutbound(WorkflowOutboundInterceptor next) : WorkflowOutboundInterceptor(next)
    {
        public override Task<TResult> ScheduleActivityAsync<TResult>(ScheduleActivityInput input) =>
            base.ScheduleActivityAsync<TResult>(input with { Headers = With(input.Headers, Place()) });

        public override Task<TResult> ScheduleLocalActivityAsync<TResult>(ScheduleLocalActivityInput input) =>
            base.ScheduleLocalActivityAsync<TResult>(input with { Headers = With(input.Headers, Place()) });

        public override Task<ChildWorkflowHandle<TWorkflow, TResult>> StartChildWorkflowAsync<TWorkflow, TResult>(StartChildWorkflowInput input) =>
            base.StartChildWorkflowAsync<TWorkflow, TResult>(input with { Headers = With(input.Headers, Moment($"StartChildWorkflow:{input.Workflow}", ActivityKind.Client)) });

        public override Task SignalChildWorkflowAsync(SignalChildWorkflowInput input) =>
            base.SignalChildWorkflowAsync(input with { Headers = With(input.Headers, Moment($"SignalChildWorkflow:{input.Signal}", ActivityKind.Client)) });

        public override Task SignalExternalWorkflowAsync(SignalExternalWorkflowInput input) =>
            base.SignalExternalWorkflowAsync(input with { Headers = With(input.Headers, Moment($"SignalExternalWorkflow:{input.Signal}", ActivityKind.Client)) });

        public override ContinueAsNewException CreateContinueAsNewException(CreateContinueAsNewExceptionInput input) =>
            base.CreateContinueAsNewException(input with { Headers = With(input.Headers, Place()) });
    }

    private sealed class ActivityInbound(ActivityInboundInterceptor next) : ActivityInboundInterceptor(next)
    {
        public override async Task<object?> ExecuteActivityAsync(ExecuteActivityInput input)
        {
            var info = ActivityExecutionContext.Current.Info;
            if (info.Attempt > 1)
                ServiceMetrics.Retried(info.ActivityType);
            using var span = ServiceTraces.Source.StartActivity($"RunActivity:{input.Activity.Name}", ActivityKind.Server, Read(input.Headers) ?? default)
                ?.SetTag("temporalWorkflowID", info.WorkflowId)
                .SetTag("temporalRunID", info.WorkflowRunId)
                .SetTag("temporalActivityID", info.ActivityId)
                .SetTag("coding_agent.attempt", info.Attempt);
            try
            {
                return await base.ExecuteActivityAsync(input);
            }
            catch (Exception e)
            {
                span.Fail(e);
                throw;
            }
        }
    }

    // Below what this workflow's spans hang. A schedule starts without a header: the run's own id, which is as long as a trace's, makes one trace of it.
    private static ActivityContext Place()
    {
        if (Read(Workflow.Info.Headers) is { } started)
            return started;
        var id = Workflow.Info.FirstExecutionRunId.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();
        return ActivityContext.TryParse($"00-{id}-{id[..16]}-01", null, isRemote: true, out var own) ? own : default;
    }

    // The context of the new span; where a replay makes none, that of the workflow: what was sent on then is in the history.
    private static ActivityContext Moment(string name, ActivityKind kind, ActivityContext? link = null, Exception? failure = null)
    {
        var place = Place();
        if (Workflow.Unsafe.IsReplaying)
            return place;
        using var span = ServiceTraces.Source.StartActivity(name, kind, place, links: link is { } to ? [new ActivityLink(to)] : null)
            ?.SetTag("temporalWorkflowID", Workflow.Info.WorkflowId)
            .SetTag("temporalRunID", Workflow.Info.RunId);
        if (failure is not null)
            span.Fail(failure);
        return span?.Context ?? place;
    }
}
