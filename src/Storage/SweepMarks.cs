using CodingAgent.Workflows.Ports;
using Dapper;

namespace CodingAgent.Storage;

/// <summary><see cref="ISweepMarks"/> in SQL.</summary>
public sealed class SweepMarks(SqliteDatabase database) : ISweepMarks
{
    /// <inheritdoc/>
    public async Task<DateTimeOffset?> FindAsync(string what, CancellationToken cancellationToken)
    {
        await using var connection = database.OpenReader();
        var at = await connection.ExecuteScalarAsync<long?>(new CommandDefinition("SELECT at FROM sweep_marks WHERE what = @what", new { what }, cancellationToken: cancellationToken));
        return at is { } known ? DateTimeOffset.FromUnixTimeMilliseconds(known) : null;
    }

    /// <inheritdoc/>
    public Task SetAsync(string what, DateTimeOffset at, CancellationToken cancellationToken) => database.WriteAsync(
        connection => connection.Execute(
            "INSERT INTO sweep_marks (what, at) VALUES (@what, @at) ON CONFLICT (what) DO UPDATE SET at = excluded.at", new { what, at = at.ToUnixTimeMilliseconds() }),
        cancellationToken);
}
