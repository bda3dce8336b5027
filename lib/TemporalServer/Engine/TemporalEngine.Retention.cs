using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using TemporalServer.Storage;

namespace TemporalServer.Engine;

internal sealed partial class TemporalEngine
{
    // Small enough that nobody waits for it; the next turn follows its commit.
    private const int SweepBatch = 50;
    private bool _isFull;

    /// <summary>Removes closed runs whose time is over, and more of them while the database is too large.</summary>
    private void Sweep()
    {
        lock (_gate)
        {
            // While deletions are on their way to the disk, what is read there is old; their commit leads back here.
            if (_stopping.IsCancellationRequested || _failure is not null || _batch.Deleted.Count > 0 || _writing?.Deleted.Count > 0)
            {
                return;
            }

            try
            {
                if (!Evict(Outlived()))
                {
                    MakeRoom();
                }

                ArmSweeper();
            }
            catch (Exception e) when (e is TemporalServerException or SqliteException)
            {
                // Nothing was changed. Work goes on; the next commit that closes a run leads back here.
                LogSweepFailed(_logger, e);
                return;
            }

            SettleAll();
        }
    }

    private void AfterCommit(Batch batch)
    {
        if (batch.Deleted.Count > 0 || _options.MaxDatabaseBytes is not null || batch.Runs.Keys.Any(run => !run.Machine.IsRunning))
        {
            Sweep();
        }
    }

    private IReadOnlyList<string> Outlived() =>
        _options.Retention is { } retention ? _database.OldestClosed(RunColumns.Micros(Now - retention), SweepBatch) : [];

    private void MakeRoom()
    {
        if (_options.MaxDatabaseBytes is { } limit)
        {
            _isFull = _database.UsedBytes() > limit && !Evict(_database.OldestClosed(long.MaxValue, SweepBatch));
        }
    }

    /// <summary>Deletes closed runs, but none that somebody still looks at; false when there was nothing to delete.</summary>
    private bool Evict(IReadOnlyList<string> runIds)
    {
        var idle = runIds.Where(id => !_runs.ContainsKey(id)).ToList();
        _batch.Deleted.AddRange(idle);
        return idle.Count > 0;
    }

    private void ArmSweeper()
    {
        if (_options.Retention is not { } retention || _database.FirstClose() is not { } first)
        {
            return;
        }

        // A run lives a little longer rather than shorter, so that one turn takes many. Timers reach no further than some weeks.
        var due = DateTimeOffset.UnixEpoch.AddMicroseconds(first) + retention - Now;
        var wait = due < TimeSpan.Zero ? TimeSpan.FromSeconds(1) : due + TimeSpan.FromSeconds(1);
        _sweeper.Change(wait < TimeSpan.FromDays(1) ? wait : TimeSpan.FromDays(1), Timeout.InfiniteTimeSpan);
    }

    private void RequireRoom()
    {
        if (_isFull)
        {
            throw Errors.Exhausted(
                ResourceExhaustedCause.PersistenceStorageLimit,
                $"the database is full: more than {_options.MaxDatabaseBytes} bytes are in use and no closed workflow is left to remove. "
                + "Running workflows go on; new ones start again when some have closed, or when the server is given a larger maximum size");
        }
    }

    [LoggerMessage(7, LogLevel.Error, "Closed workflows could not be removed")]
    private static partial void LogSweepFailed(ILogger logger, Exception exception);
}
