namespace CodingAgent.Forges.Events;

/// <summary>The head of a pull request as an event reports it.</summary>
/// <param name="Branch">Head branch name.</param>
/// <param name="Sha">Head commit.</param>
/// <param name="Repo">Head repository; null when it was deleted. A branch counts as ours only when this equals the base repository.</param>
public sealed record PullHead(string Branch, string Sha, RepoRef? Repo);
