namespace CodingAgent.BotHost.Dispatch;

/// <summary>Runs the dispatcher for as long as the host lives.</summary>
public sealed partial class DispatcherService(
    InboxDispatcher dispatcher, InboxBell bell, DispatcherOptions options, TimeProvider time, ILogger<DispatcherService> logger) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Host start-up goes on while the first pass runs.
        await Task.Yield();
        try
        {
            await dispatcher.NameUnreadableAsync(stoppingToken);
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            LogPassFailed(e.Message);
        }

        while (!stoppingToken.IsCancellationRequested)
        {
            var wait = options.PollInterval;
            try
            {
                var due = await dispatcher.DrainAsync(stoppingToken);
                if (due - time.GetUtcNow() is { } until && until < wait)
                    wait = until > TimeSpan.Zero ? until : TimeSpan.Zero;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogPassFailed(e.Message);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                await Task.Delay(options.GatherTime, time, stoppingToken);
                await bell.WaitAsync(wait, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    [LoggerMessage(EventId = 2005, Level = LogLevel.Error, Message = "The inbox could not be read; trying again: {Error}")]
    private partial void LogPassFailed(string error);
}
