using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Mcp.Texts;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Secrets;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Gates;

/// <summary>What the check says beside lines: what gates flagged there, and what the self-review leaves open in a file.</summary>
public static class GateRemarks
{
    private const int MostFindings = 20;
    private const int LongestRemark = 1_000;

    /// <summary>The remarks, those of the gates first.</summary>
    /// <param name="verdicts">What the gates say.</param>
    /// <param name="open">Findings of the self-review that stay open: model output.</param>
    public static IReadOnlyList<CheckRemark> Of(IReadOnlyList<GateVerdict> verdicts, IReadOnlyList<CritiqueFinding> open) =>
    [
        .. verdicts.SelectMany(v => v.Lines.Select(l => new CheckRemark(
            l.Path, l.Line, v.Passed ? RemarkLevel.Warning : RemarkLevel.Failure, Plain($"Gate {v.Gate}: {l.What}")))),
        .. open.Where(f => IsPath(f.Path)).Take(MostFindings).Select(f => new CheckRemark(
            f.Path, 1, f.Severity == "blocking" ? RemarkLevel.Warning : RemarkLevel.Notice, Plain($"Self-review, {f.Severity}: {f.Note}"))),
    ];

    // A model's word for a file: what is none costs the remark, and not the check.
    private static bool IsPath(string path) => path.Length is > 0 and <= 500 && path[0] != '/' && !path.Split('/').Contains("..") && !path.Any(char.IsControl);

    // Shown as it is: nothing there is markup.
    private static string Plain(string text) => TextCut.Head(SecretShapes.Mask(ReadableText.Of(text)), LongestRemark, "…");
}
