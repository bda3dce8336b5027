using System.Text;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Comments;

/// <summary>Evidence and verdicts as tables: in the pull request's body and in the <c>coding-agent/evidence</c> check.</summary>
public static class EvidenceText
{
    /// <summary>Name of the check the bot reports on each head it pushes.</summary>
    public const string CheckName = "coding-agent/evidence";

    /// <summary>The evidence section.</summary>
    public static string Table(string headSha, Evidence evidence)
    {
        var text = new StringBuilder();
        text.Append("### Evidence\n\nRun by Coding Agent in its sandbox on the content of ")
            .Append(Markdown.Code(headSha.Length > 10 ? headSha[..10] : headSha)).Append(" (tree ")
            .Append(Markdown.Code(evidence.TreeId.Length > 10 ? evidence.TreeId[..10] : evidence.TreeId)).Append(").\n\n");
        foreach (var line in evidence.Shows)
            text.Append("- ").Append(Markdown.Inline(line, 800)).Append('\n');
        if (evidence.Shows.Count > 0)
            text.Append('\n');
        if (evidence.Checks.Count == 0)
            return text.Append("No checks are known for this repository.\n").ToString();
        text.Append("| Check | Command | Result | Time |\n|---|---|---|---|\n");
        foreach (var check in evidence.Checks)
            text.Append("| ").Append(Markdown.Inline(check.Name, 60)).Append(" | ").Append(LiveWords.Break(Markdown.Code(check.Command))).Append(" | ")
                .Append(Result(check)).Append(" | ").Append(Markdown.Span(check.Duration)).Append(" |\n");
        foreach (var host in evidence.RefusedHosts.Take(20))
            text.Append("\n- Set-up was refused ").Append(Markdown.Inline(host, 200));
        if (evidence.RefusedHosts.Count > 0)
            text.Append('\n');
        return text.ToString();
    }

    /// <summary>The verdicts section.</summary>
    public static string Verdicts(IEnumerable<GateVerdict> verdicts)
    {
        var text = new StringBuilder("| Gate | Verdict | |\n|---|---|---|\n");
        foreach (var verdict in verdicts)
            text.Append("| ").Append(Markdown.Inline(verdict.Gate, 40)).Append(" | ").Append(!verdict.Passed ? "❌" : verdict.Marked ? "⚠️" : "✅").Append(" | ")
                .Append(Markdown.Inline(verdict.Message, 600)).Append(" |\n");
        return text.ToString();
    }

    /// <summary>The summary of the evidence check: tables, and the output of what is red.</summary>
    public static string Summary(string headSha, Evidence evidence, IReadOnlyList<GateVerdict> verdicts)
    {
        var text = new StringBuilder(Table(headSha, evidence));
        foreach (var red in evidence.Checks.Where(c => !c.Passed))
            text.Append("\n**").Append(Markdown.Inline(red.Name, 60)).Append("**\n\n").Append(Markdown.Fence(red.OutputTail)).Append('\n');
        return text.Append("\n### Guardrails\n\n").Append(Verdicts(verdicts)).ToString();
    }

    private static string Result(CheckEvidence check) => check switch
    {
        { Passed: true, RedOnBase: true } => "✅ exit 0 (was red before)",
        { Passed: true } => "✅ exit 0",
        { RedOnBase: true, Ending: "exited" } => $"⚠️ exit {check.ExitCode} (red before, too)",
        { Ending: "exited" } => $"❌ exit {check.ExitCode}",
        _ => $"❌ {Markdown.Inline(check.Ending, 80)}",
    };
}
