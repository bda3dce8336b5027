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

    /// <summary>All verdicts, in a stable order.</summary>
    public static IReadOnlyList<GateVerdict> Judge(GateInput input)
    {
        var patterns = PathGlob.All(input.Policy.Tests.Patterns);
        // Asked for each changed line, of few files.
        var named = new Dictionary<string, bool>(StringComparer.Ordinal);
        bool IsNamed(string path) => named.TryGetValue(path, out var known) ? known : named[path] = patterns(path);
        var dressed = ProductTests.Of(input, IsNamed);
        bool IsTest(string path) => IsNamed(path) && !dressed.Contains(path);
        var locks = ChangedLocks.Of(Files(input), input.Plan);
        return
        [
            Branch(input), Paths(input), Plan(input, IsTest, dressed, locks), Size(input, locks), Modes(input), Binaries(input, locks), Secrets(input), CharactersGate.Judge(input),
            TestsGate.Judge(input, IsTest), RiskGate.Judge(input, IsTest, locks), DependenciesGate.Judge(input), ChecksGate.Judge(input),
        ];
    }

    /// <summary>True when the path counts as a test under the policy.</summary>
    public static bool IsTest(RepositoryPolicy policy, string path) => PathGlob.AnyMatch(policy.Tests.Patterns, path);

    private static GateVerdict Branch(GateInput i)
    {
        var name = i.Branch.Replace("refs/heads/", "", StringComparison.OrdinalIgnoreCase);
        if (name.Length == 0 || string.Equals(name, i.DefaultBranch, StringComparison.OrdinalIgnoreCase))
            return Refused("The change would go to the default branch; it never does.");
        if (i.IsProtected)
            return Refused($"The branch {List([name])} is protected; nothing is pushed to it.");
        if (i.IsBaseForeign)
            return Refused("The commit that the change is computed against is no longer in the history of its base branch; that was force-pushed. Stop the task and ask again.");
        return !(i.OwnBranches is { } own && name.StartsWith(own, StringComparison.Ordinal)) && name != i.LinkedBranch
            ? Refused($"The branch {List([name])} is neither one of this task's own ({i.OwnBranches ?? TaskBranch.Prefix}…) nor the open head that it works on; nothing is pushed to it.")
            : new GateVerdict("branch", true, $"Goes to {name}, not to {i.DefaultBranch}.");

        static GateVerdict Refused(string words) => new("branch", false, words) { IsForPeople = true };
    }

    private static GateVerdict Paths(GateInput i)
    {
        var foreign = Files(i).Where(f => !GitText.IsUtf8(f)).ToArray();
        if (foreign.Length > 0)
            return new GateVerdict("paths", false, $"Files whose names are not UTF-8 cannot be part of a change: {List(foreign)}. Leave them as they were.");
        var denied = PathGlob.All(ProtectedPaths.Under(i.Policy), denies: true);
        var allowed = PathGlob.All(i.Policy.Paths.Allow);
        var bad = Files(i).Where(f => !IsPlain(f) || denied(f) || !allowed(f)).ToArray();
        return bad.Length == 0
            ? new GateVerdict("paths", true, $"Within the policy's path rules: {Markdown.Count(i.Changes.Files.Count, "file")}.")
            : new GateVerdict("paths", false, $"Not allowed by the repository's path rules: {List([.. bad.Select(f => Why(i, f))])}. Leave these files as they were.");
    }

    // Which key answers, for who wants it otherwise.
    private static string Why(GateInput i, string path) =>
        RiskFiles.Of(path, []).Where(c => i.Policy.Danger.RuleOf(c) == RiskRule.Deny).Select(c => (RiskClass?)c).FirstOrDefault() is { } risk
            ? $"{path} ({RiskFiles.Words(risk)}{(RiskFiles.Key(risk) is { } key ? $"; danger.{key}" : "")})"
            : path;

    private static GateVerdict Plan(GateInput i, Func<string, bool> isTest, IReadOnlySet<string> dressed, ChangedLocks locks)
    {
        if (i.Plan is null)
            return new GateVerdict("plan", true, "This task works without a plan.");
        if (locks.Unexplained.Count > 0)
        {
            var first = locks.Unexplained[0];
            return new GateVerdict(
                "plan", false,
                $"Lock files changed although nothing they are written from did: {List(locks.Unexplained)}. Restore them, or change and plan the manifest ({string.Join(", ", Manifests.ManifestsOf(first).Take(3))}).");
        }

        var planned = ChangedLocks.PlannedPaths(i.Plan);
        var outside = Files(i).Where(f => !planned.Contains(f) && !isTest(f) && !locks.Explained.Contains(f)).ToArray();
        var moved = i.Changes.Files.Where(f => f.Kind == ChangeKind.Renamed).Select(f => $"{f.OldPath} to {f.Path}").ToArray();
        if (outside.Length > 0)
        {
            var worn = outside.Any(dressed.Contains) ? " What the product compiles or loads is no test, whatever its name." : "";
            return new GateVerdict("plan", false, $"Outside the approved plan: {List(outside)}.{worn} Undo these edits; a wider change needs a new plan.");
        }

        var words = "Every changed file is in the approved plan or is a test";
        if (locks.Explained.Count > 0)
            words += $", or is a lock file written from a planned manifest ({List([.. locks.Explained])})";
        return new GateVerdict("plan", true, moved.Length == 0 ? $"{words}." : $"{words}; moved: {List(moved)}.");
    }

    private static GateVerdict Size(GateInput i, ChangedLocks locks)
    {
        if (i.Changes.IsEmpty)
            return new GateVerdict("size", false, "Nothing changed.");
        var counted = i.Changes.Files.Where(f => !locks.Explained.Contains(f.Path)).ToArray();
        var lines = counted.Sum(f => f.Insertions + f.Deletions);
        var limits = i.Policy.Limits;
        var aside = locks.Explained.Count == 0 ? "" : $", beside {Markdown.Count(locks.Explained.Count, "lock file")} that a package manager wrote";
        return counted.Length <= limits.FilesChanged && lines <= limits.DiffLines
            ? new GateVerdict("size", true, $"{Markdown.Count(counted.Length, "file")} and {Markdown.Count(lines, "line")} changed (limits {limits.FilesChanged} and {limits.DiffLines}){aside}.")
            : new GateVerdict(
                "size", false,
                $"{Markdown.Count(counted.Length, "file")} and {Markdown.Count(lines, "line")} changed{aside}; the limits are {limits.FilesChanged} and {limits.DiffLines}. Make the change smaller, or raise limits.files_changed or limits.diff_lines.");
    }

    private static GateVerdict Modes(GateInput i)
    {
        // A symlink or submodule can point a later reader outside the repository; an executable bit is never needed but by scripts.
        var present = i.Changes.Files.Where(f => f.Kind != ChangeKind.Deleted).ToArray();
        var links = present.Where(f => f.Mode is not ("100644" or "100755")).Select(f => f.Path).ToArray();
        if (links.Length > 0)
            return new GateVerdict("modes", false, $"Symbolic links and submodules are not allowed: {List(links)}.");
        var bits = present.Where(f => f.ExecutableBitChanged || f is { Kind: ChangeKind.Added, Mode: "100755" }).ToArray();
        var bad = bits.Where(f => !f.IsScript && !f.Path.EndsWith(".sh", StringComparison.Ordinal)).ToArray();
        if (bad.Length > 0)
        {
            var set = bad.Where(f => f.Mode == "100755").Select(f => f.Path).ToArray();
            return set.Length > 0
                ? new GateVerdict("modes", false, $"Executable files that are not scripts: {List(set)}. Take the executable bit off.")
                : new GateVerdict("modes", false, $"The executable bit was taken from {List([.. bad.Select(f => f.Path)])}. Put it back.");
        }

        var told = bits.Select(f => $"{f.Path} ({f.OldMode ?? "new"} to {f.Mode})").Concat(present.Where(f => f.TypeChanged).Select(f => $"{f.Path} ({f.OldMode} to {f.Mode})")).ToArray();
        return new GateVerdict("modes", true, told.Length == 0 ? "Plain files only." : $"Plain files only; modes changed: {List(told)}.") { Marked = bits.Any(f => f.Mode == "100755") };
    }

    private static GateVerdict Binaries(GateInput i, ChangedLocks locks)
    {
        // Also where the pointer became text: its content would have to be on the server that keeps such files before anybody sees the commit.
        var kept = i.Changes.Files.Where(f => f.Kind != ChangeKind.Deleted && f.ContentChanged && i.LfsFiles.Contains(f.OldPath ?? f.Path)).Select(f => f.Path).ToArray();
        if (kept.Length > 0)
            return new GateVerdict("binaries", false, $"Files kept in Git LFS were changed: {List(kept)}. Their content cannot be pushed from here. Put them back (restore_path); a person can change them.");
        // A lock file may be as long as it likes, and bun's old one is binary.
        var bad = i.Changes.Files.Where(f => f.Kind != ChangeKind.Deleted && !locks.Explained.Contains(f.Path) && (f.IsBinary || f.Size > MaxFileBytes) && (f.ContentChanged || f.Kind == ChangeKind.Copied))
            .Select(f => f.Path).ToArray();
        return bad.Length == 0
            ? new GateVerdict("binaries", true, "No binary files, none above 1 MB.")
            : new GateVerdict("binaries", false, $"Binary files, or files above 1 MB: {List(bad)}. Remove them.");
    }

    private static GateVerdict Secrets(GateInput i)
    {
        var names = SecretScanner.ScanNames(i.Changes.Files.Where(f => f.Kind != ChangeKind.Deleted).Select(f => f.Path), i.Policy.AllowedSecrets);
        var lines = SecretScanner.Scan(i.Added, i.Policy.AllowedSecrets);
        string[] held = [.. names.Held, .. lines.Held], allowed = [.. names.Allowed, .. lines.Allowed];
        if (held.Length > 0)
            return new GateVerdict("secrets", false, $"Possible credentials: {List(held)}. Remove them; read secrets from configuration.");
        return allowed.Length == 0
            ? new GateVerdict("secrets", true, $"No credential found in {Markdown.Count(i.Added.Count, "added line")}.")
            : new GateVerdict("secrets", true, $"Looks like credentials that the policy allows (secrets.allow): {List(allowed)}.") { Marked = true };
    }

    /// <summary>Every path a rule must hold for: of a rename both, so that no rule can be renamed around.</summary>
    private static IEnumerable<string> Files(GateInput i) => i.Changes.Files.SelectMany(f => f.Paths);

    private static bool IsPlain(string path) =>
        path.Length > 0 && path[0] != '/' && !path.Any(char.IsControl) && !path.Contains('\\', StringComparison.Ordinal)
        && !path.Split('/').Any(s => s is "" or "." or "..");

    /// <summary>The first few of many, fit for one line.</summary>
    internal static string List(IReadOnlyList<string> items) =>
        GitText.Show(string.Join(", ", items.Take(Shown))) + (items.Count > Shown ? $" and {items.Count - Shown} more" : "");
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

    /// <summary>What the names of branches that the task may make start with; null for one that works on a person's pull request.</summary>
    public string? OwnBranches { get; init; } = TaskBranch.Prefix;

    /// <summary>Head branch of the open pull request that the task was asked to work on, where that lies in the same repository; null when there is none.</summary>
    public string? LinkedBranch { get; init; }

    /// <summary>True when the base commit lies in the history of neither the base branch nor <see cref="Branch"/>.</summary>
    public bool IsBaseForeign { get; init; }

    /// <summary>True when the forge protects <see cref="Branch"/>.</summary>
    public bool IsProtected { get; init; }

    /// <summary>Removed lines of text files, those of deleted files too.</summary>
    public IReadOnlyList<AddedLine> Removed { get; init; } = [];

    /// <summary>Changed manifests whose settings for test runners changed, and changed paths that only their content puts in a class; of a rename both.</summary>
    public IReadOnlyList<(string Path, RiskClass Class)> ByContent { get; init; } = [];

    /// <summary>Changed files named after tests that a project of the product compiles.</summary>
    public IReadOnlyCollection<string> CompiledByProduct { get; init; } = [];

    /// <summary>What the change does to packages.</summary>
    public DependencyReport Dependencies { get; init; } = DependencyReport.None;

    /// <summary>All paths of the base; empty where they were not listed, and then no file counts as outside what is there.</summary>
    public IReadOnlyCollection<string> BaseFiles { get; init; } = [];

    /// <summary>Paths that a person was asked about by name, beyond the plan, and agreed to, with what they were told of them.</summary>
    public IReadOnlyDictionary<string, string> Asked { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>True when a person was told this very thing and agreed: what turns out otherwise later is asked again.</summary>
    internal bool IsAgreed(RiskyFile file) => Asked.TryGetValue(file.Path, out var told) && told.Contains(file.Why, StringComparison.Ordinal);

    /// <summary>True when a person approved <see cref="Plan"/>, and not the policy.</summary>
    public bool PlanApprovedByPerson { get; init; }

    /// <summary>The plan that people were asked about, of which <see cref="Plan"/> may be a part; null where it is the same.</summary>
    public Plan? WholePlan { get; init; }

    /// <summary>True for a draft whose checks may be red, because it shows people just that.</summary>
    public bool MayBeRed { get; init; }

    /// <summary>Paths of the base that are kept in Git LFS.</summary>
    public IReadOnlyCollection<string> LfsFiles { get; init; } = [];

    /// <summary>
    /// Names of checks that were red on the base commit and are green on this content: the issue's failing test existed already, so the
    /// change proves itself without one of its own. Counts only where <see cref="Evidence"/> shows the check passed.
    /// </summary>
    public IReadOnlyCollection<string> FailingOnBase { get; init; } = [];

    /// <summary>
    /// Names of checks that could not run on the base commit either (program missing, SDK not found): such a check is no evidence, and its
    /// failure here is nobody's fault. One that cannot run only on this content is red.
    /// </summary>
    public IReadOnlyCollection<string> CannotRunOnBase { get; init; } = [];
}
