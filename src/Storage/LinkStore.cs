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
        var row = new { repo = Key(repo), task = task.ToString(), issue, pull, headSha = headSha?.ToLowerInvariant() };
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
        FindAsync("SELECT task FROM issue_links WHERE repo = @repo AND issue = @issue", new { repo = Key(repo), issue }, cancellationToken);

    /// <inheritdoc/>
    public Task<TaskId?> FindByPullAsync(RepoRef repo, int pull, CancellationToken cancellationToken) =>
        FindAsync("SELECT task FROM pull_links WHERE repo = @repo AND pull = @pull", new { repo = Key(repo), pull }, cancellationToken);

    /// <inheritdoc/>
    public Task<TaskId?> FindByHeadAsync(RepoRef repo, string headSha, CancellationToken cancellationToken) =>
        FindAsync("SELECT task FROM head_links WHERE repo = @repo AND head_sha = @head", new { repo = Key(repo), head = headSha.ToLowerInvariant() }, cancellationToken);

    private async Task<TaskId?> FindAsync(string sql, object parameters, CancellationToken cancellationToken)
    {
        await using var connection = database.OpenReader();
        var task = await connection.ExecuteScalarAsync<string>(new CommandDefinition(sql, parameters, cancellationToken: cancellationToken));
        return task is null ? null : TaskId.Parse(task);
    }

    private static string Key(RepoRef repo) => repo.ToString().ToLowerInvariant();
}
