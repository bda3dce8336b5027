using CodingAgent.Workflows.Tasks;
using Dapper;
using Microsoft.Data.Sqlite;

namespace CodingAgent.Storage;

/// <summary>
/// Removes rows that are older than they are kept. What a living task may need stays whatever its age: nothing that was written or used since
/// the oldest living task began is touched, so that no list of references has to be right.
/// </summary>
public sealed class Retention(SqliteDatabase database)
{
    // The writer's time is everybody's: a little at once.
    private const int AtOnce = 200;

    private static readonly string[] Ended = [nameof(TaskState.Merged), nameof(TaskState.Closed), nameof(TaskState.Stopped), nameof(TaskState.Failed)];

    /// <summary>Removes them.</summary>
    /// <param name="settings">How long what is kept.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Stops between two portions.</param>
    /// <returns>How many rows are gone.</returns>
    public async Task<int> ApplyAsync(RetentionSettings settings, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Rows of an older schema have no time yet: theirs begins now.
        await database.WriteAsync(
            c => c.Execute("UPDATE artifacts SET used_at = @at WHERE used_at = 0", new { at = now.ToUnixTimeMilliseconds() }) + c.Execute("UPDATE journal_runs SET used_at = @at WHERE used_at = 0", new { at = now.ToUnixTimeMilliseconds() }),
            cancellationToken);
        var rows = 0;
        if (settings.Inbox is { } inbox)
            rows += await RemoveAsync("DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE outcome IS NOT NULL AND received_at < @before LIMIT @most)", now - inbox, cancellationToken);
        if (settings.Tasks is not { } age)
            return rows;
        var before = await BeforeLivingAsync(now, cancellationToken) is var living && living < now - age ? living : now - age;
        rows += await RemoveAsync("DELETE FROM artifacts WHERE id IN (SELECT id FROM artifacts WHERE used_at < @before LIMIT @most)", before, cancellationToken);
        rows += await RemoveAsync("DELETE FROM agent_sessions WHERE (session, run_id) IN (SELECT session, run_id FROM agent_sessions WHERE used_at < @before LIMIT @most)", before, cancellationToken);
        rows += await RemoveAsync("DELETE FROM task_log WHERE seq IN (SELECT seq FROM task_log WHERE at < @before LIMIT @most)", before, cancellationToken);
        return rows + await AllAsync(c => RemoveRuns(c, before), cancellationToken);
    }

    /// <summary>The moment before which no living task can have begun; <paramref name="now"/> when none lives.</summary>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<DateTimeOffset> BeforeLivingAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = database.OpenReader();
        var oldest = await connection.ExecuteScalarAsync<long?>(new CommandDefinition("SELECT MIN(created_at) FROM tasks WHERE state NOT IN @Ended", new { Ended }, cancellationToken: cancellationToken));
        // A day earlier: a task's first rows may be written before it is listed, by another clock.
        return oldest is { } at && DateTimeOffset.FromUnixTimeMilliseconds(at) - TimeSpan.FromDays(1) is var living && living < now ? living : now;
    }

    private Task<int> RemoveAsync(string sql, DateTimeOffset before, CancellationToken cancellationToken) =>
        AllAsync(c => c.Execute(sql, new { before = before.ToUnixTimeMilliseconds(), most = AtOnce }), cancellationToken);

    // A run and its turns in one transaction: turns of a run that is not known could be written to by an attempt of long ago.
    private static int RemoveRuns(SqliteConnection connection, DateTimeOffset before)
    {
        var runs = connection.Query<string>("SELECT run_id FROM journal_runs WHERE used_at < @before LIMIT @most", new { before = before.ToUnixTimeMilliseconds(), most = AtOnce }).AsList();
        connection.Execute("DELETE FROM journal_turns WHERE run_id IN @runs", new { runs });
        return connection.Execute("DELETE FROM journal_runs WHERE run_id IN @runs", new { runs });
    }

    private async Task<int> AllAsync(Func<SqliteConnection, int> remove, CancellationToken cancellationToken)
    {
        for (var all = 0; ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var gone = await database.WriteAsync(remove, cancellationToken);
            all += gone;
            if (gone < AtOnce) return all;
        }
    }
}

/// <summary>How long what is kept; null without end.</summary>
/// <param name="Inbox">Deliveries that are done, whose ids tell a repeat, and those that could not be read.</param>
/// <param name="Tasks">Journals, sessions, live logs and artifacts (patches, packs) of tasks that have ended.</param>
/// <param name="Mirrors">Mirrors that nobody has used.</param>
public sealed record RetentionSettings(TimeSpan? Inbox, TimeSpan? Tasks, TimeSpan? Mirrors)
{
    /// <summary>Ninety days of deliveries, thirty of the rest.</summary>
    public static RetentionSettings Default { get; } = new(TimeSpan.FromDays(90), TimeSpan.FromDays(30), TimeSpan.FromDays(30));
}
