using CodingAgent.Mcp.Git;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Gates;

/// <summary>What in a change takes a look whatever its plan says, from git objects alone.</summary>
internal static class ChangeRisk
{
    /// <summary>Changed lines above which a change is not small any more.</summary>
    public const int MostLines = 600;

    /// <summary>The classes that a change touches, by path; of a rename both paths.</summary>
    public static IReadOnlyList<(string Path, RiskClass Class)> Classes(GateInput i)
    {
        var relicensed = Count(i.Removed).Where(r => Count(i.Added).GetValueOrDefault(r.Key) < r.Value).Select(r => r.Key);
        return
        [
            .. i.Changes.Files.SelectMany(f => f.Paths).Distinct(StringComparer.Ordinal).SelectMany(p => RiskFiles.Of(p, i.Policy.Checks).Select(c => (p, c)))
                .Concat(i.ByContent)
                .Concat(i.Added.Where(l => NetworkCode.IsIn(l.Path, l.Text)).Select(l => (l.Path, RiskClass.Network)))
                .Concat(relicensed.Select(p => (p, RiskClass.License)))
                .Distinct().OrderBy(x => x.Item1, StringComparer.Ordinal).ThenBy(x => x.Item2),
        ];
    }

    /// <summary>What makes a change risky beside classes: what <c>plan.approval: risky</c> asks about.</summary>
    public static IReadOnlyList<RiskyFile> Shape(GateInput i, Func<string, bool> isTest, ChangedLocks locks)
    {
        var counted = i.Changes.Files.Where(f => !locks.Explained.Contains(f.Path)).ToArray();
        var lines = counted.Sum(f => f.Insertions + f.Deletions);
        var gone = counted.Where(f => f.Kind == ChangeKind.Deleted && !isTest(f.Path) && !TestsGate.IsProse(f.Path)).Select(f => new RiskyFile(f.Path, "is deleted"));
        var fresh = counted.Where(f => f.Kind is ChangeKind.Added or ChangeKind.Copied or ChangeKind.Renamed).Select(f => f.Path);
        return
        [
            .. lines > MostLines ? (RiskyFile[])[new("", $"{Markdown.Count(lines, "line")} change (more than {MostLines})")] : [],
            .. counted.Length > PlanRisk.MostFiles ? (RiskyFile[])[new("", $"{Markdown.Count(counted.Length, "file")} change (more than {PlanRisk.MostFiles})")] : [],
            .. gone, .. SourceRoots.Outside(fresh.Where(p => !isTest(p)), i.BaseFiles).Select(p => new RiskyFile(p, SourceRoots.Words)),
        ];
    }

    private static Dictionary<string, int> Count(IEnumerable<AddedLine> lines) =>
        lines.Where(l => l.Text.Contains("SPDX-License-Identifier", StringComparison.OrdinalIgnoreCase)).GroupBy(l => l.Path, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
}
