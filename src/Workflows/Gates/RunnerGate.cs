using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Gates;

/// <summary>A change of what decides how checks run takes a person's word, and is marked: the checks then measure with another measure.</summary>
internal static class RunnerGate
{
    private const string Gate = "runner";

    public static GateVerdict Judge(GateInput i)
    {
        if (i.RunnerFiles.Count == 0)
            return new GateVerdict(Gate, true, "What decides how the checks run is as on the base.");
        var files = Gatekeeper.List([.. i.RunnerFiles]);
        if (i.Policy.Danger.Runner == RiskRule.Allow)
            return new GateVerdict(Gate, true, $"Changes what decides how the checks run, which the policy allows: {files}. Look at these first.") { Marked = true };
        if (i.Policy.Danger.Runner == RiskRule.Deny)
            return new GateVerdict(Gate, false, $"The policy denies changes of what decides how the checks run (danger.runner): {files}. Put them back as they were (restore_path).");
        if (i.Plan is null || !i.PlanApprovedByPerson)
            return new GateVerdict(Gate, false, $"Changes what decides how the checks run, which no person has agreed to: {files}. Put them back as they were (restore_path), or have the policy allow it (danger.runner: allow).");
        var planned = ChangedLocks.PlannedPaths(i.Plan);
        var outside = i.RunnerFiles.Where(f => !planned.Contains(f)).ToArray();
        return outside.Length > 0
            ? new GateVerdict(Gate, false, $"Changes what decides how the checks run without being named in the approved plan: {Gatekeeper.List(outside)}. Put them back as they were (restore_path); a wider change needs a new plan.")
            : new GateVerdict(Gate, true, $"Changes what decides how the checks run, as the approved plan says: {files}. Look at these first.") { Marked = true };
    }
}
