using CodingAgent.Agents.Telemetry;
using CodingAgent.BotHost.Api;
using CodingAgent.BotHost.Observability;
using CodingAgent.BotHost.Temporal;
using CodingAgent.BotHost.ThirdParty;
using CodingAgent.Storage;
using CodingAgent.Workflows.Secrets;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace CodingAgent.BotHost.Composition;

/// <summary>Where metrics and traces leave the process: metrics at <c>/metrics</c> in Prometheus' format; both by OTLP where an endpoint is named.</summary>
internal static class Telemetry
{
    private const string Service = "coding-agent";

    // The variable by which every OpenTelemetry program is told; its kin (headers, protocol) are read by the exporter itself.
    private const string OtlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private static readonly string[] Uninteresting = ["/temporal.api.", "/grpc.health.", "/health", "/metrics"];

    /// <summary>Collects the meters of agents, Temporal's core, web, HTTP clients and runtime; and, when somebody takes them, traces, without secrets.</summary>
    public static void AddTelemetry(this IServiceCollection services, IConfiguration configuration, Redaction redaction)
    {
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(Service, serviceVersion: typeof(Telemetry).Assembly.GetName().Version?.ToString()))
            .WithMetrics(metrics => metrics
                .AddMeter(AgentTelemetry.Name, CoreMetrics.MeterName, AuditSchedule.MeterName, ServiceMetrics.MeterName, TaskMetrics.MeterName)
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()
                .AddPrometheusExporter());
        if (string.IsNullOrWhiteSpace(configuration[OtlpEndpoint]))
            return;
        telemetry
            .WithTracing(traces => traces
                .AddSource(AgentTelemetry.Name, ServiceTraces.Name)
                .AddAspNetCoreInstrumentation(requests => requests.Filter = IsOfInterest)
                .AddHttpClientInstrumentation()
                .AddProcessor(new RedactingProcessor(redaction)))
            .UseOtlpExporter();
    }

    // Not what comes all the time and says nothing: the polls that the embedded Temporal server answers in this process, probes and scrapes.
    private static bool IsOfInterest(HttpContext request) => !Uninteresting.Any(path => request.Request.Path.Value?.StartsWith(path, StringComparison.Ordinal) == true);

    /// <summary>Serves <c>/metrics</c> to viewers: names of repositories, models and hosts are nobody else's.</summary>
    public static void MapMetrics(this IEndpointRouteBuilder routes) => routes.MapPrometheusScrapingEndpoint("/metrics").Require(ApiRole.Viewer);
}
