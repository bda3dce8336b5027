using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Cohort;

/// <summary>What the fixer works from: any mix of red checks, gate verdicts, findings and a review.</summary>
/// <param name="Task">The task.</param>
/// <param name="Plan">The approved plan; null on a pull request that had none.</param>
public sealed record FixerBrief(TaskContext Task, Plan? Plan)
{
    /// <summary>Checks that are red in our sandbox.</summary>
    public IReadOnlyList<FailedCheck> FailedChecks { get; init; } = [];

    /// <summary>Check runs and statuses that are red in CI on the recorded head.</summary>
    public IReadOnlyList<FailedCheck> FailedCi { get; init; } = [];

    /// <summary>Gates that refused the change, one clear line each (ours, trusted).</summary>
    public IReadOnlyList<string> GateProblems { get; init; } = [];

    /// <summary>Findings of the critic.</summary>
    public IReadOnlyList<CritiqueFinding> Findings { get; init; } = [];

    /// <summary>Files that both this change and the base branch changed, a line each.</summary>
    public IReadOnlyList<string> Conflicts { get; init; } = [];

    /// <summary>Summary texts of submitted reviews; answered as thread 0.</summary>
    public IReadOnlyList<PersonText> Reviews { get; init; } = [];

    /// <summary>What people said to the task itself; answered as thread 0.</summary>
    public IReadOnlyList<PersonText> Remarks { get; init; } = [];

    /// <summary>Open review threads.</summary>
    public IReadOnlyList<ThreadText> Threads { get; init; } = [];

    /// <summary>Files the change touches so far; with the plan's they decide which guidance files are told in full.</summary>
    public IReadOnlyList<string> ChangedPaths { get; init; } = [];

    /// <summary>The task text. Pure: the same brief makes the same text.</summary>
    public IReadOnlyList<ChatMessage> ToMessages() => new BriefText()
        .Task(Task, ChangedPaths.Concat(Plan?.Paths() ?? []).Concat(Threads.Select(t => t.Path)).Concat(Findings.Select(f => f.Path)))
        .Plan("Approved plan", Plan)
        .Checks("Red checks in the sandbox", FailedChecks)
        .Checks("Red checks in CI", FailedCi)
        .Lines("Gates that refused the change", GateProblems)
        .Findings("Findings of the critic", Findings)
        .Lines("Conflicts with the base branch: between <<<<<<< and ======= stands this change, between ======= and >>>>>>> the base branch. Bring both together and leave no marker; where there is none, one side was taken whole", Conflicts)
        .Remarks(Remarks)
        .Reviews(Reviews)
        .Threads(Threads)
        .Ask("Mend what is listed with the smallest change that does it, run the checks, then answer with the fix report: one answer in threads for every review thread, and one with threadId 0 when there is a review summary or something asked for in comments.")
        .ToMessages();
}

/// <summary>A check that is red, in our sandbox or in CI.</summary>
/// <param name="Name">Name of the check or check run.</param>
/// <param name="Outcome">How it ended, such as <c>exit code 1</c>, <c>timed out</c> or a forge's conclusion.</param>
/// <param name="Output">What it printed, as far as it is known; outside text.</param>
public sealed record FailedCheck(string Name, string Outcome, string Output)
{
    /// <summary>Shell line it ran, when known.</summary>
    public string? Command { get; init; }
}

/// <summary>An open review thread.</summary>
/// <param name="Id">Id of the thread's root comment; the answer carries it.</param>
/// <param name="Path">File it is on, or empty.</param>
/// <param name="Line">Last line in the file, when known.</param>
/// <param name="Remarks">What was said, in order.</param>
public sealed record ThreadText(long Id, string Path, int? Line, IReadOnlyList<PersonText> Remarks)
{
    /// <summary>First line, where it is about several.</summary>
    public int? StartLine { get; init; }

    /// <summary>The lines are those of the file before the change.</summary>
    public bool IsOnOldSide { get; init; }

    /// <summary>What it is about changed since it was written; the lines are those of then.</summary>
    public bool IsOutdated { get; init; }

    /// <summary>The diff lines it hangs on, when known.</summary>
    public string? DiffHunk { get; init; }

    /// <summary>Exact replacements that reviewers propose in it.</summary>
    public IReadOnlyList<SuggestedLines> Suggestions { get; init; } = [];
}

/// <summary>An exact replacement of lines that a reviewer proposes.</summary>
/// <param name="StartLine">First line, counted in the head that was reviewed.</param>
/// <param name="EndLine">Last line.</param>
/// <param name="Text">What stands there instead; null removes the lines.</param>
public sealed record SuggestedLines(int StartLine, int EndLine, string? Text)
{
    /// <summary>Why it was not put into the workspace already; null when it was.</summary>
    public string? WhyNotApplied { get; init; }
}
