using System.Globalization;
using CodingAgent.Forges;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;
using Dapper;

namespace CodingAgent.Storage;

/// <summary><see cref="ILinkStore"/> in SQL.</summary>
public sealed class LinkStore(SqliteDatabase database) : ILinkStore
{
    /// <inheritdoc/>
    public Task LinkAsync(TaskId task, RepoRef repo, int? issue, int? pull, string? headSha, CancellationToken cancellationToken)
    {
        var row = new { repo = RepositoryNames.Key(repo), task = task.ToString(), issue, pull, headSha = headSha?.ToLowerInvariant() };
        return database.WriteAsync(
            connection =>
            {
                if (issue is not null)
                    connection.Execute("INSERT INTO issue_links (repo, issue, task) VALUES (@repo, @issue, @task) ON CONFLICT (repo, issue) DO UPDATE SET task = excluded.task", row);
                if (pull is not null)
                    connection.Execute("INSERT INTO pull_links (repo, pull, task) VALUES (@repo, @pull, @task) ON CONFLICT (repo, pull) DO UPDATE SET task = excluded.task", row);
                if (headSha is not null)
                    connection.Execute("INSERT INTO head_links (repo, head_sha, task) VALUES (@repo, @headSha, @task) ON CONFLICT (repo, head_sha) DO UPDATE SET task = excluded.task", row);
                return true;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<TaskId?> FindByIssueAsync(RepoRef repo, int issue, CancellationToken cancellationToken) =>
        FindAsync("issue_links", "issue", new { repo = RepositoryNames.Key(repo), what = (object)issue }, cancellationToken);

    /// <inheritdoc/>
    public Task<TaskId?> FindByPullAsync(RepoRef repo, int pull, CancellationToken cancellationToken) =>
        FindAsync("pull_links", "pull", new { repo = RepositoryNames.Key(repo), what = (object)pull }, cancellationToken);

    /// <inheritdoc/>
    public Task<TaskId?> FindByHeadAsync(RepoRef repo, string headSha, CancellationToken cancellationToken) =>
        FindAsync("head_links", "head_sha", new { repo = RepositoryNames.Key(repo), what = (object)headSha.ToLowerInvariant() }, cancellationToken);

    /// <inheritdoc/>
    public Task NameAsync(RepoRef repo, long id, CancellationToken cancellationToken) => database.WriteAsync(
        connection => connection.Execute(
            "INSERT INTO repository_names (repo, id) VALUES (@repo, @id) ON CONFLICT (repo) DO UPDATE SET id = excluded.id",
            new { repo = RepositoryNames.Key(repo), id = string.Create(CultureInfo.InvariantCulture, $"{repo.Forge}:{id}") }),
        cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RepoRef>> ListNamedAsync(CancellationToken cancellationToken)
    {
        await using var connection = database.OpenReader();
        return [.. (await connection.QueryAsync<string>(new CommandDefinition("SELECT repo FROM repository_names ORDER BY repo", cancellationToken: cancellationToken))).Select(RepoRef.Parse)];
    }

    /// <inheritdoc/>
    public async Task<bool> IsNamedAsync(RepoRef repo, CancellationToken cancellationToken)
    {
        await using var connection = database.OpenReader();
        return await connection.ExecuteScalarAsync<string>(new CommandDefinition("SELECT id FROM repository_names WHERE repo = @repo", new { repo = RepositoryNames.Key(repo) }, cancellationToken: cancellationToken)) is not null;
    }

    private async Task<TaskId?> FindAsync(string table, string column, object parameters, CancellationToken cancellationToken)
    {
        // The name asked for first, then those the repository had or has besides.
        var sql = $"""
            SELECT task FROM {table}
            WHERE {column} = @what AND {RepositoryNames.Condition}
            ORDER BY CASE WHEN repo = @repo THEN 0 ELSE 1 END LIMIT 1
            """;
        await using var connection = database.OpenReader();
        var task = await connection.ExecuteScalarAsync<string>(new CommandDefinition(sql, parameters, cancellationToken: cancellationToken));
        return task is null ? null : TaskId.Parse(task);
    }
}
