namespace CodingAgent.EndToEnd.Tests;

/// <summary>A service whose traces are taken.</summary>
public sealed class TracedService : ServiceUnderTest
{
    private TraceCollector? _collector;

    internal TraceCollector Traces => _collector!;

    /// <inheritdoc/>
    public override async Task InitializeAsync()
    {
        _collector = await TraceCollector.StartAsync();
        await base.InitializeAsync();
    }

    /// <inheritdoc/>
    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Traces.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override void Set(IDictionary<string, string> settings)
    {
        settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = Traces.Url;
        settings["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
        settings["OTEL_BSP_SCHEDULE_DELAY"] = "200";
    }
}
