using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;

namespace CodingAgent.Storage;

/// <summary>
/// The embedded database: one file, WAL, every commit on disk before it is acknowledged (<c>synchronous=FULL</c>). Opening it checks
/// the file and brings the schema up to date. Several processes may open the same file.
/// </summary>
public sealed class SqliteDatabase : IDisposable
{
    private readonly string _path;
    private readonly SqliteConnection _pool;
    private readonly string _connectionString;

    private SqliteDatabase(string path)
    {
        _path = path;
        // DefaultTimeout is how long the driver itself waits for another writer, in seconds.
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, Pooling = true, DefaultTimeout = 10 }.ToString();
        _pool = new SqliteConnection(_connectionString);
    }

    /// <summary>Opens the file, creating it and its folder when absent, and migrates it.</summary>
    /// <exception cref="StorageException">It is damaged, from a newer version, or cannot be written.</exception>
    public static async Task<SqliteDatabase> OpenAsync(string path, CancellationToken cancellationToken)
    {
        var full = Path.GetFullPath(path);
        var database = new SqliteDatabase(full);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            await using (var connection = await database.ConnectAsync(cancellationToken))
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
                SqliteException or IOException or UnauthorizedAccessException =>
                    new StorageException($"The database {full} cannot be opened: {e.Message} Check that the folder exists, is writable and has room.", e),
                _ => e,
            };
        }
    }

    /// <summary>An open connection from the pool; dispose it soon. Commands on it wait for other writers up to ten seconds.</summary>
    public async Task<DbConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var connection = new SqliteConnection(_connectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            await connection.ExecuteAsync("PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000; PRAGMA foreign_keys=ON;");
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets go of the pooled connections, and so of the file.</summary>
    public void Dispose()
    {
        SqliteConnection.ClearPool(_pool);
        _pool.Dispose();
    }

    private async Task MigrateAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync("CREATE TABLE IF NOT EXISTS schema_version (version INT NOT NULL PRIMARY KEY, name TEXT NOT NULL)");
        // The transaction takes the write lock at once, so that two processes starting together migrate one after the other.
        await using var transaction = ((SqliteConnection)connection).BeginTransaction(deferred: false);
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
