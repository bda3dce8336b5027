using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;

namespace CodingAgent.Storage;

/// <summary>
/// The embedded database: one file, WAL, every commit on disk before it is acknowledged (<c>synchronous=FULL</c>). Opening it checks
/// the file and brings the schema up to date. Within the process everything is written through one writer, because writers who compete
/// for the file's lock sleep; other processes may have the same file open, and are waited for.
/// </summary>
public sealed class SqliteDatabase : IDisposable
{
    // A checkpoint holds up the writer, and writes a page once however often it changed since the last: 32 MB of log between them, not SQLite's 4.
    private const string WritingSettings = "PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000; PRAGMA foreign_keys=ON; PRAGMA wal_autocheckpoint=8000";

    // SQLite's page unless told otherwise.
    private const int PageBytes = 4096;

    private readonly string _path;
    private readonly SqliteConnection _pool;
    private readonly string _writing;
    private readonly SqliteWriter _writer;

    private SqliteDatabase(string path, long? maxBytes)
    {
        _path = path;
        var settings = maxBytes is null ? WritingSettings : $"{WritingSettings}; PRAGMA max_page_count={maxBytes / PageBytes}";
        // DefaultTimeout is how long the driver itself waits for a lock, in seconds.
        var builder = new SqliteConnectionStringBuilder { DataSource = path, Pooling = true, DefaultTimeout = 10 };
        _pool = new SqliteConnection(builder.ToString());
        builder.Pooling = false;
        _writing = builder.ToString();
        _writer = new SqliteWriter(() => Connect(new SqliteConnection(_writing), settings));
    }

    /// <summary>Opens the file, creating it and its folder when absent, and migrates it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Ends the opening.</param>
    /// <param name="maxBytes">Largest size of the file, beyond which writing fails as on a full disk; null for what the disk holds.</param>
    /// <exception cref="StorageException">It is damaged, from a newer version, or cannot be written.</exception>
    public static async Task<SqliteDatabase> OpenAsync(string path, CancellationToken cancellationToken, long? maxBytes = null)
    {
        var full = Path.GetFullPath(path);
        var database = new SqliteDatabase(full, maxBytes);
        try
        {
            MakePrivate(full);
            await using (var connection = Connect(new SqliteConnection(database._writing), WritingSettings))
            {
                var verdict = await connection.ExecuteScalarAsync<string>("PRAGMA quick_check(1)");
                if (!string.Equals(verdict, "ok", StringComparison.Ordinal))
                    throw Damaged(full, verdict ?? "no answer", null);
                await connection.ExecuteAsync("PRAGMA journal_mode=WAL");
                await database.MigrateAsync(connection, cancellationToken);
            }

            return database;
        }
        catch (Exception e)
        {
            database.Dispose();
            throw e switch
            {
                // SQLITE_CORRUPT and SQLITE_NOTADB.
                SqliteException { SqliteErrorCode: 11 or 26 } => Damaged(full, e.Message, e),
                // SQLITE_BUSY and SQLITE_LOCKED.
                SqliteException { SqliteErrorCode: 5 or 6 } =>
                    new StorageException($"The database {full} is locked by another process: end that one (another service on this folder, a backup, an open sqlite3), or choose another data folder.", e),
                SqliteException { SqliteErrorCode: 13 } => new StorageException($"The database {full} cannot be written: there is no room left on its disk. Make some, or choose another data folder.", e),
                SqliteException or IOException or UnauthorizedAccessException =>
                    new StorageException($"The database {full} cannot be opened: {e.Message} Check that the folder exists, is writable and has room.", e),
                _ => e,
            };
        }
    }

    /// <summary>An open connection from the pool, for reading only; dispose it soon.</summary>
    public DbConnection OpenReader() => Connect(new SqliteConnection(_pool.ConnectionString), "PRAGMA busy_timeout=10000; PRAGMA query_only=ON");

    /// <summary>
    /// Runs statements in one transaction, on the writer's thread, and returns when it is on disk. What they throw undoes them and comes
    /// back. They must do nothing but read and write the database, because they may run twice; and not for long, because others wait.
    /// </summary>
    /// <exception cref="SqliteException">Nothing of it was written: no room, or another process held the file for ten seconds.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before the transaction began; later it is too late.</exception>
    public Task<T> WriteAsync<T>(Func<SqliteConnection, T> statements, CancellationToken cancellationToken) => _writer.WriteAsync(statements, cancellationToken);

    /// <summary>Writes a page for nothing but to see that it can be written.</summary>
    /// <exception cref="SqliteException">It cannot.</exception>
    public Task ProbeAsync(CancellationToken cancellationToken) => WriteAsync(connection => connection.Execute("PRAGMA user_version = 1"), cancellationToken);

    /// <summary>Writes what waits, then lets go of the file.</summary>
    public void Dispose()
    {
        _writer.Dispose();
        SqliteConnection.ClearPool(_pool);
        _pool.Dispose();
    }

    // SQLite gives its -wal and -shm the database's own mode, so that one is set before SQLite sees the file. It is put in place whole: to
    // close a database's file here would take the locks of this process's other connections with it.
    private static void MakePrivate(string path)
    {
        if (!File.Exists(path))
            SecretFile.Write(path, "", overwrite: false);
        foreach (var file in (string[])[path, path + "-wal", path + "-shm"])
            SecretFile.Close(file);
    }

    private static SqliteConnection Connect(SqliteConnection connection, string settings)
    {
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = settings;
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private async Task MigrateAsync(SqliteConnection connection, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync("CREATE TABLE IF NOT EXISTS schema_version (version INT NOT NULL PRIMARY KEY, name TEXT NOT NULL)");
        // The transaction takes the write lock at once, so that two processes starting together migrate one after the other.
        await using var transaction = connection.BeginTransaction(deferred: false);
        var current = await connection.ExecuteScalarAsync<int>("SELECT COALESCE(MAX(version), 0) FROM schema_version", transaction: transaction);
        if (current > Migration.All[^1].Version)
        {
            throw new StorageException(
                $"The database {_path} has schema version {current}, this program knows up to {Migration.All[^1].Version}: run the newer program, or restore a backup.");
        }

        foreach (var migration in Migration.All.Where(m => m.Version > current))
        {
            await connection.ExecuteAsync(migration.Sql, transaction: transaction);
            await connection.ExecuteAsync(
                "INSERT INTO schema_version (version, name) VALUES (@Version, @Name)", new { migration.Version, migration.Name }, transaction);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    private static StorageException Damaged(string path, string detail, Exception? inner) =>
        new($"The database {path} is damaged or not a database ({detail.ReplaceLineEndings(" ")}): restore a backup, or move the file away to start empty.", inner);
}
