using System.Globalization;
using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Mcp.Coverage;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Setup;
using CodingAgent.Mcp.Texts;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Ci;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
using Temporalio.Activities;

namespace CodingAgent.Workflows.Flows.BugFix;

/// <summary>Runs the tests of a change with and without its code.</summary>
/// <param name="git">Git.</param>
/// <param name="mirrors">Mirrors.</param>
/// <param name="builds">Environments.</param>
/// <param name="survey">Measures what the failing test runs.</param>
/// <param name="keys">Signs what is found.</param>
/// <param name="time">Clock of the heartbeats.</param>
public sealed class BugFixActivities(TrustedGit git, RepositoryMirrors mirrors, RepositoryBuilds builds, TreeSurvey survey, IRecordKeys keys, TimeProvider time)
{
    private const int MostCommits = 3;
    private const int MostFiles = 4;
    private const int MostReached = 12;
    private const int MostRanges = 200;

    /// <summary>
    /// Looks for a check whose line is red on the base with the change's tests, twice, and green on the change. The lines are the repository's own, as
    /// detected or named on its base; nothing that an agent wrote says what is run.
    /// </summary>
    [Activity]
    public Task<Proved> ProveTestsAsync(ProofStep step) => ActivityGuard.RunAsync(time, async (context, pump) =>
    {
        var ct = context.CancellationToken;
        var mirror = await mirrors.WithCommitAsync(step.Repo, step.BaseSha, ct);
        var tree = await mirrors.TreeAsync(mirror, step.BaseSha, step.Snapshot, ct);
        var files = (await git.DiffAsync(mirror, step.BaseSha, tree, ct)).Files;
        var tests = files.Where(f => f.Kind != ChangeKind.Deleted && f.ContentChanged && Gatekeeper.IsTest(step.Policy, f.Path)).Select(f => f.Path).ToArray();
        var others = files.SelectMany(f => f.Paths).Where(p => !Gatekeeper.IsTest(step.Policy, p)).Distinct(StringComparer.Ordinal).ToArray();
        var proof = new TestProof(step.Repo, step.BaseSha, tree, BuildRecord.ConditionsOf(step.Policy, step.Build), BuildRecord.DigestOf(step.Plan), tests);
        if (tests.Length == 0)
            return Sign(proof with { WhyNot = $"No test file is new or changed. A test is a file that these globs match: {string.Join(", ", step.Policy.Tests.Patterns.Take(10))}." }, others, []);

        var withTests = await git.GraftAsync(mirror, step.BaseSha, tree, tests, ct);
        var (outside, _) = await mirrors.OutsideAsync(step.Repo, mirror, step.BaseSha, step.Policy, step.Build, ct);
        var checks = step.Policy.Checks.Select(c => new WorkspaceCheck(c.Name, c.Run) { Needs = c.Needs }).ToList();
        var key = WorkspaceIds.Of(step.Key, context.Info.Attempt);
        await using var onBase = await RunnerAsync(withTests, "b");
        await using var onHead = await RunnerAsync(tree, "h");
        await using var plain = await RunnerAsync(await git.TreeOfAsync(mirror, step.BaseSha, ct), "p");
        var why = new List<string>();
        foreach (var (check, line) in Lines(step, checks, tests))
        {
            pump.Cursor = check.Name;
            var red = await RunAsync(onBase, check, line, ct);
            if (red.Passed)
            {
                why.Add($"{check.Name} passes without the change too");
                continue;
            }

            var failed = FailedTests.In(red.OutputTail, LogLines.Of(red.OutputTail));
            if ((red.CannotRun ?? (red.Ending == "exited" ? RedReason.Other(red.OutputTail, failed) : $"{red.Ending} without the change")) is { } other)
            {
                why.Add($"{check.Name}: {other}");
                continue;
            }

            // Where no failed test has a name, the line may have been red for another reason all along.
            if (failed.Count == 0 && await RunAsync(plain, check, line, ct) is { Passed: false } before && Words(before.OutputTail) == Words(red.OutputTail))
            {
                why.Add($"{check.Name} is red in the same words without the new tests, so it is not them that fail");
                continue;
            }

            // What fails by chance now and then proves nothing.
            if ((await RunAsync(onBase, check, line, ct)).Passed)
            {
                why.Add($"{check.Name} failed without the change once and passed the second time: the test does not fail each time");
                continue;
            }

            proof = proof with { Check = check.Name, OnBase = new TestRun(withTests, red), Failed = failed };
            var places = await PlacesAsync(mirror, step, tree, red.OutputTail, ct);
            if (tree == withTests)
            {
                // Nobody knows yet where the cause is. A whole suite runs too much to tell.
                string[] reached = line == check.Run ? [] : await ReachedAsync(step, mirror, withTests, check.Name, line, $"{key}m", ct);
                return Sign(proof, others, [.. places, .. reached]);
            }

            var green = await RunAsync(onHead, check, line, ct);
            return Sign(proof with { OnHead = new TestRun(tree, green), WhyNot = green.Passed ? null : $"{check.Name} fails with the change too." }, others, places);
        }

        return Sign(proof with { WhyNot = $"No test of this change fails without it: {(why.Count == 0 ? "no check is known that runs tests" : string.Join("; ", why))}." }, others, []);

        async Task<CheckRunner> RunnerAsync(string of, string part)
        {
            var request = await builds.RequestAsync(mirror, step.BaseSha, of, step.Policy, step.Build, outside, ct);
            return new CheckRunner(git, request, (await builds.EnvironmentAsync(request, step.Policy, step.Plan, ct)).Environment, checks, $"{key}{part}");
        }
    });

    // What runs the changed tests alone, where a check has a way to; else every check as it is.
    private static IEnumerable<(WorkspaceCheck Check, string Line)> Lines(ProofStep step, IReadOnlyList<WorkspaceCheck> checks, string[] tests)
    {
        var targeted = checks.Select(c => (Check: c, Line: step.Build.TargetedFor(c.Name, tests))).Where(c => c.Line is not null).Select(c => (c.Check, c.Line!)).ToArray();
        return targeted.Length > 0 ? targeted : checks.Select(c => (c, c.Run));
    }

    /// <summary>Which lines of code the failing test runs, in the files of which it runs least.</summary>
    private async Task<string[]> ReachedAsync(ProofStep step, GitMirror mirror, string tree, string check, string line, string key, CancellationToken ct)
    {
        var of = new TreeSurvey.Subject(step.Repo, mirror, step.BaseSha, tree, step.Policy, step.Build, key) { Plan = step.Plan };
        var coverage = await survey.RunAsync(of, check, line, ct);
        return
        [
            .. coverage.Files.Where(f => !Gatekeeper.IsTest(step.Policy, f.Key) && f.Value.Covered.Any()).OrderBy(f => f.Value.Covered.Count()).ThenBy(f => f.Key, StringComparer.Ordinal).Take(MostReached)
                .Select(f => $"the failing test runs {f.Key}:{TextCut.Head(CoverageReport.Ranges(f.Value.Covered), MostRanges, "…")}"),
        ];
    }

    // Times and counters differ from run to run.
    private static string Words(string output) => string.Concat(output.Where(c => !char.IsDigit(c) && !char.IsWhiteSpace(c)));

    private static async Task<CheckEvidence> RunAsync(CheckRunner runner, WorkspaceCheck check, string line, CancellationToken ct) =>
        WorkspaceActivities.Describe(check.Name, line, await runner.RunAsync(check, line == check.Run ? null : line, ct));

    /// <summary>Where the failing test went through the code, and what was done there last.</summary>
    private async Task<IReadOnlyList<string>> PlacesAsync(GitMirror mirror, ProofStep step, string tree, string output, CancellationToken ct)
    {
        var paths = (await git.ListTreeAsync(mirror, tree, ct)).Select(e => e.Path).ToArray();
        var places = StackPlaces.In(output, paths, p => Gatekeeper.IsTest(step.Policy, p));
        var lines = places.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Path}:{p.Line}")).ToList();
        foreach (var path in places.Select(p => p.Path).Distinct(StringComparer.Ordinal).Take(MostFiles))
        {
            foreach (var commit in await git.LogAsync(mirror, step.BaseSha, path, MostCommits, ct))
                lines.Add(string.Create(CultureInfo.InvariantCulture, $"{path} was changed by {commit.Sha[..10]} on {commit.Date:yyyy-MM-dd}: {commit.Subject}"));
        }

        return lines;
    }

    private Proved Sign(TestProof proof, IReadOnlyList<string> others, IReadOnlyList<string> places) => new(proof, keys.Sign(proof), others, places);

    /// <summary>What to prove.</summary>
    /// <param name="Repo">Repository.</param>
    /// <param name="BaseSha">Base commit.</param>
    /// <param name="Snapshot">The change; a change of nothing but tests is proved to be red alone.</param>
    /// <param name="Policy">Policy with checks and limits.</param>
    /// <param name="Build">How the repository is built.</param>
    /// <param name="Key">Unique name of this proof.</param>
    public sealed record ProofStep(RepoRef Repo, string BaseSha, string Snapshot, RepositoryPolicy Policy, RepositoryBuild Build, string Key)
    {
        /// <summary>Approved plan, which says whose packages may be set up; null before there is one.</summary>
        public Plan? Plan { get; init; }
    }

    /// <summary>What was found.</summary>
    /// <param name="Proof">The proof, or why there is none.</param>
    /// <param name="Record">The same as the checks role signed it.</param>
    /// <param name="Others">Changed files that are no tests.</param>
    /// <param name="Places">Where the failing test went through the code, the last commits there, and what it runs where that can be measured, a line each: outside text.</param>
    public sealed record Proved(TestProof Proof, SignedRecord Record, IReadOnlyList<string> Others, IReadOnlyList<string> Places);
}
