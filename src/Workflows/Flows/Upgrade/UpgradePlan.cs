using System.Globalization;
using System.Text.RegularExpressions;
using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Flows.Upgrade;

/// <summary>What is upgraded: computed from the tree and the policy, by no model.</summary>
/// <param name="Ecosystem">Ecosystem.</param>
/// <param name="Names">The dependency, and those that move in lockstep with it (<c>upgrade.group</c>).</param>
/// <param name="Version">Version it goes to.</param>
/// <param name="Modules">Modules in the order they are tried in, canaries first.</param>
public sealed partial record UpgradePlan(string Ecosystem, IReadOnlyList<string> Names, string Version, IReadOnlyList<UpgradeModule> Modules)
{
    private const int MostSites = 30;
    private const int MostShown = 8;

    /// <summary>What stands before and after, for people: <c>1.2.3, 1.4.0</c>.</summary>
    public string From { get; init; } = "";

    /// <summary>Each batch, and each module that the new version breaks, is a pull request of its own.</summary>
    public bool PullPerBatch { get; init; }

    /// <summary>What is left alone, and why; a sentence each. Outside text.</summary>
    public IReadOnlyList<string> LeftAlone { get; init; } = [];

    /// <summary>Names that move with a dependency: declared at the same version, and matched by a group that matches it too.</summary>
    /// <param name="name">The dependency.</param>
    /// <param name="all">All declarations of the tree.</param>
    /// <param name="groups">Groups of the policy.</param>
    public static IReadOnlyList<string> Lockstep(string name, IReadOnlyList<Declaration> all, IReadOnlyList<string> groups)
    {
        var own = all.Of(name);
        var matchers = groups.Select(NameGlob.Of).Where(g => own.Any(d => g(d.Name))).ToArray();
        var versions = own.Select(d => (d.Ecosystem, PackageGrammar.Lowest(d.Constraint))).ToHashSet();
        return [.. own.Select(d => d.Name).Concat(all.Where(d => Array.Exists(matchers, g => g(d.Name)) && versions.Contains((d.Ecosystem, PackageGrammar.Lowest(d.Constraint)))).Select(d => d.Name))
            .Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The plan for a version; no modules where nobody is to be changed.</summary>
    /// <param name="ecosystem">Ecosystem.</param>
    /// <param name="names">The dependency and its lockstep.</param>
    /// <param name="version">Version.</param>
    /// <param name="all">All declarations of the tree.</param>
    /// <param name="rules">Rules of the policy.</param>
    public static UpgradePlan Of(string ecosystem, IReadOnlyList<string> names, string version, IReadOnlyList<Declaration> all, RepositoryPolicy.UpgradeRules rules)
    {
        var own = all.Where(d => d.Ecosystem == ecosystem && names.Contains(d.Name, StringComparer.Ordinal)).ToArray();
        var changed = own.Where(d => IsToChange(d, version)).ToArray();
        var canaries = rules.Canary.Select(NameGlob.Of).ToArray();
        var groups = rules.Group.Select(g => (Glob: g, IsMatch: NameGlob.Of(g))).ToArray();
        var modules = changed.GroupBy(d => d.Module, StringComparer.Ordinal).Select(g => new UpgradeModule(
            g.Key, groups.FirstOrDefault(x => x.IsMatch(g.Key)).Glob ?? g.Key, [.. g.Select(d => d.Path).Distinct(StringComparer.Ordinal)], canaries.Any(c => c(g.Key)))
        { From = string.Join(", ", g.Select(d => $"{d.Name} {d.Constraint}").Distinct(StringComparer.Ordinal).Take(MostShown)) });
        return new UpgradePlan(ecosystem, names, version, [.. modules.OrderBy(m => !m.IsCanary).ThenBy(m => m.Name, StringComparer.Ordinal)])
        {
            PullPerBatch = rules.Pulls == UpgradePulls.Batch,
            From = string.Join(", ", changed.Select(d => PackageGrammar.Lowest(d.Constraint)).Where(v => v.Length > 0).Distinct(StringComparer.Ordinal).Take(MostShown)),
            LeftAlone =
            [
                .. own.Where(d => d.Fixed is not null || PackageGrammar.IsCommit(d.Constraint))
                    .Select(d => string.Create(CultureInfo.InvariantCulture, $"{d.Path}:{d.Line} ({d.Section}): {d.Fixed ?? "it is pinned to a commit, and which one the new version is nobody here can tell"}.")),
                .. changed.Where(d => d.Shares.Count > 0).Select(d => $"{d.Path} ({d.Section}) decides {string.Join(", ", d.Shares.Take(MostShown))} as well; they move with it."),
            ],
        };
    }

    /// <summary>True for a declaration that an upgrade writes anew: it can be, and asks for less.</summary>
    public static bool IsToChange(Declaration declaration, string version) =>
        declaration.Fixed is null && PackageGrammar.Raised(declaration, version) is { } raised && raised != declaration.Constraint
        && (PackageGrammar.IsCommit(declaration.Constraint) || VersionOrder.Compare(PackageGrammar.Lowest(declaration.Constraint), version) < 0);

    /// <summary>The batches: what belongs together stays together, canaries are a batch of their own.</summary>
    /// <param name="size">Modules per batch, as far as families allow.</param>
    public IReadOnlyList<IReadOnlyList<UpgradeModule>> Batches(int size)
    {
        var batches = new List<IReadOnlyList<UpgradeModule>>();
        foreach (var part in Modules.GroupBy(m => m.IsCanary).OrderByDescending(g => g.Key))
        {
            var batch = new List<UpgradeModule>();
            foreach (var family in part.GroupBy(m => m.Family, StringComparer.Ordinal))
            {
                if (batch.Count > 0 && batch.Count + family.Count() > size)
                {
                    batches.Add(batch);
                    batch = [];
                }

                batch.AddRange(family);
            }

            batches.Add(batch);
        }

        return batches;
    }

    /// <summary>The files of a plan that belong to some of its modules: their manifests, and the code that no other module lies nearer to.</summary>
    /// <param name="modules">Those modules.</param>
    /// <param name="planned">Files of the plan.</param>
    public IReadOnlyList<string> FilesOf(IReadOnlyList<UpgradeModule> modules, IReadOnlyList<string> planned)
    {
        var folders = Modules.SelectMany(m => m.Paths.Select(p => (Module: m.Name, Folder: Paths.Folder(p)))).ToArray();
        var names = modules.Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        var manifests = Modules.SelectMany(m => m.Paths).ToHashSet(StringComparer.Ordinal);
        bool IsTheirs(string path)
        {
            var over = folders.Where(f => f.Folder.Length == 0 || path.StartsWith(f.Folder + "/", StringComparison.Ordinal)).ToArray();
            // What lies beneath none of them may belong to any.
            return over.Length == 0 || over.Where(f => f.Folder.Length == over.Max(o => o.Folder.Length)).Any(f => names.Contains(f.Module));
        }

        return [.. modules.SelectMany(m => m.Paths).Concat(planned.Where(p => !manifests.Contains(p) && IsTheirs(p))).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The plan as people approve it.</summary>
    /// <param name="notes">Why no newer version, and what else to know; outside text.</param>
    /// <param name="sites">Files of code that name the dependency.</param>
    /// <param name="batch">Modules per batch.</param>
    public Plan ToPlan(IReadOnlyList<string> notes, IReadOnlyList<string> sites, int batch)
    {
        var canaries = Modules.Count(m => m.IsCanary);
        var order = $"{Modules.Count} module{(Modules.Count == 1 ? "" : "s")}, {(canaries > 0 ? $"{canaries} of them first as canaries, " : "")}in batches of {batch}{(PullPerBatch ? ", each offered by itself" : "")}; a red batch is split until the culprits stand alone, and the rest ships";
        return new Plan(
            $"Upgrade {string.Join(", ", Names)} ({Ecosystem}) {(From.Length > 0 ? $"from {From} " : "")}to {Version}: {order}.",
            ["Only the versions of what is named here change, and the lock files written from them.", "Code changes only where the new version makes the checks red."],
            [
                .. Modules.SelectMany(m => m.Paths.Select(p => (Path: p, Module: m))).GroupBy(x => x.Path, StringComparer.Ordinal)
                    .Select(g => new PlannedEdit(g.Key, $"{g.First().Module.From} to {Version}{(g.First().Module.IsCanary ? " (canary)" : "")}.")),
                .. sites.Except(Modules.SelectMany(m => m.Paths), StringComparer.Ordinal).Take(MostSites).Select(s => new PlannedEdit(s, "Calls are mended, only if the new version makes the checks red.")),
            ],
            [],
            [.. notes, .. LeftAlone.Take(MostShown).Select(l => $"Left alone or shared: {l}"), .. IsMajor() ? (string[])["This is a new major version: expect breaking changes; its changelog is read where checks are red."] : []],
            []);
    }

    /// <summary>True for code that names one of some packages, as far as names tell.</summary>
    public static Func<string, bool> IsNamedIn(string ecosystem, IReadOnlyList<string> names)
    {
        var words = names.SelectMany(n => ecosystem switch
        {
            "npm" or "Go" => (string[])[n],
            "PyPI" => [n.Replace('-', '_'), n],
            "crates.io" => [n.Replace('-', '_')],
            "Maven" => [n.Split(':')[0]],
            _ => [n],
        }).Where(w => w.Length > 2).Distinct(StringComparer.Ordinal).ToArray();
        return text => Array.Exists(words, w => IsWordOf(text, w));
    }

    private static bool IsWordOf(string text, string word)
    {
        for (var at = text.IndexOf(word, StringComparison.OrdinalIgnoreCase); at >= 0; at = text.IndexOf(word, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            if ((at == 0 || !char.IsLetterOrDigit(text[at - 1])) && (at + word.Length == text.Length || !char.IsLetterOrDigit(text[at + word.Length])))
                return true;
        }

        return false;
    }

    private bool IsMajor() => From.Split(", ").Any(f => FirstNumber().Match(f).Value is { Length: > 0 } old && old != FirstNumber().Match(Version).Value);

    [GeneratedRegex("[0-9]+", RegexOptions.NonBacktracking)]
    private static partial Regex FirstNumber();
}

/// <summary>A module that is upgraded as one.</summary>
/// <param name="Name">Its folder, or the manifest that many share.</param>
/// <param name="Family">What it moves with; its own name for nothing.</param>
/// <param name="Paths">Manifests that change.</param>
/// <param name="IsCanary">Goes first.</param>
public sealed record UpgradeModule(string Name, string Family, IReadOnlyList<string> Paths, bool IsCanary)
{
    /// <summary>What it asks for now, for people; outside text.</summary>
    public string From { get; init; } = "";
}
