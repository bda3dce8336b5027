using System.Diagnostics;
using OpenTelemetry;
using Temporalio.Api.Common.V1;
using Temporalio.Exceptions;
using Temporalio.Worker.Interceptors;
using Temporalio.Workflows;

namespace Temporalio.Extensions.OpenTelemetry;

/// <content>Calls into workflows and out of them.</content>
public partial class TracingInterceptor
{
    private sealed class WorkflowInbound(TracingInterceptor root, WorkflowInboundInterceptor next) : WorkflowInboundInterceptor(next)
    {
        public override void Init(WorkflowOutboundInterceptor outbound) => base.Init(new WorkflowOutbound(root, outbound));

        public override async Task<object?> ExecuteWorkflowAsync(ExecuteWorkflowInput input)
        {
            using var caller = new Caller(root);
            using var span = Track($"RunWorkflow:{Workflow.Info.WorkflowType}");
            try
            {
                var result = await base.ExecuteWorkflowAsync(input);
                WorkflowsSource.TrackWorkflowDiagnosticActivity($"CompleteWorkflow:{Workflow.Info.WorkflowType}").Dispose();
                return result;
            }
            catch (Exception e)
            {
                Fail(e, "CompleteWorkflow", Workflow.Info.WorkflowType);
                throw;
            }
        }

        public override async Task HandleSignalAsync(HandleSignalInput input)
        {
            using var caller = new Caller(root);
            using var span = Track($"HandleSignal:{input.Signal}", input.Headers);
            try
            {
                await base.HandleSignalAsync(input);
            }
            catch (Exception e)
            {
                // A failing handler fails the workflow.
                Fail(e, "CompleteWorkflow", Workflow.Info.WorkflowType);
                throw;
            }
        }

        public override object? HandleQuery(HandleQueryInput input)
        {
            using var caller = new Caller(root);
            using var span = Track($"HandleQuery:{input.Query}", input.Headers, evenOnReplay: true);
            try
            {
                return base.HandleQuery(input);
            }
            catch (Exception e)
            {
                Record(span.Activity, e);
                throw;
            }
        }

        public override void ValidateUpdate(HandleUpdateInput input)
        {
            using var caller = new Caller(root);
            using var span = Track($"ValidateUpdate:{input.Update}", input.Headers);
            try
            {
                base.ValidateUpdate(input);
            }
            catch (Exception e)
            {
                Record(span.Activity, e);
                throw;
            }
        }

        public override async Task<object?> HandleUpdateAsync(HandleUpdateInput input)
        {
            using var caller = new Caller(root);
            using var span = Track($"HandleUpdate:{input.Update}", input.Headers);
            try
            {
                return await base.HandleUpdateAsync(input);
            }
            catch (Exception e)
            {
                Fail(e, "CompleteUpdate", input.Update);
                throw;
            }
        }

        /// <summary>A failure gets a span of its own: the one it began under may have been made in another process.</summary>
        private static void Fail(Exception e, string completed, string what)
        {
            if (e is not ContinueAsNewException)
            {
                var name = e is FailureException or OperationCanceledException ? completed : "WorkflowTaskFailure";
                WorkflowsSource.TrackWorkflowDiagnosticActivity($"{name}:{what}", updateActivity: activity => Record(activity, e)).Dispose();
            }
        }

        private WorkflowDiagnosticActivity Track(string name, IReadOnlyDictionary<string, Payload>? linked = null, bool evenOnReplay = false) =>
            WorkflowsSource.TrackWorkflowDiagnosticActivity(
                name,
                ActivityKind.Server,
                root.CreateInWorkflowTags(),
                root.HeadersToContext(linked) is { } context ? [new ActivityLink(context.ActivityContext)] : null,
                evenOnReplay,
                inheritParentTags: false);
    }

    /// <summary>Makes the context that started the workflow the current one, for as long as it is not disposed.</summary>
    private sealed class Caller : IDisposable
    {
        private readonly Baggage _before = Baggage.Current;
        private readonly WorkflowDiagnosticActivity? _started;

        public Caller(TracingInterceptor root)
        {
            if (root.HeadersToContext(Workflow.Info.Headers) is { } context)
            {
                Baggage.Current = context.Baggage;
                _started = WorkflowDiagnosticActivity.AttachFromContext(context.ActivityContext);
            }
        }

        public void Dispose()
        {
            _started?.Dispose();
            Baggage.Current = _before;
        }
    }

    private sealed class WorkflowOutbound(TracingInterceptor root, WorkflowOutboundInterceptor next) : WorkflowOutboundInterceptor(next)
    {
        public override ContinueAsNewException CreateContinueAsNewException(CreateContinueAsNewExceptionInput input) =>
            base.CreateContinueAsNewException(input with { Headers = Headers(input.Headers) });

        public override Task<TResult> ScheduleActivityAsync<TResult>(ScheduleActivityInput input) =>
            base.ScheduleActivityAsync<TResult>(input with { Headers = Trace($"StartActivity:{input.Activity}", input.Headers) });

        public override Task SignalChildWorkflowAsync(SignalChildWorkflowInput input) =>
            base.SignalChildWorkflowAsync(input with { Headers = Trace($"SignalChildWorkflow:{input.Signal}", input.Headers) });

        public override Task SignalExternalWorkflowAsync(SignalExternalWorkflowInput input) =>
            base.SignalExternalWorkflowAsync(input with { Headers = Trace($"SignalExternalWorkflow:{input.Signal}", input.Headers) });

        public override Task<ChildWorkflowHandle<TWorkflow, TResult>> StartChildWorkflowAsync<TWorkflow, TResult>(StartChildWorkflowInput input) =>
            base.StartChildWorkflowAsync<TWorkflow, TResult>(
                input with { Headers = Trace($"StartChildWorkflow:{input.Workflow}", input.Headers) });

        private IDictionary<string, Payload> Trace(string name, IDictionary<string, Payload>? headers)
        {
            using var span = WorkflowsSource.TrackWorkflowDiagnosticActivity(name, ActivityKind.Client);
            return Headers(headers);
        }

        private IDictionary<string, Payload> Headers(IDictionary<string, Payload>? headers) =>
            root.HeadersFromContext(headers, new(WorkflowDiagnosticActivity.Current?.Context ?? default, Baggage.Current));
    }
}
