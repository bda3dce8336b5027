using CodingAgent.BotHost.Configuration;

namespace CodingAgent.BotHost.Diagnosis;

/// <summary>
/// Says with what the service works and where to look, then tries forge and model once, beside the work that starts, and logs what a person should mend.
/// It never keeps the service from running.
/// </summary>
/// <param name="settings">Settings.</param>
/// <param name="diagnosis">Looks.</param>
/// <param name="logger">Log.</param>
internal sealed partial class StartDiagnosis(HostSettings settings, ServiceDiagnosis diagnosis, ILogger<StartDiagnosis> logger) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        Tell(diagnosis.Facts);
        if (!settings.DiagnosesAtStart)
            return;
        try
        {
            Tell((await diagnosis.LookAsync(stoppingToken)).Findings);
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
