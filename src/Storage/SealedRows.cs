using Dapper;
using Microsoft.Data.Sqlite;

namespace CodingAgent.Storage;

/// <summary>What is sealed in a database, with which keys, and how it gets a newer one.</summary>
/// <param name="database">The database.</param>
/// <param name="cipher">The keys.</param>
public sealed class SealedRows(SqliteDatabase database, PayloadCipher cipher)
{
    // Sealed anew in one transaction: others wait for it, and rows may be megabytes.
    private const int Together = 16;

    private byte[] Writing => Convert.FromHexString(cipher.WritingKeyId);

    /// <summary>Notes the key that writes from now on, and that all are there which sealed something before.</summary>
    /// <exception cref="MissingKeyException">One is not configured.</exception>
    public async Task RegisterAsync(CancellationToken cancellationToken)
    {
        IEnumerable<string> known;
        await using (var connection = database.OpenReader())
            known = (await connection.QueryAsync<byte[]>("SELECT id FROM sealing_keys ORDER BY id")).Select(Convert.ToHexStringLower).ToList();
        if (known.Except(cipher.KeyIds).ToList() is { Count: > 0 } missing)
        {
            throw new MissingKeyException(
                $"The storage key {string.Join(" and ", missing)}, which sealed part of this database, is not configured (there are {string.Join(", ", cipher.KeyIds)}): add it behind the one that writes, or restore the key file from a backup.");
        }

        if (!known.Contains(cipher.WritingKeyId))
            await database.WriteAsync(c => c.Execute("INSERT INTO sealing_keys (id) VALUES (@Writing) ON CONFLICT (id) DO NOTHING", new { Writing }), cancellationToken);
    }

    /// <summary>How much each key has sealed; null stands for what is not sealed, from before it was. Looks at every row.</summary>
    public async Task<IReadOnlyList<KeyUse>> ListAsync(CancellationToken cancellationToken)
    {
        await using var connection = database.OpenReader();
        var rows = await connection.QueryAsync<(byte[]? Id, long Count)>(new CommandDefinition(
            """
            SELECT key_id, COUNT(*) FROM artifacts GROUP BY key_id
            UNION ALL SELECT key_id, COUNT(*) FROM inbox WHERE length(body) > 0 GROUP BY key_id
            UNION ALL SELECT substr(response, 2, 4), COUNT(*) FROM journal_turns GROUP BY substr(response, 2, 4)
            UNION ALL SELECT substr(outputs, 2, 4), COUNT(*) FROM journal_turns WHERE outputs IS NOT NULL GROUP BY substr(outputs, 2, 4)
            UNION ALL SELECT substr(items, 2, 4), COUNT(*) FROM agent_sessions GROUP BY substr(items, 2, 4)
            UNION ALL SELECT substr(entry, 2, 4), COUNT(*) FROM task_log GROUP BY substr(entry, 2, 4)
            UNION ALL SELECT substr(content, 2, 4), COUNT(*) FROM session_keys GROUP BY substr(content, 2, 4)
            """,
            cancellationToken: cancellationToken));
        return [.. rows.GroupBy(r => r.Id is null ? null : Convert.ToHexStringLower(r.Id)).Select(g => new KeyUse(g.Key, g.Sum(r => r.Count))).OrderBy(u => u.KeyId, StringComparer.Ordinal)];
    }

    /// <summary>Seals with the key that writes whatever another one sealed, or none; a service may run beside it.</summary>
    /// <returns>Rows that were sealed anew.</returns>
    /// <exception cref="StorageException">A row does not open; those before it are done.</exception>
    public async Task<long> ResealAsync(CancellationToken cancellationToken)
    {
        var count = await WalkAsync(("", 0), ResealTurns, cancellationToken);
        count += await WalkAsync(("", ""), ResealSessions, cancellationToken);
        count += await WalkAsync(0L, ResealLog, cancellationToken);
        count += await WalkAsync("", ResealArtifacts, cancellationToken);
        count += await WalkAsync(0L, ResealDeliveries, cancellationToken);
        count += await WalkAsync("", ResealSessionKeys, cancellationToken);
        var used = (await ListAsync(cancellationToken)).Select(u => u.KeyId).OfType<string>().Append(cipher.WritingKeyId).Select(Convert.FromHexString).ToList();
        await database.WriteAsync(c => c.Execute("DELETE FROM sealing_keys WHERE id NOT IN @used", new { used }), cancellationToken);
        return count;
    }

    // From place to place in the order of the table's key, until a step finds nothing more.
    private async Task<long> WalkAsync<TPlace>(TPlace start, Func<SqliteConnection, TPlace, (bool More, TPlace Last, int Count)> step, CancellationToken cancellationToken)
    {
        var (place, count) = (start, 0L);
        while (true)
        {
            var from = place;
            var (more, last, done) = await database.WriteAsync(connection => step(connection, from), cancellationToken);
            count += done;
            if (!more)
                return count;
            place = last;
        }
    }

    private (bool More, (string Run, int Turn) Last, int Count) ResealTurns(SqliteConnection connection, (string Run, int Turn) after)
    {
        var rows = connection.Query<(string Run, int Turn, byte[] Response, byte[]? Outputs)>(
            "SELECT run_id, turn, response, outputs FROM journal_turns WHERE (run_id, turn) > (@Run, @Turn) ORDER BY run_id, turn LIMIT @Together",
            new { after.Run, after.Turn, Together }).AsList();
        var count = 0;
        foreach (var (run, turn, response, outputs) in rows)
        {
            if (!IsOld(response) && (outputs is null || !IsOld(outputs)))
                continue;
            byte[] Anew(byte[] value, string part) => cipher.Seal(cipher.Open(value, AgentJournal.Context(run, turn, part)), AgentJournal.Context(run, turn, part));
            count += connection.Execute(
                "UPDATE journal_turns SET response = @response, outputs = @outputs WHERE run_id = @run AND turn = @turn",
                new { run, turn, response = Anew(response, "response"), outputs = outputs is null ? null : Anew(outputs, "outputs") });
        }

        return (rows.Count > 0, rows.Count > 0 ? (rows[^1].Run, rows[^1].Turn) : after, count);
    }

    private (bool More, (string Session, string Run) Last, int Count) ResealSessions(SqliteConnection connection, (string Session, string Run) after)
    {
        var rows = connection.Query<(string Session, string Run, byte[] Items)>(
            "SELECT session, run_id, items FROM agent_sessions WHERE (session, run_id) > (@Session, @Run) ORDER BY session, run_id LIMIT @Together",
            new { after.Session, after.Run, Together }).AsList();
        var count = 0;
        foreach (var (session, run, items) in rows.Where(r => IsOld(r.Items)))
        {
            var context = AgentSessions.Context(session, run);
            count += connection.Execute(
                "UPDATE agent_sessions SET items = @items WHERE session = @session AND run_id = @run", new { session, run, items = cipher.Seal(cipher.Open(items, context), context) });
        }

        return (rows.Count > 0, rows.Count > 0 ? (rows[^1].Session, rows[^1].Run) : after, count);
    }

    private (bool More, long Last, int Count) ResealLog(SqliteConnection connection, long after)
    {
        var rows = connection.Query<(long Seq, string Task, byte[] Entry)>("SELECT seq, task, entry FROM task_log WHERE seq > @after ORDER BY seq LIMIT @Together", new { after, Together }).AsList();
        var count = 0;
        foreach (var (seq, task, entry) in rows.Where(r => IsOld(r.Entry)))
            count += connection.Execute("UPDATE task_log SET entry = @entry WHERE seq = @seq", new { seq, entry = cipher.Seal(cipher.Open(entry, TaskLog.Context(task)), TaskLog.Context(task)) });
        return (rows.Count > 0, rows.Count > 0 ? rows[^1].Seq : after, count);
    }

    private (bool More, string Last, int Count) ResealSessionKeys(SqliteConnection connection, string after)
    {
        var rows = connection.Query<(string Id, byte[] Content)>("SELECT id, content FROM session_keys WHERE id > @after ORDER BY id LIMIT @Together", new { after, Together }).AsList();
        var count = 0;
        foreach (var (id, content) in rows.Where(r => IsOld(r.Content)))
            count += connection.Execute("UPDATE session_keys SET content = @content WHERE id = @id", new { id, content = cipher.Seal(cipher.Open(content, SessionKeys.Context(id)), SessionKeys.Context(id)) });
        return (rows.Count > 0, rows.Count > 0 ? rows[^1].Id : after, count);
    }

    private (bool More, string Last, int Count) ResealArtifacts(SqliteConnection connection, string after)
    {
        var rows = connection.Query<(string Id, byte[] Content, byte[]? Key)>(
            "SELECT id, content, key_id FROM artifacts WHERE id > @after AND (key_id IS NULL OR key_id <> @Writing) ORDER BY id LIMIT @Together",
            new { after, Writing, Together }).AsList();
        foreach (var (id, content, key) in rows)
        {
            var context = ArtifactStore.Context(id);
            connection.Execute(
                "UPDATE artifacts SET content = @content, key_id = @Writing WHERE id = @id",
                new { id, Writing, content = cipher.Seal(key is null ? ArtifactStore.Checked(id, content) : cipher.Open(content, context), context) });
        }

        return (rows.Count > 0, rows.Count > 0 ? rows[^1].Id : after, rows.Count);
    }

    private (bool More, long Last, int Count) ResealDeliveries(SqliteConnection connection, long after)
    {
        var rows = connection.Query<(long Seq, string Id, string Forge, string Event, byte[] Body, byte[]? Key)>(
            "SELECT seq, id, forge, event_name, body, key_id FROM inbox WHERE seq > @after AND length(body) > 0 AND (key_id IS NULL OR key_id <> @Writing) ORDER BY seq LIMIT @Together",
            new { after, Writing, Together }).AsList();
        foreach (var (_, id, forge, eventName, body, key) in rows)
        {
            var context = Inbox.Context(id, forge, eventName);
            connection.Execute(
                "UPDATE inbox SET body = @body, key_id = @Writing WHERE id = @id",
                new { id, Writing, body = cipher.Seal(key is null ? body : cipher.Open(body, context), context) });
        }

        return (rows.Count > 0, rows.Count > 0 ? rows[^1].Seq : after, rows.Count);
    }

    private bool IsOld(byte[] value) => PayloadCipher.KeyIdOf(value) != cipher.WritingKeyId;
}

/// <summary>How much one key has sealed.</summary>
/// <param name="KeyId">Its id; null for what is not sealed.</param>
/// <param name="Values">Values sealed with it.</param>
public sealed record KeyUse(string? KeyId, long Values);
