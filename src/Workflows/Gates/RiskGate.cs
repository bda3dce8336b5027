using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Gates;

/// <summary>
/// Files that act beyond the code they are take the policy's answer to their class (<see cref="RiskFiles"/>), and where that is a question, a
/// person's word: a plan that names them and that a person approved, or an agreement by name. Where nobody approved the plan because it was
/// not risky, the change itself must not be either.
/// </summary>
internal static class RiskGate
{
    private const string Gate = "risk";

    public static GateVerdict Judge(GateInput i, Func<string, bool> isTest, ChangedLocks locks)
    {
        var met = ChangeRisk.Classes(i);
        var isRefused = PathGlob.All(ProtectedPaths.Under(i.Policy), denies: true);
        var denied = met.Where(m => i.Policy.Danger.RuleOf(m.Class) == RiskRule.Deny && !isRefused(m.Path)).ToArray();
        if (denied.Length > 0)
        {
            return new GateVerdict(
                Gate, false, $"The policy denies these changes: {Gatekeeper.List([.. denied.Select(m => $"{m.Path} ({RiskFiles.Words(m.Class)}; danger.{RiskFiles.Key(m.Class)})")])}. Put them back as they were (restore_path).");
        }

        var planned = i.Plan is { } plan && i.PlanApprovedByPerson ? ChangedLocks.PlannedPaths(plan) : [];
        bool IsAgreed(RiskyFile file) => planned.Contains(file.Path) || (i.PlanApprovedByPerson && locks.Explained.Contains(file.Path)) || i.IsAgreed(file);
        var asked = met.Where(m => i.Policy.Danger.RuleOf(m.Class) == RiskRule.Ask).Select(m => new RiskyFile(m.Path, RiskFiles.Words(m.Class))).Where(f => !IsAgreed(f)).ToList();
        if (i is { Plan: { } unasked, PlanApprovedByPerson: false } && i.Policy.Approval == PlanApproval.Risky)
        {
            // Of what is divided the whole counts: many small parts are no small change.
            asked.AddRange(PlanRisk.Of(i.WholePlan ?? unasked, i.Policy, []).Because);
            asked.AddRange(ChangeRisk.Shape(i, isTest, locks));
        }

        asked = [.. asked.Where(a => !isRefused(a.Path)).Distinct()];
        if (asked.Count > 0)
            return new GateVerdict(Gate, false, $"Needs a person's word: {Words(asked)}.") { Asks = asked };
        return met.Count == 0
            ? new GateVerdict(Gate, true, "Nothing of a class that acts beyond its code: CI, developers' machines, agents, dependencies, runners, infrastructure, network, licence, ownership.")
            : new GateVerdict(Gate, true, $"As a person or the policy allows: {Words([.. met.Where(m => !isRefused(m.Path)).Select(m => new RiskyFile(m.Path, RiskFiles.Words(m.Class)))])}. Look at these first.") { Marked = true };
    }

    private static string Words(IReadOnlyList<RiskyFile> files) => Gatekeeper.List([.. files.Select(f => f.Path.Length == 0 ? f.Why : $"{f.Path} {f.Why}")]);
}
