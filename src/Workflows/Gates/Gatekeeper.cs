using CodingAgent.Agents.Cohort;
using CodingAgent.Mcp.Git;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Gates;

/// <summary>
/// Judges a change before it may leave. Pure; verdicts, not exceptions: each gate says what it found, also when it passes, so that the
/// pull request can show all of them.
/// </summary>
public static class Gatekeeper
{
    private const long MaxFileBytes = 1 << 20;
    private const int Shown = 5;

    private static readonly string[] Prose = [".md", ".txt", ".rst", ".adoc", ".png", ".jpg", ".jpeg", ".gif", ".svg"];

    /// <summary>All verdicts, in a stable order.</summary>
    public static IReadOnlyList<GateVerdict> Judge(GateInput input) =>
        [Branch(input), Paths(input), Plan(input), Size(input), Modes(input), Binaries(input), Secrets(input), Tests(input), Checks(input)];

    /// <summary>True when the path counts as a test under the policy.</summary>
    public static bool IsTest(RepositoryPolicy policy, string path) => PathGlob.AnyMatch(policy.Tests.Patterns, path);

    private static GateVerdict Branch(GateInput i)
    {
        var name = i.Branch.Replace("refs/heads/", "", StringComparison.OrdinalIgnoreCase);
        return name.Length == 0 || string.Equals(name, i.DefaultBranch, StringComparison.OrdinalIgnoreCase)
            ? new GateVerdict("branch", false, "The change would go to the default branch; it never does.")
            : new GateVerdict("branch", true, $"Goes to {name}, not to {i.DefaultBranch}.");
    }

    private static GateVerdict Paths(GateInput i)
    {
        var deny = ProtectedPaths.Under(i.Policy).Select(p => new PathGlob(p, denies: true)).ToArray();
        var allow = i.Policy.Paths.Allow.Select(p => new PathGlob(p)).ToArray();
        var bad = Files(i).Where(f => !IsPlain(f) || Array.Exists(deny, g => g.IsMatch(f)) || !Array.Exists(allow, g => g.IsMatch(f))).ToArray();
        return bad.Length == 0
            ? new GateVerdict("paths", true, $"Within the policy's path rules: {Markdown.Count(i.Changes.Files.Count, "file")}.")
            : new GateVerdict("paths", false, $"Not allowed by the repository's path rules: {List(bad)}. Leave these files as they were.");
    }

    private static GateVerdict Plan(GateInput i)
    {
        if (i.Plan is null)
            return new GateVerdict("plan", true, "This task works without a plan.");
        var planned = i.Plan.Edits.Concat(i.Plan.Tests).Select(e => e.Path).ToHashSet(StringComparer.Ordinal);
        var outside = Files(i).Where(f => !planned.Contains(f) && !IsTest(i.Policy, f)).ToArray();
        return outside.Length == 0
            ? new GateVerdict("plan", true, "Every changed file is in the approved plan or is a test.")
            : new GateVerdict("plan", false, $"Outside the approved plan: {List(outside)}. Undo these edits; a wider change needs a new plan.");
    }

    private static GateVerdict Size(GateInput i)
    {
        var lines = i.Changes.Insertions + i.Changes.Deletions;
        var limits = i.Policy.Limits;
        if (i.Changes.IsEmpty)
            return new GateVerdict("size", false, "Nothing changed.");
        return i.Changes.Files.Count <= limits.FilesChanged && lines <= limits.DiffLines
            ? new GateVerdict("size", true, $"{Markdown.Count(i.Changes.Files.Count, "file")} and {Markdown.Count(lines, "line")} changed (limits {limits.FilesChanged} and {limits.DiffLines}).")
            : new GateVerdict(
                "size", false,
                $"{Markdown.Count(i.Changes.Files.Count, "file")} and {Markdown.Count(lines, "line")} changed; the limits are {limits.FilesChanged} and {limits.DiffLines}. Make the change smaller, or raise limits.files_changed or limits.diff_lines.");
    }

    private static GateVerdict Modes(GateInput i)
    {
        // A symlink or submodule can point a later reader outside the repository; a new executable bit is never needed for text edits.
        var links = i.Changes.Files.Where(f => f.Kind != ChangeKind.Deleted && f.Mode is not ("100644" or "100755")).Select(f => f.Path).ToArray();
        var executables = i.Changes.Files.Where(f => f is { Kind: ChangeKind.Added, Mode: "100755" }).Select(f => f.Path)
            .Where(p => !p.EndsWith(".sh", StringComparison.Ordinal)).ToArray();
        if (links.Length > 0)
            return new GateVerdict("modes", false, $"Symbolic links and submodules are not allowed: {List(links)}.");
        return executables.Length > 0
            ? new GateVerdict("modes", false, $"New executable files that are not .sh scripts: {List(executables)}. Take the executable bit off.")
            : new GateVerdict("modes", true, "Plain files only.");
    }

    private static GateVerdict Binaries(GateInput i)
    {
        var bad = i.Changes.Files.Where(f => f.Kind != ChangeKind.Deleted && (f.IsBinary || f.Size > MaxFileBytes)).Select(f => f.Path).ToArray();
        return bad.Length == 0
            ? new GateVerdict("binaries", true, "No binary files, none above 1 MB.")
            : new GateVerdict("binaries", false, $"Binary files, or files above 1 MB: {List(bad)}. Remove them.");
    }

    private static GateVerdict Secrets(GateInput i)
    {
        var findings = SecretScanner.Scan(i.Added);
        return findings.Count == 0
            ? new GateVerdict("secrets", true, $"No credential found in {Markdown.Count(i.Added.Count, "added line")}.")
            : new GateVerdict("secrets", false, $"Possible credentials: {List(findings)}. Remove them; read secrets from configuration.");
    }

    private static GateVerdict Tests(GateInput i)
    {
        if (!i.Policy.Tests.RequiredWithCode)
            return new GateVerdict("tests", true, "The policy does not ask for tests with code.");
        var code = i.Changes.Files.Where(f => !IsTest(i.Policy, f.Path) && !IsProse(f.Path)).ToArray();
        if (code.Length == 0)
            return new GateVerdict("tests", true, "No code changed.");
        var tests = i.Changes.Files.Count(f => f.Kind != ChangeKind.Deleted && IsTest(i.Policy, f.Path));
        if (tests == 0 && i.TestsMustChange)
            return new GateVerdict("tests", false, $"Code changed but no test did ({List([.. code.Select(f => f.Path)])}). Add or change a test that covers it.");
        return i.Evidence is { Checks.Count: > 0 } evidence && evidence.TreeId == i.Changes.TreeId
            ? new GateVerdict("tests", true, $"{Markdown.Count(tests, "test file")} changed, and the checks ran on exactly this content.")
            : new GateVerdict("tests", false, "Code changed but no check ran on this content. Name the test command under 'checks' in .github/coding-agent.yml.");
    }

    private static GateVerdict Checks(GateInput i)
    {
        if (i.Evidence is null || i.Evidence.Checks.Count == 0)
            return new GateVerdict("checks", true, "No checks are known; the tests gate decides.");
        if (i.Evidence.TreeId != i.Changes.TreeId)
            return new GateVerdict("checks", false, "The checks ran on other content than this change.");
        var red = i.Evidence.Checks.Where(c => !c.Passed).Select(c => c.Name).ToArray();
        return red.Length == 0
            ? new GateVerdict("checks", true, $"All checks passed: {List([.. i.Evidence.Checks.Select(c => c.Name)])}.")
            : new GateVerdict("checks", false, $"Checks are red: {List(red)}.");
    }

    private static IEnumerable<string> Files(GateInput i) => i.Changes.Files.Select(f => f.Path);

    private static bool IsPlain(string path) =>
        path.Length > 0 && path[0] != '/' && !path.Any(char.IsControl) && !path.Contains('\\', StringComparison.Ordinal)
        && !path.Split('/').Any(s => s is "" or "." or "..");

    private static bool IsProse(string path) =>
        Array.Exists(Prose, e => path.EndsWith(e, StringComparison.OrdinalIgnoreCase)) || path is "LICENSE" or ".gitignore";

    private static string List(IReadOnlyList<string> items) =>
        string.Join(", ", items.Take(Shown)) + (items.Count > Shown ? $" and {items.Count - Shown} more" : "");
}

/// <summary>Everything the gates judge. All of it is recomputed by code from git objects and the base branch; nothing is the agent's word.</summary>
/// <param name="Changes">The whole change against the base commit.</param>
/// <param name="Added">Added lines of text files, for the secret scan.</param>
/// <param name="Policy">Policy read from the default branch.</param>
/// <param name="Plan">Approved plan; null for a task that works without one (a fix on a person's pull request).</param>
/// <param name="Evidence">Check results; null when none were taken.</param>
/// <param name="Branch">Branch that would be pushed.</param>
/// <param name="DefaultBranch">The repository's default branch.</param>
public sealed record GateInput(
    ChangeSet Changes, IReadOnlyList<AddedLine> Added, RepositoryPolicy Policy, Plan? Plan, Evidence? Evidence, string Branch, string DefaultBranch)
{
    /// <summary>False when tests need not change with code: a fix on a person's pull request, whose tests are theirs.</summary>
    public bool TestsMustChange { get; init; } = true;
}
