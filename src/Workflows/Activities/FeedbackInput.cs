using CodingAgent.Forges;

namespace CodingAgent.Workflows.Activities;

/// <summary>Which feedback to gather.</summary>
/// <param name="Repo">Repository.</param>
/// <param name="Pull">Pull request.</param>
/// <param name="ReviewIds">Submitted reviews.</param>
/// <param name="WithThreads">All open threads are wanted.</param>
/// <param name="HeadSha">Head whose CI is wanted.</param>
public sealed record FeedbackInput(RepoRef Repo, int Pull, IReadOnlyList<long> ReviewIds, bool WithThreads, string HeadSha);
