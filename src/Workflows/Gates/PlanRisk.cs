using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Gates;

/// <summary>
/// Whether a plan needs a person, and why: from the paths it names, how many they are, and the policy. Never from a model's words. Computed where
/// the plan is made and again by the applier, which adds what the change itself shows (<see cref="RiskGate"/>).
/// </summary>
/// <param name="NeedsApproval">True when work must wait.</param>
/// <param name="Because">What for: files with what they do, or the whole (with an empty path).</param>
/// <param name="Denied">Files that the policy denies; the change will be held back with them.</param>
public sealed record PlanRisk(bool NeedsApproval, IReadOnlyList<RiskyFile> Because, IReadOnlyList<RiskyFile> Denied)
{
    /// <summary>Files above which a plan is not small any more.</summary>
    public const int MostFiles = 15;

    /// <summary>Computes it.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="policy">Policy of the default branch.</param>
    /// <param name="outside">Of its paths those that are new where the repository had none of their kind (<see cref="SourceRoots"/>).</param>
    public static PlanRisk Of(Plan plan, RepositoryPolicy policy, IReadOnlyCollection<string> outside)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(policy);
        var paths = ChangedLocks.PlannedPaths(plan).Order(StringComparer.Ordinal).ToArray();
        var met = paths.SelectMany(p => RiskFiles.Of(p, policy.Checks).Select(c => (Path: p, Class: c))).ToArray();
        RiskyFile[] With(RiskRule rule) => [.. met.Where(m => policy.Danger.RuleOf(m.Class) == rule).Select(m => new RiskyFile(m.Path, RiskFiles.Words(m.Class)))];
        List<RiskyFile> because = [.. With(RiskRule.Ask)];
        if (policy.Approval == PlanApproval.Risky)
        {
            if (paths.Length > MostFiles)
                because.Add(new RiskyFile("", $"it names {Markdown.Count(paths.Length, "file")} (more than {MostFiles})"));
            because.AddRange(outside.Order(StringComparer.Ordinal).Select(p => new RiskyFile(p, SourceRoots.Words)));
        }

        if (policy.Approval == PlanApproval.Always && because.Count == 0)
            because.Add(new RiskyFile("", "the policy asks for every plan (plan.approval: always)"));
        // A plan that changes nothing only asks; going on without an answer would be guessing.
        if (plan.CountFiles() == 0)
            because.Add(new RiskyFile("", "it changes nothing and only asks"));
        return new PlanRisk(because.Count > 0, because, With(RiskRule.Deny));
    }

    /// <summary>Computes it for a plan of several repositories: what one of them asks about is asked of the whole.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="policy">Policy of the task's own repository.</param>
    /// <param name="outside">Of its paths there those that are new where the repository had none of their kind.</param>
    /// <param name="others">Of each other repository: its name, its policy, and such paths there. One that is missing asks.</param>
    public static PlanRisk OfAll(
        Plan plan, RepositoryPolicy policy, IReadOnlyCollection<string> outside, IReadOnlyList<(string Repository, RepositoryPolicy Policy, IReadOnlyCollection<string> Outside)> others)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var risk = Of(plan, policy, outside);
        foreach (var there in plan.Others ?? [])
        {
            var found = others.FirstOrDefault(o => string.Equals(o.Repository, there.Repository, StringComparison.OrdinalIgnoreCase));
            var more = found.Policy is null ? new PlanRisk(true, [new RiskyFile("", "its policy is not known")], []) : Of(there.Plan, found.Policy, found.Outside);
            RiskyFile Named(RiskyFile file) => file with { Path = file.Path.Length > 0 ? $"{there.Repository}:{file.Path}" : "", Why = file.Path.Length > 0 ? file.Why : $"{there.Repository}: {file.Why}" };
            risk = new PlanRisk(risk.NeedsApproval || more.NeedsApproval, [.. risk.Because, .. more.Because.Select(Named)], [.. risk.Denied, .. more.Denied.Select(Named)]);
        }

        // Small in each of five repositories is not small.
        var count = plan.CountFiles();
        var asksForLarge = others.Select(o => o.Policy).Append(policy).Any(p => p.Approval == PlanApproval.Risky);
        return plan.Others is not null && asksForLarge && count > MostFiles
            ? risk with { NeedsApproval = true, Because = [.. risk.Because, new RiskyFile("", $"it names {Markdown.Count(count, "file")} in {plan.Others.Count + 1} repositories (more than {MostFiles})")] }
            : risk;
    }
}
