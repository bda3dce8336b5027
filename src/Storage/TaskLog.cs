using System.Text.Json;
using System.Text.Json.Serialization;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;
using Dapper;

namespace CodingAgent.Storage;

/// <summary><see cref="ITaskLog"/> in SQL, encrypted like the journals.</summary>
/// <param name="database">The database.</param>
/// <param name="cipher">Seals entries.</param>
/// <param name="time">Clock of <see cref="Retention"/>; null for the system's.</param>
public sealed class TaskLog(SqliteDatabase database, PayloadCipher cipher, TimeProvider? time = null) : ITaskLog
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() }, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };

    /// <inheritdoc/>
    public Task AppendAsync(TaskId task, IReadOnlyList<TaskLogEntry> entries, CancellationToken cancellationToken)
    {
        var (key, at) = (Key(task), (time ?? TimeProvider.System).GetUtcNow().ToUnixTimeMilliseconds());
        var rows = entries.Select(e => new { task = key, at, entry = cipher.Seal(JsonSerializer.Serialize(e, Json), Context(key)) }).ToArray();
        return database.WriteAsync(
            connection => connection.Execute("INSERT INTO task_log (seq, task, at, entry) VALUES ((SELECT COALESCE(MAX(seq), 0) + 1 FROM task_log), @task, @at, @entry)", rows), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TaskLogRow>> ReadAsync(TaskId task, long after, int most, CancellationToken cancellationToken) =>
        SelectAsync("SELECT seq, entry FROM task_log WHERE task = @key AND seq > @after ORDER BY seq LIMIT @most", task, after, most, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TaskLogRow>> ReadLastAsync(TaskId task, int most, CancellationToken cancellationToken) =>
        [.. (await SelectAsync("SELECT seq, entry FROM task_log WHERE task = @key ORDER BY seq DESC LIMIT @most", task, 0, most, cancellationToken)).Reverse()];

    private async Task<IReadOnlyList<TaskLogRow>> SelectAsync(string sql, TaskId task, long after, int most, CancellationToken cancellationToken)
    {
        var key = Key(task);
        await using var connection = database.OpenReader();
        var rows = await connection.QueryAsync<(long Seq, byte[] Entry)>(new CommandDefinition(sql, new { key, after, most }, cancellationToken: cancellationToken));
        return [.. rows.Select(r => new TaskLogRow(r.Seq, JsonSerializer.Deserialize<TaskLogEntry>(cipher.OpenText(r.Entry, Context(key)), Json)!))];
    }

    internal static string Context(string task) => $"log of {task}";

    private static string Key(TaskId id) => id.ToString().ToLowerInvariant();
}
