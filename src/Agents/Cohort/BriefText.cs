using System.Globalization;
using System.Text;
using CodingAgent.Agents.Outside;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Cohort;

/// <summary>
/// Writes a brief, section by section, empty sections left out. What does not change between the agents of a task comes first.
/// Everything that was written outside our code, a model's earlier output included, goes through <see cref="Untrusted"/>.
/// </summary>
internal sealed class BriefText
{
    private readonly StringBuilder _text = new();

    /// <summary>What every agent is told.</summary>
    /// <param name="task">The task.</param>
    /// <param name="paths">Files this agent works on, as far as they are known: they decide which guidance it is told in full.</param>
    public BriefText Task(TaskContext task, IEnumerable<string> paths)
    {
        Line($"# Task in {Untrusted.OneLine(task.Repository)}");
        if (task.Issue is { } issue)
        {
            Head($"Issue {issue.Number}");
            Line(Untrusted.Fence($"title of issue {issue.Number} by {issue.Author}", issue.Title));
            Line(Untrusted.Fence($"body of issue {issue.Number} by {issue.Author}", issue.Body));
        }
        Quote("Goal", task.Goal);
        if (task.Conversation.Count > 0 || task.ConversationLeftOut.Count > 0)
        {
            Head("Conversation before the task was asked for (people with write access, oldest first; later ones win)");
            foreach (var left in task.ConversationLeftOut)
                Line($"({Untrusted.OneLine(left)})");
            foreach (var comment in task.Conversation)
                Line(Untrusted.Fence($"comment by {comment.Author}", comment.Text));
        }
        if (task.Request is { } request)
        {
            Head("Asked for with these words");
            Line(Untrusted.Fence($"words with the command by {request.Author}", request.Text));
        }
        Quotes("Acceptance criteria", "acceptance criterion", task.AcceptanceCriteria);
        Quotes("Constraints", "constraint", task.Constraints);
        if (task.Guidance.Count > 0)
        {
            var told = Guidance.Above(task.Guidance, paths);
            Head("Guidance of the repository (from its base branch)");
            if (task.Guidance.Count > 1)
                Line("A file counts for what lies below its folder; where two differ, the nearest above a file counts.");
            foreach (var file in told)
                Line(Untrusted.Fence($"guidance file {file.Path}", file.Text));
            var others = task.Guidance.Except(told).Select(g => $"`{Untrusted.OneLine(g.Path)}`").ToList();
            if (others.Count > 0)
                Line($"There is more for other folders; read it before you change a file below one of them: {string.Join(", ", others)}");
        }
        if (task.Checks.Count > 0)
        {
            Head("Checks of the repository (run_checks runs them by name)");
            foreach (var check in task.Checks)
                Line($"- {Untrusted.OneLine(check.Name)}: `{Untrusted.OneLine(check.Run)}`");
        }
        Checks("Checks that are red on the base, before any change", task.RedOnBase);
        Globs("Files that may change", task.AllowedPaths);
        Globs("Files that must not change", task.DeniedPaths);
        Globs("Test files", task.TestPatterns);
        Quote("Map of the repository before any change: files that others refer to most, and what they define, by line", task.Map);
        foreach (var section in task.Sections)
            Quote(section.Title, section.Text);
        People("Comments since the task began, oldest first; later ones win", "comment", task.Steering);
        return this;
    }

    public BriefText Plan(string title, Plan? plan)
    {
        if (plan is null)
            return this;
        Head(title);
        var text = new StringBuilder().Append("goal: ").Append(plan.Goal).Append('\n');
        List(text, "constraints", plan.Constraints);
        if (plan.Rationale.Length > 0)
            text.Append("rationale: ").Append(plan.Rationale).Append('\n');
        List(text, "edits", plan.Edits.Select(Told));
        List(text, "tests", plan.Tests.Select(Told));
        List(text, "risks", plan.Risks);
        List(text, "questions", plan.Questions);
        return Line(Untrusted.Fence("plan", text.ToString().TrimEnd()));
    }

    private static string Told(PlannedEdit edit) => $"{edit.Path}: {edit.Intent}{(edit.Functions.Count > 0 ? $" (touches {string.Join(", ", edit.Functions)})" : "")}";

    public BriefText Report(string title, CoderReport report)
    {
        Head(title);
        return Line(Untrusted.Fence("change report",
            $"title: {report.Title}\nsummary: {report.Summary}\nwhy: {report.Why}\nhow to test: {report.HowToTest}\nrollback: {report.Rollback}"));
    }

    public BriefText Quote(string title, string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return this;
        Head(title);
        return Line(Untrusted.Fence(title, text));
    }

    public BriefText Lines(string title, IReadOnlyList<string> lines)
    {
        if (lines.Count == 0)
            return this;
        Head(title);
        foreach (var line in lines)
            Line($"- {Untrusted.OneLine(line)}");
        return this;
    }

    public BriefText Checks(string title, IReadOnlyList<FailedCheck> checks)
    {
        if (checks.Count == 0)
            return this;
        Head(title);
        foreach (var check in checks)
        {
            var command = check.Command is { } run ? $", command `{Untrusted.OneLine(run)}`" : "";
            Line($"- {Untrusted.OneLine(check.Name)}: {Untrusted.OneLine(check.Outcome)}{command}");
            if (!string.IsNullOrWhiteSpace(check.Output))
                Line(Untrusted.Fence($"output of {check.Name}", check.Output));
        }
        return this;
    }

    public BriefText Findings(string title, IReadOnlyList<CritiqueFinding> findings)
    {
        if (findings.Count == 0)
            return this;
        Head(title);
        foreach (var finding in findings)
        {
            var place = finding.Path.Length == 0 ? "the change as a whole" : finding.Path;
            Line(Untrusted.Fence($"{finding.Severity} finding on {place}", finding.Note));
        }
        return this;
    }

    public BriefText Remarks(IReadOnlyList<PersonText> remarks) =>
        People("Asked for in comments (answer with threadId 0; where it narrows down what is to be done, keep to it)", "comment", remarks);

    public BriefText Reviews(IReadOnlyList<PersonText> reviews) => People("Review summary (answer with threadId 0)", "review summary", reviews);

    public BriefText Threads(IReadOnlyList<ThreadText> threads)
    {
        if (threads.Count == 0)
            return this;
        Head("Review threads");
        foreach (var thread in threads)
        {
            Line($"### Thread {thread.Id}{Place(thread)}");
            if (!string.IsNullOrWhiteSpace(thread.DiffHunk))
                Line(Untrusted.Fence($"diff lines of thread {thread.Id}", thread.DiffHunk));
            foreach (var remark in thread.Remarks)
                Line(Untrusted.Fence($"remark by {remark.Author}", remark.Text));
            foreach (var suggestion in thread.Suggestions)
                Suggestion(suggestion);
        }
        return this;
    }

    private void Suggestion(SuggestedLines suggestion)
    {
        var what = $"{Lines(suggestion.StartLine, suggestion.EndLine)} of the reviewed head";
        if (suggestion.WhyNotApplied is not { } why)
            Line($"The reviewer's replacement of {what} is in the workspace already, as it was written. Leave it so, or say in the thread why it cannot stay.");
        else if (suggestion.Text is null)
            Line($"The reviewer proposes to remove {what}; not applied: {Untrusted.OneLine(why)}.");
        else
            Line($"The reviewer proposes to replace {what} with exactly this; not applied: {Untrusted.OneLine(why)}.\n{Untrusted.Fence("suggested lines", suggestion.Text)}");
    }

    private static string Place(ThreadText thread)
    {
        if (thread.Path.Length == 0)
            return "";
        var place = $" on {Untrusted.OneLine(thread.Path)}";
        if (thread.Line is not { } line)
            return thread.IsOutdated ? $"{place} (outdated: those lines have changed since)" : $"{place} (the whole file)";
        place += $", {Lines(thread.StartLine ?? line, line)}";
        if (thread.IsOnOldSide)
            place += " of the old side (the file before the change)";
        return thread.IsOutdated ? $"{place} as they were when it was written (outdated: they have changed since)" : place;
    }

    private static string Lines(int start, int end) => start == end
        ? string.Create(CultureInfo.InvariantCulture, $"line {end}")
        : string.Create(CultureInfo.InvariantCulture, $"lines {start}–{end}");

    public BriefText Ask(string request)
    {
        Head("Now");
        return Line(request);
    }

    public IReadOnlyList<ChatMessage> ToMessages() => [new ChatMessage(ChatRole.User, _text.ToString().TrimEnd())];

    private BriefText People(string title, string what, IReadOnlyList<PersonText> texts)
    {
        var given = texts.Where(t => !string.IsNullOrWhiteSpace(t.Text)).ToList();
        if (given.Count == 0)
            return this;
        Head(title);
        foreach (var one in given)
            Line(Untrusted.Fence($"{what} by {one.Author}", one.Text));
        return this;
    }

    private void Quotes(string title, string what, IReadOnlyList<string> texts)
    {
        if (texts.Count == 0)
            return;
        Head(title);
        foreach (var text in texts)
            Line(Untrusted.Fence(what, text));
    }

    private void Globs(string title, IReadOnlyList<string> globs)
    {
        if (globs.Count > 0)
            Line($"\n{title}: {string.Join(", ", globs.Select(g => $"`{Untrusted.OneLine(g)}`"))}");
    }

    private static void List(StringBuilder text, string name, IEnumerable<string> lines)
    {
        var all = lines.ToList();
        if (all.Count == 0)
            return;
        text.Append(name).Append(":\n");
        foreach (var line in all)
            text.Append("- ").Append(line).Append('\n');
    }

    private void Head(string title) => Line($"\n## {title}");

    private BriefText Line(string line)
    {
        _text.Append(line).Append('\n');
        return this;
    }
}
