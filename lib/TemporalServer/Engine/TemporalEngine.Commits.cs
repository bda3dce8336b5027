using Microsoft.Extensions.Logging;
using TemporalServer.Storage;

namespace TemporalServer.Engine;

/// <content>Writes changes to disk, as many as have gathered in one transaction.</content>
internal sealed partial class TemporalEngine
{
    private Task Durable() => !_batch.IsEmpty ? _batch.Committed : _writing?.Committed ?? Task.CompletedTask;

    private async Task CommitLoopAsync()
    {
        while (true)
        {
            await _work.WaitAsync();
            Batch batch;
            ChangeSet changes;
            lock (_gate)
            {
                if (_batch.IsEmpty || _failure is not null)
                {
                    if (_stopping.IsCancellationRequested)
                    {
                        return;
                    }

                    continue;
                }

                batch = _batch;
                _batch = new Batch();
                _writing = batch;
                changes = new ChangeSet(
                    batch.Runs.Select(entry => new RunWrite(
                        entry.Key.Seq, Google.Protobuf.MessageExtensions.ToByteArray(entry.Key.State), RunColumns.Of(entry.Key.State), entry.Value)).ToList(),
                    batch.Deleted,
                    batch.Schedules.Where(s => !s.IsDeleted).Select(s => s.ToWrite()).ToList(),
                    batch.DeletedSchedules);
            }

            try
            {
                if (_options.BeforeCommit is { } hold)
                {
                    await hold();
                }

                _database.Write(changes);
            }
            catch (Exception e)
            {
                LogCommitFailed(_logger, e);
                lock (_gate)
                {
                    Poison(e);
                    _writing = null;
                }

                batch.SetFailed(Errors.CannotWrite(e));
                continue;
            }

            lock (_gate)
            {
                _writing = null;
                foreach (var run in batch.Runs.Keys)
                {
                    Release(run);
                }

                AfterCommit(batch);
            }

            batch.SetCommitted();
            if (_stopping.IsCancellationRequested)
            {
                // One more turn, so that a change made meanwhile is not left behind.
                _work.Release();
            }
        }
    }

    /// <summary>After a commit: wakes those who wait on the run, and lets go of a closed one.</summary>
    private void Release(Run run)
    {
        var changed = run.Changed;
        run.Changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.TrySetResult();
        if (!run.Machine.IsRunning && !_batch.Runs.ContainsKey(run) && run.Queries.Count == 0)
        {
            _runs.Remove(run.State.RunId);
            var key = (run.State.Namespace, run.State.WorkflowId);
            if (_current.TryGetValue(key, out var current) && current == run)
            {
                _current.Remove(key);
            }
        }
    }

    /// <summary>Memory is ahead of the disk and will stay so: nothing may be acknowledged any more.</summary>
    private void Poison(Exception e)
    {
        _failure ??= e;
        _batch.SetFailed(Errors.CannotWrite(e));
        _queues.EndPolls();
        _failed.TrySetResult(_failure);
    }

    [LoggerMessage(2, LogLevel.Critical, "A commit failed; the server refuses all calls until it is started again")]
    private static partial void LogCommitFailed(ILogger logger, Exception exception);
}
