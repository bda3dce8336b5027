using OpenTelemetry.Context.Propagation;

namespace Temporalio.Extensions.OpenTelemetry;

/// <summary>How calls are traced.</summary>
public class TracingInterceptorOptions : ICloneable
{
    /// <summary>Header that carries the context. All clients and workers of a workflow must agree on it.</summary>
    public string HeaderKey { get; set; } = "_tracer-data";

    /// <summary>Writes and reads the context. The default is set by the OpenTelemetry SDK; without the SDK it carries nothing.</summary>
    public TextMapPropagator Propagator { get; set; } = Propagators.DefaultTextMapPropagator;

    /// <summary>Tag for the workflow id; null leaves it out.</summary>
    public string? TagNameWorkflowId { get; set; } = "temporalWorkflowID";

    /// <summary>Tag for the run id; null leaves it out.</summary>
    public string? TagNameRunId { get; set; } = "temporalRunID";

    /// <summary>Tag for the activity id; null leaves it out.</summary>
    public string? TagNameActivityId { get; set; } = "temporalActivityID";

    /// <summary>Tag for the update id; null leaves it out.</summary>
    public string? TagNameUpdateId { get; set; } = "temporalUpdateID";

    /// <inheritdoc />
    public virtual object Clone() => MemberwiseClone();
}
