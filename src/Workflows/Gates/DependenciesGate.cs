using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Gates;

/// <summary>New versions of packages with known advisories, too young ones, and lock files that no package manager wrote take a person's word.</summary>
internal static class DependenciesGate
{
    private const string Gate = "dependencies";

    public static GateVerdict Judge(GateInput i)
    {
        var report = i.Dependencies;
        if (report.Changes.Count == 0 && report.Transitive == 0 && report.Findings.Count == 0)
            return new GateVerdict(Gate, true, "No package is new or of another version.");
        var least = i.Policy.Danger.DependencyAge;
        var bad = report.Findings
            .Concat(report.Changes.Where(c => c.Advisories.Count > 0).Select(c => new RiskyFile(c.Path, $"takes {c.Name} {c.To}, which has known advisories: {string.Join(", ", c.Advisories.Take(3))}")))
            .Concat(report.Changes.Where(c => least > TimeSpan.Zero && c.Age < least).Select(c => new RiskyFile(c.Path, $"takes {c.Name} {c.To}, which has been public for less than {Markdown.Span(least)} (danger.dependency_age)")))
            .ToArray();
        var asked = bad.Where(b => !i.IsAgreed(b)).ToArray();
        if (asked.Length > 0)
            return new GateVerdict(Gate, false, $"{Gatekeeper.List([.. asked.Select(b => $"{b.Path} {b.Why}")])}. Choose another version, or have the package manager write the lock file again.") { Asks = asked, FixerFirst = true };
        var words = $"{Markdown.Count(report.Changes.Count, "package")} new or of another version, and {report.Transitive} more that those need{(report.IsChecked ? "" : "; not checked for advisories, because none are configured")}";
        return new GateVerdict(Gate, true, bad.Length > 0 ? $"{words}; as a person agreed: {Gatekeeper.List([.. bad.Select(b => $"{b.Path} {b.Why}")])}." : $"{words}.") { Marked = true };
    }
}
