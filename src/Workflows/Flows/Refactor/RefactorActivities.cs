using System.Globalization;
using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Mcp.Coverage;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.PublicApi;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
using Temporalio.Activities;

namespace CodingAgent.Workflows.Flows.Refactor;

/// <summary>Measures a base before a refactoring, and holds the change against it.</summary>
/// <param name="git">Git.</param>
/// <param name="mirrors">Mirrors.</param>
/// <param name="survey">Runs checks and reads what they built.</param>
/// <param name="keys">Signs what is found.</param>
/// <param name="time">Clock of the heartbeats.</param>
public sealed class RefactorActivities(TrustedGit git, RepositoryMirrors mirrors, TreeSurvey survey, IRecordKeys keys, TimeProvider time)
{
    private const int MostLines = 100;
    private const int MostFiles = 200;
    private const int MaxPatchChars = 8_000_000;

    /// <summary>What tests run of the base as it is, and how much of it others can use.</summary>
    [Activity]
    public Task<Baseline> MeasureBaseAsync(Step step) => ActivityGuard.RunAsync(time, async (context, pump) =>
    {
        var ct = context.CancellationToken;
        var mirror = await mirrors.WithCommitAsync(step.Repo, step.BaseSha, ct);
        var tree = await git.TreeOfAsync(mirror, step.BaseSha, ct);
        var read = await survey.ReadAsync(Of(step, mirror, tree, WorkspaceIds.Of(step.Key, context.Info.Attempt)), name => pump.Cursor = name, ct);
        var files = read.Coverage.Files.Where(f => !Gatekeeper.IsTest(step.Policy, f.Key)).ToArray();
        return new Baseline(
            [.. files.OrderBy(f => Percent(f.Value)).ThenBy(f => f.Key, StringComparer.Ordinal).Take(MostFiles).Select(f => new CoveredFile(f.Key, Percent(f.Value), Short(CoverageReport.Ranges(f.Value.Missed))))],
            read.Coverage.Total(p => !Gatekeeper.IsTest(step.Policy, p)) is { Lines: > 0 } total ? total.Run * 100 / total.Lines : null, read.Api is { } api ? OfCode(step, api).Count() : null);
    });

    /// <summary>Runs the tests of both sides on the code of both sides, and compares the surfaces.</summary>
    [Activity]
    public Task<Proved> ProveAsync(ProofStep step) => ActivityGuard.RunAsync(time, async (context, pump) =>
    {
        var ct = context.CancellationToken;
        var of = step.Of;
        var key = WorkspaceIds.Of(of.Key, context.Info.Attempt);
        var mirror = await mirrors.WithCommitAsync(of.Repo, of.BaseSha, ct);
        var tree = await mirrors.TreeAsync(mirror, of.BaseSha, step.Snapshot, ct);
        var changes = await git.DiffAsync(mirror, of.BaseSha, tree, ct);
        bool IsTest(string path) => Gatekeeper.IsTest(of.Policy, path);
        var present = changes.Files.Where(f => f.Kind != ChangeKind.Deleted).ToArray();
        string[] gone = [.. changes.Files.Where(f => f.Kind == ChangeKind.Deleted).Select(f => f.Path), .. changes.Files.Where(f => f.Kind == ChangeKind.Renamed).Select(f => f.OldPath!)];

        // The change's tests on the base's code; and the change's code, with what it adds to the tests, on the base's.
        var oldCode = await git.GraftAsync(mirror, of.BaseSha, tree, [.. present.Where(f => IsTest(f.Path)).Select(f => f.Path)], ct);
        var changesOldTests = changes.Files.Any(f => f.Kind is not ChangeKind.Added && f.Paths.Any(IsTest));
        var newCode = changesOldTests
            ? await git.GraftAsync(mirror, of.BaseSha, tree, [.. present.Where(f => !IsTest(f.Path) || f.Kind == ChangeKind.Added).Select(f => f.Path)], ct, [.. gone.Where(p => !IsTest(p))])
            : tree;
        var before = await survey.ReadAsync(Of(of, mirror, oldCode, key + "b") with { Plan = null }, name => pump.Cursor = name, ct);
        var after = await survey.ReadAsync(Of(of, mirror, newCode, key + "h"), name => pump.Cursor = name, ct);

        // Of the base's lines that the change touches: how many can run, how many did, and which did not.
        var (_, removed) = PatchLines.Read(await git.PatchTextAsync(mirror, of.BaseSha, tree, [], MaxPatchChars, ct));
        var touched = before.Coverage.IsEmpty ? null : before.Coverage.Of(removed.Where(l => !IsTest(l.Path)).Select(l => (l.Path, l.Line)));
        var proof = new RefactorProof(of.Repo, of.BaseSha, tree, BuildRecord.ConditionsOf(of.Policy, of.Build), BuildRecord.DigestOf(of.Plan), Told(before), Told(after))
        {
            Touched = touched?.Lines,
            Run = touched?.Run ?? 0,
            NotRun = touched?.NotRun ?? [],
            GoneTests = [.. gone.Where(IsTest).Take(MostLines)],
        };
        if (before.Api is { } was && after.Api is { } isNow)
        {
            var diff = ApiDiff.Between(was with { Entries = [.. OfCode(of, was)] }, isNow with { Entries = [.. OfCode(of, isNow)] });
            proof = proof with
            {
                ApiSize = OfCode(of, was).Count(),
                ApiChanges = [.. diff.Changes.Take(MostLines).Select(c => c.Line)],
                ApiChangeCount = diff.Changes.Count,
                ApiNotes = [.. was.Notes.Concat(isNow.Notes).Distinct(StringComparer.Ordinal)],
            };
        }

        return new Proved(proof, keys.Sign(proof));
    });

    private static TreeSurvey.Subject Of(Step step, GitMirror mirror, string tree, string key) => new(step.Repo, mirror, step.BaseSha, tree, step.Policy, step.Build, key) { Plan = step.Plan };

    // What tests declare is nobody's to use.
    private static IEnumerable<ApiEntry> OfCode(Step step, ApiSurface surface) => surface.Entries.Where(e => !Gatekeeper.IsTest(step.Policy, e.Unit));

    private static CheckedTree Told(TreeReading read) => new(read.TreeId, [.. read.Checks.Select(c => c.Passed ? c with { OutputTail = "" } : c)]);

    private static int Percent(FileCoverage file) => file.Count == 0 ? 100 : file.Covered.Count() * 100 / file.Count;

    private static string Short(string ranges) => ranges.Length <= 200 ? ranges : string.Create(CultureInfo.InvariantCulture, $"{ranges[..200]}…");

    /// <summary>A base to look at.</summary>
    /// <param name="Repo">Repository.</param>
    /// <param name="BaseSha">Base commit.</param>
    /// <param name="Policy">Policy with checks and limits.</param>
    /// <param name="Build">How the repository is built.</param>
    /// <param name="Key">Unique name of this look.</param>
    public sealed record Step(RepoRef Repo, string BaseSha, RepositoryPolicy Policy, RepositoryBuild Build, string Key)
    {
        /// <summary>Approved plan, which says whose packages may be set up; null before there is one.</summary>
        public Plan? Plan { get; init; }
    }

    /// <summary>A change to prove.</summary>
    /// <param name="Of">What it is a change of.</param>
    /// <param name="Snapshot">The change.</param>
    public sealed record ProofStep(Step Of, string Snapshot);

    /// <summary>What a change is held against.</summary>
    /// <param name="Files">Measured files that are no tests, those that tests run least first; bounded.</param>
    /// <param name="Percent">Percent of all their lines that tests ran; null where nothing could be measured.</param>
    /// <param name="PublicDeclarations">How many declarations others can use; null where that could not be read.</param>
    public sealed record Baseline(IReadOnlyList<CoveredFile> Files, int? Percent, int? PublicDeclarations);

    /// <summary>What tests run of a file.</summary>
    /// <param name="Path">Path.</param>
    /// <param name="Percent">Percent of its lines.</param>
    /// <param name="NotRun">Lines that no test runs, as ranges.</param>
    public sealed record CoveredFile(string Path, int Percent, string NotRun);

    /// <summary>What was found.</summary>
    /// <param name="Proof">The proof; what it says decides.</param>
    /// <param name="Record">The same as the checks role signed it.</param>
    public sealed record Proved(RefactorProof Proof, SignedRecord Record);
}
