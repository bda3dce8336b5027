using Microsoft.Extensions.Logging;
using TemporalServer.Machine;
using TemporalServer.Matching;
using TemporalServer.Storage;

namespace TemporalServer.Engine;

/// <summary>
/// Everything between the endpoints and the disk. One lock orders all changes; they are made in memory and written by one loop, many
/// at a time; an answer leaves only when what it speaks of is on disk. What crosses executions (children, external signals, parent-close)
/// happens inside one change, so there is no half-done step to recover.
/// </summary>
internal sealed partial class TemporalEngine : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly TemporalServerOptions _options;
    private readonly Database _database;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly TaskQueues _queues = new(TimeProvider.System);
    private readonly Dictionary<string, Run> _runs = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Namespace, string WorkflowId), Run> _current = [];
    private readonly SortedSet<(DateTimeOffset Due, long Seq, Run Run)> _deadlines = new(Comparer<(DateTimeOffset Due, long Seq, Run Run)>.Create(
        static (a, b) => a.Due != b.Due ? a.Due.CompareTo(b.Due) : a.Seq.CompareTo(b.Seq)));

    private readonly SemaphoreSlim _work = new(0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ITimer _timer;
    private readonly ITimer _sweeper;
    private readonly Task _commits;
    private readonly Queue<Run> _unsettled = [];
    private readonly Queue<Action> _offers = [];
    private Batch _batch = new();
    private Batch? _writing;
    private readonly TaskCompletionSource<Exception> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _failure;
    private long _seq;
    private DateTimeOffset? _timerDue;

    public TemporalEngine(TemporalServerOptions options)
    {
        _options = options;
        _clock = options.TimeProvider;
        _logger = options.LoggerFactory.CreateLogger<TemporalEngine>();
        _database = Database.Open(options.DatabasePath);
        _timer = _clock.CreateTimer(_ => FireDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        try
        {
            Recover();
        }
        catch
        {
            _timer.Dispose();
            _database.Dispose();
            throw;
        }

        _sweeper = _clock.CreateTimer(_ => Sweep(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _commits = Task.Run(CommitLoopAsync);
        Sweep();
    }

    /// <summary>Ends when the server stops; held calls end with it.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Ends when nothing can be written any more; with why.</summary>
    public Task<Exception> Failed => _failed.Task;

    /// <summary>Transactions written so far.</summary>
    public long Commits => _database.Commits;

    private DateTimeOffset Now => _clock.GetUtcNow() + _skipped;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _commits;
        await _timer.DisposeAsync();
        await _sweeper.DisposeAsync();
        _database.Dispose();
        _stopping.Dispose();
        _work.Dispose();
    }

    /// <summary>Ends held calls and refuses new ones; what was acknowledged is on disk already.</summary>
    public async Task StopAsync()
    {
        if (!_stopping.IsCancellationRequested)
        {
            lock (_gate)
            {
                _queues.EndPolls();
            }

            await _stopping.CancelAsync();
            _work.Release();
        }
    }

    /// <summary>Makes a change, or reads, and returns when all that was seen is on disk.</summary>
    private async Task<T> ExecuteAsync<T>(Func<DateTimeOffset, T> action)
    {
        T result;
        Task durable;
        lock (_gate)
        {
            ThrowIfUnusable();
            try
            {
                result = action(Now);
            }
            catch (TemporalServerException e)
            {
                throw new RpcException(new Status(StatusCode.DataLoss, e.Message, e));
            }
            finally
            {
                SettleAll();
            }

            durable = Durable();
        }

        await durable;
        return result;
    }

    private void ThrowIfUnusable()
    {
        if (_failure is not null)
        {
            throw Errors.CannotWrite(_failure);
        }

        if (_stopping.IsCancellationRequested)
        {
            throw Errors.Stopping();
        }
    }

    /// <summary>Notes that a run was changed; its events and effects are taken up before the lock is left.</summary>
    private void Touch(Run run) => _unsettled.Enqueue(run);

    private void SettleAll()
    {
        while (true)
        {
            if (_unsettled.TryDequeue(out var run))
            {
                Settle(run);
            }
            else if (_toDecide.TryDequeue(out var schedule))
            {
                Decide(schedule);
            }
            else if (_offers.TryDequeue(out var offer))
            {
                // Offers come last: a waiting worker starts its task at once, and must find the whole change.
                offer();
            }
            else
            {
                break;
            }
        }

        if (!_batch.IsEmpty && !_batch.IsAnnounced)
        {
            _batch.IsAnnounced = true;
            _work.Release();
        }

        ArmTimer();
    }

    private void Settle(Run run)
    {
        run.Machine.EnforceBufferLimit(Now);
        run.Machine.EnforceHistoryLimit(Now);
        var events = run.Machine.TakeEvents();
        if (run.Machine.LastEventId >= Limits.WarnEvents && run.Machine.LastEventId - events.Count < Limits.WarnEvents)
        {
            LogLongHistory(_logger, run.State.WorkflowId, run.State.RunId, run.Machine.LastEventId, Limits.HistoryEvents);
        }

        run.Events?.AddRange(events);
        _batch.Add(run, events);
        foreach (var effect in run.Machine.TakeEffects())
        {
            Carry(run, effect);
        }

        Reindex(run);
    }

    private void Reindex(Run run)
    {
        if (run.Deadline is { } old)
        {
            _deadlines.Remove((old, run.Seq, run));
        }

        run.Deadline = run.Machine.NextDeadline();
        if (run.Deadline is { } due)
        {
            _deadlines.Add((due, run.Seq, run));
        }

        NoteWork(run);
    }

    private void Recover()
    {
        _seq = _database.LastSeq();
        var now = Now;
        lock (_gate)
        {
            foreach (var stored in _database.LoadOpen())
            {
                var run = Adopt(stored);
                _runs[run.State.RunId] = run;
                _current[(run.State.Namespace, run.State.WorkflowId)] = run;
                run.Machine.Recover();
                foreach (var effect in run.Machine.TakeEffects())
                {
                    Carry(run, effect);
                }

                Reindex(run);
            }

            RecoverSchedules();

            // Offers need no worker yet; they fill the queues. Nothing is written by that.
            while (_offers.TryDequeue(out var offer))
            {
                offer();
            }

            ArmTimer();
        }

        LogRecovered(_logger, _runs.Count, now);
    }

    [LoggerMessage(1, LogLevel.Information, "Recovered {Count} open executions at {Time:o}")]
    private static partial void LogRecovered(ILogger logger, int count, DateTimeOffset time);

    [LoggerMessage(6, LogLevel.Warning, "The history of workflow {WorkflowId}, run {RunId}, has {Count} events; at {Limit} it is terminated: let it continue as new")]
    private static partial void LogLongHistory(ILogger logger, string workflowId, string runId, long count, int limit);
}
