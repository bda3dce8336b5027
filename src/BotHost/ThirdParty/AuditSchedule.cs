using System.Diagnostics.Metrics;

namespace CodingAgent.BotHost.ThirdParty;

/// <summary>Audits the MCP servers of others when the service starts and then every so often: findings are logged and counted.</summary>
/// <param name="audit">The audit.</param>
/// <param name="every">How often.</param>
/// <param name="meters">Metrics.</param>
/// <param name="time">Clock.</param>
/// <param name="logger">Log.</param>
internal sealed partial class AuditSchedule(ThirdPartyAudit audit, TimeSpan every, IMeterFactory meters, TimeProvider time, ILogger<AuditSchedule> logger) : BackgroundService
{
    /// <summary>Its meter.</summary>
    public const string MeterName = "CodingAgent.Mcp";

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var findings = meters.Create(MeterName).CreateGauge<int>("coding_agent.mcp.audit.findings", description: "Findings of the last audit of third-party MCP servers.");
        using var timer = new PeriodicTimer(every, time);
        try
        {
            do
            {
                var found = (await audit.RunAsync(stoppingToken)).Where(l => l.IsFinding).ToList();
                findings.Record(found.Count);
                foreach (var line in found)
                    LogFinding(line.Server, line.Text);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Told to stop.
        }
    }

    [LoggerMessage(EventId = 1070, Level = LogLevel.Warning, Message = "Audit of the MCP server {Server}: {Text}")]
    private partial void LogFinding(string server, string text);
}
