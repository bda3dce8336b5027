using System.Data.Common;
using CodingAgent.Agents.Journal;
using Dapper;

namespace CodingAgent.Storage;

/// <summary><see cref="IAgentJournal"/> in SQL, payloads encrypted. The claim of an attempt and the write it allows are one transaction.</summary>
public sealed class AgentJournal(SqliteDatabase database, PayloadCipher cipher) : IAgentJournal
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<JournalTurn>> OpenAsync(string runId, int attempt, CancellationToken cancellationToken) =>
        ClaimedAsync(
            runId,
            attempt,
            async Task<IReadOnlyList<JournalTurn>> (connection, transaction) =>
            {
                var rows = await connection.QueryAsync<Row>(
                    "SELECT turn, response, outputs, snapshot FROM journal_turns WHERE run_id = @runId ORDER BY turn", new { runId }, transaction);
                return [.. rows.Select(row => ToTurn(runId, row))];
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task AppendResponseAsync(string runId, int attempt, int turn, string responseJson, CancellationToken cancellationToken) =>
        ClaimedAsync(
            runId,
            attempt,
            async (connection, transaction) =>
            {
                if (await FindAsync(connection, transaction, runId, turn) is { } present)
                {
                    // A write whose acknowledgement was lost is repeated word for word; anything else would rewrite history.
                    if (!string.Equals(present.ResponseJson, responseJson, StringComparison.Ordinal))
                        throw new InvalidOperationException($"Turn {turn} of {runId} has another response in the journal already.");
                    return true;
                }

                await connection.ExecuteAsync(
                    "INSERT INTO journal_turns (run_id, turn, response) VALUES (@runId, @turn, @response)",
                    new { runId, turn, response = cipher.Seal(responseJson, Context(runId, turn, "response")) },
                    transaction);
                return true;
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task AppendTurnAsync(string runId, int attempt, int turn, string outputsJson, string? snapshot, CancellationToken cancellationToken) =>
        ClaimedAsync(
            runId,
            attempt,
            async (connection, transaction) =>
            {
                var present = await FindAsync(connection, transaction, runId, turn)
                    ?? throw new InvalidOperationException($"Turn {turn} of {runId} has no response in the journal: that is written first.");
                if (present.OutputsJson is not null)
                {
                    if (present.OutputsJson != outputsJson || present.Snapshot != snapshot)
                        throw new InvalidOperationException($"Turn {turn} of {runId} is finished in the journal already, with another result.");
                    return true;
                }

                await connection.ExecuteAsync(
                    "UPDATE journal_turns SET outputs = @outputs, snapshot = @snapshot WHERE run_id = @runId AND turn = @turn",
                    new { runId, turn, outputs = cipher.Seal(outputsJson, Context(runId, turn, "outputs")), snapshot },
                    transaction);
                return true;
            },
            cancellationToken);

    private async Task<T> ClaimedAsync<T>(
        string runId, int attempt, Func<DbConnection, DbTransaction, Task<T>> act, CancellationToken cancellationToken)
    {
        await using var connection = await database.ConnectAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // Writing first takes the lock: from here to the commit no other attempt can claim the run.
        var claimed = await connection.ExecuteScalarAsync<int?>(
            """
            INSERT INTO journal_runs (run_id, attempt) VALUES (@runId, @attempt)
            ON CONFLICT (run_id) DO UPDATE SET attempt = excluded.attempt WHERE excluded.attempt >= journal_runs.attempt
            RETURNING attempt
            """,
            new { runId, attempt },
            transaction);
        if (claimed is null)
            throw new JournalFencedException($"Attempt {attempt} of {runId} has been replaced by a newer one.");
        var result = await act(connection, transaction);
        await transaction.CommitAsync(cancellationToken);
        return result;
    }

    private async Task<JournalTurn?> FindAsync(DbConnection connection, DbTransaction transaction, string runId, int turn)
    {
        var row = await connection.QuerySingleOrDefaultAsync<Row>(
            "SELECT turn, response, outputs, snapshot FROM journal_turns WHERE run_id = @runId AND turn = @turn", new { runId, turn }, transaction);
        return row is null ? null : ToTurn(runId, row);
    }

    private JournalTurn ToTurn(string runId, Row row) => new(
        row.Turn,
        cipher.Open(row.Response, Context(runId, row.Turn, "response")),
        row.Outputs is null ? null : cipher.Open(row.Outputs, Context(runId, row.Turn, "outputs")),
        row.Snapshot);

    private static string Context(string runId, int turn, string part) => $"journal {runId} turn {turn} {part}";

    private sealed class Row
    {
        public int Turn { get; init; }

        public byte[] Response { get; init; } = [];

        public byte[]? Outputs { get; init; }

        public string? Snapshot { get; init; }
    }
}
