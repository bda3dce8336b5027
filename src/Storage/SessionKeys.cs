using Dapper;

namespace CodingAgent.Storage;

/// <summary>What sign-ins to the pages are protected with, sealed: kept with the data, so that they outlive a restart and replicas share them.</summary>
/// <param name="database">Where they are.</param>
/// <param name="cipher">Seals them.</param>
public sealed class SessionKeys(SqliteDatabase database, PayloadCipher cipher)
{
    /// <summary>All of them.</summary>
    public IReadOnlyList<string> List()
    {
        using var connection = database.OpenReader();
        return [.. connection.Query<(string Id, byte[] Content)>("SELECT id, content FROM session_keys ORDER BY id").Select(r => cipher.OpenText(r.Content, Context(r.Id)))];
    }

    /// <summary>Keeps one, or what takes its place.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="content">What it is.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task PutAsync(string id, string content, CancellationToken cancellationToken)
    {
        var row = new { id, content = cipher.Seal(content, Context(id)) };
        return database.WriteAsync(
            connection => connection.Execute("INSERT INTO session_keys (id, content) VALUES (@id, @content) ON CONFLICT (id) DO UPDATE SET content = excluded.content", row), cancellationToken);
    }

    internal static string Context(string id) => $"session key {id}";
}
