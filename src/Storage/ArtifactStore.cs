using System.Security.Cryptography;
using CodingAgent.Mcp;
using Dapper;

namespace CodingAgent.Storage;

/// <summary>
/// <see cref="IArtifactStore"/> in SQL. Rows rather than files: an artifact becomes durable in the one way everything else does, a
/// backup is one file, and the same statements run on Postgres. What is stored (thin packs, logs, patches) is a few megabytes at most.
/// </summary>
public sealed class ArtifactStore(SqliteDatabase database) : IArtifactStore
{
    /// <inheritdoc/>
    public async Task<string> PutAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var id = Convert.ToHexStringLower(SHA256.HashData(content.Span));
        // The usual repeat writes nothing, not even a page.
        await using (var connection = database.OpenReader())
        {
            if (await connection.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM artifacts WHERE id = @id", new { id }) > 0)
                return id;
        }

        var row = new { id, size = (long)content.Length, content = content.ToArray() };
        await database.WriteAsync(
            connection => connection.Execute("INSERT INTO artifacts (id, size, content) VALUES (@id, @size, @content) ON CONFLICT (id) DO NOTHING", row),
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
