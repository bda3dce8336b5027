using CodingAgent.Forges;
using CodingAgent.Mcp.Egress;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Setup;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Activities;

/// <summary>Fills in what a policy leaves open, from the files of the base commit: set-up, checks, test patterns, registries.</summary>
/// <param name="git">Git.</param>
/// <param name="reader">Reads what the repository says of itself.</param>
/// <param name="containers">Dev containers.</param>
/// <param name="toolchains">Programs of this worker.</param>
public sealed class RepositoryDetector(TrustedGit git, RepositoryReader reader, DevContainers containers, ToolchainNames toolchains)
{
    /// <summary>The policy with everything that was found, and how the repository is built.</summary>
    public async Task<(RepositoryPolicy Policy, RepositoryBuild Build)> CompleteAsync(
        RepoRef repo, GitMirror mirror, string baseSha, RepositoryPolicy policy, CancellationToken cancellationToken)
    {
        var container = policy.Sandbox.DevContainer ? await containers.FindAsync(mirror, baseSha, policy, cancellationToken) : null;
        if (container is not null)
            policy = policy with { Sandbox = policy.Sandbox with { Image = container.Image } };
        var found = await reader.DetectAsync(repo, baseSha, policy.Sandbox.Image is null ? toolchains : ToolchainNames.Unknown, cancellationToken);
        // Submodules are the service's to fetch; what else a line does is the sandbox's.
        var lines = (policy.Setup ?? container?.SetUp ?? []).Select(line => (SubmoduleLines.Read(line).Asked, SubmoduleLines.Read(line).ToRun, Secrets: policy.SetupSecrets?.GetValueOrDefault(line))).ToList();
        var submodules = lines.Select(l => l.Asked).Append(policy.Setup is null ? found.CiSubmodules : null).Aggregate(SubmoduleRequest.Join);
        IReadOnlyList<SetupCommand> setup =
        [
            .. lines.Where(l => l.ToRun.Length > 0).Select(l => new SetupCommand(l.ToRun, l.ToRun) { Secrets = l.Secrets }),
            .. policy.Setup is null ? found.Setup.Select(ToCommand) : [],
        ];
        var registries = found.Setup.Select(s => s.Registries).OfType<string>().SelectMany(r => RegistryHosts.ByEcosystem[r]).Distinct(StringComparer.Ordinal);
        IReadOnlyList<string> hosts = policy.Sandbox.Network is { } named
            ? [.. named.SelectMany(h => h == RepositoryPolicy.SandboxRules.Registries ? registries : [h]).Distinct(StringComparer.Ordinal)]
            : [.. registries];
        IReadOnlyList<DetectedCheck> detected = policy.Checks.Count > 0 || policy.WithoutChecks ? [] : found.Checks;
        var completed = policy with
        {
            Checks = detected.Count > 0 ? [.. detected.Select(c => c.ToPolicyCheck())] : policy.Checks,
            Tests = policy.Tests.PatternsAreGiven ? policy.Tests : policy.Tests with { Patterns = found.TestPatterns },
        };
        return (completed, new RepositoryBuild(setup, hosts, await git.TreeOfAsync(mirror, baseSha, cancellationToken), detected, [.. container?.Notes ?? [], .. found.Notes, .. await WildNotesAsync(mirror, baseSha, policy, found.CiLfs, submodules, cancellationToken)])
        {
            Submodules = submodules,
        });
    }

    private async Task<IReadOnlyList<string>> WildNotesAsync(
        GitMirror mirror, string baseSha, RepositoryPolicy policy, string? ciLfs, SubmoduleRequest? asked, CancellationToken cancellationToken)
    {
        var pointers = policy.Sandbox.Lfs ? 0 : (await git.LfsFilesAsync(mirror, baseSha, cancellationToken)).Count;
        IReadOnlyList<GitSubmodule> empty = asked is null ? await git.SubmodulesAsync(mirror, baseSha, cancellationToken) : [];
        var ci = ciLfs is null ? "" : $"; CI ({ciLfs}) checks out their content, and so do tasks under `sandbox: {{ lfs: true }}`";
        return
        [
            .. pointers == 0 ? Array.Empty<string>() : [$"{Markdown.Count(pointers, "file")} of this repository lie in Git LFS; commands see their pointers{ci}"],
            .. empty.Count == 0 ? Array.Empty<string>() : [$"{Markdown.Count(empty.Count, "submodule")} of this repository are empty folders for commands: {string.Join(", ", empty.Take(5).Select(s => s.Path))}; a line `git submodule update --init` under `setup` has them fetched"],
        ];
    }

    /// <summary>No check is known: what to write.</summary>
    public static WorkspaceActivities.BuildProblem NoChecks(RepoRef repo, RepositoryBuild build) => new(
        string.Join(" ", ["No command is known that proves a change in this repository, so nothing was started and no model was asked.", .. build.Notes]),
        $"Write three lines into {ForgeTerms.Of(repo).PolicyPath} on the default branch: `version: 1`, `checks:`, `  - {{ name: test, run: \"your test command\" }}`; or `checks: none` where there is only prose. Then ask again.",
        []);

    /// <summary>The branch cannot be made: git keeps a branch as a file, and another branch is its folder, or the other way round.</summary>
    public static WorkspaceActivities.BuildProblem InTheWay(string branch, string inTheWay) => new(
        $"The branch {branch} cannot be made, because there is a branch {inTheWay}. Nothing was started and no model was asked.", $"Rename or delete {Markdown.Code(inTheWay)}, then ask again.", []);

    /// <summary>The image or dev container that the policy asks for cannot be used: why, in a sentence, and what to mend.</summary>
    public static WorkspaceActivities.BuildProblem UnusableImage(RepoRef repo, string why) => new(
        $"{why} Nothing was started and no model was asked.", $"Mend what {ForgeTerms.Of(repo).PolicyPath} says under `sandbox`, or the dev container, on the default branch, or have the operator bring the image; then ask again.", []);

    private static SetupCommand ToCommand(SetupStep step) => new(step.Name, step.Command, step.UpdateCommand)
    {
        Required = step.Required,
        Fallback = step.Fallback is { } instead ? new SetupFallback(instead.Command, instead.Words) : null,
    };

    private static string Why(SetupFailure failure) =>
        CannotRun.Classify(failure.Line, failure.Result.ExitCode, Outcomes.Tail(failure.Result)) is { } known ? $": {known.Words.TrimEnd('.')}" : "";

    /// <summary>A submodule that set-up asks for cannot be had.</summary>
    public static WorkspaceActivities.BuildProblem SubmodulesFailed(RepoRef repo, GitRejectedException failure, RepositoryPolicy asWritten) => new(
        $"Setting the repository up failed at its submodules. {failure.Message} Nothing was started and no model was asked.",
        asWritten.Setup is null
            ? $"Mend it, or give this account read access; or write the commands that set the repository up without it under `setup` in {ForgeTerms.Of(repo).PolicyPath} on the default branch (`git submodule update --init -- path` fetches only some). Then ask again."
            : $"Mend it, or give this account read access; or name the submodules that are needed in the line `git submodule update --init -- path` of `setup` in {ForgeTerms.Of(repo).PolicyPath} on the default branch. Then ask again.",
        []);

    /// <summary>A set-up that failed: what it said, and what to write.</summary>
    public static WorkspaceActivities.BuildProblem SetupFailed(RepoRef repo, SetupFailure failure, IReadOnlyList<string> refused, RepositoryPolicy asWritten)
    {
        var hosts = refused.Count == 0 ? "" : $" Hosts it was refused: {string.Join("; ", refused)}.";
        var key = asWritten.Setup is null ? "write the commands that set it up under `setup`" : "mend its `setup`";
        var network = refused.Count == 0 ? "" : $", name the hosts it needs under `sandbox: {{ network: [{RepositoryPolicy.SandboxRules.Registries}, …] }}`";
        return new WorkspaceActivities.BuildProblem(
            $"Setting the repository up failed at {failure.Step.Name}{Why(failure)}.{hosts} Nothing was started and no model was asked.",
            $"In {ForgeTerms.Of(repo).PolicyPath} on the default branch, {key}{network} (`setup: []` where nothing is to be done); then ask again.",
            [RepositoryBuilds.Show(failure)]);
    }
}
