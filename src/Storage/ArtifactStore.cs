using System.Security.Cryptography;
using CodingAgent.Mcp;
using Dapper;

namespace CodingAgent.Storage;

/// <summary>
/// <see cref="IArtifactStore"/> in SQL. Rows rather than files: an artifact becomes durable in the one way everything else does, a
/// backup is one file, and the same statements run on Postgres. What is stored (thin packs, logs, patches) is a few megabytes at most.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="time">Clock of <see cref="Retention"/>; null for the system's.</param>
public sealed class ArtifactStore(SqliteDatabase database, TimeProvider? time = null) : IArtifactStore
{
    // How stale the time of its last use may be: a repeat within it writes nothing.
    private static readonly TimeSpan Stale = TimeSpan.FromDays(1);

    /// <inheritdoc/>
    public async Task<string> PutAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var now = (time ?? TimeProvider.System).GetUtcNow();
        var id = Convert.ToHexStringLower(SHA256.HashData(content.Span));
        // The usual repeat writes nothing, not even a page.
        await using (var connection = database.OpenReader())
        {
            if (await connection.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM artifacts WHERE id = @id AND used_at > @fresh", new { id, fresh = (now - Stale).ToUnixTimeMilliseconds() }) > 0)
                return id;
        }

        var row = new { id, size = (long)content.Length, content = content.ToArray(), now = now.ToUnixTimeMilliseconds() };
        await database.WriteAsync(
            connection => connection.Execute("INSERT INTO artifacts (id, size, content, used_at) VALUES (@id, @size, @content, @now) ON CONFLICT (id) DO UPDATE SET used_at = excluded.used_at", row),
            cancellationToken);
        return id;
    }

    /// <inheritdoc/>
    public async Task<byte[]?> GetAsync(string id, CancellationToken cancellationToken)
    {
        await using var connection = database.OpenReader();
        var content = await connection.ExecuteScalarAsync<byte[]>(new CommandDefinition(
            "SELECT content FROM artifacts WHERE id = @id", new { id }, cancellationToken: cancellationToken));
        if (content is not null && Convert.ToHexStringLower(SHA256.HashData(content)) != id)
            throw new StorageException($"Artifact {id} does not match its id: the database is damaged, restore a backup.");
        return content;
    }
}
