using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;

namespace CodingAgent.Workflows.Activities;

/// <summary>Answers to review threads.</summary>
/// <param name="Repo">Repository.</param>
/// <param name="Pull">Pull request.</param>
/// <param name="RunKey">Task.</param>
/// <param name="Round">Feedback round, part of the markers.</param>
/// <param name="Answers">Answers: model output.</param>
/// <param name="HeadSha">Commit with the fix; null when nothing was published.</param>
/// <param name="ResolveFixed">Whether threads that end as fixed are resolved.</param>
public sealed record AnswersInput(
    RepoRef Repo, int Pull, string RunKey, int Round, IReadOnlyList<ThreadAnswer> Answers, string? HeadSha, bool ResolveFixed = false);
