using System.Diagnostics.Metrics;

namespace CodingAgent.BotHost.Observability;

/// <summary>Metrics of a process, whatever its role.</summary>
public static class ServiceMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "CodingAgent.Service";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> Retries = Meter.CreateCounter<long>("coding_agent.activity.retries", "{attempt}", "Attempts at activities beyond the first: the one before failed, or its worker died.");
    private static readonly Gauge<long> Free = Meter.CreateGauge<long>("coding_agent.disk.free", "By", "Room on the data folder's disk.");
    private static readonly Gauge<int> Pressure = Meter.CreateGauge<int>("coding_agent.disk.pressure", description: "0 with room; 1 when new tasks wait for some; 2 when none can be begun.");

    /// <summary>An activity is tried again.</summary>
    /// <param name="activity">Its name.</param>
    internal static void Retried(string activity) => Retries.Add(1, new KeyValuePair<string, object?>("activity", activity));

    /// <summary>How the disk stands.</summary>
    /// <param name="free">Free bytes.</param>
    /// <param name="pressure">What follows from that.</param>
    internal static void Disk(long free, int pressure)
    {
        Free.Record(free);
        Pressure.Record(pressure);
    }
}
