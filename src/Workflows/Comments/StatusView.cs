using CodingAgent.Workflows.CodingTask;

namespace CodingAgent.Workflows.Comments;

/// <summary>What the status comment shows.</summary>
/// <param name="State">State of the task.</param>
/// <param name="RequestedBy">Who asked.</param>
/// <param name="Current">What happens now, in words.</param>
/// <param name="Steps">Checklist.</param>
/// <param name="Note">Something people must know or do; empty for none. May hold outside text.</param>
/// <param name="InputTokens">Input tokens so far.</param>
/// <param name="OutputTokens">Output tokens so far.</param>
/// <param name="CostUsd">Cost so far, US dollars.</param>
/// <param name="CostLimitUsd">Cost limit, US dollars.</param>
/// <param name="Active">Working time so far.</param>
public sealed record StatusView(
    TaskState State, string RequestedBy, string Current, IReadOnlyList<StatusStep> Steps, string Note,
    long InputTokens, long OutputTokens, decimal CostUsd, decimal CostLimitUsd, TimeSpan Active);
