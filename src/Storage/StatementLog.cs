using CodingAgent.Workflows.Ports;
using Dapper;

namespace CodingAgent.Storage;

/// <summary><see cref="IStatementLog"/> in SQL.</summary>
public sealed class StatementLog(SqliteDatabase database) : IStatementLog
{
    /// <inheritdoc/>
    public Task<string> ClaimAsync(string statement, string deliveryId, CancellationToken cancellationToken) => database.WriteAsync(
        connection =>
        {
            connection.Execute("INSERT INTO statements (statement, delivery) VALUES (@statement, @deliveryId) ON CONFLICT (statement) DO NOTHING", new { statement, deliveryId });
            return connection.ExecuteScalar<string>("SELECT delivery FROM statements WHERE statement = @statement", new { statement })!;
        },
        cancellationToken);

    /// <inheritdoc/>
    public async Task<string?> FindAsync(string statement, CancellationToken cancellationToken)
    {
        await using var connection = database.OpenReader();
        return await connection.ExecuteScalarAsync<string>(new CommandDefinition("SELECT delivery FROM statements WHERE statement = @statement", new { statement }, cancellationToken: cancellationToken));
    }
}
