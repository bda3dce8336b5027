using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Gates;

/// <summary>
/// Whether a change's packages may be set up. Installing what a manifest newly names runs other people's code, so it takes somebody's
/// word: the policy's and, where the task has one, the approved plan's. Asked wherever packages are set up for a changed tree.
/// </summary>
public static class SetupGate
{
    /// <summary>Says why packages must not be set up for a change; null when they may.</summary>
    /// <param name="policy">Policy read from the default branch.</param>
    /// <param name="plan">Approved plan; null for a task that works without one.</param>
    /// <param name="changed">Inputs of set-up that differ from the base's: manifests, lock files, pins of tools.</param>
    public static string? WhyNot(RepositoryPolicy policy, Plan? plan, IReadOnlyList<string> changed)
    {
        if (changed.Count == 0)
            return null;
        if (policy.Danger.Dependencies == RiskRule.Deny)
            return $"The policy denies changed dependencies (danger.dependencies); put {Gatekeeper.List(changed)} back as they were.";
        if (plan is null)
            return null;
        var planned = ChangedLocks.PlannedPaths(plan);
        var locks = ChangedLocks.Of(changed, plan);
        // Build files that name no packages may come with a test, as any file of the tests may.
        bool IsTestOnly(string path) => !Manifests.IsManifest(path) && !Manifests.IsLock(path) && Gatekeeper.IsTest(policy, path);
        var outside = changed.Where(p => !planned.Contains(p) && !locks.Explained.Contains(p) && !IsTestOnly(p)).ToArray();
        return outside.Length == 0
            ? null
            : $"The approved plan does not name {Gatekeeper.List(outside)}; packages are set up only for manifests that it names, and for lock files written from those. Put the rest back as it was.";
    }
}
