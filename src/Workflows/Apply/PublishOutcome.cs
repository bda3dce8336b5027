using CodingAgent.Workflows.Gates;

namespace CodingAgent.Workflows.Apply;

/// <summary>What became of a change: published, held back by gates, or in conflict with what somebody else pushed.</summary>
/// <param name="Verdicts">All verdicts.</param>
/// <param name="HeadSha">Published head; null when it was not published.</param>
/// <param name="Pull">Pull request; null when it was not published.</param>
/// <param name="PullUrl">Its page.</param>
/// <param name="Conflict">What is in the way on the branch; empty when nothing.</param>
public sealed record PublishOutcome(IReadOnlyList<GateVerdict> Verdicts, string? HeadSha, int? Pull, Uri? PullUrl, string Conflict = "");
