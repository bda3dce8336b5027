using System.Diagnostics.Metrics;
using Temporalio.Runtime;

namespace CodingAgent.BotHost.Temporal;

/// <summary>
/// Passes the metrics of the SDK's core (<c>temporal_…</c>) on to a .NET meter, so that they leave with ours. The SDK's own bridge,
/// Temporalio.Extensions.DiagnosticSource, would do the same; it is not to be had everywhere the SDK is.
/// </summary>
public sealed class CoreMetrics : ICustomMetricMeter
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Temporalio";

    // Seconds: from the fastest call on one machine to the longest activity.
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800],
    };

    private static readonly Meter Meter = new(MeterName);

    /// <inheritdoc/>
    public ICustomMetricCounter<T> CreateCounter<T>(string name, string? unit, string? description)
        where T : struct => new Counter<T>(Meter.CreateCounter<T>(name, unit, description));

    /// <inheritdoc/>
    public ICustomMetricHistogram<T> CreateHistogram<T>(string name, string? unit, string? description)
        where T : struct => new Histogram<T>(Meter.CreateHistogram(name, unit, description, advice: unit == "s" ? Seconds as InstrumentAdvice<T> : null));

    /// <inheritdoc/>
    public ICustomMetricGauge<T> CreateGauge<T>(string name, string? unit, string? description)
        where T : struct => new Gauge<T>(Meter.CreateGauge<T>(name, unit, description));

    /// <inheritdoc/>
    public object CreateTags(object? appendFrom, IReadOnlyCollection<KeyValuePair<string, object>> tags)
    {
        ArgumentNullException.ThrowIfNull(tags);
        IEnumerable<KeyValuePair<string, object?>> added = tags.Select(tag => KeyValuePair.Create(tag.Key, (object?)tag.Value));
        return appendFrom is KeyValuePair<string, object?>[] before ? [.. before, .. added] : added.ToArray();
    }

    private static ReadOnlySpan<KeyValuePair<string, object?>> Tags(object tags) => (KeyValuePair<string, object?>[])tags;

    private sealed class Counter<T>(System.Diagnostics.Metrics.Counter<T> counter) : ICustomMetricCounter<T>
        where T : struct
    {
        public void Add(T value, object tags) => counter.Add(value, Tags(tags));
    }

    private sealed class Histogram<T>(System.Diagnostics.Metrics.Histogram<T> histogram) : ICustomMetricHistogram<T>
        where T : struct
    {
        public void Record(T value, object tags) => histogram.Record(value, Tags(tags));
    }

    private sealed class Gauge<T>(System.Diagnostics.Metrics.Gauge<T> gauge) : ICustomMetricGauge<T>
        where T : struct
    {
        public void Set(T value, object tags) => gauge.Record(value, Tags(tags));
    }
}
