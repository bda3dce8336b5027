using System.Text.Json;
using CodingAgent.Agents.Sessions;
using Dapper;
using Microsoft.Data.Sqlite;

namespace CodingAgent.Storage;

/// <summary><see cref="IAgentSessions"/> in SQL, encrypted like the journals.</summary>
/// <param name="database">The database.</param>
/// <param name="cipher">Seals what is remembered.</param>
/// <param name="time">Clock of <see cref="Retention"/>; null for the system's.</param>
public sealed class AgentSessions(SqliteDatabase database, PayloadCipher cipher, TimeProvider? time = null) : IAgentSessions
{
    private long Now => (time ?? TimeProvider.System).GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SessionItem>> GetAsync(string session, int? most, CancellationToken cancellationToken)
    {
        await using var connection = database.OpenReader();
        // A run leaves one item at least, so that there is no need to open more rows than items are wanted.
        var rows = await connection.QueryAsync<Row>(new CommandDefinition(
            "SELECT run_id AS RunId, place, items FROM agent_sessions WHERE session = @session ORDER BY place DESC LIMIT @most", new { session, most = most ?? int.MaxValue }, cancellationToken: cancellationToken));
        var items = rows.Reverse().SelectMany(row => ItemsOf(session, row).Select(text => new SessionItem(row.RunId, text))).ToList();
        return most is { } limit && items.Count > limit ? items[^limit..] : items;
    }

    /// <inheritdoc/>
    public Task AddAsync(string session, string runId, IReadOnlyList<string> items, CancellationToken cancellationToken)
    {
        if (items.Count == 0)
            throw new ArgumentException("A run that leaves nothing is not put down.", nameof(items));
        var row = new { session, runId, items = Seal(session, runId, items), now = Now };
        return database.WriteAsync(
            connection => connection.Execute(
                """
                INSERT INTO agent_sessions (session, run_id, place, items, used_at)
                VALUES (@session, @runId, (SELECT COALESCE(MAX(place), 0) + 1 FROM agent_sessions WHERE session = @session), @items, @now)
                ON CONFLICT (session, run_id) DO UPDATE SET items = excluded.items, used_at = excluded.used_at
                """,
                row),
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<SessionItem?> PopAsync(string session, CancellationToken cancellationToken) => database.WriteAsync(connection => Pop(connection, session), cancellationToken);

    /// <inheritdoc/>
    public Task ClearAsync(string session, CancellationToken cancellationToken) =>
        database.WriteAsync(connection => connection.Execute("DELETE FROM agent_sessions WHERE session = @session", new { session }), cancellationToken);

    private SessionItem? Pop(SqliteConnection connection, string session)
    {
        if (connection.QueryFirstOrDefault<Row>("SELECT run_id AS RunId, place, items FROM agent_sessions WHERE session = @session ORDER BY place DESC LIMIT 1", new { session }) is not { } row)
            return null;
        var items = ItemsOf(session, row);
        if (items.Count == 1)
            connection.Execute("DELETE FROM agent_sessions WHERE session = @session AND run_id = @RunId", new { session, row.RunId });
        else
            connection.Execute("UPDATE agent_sessions SET items = @items WHERE session = @session AND run_id = @RunId", new { session, row.RunId, items = Seal(session, row.RunId, items[..^1]) });
        return new SessionItem(row.RunId, items[^1]);
    }

    private byte[] Seal(string session, string runId, IReadOnlyList<string> items) => cipher.Seal(JsonSerializer.Serialize(items), Context(session, runId));

    private List<string> ItemsOf(string session, Row row) => JsonSerializer.Deserialize<List<string>>(cipher.OpenText(row.Items, Context(session, row.RunId)))!;

    internal static string Context(string session, string runId) => $"session {session} run {runId}";

    private sealed class Row
    {
        public string RunId { get; init; } = "";

        public long Place { get; init; }

        public byte[] Items { get; init; } = [];
    }
}
