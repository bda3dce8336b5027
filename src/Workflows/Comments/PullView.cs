using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Gates;

namespace CodingAgent.Workflows.Comments;

/// <summary>What a pull request's title and body show.</summary>
/// <param name="TaskId">Task.</param>
/// <param name="Issue">Issue it answers, if any.</param>
/// <param name="Report">The coder's report: model output.</param>
/// <param name="Plan">Plan, if any.</param>
/// <param name="HeadSha">Commit the evidence is about.</param>
/// <param name="Evidence">Check results.</param>
/// <param name="Verdicts">Gate verdicts.</param>
/// <param name="OpenFindings">What the critic still finds; empty when nothing.</param>
/// <param name="CostUsd">Cost so far, US dollars.</param>
/// <param name="Tokens">Tokens so far, in and out.</param>
/// <param name="RequestedBy">Who asked.</param>
public sealed record PullView(
    string TaskId, int? Issue, CoderReport Report, Plan? Plan, string HeadSha, Evidence Evidence, IReadOnlyList<GateVerdict> Verdicts,
    IReadOnlyList<CritiqueFinding> OpenFindings, decimal CostUsd, long Tokens, string RequestedBy);
