using CodingAgent.Agents;
using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Workflows.Flows;

namespace CodingAgent.Workflows.Tasks;

/// <summary>The versioned projection of a task's state: what REST and pages show. The workflow owns the truth.</summary>
/// <param name="Id">Task and workflow id.</param>
/// <param name="Version">Rises with every change; an older version never overwrites a newer one.</param>
/// <param name="RunId">Workflow run.</param>
/// <param name="Kind">Kind of work.</param>
/// <param name="State">State.</param>
/// <param name="Step">Current step in words.</param>
/// <param name="Reason">Why it ended or parked, and what a person can do; empty when neither.</param>
/// <param name="Title">Issue title or goal: untrusted text.</param>
/// <param name="RequestedBy">Login.</param>
/// <param name="Issue">Issue number, if any.</param>
/// <param name="Pull">Pull request number, once there is one.</param>
/// <param name="Branch">Branch, once there is one.</param>
/// <param name="HeadSha">Head the task recorded last.</param>
/// <param name="InputTokens">Input tokens so far.</param>
/// <param name="OutputTokens">Output tokens so far.</param>
/// <param name="CostUsd">Cost so far by the configured prices, in US dollars.</param>
/// <param name="CreatedAt">Start.</param>
/// <param name="UpdatedAt">Last change.</param>
public sealed record TaskSummary(
    TaskId Id, long Version, string RunId, TaskKind Kind, TaskState State, string Step, string Reason, string Title, string RequestedBy,
    int? Issue, int? Pull, string? Branch, string? HeadSha, long InputTokens, long OutputTokens, decimal CostUsd,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>The plan people can read and answer; null while there is none.</summary>
    public ShownPlan? Plan { get; init; }

    /// <summary>Delivery that started the task: when it is handled again after the task has ended, it starts nothing.</summary>
    public string StartedBy { get; init; } = "";

    /// <summary>Id of the trace in which it was asked for, and in which it works; null where nobody took traces then.</summary>
    public string? TraceId { get; init; }

    /// <summary>When it was asked for; null in tasks last told of before this was kept.</summary>
    public DateTimeOffset? RequestedAt { get; init; }

    /// <summary>How many reviews were answered, over all allowances.</summary>
    public int ReviewRounds { get; init; }

    /// <summary>How often each gate refused a change; null for none.</summary>
    public IReadOnlyDictionary<string, int>? Refusals { get; init; }

    /// <summary>How often a run of its agents went on from its journal after the attempt before had died.</summary>
    public int ResumedRuns { get; init; }

    /// <summary>How much of the code tests ran, before the change and with it; null where that was not measured of both.</summary>
    public CoverageChange? Coverage { get; init; }

    /// <summary>Which models answered, and what each used.</summary>
    public IReadOnlyList<ModelUse> Models { get; init; } = [];

    /// <summary>Which agents worked, by which prompts, and what each used.</summary>
    public IReadOnlyList<AgentUse> Agents { get; init; } = [];

    /// <summary>Name of the prompt variant that the task was given; empty for the prompts of the release.</summary>
    public string Variant { get; init; } = "";

    /// <summary>What people should know from the start, a line each; names of files in it are outside text.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What the task is divided into; empty for a task that is not.</summary>
    public IReadOnlyList<Part> Parts { get; init; } = [];

    /// <summary>What its pull request is about, where a later one about the same takes its place; null for most.</summary>
    public TaskSubject? Subject { get; init; }

    /// <summary>False when a model was used whose price is not configured.</summary>
    public bool CostIsKnown { get; init; } = true;

    /// <summary>Page of its pull request; null while there is none.</summary>
    public Uri? PullUrl { get; init; }

    /// <summary>Whether the task keeps its pull request a draft; null while there is none.</summary>
    public bool? PullIsDraft { get; init; }

    /// <summary>What CI says about the recorded head.</summary>
    public CiVerdict Ci { get; init; }

    /// <summary>What people should know of CI beside the verdict, a line each: outside text.</summary>
    public IReadOnlyList<string> CiRemarks { get; init; } = [];

    /// <summary>What our own checks said of the work as it stands, in the order they ran; empty while they have not.</summary>
    public IReadOnlyList<Check> Checks { get; init; } = [];

    /// <summary>Tree that <see cref="Checks"/> ran on; null while they have not.</summary>
    public string? CheckedTree { get; init; }

    /// <summary>What a reviewer should look at first in what was published last, or why it was not, a line each; names of files in it are outside text.</summary>
    public IReadOnlyList<string> Risks { get; init; } = [];

    /// <summary>What each gate said of what was published last, or why it was not; empty before that.</summary>
    public IReadOnlyList<Verdict> Verdicts { get; init; } = [];

    /// <summary>What was proved of what was published last beside the checks, a line each: a test that fails without the change and passes with it; may quote outside text.</summary>
    public IReadOnlyList<string> Proved { get; init; } = [];

    /// <summary>What was used of what the policy allows; null before the policy is read.</summary>
    public Allowance? Budget { get; init; }

    /// <summary>The repository that a part works in, where that is not the whole's.</summary>
    public RepoRef? Elsewhere { get; init; }

    /// <summary>The repository that it works in.</summary>
    public RepoRef Repo => Elsewhere ?? Id.Repo;

    /// <summary>What one check said. Its output is not among it: that is untrusted and long.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Passed">True when it ran to its end with exit code 0.</param>
    /// <param name="Ending">How it ended, as <see cref="CheckEvidence"/> has it.</param>
    /// <param name="Seconds">Wall time.</param>
    public sealed record Check(string Name, bool Passed, string Ending, double Seconds)
    {
        /// <summary>Whether it passed on the base, before any change; null where it was not tried there.</summary>
        public bool? PassedBefore { get; init; }
    }

    /// <summary>What one gate said.</summary>
    /// <param name="Gate">Its name.</param>
    /// <param name="Passed">True when the change may pass.</param>
    /// <param name="IsMarked">True when it passed, and a reviewer should look first at what it says.</param>
    /// <param name="Message">What it found, in a line; names of files in it are outside text.</param>
    public sealed record Verdict(string Gate, bool Passed, bool IsMarked, string Message);

    /// <summary>What was used since a person last granted a fresh allowance, and the most of each that the policy allows.</summary>
    /// <param name="Tokens">In and out.</param>
    /// <param name="MostTokens">Limit.</param>
    /// <param name="CostUsd">US dollars.</param>
    /// <param name="MostCostUsd">Limit.</param>
    /// <param name="Active">Working time.</param>
    /// <param name="MostActive">Limit.</param>
    /// <param name="CiAttempts">How often red CI was mended.</param>
    /// <param name="MostCiAttempts">Limit.</param>
    /// <param name="Reviews">How many reviews were answered.</param>
    /// <param name="MostReviews">Limit.</param>
    public sealed record Allowance(
        long Tokens, long MostTokens, decimal CostUsd, decimal MostCostUsd, TimeSpan Active, TimeSpan MostActive, int CiAttempts, int MostCiAttempts, int Reviews, int MostReviews);

    /// <summary>Percent of all lines that tests ran.</summary>
    /// <param name="Before">On the base.</param>
    /// <param name="After">With the change.</param>
    public sealed record CoverageChange(decimal Before, decimal After);

    /// <summary>A part of the task.</summary>
    /// <param name="Id">The task that carries it out; null before it begins.</param>
    /// <param name="Name">What it is; may hold outside text.</param>
    /// <param name="State">How it stands, in a word or two.</param>
    /// <param name="Pull">Its pull request, once there is one.</param>
    public sealed record Part(TaskId? Id, string Name, string State, int? Pull);
}

/// <summary>What a pull request takes to a version, so that a newer one about the same takes its place.</summary>
/// <param name="Kind">What kind of thing, such as an ecosystem.</param>
/// <param name="Names">What, such as a dependency and those that move with it; may be outside text.</param>
/// <param name="Version">To which version.</param>
/// <param name="Paths">Where.</param>
public sealed record TaskSubject(string Kind, IReadOnlyList<string> Names, string Version, IReadOnlyList<string> Paths)
{
    /// <summary>All of it, in a line.</summary>
    public override string ToString() => $"{string.Join(", ", Names)} {Version}";

    /// <summary>True where it is about all that the other is about, and maybe more.</summary>
    public bool Holds(TaskSubject other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Kind == other.Kind && other.Names.All(n => Names.Contains(n, StringComparer.Ordinal));
    }
}

/// <summary>A plan as it is shown to people.</summary>
/// <param name="Plan">The plan: model output.</param>
/// <param name="Version">1 for the first.</param>
/// <param name="Hash">What an answer may name.</param>
/// <param name="ApprovedBy">Who approved it, or <c>the policy</c>; null while nobody has.</param>
public sealed record ShownPlan(Plan Plan, int Version, string Hash, string? ApprovedBy);
