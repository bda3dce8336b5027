using Microsoft.Data.Sqlite;

namespace CodingAgent.Chaos;

/// <summary>Looks at the agents' journal in the service's database, from outside, and says when it has grown.</summary>
internal sealed class JournalWatch : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<(string Run, long Turn, bool HasOutputs)> _seen = [];
    private readonly Task _loop;

    /// <param name="database">The file; it need not exist yet.</param>
    /// <param name="at">Told the run, the turn, and whether its outputs are there.</param>
    public JournalWatch(string database, Func<string, long, bool, Task> at) => _loop = Task.Run(() => LookAsync(database, at));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task LookAsync(string database, Func<string, long, bool, Task> at)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = new SqliteConnection($"Data Source={database};Mode=ReadOnly;Pooling=False");
                await connection.OpenAsync();
                await FollowAsync(connection, at);
            }
            catch (SqliteException)
            {
                // Not there yet, or busy for a moment.
                await Task.Delay(100, CancellationToken.None);
            }
        }
    }

    private async Task FollowAsync(SqliteConnection connection, Func<string, long, bool, Task> at)
    {
        await using var changed = connection.CreateCommand();
        changed.CommandText = "PRAGMA data_version";
        await using var turns = connection.CreateCommand();
        turns.CommandText = "SELECT run_id, turn, outputs IS NOT NULL FROM journal_turns";
        long? version = null;
        while (!_stop.IsCancellationRequested)
        {
            var now = (long)(await changed.ExecuteScalarAsync())!;
            if (now == version)
            {
                await Task.Delay(Pause, CancellationToken.None);
                continue;
            }

            version = now;
            var found = new List<(string Run, long Turn, bool HasOutputs)>();
            await using (var reader = await turns.ExecuteReaderAsync())
            {
                while (await reader.ReadAsync())
                    found.Add((reader.GetString(0), reader.GetInt64(1), reader.GetBoolean(2)));
            }

            foreach (var turn in found.Where(_seen.Add))
                await at(turn.Run, turn.Turn, turn.HasOutputs);
        }
    }
}
