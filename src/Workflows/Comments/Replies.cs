using System.Text;
using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Comments;

/// <summary>Everything else the bot says. Each text names what happened and what a person can do.</summary>
public static class Replies
{
    /// <summary>The list of commands, after an unknown one with its nearest match.</summary>
    /// <param name="terms">How the forge calls things.</param>
    /// <param name="unknown">The word that was not understood; null for <c>/agent help</c>.</param>
    /// <param name="nearest">What was probably meant.</param>
    public static string Help(ForgeTerms terms, string? unknown = null, string? nearest = null)
    {
        var text = new StringBuilder();
        if (unknown is not null)
        {
            text.Append("I do not know ").Append(Markdown.Code("/agent " + unknown, 60));
            text.Append(nearest is null ? ".\n\n" : $"; did you mean {Markdown.Code("/agent " + nearest)}?\n\n");
        }

        return AppendCommands(text, terms).ToString();
    }

    /// <summary>What somebody reads who mentions the bot and asks for nothing it can do.</summary>
    /// <param name="bot">How people mention the bot.</param>
    /// <param name="terms">How the forge calls things.</param>
    public static string Mentioned(string bot, ForgeTerms terms) => AppendCommands(new StringBuilder()
        .Append("You mentioned me. I start by a command in a comment, at the start of a line of its own; on an issue or ").Append(terms.Pull).Append(" that I work on, a comment that mentions ")
        .Append(Markdown.Code($"@{bot}", 60)).Append(" is taken as a remark to me.\n\n"), terms).ToString();

    /// <summary>What somebody reads whose command stands where none counts.</summary>
    public static string Misplaced(ForgeTerms terms) => AppendCommands(new StringBuilder()
        .Append("I did nothing: there is a command in this comment, but not at the start of a line of its own, outside of lists and headings. Write it so (an edit will do), and the rest of your words above or below it.\n\n"), terms).ToString();

    private static StringBuilder AppendCommands(StringBuilder text, ForgeTerms terms)
    {
        text.Append("| Command | What it does |\n|---|---|\n");
        foreach (var word in CommandParser.Words)
            text.Append("| `").Append($"/agent {word.Verb} {word.Arguments}".TrimEnd()).Append("` | ").Append(terms.Say(word.Does)).Append(" |\n");
        return text;
    }

    /// <summary>A refusal.</summary>
    public static string Refusal(string reason, string whatToDo) => $"I did not start: {Markdown.Inline(reason, 500)}\n\n{Markdown.Inline(whatToDo, 500)}\n";

    /// <summary>A command of somebody who may not give any, whichever it was; said once to each.</summary>
    public static string NoAccess(string login) =>
        $"{Markdown.Inline(login, 60)} has no write access to this repository, so that command does not count. Somebody who may push here can write it instead.\n";

    /// <summary>A command in a text that somebody else edited last.</summary>
    public static string EditedByAnother(string author, string editor) =>
        $"{Markdown.Inline(editor, 60)} edited what {Markdown.Inline(author, 60)} wrote, so the command there does not count.\n\nWhoever wants it writes the command in a comment of their own.\n";

    /// <summary>A command of somebody of whom nobody knows whether they may give one.</summary>
    /// <param name="login">Who gave it.</param>
    /// <param name="bot">The account the bot acts as.</param>
    /// <param name="reason">What the forge said.</param>
    public static string MayNotAsk(string login, string bot, string reason) =>
        $"That command does not count yet: I may not ask who has write access here, so I do not know whether {Markdown.Inline(login, 60)} has.\n\n{Markdown.Quote(reason)}\n\n"
        + $"**What you can do:** give my account {Markdown.Inline(bot, 60)} the role Write in this repository, and a token that may read and write it; then give the command again.\n";

    /// <summary>A command given through the account that the bot itself uses.</summary>
    /// <param name="bot">The account.</param>
    public static string OwnAccount(string bot) =>
        $"This was asked for by {Markdown.Inline(bot, 60)}, which is the account I act as myself, so I took it for my own doing and did nothing.\n\n"
        + "**What you can do:** whoever runs me gives me a token of an account of my own (with write access here), which nobody works with; then ask again.\n";

    /// <summary>Reviewers whom the forge did not ask.</summary>
    /// <param name="terms">How the forge calls things.</param>
    /// <param name="refused">Who, and the forge's words.</param>
    public static string NotAsked(ForgeTerms terms, IReadOnlyList<(string Reviewer, string Why)> refused)
    {
        ArgumentNullException.ThrowIfNull(terms);
        ArgumentNullException.ThrowIfNull(refused);
        return $"The policy names reviewers who could not be asked:\n\n{string.Concat(refused.Select(r => $"- {Markdown.Inline(r.Reviewer, 100)}: {Markdown.Inline(r.Why, 300)}\n"))}\n"
            + $"**What you can do:** ask somebody yourself, and mend `review.request` in `{terms.PolicyPath}`.\n";
    }

    /// <summary>A command in a repository that the operator did not name.</summary>
    public static string NotServed() => "I do not work on this repository: whoever runs me has named the repositories I work on, and this one is not among them. Ask them to add it.\n";

    /// <summary>What is wrong with a policy file.</summary>
    public static string PolicyErrors(string path, string reference, IReadOnlyList<PolicyError> errors)
    {
        var text = new StringBuilder();
        text.Append("### ⚠️ The policy file cannot be used\n\n").Append(Markdown.Code(path)).Append(" on ").Append(Markdown.Inline(reference, 200))
            .Append(" has ").Append(errors.Count == 1 ? "an error" : $"{errors.Count} errors").Append(":\n\n| Line | Problem |\n|---|---|\n");
        foreach (var error in errors.Take(20))
            text.Append("| ").Append(error.Line).Append(" | ").Append(Markdown.Inline(error.Message, 400)).Append(" |\n");
        return text.Append("\nNothing was started. Mend the file on the default branch, then label the issue again or comment `/agent implement`.\n").ToString();
    }

    /// <summary>Why a task failed.</summary>
    /// <param name="during">What it was doing.</param>
    /// <param name="reason">Why.</param>
    /// <param name="whatToDo">What a person can do: our own words, with code in backticks.</param>
    /// <param name="branch">Branch that stays; null when there is none.</param>
    /// <param name="shows">Commands whose output shows why.</param>
    public static string Failure(TaskState during, string reason, string whatToDo, string? branch, IReadOnlyList<FailedCheck> shows) =>
        $"### ❌ This task failed while {Doing(during)}\n\n{Markdown.Quote(reason)}\n\n**What you can do:** {whatToDo}\n"
        + (branch is null ? "" : $"\nThe branch {Markdown.Code(branch)} stays as it is.\n")
        + Outputs(shows);

    /// <summary>Why a task ended that somebody ended behind its back.</summary>
    public const string CutReason = "It was ended in Temporal, from outside.";

    /// <summary>What a person can do about <see cref="CutReason"/>.</summary>
    public const string CutWhatToDo = "Ask again, and it begins anew: label the issue, or comment `/agent implement` on it or `/agent fix` on the pull request.";

    /// <summary>Why a task with a pull request waits for a person.</summary>
    public static string Parked(string reason, string whatToDo, IReadOnlyList<FailedCheck> shows) =>
        $"### ✋ I stopped here\n\n{Markdown.Quote(reason)}\n\n**What you can do:** {whatToDo}\n{Outputs(shows)}";

    /// <summary>Why a task waits for its model's endpoint.</summary>
    /// <param name="reason">Why: the endpoint's words, without what it is called.</param>
    /// <param name="whatToDo">What the operator can do.</param>
    public static string WaitsForModel(string reason, string whatToDo) =>
        $"### ⏸️ This task waits for its model\n\n{Markdown.Quote(reason)}\n\n**What can be done:** {whatToDo}\n\nNothing is lost. I try again by myself, at least every hour; `/agent retry` tries at once, `/agent stop` ends the task.\n";

    /// <summary>An approval or rejection that does not count.</summary>
    public static string ApprovalIgnored(string reason) => $"That answer does not count: {Markdown.Inline(reason, 500)}\n";

    /// <summary>The answer to a command that came while the task was ending.</summary>
    public static string TooLate() => "The task here was just ending when this was written, so nothing was started. Give the command again.\n";

    /// <summary>What a comment on the pull request has to be for the bot to take it up.</summary>
    public static string Overheard() =>
        "I left that comment to people. What I take up here: reviews (requested changes, remarks on lines), comments that mention me, and commands at the start of a line "
        + "(`/agent fix`, and what you write after it; `/agent help` lists all). I say this once; `review.comments: all` in the policy file makes every comment a remark to me.\n";

    /// <summary>Why a pull request of ours is closed by us.</summary>
    /// <param name="pull">The one that takes its place.</param>
    /// <param name="name">What both are about; may be outside text.</param>
    /// <param name="version">The version that the newer one goes to.</param>
    /// <param name="terms">How the forge calls things.</param>
    public static string Superseded(int pull, string name, string version, ForgeTerms terms) =>
        $"{terms.PullSign}{pull} takes {Markdown.Inline(name, 200)} to {Markdown.Inline(version, 60)} in all these places, so I close this one. Its branch stays; reopen it if you want the older version after all.\n";

    /// <summary>What somebody reads who speaks to a task that is divided.</summary>
    public static string InParts(ForgeTerms terms) =>
        $"This task is carried out in parts, each with a {terms.Pull} of its own; nobody here could take that up. Say it on the {terms.Pull} that it is about. `/agent status`, `/agent finish` and `/agent stop` given here are for all of them.\n";

    /// <summary>Of pull requests that belong together, one came to nothing.</summary>
    /// <param name="words">What, and what a person can do; may hold names of repositories.</param>
    public static string BrokeOff(string words) => $"### ⏸️ Held back\n\n{Markdown.Inline(words, 1_500)}\n";

    /// <summary>A reminder of a parked task.</summary>
    public static string Reminder(TaskState state, TimeSpan left, ForgeTerms terms) =>
        $"{(state == TaskState.AwaitingApproval ? "The plan still waits for `/agent approve` or `/agent reject <why>`." : $"This {terms.Pull} still waits for a review.")} Without an answer the task ends in {Markdown.Span(left)}; the branch stays.\n";

    /// <summary>A reminder of a task whose agent waits for a word on a call.</summary>
    public static string CallReminder(TimeSpan left) =>
        $"A call of a tool still waits for `/agent approve HASH` or `/agent reject HASH <why>`. Without an answer the task ends in {Markdown.Span(left)}; the branch stays.\n";

    /// <summary>The answer to a fix that had nothing to do.</summary>
    /// <param name="ci">What is to say of CI, a line each: outside text.</param>
    public static string NothingToMend(IReadOnlyList<string> ci) => $"There is nothing to mend: CI is not red, and no review remark is open.\n{Points(ci)}";

    /// <summary>What is to say of the CI of a pull request.</summary>
    /// <param name="headSha">The head it is about.</param>
    /// <param name="words">A line each: outside text. Empty when there is nothing any more.</param>
    public static string Ci(string headSha, IReadOnlyList<string> words) =>
        $"### 🚦 About CI on {Markdown.Code(headSha.Length > 10 ? headSha[..10] : headSha)}\n{(words.Count == 0 ? "\nNothing is left to say.\n" : Points(words))}";

    private static string Points(IReadOnlyList<string> lines) => lines.Count == 0 ? "" : "\n" + string.Concat(lines.Take(20).Select(l => $"- {Markdown.Inline(l)}\n"));

    /// <summary>How one review thread ends.</summary>
    /// <param name="answer">The fixer's answer: model output.</param>
    /// <param name="headSha">Commit that carries the fix; null when nothing was published.</param>
    public static string ThreadAnswer(ThreadAnswer answer, string? headSha) => answer.Outcome switch
    {
        "fixed" when headSha is not null => $"**Fixed** in {headSha}.\n\n{Markdown.Quote(answer.Note)}\n",
        "declined" => $"**Not changed**, because:\n\n{Markdown.Quote(answer.Note)}\n",
        "fixed" => $"**Looked at**, and no change was needed:\n\n{Markdown.Quote(answer.Note)}\n",
        _ => $"**A question** before I change this:\n\n{Markdown.Quote(answer.Note)}\n",
    };

    /// <summary>Gate verdicts that kept a change back, in words for the fixer.</summary>
    public static string GateRefusals(IEnumerable<GateVerdict> verdicts) =>
        string.Join('\n', verdicts.Where(v => !v.Passed).Select(v => $"{v.Gate}: {v.Message}"));

    private static string Outputs(IReadOnlyList<FailedCheck> shows)
    {
        var text = new StringBuilder();
        foreach (var check in shows.Take(5))
        {
            text.Append("\n**").Append(Markdown.Inline(check.Name, 60)).Append("**, ").Append(Markdown.Inline(check.Outcome, 60));
            if (check.Command is { } command)
                text.Append(": ").Append(Markdown.Code(command));
            text.Append("\n\n").Append(Markdown.Fence(check.Output, 2_000)).Append('\n');
        }

        return text.ToString();
    }

    private static string Doing(TaskState state) => state switch
    {
        TaskState.Queued or TaskState.Authorizing => "starting",
        TaskState.Planning => "planning",
        TaskState.AwaitingApproval => "waiting for approval",
        TaskState.Preparing or TaskState.Editing => "editing",
        TaskState.Verifying => "running the checks",
        TaskState.Critiquing => "reviewing its own change",
        TaskState.Publishing => "publishing",
        TaskState.AwaitingCi => "waiting for CI",
        TaskState.AddressingFeedback => "addressing feedback",
        _ => "waiting for a review",
    };
}
