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
    public Task<bool> AddAsync(InboxDelivery delivery, CancellationToken cancellationToken)
    {
        var row = new
        {
            delivery.Id,
            Forge = delivery.Forge.ToString(),
            delivery.EventName,
            Body = delivery.Body.ToArray(),
            ReceivedAt = delivery.ReceivedAt.ToUnixTimeMilliseconds(),
        };
        return database.WriteAsync(
            connection => connection.Execute(
                """
                INSERT INTO inbox (id, seq, forge, event_name, body, received_at)
                SELECT @Id, COALESCE(MAX(seq), 0) + 1, @Forge, @EventName, @Body, @ReceivedAt FROM inbox WHERE 1 = 1
                ON CONFLICT (id) DO NOTHING
                """,
                row) == 1,
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<InboxDelivery>> ListPendingAsync(long after, int limit, CancellationToken cancellationToken)
    {
        await using var connection = database.OpenReader();
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
    public Task MarkDoneAsync(IReadOnlyList<InboxDelivery.Outcome> outcomes, CancellationToken cancellationToken) =>
        // The id stays, because it is what a repeat is known by; the body, up to 25 MB of other people's words, has done its work.
        database.WriteAsync(
            connection => connection.Execute(
                "UPDATE inbox SET outcome = @Text, body = @Nothing WHERE id = @DeliveryId",
                outcomes.Select(done => new { done.DeliveryId, done.Text, Nothing = Array.Empty<byte>() })),
            cancellationToken);

    /// <inheritdoc/>
    public Task MarkFailedTryAsync(string deliveryId, string error, CancellationToken cancellationToken) =>
        database.WriteAsync(
            connection => connection.Execute("UPDATE inbox SET tries = tries + 1, last_error = @error WHERE id = @deliveryId", new { deliveryId, error }),
            cancellationToken);
}
