using CodingAgent.Agents.Journal;
using Dapper;
using Microsoft.Data.Sqlite;

namespace CodingAgent.Storage;

/// <summary><see cref="IAgentJournal"/> in SQL, payloads encrypted. The claim of an attempt and the write it allows are one transaction.</summary>
/// <param name="database">The database.</param>
/// <param name="cipher">Seals payloads.</param>
/// <param name="time">Clock of <see cref="Retention"/>; null for the system's.</param>
public sealed class AgentJournal(SqliteDatabase database, PayloadCipher cipher, TimeProvider? time = null) : IAgentJournal
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<JournalTurn>> OpenAsync(string runId, int attempt, CancellationToken cancellationToken)
    {
        var rows = await ClaimedAsync(
            runId,
            attempt,
            connection => connection.Query<Row>("SELECT turn, response, outputs, snapshot FROM journal_turns WHERE run_id = @runId ORDER BY turn", new { runId }).AsList(),
            cancellationToken);
        return [.. rows.Select(row => ToTurn(runId, row))];
    }

    /// <inheritdoc/>
    public Task AppendResponseAsync(string runId, int attempt, int turn, string responseJson, CancellationToken cancellationToken)
    {
        var response = cipher.Seal(responseJson, Context(runId, turn, "response"));
        return ClaimedAsync(
            runId,
            attempt,
            connection =>
            {
                if (Find(connection, runId, turn) is not { } present)
                    return connection.Execute("INSERT INTO journal_turns (run_id, turn, response) VALUES (@runId, @turn, @response)", new { runId, turn, response });
                // A write whose acknowledgement was lost is repeated word for word; anything else would rewrite history.
                if (!string.Equals(ToTurn(runId, present).ResponseJson, responseJson, StringComparison.Ordinal))
                    throw new InvalidOperationException($"Turn {turn} of {runId} has another response in the journal already.");
                return 0;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task AppendTurnAsync(string runId, int attempt, int turn, string outputsJson, string? snapshot, CancellationToken cancellationToken)
    {
        var outputs = cipher.Seal(outputsJson, Context(runId, turn, "outputs"));
        return ClaimedAsync(
            runId,
            attempt,
            connection =>
            {
                var present = Find(connection, runId, turn)
                    ?? throw new InvalidOperationException($"Turn {turn} of {runId} has no response in the journal: that is written first.");
                if (present.Outputs is null)
                {
                    return connection.Execute(
                        "UPDATE journal_turns SET outputs = @outputs, snapshot = @snapshot WHERE run_id = @runId AND turn = @turn",
                        new { runId, turn, outputs, snapshot });
                }

                if (ToTurn(runId, present).OutputsJson != outputsJson || present.Snapshot != snapshot)
                    throw new InvalidOperationException($"Turn {turn} of {runId} is finished in the journal already, with another result.");
                return 0;
            },
            cancellationToken);
    }

    private Task<T> ClaimedAsync<T>(string runId, int attempt, Func<SqliteConnection, T> act, CancellationToken cancellationToken) =>
        database.WriteAsync(
            connection =>
            {
                // One transaction with what follows: no other attempt comes between.
                var claimed = connection.ExecuteScalar<int?>(
                    """
                    INSERT INTO journal_runs (run_id, attempt, used_at) VALUES (@runId, @attempt, @now)
                    ON CONFLICT (run_id) DO UPDATE SET attempt = excluded.attempt, used_at = excluded.used_at WHERE excluded.attempt >= journal_runs.attempt
                    RETURNING attempt
                    """,
                    new { runId, attempt, now = (time ?? TimeProvider.System).GetUtcNow().ToUnixTimeMilliseconds() });
                return claimed is null ? throw new JournalFencedException($"Attempt {attempt} of {runId} has been replaced by a newer one.") : act(connection);
            },
            cancellationToken);

    private static Row? Find(SqliteConnection connection, string runId, int turn) => connection.QuerySingleOrDefault<Row>(
        "SELECT turn, response, outputs, snapshot FROM journal_turns WHERE run_id = @runId AND turn = @turn", new { runId, turn });

    private JournalTurn ToTurn(string runId, Row row) => new(
        row.Turn,
        cipher.OpenText(row.Response, Context(runId, row.Turn, "response")),
        row.Outputs is null ? null : cipher.OpenText(row.Outputs, Context(runId, row.Turn, "outputs")),
        row.Snapshot);

    internal static string Context(string runId, int turn, string part) => $"journal {runId} turn {turn} {part}";

    private sealed class Row
    {
        public int Turn { get; init; }

        public byte[] Response { get; init; } = [];

        public byte[]? Outputs { get; init; }

        public string? Snapshot { get; init; }
    }
}
