using System.Text.RegularExpressions;
using CodingAgent.Playground.ScriptedModel.Wire;

namespace CodingAgent.Playground.ScriptedModel.Scenarios;

/// <summary>
/// Plays a known change as a model that knows the answer would: a plan of exactly its files, its edits through the tools, set-up again where
/// dependencies change, the checks, a report; a critic that approves; a fixer that gives up in words, because there is nothing better to do.
/// </summary>
internal sealed partial class ReferenceScenario(ReferenceChange change) : IScenario
{
    private const int FilesRead = 6;
    private const int CallsPerTurn = 8;

    private readonly IReadOnlyList<Answer.Call> _tests = ReferenceEdits.For(change with { Files = [.. change.Files.Where(f => TestFile().IsMatch(f.Path))] });
    private readonly IReadOnlyList<Answer.Call> _code = ReferenceEdits.For(change with { Files = [.. change.Files.Where(f => !TestFile().IsMatch(f.Path))] });
    private readonly IReadOnlyList<Answer.Call> _calls = ReferenceEdits.For(change);

    public string Title => $"{change.Title} ({change.Repository})";

    public bool Matches(string task) => change.Repository.EndsWith("/*", StringComparison.Ordinal)
        ? task.StartsWith($"# Task in {change.Repository[..^1]}", StringComparison.Ordinal)
        : task.StartsWith($"# Task in {change.Repository}\n", StringComparison.Ordinal);

    public Answer Next(Conversation c) => c.Role switch
    {
        "plan" => Planner(c),
        "change_report" => Coder(c),
        "critique" => Critic(c),
        "fix_report" => Mends(c) ? Coder(c) : GiveUp(c),
        "reproduction" => Reproducer(c),
        _ => throw ChatRefusedException.Bad($"The script knows the answers 'plan', 'change_report', 'critique', 'fix_report' and 'reproduction', not '{c.Role}'."),
    };

    private Answer Planner(Conversation c)
    {
        c.Need(("list_files", ["path", "glob"]), ("read_file", ["path", "line_count"]));
        if (!c.Called("list_files"))
            return Answer.Ask(Look());
        var (tests, code) = (change.Files.Where(f => TestFile().IsMatch(f.Path)), change.Files.Where(f => !TestFile().IsMatch(f.Path)));
        return Answer.Final(new
        {
            goal = $"{change.Title}.",
            constraints = new[] { "What the issue does not speak of stays as it is." },
            edits = code.Select(Planned),
            tests = tests.Select(Planned),
            rationale = "It is the change that the repository's own maintainers made.",
            risks = new[] { "Callers that rely on the behaviour of today; the repository's checks run before anything is published." },
            questions = Array.Empty<string>(),
        });
    }

    private Answer Coder(Conversation c)
    {
        c.Need(
            ("read_file", ["path", "line_count"]), ("edit_file", ["path", "old_text", "new_text"]), ("write_file", ["path", "content"]),
            ("delete_file", ["path"]), ("run_checks", ["name"]), ("repo_diff", ["path"]));
        if (!c.Called("list_files"))
            return Answer.Ask(Look());
        var done = c.Done.Where(d => d.Writes || d.Name == "run_command").ToArray();
        if (Array.Find(done, d => d.Failed && !Success().IsMatch(d.Output)) is { } failed)
            throw ChatRefusedException.Bad($"The script does not know how to go on: {failed.Name} of {failed.Path} failed: {failed.Output}");
        // Who showed the defect has written the tests.
        var calls = c.Section("The test that shows it").Length > 0 ? _code : _calls;
        var inSteps = c.Offers("finish_step") && _tests.Count > 0 && _code.Count > 0;
        // Tests of what is there come first, as a step of their own.
        if (inSteps && done.Length < _tests.Count)
            return Answer.Ask([.. _tests.Skip(done.Length).Take(CallsPerTurn)]);
        if (inSteps && done.Length == _tests.Count && !c.CalledSinceChange("finish_step"))
            return Answer.Ask(c.CalledSinceChange("run_checks") ? Answer.Finish("test: what the code does today") : Answer.Checks());
        if (inSteps)
            calls = [.. _tests, .. _code];
        if (done.Length < calls.Count)
            return Answer.Ask([.. calls.Skip(done.Length).Take(CallsPerTurn)]);
        if (change.Files.Any(f => Dependencies().IsMatch(f.Path)) && c.Offers("run_setup") && !c.CalledSinceChange("run_setup"))
            return Answer.Ask(Answer.Setup());
        if (!c.CalledSinceChange("run_checks"))
            return Answer.Ask(Answer.Checks());
        if (inSteps && !c.CalledSinceChange("finish_step"))
            return Answer.Ask(Answer.Finish($"refactor: {change.Title}"));
        return c.CalledSinceChange("repo_diff") ? Answer.Final(Report("feat: ", "Carries out the issue as planned.", [])) : Answer.Ask(Answer.Diff());
    }

    private Answer Reproducer(Conversation c)
    {
        c.Need(("read_file", ["path", "line_count"]), ("edit_file", ["path", "old_text", "new_text"]), ("write_file", ["path", "content"]), ("run_checks", ["name"]));
        if (!c.Called("list_files"))
            return Answer.Ask(Look());
        var done = c.Done.Count(d => d.Writes);
        if (done < _tests.Count)
            return Answer.Ask([.. _tests.Skip(done).Take(CallsPerTurn)]);
        if (_tests.Count > 0 && !c.CalledSinceChange("run_checks"))
            return Answer.Ask(Answer.Checks());
        return Answer.Final(new
        {
            reproduced = _tests.Count > 0,
            observed = "It does not do what the issue asks for; the new test shows it.",
            expected = $"{change.Title}.",
            suspects = _code.Select(call => call.Arguments["path"]?.ToString()).OfType<string>().Distinct().ToArray(),
            tried = _tests.Count > 0 ? Array.Empty<string>() : ["Read the code and its tests."],
            question = _tests.Count > 0 ? "" : "With which input does it go wrong?",
        });
    }

    private Answer Critic(Conversation c)
    {
        c.Need(("read_file", ["path", "line_count"]), ("repo_diff", ["path"]));
        if (!c.Called("repo_diff"))
            return Answer.Ask([Answer.Diff(), .. change.Files.Where(f => f.After is not null).Take(1).Select(f => Answer.Read(f.Path))]);
        var evidence = c.Section("Evidence, computed by code").Split('\n').Where(l => l.StartsWith("- ", StringComparison.Ordinal)).Select(l => l[2..]).ToArray();
        return Answer.Final(new
        {
            approved = true,
            findings = evidence.Length == 0 ? [] : new[] { new { path = "", severity = "advice", note = $"Nothing to object to. Evidence: {string.Join("; ", evidence)}" } },
        });
    }

    // An upgrade makes its change by code, and asks for a module's calls alone.
    private bool Mends(Conversation c) => c.Section("The module whose calls are to be mended").Split('\n').Any(l => change.Files.Any(f => f.Path.StartsWith($"{l.Trim()}/", StringComparison.Ordinal)));

    // The change is what is wanted, so whatever is red has another cause, and a person has to hear of it.
    private Answer GiveUp(Conversation c) => Answer.Final(Report(
        "chore: ", "I changed nothing: the change is as it was meant, and I do not know what is wrong with it.",
        [.. c.Threads.Append(0).Select(id => (object)new { threadId = id, outcome = "declined", note = "The change is as it was meant." })]));

    private Answer.Call[] Look() => [Answer.List(), .. change.Files.Where(f => f.Before is not null).Take(FilesRead).Select(f => Answer.Read(f.Path))];

    private object Report(string kind, string summary, object[] threads) => new
    {
        title = (kind + change.Title) is { Length: > 72 } longer ? longer[..72] : kind + change.Title,
        summary,
        why = "It follows the plan.",
        howToTest = "Run the repository's checks.",
        rollback = "Revert the commit.",
        threads,
    };

    private static object Planned(ReferenceFile file) => new
    {
        path = file.Path,
        intent = file.After is null ? "Delete it." : file.Before is null ? "Add it as the issue asks." : "Change it as the issue asks.",
        functions = Array.Empty<string>(),
    };

    // What the tools say when they did it, before a path that may hold any word.
    [GeneratedRegex("^(Edited|Created|Replaced|Deleted|exit code 0)\\b", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Success();

    [GeneratedRegex(@"(^|/)(tests?|specs?|__tests__)/|(^|/)test_|[._-](test|spec)s?\.|Tests?\.", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex TestFile();

    [GeneratedRegex(
        @"(^|/)(package(-lock)?\.json|pnpm-lock\.yaml|yarn\.lock|requirements[^/]*\.txt|pyproject\.toml|(poetry|uv|Cargo|composer|Gemfile)\.lock|Cargo\.toml|go\.(mod|sum)|pom\.xml|[^/]*\.gradle(\.kts)?|Gemfile|composer\.json|[^/]*\.(cs|fs|vb)proj|Directory\.(Build|Packages)\.props|packages\.lock\.json|global\.json)$",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Dependencies();
}
