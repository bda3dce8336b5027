using Microsoft.Data.Sqlite;

namespace CodingAgent.Storage;

/// <summary>
/// The one writer of a database file: a thread with a connection of its own that commits together whatever waits. While one commit is on
/// its way to the disk the next group gathers, so that a commit's cost is shared by as many as there are, and nobody waits for company.
/// Each caller's statements stand in a savepoint: what is refused is refused to its caller alone. A group that cannot be committed as
/// a whole (a full disk) is tried again one by one, so that each caller hears the truth about its own.
/// </summary>
internal sealed class SqliteWriter : IDisposable
{
    // Callers beyond wait outside, each with what it wants to write.
    private const int MostWaiting = 1024;

    // Bounds how long the first of a group waits for the last.
    private const int MostTogether = 256;

    private readonly Func<SqliteConnection> _connect;
    private readonly SemaphoreSlim _room = new(MostWaiting);
    private readonly object _gate = new();
    private readonly Thread _thread;
    private readonly Queue<Write> _waiting = new();
    private WritingConnection? _connection;
    private bool _closed;

    /// <param name="connect">Opens a connection to write on; called again after a group has failed, which takes its connection with it.</param>
    public SqliteWriter(Func<SqliteConnection> connect)
    {
        _connect = connect;
        // SQLite's calls block, most of all the one that waits for the disk: not on a thread that others need.
        _thread = new Thread(Work) { IsBackground = true, Name = "sqlite writer" };
        _thread.Start();
    }

    /// <summary>
    /// Runs statements in the next group and returns once it is on disk. Cancelling works until the group begins; after that the caller
    /// is told what came of it. The statements may run twice, the first time without effect.
    /// </summary>
    /// <exception cref="SqliteException">The statements failed, or the group could not be committed; nothing of them is written.</exception>
    public async Task<T> WriteAsync<T>(Func<SqliteConnection, T> statements, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken);
        var write = new Write<T>(statements);
        lock (_gate)
        {
            if (_closed)
            {
                _room.Release();
                throw new ObjectDisposedException(nameof(SqliteDatabase));
            }

            _waiting.Enqueue(write);
            Monitor.Pulse(_gate);
        }

        await using (cancellationToken.UnsafeRegister(static (state, token) => ((Write<T>)state!).Cancel(token), write))
            return await write.Task;
    }

    /// <summary>Writes what waits, and ends.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
    }

    private void Work()
    {
        while (Take() is { } group)
        {
            group.RemoveAll(write => !write.TryBegin());
            if (group.Count > 0)
                Commit(group);
        }

        _connection?.Dispose();
    }

    private List<Write>? Take()
    {
        var group = new List<Write>();
        lock (_gate)
        {
            while (_waiting.Count == 0)
            {
                if (_closed)
                    return null;
                Monitor.Wait(_gate);
            }

            while (group.Count < MostTogether && _waiting.TryDequeue(out var write))
                group.Add(write);
        }

        _room.Release(group.Count);
        return group;
    }

    private void Commit(List<Write> group)
    {
        var failure = TryCommit(group);
        // SQLITE_BUSY: another process holds the file, and waiting for it once more for each would tell nobody anything new.
        if (failure is null || group.Count == 1 || failure is SqliteException { SqliteErrorCode: 5 })
        {
            group.ForEach(write => write.End(failure));
            return;
        }

        foreach (var write in group)
            write.End(TryCommit([write]));
    }

    // What failed as a whole; null when all is on disk but what was refused by itself.
    private Exception? TryCommit(List<Write> group)
    {
        try
        {
            _connection ??= new WritingConnection(_connect());
            _connection.Begin.ExecuteNonQuery();
            foreach (var write in group)
                _connection.Run(write);
            _connection.Commit.ExecuteNonQuery();
            return null;
        }
        catch (Exception e)
        {
            // Closing rolls back, whatever state the failure left.
            _connection?.Dispose();
            _connection = null;
            return e;
        }
    }

    private sealed class WritingConnection : IDisposable
    {
        private readonly SqliteConnection _connection;
        private readonly SqliteCommand _save;
        private readonly SqliteCommand _keep;
        private readonly SqliteCommand _undo;

        public WritingConnection(SqliteConnection connection)
        {
            _connection = connection;
            Begin = Prepare("BEGIN IMMEDIATE");
            Commit = Prepare("COMMIT");
            _save = Prepare("SAVEPOINT caller");
            _keep = Prepare("RELEASE caller");
            _undo = Prepare("ROLLBACK TO caller");
        }

        public SqliteCommand Begin { get; }

        public SqliteCommand Commit { get; }

        public void Run(Write write)
        {
            _save.ExecuteNonQuery();
            if (write.Run(_connection) is { } refusal)
            {
                try
                {
                    _undo.ExecuteNonQuery();
                }
                catch (SqliteException)
                {
                    // Some failures, a full disk among them, make SQLite end the whole transaction: then all of the group has failed by this one.
                    throw refusal;
                }
            }

            _keep.ExecuteNonQuery();
        }

        public void Dispose()
        {
            foreach (var command in (SqliteCommand[])[Begin, Commit, _save, _keep, _undo])
                command.Dispose();
            _connection.Dispose();
        }

        private SqliteCommand Prepare(string sql)
        {
            var command = _connection.CreateCommand();
            command.CommandText = sql;
            command.Prepare();
            return command;
        }
    }

    private abstract class Write
    {
        private const int Waiting = 0;
        private const int Begun = 1;
        private const int Cancelled = 2;
        private int _state = Waiting;

        public bool TryBegin() => Interlocked.CompareExchange(ref _state, Begun, Waiting) == Waiting;

        protected bool TryCancel() => Interlocked.CompareExchange(ref _state, Cancelled, Waiting) == Waiting;

        /// <summary>Runs the statements; what they threw, if they did.</summary>
        public abstract Exception? Run(SqliteConnection connection);

        /// <summary>Tells the caller: the failure of the whole group, else what its statements returned or threw.</summary>
        public abstract void End(Exception? failure);
    }

    private sealed class Write<T>(Func<SqliteConnection, T> statements) : Write
    {
        private readonly TaskCompletionSource<T> _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Exception? _refusal;
        private T _result = default!;

        public Task<T> Task => _told.Task;

        public override Exception? Run(SqliteConnection connection)
        {
            _refusal = null;
            try
            {
                _result = statements(connection);
            }
            catch (Exception e)
            {
                _refusal = e;
            }

            return _refusal;
        }

        public override void End(Exception? failure)
        {
            if ((failure ?? _refusal) is { } e)
                _told.SetException(e);
            else
                _told.SetResult(_result);
        }

        public void Cancel(CancellationToken token)
        {
            if (TryCancel())
                _told.SetCanceled(token);
        }
    }
}
