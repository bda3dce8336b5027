using CodingAgent.Agents.Cohort;

namespace CodingAgent.Workflows.Comments;

/// <summary>What the plan comment shows.</summary>
/// <param name="Plan">Plan: model output.</param>
/// <param name="Version">1 for the first plan.</param>
/// <param name="Hash">Plan hash.</param>
/// <param name="BaseSha">Commit the plan is made for.</param>
/// <param name="Checks">Checks that will be run, as name and command.</param>
/// <param name="CostEstimateUsd">What the rest is expected to cost, US dollars.</param>
/// <param name="CostLimitUsd">Limit, US dollars.</param>
/// <param name="NeedsApproval">True when work waits for a person.</param>
/// <param name="Reason">Why there is a new plan; empty for the first.</param>
public sealed record PlanView(
    Plan Plan, int Version, string Hash, string BaseSha, IReadOnlyList<Policy.RepositoryPolicy.Check> Checks,
    decimal CostEstimateUsd, decimal CostLimitUsd, bool NeedsApproval, string Reason);
