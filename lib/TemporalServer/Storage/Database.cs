using System.Globalization;
using Dapper;
using Microsoft.Data.Sqlite;

namespace TemporalServer.Storage;

/// <summary>
/// The one file. One connection writes, one reads; WAL lets them work at once. With <c>synchronous=FULL</c> a commit that returned
/// is on disk.
/// </summary>
internal sealed partial class Database : IDisposable
{
    private const int ApplicationId = 0x54_4D_50_4C;
    private const int SchemaVersion = 2;

    // Histories are nobody else's to read.
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly string[] Suffixes = ["", "-wal", "-shm", "-lock"];

    private readonly string _path;
    private readonly bool _temporary;
    private readonly FileStream _lock;
    private readonly SqliteConnection _writer;
    private readonly SqliteConnection _reader;

    private Database(string path, bool temporary)
    {
        _path = path;
        _temporary = temporary;
        _lock = Lock(path);
        try
        {
            if (_lock.Length > 0 && File.Exists(path) && new FileInfo(path).Length == 0)
            {
                throw Unusable("the file is empty, though it held a database");
            }

            MakePrivate(path);
            _writer = Connect(path, temporary);
            _reader = Connect(path, temporary);
            Prepare();
        }
        catch (SqliteException e)
        {
            _writer?.Dispose();
            _reader?.Dispose();
            _lock.Dispose();
            throw e.SqliteErrorCode == 13
                ? new TemporalServerException($"Database '{path}' cannot be written: there is no room left on its disk; make some", e)
                : Unusable(e.Message, e);
        }
        catch
        {
            _writer?.Dispose();
            _reader?.Dispose();
            _lock.Dispose();
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
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            }
            else
            {
                Directory.CreateDirectory(Path.GetDirectoryName(full)!, Private | UnixFileMode.UserExecute);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TemporalServerException($"The folder of database '{full}' cannot be created: {e.Message}", e);
        }

        return new Database(full, temporary: false);
    }

    public void Dispose()
    {
        _reader.Dispose();
        _writer.Dispose();
        _lock.Dispose();
        if (_temporary)
        {
            foreach (var suffix in Suffixes)
            {
                File.Delete(_path + suffix);
            }
        }
    }

    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(path + "-lock", Options(FileMode.OpenOrCreate));
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

    // SQLite gives its -wal and -shm the mode of the database: that one is set before SQLite sees the file, which the lock keeps from others.
    private static void MakePrivate(string path)
    {
        if (!File.Exists(path))
        {
            using (new FileStream(path, Options(FileMode.CreateNew)))
            {
            }
        }

        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (var file in Suffixes.Select(suffix => path + suffix).Where(File.Exists))
        {
            if ((File.GetUnixFileMode(file) & ~Private) != UnixFileMode.None)
            {
                File.SetUnixFileMode(file, Private);
            }
        }
    }

    private static FileStreamOptions Options(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = Private;
        }

        return options;
    }

    private static SqliteConnection Connect(string path, bool temporary)
    {
        // No pooling: a disposed server must let go of its file.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        connection.Execute($"PRAGMA journal_mode=WAL; PRAGMA synchronous={(temporary ? "OFF" : "FULL")}; PRAGMA busy_timeout=5000");
        return connection;
    }

    private void Prepare()
    {
        var application = _writer.ExecuteScalar<long>("PRAGMA application_id");
        var version = _writer.ExecuteScalar<long>("PRAGMA user_version");
        if (application == 0 && version == 0 && _writer.ExecuteScalar<long>("SELECT count(*) FROM sqlite_master") == 0)
        {
            Upgrade(from: 0);
        }
        else if (application != ApplicationId)
        {
            throw new TemporalServerException($"'{_path}' is a SQLite database of another program; name another file");
        }
        else if (version is < 1 or > SchemaVersion)
        {
            throw new TemporalServerException($"Database '{_path}' has format {version}, this server writes format {SchemaVersion}; use a matching version");
        }
        else
        {
            CheckWhole();
            Upgrade((int)version);
        }

        // From here on an empty file is a loss, not a beginning.
        _lock.SetLength(1);
    }

    /// <summary>Brings the file to the format of today, all steps or none.</summary>
    private void Upgrade(int from)
    {
        using var transaction = _writer.BeginTransaction();
        foreach (var step in Steps.Skip(from))
        {
            _writer.Execute(step, transaction: transaction);
        }

        _writer.Execute(
            string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id={ApplicationId}; PRAGMA user_version={SchemaVersion}"),
            transaction: transaction);
        transaction.Commit();
    }

    /// <summary>Reads the structure of the whole file once: what is cut off or written over is found now, not in the middle of the work.</summary>
    private void CheckWhole()
    {
        if (_writer.ExecuteScalar<string>("PRAGMA quick_check(1)") is var verdict && verdict != "ok")
        {
            throw Unusable(verdict ?? "it cannot be checked");
        }
    }

    private T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (SqliteException e) when (e.SqliteErrorCode is 11 or 26)
        {
            throw Unusable(e.Message, e);
        }
    }

    private TemporalServerException Unusable(string why, Exception? e = null) =>
        new($"Database '{_path}' cannot be used: {why.ReplaceLineEndings(" ")}; restore it from a backup, or move it away to start empty", e);
}
