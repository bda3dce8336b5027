using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Gates;

/// <summary>Files the agent may not write whatever the policy's allow list says: the classes that the policy denies, and git's own files.</summary>
public static class ProtectedPaths
{
    private static readonly string[] Git = ["**/.git/**", "**/.git"];

    /// <summary>Everything that is denied under a policy by its path: its own rules, and the classes whose answer is no.</summary>
    public static IReadOnlyList<string> Under(RepositoryPolicy policy) =>
    [
        .. policy.Paths.Deny, .. Git, .. Enum.GetValues<RiskClass>().Where(c => policy.Danger.RuleOf(c) == RiskRule.Deny).SelectMany(RiskFiles.Patterns),
    ];
}
