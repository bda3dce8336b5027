using System.Globalization;
using Dapper;
using Google.Protobuf;
using Microsoft.Data.Sqlite;

namespace TemporalServer.Storage;

/// <summary>
/// The one file. One connection writes, one reads; WAL lets them work at once. With <c>synchronous=FULL</c> a commit that returned
/// is on disk.
/// </summary>
internal sealed class Database : IDisposable
{
    private const int ApplicationId = 0x54_4D_50_4C;
    private const int SchemaVersion = 1;
    private const string Schema =
        """
        CREATE TABLE runs (
          seq INTEGER PRIMARY KEY,
          run_id TEXT NOT NULL UNIQUE,
          namespace TEXT NOT NULL,
          workflow_id TEXT NOT NULL,
          workflow_type TEXT NOT NULL,
          task_queue TEXT NOT NULL,
          status INTEGER NOT NULL,
          start_time INTEGER NOT NULL,
          execution_time INTEGER NOT NULL,
          close_time INTEGER,
          history_length INTEGER NOT NULL,
          parent_workflow_id TEXT,
          search_attributes TEXT NOT NULL,
          state BLOB NOT NULL
        );
        CREATE INDEX runs_by_workflow ON runs (namespace, workflow_id, seq);
        CREATE INDEX runs_open ON runs (seq) WHERE status = 1;
        CREATE TABLE events (
          run_id TEXT NOT NULL,
          event_id INTEGER NOT NULL,
          data BLOB NOT NULL,
          PRIMARY KEY (run_id, event_id)
        ) WITHOUT ROWID;
        """;

    private readonly string _path;
    private readonly bool _temporary;
    private readonly FileStream? _lock;
    private readonly SqliteConnection _writer;
    private readonly SqliteConnection _reader;

    private Database(string path, bool temporary)
    {
        _path = path;
        _temporary = temporary;
        _lock = Lock(path);
        try
        {
            _writer = Connect(path, temporary);
            _reader = Connect(path, temporary);
            Prepare();
        }
        catch (SqliteException e)
        {
            _writer?.Dispose();
            _reader?.Dispose();
            _lock?.Dispose();
            throw Unusable(e);
        }
        catch
        {
            _writer?.Dispose();
            _reader?.Dispose();
            _lock?.Dispose();
            throw;
        }
    }

    public static Database Open(string? path)
    {
        if (path is null)
        {
            return new Database(Path.Combine(Path.GetTempPath(), $"temporal-{Guid.NewGuid():N}.db"), temporary: true);
        }

        var full = Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TemporalServerException($"The folder of database '{full}' cannot be created: {e.Message}", e);
        }

        return new Database(full, temporary: false);
    }

    /// <summary>The highest place in the order of starts that is taken.</summary>
    public long LastSeq() => _reader.ExecuteScalar<long?>("SELECT max(seq) FROM runs") ?? 0;

    public IReadOnlyList<StoredRun> LoadOpen() => Runs("WHERE status = 1 ORDER BY seq", null);

    public StoredRun? Load(string runId) => Runs("WHERE run_id = @runId", new { runId }) is [var run] ? run : null;

    public StoredRun? LoadLatest(string ns, string workflowId) =>
        Runs("WHERE namespace = @ns AND workflow_id = @workflowId ORDER BY seq DESC LIMIT 1", new { ns, workflowId }) is [var run] ? run : null;

    public List<HistoryEvent> LoadEvents(string runId) => Guarded(() =>
        _reader.Query<byte[]>("SELECT data FROM events WHERE run_id = @runId ORDER BY event_id", new { runId })
            .Select(data => HistoryEvent.Parser.ParseFrom(data)).ToList());

    /// <summary>Lists states by a filter, newest start first.</summary>
    public IReadOnlyList<StoredRun> List(string where, DynamicParameters parameters, long beforeSeq, int limit)
    {
        parameters.Add("before", beforeSeq);
        parameters.Add("limit", limit);
        return Runs($"WHERE ({where}) AND seq < @before ORDER BY seq DESC LIMIT @limit", parameters);
    }

    public long Count(string where, DynamicParameters parameters) =>
        Guarded(() => _reader.ExecuteScalar<long>($"SELECT count(*) FROM runs WHERE {where}", parameters));

    public IReadOnlyList<(int Status, long Count)> CountByStatus(string where, DynamicParameters parameters) =>
        Guarded(() => _reader.Query<(int, long)>($"SELECT status, count(*) FROM runs WHERE {where} GROUP BY status ORDER BY status", parameters).ToList());

    /// <summary>Writes everything in one transaction; it is on disk when this returns.</summary>
    public void Write(IReadOnlyList<RunWrite> runs, IReadOnlyList<string> deletedRunIds)
    {
        using var transaction = _writer.BeginTransaction();
        using var upsert = Command(
            transaction,
            """
            INSERT INTO runs (seq, run_id, namespace, workflow_id, workflow_type, task_queue, status, start_time, execution_time, close_time,
              history_length, parent_workflow_id, search_attributes, state)
            VALUES ($seq, $run, $ns, $wf, $type, $queue, $status, $start, $exec, $close, $length, $parent, $sa, $state)
            ON CONFLICT (seq) DO UPDATE SET status = $status, execution_time = $exec, close_time = $close, history_length = $length,
              search_attributes = $sa, state = $state
            """,
            "$seq", "$run", "$ns", "$wf", "$type", "$queue", "$status", "$start", "$exec", "$close", "$length", "$parent", "$sa", "$state");
        using var insert = Command(transaction, "INSERT INTO events (run_id, event_id, data) VALUES ($run, $id, $data)", "$run", "$id", "$data");
        foreach (var run in runs)
        {
            var c = run.Columns;
            Execute(
                upsert, run.Seq, c.RunId, c.Namespace, c.WorkflowId, c.WorkflowType, c.TaskQueue, c.Status, c.StartTime, c.ExecutionTime,
                c.CloseTime, c.HistoryLength, c.ParentWorkflowId, c.SearchAttributes, run.State);
            foreach (var e in run.Events)
            {
                Execute(insert, c.RunId, e.EventId, e.ToByteArray());
            }
        }

        foreach (var runId in deletedRunIds)
        {
            _writer.Execute("DELETE FROM runs WHERE run_id = @runId; DELETE FROM events WHERE run_id = @runId", new { runId }, transaction);
        }

        transaction.Commit();
    }

    public void Dispose()
    {
        _reader.Dispose();
        _writer.Dispose();
        _lock?.Dispose();
        if (_temporary)
        {
            foreach (var suffix in (string[])["", "-wal", "-shm", "-lock"])
            {
                File.Delete(_path + suffix);
            }
        }
    }

    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(path + "-lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new TemporalServerException($"Database '{path}' is in use by another server; stop it or name another file ({e.Message})", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new TemporalServerException($"Database '{path}' cannot be written: {e.Message}", e);
        }
    }

    private static SqliteConnection Connect(string path, bool temporary)
    {
        // No pooling: a disposed server must let go of its file.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        connection.Execute($"PRAGMA journal_mode=WAL; PRAGMA synchronous={(temporary ? "OFF" : "FULL")}; PRAGMA busy_timeout=5000");
        return connection;
    }

    private static SqliteCommand Command(SqliteTransaction transaction, string sql, params string[] parameters)
    {
        var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        foreach (var name in parameters)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        return command;
    }

    private static void Execute(SqliteCommand command, params object?[] values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        command.ExecuteNonQuery();
    }

    private void Prepare()
    {
        var application = _writer.ExecuteScalar<long>("PRAGMA application_id");
        var version = _writer.ExecuteScalar<long>("PRAGMA user_version");
        if (application == 0 && version == 0 && _writer.ExecuteScalar<long>("SELECT count(*) FROM sqlite_master") == 0)
        {
            using var transaction = _writer.BeginTransaction();
            _writer.Execute(Schema, transaction: transaction);
            _writer.Execute(
                string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id={ApplicationId}; PRAGMA user_version={SchemaVersion}"),
                transaction: transaction);
            transaction.Commit();
            return;
        }

        if (application != ApplicationId)
        {
            throw new TemporalServerException($"'{_path}' is a SQLite database of another program; name another file");
        }

        if (version != SchemaVersion)
        {
            throw new TemporalServerException($"Database '{_path}' has format {version}, this server writes format {SchemaVersion}; use a matching version");
        }
    }

    private List<StoredRun> Runs(string tail, object? parameters) => Guarded(() =>
        _reader.Query<(long Seq, byte[] State)>($"SELECT seq, state FROM runs {tail}", parameters)
            .Select(row => new StoredRun(row.Seq, ExecutionState.Parser.ParseFrom(row.State))).ToList());

    private T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is InvalidProtocolBufferException || e is SqliteException { SqliteErrorCode: 11 or 26 })
        {
            throw Unusable(e);
        }
    }

    private TemporalServerException Unusable(Exception e) =>
        new($"Database '{_path}' cannot be used: {e.Message}; restore it from a backup, or move it away to start empty", e);
}
