namespace CodingAgent.Forges;

/// <summary>What we need to know of a repository.</summary>
/// <param name="Ref">Which repository.</param>
/// <param name="DefaultBranch">Its default branch; never pushed to.</param>
/// <param name="CloneUrl">HTTP(S) URL of its git endpoint, without credentials.</param>
/// <param name="IsArchived">Archived repositories refuse work.</param>
public sealed record Repository(RepoRef Ref, string DefaultBranch, Uri CloneUrl, bool IsArchived);
