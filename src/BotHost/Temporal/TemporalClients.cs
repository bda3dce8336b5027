using Temporalio.Client;
using Temporalio.Runtime;

namespace CodingAgent.BotHost.Temporal;

/// <summary>Makes the process's one client of Temporal.</summary>
public static class TemporalClients
{
    /// <summary>
    /// A client that connects when it is first used, and again as often as that fails. The SDK's core logs through
    /// <paramref name="loggers"/>, so that its lines are masked like all others, and its metrics go to <see cref="CoreMetrics"/>; client and workers go on with traces.
    /// </summary>
    /// <param name="options">Where and how it connects.</param>
    /// <param name="loggers">Where client, workers and core log.</param>
    public static ITemporalClient Create(TemporalClientConnectOptions options, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.LoggerFactory = loggers;
        options.Interceptors = [new TraceInterceptor()];
        options.Runtime = new TemporalRuntime(new TemporalRuntimeOptions
        {
            Telemetry = new TelemetryOptions
            {
                Logging = new LoggingOptions
                {
                    Filter = new TelemetryFilterOptions(TelemetryFilterOptions.Level.Warn, TelemetryFilterOptions.Level.Error),
                    Forwarding = new LogForwardingOptions(loggers.CreateLogger("Temporalio.Core")),
                },
                Metrics = new MetricsOptions
                {
                    CustomMetricMeter = new CoreMetrics(),
                    CustomMetricMeterOptions = new CustomMetricMeterOptions { HistogramDurationFormat = CustomMetricMeterOptions.DurationFormat.FloatSeconds },
                },
            },
        });
        return TemporalClient.CreateLazy(options);
    }

    /// <summary>
    /// Whether an exception of a call says only that the server was not reached: a client that is not connected yet reports that as an
    /// <see cref="InvalidOperationException"/>, not as the failure of a call.
    /// </summary>
    /// <param name="e">What the call threw.</param>
    /// <param name="client">The client.</param>
    public static bool IsAway(Exception e, ITemporalClient client) => e is InvalidOperationException && !client.Connection.IsConnected;
}
