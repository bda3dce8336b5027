using System.Text.Json;
using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Peers.Dotnet;

/// <summary>Comments, titles and commits with hostile text in each of their places, for a renderer to look at: a line of JSON each.</summary>
internal static class Words
{
    private const string Plain = "plain words";

    private static readonly (string Place, string Form, Func<string, string> Build)[] Places =
    [
        ("plan: goal", "text", t => OfPlan(new Plan(t, [], [], [], [], []))),
        ("plan: constraint", "text", t => OfPlan(new Plan("g", [t], [], [], [], []))),
        ("plan: intent", "text", t => OfPlan(new Plan("g", [], [new("a.cs", t)], [], [], []))),
        ("plan: path", "code", t => OfPlan(new Plan("g", [], [new($"src/{t}", "i")], [new($"{t}.cs", "i")], [], []))),
        ("plan: function", "code", t => OfPlan(new Plan("g", [], [new("a.cs", "i") { Functions = [t] }], [], [], []))),
        ("plan: rationale", "text", t => OfPlan(new Plan("g", [], [], [], [], []) { Rationale = t })),
        ("plan: risk and question", "text", t => OfPlan(new Plan("g", [], [], [], [t], [t]))),
        ("plan: reason", "quote", t => OfPlan(new Plan("g", [], [], [], [], []), t)),
        ("plan elsewhere: goal", "text", t => OfPlan(new Plan("g", [], [], [], [], []) { Others = [new("o/lib", "def", "", new Plan(t, [], [], [], [], []))] })),
        ("plan elsewhere: question", "text", t => OfPlan(new Plan("g", [], [], [], [], []) { Others = [new("o/lib", "def", "", new Plan("g", [], [], [], [], [t]))] })),
        ("plan: check", "text", t => PlanComment.Build(new(new Plan("g", [], [], [], [], []), 1, "abc", "def", [new(t, "run")], 1, 5, true, ""))),
        ("pull request: summary", "quote", t => OfPull(new CoderReport("t", t, "w", "h", "r", []))),
        ("pull request: why", "quote", t => OfPull(new CoderReport("t", "s", t, "h", "r", []))),
        ("pull request: summary in a template", "quote", t => OfPull(new CoderReport("t", t, "w", "h", "r", []), template: "<details>\n\n## Description\n2. two\n\n</details>\n\n- [ ] ticked\n")),
        ("pull request: risk in a template", "text", t => OfPull(new CoderReport("t", "s", "w", "h", "r", []), findings: [new("advice", "a.cs", t)], template: "## Risks\n| a |\n|---|\n")),
        ("pull request: finding", "text", t => OfPull(new CoderReport("t", "s", "w", "h", "r", []), findings: [new("advice", "a.cs", t)])),
        ("pull request: finding's path", "code", t => OfPull(new CoderReport("t", "s", "w", "h", "r", []), findings: [new("advice", t, "n")])),
        ("pull request: verdict", "text", t => OfPull(new CoderReport("t", "s", "w", "h", "r", []), verdicts: [new("paths", false, t)])),
        ("pull request: command", "code", t => OfPull(new CoderReport("t", "s", "w", "h", "r", []), new Evidence("t", [Red(t, "")]))),
        ("evidence: check", "text", t => EvidenceText.Summary("abc", new Evidence("t", [new(t, "run", 0, "exited", TimeSpan.Zero, "")]), [])),
        ("evidence: output", "code", t => EvidenceText.Summary("abc", new Evidence("t", [Red("run", $"before\n{t}\nafter")]), [])),
        ("evidence: refused host", "text", t => EvidenceText.Table("abc", new Evidence("t", [Red("run", "")]) { RefusedHosts = [t] })),
        ("status: now", "text", t => OfStatus(now: t)),
        ("status: note", "text", t => OfStatus(note: t)),
        ("status: step", "text", t => OfStatus(detail: t)),
        ("status: remark", "text", t => OfStatus(remark: t)),
        ("status: part", "text", t => StatusComment.Build(new StatusView(TaskState.Editing, "ann", "", [], "", 1, 1, 1, 5, TimeSpan.Zero) { Parts = [new(t, "at work", 8, new Uri("https://forge.test/pull/8"), t)] })),
        ("superseded", "text", t => Replies.Superseded(8, t, t, ForgeTerms.Usual)),
        ("answer: fixed", "quote", t => Replies.ThreadAnswer(new(1, "fixed", t), new string('a', 7))),
        ("answer: declined", "quote", t => Replies.ThreadAnswer(new(1, "declined", t), null)),
        ("answer: question", "quote", t => Replies.ThreadAnswer(new(1, "question", t), null)),
        ("failure: reason", "quote", t => Replies.Failure(TaskState.Editing, t, "Look.", null, [])),
        ("failure: output", "code", t => Replies.Parked("reason", "Look.", [new FailedCheck("test", "failed", t)])),
        ("failure: name", "text", t => Replies.Parked("reason", "Look.", [new FailedCheck(t, t, "x")])),
        ("refusal", "text", t => Replies.Refusal(t, "Look.")),
        ("refusal: advice", "text", t => Replies.Refusal("reason", t)),
        ("unknown command", "code", t => Replies.Help(ForgeTerms.Usual, t)),
        ("about CI", "text", t => Replies.Ci("abc", [t])),
        ("policy error", "text", t => Replies.PolicyErrors("p.yml", t, [new PolicyError(1, t, t)])),
        ("title", "line", t => PullText.Title(t, "x")),
        ("commit", "commit", t => CommitText.Build(t, "x", t, "ann", "7+ann@users.noreply.github.com", "task/x", "implement-1")),
    ];

    public static void Write(TextWriter to)
    {
        foreach (var (place, form, build) in Places)
        {
            var plain = build(Plain);
            foreach (var (kind, text) in HostileTexts.All)
                to.WriteLine(JsonSerializer.Serialize(new { place, form, kind, text, plain, document = build(text) }));
        }
    }

    private static string OfPlan(Plan plan, string reason = "") => PlanComment.Build(new(plan, 2, "abc", "def", [], 1, 5, true, reason));

    private static CheckEvidence Red(string command, string output) => new("test", command, 1, "exited", TimeSpan.Zero, output);

    private static string OfPull(CoderReport report, Evidence? evidence = null, IReadOnlyList<GateVerdict>? verdicts = null, IReadOnlyList<CritiqueFinding>? findings = null, string template = "") =>
        PullText.Body(new("task/x", 7, report, null, "abc", evidence ?? new Evidence("t", []), verdicts ?? [], findings ?? [], 1, 1, "ann") { Template = template });

    private static string OfStatus(string now = "", string note = "", string detail = "x", string? remark = null) => StatusComment.Build(
        new StatusView(TaskState.Editing, "ann", now, [new("Plan", StepMark.Done, detail)], note, 1, 1, 1, 5, TimeSpan.Zero) { Remarks = remark is null ? [] : [remark], Bot = "bot" });
}
