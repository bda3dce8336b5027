using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;

namespace CodingAgent.Workflows.Ports;

/// <summary>What a repository tells agents in its <c>AGENTS.md</c> files.</summary>
public interface IRepositoryGuidance
{
    /// <summary>The guidance files of a commit, the root's first, then by depth; bounded in number and size.</summary>
    Task<IReadOnlyList<GuidanceFile>> ReadAsync(RepoRef repo, string commit, CancellationToken cancellationToken);
}
