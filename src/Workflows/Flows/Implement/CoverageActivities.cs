using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Mcp.Git;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
using Temporalio.Activities;

namespace CodingAgent.Workflows.Flows.Implement;

/// <summary>Measures what tests run of a change.</summary>
/// <param name="git">Git.</param>
/// <param name="mirrors">Mirrors.</param>
/// <param name="survey">Runs checks and reads what they left.</param>
/// <param name="keys">Signs what is found.</param>
/// <param name="time">Clock of the heartbeats.</param>
public sealed class CoverageActivities(TrustedGit git, RepositoryMirrors mirrors, TreeSurvey survey, IRecordKeys keys, TimeProvider time)
{
    private const int MaxPatchChars = 8_000_000;

    /// <summary>Runs the checks of base and change, measured. What cannot be measured is null, and no failure.</summary>
    [Activity]
    public Task<Measured> MeasureAsync(Step step) => ActivityGuard.RunAsync(time, async (context, pump) =>
    {
        var ct = context.CancellationToken;
        var key = WorkspaceIds.Of(step.Key, context.Info.Attempt);
        var mirror = await mirrors.WithCommitAsync(step.Repo, step.BaseSha, ct);
        var tree = await mirrors.TreeAsync(mirror, step.BaseSha, step.Snapshot, ct);
        var of = new TreeSurvey.Subject(step.Repo, mirror, step.BaseSha, await git.TreeOfAsync(mirror, step.BaseSha, ct), step.Policy, step.Build, key + "b");
        var before = (await survey.ReadAsync(of, name => pump.Cursor = name, ct)).Coverage;
        var after = (await survey.ReadAsync(of with { Tree = tree, Key = key + "h", Plan = step.Plan }, name => pump.Cursor = name, ct)).Coverage;
        var (added, _) = PatchLines.Read(await git.PatchTextAsync(mirror, step.BaseSha, tree, [], MaxPatchChars, ct));
        bool IsCode(string path) => !Gatekeeper.IsTest(step.Policy, path);
        var changed = after.Of(added.Where(l => IsCode(l.Path)).Select(l => (l.Path, l.Line)));
        var proof = new CoverageProof(step.Repo, step.BaseSha, tree, BuildRecord.ConditionsOf(step.Policy, step.Build), BuildRecord.DigestOf(step.Plan), changed.Lines, changed.Run)
        {
            NotRun = changed.NotRun,
            Before = Percent(before.Total(IsCode)),
            After = Percent(after.Total(IsCode)),
        };
        return new Measured(proof, keys.Sign(proof));
    });

    private static decimal? Percent((int Run, int Lines) total) => total.Lines == 0 ? null : Math.Round(100m * total.Run / total.Lines, 1);

    /// <summary>A change to measure.</summary>
    /// <param name="Repo">Repository.</param>
    /// <param name="BaseSha">Base commit.</param>
    /// <param name="Snapshot">The change.</param>
    /// <param name="Policy">Policy with checks and limits.</param>
    /// <param name="Build">How the repository is built.</param>
    /// <param name="Key">Unique name of this run.</param>
    public sealed record Step(RepoRef Repo, string BaseSha, string Snapshot, RepositoryPolicy Policy, RepositoryBuild Build, string Key)
    {
        /// <summary>Approved plan, which says whose packages may be set up.</summary>
        public Plan? Plan { get; init; }
    }

    /// <summary>What was found.</summary>
    /// <param name="Proof">What it says.</param>
    /// <param name="Record">The same as the checks role signed it.</param>
    public sealed record Measured(CoverageProof Proof, SignedRecord Record);
}
