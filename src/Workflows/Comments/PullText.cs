using System.Text;
using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Comments;

/// <summary>Title and body of the agent's pull request.</summary>
public static class PullText
{
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
        if (view.Issue is { } issue)
            text.Append("Closes #").Append(issue).Append("\n\n");
        Section(text, "What changed", view.Report.Summary);
        Section(text, "Why", view.Report.Why);
        Section(text, "How to test", view.Report.HowToTest);
        Section(text, "Rollback", view.Report.Rollback);
        text.Append(EvidenceText.Table(view.HeadSha, view.Evidence)).Append('\n');
        text.Append("### Risk\n\n");
        var risks = view.Plan?.Risks ?? [];
        foreach (var risk in risks.Take(20))
            text.Append("- ").Append(Markdown.Inline(risk, 500)).Append('\n');
        foreach (var finding in view.OpenFindings.Take(20))
            text.Append("- Self-review, ").Append(Markdown.Inline(finding.Severity, 20)).Append(finding.Path.Length > 0 ? ", " + LiveWords.Break(Markdown.Code(finding.Path)) : "")
                .Append(": ").Append(Markdown.Inline(finding.Note, 500)).Append('\n');
        if (risks.Count == 0 && view.OpenFindings.Count == 0)
            text.Append("- None named by the plan or the self-review.\n");
        text.Append("\n### Guardrails\n\n").Append(EvidenceText.Verdicts(view.Verdicts)).Append('\n');
        text.Append("---\n<sub>Written by Coding Agent for ").Append(Markdown.Inline(view.RequestedBy, 60)).Append(" · task ")
            .Append(Markdown.Inline(view.TaskId)).Append(" · cost ").Append(view.CostIsKnown ? Markdown.Dollars(view.CostUsd) : "not known (no price configured)").Append(" · ")
            .Append(Markdown.Count(view.Tokens)).Append(" tokens · a draft until CI is green · nothing merges by itself</sub>\n");
        return text.ToString();
    }

    private static void Section(StringBuilder text, string title, string body) =>
        text.Append("### ").Append(title).Append("\n\n").Append(body.Length == 0 ? "> —" : Markdown.Quote(body, 4_000)).Append("\n\n");
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
}
