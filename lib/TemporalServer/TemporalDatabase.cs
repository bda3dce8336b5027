using Dapper;
using Microsoft.Data.Sqlite;

namespace TemporalServer;

/// <summary>A look into a server's database from outside; a server may be running on it.</summary>
public static class TemporalDatabase
{
    /// <summary>How many stored states and events hold these bytes anywhere: payloads that name them, for example. Reads the whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="bytes">What to look for.</param>
    /// <returns>Their number; 0 where there is no file.</returns>
    /// <exception cref="TemporalServerException">It cannot be read, or is no database of a server.</exception>
    public static long CountHolding(string path, byte[] bytes)
    {
        if (!File.Exists(path))
        {
            return 0;
        }

        try
        {
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
            connection.Open();
            return connection.ExecuteScalar<long>(
                """
                SELECT (SELECT COUNT(*) FROM runs WHERE instr(state, @bytes) > 0) + (SELECT COUNT(*) FROM events WHERE instr(data, @bytes) > 0)
                  + (SELECT COUNT(*) FROM schedules WHERE instr(state, @bytes) > 0)
                """,
                new { bytes });
        }
        catch (SqliteException e)
        {
            throw new TemporalServerException($"Database '{path}' cannot be read: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }
}
