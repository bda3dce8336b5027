using System.Security.Cryptography;
using System.Text;
using Dapper;
using Microsoft.Data.Sqlite;

namespace CodingAgent.Storage;

/// <summary>
/// The keys of the REST API: <c>cak_</c>, an id, and 32 random bytes. They are kept as SHA-256 digests, which suffices for what nobody can guess;
/// a slow hash is for passwords.
/// </summary>
/// <param name="database">Where they are.</param>
/// <param name="time">Clock.</param>
public sealed class ApiKeys(SqliteDatabase database, TimeProvider time)
{
    private const string Prefix = "cak_";
    private const int IdBytes = 6;
    private const int SecretBytes = 32;
    private const int LongestName = 40;
    private const string Columns = "id, name, role, digest, created_at AS CreatedAt, expires_at AS ExpiresAt, revoked_at AS RevokedAt, used_at AS UsedAt";

    // A write for each request would be what costs most of it.
    private static readonly TimeSpan UsePrecision = TimeSpan.FromHours(1);

    /// <summary>What <see cref="IsName"/> asks for, in words.</summary>
    public const string NameRule = "A name has 1 to 40 letters, digits, '-', '_' or '.', and begins with a letter or a digit.";

    /// <summary>Whether a key may be called so.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= LongestName && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    /// <summary>Makes a key.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="role">What it may do.</param>
    /// <param name="expiresAt">From when on it is refused; null for never.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The key, which is nowhere from now on; null when there is, or was, one of that name.</returns>
    public async Task<string?> CreateAsync(string name, ApiRole role, DateTimeOffset? expiresAt, CancellationToken cancellationToken)
    {
        if (!IsName(name))
            throw new ArgumentException(NameRule, nameof(name));
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
        var key = $"{Prefix}{id}_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes))}";
        var row = new { id, name, role = role.ToString(), digest = Digest(key), now = time.GetUtcNow().ToUnixTimeMilliseconds(), expires = expiresAt?.ToUnixTimeMilliseconds() };
        var made = await database.WriteAsync(
            connection => connection.Execute(
                "INSERT INTO api_keys (id, name, role, digest, created_at, expires_at) VALUES (@id, @name, @role, @digest, @now, @expires) ON CONFLICT (name) DO NOTHING", row),
            cancellationToken);
        return made == 1 ? key : null;
    }

    /// <summary>All, the first made first; revoked ones among them.</summary>
    public async Task<IReadOnlyList<ApiKey>> ListAsync(CancellationToken cancellationToken)
    {
        await using var connection = database.OpenReader();
        var rows = await connection.QueryAsync<Row>(new CommandDefinition($"SELECT {Columns} FROM api_keys ORDER BY created_at, id", cancellationToken: cancellationToken));
        return [.. rows.Select(r => r.ToKey())];
    }

    /// <summary>Refuses a key from now on. The one of that name, as it was before; null when there is none.</summary>
    public Task<ApiKey?> RevokeAsync(string name, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        return database.WriteAsync(
            connection =>
            {
                var before = connection.QuerySingleOrDefault<Row>($"SELECT {Columns} FROM api_keys WHERE name = @name", new { name });
                connection.Execute("UPDATE api_keys SET revoked_at = @now WHERE name = @name AND revoked_at IS NULL", new { name, now });
                return before?.ToKey();
            },
            cancellationToken);
    }

    /// <summary>The key that was given, revoked and expired ones too; null for what is none.</summary>
    public async Task<ApiKey?> FindAsync(string given, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(given);
        if (!given.StartsWith(Prefix, StringComparison.Ordinal) || given.Length != Prefix.Length + 1 + (2 * (IdBytes + SecretBytes)))
            return null;
        var row = await RowAsync(given.Substring(Prefix.Length, 2 * IdBytes), cancellationToken);
        if (row is null || !CryptographicOperations.FixedTimeEquals(row.Digest, Digest(given)))
            return null;
        var key = row.ToKey();
        await NoteUseAsync(key, cancellationToken);
        return key;
    }

    /// <summary>The key of an id, revoked and expired ones too; null for none.</summary>
    public async Task<ApiKey?> FindByIdAsync(string id, CancellationToken cancellationToken) => (await RowAsync(id, cancellationToken))?.ToKey();

    private async Task<Row?> RowAsync(string id, CancellationToken cancellationToken)
    {
        await using var connection = database.OpenReader();
        return await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition($"SELECT {Columns} FROM api_keys WHERE id = @id", new { id }, cancellationToken: cancellationToken));
    }

    private async Task NoteUseAsync(ApiKey key, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (key.RevokedAt is not null || now - key.UsedAt < UsePrecision)
            return;
        try
        {
            await database.WriteAsync(connection => connection.Execute("UPDATE api_keys SET used_at = @now WHERE id = @Id", new { now = now.ToUnixTimeMilliseconds(), key.Id }), cancellationToken);
        }
        catch (SqliteException)
        {
            // A full disk keeps nobody from looking.
        }
    }

    private static byte[] Digest(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    private sealed class Row
    {
        public string Id { get; init; } = "";

        public string Name { get; init; } = "";

        public string Role { get; init; } = "";

        public byte[] Digest { get; init; } = [];

        public long CreatedAt { get; init; }

        public long? ExpiresAt { get; init; }

        public long? RevokedAt { get; init; }

        public long? UsedAt { get; init; }

        public ApiKey ToKey() => new(Id, Name, Enum.Parse<ApiRole>(Role), Time(CreatedAt)!.Value, Time(ExpiresAt), Time(RevokedAt), Time(UsedAt));

        private static DateTimeOffset? Time(long? milliseconds) => milliseconds is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null;
    }
}

/// <summary>A key of the REST API, but for the key itself.</summary>
/// <param name="Id">The part of the key that is no secret.</param>
/// <param name="Name">Who or what holds it; shown where it acts. No two keys ever have the same.</param>
/// <param name="Role">What it may do.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">From when on it is refused; null for never.</param>
/// <param name="RevokedAt">When it was revoked; null while it was not.</param>
/// <param name="UsedAt">When it was last used, to the hour; null for never.</param>
public sealed record ApiKey(
    string Id, string Name, ApiRole Role, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt, DateTimeOffset? UsedAt);

/// <summary>What the holder of a key may do; each role includes those before it.</summary>
public enum ApiRole
{
    /// <summary>Sees tasks, pull requests and metrics.</summary>
    Viewer,

    /// <summary>Starts and steers tasks, approves plans.</summary>
    Operator,

    /// <summary>Opens sealed payloads.</summary>
    Admin,
}
