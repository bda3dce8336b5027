using System.Security.Cryptography;
using CodingAgent.Mcp;
using Dapper;

namespace CodingAgent.Storage;

/// <summary>
/// <see cref="IArtifactStore"/> in SQL, contents sealed. Rows rather than files: an artifact becomes durable in the one way everything else
/// does, a backup is one file, and the same statements run on Postgres. What is stored (thin packs, logs, patches) is a few megabytes at
/// most. An id is a keyed hash, so that whoever has the database alone cannot find out whether it holds a content they know. Another key that
/// writes gives other ids to the same contents; those given before go on being found.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="cipher">What seals contents and names them.</param>
/// <param name="time">Clock of <see cref="Retention"/>; null for the system's.</param>
public sealed class ArtifactStore(SqliteDatabase database, PayloadCipher cipher, TimeProvider? time = null) : IArtifactStore
{
    // How stale the time of its last use may be: a repeat within it writes nothing.
    private static readonly TimeSpan Stale = TimeSpan.FromDays(1);

    /// <inheritdoc/>
    public async Task<string> PutAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var now = (time ?? TimeProvider.System).GetUtcNow();
        var id = cipher.NameOf(content.Span);
        // The usual repeat writes nothing, not even a page.
        await using (var connection = database.OpenReader())
        {
            if (await connection.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM artifacts WHERE id = @id AND used_at > @fresh", new { id, fresh = (now - Stale).ToUnixTimeMilliseconds() }) > 0)
                return id;
        }

        var row = new { id, size = (long)content.Length, content = cipher.Seal(content.Span, Context(id)), keyId = Convert.FromHexString(cipher.WritingKeyId), now = now.ToUnixTimeMilliseconds() };
        await database.WriteAsync(
            connection => connection.Execute(
                "INSERT INTO artifacts (id, size, content, key_id, used_at) VALUES (@id, @size, @content, @keyId, @now) ON CONFLICT (id) DO UPDATE SET used_at = excluded.used_at", row),
            cancellationToken);
        return id;
    }

    /// <inheritdoc/>
    public async Task<byte[]?> GetAsync(string id, CancellationToken cancellationToken)
    {
        await using var connection = database.OpenReader();
        var row = await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition(
            "SELECT content, key_id AS KeyId FROM artifacts WHERE id = @id", new { id }, cancellationToken: cancellationToken));
        if (row is null)
            return null;
        return row.KeyId is null ? Checked(id, row.Content) : cipher.Open(row.Content, Context(id));
    }

    // From before artifacts were sealed: then the id is the content's own hash, so that a sealed one cannot be replaced by one that is not.
    internal static byte[] Checked(string id, byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content)) == id ? content
        : throw new StorageException($"Artifact {id} does not match its id: the database is damaged, restore a backup.");

    internal static string Context(string id) => $"artifact {id}";

    private sealed class Row
    {
        public byte[] Content { get; init; } = [];

        public byte[]? KeyId { get; init; }
    }
}
