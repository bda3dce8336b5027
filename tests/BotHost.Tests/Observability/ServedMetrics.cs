using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using CodingAgent.Agents.Telemetry;
using CodingAgent.BotHost.Observability;
using CodingAgent.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodingAgent.BotHost.Tests.Observability;

/// <summary>The names under which our instruments are served at <c>/metrics</c>, whether or not anything has been measured yet.</summary>
internal static class ServedMetrics
{
    /// <summary>All that the instruments of our meters are called in queries.</summary>
    public static IReadOnlySet<string> Names { get; } = Published().SelectMany(Served).ToHashSet(StringComparer.Ordinal);

    private static List<Instrument> Published()
    {
        var all = new List<Instrument>();
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                lock (all)
                    all.Add(instrument);
            },
        };
        listener.Start();
        RuntimeHelpers.RunClassConstructor(typeof(AgentTelemetry).TypeHandle);
        RuntimeHelpers.RunClassConstructor(typeof(ServiceMetrics).TypeHandle);
        using var tasks = new TaskMetrics(new TaskMilestones(null!), services.GetRequiredService<IMeterFactory>(), TimeProvider.System, NullLogger<TaskMetrics>.Instance);
        lock (all)
            return [.. all.Where(i => i.Meter.Name is AgentTelemetry.Name or ServiceMetrics.MeterName or TaskMetrics.MeterName)];
    }

    // As OpenTelemetry's exporter for Prometheus makes names; TelemetryTests holds it against a running service.
    private static IEnumerable<string> Served(Instrument instrument)
    {
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        var name = $"{instrument.Name.Replace('.', '_')}{unit}";
        var type = instrument.GetType().GetGenericTypeDefinition();
        if (type == typeof(Histogram<>))
            return [$"{name}_bucket", $"{name}_sum", $"{name}_count"];
        return [type == typeof(Counter<>) ? $"{name}_total" : name];
    }
}
