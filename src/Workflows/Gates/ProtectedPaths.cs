using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Gates;

/// <summary>Files the agent may not write whatever the policy's allow list says: they decide what runs with credentials, or who reviews.</summary>
public static class ProtectedPaths
{
    /// <summary>Everything that is denied under a policy: its own rules and the built-in ones.</summary>
    public static IReadOnlyList<string> Under(RepositoryPolicy policy) => [.. policy.Paths.Deny, .. Always, .. policy.Danger.CiFiles ? [] : CiFiles];

    /// <summary>CI definitions: <c>danger.ci_files: true</c> lifts these.</summary>
    public static IReadOnlyList<string> CiFiles { get; } =
        [".github/workflows/**", ".github/actions/**", ".gitlab-ci.yml", ".gitlab/ci/**", ".circleci/**", "azure-pipelines.yml", "Jenkinsfile", ".travis.yml", ".drone.yml"];

    /// <summary>Never lifted: the agent's own policy, code owners, git's own control files.</summary>
    public static IReadOnlyList<string> Always { get; } =
    [
        ".github/coding-agent.yml", ".gitlab/coding-agent.yml", "CODEOWNERS", ".github/CODEOWNERS", ".gitlab/CODEOWNERS", "docs/CODEOWNERS",
        ".gitmodules", "**/.gitattributes", "**/.git/**", "**/.git", ".github/dependabot.yml",
    ];
}
