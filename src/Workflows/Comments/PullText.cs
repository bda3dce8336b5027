using System.Text;
using System.Text.RegularExpressions;
using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Comments;

/// <summary>Title and body of the agent's pull request.</summary>
public static partial class PullText
{
    private const int MostPackages = 50;

    /// <summary>The title: one line, bounded as forges bound it.</summary>
    public static string Title(string reported, string fallback)
    {
        var line = CommitText.Subject(reported, 120);
        return line.Length > 0 ? line : CommitText.Subject(fallback, 120);
    }

    /// <summary>The body.</summary>
    public static string Body(PullView view)
    {
        var text = new StringBuilder();
        // Merging a part must not close the issue under the others.
        if (view.Issue is { } issue)
            text.Append(view.IsPart ? "Part of " : "Closes ").Append(view.IssueRepository).Append('#').Append(issue).Append(view.IsPart ? "; its status there names the other parts.\n\n" : "\n\n");
        if (view.Siblings.Length > 0)
            text.Append(SiblingsLine(view.Siblings)).Append("\n\n");
        var sections = SectionsOf(view);
        var filled = PullTemplate.Fill(view.Template, sections);
        // A template that has a place for nothing of it comes behind it.
        if (filled is { } template && template.Left.Count < sections.Count)
            text.Append(template.Text).Append("\n\n");
        foreach (var (section, title) in Titles.Where(t => t.Section != PullSection.Risk && filled?.Left.Contains(t.Section) != false))
            text.Append("### ").Append(title).Append("\n\n").Append(sections[section]).Append("\n\n");
        if (filled is { } whole && whole.Left.Count == sections.Count)
            text.Append(whole.Text).Append("\n\n");
        Checklist(text, view);
        text.Append(EvidenceText.Table(view.HeadSha, view.Evidence)).Append('\n');
        Packages(text, view.Dependencies);
        if (filled?.Left.Contains(PullSection.Risk) != false)
            text.Append("### Risk\n\n").Append(sections[PullSection.Risk]).Append("\n\n");
        text.Append("### Guardrails\n\n").Append(EvidenceText.Verdicts(view.Verdicts)).Append('\n');
        text.Append("---\n<sub>Written by Coding Agent for ").Append(Markdown.Inline(view.RequestedBy, 60)).Append(" · task ")
            .Append(Markdown.Inline(view.TaskId)).Append(" · cost ").Append(view.CostIsKnown ? Markdown.Dollars(view.CostUsd) : "not known (no price configured)").Append(" · ")
            .Append(Markdown.Count(view.Tokens)).Append(" tokens · a draft until CI is green · nothing merges by itself</sub>\n");
        return text.ToString();
    }

    private const string Together = "Together with ";
    private const string TogetherEnd = ": they are held back and made ready together. <!-- agent-together -->";

    private static string SiblingsLine(string siblings) => $"{Together}{siblings}{TogetherEnd}";

    /// <summary>A body with the line that names the pull requests it belongs together with.</summary>
    /// <param name="body">The body as the forge has it; people may have edited it.</param>
    /// <param name="siblings">Those as forges link them; empty takes the line away.</param>
    public static string WithSiblings(string body, string siblings)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(siblings);
        var lines = body.ReplaceLineEndings("\n").Split('\n').ToList();
        // The first alone: what stands below may quote anything.
        var at = lines.FindIndex(l => l.StartsWith(Together, StringComparison.Ordinal) && l.EndsWith(TogetherEnd, StringComparison.Ordinal));
        if (at >= 0 && siblings.Length > 0)
            lines[at] = SiblingsLine(siblings);
        else if (at >= 0)
            lines.RemoveRange(at, at + 1 < lines.Count && lines[at + 1].Length == 0 ? 2 : 1);
        else if (siblings.Length > 0)
            lines.InsertRange(lines.FindIndex(l => l.StartsWith("Part of ", StringComparison.Ordinal)) is >= 0 and <= 1 and var part ? Math.Min(part + 2, lines.Count) : 0, [SiblingsLine(siblings), ""]);
        return string.Join('\n', lines);
    }

    /// <summary>What a reviewer should look at in this very change, computed and never a model's advice.</summary>
    private static void Checklist(StringBuilder text, PullView view)
    {
        // What is said twice of a package is said in its table.
        var lines = view.Verdicts.Where(v => v.Marked && v.Gate != "dependencies").Select(v => $"{Markdown.Inline(v.Gate, 40)}: {Markdown.Inline(v.Message, 600)}")
            .Concat(view.Dependencies.Changes.Count + view.Dependencies.Transitive + view.Dependencies.Findings.Count == 0 ? [] : (string[])[$"dependencies: {Markdown.Count(view.Dependencies.Changes.Count, "package")} new or of another version, {view.Dependencies.Transitive} more behind them (see below)"])
            .Concat(view.Dependencies.Findings.Take(10).Select(f => $"{LiveWords.Disarm(Markdown.Code(f.Path))} {Markdown.Inline(f.Why, 300)}"))
            .Concat(view.Evidence.Checks.Where(c => !c.Passed && c.RedOnBase).Select(c => $"the check {Markdown.Inline(c.Name, 60)} is red, as it was before"))
            .Concat(view.OpenFindings.Count == 0 ? [] : (string[])[$"self-review: {Markdown.Count(view.OpenFindings.Count, "finding")} that stay{(view.OpenFindings.Count == 1 ? "s" : "")} open (see Risk)"])
            .Concat((view.Plan?.Tests ?? []).Take(10).Select(t => $"{LiveWords.Disarm(Markdown.Code(t.Path))} proves: {Markdown.Inline(t.Intent, 300)}"))
            .ToArray();
        if (lines.Length == 0)
            return;
        text.Append("### For the reviewer\n\n");
        foreach (var line in lines.Take(30))
            text.Append("- [ ] ").Append(line).Append('\n');
        text.Append('\n');
    }

    private static void Packages(StringBuilder text, DependencyReport report)
    {
        if (report.Changes.Count == 0 && report.Transitive == 0)
            return;
        text.Append("### Dependencies\n\n");
        if (report.Changes.Count > 0)
            text.Append("| Package | From | To | Public for | Advisories |\n|---|---|---|---|---|\n");
        foreach (var change in report.Changes.Take(MostPackages))
        {
            text.Append("| ").Append(Markdown.Inline($"{change.Name} ({change.Ecosystem})", 200)).Append(change.IsDirect ? "" : ", needed by others").Append(" | ").Append(change.From is null ? "new" : Markdown.Inline(change.From, 60)).Append(" | ").Append(Markdown.Inline(change.To, 60))
                .Append(" | ").Append(change.Age is { } age ? Days(age) : "not known").Append(" | ").Append(change.Advisories.Count > 0 ? "⚠️ " + Markdown.Inline(string.Join(", ", change.Advisories.Take(5)), 200) : report.IsChecked ? "none known" : "not checked").Append(" |\n");
        }

        if (report.Changes.Count > MostPackages)
            text.Append("| … ").Append(report.Changes.Count - MostPackages).Append(" more | | | | |\n");
        if (report.Transitive > 0)
            text.Append('\n').Append(Markdown.Count(report.Transitive, "package")).Append(" more that these need, in lock files alone.\n");
        text.Append('\n');
    }

    private static string Days(TimeSpan age) => age < TimeSpan.FromDays(2) ? Markdown.Span(age) : $"{(int)age.TotalDays} days";

    private static readonly (PullSection Section, string Title)[] Titles =
        [(PullSection.What, "What changed"), (PullSection.Why, "Why"), (PullSection.HowToTest, "How to test"), (PullSection.Rollback, "Rollback"), (PullSection.Risk, "Risk")];

    private static Dictionary<PullSection, string> SectionsOf(PullView view)
    {
        var risks = new StringBuilder();
        foreach (var risk in (view.Plan?.Risks ?? []).Take(20))
            risks.Append("- ").Append(Markdown.Inline(risk, 500)).Append('\n');
        foreach (var finding in view.OpenFindings.Take(20))
            risks.Append("- Self-review, ").Append(Markdown.Inline(finding.Severity, 20)).Append(finding.Path.Length > 0 ? ", " + LiveWords.Break(Markdown.Code(finding.Path)) : "")
                .Append(": ").Append(Markdown.Inline(finding.Note, 500)).Append('\n');
        return new()
        {
            [PullSection.What] = Quote(view.Report.Summary),
            [PullSection.Why] = Quote(view.Plan is { Rationale.Length: > 0 } plan ? $"{view.Report.Why}\n\nFrom the plan: {plan.Rationale}".Trim() : view.Report.Why),
            [PullSection.HowToTest] = Quote(view.Report.HowToTest),
            [PullSection.Rollback] = Quote(view.Report.Rollback),
            [PullSection.Risk] = risks.Length > 0 ? risks.ToString().TrimEnd() : "- None named by the plan or the self-review.",
        };
    }

    private static string Quote(string body) => body.Length == 0 ? "> —" : Markdown.Quote(body, 4_000);

    /// <summary>A template with the boxes ticked that people have ticked in the body that was made of it.</summary>
    /// <param name="template">The template.</param>
    /// <param name="body">The body as the forge has it.</param>
    public static string WithTicks(string template, string body)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(body);
        var ticked = Boxes().Matches(body).Where(b => b.Groups["mark"].Value != " ").Select(b => b.Groups["text"].Value.Trim()).ToHashSet(StringComparer.Ordinal);
        return Boxes().Replace(template, b => ticked.Contains(b.Groups["text"].Value.Trim()) ? $"{b.Groups["before"].Value}x{b.Groups["after"].Value}{b.Groups["text"].Value}" : b.Value);
    }

    [GeneratedRegex(@"^(?<before>[ \t]*[-*+] \[)(?<mark>[ xX])(?<after>\] )(?<text>[^\r\n]*)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Boxes();
}

/// <summary>What a pull request's title and body show.</summary>
/// <param name="TaskId">Task.</param>
/// <param name="Issue">Issue it answers, if any.</param>
/// <param name="Report">The coder's report: model output.</param>
/// <param name="Plan">Plan, if any.</param>
/// <param name="HeadSha">Commit the evidence is about.</param>
/// <param name="Evidence">Check results.</param>
/// <param name="Verdicts">Gate verdicts.</param>
/// <param name="OpenFindings">What the critic still finds; empty when nothing.</param>
/// <param name="CostUsd">Cost so far, US dollars.</param>
/// <param name="Tokens">Tokens so far, in and out.</param>
/// <param name="RequestedBy">Who asked.</param>
public sealed record PullView(
    string TaskId, int? Issue, CoderReport Report, Plan? Plan, string HeadSha, Evidence Evidence, IReadOnlyList<GateVerdict> Verdicts,
    IReadOnlyList<CritiqueFinding> OpenFindings, decimal CostUsd, long Tokens, string RequestedBy)
{
    /// <summary>False when a model was used whose price is not configured.</summary>
    public bool CostIsKnown { get; init; } = true;

    /// <summary>It is a part of what the issue asks for.</summary>
    public bool IsPart { get; init; }

    /// <summary>Repository of the issue, <c>owner/name</c>, where that is another one; empty for the pull request's own.</summary>
    public string IssueRepository { get; init; } = "";

    /// <summary>Pull requests it belongs together with, as forges link them, in a line; empty for none.</summary>
    public string Siblings { get; init; } = "";

    /// <summary>The repository's own template for pull requests; empty for none.</summary>
    public string Template { get; init; } = "";

    /// <summary>What the change does to packages.</summary>
    public DependencyReport Dependencies { get; init; } = DependencyReport.None;
}
