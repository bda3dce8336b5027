using System.Text.Json;
using System.Text.Json.Nodes;
using CodingAgent.Playground.ScriptedModel.Wire;

namespace CodingAgent.Playground.ScriptedModel.Scenarios;

/// <summary>
/// The course every scripted task takes; a scenario fills in its files. The coder's first edit fails (it remembers a text that is
/// not in the file), its first working version leaves a check red, and what it submits breaks a rule that only CI checks; the fixer
/// mends that, and answers a review.
/// </summary>
internal abstract class Scenario : IScenario
{
    /// <summary>Title of the issue it is for.</summary>
    public abstract string Title { get; }

    /// <summary>File that changes.</summary>
    protected abstract string Code { get; }

    /// <summary>File with the new tests.</summary>
    protected abstract string Tests { get; }

    /// <summary>Files read beside these two before the first edit, all of them there.</summary>
    protected abstract string[] Context { get; }

    protected abstract object Plan { get; }

    protected abstract (string Old, string New) RememberedEdit { get; }

    protected abstract object ChangeReport { get; }

    protected abstract object Critique { get; }

    /// <summary>A text that only the first working version brings in, and one of the repaired version.</summary>
    protected abstract (string First, string Repaired, string Reviewed) Marks { get; }

    /// <summary>Title of the fixer's commit for a review, and what it tells the reviewer.</summary>
    protected abstract (string Title, string Answer) ReviewReport { get; }

    public bool Matches(string task) => task.Contains(Title, StringComparison.OrdinalIgnoreCase);

    public Answer Next(Conversation c) => c.Role switch
    {
        "plan" => Planner(c),
        "change_report" => Coder(c),
        "critique" => Critic(c),
        "fix_report" => Fixer(c),
        "reproduction" => Reproducer(c),
        "places" => Retriever(c),
        _ => throw ChatRefusedException.Bad($"The script knows the answers 'plan', 'change_report', 'critique', 'fix_report', 'reproduction' and 'places', not '{c.Role}'."),
    };

    protected abstract IEnumerable<(string Old, string New)> FirstEdits(FileText code);

    protected abstract Answer.Call AddTests(Conversation c);

    protected abstract IEnumerable<(string Old, string New)> RepairEdits(FileText code);

    /// <summary>True when the script can do what a review remark asks.</summary>
    protected abstract bool Understands(string remark);

    protected abstract IEnumerable<(string Old, string New)> ReviewEdits(FileText code);

    protected abstract IEnumerable<(string Old, string New)> ReviewTestEdits(FileText tests);

    /// <summary>A line that CI's style rule refuses, mended.</summary>
    protected abstract string Shorten(string line);

    private Answer Planner(Conversation c)
    {
        c.Need(("list_files", ["path", "glob"]), ("read_file", ["path", "line_count"]), ("transfer_to_retriever", ["question"]));
        if (!c.Called("list_files"))
            return Answer.Ask(Answer.List());
        if (!c.Called("transfer_to_retriever"))
            return Answer.Ask(Answer.Transfer("retriever", $"Which code and which tests does '{Title}' touch?"));
        return c.Fresh(Code) is null ? Answer.Ask([Answer.Read(Code), .. Context.Select(Answer.Read)]) : Answer.Final(PlanFor(c));
    }

    // A plan that was rejected is not made a second time: what the person said becomes a constraint.
    private JsonObject PlanFor(Conversation c)
    {
        var plan = JsonSerializer.SerializeToNode(Plan, JsonSerializerOptions.Web)!.AsObject();
        if (c.Section("Why the previous plan was not approved").Length > 0)
            plan["constraints"]!.AsArray().Add("Mind what was said against the plan before this one.");
        return plan;
    }

    private Answer Coder(Conversation c)
    {
        c.Need(
            ("read_file", ["path", "line_count"]), ("edit_file", ["path", "old_text", "new_text"]), ("write_file", ["path", "content"]),
            ("run_checks", ["name"]), ("repo_diff", ["path"]), ("ask_retriever", ["task"]));
        if (!c.Called("read_file"))
            return Answer.Ask([Answer.Read(Code), .. Context.Select(Answer.Read), Answer.AskAgent("ask_retriever", $"For '{Title}': who else uses {Code}?")]);
        if (!c.Called("edit_file"))
            return Answer.Ask(Answer.Edit(Code, RememberedEdit.Old, RememberedEdit.New));
        if (!c.Called("edit_file", Marks.First))
            return EditFresh(c, Code, FirstEdits);
        // Who showed the defect has written them.
        if (c.Section("The test that shows it").Length == 0 && !c.Done.Any(d => d.Writes && d.Path == Tests))
            return Answer.Ask(AddTests(c));
        if (!c.CalledSinceChange("run_checks"))
            return Answer.Ask(Answer.Checks());
        if (c.Last("run_checks") is { IsRed: true } red)
            return c.Called("edit_file", Marks.Repaired) ? throw Lost("the checks stay red", red.Output) : EditFresh(c, Code, RepairEdits);
        return c.CalledSinceChange("repo_diff") ? Answer.Final(ChangeReport) : Answer.Ask(Answer.Diff());
    }

    // Searches for the planner inside its run, and for the coder beside it.
    private Answer Retriever(Conversation c)
    {
        c.Need(("read_file", ["path", "line_count"]));
        return c.Called("read_file")
            ? Answer.Final(new { found = new[] { new { path = Code, firstLine = 1, lastLine = 1, why = "What the issue speaks of stands here." } }, missing = "" })
            : Answer.Ask(Answer.Read(Code), Answer.Read(Context[0]));
    }

    private Answer Reproducer(Conversation c)
    {
        c.Need(("read_file", ["path", "line_count"]), ("write_file", ["path", "content"]), ("run_checks", ["name"]));
        if (!c.Called("read_file"))
            return Answer.Ask([Answer.Read(Code), .. Context.Select(Answer.Read)]);
        if (!c.Done.Any(d => d.Writes && d.Path == Tests))
            return Answer.Ask(AddTests(c));
        if (!c.CalledSinceChange("run_checks"))
            return Answer.Ask(Answer.Checks());
        if (c.Last("run_checks") is { IsRed: false } green)
            throw Lost("the new test passes without the change", green.Output);
        return Answer.Final(new { reproduced = true, observed = "The new test fails.", expected = Title, suspects = new[] { Code }, tried = Array.Empty<string>(), question = "" });
    }

    private Answer Critic(Conversation c)
    {
        c.Need(("read_file", ["path", "line_count"]), ("repo_diff", ["path"]));
        return c.Called("repo_diff") ? Answer.Final(Critique) : Answer.Ask(Answer.Diff(), Answer.Read(Code));
    }

    private Answer Fixer(Conversation c)
    {
        c.Need(
            ("read_file", ["path", "line_count"]), ("edit_file", ["path", "old_text", "new_text"]), ("run_command", ["command", "timeout_seconds"]),
            ("run_checks", ["name"]), ("repo_diff", ["path"]));
        var redCi = c.Section("Red checks in CI");
        var threads = c.Threads;
        if (redCi.Length == 0 && threads.Count == 0 && !AsksForWords(c))
            throw Lost("it mends red CI and answers reviews and comments, and the task has none", c.TaskText[^Math.Min(400, c.TaskText.Length)..]);
        if (!c.Called("repo_diff"))
            return Answer.Ask(Answer.Diff(), Answer.Read(Code));
        if (redCi.Length > 0 && MendStyle(c) is { } step)
            return step;
        if (threads.Any(t => Understands(c.ThreadText(t))))
        {
            if (!c.Called("edit_file", Marks.Reviewed))
                return EditFresh(c, Code, ReviewEdits);
            if (!c.Done.Any(d => d.Writes && d.Path == Tests))
                return EditFresh(c, Tests, ReviewTestEdits);
        }
        if (c.SuccessfulEdits > 0)
        {
            if (!c.CalledSinceChange("run_checks"))
                return Answer.Ask(Answer.Checks());
            if (c.Last("run_checks") is { IsRed: true } red)
                throw Lost("the checks are red after the fix", red.Output);
        }
        return Answer.Final(FixReport(c, redCi.Length > 0));
    }

    // What is answered as thread 0.
    private static bool AsksForWords(Conversation c) => c.Section("Review summary").Length > 0 || c.Section("Asked for in comments").Length > 0;

    private Answer? MendStyle(Conversation c)
    {
        if (!c.Called("run_command"))
            return Answer.Ask(Answer.Run("sh scripts/lint.sh"));
        if (c.Last("run_command") is not { IsRed: true } red)
            return null;
        // Its output names file:line; the text of that line comes from the file itself.
        if (!red.Output.Contains(Code, StringComparison.Ordinal))
            throw Lost($"lint does not complain of {Code}", red.Output);
        if (!c.Done.Any(d => d.Writes && d.Index > red.Index))
            return EditFresh(c, Code, code => code.Lines.Where(l => Shorten(l) != l).Select(l => (l, Shorten(l))));
        return Answer.Ask(Answer.Run("sh scripts/lint.sh"));
    }

    private object FixReport(Conversation c, bool style)
    {
        var threads = c.Threads.Select(id => Understands(c.ThreadText(id))
            ? (object)new { threadId = id, outcome = "fixed", note = ReviewReport.Answer }
            : new { threadId = id, outcome = "question", note = "I am not sure what should change here. Which behaviour do you want instead?" }).ToList();
        if (AsksForWords(c))
            threads.Add(new { threadId = 0L, outcome = "fixed", note = "Each remark is answered in its thread." });
        var reviewed = c.Threads.Count > 0;
        return new
        {
            title = reviewed ? ReviewReport.Title : $"style: keep the lines of {Code.Split('/')[^1]} within the limit",
            summary = reviewed || style ? (reviewed ? ReviewReport.Answer : "") + (style ? "Breaks the line that lint refused." : "") : "Answers what was asked; nothing had to change.",
            why = reviewed ? "A reviewer asked for it." : "CI's style check was red.",
            howToTest = "Run the checks, and sh scripts/lint.sh.",
            rollback = "Revert the commit.",
            threads,
        };
    }

    private static Answer EditFresh(Conversation c, string path, Func<FileText, IEnumerable<(string Old, string New)>> edits)
    {
        if (c.Fresh(path) is not { } text)
            return Answer.Ask(Answer.Read(path));
        var calls = edits(text).Select(e => Answer.Edit(path, e.Old, e.New)).ToArray();
        return calls.Length > 0 ? Answer.Ask(calls) : throw Lost($"nothing is left to change in {path}", string.Join('\n', text.Lines));
    }

    private static ChatRefusedException Lost(string why, string seen) =>
        ChatRefusedException.Bad($"The script does not know how to go on: {why}. Seen: {(seen.Length <= 600 ? seen : seen[^600..])}");
}
