using System.Diagnostics;
using OpenTelemetry.Context.Propagation;
using Temporalio.Activities;
using Temporalio.Api.Common.V1;
using Temporalio.Api.Enums.V1;
using Temporalio.Client.Interceptors;
using Temporalio.Converters;
using Temporalio.Exceptions;
using Temporalio.Worker.Interceptors;
using Temporalio.Workflows;

namespace Temporalio.Extensions.OpenTelemetry;

/// <summary>
/// Makes spans of calls and carries their context along in a header: from client to workflow, from workflow to activities, children and
/// other workflows. Set it on the client; its workers use it too.
/// </summary>
public partial class TracingInterceptor : IClientInterceptor, IWorkerInterceptor
{
    /// <summary>Source of spans of clients.</summary>
    public static readonly ActivitySource ClientSource = new("Temporalio.Extensions.OpenTelemetry.Client");

    /// <summary>Source of spans of workflows.</summary>
    public static readonly ActivitySource WorkflowsSource = new("Temporalio.Extensions.OpenTelemetry.Workflow");

    /// <summary>Source of spans of activities.</summary>
    public static readonly ActivitySource ActivitiesSource = new("Temporalio.Extensions.OpenTelemetry.Activity");

    /// <summary>Creates an interceptor.</summary>
    /// <param name="options">Options.</param>
    public TracingInterceptor(TracingInterceptorOptions? options = null) => Options = options ?? new();

    /// <summary>Options in use.</summary>
    public TracingInterceptorOptions Options { get; init; }

    /// <inheritdoc />
    public ClientOutboundInterceptor InterceptClient(ClientOutboundInterceptor nextInterceptor) => new ClientOutbound(this, nextInterceptor);

    /// <inheritdoc />
    public WorkflowInboundInterceptor InterceptWorkflow(WorkflowInboundInterceptor nextInterceptor) => new WorkflowInbound(this, nextInterceptor);

    /// <inheritdoc />
    public ActivityInboundInterceptor InterceptActivity(ActivityInboundInterceptor nextInterceptor) => new ActivityInbound(this, nextInterceptor);

    /// <summary>Writes a context into headers.</summary>
    /// <param name="headers">Headers to add to; new ones when null.</param>
    /// <param name="ctx">The context.</param>
    /// <returns>The headers.</returns>
    protected virtual IDictionary<string, Payload> HeadersFromContext(IDictionary<string, Payload>? headers, PropagationContext ctx)
    {
        var carrier = new Dictionary<string, string>();
        Options.Propagator.Inject(ctx, carrier, (to, key, value) => to[key] = value);
        headers ??= new Dictionary<string, Payload>();

        // Always the default converter, for any SDK may read it; the codec comes later, with the whole call.
        headers[Options.HeaderKey] = DataConverter.Default.PayloadConverter.ToPayload(carrier);
        return headers;
    }

    /// <summary>Reads a context out of headers.</summary>
    /// <param name="headers">The headers.</param>
    /// <returns>The context; null when there is none.</returns>
    protected virtual PropagationContext? HeadersToContext(IReadOnlyDictionary<string, Payload>? headers)
    {
        if (headers is null || !headers.TryGetValue(Options.HeaderKey, out var payload))
        {
            return null;
        }

        var carrier = DataConverter.Default.PayloadConverter.ToValue<Dictionary<string, string>>(payload);
        return Options.Propagator.Extract(default, carrier, (from, key) => from.TryGetValue(key, out var value) ? [value] : []);
    }

    /// <summary>Tags of a client's spans about a workflow.</summary>
    /// <param name="workflowId">Workflow id.</param>
    /// <returns>The tags.</returns>
    protected virtual IEnumerable<KeyValuePair<string, object?>> CreateWorkflowTags(string workflowId) =>
        Tags((Options.TagNameWorkflowId, workflowId));

    /// <summary>Tags of a client's spans about an update.</summary>
    /// <param name="workflowId">Workflow id.</param>
    /// <param name="updateId">Update id; null when the client has not chosen one.</param>
    /// <returns>The tags.</returns>
    protected virtual IEnumerable<KeyValuePair<string, object?>> CreateUpdateTags(string workflowId, string? updateId) =>
        Tags((Options.TagNameWorkflowId, workflowId), (updateId is null ? null : Options.TagNameUpdateId, updateId));

    /// <summary>Tags of spans in the running workflow.</summary>
    /// <returns>The tags.</returns>
    protected virtual IEnumerable<KeyValuePair<string, object?>> CreateInWorkflowTags() =>
        Tags((Options.TagNameWorkflowId, Workflow.Info.WorkflowId), (Options.TagNameRunId, Workflow.Info.RunId));

    /// <summary>Tags of spans in the running activity.</summary>
    /// <returns>The tags.</returns>
    protected virtual IEnumerable<KeyValuePair<string, object?>> CreateInActivityTags()
    {
        var info = ActivityExecutionContext.Current.Info;
        return Tags(
            (Options.TagNameWorkflowId, info.WorkflowId),
            (Options.TagNameRunId, info.WorkflowRunId),
            (Options.TagNameActivityId, info.ActivityId));
    }

    private static List<KeyValuePair<string, object?>> Tags(params (string? Name, string? Value)[] tags) =>
        [.. tags.Where(t => t.Name is not null).Select(t => new KeyValuePair<string, object?>(t.Name!, t.Value))];

    /// <summary>Notes an exception on a span. A benign failure is no error where it is thrown; around it, wrapped, it is.</summary>
    private static void Record(Activity? activity, Exception exception)
    {
        if (exception is not ApplicationFailureException { Category: ApplicationErrorCategory.Benign })
        {
            activity?.SetStatus(ActivityStatusCode.Error, exception.Message);
        }

        activity?.AddException(exception);
    }
}
