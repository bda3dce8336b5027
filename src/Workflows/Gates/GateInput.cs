using CodingAgent.Agents.Cohort;
using CodingAgent.Mcp.Git;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Gates;

/// <summary>Everything the gates judge. All of it is recomputed by code from git objects and the base branch; nothing is the agent's word.</summary>
/// <param name="Changes">The whole change against the base commit.</param>
/// <param name="Added">Added lines of text files, for the secret scan.</param>
/// <param name="Policy">Policy read from the default branch.</param>
/// <param name="Plan">Approved plan; null for a task that works without one (a fix on a person's pull request).</param>
/// <param name="Evidence">Check results; null when none were taken.</param>
/// <param name="Branch">Branch that would be pushed.</param>
/// <param name="DefaultBranch">The repository's default branch.</param>
public sealed record GateInput(
    ChangeSet Changes, IReadOnlyList<AddedLine> Added, RepositoryPolicy Policy, Plan? Plan, Evidence? Evidence, string Branch, string DefaultBranch)
{
    /// <summary>False when tests need not change with code: a fix on a person's pull request, whose tests are theirs.</summary>
    public bool TestsMustChange { get; init; } = true;
}
