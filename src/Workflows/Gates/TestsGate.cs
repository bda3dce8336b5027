using CodingAgent.Mcp.Git;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Gates;

/// <summary>Code needs a test that changes with it, and whatever can break needs a check that ran on exactly this content.</summary>
internal static class TestsGate
{
    private const string Gate = "tests";

    private static readonly string[] Prose = [".md", ".txt", ".rst", ".adoc", ".png", ".jpg", ".jpeg", ".gif", ".svg"];

    public static GateVerdict Judge(GateInput i, Func<string, bool> isTest)
    {
        var files = i.Changes.Files;
        // A test moved out of the tests is a deleted one.
        var gone = files.Where(f => f.Kind == ChangeKind.Deleted ? isTest(f.Path) : f.Kind == ChangeKind.Renamed && isTest(f.OldPath!) && !isTest(f.Path)).ToArray();
        var tests = files.Count(f => f.Kind != ChangeKind.Deleted && f.ContentChanged && isTest(f.Path));
        var code = files.Where(f => !isTest(f.Path) && !IsProse(f.Path)).ToArray();
        if (code.Length == 0 && !files.Any(f => f.Paths.Any(isTest)))
            return new GateVerdict(Gate, true, "No code changed.");

        // What only moved needs no new test; manifests and lock files cannot have one. That the checks pass with them is what counts.
        var tested = code.Where(f => (f.ContentChanged || f.Kind == ChangeKind.Copied) && !Manifests.IsManifest(f.Path) && !Manifests.IsLock(f.Path)).ToArray();
        var together = gone.Length > 0 && RemovedTogether(i, gone, tested);
        var weaker = TestStrength.Weaker(i, isTest, p => together && Array.Exists(gone, f => f.Path == p));
        var asked = weaker.Select(w => new RiskyFile(w.Path, w.Why)).Where(w => !i.IsAgreed(w)).ToArray();
        var less = Gatekeeper.List([.. weaker.Select(w => $"{w.Path} {w.Why}")]);
        if (asked.Length > 0)
        {
            return new GateVerdict(Gate, false, $"Tests say less than before: {less}. Put back what they had, and change the code instead.")
            {
                Asks = asked,
                FixerFirst = true,
            };
        }

        var ran = ChecksGate.Ran(i);
        var proof = ran.Where(c => c.Passed && i.FailingOnBase.Contains(c.Name)).Select(c => c.Name).ToArray();
        if (tested.Length > 0 && tests == 0 && gone.Length == 0 && proof.Length == 0 && i is { TestsMustChange: true, Policy.Tests.RequiredWithCode: true })
            return new GateVerdict(Gate, false, $"Code changed but no test did ({Names(tested)}). Add or change a test that covers it.");
        if (ran.Count == 0)
            return new GateVerdict(Gate, false, "Code changed but no check ran on this content. Name the test command under 'checks' in the policy file.");
        if (weaker.Count > 0)
            return new GateVerdict(Gate, true, $"Tests say less than before, as a person agreed: {less}. Look at these first.") { Marked = true };
        return new GateVerdict(Gate, true, proof.Length > 0 && tests == 0
            ? $"No test changed, but {Gatekeeper.List(proof)} was red before this change and is green with it, on exactly this content."
            : $"{Markdown.Count(tests, "test file")} changed, and the checks ran on exactly this content.");
    }

    /// <summary>Code may go together with its tests, where the plan says so: files deleted, nothing added anywhere.</summary>
    private static bool RemovedTogether(GateInput i, ChangedFile[] gone, ChangedFile[] tested) =>
        i.Plan is { } plan && gone.All(f => ChangedLocks.PlannedPaths(plan).Contains(f.Path))
        && Array.Exists(tested, f => f.Kind == ChangeKind.Deleted) && Array.TrueForAll(tested, f => f is { Insertions: 0, IsBinary: false });

    private static string Names(IEnumerable<ChangedFile> files) => Gatekeeper.List([.. files.Select(f => f.OldPath is null || f.Kind != ChangeKind.Renamed ? f.Path : $"{f.OldPath} to {f.Path}")]);

    /// <summary>What nothing compiles, runs or obeys.</summary>
    internal static bool IsProse(string path) =>
        (Array.Exists(Prose, e => path.EndsWith(e, StringComparison.OrdinalIgnoreCase)) || path is "LICENSE" or ".gitignore")
        && !Manifests.IsManifest(path) && path[(path.LastIndexOf('/') + 1)..] is not ("CMakeLists.txt" or "meson_options.txt");
}
