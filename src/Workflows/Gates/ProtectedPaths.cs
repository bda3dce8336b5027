using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Gates;

/// <summary>Files the agent may not write whatever the policy's allow list says: they decide what runs with credentials, or who reviews.</summary>
/// <remarks>The lists are plain globs without braces, for the tools and the prompts read them too.</remarks>
public static class ProtectedPaths
{
    /// <summary>Everything that is denied under a policy: its own rules and the built-in ones.</summary>
    public static IReadOnlyList<string> Under(RepositoryPolicy policy) => [.. policy.Paths.Deny, .. Always, .. policy.Danger.CiFiles ? [] : CiFiles];

    /// <summary>CI definitions and hooks that run on people's machines: <c>danger.ci_files: true</c> lifts these.</summary>
    public static IReadOnlyList<string> CiFiles { get; } =
    [
        ".github/workflows/**", ".github/actions/**", ".gitea/workflows/**", ".forgejo/workflows/**", ".gitlab-ci.yml", ".gitlab-ci.yaml", ".gitlab/ci/**",
        ".circleci/**", ".buildkite/**", "azure-pipelines.yml", "azure-pipelines.yaml", ".azure-pipelines/**", "bitbucket-pipelines.yml",
        "bitbucket-pipelines.yaml", "Jenkinsfile", ".travis.yml", ".travis.yaml", ".drone.yml", ".drone.yaml", ".drone.jsonnet", ".drone.star",
        ".woodpecker.yml", ".woodpecker.yaml", ".woodpecker/**", ".cirrus.yml", ".cirrus.yaml", ".cirrus.star", "appveyor.yml", "appveyor.yaml",
        ".appveyor.yml", ".appveyor.yaml", ".teamcity/**", ".semaphore/**", "cloudbuild.yml", "cloudbuild.yaml", "buildspec.yml", "buildspec.yaml", ".tekton/**",
        ".pre-commit-config.yaml", ".pre-commit-config.yml", ".husky/**", ".githooks/**", "lefthook.yml", "lefthook.yaml", ".lefthook.yml", ".lefthook.yaml",
        ".devcontainer/**", ".devcontainer.json",
    ];

    /// <summary>
    /// Never lifted: the agent's own policy, code owners, git's own control files, what updates dependencies by itself, what an editor runs
    /// on opening the folder, what tells package managers where to fetch and as whom, what agents obey.
    /// </summary>
    public static IReadOnlyList<string> Always { get; } =
    [
        ".github/coding-agent.yml", ".github/coding-agent.yaml", ".gitlab/coding-agent.yml", ".gitlab/coding-agent.yaml",
        "CODEOWNERS", ".github/CODEOWNERS", ".gitlab/CODEOWNERS", "docs/CODEOWNERS",
        ".gitmodules", ".lfsconfig", "**/.gitattributes", "**/.git/**", "**/.git",
        ".github/dependabot.yml", ".github/dependabot.yaml", "renovate.json", "renovate.json5", ".renovaterc", ".renovaterc.json", ".renovaterc.json5",
        ".github/renovate.json", ".github/renovate.json5", ".gitlab/renovate.json", ".gitlab/renovate.json5",
        "**/.vscode/tasks.json", "**/.vscode/launch.json", "**/.vscode/settings.json", "**/.vscode/mcp.json",
        "**/.npmrc", "**/.yarnrc", "**/.yarnrc.yml", "**/.pypirc", "**/.netrc",
        "**/AGENTS.md", "**/AGENTS.override.md", "**/CLAUDE.md", "**/CLAUDE.local.md", "**/GEMINI.md", ".github/copilot-instructions.md",
        ".github/instructions/**", "**/.mcp.json", "**/.cursorrules", "**/.windsurfrules", "**/.clinerules", ".cursor/**", ".claude/**", ".codex/**",
        ".gemini/**", ".aider.conf.yml",
    ];
}
