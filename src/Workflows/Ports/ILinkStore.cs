using CodingAgent.Forges;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Ports;

/// <summary>
/// Which task owns which issue, pull request and head commit. Links are only added, newest wins. A repository is found by every name it is known
/// to have had.
/// </summary>
public interface ILinkStore
{
    /// <summary>Records that the task owns these; null parts are left as they are.</summary>
    Task LinkAsync(TaskId task, RepoRef repo, int? issue, int? pull, string? headSha, CancellationToken cancellationToken);

    /// <summary>The task that owns the issue.</summary>
    Task<TaskId?> FindByIssueAsync(RepoRef repo, int issue, CancellationToken cancellationToken);

    /// <summary>The task that owns the pull request.</summary>
    Task<TaskId?> FindByPullAsync(RepoRef repo, int pull, CancellationToken cancellationToken);

    /// <summary>The task that recorded this head commit.</summary>
    Task<TaskId?> FindByHeadAsync(RepoRef repo, string headSha, CancellationToken cancellationToken);

    /// <summary>Records that the forge calls the repository with this number so.</summary>
    Task NameAsync(RepoRef repo, long id, CancellationToken cancellationToken);

    /// <summary>Every repository that was named, by all its names.</summary>
    Task<IReadOnlyList<RepoRef>> ListNamedAsync(CancellationToken cancellationToken);

    /// <summary>True when the repository's number was recorded under this name.</summary>
    Task<bool> IsNamedAsync(RepoRef repo, CancellationToken cancellationToken);
}
