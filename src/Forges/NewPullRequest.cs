namespace CodingAgent.Forges;

/// <summary>A pull request to open within one repository.</summary>
/// <param name="HeadBranch">Branch pushed before.</param>
/// <param name="BaseBranch">Branch to merge into.</param>
/// <param name="Title">Title.</param>
/// <param name="Body">Markdown body.</param>
public sealed record NewPullRequest(string HeadBranch, string BaseBranch, string Title, string Body);
