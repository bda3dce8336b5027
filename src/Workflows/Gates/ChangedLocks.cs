using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Gates;

/// <summary>The lock files of a change, by whether a manifest explains them.</summary>
/// <param name="Explained">Written by a package manager from a manifest that this change touches, and that the plan names where there is one.</param>
/// <param name="Unexplained">Changed although no manifest of theirs did and the plan does not name them; empty for a task without a plan.</param>
internal sealed record ChangedLocks(IReadOnlySet<string> Explained, IReadOnlyList<string> Unexplained)
{
    public static ChangedLocks Of(IEnumerable<string> changed, Plan? plan)
    {
        var planned = plan is null ? null : PlannedPaths(plan);
        var paths = changed.ToHashSet(StringComparer.Ordinal);
        var manifests = paths.Where(Manifests.IsManifest).ToArray();
        var explained = new HashSet<string>(StringComparer.Ordinal);
        var unexplained = new List<string>();
        foreach (var path in paths.Where(p => Manifests.ManifestsOf(p).Count > 0))
        {
            var causes = Array.FindAll(manifests, m => Manifests.Explains(m, path));
            if (Array.Exists(causes, c => planned is null || planned.Contains(c))) explained.Add(path);
            // A fix of somebody's pull request may have to mend just a lock file that was forgotten; a plan that wants that says so.
            else if (causes.Length == 0 && Manifests.IsLock(path) && planned?.Contains(path) == false) unexplained.Add(path);
        }

        return new ChangedLocks(explained, unexplained);
    }

    public static HashSet<string> PlannedPaths(Plan plan) => plan.Edits.Concat(plan.Tests).Select(e => e.Path).ToHashSet(StringComparer.Ordinal);
}
