using CodingAgent.Forges.Events;

namespace CodingAgent.Forges;

/// <summary>A pull request as read from the forge.</summary>
/// <param name="Number">Number within the base repository.</param>
/// <param name="Title">Title.</param>
/// <param name="Body">Markdown body.</param>
/// <param name="Author">Who opened it.</param>
/// <param name="Head">Head branch, commit and repository.</param>
/// <param name="BaseBranch">Branch it wants to merge into.</param>
/// <param name="BaseSha">Base commit as the forge records it.</param>
/// <param name="IsDraft">Draft or ready.</param>
/// <param name="IsOpen">Open, as opposed to closed or merged.</param>
/// <param name="IsMerged">Merged.</param>
/// <param name="WebUrl">Page for people.</param>
public sealed record PullRequest(
    int Number, string Title, string Body, Actor Author, PullHead Head, string BaseBranch, string BaseSha, bool IsDraft, bool IsOpen, bool IsMerged, Uri WebUrl);
