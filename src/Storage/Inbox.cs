using System.Data.Common;
using System.Security.Cryptography;
using CodingAgent.Forges;
using CodingAgent.Workflows.Ports;
using Dapper;
using Microsoft.Data.Sqlite;

namespace CodingAgent.Storage;

/// <summary><see cref="IInbox"/> in SQL, bodies sealed: they are other people's words, private repositories' among them.</summary>
public sealed class Inbox(SqliteDatabase database, PayloadCipher cipher) : IInbox
{
    // A page of deliveries must fit into memory whatever their sizes; forges allow 25 MB each.
    private const long PageBytes = 64L * 1024 * 1024;

    // Of the writer's present connection, and used on its thread alone.
    private Statements? _statements;

    /// <inheritdoc/>
    public Task<bool> AddAsync(InboxDelivery delivery, CancellationToken cancellationToken)
    {
        var body = cipher.Seal(delivery.Body.Span, Context(delivery.Id, delivery.Forge.ToString(), delivery.EventName));
        var key = Convert.FromHexString(cipher.WritingKeyId);
        var hash = SHA256.HashData(delivery.Body.Span);
        return database.WriteAsync(connection => On(connection).Insert(delivery, body, key, hash), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<InboxDelivery>> ListPendingAsync(long after, int limit, CancellationToken cancellationToken)
    {
        await using var connection = database.OpenReader();
        await using var reader = (DbDataReader)await connection.ExecuteReaderAsync(new CommandDefinition(
            """
            SELECT id, forge, event_name, body, received_at, tries, seq, key_id IS NOT NULL, trace_parent FROM inbox
            WHERE outcome IS NULL AND seq > @after ORDER BY seq LIMIT @limit
            """,
            new { after, limit },
            cancellationToken: cancellationToken));
        var page = new List<InboxDelivery>();
        var bytes = 0L;
        while (bytes < PageBytes && await reader.ReadAsync(cancellationToken))
        {
            var (id, body) = (reader.GetString(0), await reader.GetFieldValueAsync<byte[]>(3, cancellationToken));
            bytes += body.Length;
            // Without a key's id it is from before bodies were sealed.
            var (plain, damage) = reader.GetBoolean(7) ? Open(body, Context(id, reader.GetString(1), reader.GetString(2))) : (body, null);
            page.Add(new InboxDelivery(
                id, Enum.Parse<ForgeKind>(reader.GetString(1)), reader.GetString(2), plain,
                DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(4)), reader.GetInt32(5), reader.GetInt64(6))
            {
                Damage = damage,
                TraceParent = await reader.IsDBNullAsync(8, cancellationToken) ? null : reader.GetString(8),
            });
        }

        return page;
    }

    /// <inheritdoc/>
    public Task MarkDoneAsync(IReadOnlyList<InboxDelivery.Outcome> outcomes, CancellationToken cancellationToken) =>
        database.WriteAsync(connection => outcomes.Sum(On(connection).Finish), cancellationToken);

    /// <inheritdoc/>
    public Task MarkUnreadableAsync(string deliveryId, string reason, CancellationToken cancellationToken) =>
        database.WriteAsync(
            connection => connection.Execute("UPDATE inbox SET outcome = 'unreadable', unreadable = @reason WHERE id = @deliveryId", new { deliveryId, reason }),
            cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<UnreadableDelivery>> ListUnreadableAsync(int limit, CancellationToken cancellationToken)
    {
        await using var connection = database.OpenReader();
        var rows = await connection.QueryAsync<(string Id, string EventName, long ReceivedAt, long Bytes, string Reason)>(new CommandDefinition(
            "SELECT id, event_name, received_at, length(body) - CASE WHEN key_id IS NULL THEN 0 ELSE @overhead END, unreadable FROM inbox WHERE unreadable IS NOT NULL ORDER BY seq DESC LIMIT @limit",
            new { limit, overhead = PayloadCipher.Overhead },
            cancellationToken: cancellationToken));
        return rows.Select(r => new UnreadableDelivery(r.Id, r.EventName, DateTimeOffset.FromUnixTimeMilliseconds(r.ReceivedAt), r.Bytes, r.Reason)).ToList();
    }

    /// <inheritdoc/>
    public Task MarkFailedTryAsync(string deliveryId, string error, CancellationToken cancellationToken) =>
        database.WriteAsync(
            connection => connection.Execute("UPDATE inbox SET tries = tries + 1, last_error = @error WHERE id = @deliveryId", new { deliveryId, error }),
            cancellationToken);

    internal static string Context(string id, string forge, string eventName) => $"delivery {id} ({forge} {eventName})";

    // One row that somebody changed must not hold up those behind it; a missing key would do that to all, and stops.
    private (byte[] Plain, string? Damage) Open(byte[] body, string context)
    {
        try
        {
            return (cipher.Open(body, context), null);
        }
        catch (StorageException e) when (e is not MissingKeyException)
        {
            return ([], e.Message);
        }
    }

    private Statements On(SqliteConnection connection) => _statements?.Connection == connection ? _statements : _statements = new Statements(connection);

    // Prepared once: every delivery passes here, and the writer's time is everybody's.
    private sealed class Statements
    {
        private readonly SqliteCommand _insert;
        private readonly SqliteCommand _finish;

        public Statements(SqliteConnection connection)
        {
            Connection = connection;
            _insert = Prepare(
                """
                INSERT INTO inbox (id, seq, forge, event_name, body, received_at, key_id, body_hash, trace_parent)
                SELECT @id, (SELECT COALESCE(MAX(seq), 0) + 1 FROM inbox), @forge, @event, @body, @at, @key, @hash, @trace
                WHERE NOT EXISTS (SELECT 1 FROM inbox WHERE body_hash = @hash)
                ON CONFLICT (id) DO NOTHING
                """,
                "@id", "@forge", "@event", "@body", "@at", "@key", "@hash", "@trace");
            // Id and hash stay, because they are what a repeat is known by; the body, up to 25 MB of other people's words, has done its work.
            _finish = Prepare("UPDATE inbox SET outcome = @outcome, body = x'', key_id = NULL WHERE id = @id", "@id", "@outcome");
        }

        public SqliteConnection Connection { get; }

        public bool Insert(InboxDelivery delivery, byte[] body, byte[] key, byte[] hash) =>
            Execute(_insert, delivery.Id, delivery.Forge.ToString(), delivery.EventName, body, delivery.ReceivedAt.ToUnixTimeMilliseconds(), key, hash, (object?)delivery.TraceParent ?? DBNull.Value) == 1;

        public int Finish(InboxDelivery.Outcome outcome) => Execute(_finish, outcome.DeliveryId, outcome.Text);

        private SqliteCommand Prepare(string sql, params string[] parameters)
        {
            var command = Connection.CreateCommand();
            command.CommandText = sql;
            foreach (var name in parameters)
                command.Parameters.Add(new SqliteParameter { ParameterName = name });
            return command;
        }

        private static int Execute(SqliteCommand command, params ReadOnlySpan<object> values)
        {
            for (var i = 0; i < values.Length; i++)
                command.Parameters[i].Value = values[i];
            return command.ExecuteNonQuery();
        }
    }
}
