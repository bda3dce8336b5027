using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Tasks;

/// <summary>What a task knows about its repository, read once when it starts and frozen from then on.</summary>
/// <param name="DefaultBranch">Default branch; never pushed to.</param>
/// <param name="BaseBranch">Branch the pull request goes to.</param>
/// <param name="BaseSha">Commit the work starts from.</param>
/// <param name="Policy">Policy of the default branch.</param>
/// <param name="PolicyBlob">Blob id of the policy file; empty when there is none. Part of the plan hash.</param>
/// <param name="Title">Issue title, pull request title or goal: untrusted text.</param>
/// <param name="ContextId">Artifact with what the agents are told (issue text as of the start, guidance, criteria).</param>
/// <param name="Branch">Branch of the pull request a fix starts on; null for new work.</param>
/// <param name="PullUrl">Its page.</param>
public sealed record TaskFacts(
    string DefaultBranch, string BaseBranch, string BaseSha, RepositoryPolicy Policy, string PolicyBlob, string Title, string ContextId,
    string? Branch, Uri? PullUrl);
