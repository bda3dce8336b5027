using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Mcp.Egress;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Setup;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
using Temporalio.Activities;

namespace CodingAgent.Workflows.Activities;

/// <summary>Activities on repository content that need no agent: how it is built, which checks there are, and what they say about a tree.</summary>
/// <param name="git">Git.</param>
/// <param name="mirrors">Mirrors.</param>
/// <param name="builds">Environments.</param>
/// <param name="detector">Finds set-up and checks.</param>
/// <param name="cache">What checks said about bases before.</param>
/// <param name="keys">Signs what is found.</param>
/// <param name="time">Clock of the heartbeats.</param>
/// <param name="room">Whether this machine has room for new work; null where nobody watches.</param>
/// <param name="maps">Overviews for agents; null for none.</param>
public sealed class WorkspaceActivities(
    TrustedGit git, RepositoryMirrors mirrors, RepositoryBuilds builds, RepositoryDetector detector, CheckCache cache, IRecordKeys keys, TimeProvider time, IRoomForWork? room = null,
    RepositoryMaps? maps = null)
{
    /// <summary>Finds out how the base is built and checked, and sets it up. What stands in the way is a result, in words for people.</summary>
    [Activity]
    public Task<Prepared> PrepareAsync(PrepareStep step) => ActivityGuard.RunAsync(time, async (context, pump) =>
    {
        var ct = context.CancellationToken;
        if (room?.WhyNot is { } why)
            return new Prepared(step.Policy, RepositoryBuild.Unknown(""), [], null) { WaitsFor = why };
        var mirror = await mirrors.WithCommitAsync(step.Repo, step.BaseSha, ct);
        if (step.Branch is { } branch && await mirrors.BranchInTheWayAsync(step.Repo, branch, ct) is { } inTheWay)
            return new Prepared(step.Policy, RepositoryBuild.Unknown(""), [], RepositoryDetector.InTheWay(branch, inTheWay));
        try
        {
            return await SetUpAsync(step, mirror, pump, ct);
        }
        catch (UnusableImageException e)
        {
            return new Prepared(step.Policy, RepositoryBuild.Unknown(""), [], RepositoryDetector.UnusableImage(step.Repo, e.Message));
        }
    });

    private async Task<Prepared> SetUpAsync(PrepareStep step, GitMirror mirror, HeartbeatPump pump, CancellationToken ct)
    {
        var (policy, build) = await detector.CompleteAsync(step.Repo, mirror, step.BaseSha, step.Policy, ct);
        if (policy.Checks.Count == 0 && !policy.WithoutChecks)
            return new Prepared(policy, build, [], RepositoryDetector.NoChecks(step.Repo, build));
        pump.Cursor = "set-up";
        OutsideContents outside;
        IReadOnlyList<string> notes;
        try
        {
            (outside, notes) = await mirrors.OutsideAsync(step.Repo, mirror, step.BaseSha, policy, build, ct);
        }
        catch (GitRejectedException e) when (step.Policy.Setup is null && !step.Policy.Sandbox.DevContainer)
        {
            // Nobody asked but CI: whether the checks need them shows on the base.
            build = build with { Submodules = null, Notes = [.. build.Notes, $"{e.Message} Commands see empty folders in place of submodules"] };
            (outside, notes) = await mirrors.OutsideAsync(step.Repo, mirror, step.BaseSha, policy, build, ct);
        }
        catch (GitRejectedException e)
        {
            return new Prepared(policy, build, [], RepositoryDetector.SubmodulesFailed(step.Repo, e, step.Policy));
        }

        build = build with { Notes = [.. build.Notes, .. notes] };
        SetupOutcome outcome;
        try
        {
            outcome = await builds.PrepareAsync(await builds.RequestAsync(mirror, step.BaseSha, build.BaseTree, policy, build, outside, ct), ct);
        }
        catch (SetupSecretException e)
        {
            return new Prepared(policy, build, [], new BuildProblem(e.Message, "Whoever runs this service can give it (SetUp:Secrets, with this repository among its Repositories); else take it out of `setup` in the policy file.", []));
        }

        return outcome.Failure is { } failure
            ? new Prepared(policy, build, outcome.Refused, RepositoryDetector.SetupFailed(step.Repo, failure, outcome.Refused, step.Policy))
            : new Prepared(policy, build with { Notes = [.. build.Notes, .. outcome.PassedOver] }, outcome.Refused, null)
            {
                MapId = step.About is { } about && maps is not null ? await maps.MakeAsync(mirror, build.BaseTree, policy, about, ct) : null,
                Record = keys.Sign(BuildRecord.Of(step.Repo, step.BaseSha, step.Policy, policy, build)),
            };
    }

    /// <summary>
    /// Runs all checks, each on a clean workspace of exactly the snapshot's tree: nothing an agent or another check left behind can help.
    /// </summary>
    [Activity]
    public Task<Evidence> RunChecksAsync(ChecksStep step) => ActivityGuard.RunAsync(time, async (context, pump) =>
    {
        var ct = context.CancellationToken;
        var mirror = await mirrors.WithCommitAsync(step.Repo, step.BaseSha, ct);
        var tree = await mirrors.TreeAsync(mirror, step.BaseSha, step.Snapshot, ct);
        // A run that began before set-up was part of a task has none.
        var build = step.Build ?? RepositoryBuild.Unknown(tree);
        pump.Cursor = "set-up";
        var (outside, _) = await mirrors.OutsideAsync(step.Repo, mirror, step.BaseSha, step.Policy, build, ct);
        var request = await builds.RequestAsync(mirror, step.BaseSha, tree, step.Policy, build, outside, ct);
        var (environment, setup) = await builds.EnvironmentAsync(request, step.Policy, step.Plan, ct);
        // Checks after a failed set-up say nothing; the failure itself is the evidence.
        if (setup.Failure is { } failure)
            return Sign(step, build, new Evidence(tree, [Describe("setup", failure.Line, new CheckRun(failure.Result, null))]) { RefusedHosts = setup.Refused });

        var checks = step.Policy.Checks.Select(c => new WorkspaceCheck(c.Name, c.Run) { Needs = c.Needs }).ToList();
        await using var runner = new CheckRunner(git, request, environment, checks, WorkspaceIds.Of(step.Key, context.Info.Attempt));
        var changed = step.Snapshot is null ? [] : (await git.DiffAsync(mirror, step.BaseSha, tree, ct)).Paths;
        var results = new List<CheckEvidence>();
        foreach (var check in checks)
        {
            pump.Cursor = check.Name;
            // What the change touches goes first: red there needs no hour of the rest. Green comes from the whole only.
            if (changed.Count > 0 && build.TargetedFor(check.Name, changed) is { } part && await runner.RunAsync(check, part, ct) is { Result.Succeeded: false } early)
            {
                results.Add(Describe(check.Name, part, early));
                continue;
            }

            var cached = step.Snapshot is null ? await cache.FindAsync(tree, environment, runner.LinesOf(check), ct) : null;
            var run = cached is null ? await runner.RunAsync(check, null, ct) : new CheckRun(cached, null);
            var evidence = Describe(check.Name, check.Run, run);
            if (cached is null && step.Snapshot is null && evidence.CannotRun is null && run.RedNeed is null)
                await cache.KeepAsync(tree, environment, runner.LinesOf(check), run.Result, ct);
            results.Add(evidence);
        }

        return Sign(step, build, new Evidence(tree, results) { RefusedHosts = setup.Refused });
    });

    private Evidence Sign(ChecksStep step, RepositoryBuild build, Evidence evidence)
    {
        // What passed has said all there is to say, and nobody reads the base's output in a pull request.
        var told = evidence with { Checks = [.. evidence.Checks.Select(c => c.Passed || step.Snapshot is null ? c with { OutputTail = "" } : c)] };
        return evidence with
        {
            Record = keys.Sign(new EvidenceRecord(
                step.Repo, step.BaseSha, step.Snapshot is null, BuildRecord.ConditionsOf(step.Policy, build), BuildRecord.DigestOf(step.Plan), step.Policy.Checks, told)),
        };
    }

    internal static CheckEvidence Describe(string name, string command, CheckRun run)
    {
        var (result, redNeed) = run;
        var tail = Outcomes.Tail(result);
        if (redNeed is not null)
        {
            return new CheckEvidence(name, command, result.ExitCode, $"not run: needs {redNeed.Name}, which is red", TimeSpan.Zero, tail)
            {
                CannotRun = CannotRun.Classify(redNeed.Run, result.ExitCode, tail)?.Words,
            };
        }

        return new CheckEvidence(name, command, result.ExitCode, Outcomes.Ending(result), result.Duration, tail)
        {
            CannotRun = result.Succeeded ? null : CannotRun.Classify(command, result.ExitCode, tail)?.Words,
        };
    }

    /// <summary>What to prepare.</summary>
    /// <param name="Repo">Repository.</param>
    /// <param name="BaseSha">Base commit.</param>
    /// <param name="Policy">Policy of the default branch.</param>
    /// <param name="Branch">Branch that the change will be pushed to as a new one; null when there is one already.</param>
    public sealed record PrepareStep(RepoRef Repo, string BaseSha, RepositoryPolicy Policy, string? Branch = null)
    {
        /// <summary>What the task is about, for the map that agents are given: outside text. Null where none will be.</summary>
        public string? About { get; init; }
    }

    /// <summary>How a repository is built and checked.</summary>
    /// <param name="Policy">The policy, with what it left open filled in from what was found.</param>
    /// <param name="Build">How it is built.</param>
    /// <param name="RefusedHosts">Hosts that set-up was refused, a line each.</param>
    /// <param name="Problem">What stands in the way; null when nothing does.</param>
    public sealed record Prepared(RepositoryPolicy Policy, RepositoryBuild Build, IReadOnlyList<string> RefusedHosts, BuildProblem? Problem)
    {
        /// <summary>The same as the checks role signed it; null when something stands in the way.</summary>
        public SignedRecord? Record { get; init; }

        /// <summary>Artifact with the map of the repository; null for none.</summary>
        public string? MapId { get; init; }

        /// <summary>Why nothing was begun yet, as a sentence for people: to be asked again later. Null when it was.</summary>
        public string? WaitsFor { get; init; }
    }

    /// <summary>Why nothing can be proved here.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="WhatToDo">What a person can write or mend.</param>
    /// <param name="Shows">Commands whose output shows it.</param>
    public sealed record BuildProblem(string Reason, string WhatToDo, IReadOnlyList<FailedCheck> Shows);

    /// <summary>Checks to run on a clean workspace.</summary>
    /// <param name="Repo">Repository.</param>
    /// <param name="BaseSha">Base commit.</param>
    /// <param name="Snapshot">Snapshot; null means the base itself.</param>
    /// <param name="Policy">Policy with checks and limits.</param>
    /// <param name="Build">How the repository is built; null in runs that began before it was known.</param>
    /// <param name="Key">Unique name of this run of the checks.</param>
    public sealed record ChecksStep(RepoRef Repo, string BaseSha, string? Snapshot, RepositoryPolicy Policy, RepositoryBuild? Build, string Key)
    {
        /// <summary>Approved plan, which says whose packages may be set up; null for the base, and for a task that works without one.</summary>
        public Plan? Plan { get; init; }
    }
}
