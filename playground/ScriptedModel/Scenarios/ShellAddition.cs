namespace CodingAgent.Playground.ScriptedModel.Scenarios;

/// <summary>The issue of <see cref="ShellSample"/>.</summary>
internal sealed class ShellAddition : Scenario
{
    public override string Title => ShellSample.IssueTitle;

    protected override string Code => "src/add.sh";

    protected override string Tests => "tests/three_test.sh";

    protected override string[] Context => ["tests/two_test.sh", "tests/run.sh"];

    protected override (string First, string Repaired, string Reviewed) Marks => ("$2 + $3", "${3:-0}", "usage:");

    protected override (string Old, string New) RememberedEdit => ("expr $1 + $2", "expr $1 + $2 + \"$3\"");

    protected override object Plan => new
    {
        goal = "add.sh adds two or three numbers.",
        constraints = new[] { "Two numbers give what they gave before." },
        edits = new[] { new { path = Code, intent = "Add the third argument when it is given.", functions = Array.Empty<string>() } },
        tests = new[] { new { path = Tests, intent = "Three numbers give their sum.", functions = Array.Empty<string>() } },
        rationale = "A missing third number counts as 0, so no caller has to change; a loop over all arguments would accept what the issue does not ask for.",
        risks = new[] { "Callers that pass a third argument today get another result; none is known." },
        questions = Array.Empty<string>(),
    };

    protected override object ChangeReport => new
    {
        title = "feat: let add.sh add three numbers",
        summary = "add.sh takes an optional third number.",
        why = "A missing third number counts as 0, so that calls with two numbers stay as they are.",
        howToTest = ShellSample.CheckCommand,
        rollback = "Revert the commit.",
        threads = Array.Empty<object>(),
    };

    protected override object Critique => new
    {
        approved = true,
        findings = new[] { new { path = Code, severity = "advice", note = "A fourth argument is ignored without a word." } },
    };

    protected override (string Title, string Answer) ReviewReport => (
        "feat: print a usage line", "add.sh prints a usage line and ends with 2 when numbers are missing; a test covers it.");

    protected override IEnumerable<(string Old, string New)> FirstEdits(FileText code)
    {
        yield return (code.Line("# Adds two"), "# Adds two numbers, or three of them when a third one is given as the last argument.");
        var sum = code.Line("echo $((");
        yield return (sum, sum.Replace("$2", "$2 + $3", StringComparison.Ordinal));
    }

    protected override Answer.Call AddTests(Conversation c) => Answer.Write(Tests, """
        #!/bin/sh
        # Three numbers.
        test "$(sh src/add.sh 1 2 3)" = 6

        """);

    protected override IEnumerable<(string Old, string New)> RepairEdits(FileText code)
    {
        var sum = code.Line("echo $((");
        yield return (sum, sum.Replace("$3", "${3:-0}", StringComparison.Ordinal));
    }

    protected override string Shorten(string line) => line.Length <= 80
        ? line
        : line.Replace(" when a third one is given", "\n# when a third one is given", StringComparison.Ordinal);

    protected override bool Understands(string remark) => remark.Contains("usage", StringComparison.OrdinalIgnoreCase);

    protected override IEnumerable<(string Old, string New)> ReviewEdits(FileText code)
    {
        var sum = code.Line("echo $((");
        yield return (sum, $"if [ $# -lt 2 ]; then\n  echo \"usage: add.sh A B [C]\" >&2\n  exit 2\nfi\n{sum}");
    }

    protected override IEnumerable<(string Old, string New)> ReviewTestEdits(FileText tests)
    {
        var sum = tests.Line("sh src/add.sh");
        yield return (sum, $"{sum} || exit 1\n# Too few.\nsh src/add.sh 1 2>/dev/null\ntest $? = 2");
    }
}
