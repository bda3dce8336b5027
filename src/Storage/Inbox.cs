using System.Data.Common;
using CodingAgent.Forges;
using CodingAgent.Workflows.Ports;
using Dapper;

namespace CodingAgent.Storage;

/// <summary><see cref="IInbox"/> in SQL.</summary>
public sealed class Inbox(SqliteDatabase database) : IInbox
{
    // A page of deliveries must fit into memory whatever their sizes; forges allow 25 MB each.
    private const long PageBytes = 64L * 1024 * 1024;

    /// <inheritdoc/>
    public async Task<bool> AddAsync(InboxDelivery delivery, CancellationToken cancellationToken)
    {
        await using var connection = await database.ConnectAsync(cancellationToken);
        var rows = await connection.ExecuteAsync(new CommandDefinition(
            """
            INSERT INTO inbox (id, seq, forge, event_name, body, received_at)
            SELECT @Id, COALESCE(MAX(seq), 0) + 1, @Forge, @EventName, @Body, @ReceivedAt FROM inbox WHERE 1 = 1
            ON CONFLICT (id) DO NOTHING
            """,
            new
            {
                delivery.Id,
                Forge = delivery.Forge.ToString(),
                delivery.EventName,
                Body = delivery.Body.ToArray(),
                ReceivedAt = delivery.ReceivedAt.ToUnixTimeMilliseconds(),
            },
            cancellationToken: cancellationToken));
        return rows == 1;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<InboxDelivery>> ListPendingAsync(long after, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.ConnectAsync(cancellationToken);
        await using var reader = (DbDataReader)await connection.ExecuteReaderAsync(new CommandDefinition(
            """
            SELECT id, forge, event_name, body, received_at, tries, seq FROM inbox
            WHERE outcome IS NULL AND seq > @after ORDER BY seq LIMIT @limit
            """,
            new { after, limit },
            cancellationToken: cancellationToken));
        var page = new List<InboxDelivery>();
        var bytes = 0L;
        while (bytes < PageBytes && await reader.ReadAsync(cancellationToken))
        {
            var body = await reader.GetFieldValueAsync<byte[]>(3, cancellationToken);
            bytes += body.Length;
            page.Add(new InboxDelivery(
                reader.GetString(0), Enum.Parse<ForgeKind>(reader.GetString(1)), reader.GetString(2), body,
                DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(4)), reader.GetInt32(5), reader.GetInt64(6)));
        }

        return page;
    }

    /// <inheritdoc/>
    public Task MarkDoneAsync(string deliveryId, string outcome, CancellationToken cancellationToken) =>
        // The id stays, because it is what a repeat is known by; the body, up to 25 MB of other people's words, has done its work.
        ExecuteAsync("UPDATE inbox SET outcome = @text, body = @nothing WHERE id = @deliveryId", deliveryId, outcome, cancellationToken);

    /// <inheritdoc/>
    public Task MarkUnreadableAsync(string deliveryId, string reason, CancellationToken cancellationToken) =>
        ExecuteAsync("UPDATE inbox SET outcome = 'unreadable', unreadable = @text WHERE id = @deliveryId", deliveryId, reason, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<UnreadableDelivery>> ListUnreadableAsync(int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.ConnectAsync(cancellationToken);
        var rows = await connection.QueryAsync<(string Id, string EventName, long ReceivedAt, long Bytes, string Reason)>(new CommandDefinition(
            "SELECT id, event_name, received_at, length(body), unreadable FROM inbox WHERE unreadable IS NOT NULL ORDER BY seq DESC LIMIT @limit",
            new { limit },
            cancellationToken: cancellationToken));
        return rows.Select(r => new UnreadableDelivery(r.Id, r.EventName, DateTimeOffset.FromUnixTimeMilliseconds(r.ReceivedAt), r.Bytes, r.Reason)).ToList();
    }

    /// <inheritdoc/>
    public Task MarkFailedTryAsync(string deliveryId, string error, CancellationToken cancellationToken) =>
        ExecuteAsync("UPDATE inbox SET tries = tries + 1, last_error = @text WHERE id = @deliveryId", deliveryId, error, cancellationToken);

    private async Task ExecuteAsync(string sql, string deliveryId, string text, CancellationToken cancellationToken)
    {
        await using var connection = await database.ConnectAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(sql, new { deliveryId, text, nothing = Array.Empty<byte>() }, cancellationToken: cancellationToken));
    }
}
