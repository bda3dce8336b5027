using System.Diagnostics;
using OpenTelemetry;
using Temporalio.Api.Common.V1;
using Temporalio.Client;
using Temporalio.Client.Interceptors;

namespace Temporalio.Extensions.OpenTelemetry;

/// <content>Calls of clients.</content>
public partial class TracingInterceptor
{
    private sealed class ClientOutbound(TracingInterceptor root, ClientOutboundInterceptor next) : ClientOutboundInterceptor(next)
    {
        public override Task<WorkflowHandle<TWorkflow, TResult>> StartWorkflowAsync<TWorkflow, TResult>(StartWorkflowInput input) => TraceAsync(
            $"{(input.Options.StartSignal is null ? "StartWorkflow" : "SignalWithStartWorkflow")}:{input.Workflow}",
            root.CreateWorkflowTags(input.Options.Id!),
            () => base.StartWorkflowAsync<TWorkflow, TResult>(input with { Headers = Headers(input.Headers) }));

        public override Task SignalWorkflowAsync(SignalWorkflowInput input) => TraceAsync(
            $"SignalWorkflow:{input.Signal}",
            root.CreateWorkflowTags(input.Id),
            async () =>
            {
                await base.SignalWorkflowAsync(input with { Headers = Headers(input.Headers) });
                return default(ValueTuple);
            });

        public override Task<TResult> QueryWorkflowAsync<TResult>(QueryWorkflowInput input) => TraceAsync(
            $"QueryWorkflow:{input.Query}",
            root.CreateWorkflowTags(input.Id),
            () => base.QueryWorkflowAsync<TResult>(input with { Headers = Headers(input.Headers) }));

        public override Task<WorkflowUpdateHandle<TResult>> StartWorkflowUpdateAsync<TResult>(StartWorkflowUpdateInput input) => TraceAsync(
            $"UpdateWorkflow:{input.Update}",
            root.CreateUpdateTags(input.Id, input.Options.Id),
            () => base.StartWorkflowUpdateAsync<TResult>(input with { Headers = Headers(input.Headers) }));

        private static async Task<T> TraceAsync<T>(string name, IEnumerable<KeyValuePair<string, object?>> tags, Func<Task<T>> call)
        {
            using var activity = ClientSource.StartActivity(name, ActivityKind.Client, parentContext: default, tags);
            try
            {
                return await call();
            }
            catch (Exception e)
            {
                Record(activity, e);
                throw;
            }
        }

        /// <summary>The span of the call, or whatever is around it when nobody listens to ours.</summary>
        private IDictionary<string, Payload>? Headers(IDictionary<string, Payload>? headers) =>
            Activity.Current is { } current ? root.HeadersFromContext(headers, new(current.Context, Baggage.Current)) : headers;
    }
}
