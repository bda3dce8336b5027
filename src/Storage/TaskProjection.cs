using System.Text.Json;
using System.Text.Json.Serialization;
using CodingAgent.Forges;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;
using Dapper;

namespace CodingAgent.Storage;

/// <summary><see cref="ITaskProjection"/> in SQL: the summary as JSON, with columns for what is searched and compared.</summary>
public sealed class TaskProjection(SqliteDatabase database) : ITaskProjection
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    /// <inheritdoc/>
    public Task UpsertAsync(TaskSummary task, CancellationToken cancellationToken)
    {
        var row = new
        {
            Id = Key(task.Id),
            task.RunId,
            task.Version,
            State = task.State.ToString(),
            CreatedAt = task.CreatedAt.ToUnixTimeMilliseconds(),
            UpdatedAt = task.UpdatedAt.ToUnixTimeMilliseconds(),
            Summary = JsonSerializer.Serialize(task, Json),
        };
        return database.WriteAsync(
            connection =>
            {
                var (known, since) = connection.QuerySingleOrDefault<(string? Summary, long Since)>("SELECT summary, state_since FROM tasks WHERE id = @Id AND created_at = @CreatedAt", row);
                // A late write of an earlier run must not win over a later run either; runs are told apart by their start.
                var written = connection.Execute(
                    """
                    INSERT INTO tasks (id, run_id, version, state, created_at, updated_at, state_since, summary)
                    VALUES (@Id, @RunId, @Version, @State, @CreatedAt, @UpdatedAt, @UpdatedAt, @Summary)
                    ON CONFLICT (id) DO UPDATE SET run_id = excluded.run_id, version = excluded.version, state = excluded.state,
                        created_at = excluded.created_at, updated_at = excluded.updated_at, summary = excluded.summary,
                        state_since = CASE WHEN excluded.created_at = tasks.created_at AND excluded.state = tasks.state THEN tasks.state_since ELSE excluded.state_since END
                    WHERE excluded.created_at > tasks.created_at OR (excluded.created_at = tasks.created_at AND excluded.version >= tasks.version)
                    """,
                    row);
                if (written > 0)
                    TaskMilestones.Write(connection, row.Id, known is null ? null : Read(known), DateTimeOffset.FromUnixTimeMilliseconds(since), task);
                return written;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<TaskSummary?> FindAsync(TaskId id, CancellationToken cancellationToken)
    {
        await using var connection = database.OpenReader();
        var summary = await connection.ExecuteScalarAsync<string>(new CommandDefinition(
            "SELECT summary FROM tasks WHERE id = @id", new { id = Key(id) }, cancellationToken: cancellationToken));
        return summary is null ? null : Read(summary);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TaskSummary>> ListAsync(TaskQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        // The order is that of the index tasks_newest, which a page begins in the middle of; what else is asked for is looked at row by row.
        List<string> conditions = ["TRUE"];
        if (query.After is not null)
            conditions.Add("created_at <= @AfterAt AND (created_at < @AfterAt OR id > @AfterId)");
        if (query.Repo is not null)
        {
            conditions.AddRange(new[] { "forge", "owner", "name" }.Select(part =>
                $"lower(coalesce(json_extract(summary, '$.elsewhere.{part}'), json_extract(summary, '$.id.repo.{part}'))) = @{part}"));
        }

        if (query.Within is not null)
            conditions.Add($"{NameOf("$.id.repo")} IN @Within AND (json_extract(summary, '$.elsewhere') IS NULL OR {NameOf("$.elsewhere")} IN @Within)");
        if (query.States.Count > 0)
            conditions.Add("state IN @States");
        if (query.Kinds.Count > 0)
            conditions.Add("json_extract(summary, '$.kind') IN @Kinds");
        if (query.RequestedBy is not null)
            conditions.Add("json_extract(summary, '$.requestedBy') = @RequestedBy COLLATE NOCASE");
        if (query.UpdatedAfter is not null)
            conditions.Add("updated_at > @UpdatedAfter");
        var values = new
        {
            AfterAt = query.After?.CreatedAt.ToUnixTimeMilliseconds(),
            AfterId = query.After?.Id,
            forge = query.Repo?.Forge.ToString().ToLowerInvariant(),
            owner = query.Repo?.Owner.ToLowerInvariant(),
            name = query.Repo?.Name.ToLowerInvariant(),
            Within = query.Within?.Select(r => r.ToString().ToLowerInvariant()).ToArray() ?? [],
            States = query.States.Select(s => s.ToString()).ToArray(),
            Kinds = query.Kinds.Select(k => k.ToString()).ToArray(),
            query.RequestedBy,
            UpdatedAfter = query.UpdatedAfter?.ToUnixTimeMilliseconds(),
            query.Limit,
        };
        await using var connection = database.OpenReader();
        var summaries = await connection.QueryAsync<string>(new CommandDefinition(
            $"SELECT summary FROM tasks WHERE {string.Join(" AND ", conditions)} ORDER BY created_at DESC, id LIMIT @Limit", values, cancellationToken: cancellationToken));
        return [.. summaries.Select(Read)];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RepoRef>> ListRepositoriesAsync(ForgeKind forge, int limit, CancellationToken cancellationToken)
    {
        await using var connection = database.OpenReader();
        var names = await connection.QueryAsync<string>(new CommandDefinition(
            $"""
            SELECT repo FROM (SELECT {NameOf("$.id.repo")} AS repo, created_at FROM tasks UNION ALL SELECT {NameOf("$.elsewhere")}, created_at FROM tasks)
            WHERE repo LIKE @forge || ':%' GROUP BY repo ORDER BY max(created_at) DESC, repo LIMIT @limit
            """,
            new { forge = forge.ToString().ToLowerInvariant(), limit },
            cancellationToken: cancellationToken));
        return [.. names.Select(RepoRef.Parse)];
    }

    // As RepoRef writes it, in small letters; null where there is none.
    private static string NameOf(string repo) =>
        $"lower(json_extract(summary, '{repo}.forge') || ':' || json_extract(summary, '{repo}.owner') || '/' || json_extract(summary, '{repo}.name'))";

    private static TaskSummary Read(string summary) => JsonSerializer.Deserialize<TaskSummary>(summary, Json)!;

    private static string Key(TaskId id) => id.ToString().ToLowerInvariant();
}
