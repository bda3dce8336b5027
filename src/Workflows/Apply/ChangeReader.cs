using System.Text;
using CodingAgent.Mcp.Git;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Apply;

/// <summary>Reads from git objects what the gates need to know of a change beside its paths and lines.</summary>
/// <param name="git">Git.</param>
/// <param name="mirror">Mirror that holds both sides.</param>
/// <param name="baseSha">Commit the change is computed against.</param>
/// <param name="tree">Tree with the change.</param>
internal sealed class ChangeReader(TrustedGit git, GitMirror mirror, string baseSha, string tree)
{
    private const long LargestText = 10 << 20;

    /// <summary>What the change does to packages.</summary>
    /// <param name="changes">The change.</param>
    /// <param name="known">What is known of versions.</param>
    /// <param name="now">The time.</param>
    /// <param name="ct">Stops.</param>
    public async Task<DependencyReport> DependenciesAsync(ChangeSet changes, Advisories known, DateTimeOffset now, CancellationToken ct)
    {
        var files = new List<(string Path, string Before, string After)>();
        foreach (var path in changes.Files.SelectMany(f => f.Paths).Distinct(StringComparer.Ordinal).Where(p => Manifests.IsManifest(p) || Manifests.IsLock(p)))
            files.Add((path, await TextAsync(baseSha, path, ct) ?? "", await TextAsync(tree, path, ct) ?? ""));
        if (files.Count == 0)
            return DependencyReport.None;
        PackageChange Told(PackageChanges.Changed c) => new(c.Ecosystem, c.Name, c.From, c.To, c.Path)
        {
            IsDirect = c.IsDirect,
            Age = known.ReleasedAt(c.Ecosystem, c.Name, c.To) is { } at ? now - at : null,
            Advisories = known.On(c.Ecosystem, c.Name, c.To),
        };
        var all = PackageChanges.Of(files).Select(Told).ToArray();
        // What others need is told by number, unless something is known of it.
        return new DependencyReport(
            [.. all.Where(c => c.IsDirect || c.Advisories.Count > 0 || c.Age is not null)], all.Count(c => !c.IsDirect && c.From is null),
            [.. changes.Files.Where(f => f.Size > LargestText && (Manifests.IsManifest(f.Path) || Manifests.IsLock(f.Path))).Select(f => new RiskyFile(f.Path, "is too large to be read for its packages")),
                .. files.Where(f => Manifests.IsLock(f.Path)).SelectMany(f => PackageChanges.Oddities(f.Path, f.Before, f.After).Select(o => new RiskyFile(f.Path, o)))], known.IsKnown);
    }

    public async Task<Content> ReadAsync(ChangeSet changes, RepositoryPolicy policy, CancellationToken ct)
    {
        var before = (await git.ListTreeAsync(mirror, baseSha, ct)).Select(e => e.Path).ToHashSet(StringComparer.Ordinal);
        var paths = changes.Files.SelectMany(f => f.Paths).Distinct(StringComparer.Ordinal).ToArray();
        var byContent = new List<(string, RiskClass)>();
        foreach (var path in paths.Where(RunnerFiles.IsShared))
        {
            if (!RunnerSettings.AreSame(path, await TextAsync(baseSha, path, ct) ?? "", await TextAsync(tree, path, ct) ?? ""))
                byContent.Add((path, RiskClass.Runner));
        }

        foreach (var path in paths.Where(ChangedContent.MayBeClusterManifest))
        {
            if (ChangedContent.IsClusterManifest(await TextAsync(baseSha, path, ct) ?? "") || ChangedContent.IsClusterManifest(await TextAsync(tree, path, ct) ?? ""))
                byContent.Add((path, RiskClass.Infra));
        }

        return new Content(byContent, await CompiledByProductAsync(changes, policy, ct), before);
    }

    private async Task<IReadOnlyCollection<string>> CompiledByProductAsync(ChangeSet changes, RepositoryPolicy policy, CancellationToken ct)
    {
        var isTest = PathGlob.All(policy.Tests.Patterns);
        var named = changes.Files.Where(f => f.Kind != ChangeKind.Deleted && ChangedContent.IsCompiledByProject(f.Path) && isTest(f.Path)).Select(f => f.Path).ToArray();
        if (named.Length == 0)
            return [];
        // What the change itself makes of the projects counts.
        var projects = (await git.ListTreeAsync(mirror, tree, ct)).Select(e => e.Path)
            .Where(p => p.EndsWith(".csproj", StringComparison.OrdinalIgnoreCase) || p.EndsWith(".fsproj", StringComparison.OrdinalIgnoreCase) || p.EndsWith(".vbproj", StringComparison.OrdinalIgnoreCase)).ToArray();
        var tests = new Dictionary<string, bool>(StringComparer.Ordinal);
        var found = new List<string>();
        foreach (var path in named)
        {
            var over = ChangedContent.ProjectsOver(path, projects);
            foreach (var project in over.Where(p => !tests.ContainsKey(p)))
                tests[project] = await TextAsync(tree, project, ct) is { } text && ChangedContent.IsTestProject(project, text);
            if (over.Count > 0 && !over.Any(p => tests[p]))
                found.Add(path);
        }

        return found;
    }

    // What is too large to be read is held by another gate.
    private async Task<string?> TextAsync(string treeish, string path, CancellationToken ct)
    {
        try
        {
            return await git.ReadFileAsync(mirror, treeish, path, ct, LargestText) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;
        }
        catch (GitRejectedException)
        {
            return null;
        }
    }

    /// <summary>What was read.</summary>
    /// <param name="ByContent">Paths that only their content puts in a class.</param>
    /// <param name="CompiledByProduct">Files named after tests that the product compiles.</param>
    /// <param name="BaseFiles">All paths of the base.</param>
    internal sealed record Content(IReadOnlyList<(string Path, RiskClass Class)> ByContent, IReadOnlyCollection<string> CompiledByProduct, IReadOnlyCollection<string> BaseFiles);
}
