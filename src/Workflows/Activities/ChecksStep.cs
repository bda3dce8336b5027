using CodingAgent.Forges;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Activities;

/// <summary>Checks to run on a clean workspace.</summary>
/// <param name="Repo">Repository.</param>
/// <param name="BaseSha">Base commit.</param>
/// <param name="Snapshot">Snapshot; null means the base itself.</param>
/// <param name="Policy">Policy with checks, set-up and limits.</param>
/// <param name="Key">Unique name of this run of the checks.</param>
public sealed record ChecksStep(RepoRef Repo, string BaseSha, string? Snapshot, RepositoryPolicy Policy, string Key);
