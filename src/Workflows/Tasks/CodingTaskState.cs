using System.Text.Json.Serialization;
using CodingAgent.Agents;
using CodingAgent.Agents.Cohort;

namespace CodingAgent.Workflows.Tasks;

/// <summary>
/// Everything a task remembers; carried whole through continue-as-new. Only the workflow changes it, and only in its own thread.
/// </summary>
public sealed record CodingTaskState
{
    /// <summary>Names this task in markers, branches and journals; stays the same through continue-as-new.</summary>
    public string RunKey { get; set; } = "";

    /// <summary>Where the task stands.</summary>
    public TaskState State { get; set; } = TaskState.Queued;

    /// <summary>Version of the last projection written.</summary>
    public long Version { get; set; }

    /// <summary>Start.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>What happens now, in words.</summary>
    public string Step { get; set; } = "";

    /// <summary>Something people should know while the task goes on; empty for none.</summary>
    public string Note { get; set; } = "";

    /// <summary>Why the task stopped trying by itself and waits for a person; empty when it did not.</summary>
    public string Parked { get; set; } = "";

    /// <summary>Why it ended, and what a person can do.</summary>
    public string Reason { get; set; } = "";

    /// <summary>Delivery ids already handled, oldest first; bounded.</summary>
    public List<string> Seen { get; init; } = [];

    /// <summary>Facts of the repository; null until loaded.</summary>
    public TaskFacts? Facts { get; set; }

    /// <summary>Commit that changes are computed against.</summary>
    public string BaseSha { get; set; } = "";

    /// <summary>Workspace snapshot the work stands at; null means the base commit as it is.</summary>
    public string? Snapshot { get; set; }

    /// <summary>Branch of the work.</summary>
    public string? Branch { get; set; }

    /// <summary>Head the task pushed or adopted last.</summary>
    public string? HeadSha { get; set; }

    /// <summary>Snapshot that <see cref="HeadSha"/> carries, to see whether there is anything new to publish.</summary>
    public string? PublishedSnapshot { get; set; }

    /// <summary>Pull request.</summary>
    public int? Pull { get; set; }

    /// <summary>Its page.</summary>
    public Uri? PullUrl { get; set; }

    /// <summary>True once the draft state was taken off.</summary>
    public bool IsReady { get; set; }

    /// <summary>True when the base is what people pushed, so that tests need not change with code.</summary>
    public bool OnForeignWork { get; set; }

    /// <summary>Current plan.</summary>
    public Plan? Plan { get; set; }

    /// <summary>Rises with every plan.</summary>
    public int PlanVersion { get; set; }

    /// <summary>Hash of the current plan; kept here only, never read back from a comment.</summary>
    public string PlanHash { get; set; } = "";

    /// <summary>When the forge says the plan comment was written; null while it is not posted.</summary>
    public DateTimeOffset? PlanPostedAt { get; set; }

    /// <summary>Page of the plan comment.</summary>
    public Uri? PlanUrl { get; set; }

    /// <summary>Who approved the current plan, or <c>policy</c>.</summary>
    public string? ApprovedBy { get; set; }

    /// <summary>Why the next plan is made; empty for the first.</summary>
    public string ReplanReason { get; set; } = "";

    /// <summary>Agent run in progress; null between runs.</summary>
    public AgentRunState? Run { get; set; }

    /// <summary>Number of the last agent run.</summary>
    public int RunNumber { get; set; }

    /// <summary>What the coder or fixer works on; null when nothing is ordered.</summary>
    public WorkOrder? Work { get; set; }

    /// <summary>The author's report of the whole change.</summary>
    public CoderReport? Report { get; set; }

    /// <summary>The last report, for the next commit's message.</summary>
    public CoderReport? Latest { get; set; }

    /// <summary>Check results of the current snapshot.</summary>
    public Evidence? Evidence { get; set; }

    /// <summary>Gate verdicts of the last publish.</summary>
    public IReadOnlyList<GateVerdict> Verdicts { get; set; } = [];

    /// <summary>Findings of the self-review that stay open.</summary>
    public IReadOnlyList<CritiqueFinding> OpenFindings { get; set; } = [];

    /// <summary>Answers to review threads, told after the next publish.</summary>
    public List<ThreadAnswer> Answers { get; init; } = [];

    /// <summary>What the current feedback round may answer: thread ids, and 0 for the text of a review.</summary>
    public List<long> Answerable { get; init; } = [];

    /// <summary>Number of the feedback round.</summary>
    public int Round { get; set; }

    /// <summary>True while the work answers feedback, so that states read AddressingFeedback instead of Editing.</summary>
    public bool InFeedback { get; set; }

    /// <summary>How often red checks were mended in this round.</summary>
    public int CheckAttempts { get; set; }

    /// <summary>How often the gates sent the change back in this round.</summary>
    public int GateAttempts { get; set; }

    /// <summary>How often the critic sent the change back.</summary>
    public int CritiqueRounds { get; set; }

    /// <summary>How often red CI was mended.</summary>
    public int CiAttempts { get; set; }

    /// <summary>How many reviews were answered.</summary>
    public int ReviewCycles { get; set; }

    /// <summary>Last CI verdict of the recorded head.</summary>
    public CiVerdict Ci { get; set; }

    /// <summary>Since when the recorded head waits for CI.</summary>
    public DateTimeOffset? CiSince { get; set; }

    /// <summary>Head a person approved last; a request for changes takes it back.</summary>
    public string? ApprovedHead { get; set; }

    /// <summary>A person approved the pull request as it stands: the very head the task recorded, whichever of the two was heard of first.</summary>
    [JsonIgnore]
    public bool ReviewApproved => ApprovedHead is not null && string.Equals(ApprovedHead, HeadSha, StringComparison.Ordinal);

    /// <summary>A person turned the pull request back into a draft; it stays one until a person says otherwise.</summary>
    public bool HeldAsDraft { get; set; }

    /// <summary>Used by finished agent runs.</summary>
    public Consumption Used { get; set; } = Consumption.Zero;

    /// <summary>What was used when a person last granted a fresh allowance.</summary>
    public Consumption Granted { get; set; } = Consumption.Zero;

    /// <summary>When the current wait began; null while working.</summary>
    public DateTimeOffset? ParkedSince { get; set; }

    /// <summary>The current wait has reminded.</summary>
    public bool Reminded { get; set; }

    /// <summary>Number of reminders written.</summary>
    public int Reminders { get; set; }

    /// <summary>Remarks of people for the next agent turn.</summary>
    public List<PersonText> Steering { get; init; } = [];

    /// <summary>Approvals and rejections not yet judged.</summary>
    public List<PlanDecision> Decisions { get; init; } = [];

    /// <summary>Deliveries of commands that came when the task was ending already; each is answered before it is gone.</summary>
    public List<string> TooLate { get; init; } = [];

    /// <summary>Submitted reviews not yet answered.</summary>
    public List<long> Reviews { get; init; } = [];

    /// <summary>A CI event came since CI was last read.</summary>
    public bool CiDirty { get; set; }

    /// <summary>The pull request moved since it was last read.</summary>
    public bool PullDirty { get; set; }

    /// <summary>A person asked to mend CI and open remarks.</summary>
    public bool FixRequested { get; set; }

    /// <summary>A person asked for a fresh status comment.</summary>
    public bool StatusRequested { get; set; }

    /// <summary>Why the task must end; null while it goes on.</summary>
    public EndRequest? End { get; set; }

    /// <summary>True in the states a task never leaves.</summary>
    [JsonIgnore]
    public bool IsOver => State is TaskState.Merged or TaskState.Closed or TaskState.Stopped or TaskState.Failed;

    /// <summary>Everything used so far, the run in progress included.</summary>
    public Consumption Total() => Used + (Run?.Used ?? Consumption.Zero);
}
