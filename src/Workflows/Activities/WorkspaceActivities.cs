using CodingAgent.Forges;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;
using Temporalio.Activities;

namespace CodingAgent.Workflows.Activities;

/// <summary>Activities on repository content that need no agent: which checks there are, and what they say about a tree.</summary>
/// <param name="git">Git.</param>
/// <param name="mirrors">Mirrors.</param>
/// <param name="sandbox">Sandbox.</param>
/// <param name="settings">Settings.</param>
/// <param name="time">Clock of the heartbeats.</param>
public sealed class WorkspaceActivities(TrustedGit git, RepositoryMirrors mirrors, ISandbox sandbox, FlowSettings settings, TimeProvider time)
{
    private const int TailChars = 6_000;

    /// <summary>The checks of a repository whose policy names none, from the file names at the root of the base commit.</summary>
    [Activity]
    public Task<IReadOnlyList<RepositoryPolicy.Check>> DetectChecksAsync(Forges.RepoRef repo, string baseSha) => ActivityGuard.RunAsync(time, async context =>
    {
        var mirror = await mirrors.WithCommitAsync(repo, baseSha, context.CancellationToken);
        var tree = await git.ListTreeAsync(mirror, baseSha, context.CancellationToken);
        return CheckDetector.Detect([.. tree.Select(e => e.Path).Where(p => !p.Contains('/', StringComparison.Ordinal))]);
    });

    /// <summary>
    /// Runs all checks on a clean workspace of exactly the snapshot's tree: nothing an agent left behind outside the tree can help.
    /// </summary>
    [Activity]
    public Task<Evidence> RunChecksAsync(ChecksStep step) => ActivityGuard.RunAsync(time, async (context, pump) =>
    {
        var ct = context.CancellationToken;
        var mirror = await mirrors.WithCommitAsync(step.Repo, step.BaseSha, ct);
        var tree = await mirrors.TreeAsync(mirror, step.BaseSha, step.Snapshot, ct);
        var workspace = await git.CreateWorkspaceAsync(mirror, step.BaseSha, tree, WorkspaceIds.Of(step.Key, context.Info.Attempt), ct);
        try
        {
            var results = new List<CheckEvidence>();
            foreach (var setup in step.Policy.Setup)
            {
                pump.Cursor = setup;
                var result = await RunAsync(workspace, setup, step.Policy, ct);
                if (result.Succeeded)
                    continue;
                // Checks after a failed set-up say nothing; the failure itself is the evidence.
                results.Add(Describe("setup", setup, result));
                return new Evidence(tree, results);
            }

            foreach (var check in step.Policy.Checks)
            {
                pump.Cursor = check.Name;
                results.Add(Describe(check.Name, check.Run, await RunAsync(workspace, check.Run, step.Policy, ct)));
            }

            return new Evidence(tree, results);
        }
        finally
        {
            await git.RemoveWorkspaceAsync(workspace.Id, CancellationToken.None);
        }
    });

    private Task<SandboxResult> RunAsync(Workspace workspace, string command, RepositoryPolicy policy, CancellationToken ct) => sandbox.RunAsync(
        new SandboxCommand(["/bin/sh", "-c", command], workspace.RootPath, SandboxPolicy.Limits(policy, settings))
        {
            Environment = new Dictionary<string, string> { ["CI"] = "true" },
        },
        ct);

    private static CheckEvidence Describe(string name, string command, SandboxResult result)
    {
        var output = result.StandardError.Length == 0 ? result.StandardOutput : $"{result.StandardOutput}\n{result.StandardError}";
        return new CheckEvidence(
            name, command, result.ExitCode,
            result.Outcome switch { SandboxOutcome.Exited => "exited", SandboxOutcome.TimedOut => "timed out", _ => "out of memory" },
            result.Duration, output.Length > TailChars ? output[^TailChars..] : output);
    }

    /// <summary>Checks to run on a clean workspace.</summary>
    /// <param name="Repo">Repository.</param>
    /// <param name="BaseSha">Base commit.</param>
    /// <param name="Snapshot">Snapshot; null means the base itself.</param>
    /// <param name="Policy">Policy with checks, set-up and limits.</param>
    /// <param name="Key">Unique name of this run of the checks.</param>
    public sealed record ChecksStep(RepoRef Repo, string BaseSha, string? Snapshot, RepositoryPolicy Policy, string Key);
}
