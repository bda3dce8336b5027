using System.ComponentModel;
using System.Data.Common;
using CodingAgent.Mcp.Git;
using CodingAgent.Storage;

namespace CodingAgent.BotHost.Housekeeping;

/// <summary>Watches the disk every few seconds, and every hour lets go of what is kept longer than its time. Neither stops the service when it fails.</summary>
/// <param name="space">The disk.</param>
/// <param name="retention">Rows of the database.</param>
/// <param name="settings">How long things are kept.</param>
/// <param name="git">Mirrors; null where no worker runs.</param>
/// <param name="time">Clock.</param>
/// <param name="logger">Log.</param>
public sealed partial class Housekeeper(
    DiskSpace space, Retention retention, RetentionSettings settings, TrustedGit? git, TimeProvider time, ILogger<Housekeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Tidy = TimeSpan.FromHours(1);

    // Mirrors are caches: where the disk is short, those that nobody used today go.
    private static readonly TimeSpan ShortMirrors = TimeSpan.FromDays(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var tidied = DateTimeOffset.MinValue;
        using var timer = new PeriodicTimer(Look, time);
        try
        {
            do
            {
                var was = space.Shortage is not null;
                if (space.Look() is { } words) LogSpace(words);
                var isShort = space.Shortage is not null;
                if (time.GetUtcNow() - tidied < Tidy && (was || !isShort)) continue;
                tidied = time.GetUtcNow();
                await TidyAsync(isShort, stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Told to stop.
        }
    }

    /// <summary>Lets go of what is too old.</summary>
    /// <param name="isShort">The disk is short of room.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task TidyAsync(bool isShort, CancellationToken cancellationToken)
    {
        try
        {
            var rows = await retention.ApplyAsync(settings, time.GetUtcNow(), cancellationToken);
            if (rows > 0) LogRows(rows);
            if (git is null || settings.Mirrors is not { } age) return;
            var mirrors = await git.CollectMirrorsAsync(isShort && age > ShortMirrors ? ShortMirrors : age, cancellationToken);
            if (mirrors.Count > 0) LogMirrors(mirrors.Count);
            // What a living task stands on may have been there before it began.
            var tidied = await git.CollectObjectsAsync(await retention.BeforeLivingAsync(time.GetUtcNow(), cancellationToken) - age, cancellationToken);
            if (tidied.Count > 0) LogObjects(tidied.Count);
        }
        catch (Exception e) when (e is DbException or IOException or UnauthorizedAccessException or GitFailedException or Win32Exception)
        {
            LogNotTidied(e.Message);
        }
    }

    [LoggerMessage(EventId = 1060, Level = LogLevel.Warning, Message = "{Words}")]
    private partial void LogSpace(string words);

    [LoggerMessage(EventId = 1061, Level = LogLevel.Information, Message = "{Rows} rows of the database were older than their retention and are gone")]
    private partial void LogRows(int rows);

    [LoggerMessage(EventId = 1062, Level = LogLevel.Information, Message = "{Mirrors} mirrors that nobody used are gone, and are fetched again when needed")]
    private partial void LogMirrors(int mirrors);

    [LoggerMessage(EventId = 1064, Level = LogLevel.Information, Message = "{Mirrors} mirrors were rid of objects that nothing leads to any more")]
    private partial void LogObjects(int mirrors);

    [LoggerMessage(EventId = 1063, Level = LogLevel.Warning, Message = "What is too old could not be removed; trying again in an hour: {Reason}")]
    private partial void LogNotTidied(string reason);
}
