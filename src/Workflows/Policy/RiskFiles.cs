namespace CodingAgent.Workflows.Policy;

/// <summary>
/// Which files act beyond the code they are: the one table of the product, by class, judged by path alone. Names are those that the tools read;
/// a tool that reads its file in any folder is listed for any folder. Case does not count: some disks, and some tools, do not tell.
/// </summary>
/// <remarks>The lists are plain globs without braces, for the tools and the prompts of agents read them too.</remarks>
public static class RiskFiles
{
    /// <summary>The agent's own policy; nothing lifts this.</summary>
    public static IReadOnlyList<string> Policy { get; } =
        [".github/coding-agent.yml", ".github/coding-agent.yaml", ".gitlab/coding-agent.yml", ".gitlab/coding-agent.yaml"];

    private static readonly Dictionary<RiskClass, string[]> Table = new()
    {
        [RiskClass.Ci] =
        [
            ".github/workflows/**", ".github/actions/**", "**/action.yml", "**/action.yaml", ".gitea/workflows/**", ".gitea/actions/**", ".forgejo/workflows/**", ".forgejo/actions/**",
            "**/.gitlab-ci.yml", "**/.gitlab-ci.yaml", "**/*.gitlab-ci.yml", "**/*.gitlab-ci.yaml", ".gitlab/**/*.yml", ".gitlab/**/*.yaml",
            "**/azure-pipelines*.yml", "**/azure-pipelines*.yaml", ".azure-pipelines/**", "**/.azure-pipelines*.yml", "**/.azure-pipelines*.yaml", ".azuredevops/**", ".vsts-ci.yml", ".circleci/**", ".buildkite/**",
            "**/Jenkinsfile", "**/Jenkinsfile.*", "**/Jenkinsfile-*", "**/*.jenkinsfile", ".travis.yml", ".travis.yaml", ".drone.yml", ".drone.yaml", ".drone.jsonnet", ".drone.star", ".woodpecker*", ".woodpecker/**",
            "bitbucket-pipelines.yml", "bitbucket-pipelines.yaml", "appveyor.yml", "appveyor.yaml", ".appveyor.yml", ".appveyor.yaml", ".appveyor/**", ".teamcity/**", "bamboo-specs/**",
            "**/cloudbuild.yml", "**/cloudbuild.yaml", "**/cloudbuild.json", "**/buildspec*.yml", "**/buildspec*.yaml", ".cirrus.yml", ".cirrus.yaml", ".cirrus.star", ".tekton/**", ".semaphore/**",
            "codefresh.yml", ".codefresh/**", ".builds/**", ".build.yml", "wercker.yml", "shippable.yml", ".scrutinizer.yml", "amplify.yml", "vercel.json", "netlify.toml", "render.yaml", ".platform.app.yaml",
            // What changes a repository by itself, or merges.
            ".github/dependabot.yml", ".github/dependabot.yaml", "**/renovate.json", "**/renovate.json5", ".renovaterc*", ".mergify.yml", ".mergify/**", ".github/mergify.yml", ".github/settings.yml", ".github/settings.yaml",
            ".kodiak.toml", ".github/.kodiak.toml", ".bulldozer.yml", ".policy.yml", ".github/release.yml", ".github/pre-commit-config.yaml", ".releaserc*", ".goreleaser.yml", ".goreleaser.yaml",
        ],
        [RiskClass.Developer] =
        [
            "**/.vscode/**", "**/*.code-workspace", "**/.idea/**", "**/.run/*.run.xml", "**/.vs/**", "**/.zed/**", "**/.fleet/**", "**/.nvim.lua", "**/.nvimrc", "**/.exrc", "**/.vimrc", "**/.dir-locals.el", "**/.sublime-project",
            "**/.devcontainer/**", "**/.devcontainer.json", ".gitpod.yml", ".gitpod.Dockerfile", ".idx/**", "devfile.yaml", ".devfile.yaml", "Vagrantfile",
            "**/.husky/**", "**/.githooks/**", "**/.git-hooks/**", "lefthook.yml", "lefthook.yaml", "lefthook.toml", "lefthook.json", ".lefthook.yml", ".lefthook.yaml", ".lefthook/**", ".lefthook-local.yml", "lefthook-local.yml", ".overcommit.yml",
            "**/.pre-commit-config.yaml", "**/.pre-commit-config.yml", ".pre-commit-hooks.yaml", ".lintstagedrc*", "**/.simple-git-hooks.*", ".captainhook.json", "captainhook.json", "grumphp.yml",
            "**/.npmrc", "**/.yarnrc*", "**/.yarn/releases/**", "**/.yarn/plugins/**", "**/.pnpmfile.cjs", "**/.pnp.cjs", "**/.pnp.loader.mjs", "**/nuget.config", "**/pip.conf", "**/pip.ini", "**/.pypirc", "**/.netrc", "**/_netrc", "**/.gemrc", "**/.bundle/config", "**/.condarc",
            "**/.m2/**", "**/.mvn/**", "**/.gradle/gradle.properties", "**/.gradle/init.d/**", "**/.cargo/**", "**/.bazelrc", "**/.bazeliskrc", "**/.bazelversion", "**/auth.json", "**/.sbtopts", "**/.jvmopts",
            "**/.envrc", "**/.direnv/**", "**/.env", "**/.env.*", "**/.mise.toml", "**/mise.toml", "**/.mise/**", "**/.config/mise/**", "**/.rtx.toml", "**/.tool-versions", "**/.asdfrc", "**/.nvmrc", "**/.node-version", "**/.python-version", "**/.ruby-version", "**/.java-version", "**/.go-version", ".sdkmanrc", "Brewfile*", "flake.nix", "shell.nix", "default.nix", "devenv.nix", "devbox.json",
            "**/.gitattributes", "**/.gitmodules", "**/.gitconfig", "**/.lfsconfig", "**/.git-blame-ignore-revs", "**/.gitignore_global", "**/.inputrc", "**/.bashrc", "**/.profile", "**/.zshrc", "**/.justfile.env",
        ],
        [RiskClass.Agents] =
        [
            "**/AGENTS.md", "**/AGENTS.override.md", "**/AGENTS.local.md", "**/AGENT.md", "**/CLAUDE.md", "**/CLAUDE.local.md", "**/GEMINI.md", "**/QWEN.md", "**/WARP.md", "**/SKILL.md", "**/llms.txt", "**/llms-full.txt",
            "**/.claude/**", "**/.codex/**", "**/.gemini/**", "**/.cursor/**", "**/.cursorrules", "**/.cursorignore", "**/.windsurf/**", "**/.windsurfrules", "**/.clinerules", "**/.clinerules/**", "**/.clineignore", "**/.roo/**", "**/.roorules*", "**/.roomodes",
            "**/.aider*", "**/.junie/**", "**/.continue/**", "**/.continuerules", "**/.kiro/**", "**/.amazonq/**", "**/.augment/**", "**/.augment-guidelines", "**/.opencode/**", "**/opencode.json", "**/.openhands/**", "**/.devin/**", "**/.goosehints", "**/.goose/**", "**/.rules", "**/.trae/**", "**/.agents/**", "**/.agent/**", "**/.copilot/**",
            "**/.mcp.json", "**/mcp.json", ".github/copilot-instructions.md", ".github/instructions/**", ".github/prompts/**", ".github/chatmodes/**", ".github/agents/**", ".github/skills/**", ".github/copilot/**", ".gitlab/duo/**", ".pr_agent.toml", ".coderabbit.yaml", ".coderabbit.yml", "sweep.yaml", ".sweep.yaml",
        ],
        [RiskClass.Infra] =
        [
            "**/*.tf", "**/*.tf.json", "**/*.tfvars", "**/*.tfvars.json", "**/*.tofu", "**/*.hcl", "**/terragrunt.hcl", "**/.terraform.lock.hcl", "**/*.bicep", "**/*.bicepparam", "**/*.nomad", "**/*.pkr.hcl", "**/azuredeploy*.json",
            "**/Dockerfile", "**/Dockerfile.*", "**/*.Dockerfile", "**/Containerfile", "**/Containerfile.*", "**/docker-compose*.yml", "**/docker-compose*.yaml", "**/compose*.yml", "**/compose*.yaml", "**/docker-bake.hcl", "**/docker-bake.json", "**/.dockerignore",
            "**/Chart.yaml", "**/Chart.lock", "charts/**", "**/charts/**/*.yaml", "**/charts/**/*.yml", "**/charts/**/*.tpl", "**/helm/**", "**/helmfile*.yaml", "**/helmfile*.yml", "**/kustomization.yaml", "**/kustomization.yml", "k8s/**", "kubernetes/**", "**/k8s/**/*.yaml", "**/k8s/**/*.yml", "**/kubernetes/**/*.yaml", "**/kubernetes/**/*.yml", "**/manifests/*.yml", "**/manifests/*.yaml", "**/skaffold.yaml", "**/skaffold.yml", "Tiltfile", "**/argocd/**",
            "**/ansible/**", "**/ansible.cfg", "**/playbooks/**/*.yml", "**/playbooks/**/*.yaml", "**/group_vars/**", "**/host_vars/**", "**/Pulumi*.yaml", "**/Pulumi*.yml", "**/serverless.yml", "**/serverless.yaml", "**/serverless.ts", "**/serverless.json", "**/cdk.json", "**/template.yaml", "**/template.yml", "**/samconfig.toml", "**/sam.yaml", "**/cloudformation/**/*.json", "**/cloudformation/**/*.yml", "**/cloudformation/**/*.yaml", "**/*.cfn.yml", "**/*.cfn.yaml",
            "**/nginx.conf", "**/.htaccess", "**/web.config", "_headers", "_redirects", "CNAME", "docs/CNAME", "**/nginx/**/*.conf", "**/Caddyfile", "**/haproxy.cfg", "**/traefik.yml", "**/traefik.yaml", "**/envoy.yaml", "fly.toml", "Procfile", "app.yaml", "railway.json", "railway.toml", "wrangler.toml", "wrangler.json*", "firebase.json", "**/firestore.rules", "**/storage.rules", "**/*.service", "**/*.timer", "**/*.socket", "**/crontab", "**/prometheus.yml", "**/alertmanager.yml",
        ],
        [RiskClass.License] =
        [
            .. new[] { "LICENSE", "LICENCE", "COPYING", "NOTICE", "COPYRIGHT", "UNLICENSE", "PATENTS", "EULA" }.SelectMany(n => new[] { "", ".txt", ".md", ".rst", ".adoc", ".html" }.Select(e => $"**/{n}{e}")),
            .. new[] { "LICENSE", "LICENCE", "COPYING" }.SelectMany(n => new[] { "-MIT", "-APACHE", "-APACHE-2.0", "-APACHE2", "-BSD", "-GPL", "-LGPL", "-AGPL", "-MPL", "-ISC", "-CC0", ".MIT", ".APACHE", ".LESSER", ".LESSERv3", ".LIB", ".GPL", ".BSD", "-3RD-PARTY", "-THIRD-PARTY" }
                .SelectMany(e => new[] { "", ".txt", ".md" }.Select(x => $"**/{n}{e}{x}"))),
            "LICENSES/**", "**/LICENSES/*.txt", "REUSE.toml", ".reuse/**", "CLA.md", "DCO",
        ],
        [RiskClass.Ownership] = ["FUNDING.yml", ".github/FUNDING.yml", "**/CODEOWNERS", "**/OWNERS", "**/OWNERS_ALIASES", "**/MAINTAINERS", "**/MAINTAINERS.md", "**/MAINTAINERS.txt", "**/MAINTAINERS.yml", "**/MAINTAINERS.yaml"],
        [RiskClass.Policy] = [.. Policy],
    };

    private static readonly (RiskClass Class, Func<string, bool> Has)[] Matchers = [.. Table.Select(t => (t.Key, PathGlob.All(t.Value, denies: true)))];

    // Examples of what must be set are no settings.
    private static readonly Func<string, bool> IsSample = PathGlob.All(["**/.env.example", "**/.env.sample", "**/.env.template", "**/.env.dist"], denies: true);

    /// <summary>The patterns of a class; empty for one that another table, or the content, decides.</summary>
    public static IReadOnlyList<string> Patterns(RiskClass risk) => Table.GetValueOrDefault(risk) ?? [];

    /// <summary>The classes that a path alone tells.</summary>
    /// <param name="path">Path from the repository root.</param>
    /// <param name="checks">The checks, whose lines name files too.</param>
    public static IReadOnlyList<RiskClass> Of(string path, IEnumerable<RepositoryPolicy.Check> checks)
    {
        List<RiskClass> found = [.. Matchers.Where(m => m.Has(path) && !(m.Class == RiskClass.Developer && IsSample(path))).Select(m => m.Class)];
        if (Manifests.IsManifest(path) || Manifests.IsLock(path))
            found.Add(RiskClass.Dependencies);
        if (RunnerFiles.Decides(path, checks))
            found.Add(RiskClass.Runner);
        return found;
    }

    /// <summary>What files of a class do, after "it": "runs in CI".</summary>
    public static string Words(RiskClass risk) => risk switch
    {
        RiskClass.Ci => "runs in CI, or changes the repository by itself",
        RiskClass.Developer => "runs on a developer's machine, or decides what runs there",
        RiskClass.Agents => "instructs agents",
        RiskClass.Dependencies => "declares dependencies",
        RiskClass.Runner => "decides how the checks run",
        RiskClass.Infra => "is infrastructure",
        RiskClass.Network => "opens network connections in new lines",
        RiskClass.License => "is about the licence",
        RiskClass.Ownership => "says who owns and reviews",
        _ => "is the agent's own policy",
    };

    /// <summary>The policy's key of a class, under <c>danger</c>; null for the one that no key lifts.</summary>
    public static string? Key(RiskClass risk) => risk switch
    {
        RiskClass.Ci => "ci_files",
        RiskClass.Developer => "developer_files",
        RiskClass.Agents => "agent_files",
        RiskClass.Dependencies => "dependencies",
        RiskClass.Runner => "runner",
        RiskClass.Infra => "infra",
        RiskClass.Network => "network_code",
        RiskClass.License => "license",
        RiskClass.Ownership => "ownership",
        _ => null,
    };
}

/// <summary>Why a file is worth a person's look whatever the code in it does.</summary>
public enum RiskClass
{
    /// <summary>Runs in CI, with its secrets.</summary>
    Ci,

    /// <summary>Runs on the machine of who checks the branch out.</summary>
    Developer,

    /// <summary>Tells other agents what to do.</summary>
    Agents,

    /// <summary>Says which of other people's packages run (<see cref="Manifests"/>).</summary>
    Dependencies,

    /// <summary>Decides how checks run (<see cref="RunnerFiles"/>).</summary>
    Runner,

    /// <summary>Machines, images, clusters.</summary>
    Infra,

    /// <summary>Code that talks to the network; told by added lines, not by path.</summary>
    Network,

    /// <summary>Licence and notices.</summary>
    License,

    /// <summary>Who owns and reviews.</summary>
    Ownership,

    /// <summary>The agent's own policy.</summary>
    Policy,
}
