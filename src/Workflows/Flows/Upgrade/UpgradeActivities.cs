using System.Text;
using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Mcp;
using CodingAgent.Mcp.Egress;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Setup;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
using Temporalio.Activities;

namespace CodingAgent.Workflows.Flows.Upgrade;

/// <summary>Finds who asks for a dependency, and makes trees in which some of them ask for another version of it.</summary>
/// <param name="git">Git.</param>
/// <param name="mirrors">Mirrors.</param>
/// <param name="builds">Environments.</param>
/// <param name="artifacts">Where trees are kept.</param>
/// <param name="keys">Signs plans.</param>
/// <param name="settings">Advisories.</param>
/// <param name="time">Clock of the heartbeats, and of how old a version is.</param>
public sealed class UpgradeActivities(TrustedGit git, RepositoryMirrors mirrors, RepositoryBuilds builds, IArtifactStore artifacts, IRecordKeys keys, FlowSettings settings, TimeProvider time)
{
    private const int MostManifests = 5_000;
    private const int MostSources = 5_000;
    private const long LargestManifest = 1 << 20;
    private const long LargestSource = 256 << 10;
    private const int MostSetUps = 2;

    // Where what a registry answers is put: no name of anybody's file, and gone with the workspace.
    private const string Answer = ".coding-agent-releases";

    private static readonly string[] Sources =
        [".cs", ".fs", ".vb", ".razor", ".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".vue", ".svelte", ".py", ".go", ".java", ".kt", ".scala", ".rs"];

    /// <summary>Looks who declares the dependency, chooses the version, and makes the plan. What stands in the way is a result, in words for people.</summary>
    [Activity]
    public Task<Survey> SurveyAsync(SurveyStep step) => ActivityGuard.RunAsync(time, async (context, pump) =>
    {
        var ct = context.CancellationToken;
        var mirror = await mirrors.WithCommitAsync(step.Repo, step.BaseSha, ct);
        var tree = await git.ListTreeAsync(mirror, step.BaseSha, ct);
        var all = DependencyScan.Find(tree.Select(e => e.Path), await TextsAsync(mirror, tree, ct));
        var own = all.Of(step.Request.Name);
        if (own.Count == 0)
        {
            var near = all.Select(d => d.Name).Distinct(StringComparer.OrdinalIgnoreCase).Where(n => n.Contains(step.Request.Name, StringComparison.OrdinalIgnoreCase) || step.Request.Name.Contains(n, StringComparison.OrdinalIgnoreCase)).Take(5).ToArray();
            return Survey.Not($"No manifest of this repository asks for {step.Request.Name}{(near.Length > 0 ? $"; there is {string.Join(", ", near)}" : "")}.");
        }

        var notes = new List<string>();
        var kinds = own.GroupBy(d => d.Ecosystem, StringComparer.Ordinal).Where(g => step.Request.Version is null || PackageGrammar.IsVersion(g.Key, step.Request.Version)).OrderByDescending(g => g.Count()).ToArray();
        if (kinds.Length == 0)
            return Survey.Not($"{step.Request.Version} is no version as {string.Join(" or ", own.Select(d => d.Ecosystem).Distinct(StringComparer.Ordinal))} writes it.");
        var ecosystem = kinds[0].Key;
        if (kinds.Length > 1)
            notes.Add($"{string.Join(" and ", kinds.Skip(1).Select(k => k.Key))} has a package of this name too; it is left alone.");
        var names = UpgradePlan.Lockstep(step.Request.Name, [.. all.Where(d => d.Ecosystem == ecosystem)], step.Policy.Upgrade.Group);
        var version = step.Request.Version;
        if (version is null)
        {
            pump.Cursor = "versions";
            var current = kinds[0].Select(d => PackageGrammar.Lowest(d.Constraint)).Where(v => v.Length > 0).OrderByDescending(v => v, Comparer<string>.Create(VersionOrder.Compare)).FirstOrDefault() ?? "0";
            var (releases, trouble) = await ReleasesAsync(step, mirror, ecosystem, kinds[0].First().Name, ct);
            if (trouble is not null)
                return Survey.Not($"{trouble} Say the version: /agent upgrade {step.Request.Name} to VERSION.");
            var choice = VersionChoice.Newest(ecosystem, kinds[0].First().Name, current, releases, step.Policy.Upgrade.MinReleaseAge, settings.Advisories, time.GetUtcNow());
            if (choice.Version is null)
                return Survey.Not($"No version of {step.Request.Name} above {current} may be taken. {string.Join(" ", choice.PassedOver)}");
            version = choice.Version;
            notes.AddRange(choice.PassedOver.Select(p => $"Not taken: {p}"));
        }
        else if (settings.Advisories.On(ecosystem, kinds[0].First().Name, version) is { Count: > 0 } advisories)
        {
            notes.Add($"{version} has known advisories: {string.Join(", ", advisories.Take(5))}.");
        }

        var upgrade = UpgradePlan.Of(ecosystem, names, PackageGrammar.Written(ecosystem, version), all, step.Policy.Upgrade);
        if (upgrade.Modules.Count == 0)
            return Survey.Not($"There is nothing to change: nobody asks for {step.Request.Name} below {version}. {string.Join(" ", upgrade.LeftAlone.Take(5))}".TrimEnd());
        var plan = upgrade.ToPlan(notes, await SitesAsync(step, mirror, tree, upgrade, ct), step.Policy.Upgrade.Batch);
        return new Survey(null, upgrade, plan, keys.Sign(new PlanRecord(step.Task, step.BaseSha, step.PolicyBlob, plan)));
    });

    /// <summary>
    /// Makes the tree in which some manifests ask for the new version: each place is written anew and nothing else, then the package managers bring
    /// their lock files in step, in set-up's sandbox with set-up's way out.
    /// </summary>
    [Activity]
    public Task<Made> MakeAsync(MakeStep step) => ActivityGuard.RunAsync(time, async (context, pump) =>
    {
        var ct = context.CancellationToken;
        var mirror = await mirrors.WithCommitAsync(step.Repo, step.BaseSha, ct);
        var start = await mirrors.TreeAsync(mirror, step.BaseSha, step.From, ct);
        if (step.Resets.Count > 0)
        {
            var ours = (await git.ListTreeAsync(mirror, start, ct)).Select(e => e.Path).ToHashSet(StringComparer.Ordinal);
            var atBase = (await git.ListTreeAsync(mirror, step.BaseSha, ct)).Where(e => e.Mode is "100644" or "100755" && step.Resets.Contains(e.Path, StringComparer.Ordinal)).ToDictionary(e => e.Path, e => e.ObjectId, StringComparer.Ordinal);
            if (step.Resets.FirstOrDefault(r => !ours.Contains(r) || !atBase.ContainsKey(r)) is { } gone)
                return new Made(null, $"{gone} is not there on both sides.", null);
            var blobs = await git.BlobsAsync(mirror, atBase.Values, ct);
            start = await git.ReplaceFilesAsync(mirror, step.BaseSha, start, atBase.ToDictionary(e => e.Key, e => blobs[e.Value], StringComparer.Ordinal), ct);
        }

        var entries = await git.ListTreeAsync(mirror, start, ct);
        var texts = await TextsAsync(mirror, entries, ct);
        var wanted = DependencyScan.Find(entries.Select(e => e.Path), texts)
            .Where(d => d.Ecosystem == step.Upgrade.Ecosystem && step.Upgrade.Names.Contains(d.Name, StringComparer.Ordinal) && step.Paths.Contains(d.Path, StringComparer.Ordinal) && UpgradePlan.IsToChange(d, step.Upgrade.Version))
            .GroupBy(d => d.Path, StringComparer.Ordinal).ToArray();
        var hasLocks = entries.Any(e => Manifests.IsLock(e.Path));
        var tree = start;
        // A lock file takes the newest that a range allows. So the version alone is asked for first; then the range, which the lock file fits already.
        foreach (var isPinned in hasLocks && wanted.Any(g => g.Any(d => PackageGrammar.Pinned(d, step.Upgrade.Version) is not null)) ? new[] { true, false } : [false])
        {
            var edited = new Dictionary<string, byte[]>(StringComparer.Ordinal);
            foreach (var file in wanted)
            {
                var text = texts(file.Key)!;
                if (ManifestEdits.Apply(file.Key, text, file, step.Upgrade.Version, isPinned: isPinned) is not { } now)
                    return new Made(null, $"{file.Key} could not be written anew for {step.Upgrade.Version}.", null);
                edited[file.Key] = Encoding.UTF8.GetBytes(now);
            }

            tree = edited.Count == 0 ? tree : await git.ReplaceFilesAsync(mirror, step.BaseSha, tree, edited, ct);
            if (!hasLocks)
                continue;
            pump.Cursor = isPinned ? "lock files, to this version" : "lock files";
            var (locked, made) = await LockAsync(step, mirror, tree, ct);
            if (made is not null)
                return made;
            tree = locked;
        }

        return new Made(await KeepAsync(mirror, step.BaseSha, tree, ct), null, null);
    });

    private async Task<(string Tree, Made? Failed)> LockAsync(MakeStep step, GitMirror mirror, string tree, CancellationToken ct)
    {
        var (outside, _) = await mirrors.OutsideAsync(step.Repo, mirror, step.BaseSha, step.Policy, step.Build, ct);
        var request = await builds.RequestAsync(mirror, step.BaseSha, tree, step.Policy, step.Build, outside, ct) with { RefreshLocks = true };
        // Nobody's word: the base's packages would be set up instead, and the lock files would say the old version.
        if (SetupGate.WhyNot(step.Policy, step.Plan, step.Paths) is { } why)
            return (tree, new Made(null, why, null));
        for (var i = 0; i < MostSetUps; i++)
        {
            var outcome = await builds.PrepareAsync(request with { TreeId = tree }, ct);
            if (outcome.Failure is { } failure)
                return (tree, new Made(null, null, RepositoryBuilds.Show(failure)));
            var known = (await git.ListTreeAsync(mirror, tree, ct)).Select(e => e.Path).ToHashSet(StringComparer.Ordinal);
            var locks = outcome.Refreshed.Where(r => known.Contains(r.Key)).ToDictionary(r => r.Key, r => r.Value, StringComparer.Ordinal);
            if (locks.Count == 0)
                break;
            tree = await git.ReplaceFilesAsync(mirror, step.BaseSha, tree, locks, ct);
        }

        return (tree, null);
    }

    private async Task<string?> KeepAsync(GitMirror mirror, string baseSha, string tree, CancellationToken ct) =>
        new SnapshotRef(tree, tree == await git.TreeOfAsync(mirror, baseSha, ct) ? null : await artifacts.PutAsync(await git.PackAsync(mirror, baseSha, tree, ct), ct)).ToString();

    // The registry's answer comes out as set-up's lock files do. Its name is new each time, so that it is asked each time.
    private async Task<(IReadOnlyList<Release> Releases, string? Trouble)> ReleasesAsync(SurveyStep step, GitMirror mirror, string ecosystem, string name, CancellationToken ct)
    {
        if (ReleaseLookup.Line(ecosystem, name) is not { } line)
            return ([], $"Which versions of {name} there are is not looked up for {ecosystem}.");
        var file = $"{Answer}-{step.Key}.json";
        var (outside, _) = await mirrors.OutsideAsync(step.Repo, mirror, step.BaseSha, step.Policy, step.Build, ct);
        var request = await builds.RequestAsync(mirror, step.BaseSha, step.Build.BaseTree, step.Policy, step.Build, outside, ct);
        var hosts = step.Build.Hosts.Concat(ReleaseLookup.Registries(ecosystem) is { } of && step.Policy.Sandbox.Network is null ? RegistryHosts.ByEcosystem[of] : []).Distinct(StringComparer.Ordinal).ToArray();
        var outcome = await builds.PrepareAsync(
            request with { Steps = [new SetupCommand($"versions of {name}", $"{line} > {Shell.Quote(file)}")], Hosts = hosts, Reads = p => p == file, IsLock = p => p == file, RefreshLocks = true }, ct);
        if (outcome.Failure is { } failure)
            return ([], $"The registry could not be asked which versions of {name} there are ({RepositoryBuilds.Show(failure).Outcome}{(outcome.Refused.Count > 0 ? $"; refused: {outcome.Refused[0]}" : "")}).");
        var releases = outcome.Refreshed.TryGetValue(file, out var bytes) ? ReleaseLookup.Read(ecosystem, Encoding.UTF8.GetString(bytes)) : [];
        return releases.Count > 0 ? (releases, null) : ([], $"The registry names no version of {name}.");
    }

    private async Task<Func<string, string?>> TextsAsync(GitMirror mirror, IReadOnlyList<TreeEntry> entries, CancellationToken ct)
    {
        var manifests = entries.Where(e => e.Mode is "100644" or "100755" && e.Size <= LargestManifest && DependencyScan.IsManifest(e.Path)).Take(MostManifests).ToArray();
        var blobs = await git.BlobsAsync(mirror, manifests.Select(e => e.ObjectId), ct);
        var ids = manifests.ToDictionary(e => e.Path, e => e.ObjectId, StringComparer.Ordinal);
        // What is no UTF-8 would not come out as it went in.
        return path => ids.TryGetValue(path, out var id) && blobs.TryGetValue(id, out var bytes) && Encoding.UTF8.GetString(bytes) is var text && Encoding.UTF8.GetBytes(text).AsSpan().SequenceEqual(bytes) ? text : null;
    }

    private async Task<IReadOnlyList<string>> SitesAsync(SurveyStep step, GitMirror mirror, IReadOnlyList<TreeEntry> entries, UpgradePlan upgrade, CancellationToken ct)
    {
        // Tests need no plan, and one that the checks' own line names would take a person's word for nothing.
        var sources = entries.Where(e => e.Mode is "100644" or "100755" && e.Size <= LargestSource && !Gatekeeper.IsTest(step.Policy, e.Path) && Sources.Contains(Paths.Extension(e.Path), StringComparer.Ordinal)).Take(MostSources).ToArray();
        var blobs = await git.BlobsAsync(mirror, sources.Select(e => e.ObjectId), ct);
        var names = UpgradePlan.IsNamedIn(upgrade.Ecosystem, upgrade.Names);
        return [.. sources.Where(e => blobs.TryGetValue(e.ObjectId, out var bytes) && names(Encoding.UTF8.GetString(bytes))).Select(e => e.Path)];
    }

    /// <summary>What to look for.</summary>
    /// <param name="Task">The task.</param>
    /// <param name="Repo">Repository.</param>
    /// <param name="BaseSha">Base commit.</param>
    /// <param name="Policy">Policy.</param>
    /// <param name="PolicyBlob">Blob of its file.</param>
    /// <param name="Build">How the repository is built.</param>
    /// <param name="Request">What is asked for.</param>
    /// <param name="Key">Unique name of this look.</param>
    public sealed record SurveyStep(TaskId Task, RepoRef Repo, string BaseSha, RepositoryPolicy Policy, string PolicyBlob, RepositoryBuild Build, UpgradeRequest Request, string Key);

    /// <summary>What was found.</summary>
    /// <param name="Problem">Why nothing can be upgraded, sentences for people; null when something can. May quote outside text.</param>
    /// <param name="Upgrade">What is upgraded.</param>
    /// <param name="Plan">The same as people approve it.</param>
    /// <param name="Record">The plan as the agents role signed it.</param>
    public sealed record Survey(string? Problem, UpgradePlan? Upgrade, Plan? Plan, SignedRecord? Record)
    {
        internal static Survey Not(string problem) => new(problem, null, null, null);
    }

    /// <summary>Which manifests are to ask for the new version.</summary>
    /// <param name="Repo">Repository.</param>
    /// <param name="BaseSha">Base commit.</param>
    /// <param name="From">Snapshot to go on from; null for the base.</param>
    /// <param name="Upgrade">What is upgraded.</param>
    /// <param name="Paths">The manifests.</param>
    /// <param name="Policy">Policy.</param>
    /// <param name="Build">How the repository is built.</param>
    /// <param name="Plan">Approved plan, which says whose packages may be set up.</param>
    public sealed record MakeStep(RepoRef Repo, string BaseSha, string? From, UpgradePlan Upgrade, IReadOnlyList<string> Paths, RepositoryPolicy Policy, RepositoryBuild Build, Plan? Plan)
    {
        /// <summary>Files that are put back to what the base has before anything is written.</summary>
        public IReadOnlyList<string> Resets { get; init; } = [];
    }

    /// <summary>What came of it.</summary>
    /// <param name="Snapshot">The tree; null where it could not be made.</param>
    /// <param name="Problem">Why not, a sentence; null for none.</param>
    /// <param name="Failure">The set-up command that failed; null for none.</param>
    public sealed record Made(string? Snapshot, string? Problem, FailedCheck? Failure);
}
