using CodingAgent.BotHost.Adapters;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Temporal;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.AI;

namespace CodingAgent.BotHost.Diagnosis;

/// <summary>
/// Says with what the service works and where to look, then tries forge and model once, beside the work that starts, and logs what a person should mend.
/// It never keeps the service from running.
/// </summary>
/// <param name="settings">Settings.</param>
/// <param name="forges">The forges.</param>
/// <param name="temporal">Where Temporal is.</param>
/// <param name="server">Where web listens.</param>
/// <param name="configuration">Where settings nobody reads are looked for.</param>
/// <param name="services">Where the model is, if this process has one.</param>
/// <param name="logger">Log.</param>
internal sealed partial class StartDiagnosis(
    HostSettings settings, ServedForges forges, EmbeddedTemporal temporal, IServer server, IConfiguration configuration, IServiceProvider services, ILogger<StartDiagnosis> logger) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        Tell([.. StartFacts.Of(settings, temporal.Address, server.Features.Get<IServerAddressesFeature>()?.Addresses ?? []), .. Connections.OfSettings(configuration)]);
        if (!settings.DiagnosesAtStart)
            return;
        try
        {
            Tell(await Connections.OfOutsideAsync(settings, forges, services.GetService<IChatClient>(), stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Told to stop.
        }
        catch (Exception e)
        {
            LogFailed(e.Message);
        }
    }

    private void Tell(IReadOnlyList<Finding> findings)
    {
        foreach (var found in findings)
        {
            var text = found.Text.ReplaceLineEndings(" ");
            switch (found.Level)
            {
                case FindingLevel.Problem:
                    LogProblem(found.Area, text);
                    break;
                case FindingLevel.Warning:
                    LogWarning(found.Area, text);
                    break;
                default:
                    LogGood(found.Area, text);
                    break;
            }
        }
    }

    [LoggerMessage(EventId = 130, Level = LogLevel.Information, Message = "{Area}: {Text}")]
    private partial void LogGood(string area, string text);

    [LoggerMessage(EventId = 131, Level = LogLevel.Warning, Message = "{Area}: {Text}")]
    private partial void LogWarning(string area, string text);

    [LoggerMessage(EventId = 132, Level = LogLevel.Error, Message = "{Area}: {Text}")]
    private partial void LogProblem(string area, string text);

    [LoggerMessage(EventId = 133, Level = LogLevel.Warning, Message = "Forge and model could not be tried: {Error}. 'codingagent doctor' does it again")]
    private partial void LogFailed(string error);
}
