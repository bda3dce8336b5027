using CodingAgent.Agents.Cohort;

namespace CodingAgent.Workflows.Activities;

/// <summary>What a feedback round answers, as stored in the artifact store.</summary>
/// <param name="Reviews">Summary texts of submitted reviews.</param>
/// <param name="Threads">Open threads.</param>
/// <param name="FailedCi">Red checks and statuses of the head.</param>
public sealed record Feedback(IReadOnlyList<PersonText> Reviews, IReadOnlyList<ThreadText> Threads, IReadOnlyList<FailedCheck> FailedCi);
