using System.Text.Json.Serialization;
using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Runs;

namespace CodingAgent.Workflows.Tasks;

/// <summary>The change a task makes: what it is made from, what is ordered, what came of it, and how often it was sent back.</summary>
public sealed record WorkState
{
    private const int MostHosts = 20;
    private const int MostTrials = 10;
    private const int MostSteps = 12;

    /// <summary>Commit that changes are computed against.</summary>
    [JsonInclude]
    public string BaseSha { get; private set; } = "";

    /// <summary>True when the base is what people pushed, so that tests need not change with code.</summary>
    [JsonInclude]
    public bool OnForeignWork { get; private set; }

    /// <summary>Workspace snapshot the work stands at; null means the base commit as it is.</summary>
    [JsonInclude]
    public string? Snapshot { get; private set; }

    /// <summary>Snapshot that the published head carries, to see whether there is anything new to publish.</summary>
    [JsonInclude]
    public string? PublishedSnapshot { get; private set; }

    /// <summary>Commit that the published head is a change of; null before anything is published, or after people pushed.</summary>
    [JsonInclude]
    public string? PublishedBaseSha { get; private set; }

    /// <summary>How often the work was put on a newer commit of the base branch since a person last asked for more.</summary>
    [JsonInclude]
    public int BaseMoves { get; private set; }

    /// <summary>What the coder or fixer works on; null when nothing is ordered.</summary>
    [JsonInclude, JsonPropertyName("Work")]
    public WorkOrder? Order { get; private set; }

    /// <summary>The author's report of the whole change.</summary>
    [JsonInclude]
    public CoderReport? Report { get; private set; }

    /// <summary>The last report, for the next commit's message.</summary>
    [JsonInclude]
    public CoderReport? Latest { get; private set; }

    /// <summary>Steps of what is not published yet, oldest first.</summary>
    [JsonInclude]
    public IReadOnlyList<WorkStep> Steps { get; private set; } = [];

    /// <summary>Check results of the current snapshot.</summary>
    [JsonInclude]
    public Evidence? Evidence { get; private set; }

    /// <summary>Check results of the base as it is; null until they were tried there.</summary>
    [JsonInclude]
    public Evidence? Trial { get; private set; }

    /// <summary>Signed results of bases that had checks left out, and of the current one.</summary>
    [JsonInclude]
    public IReadOnlyList<SignedRecord> Trials { get; private set; } = [];

    /// <summary>Tree the critic has read; empty until then.</summary>
    [JsonInclude]
    public string CriticisedTree { get; private set; } = "";

    /// <summary>Hosts that set-up was refused, a line each.</summary>
    [JsonInclude]
    public IReadOnlyList<string> RefusedHosts { get; private set; } = [];

    /// <summary>Gate verdicts of the last publish.</summary>
    [JsonInclude]
    public IReadOnlyList<GateVerdict> Verdicts { get; private set; } = [];

    /// <summary>What was proved of the last publish beside the checks, a line each.</summary>
    [JsonInclude]
    public IReadOnlyList<string> Proved { get; private set; } = [];

    /// <summary>How often each gate refused a change of this task.</summary>
    [JsonInclude]
    public IReadOnlyDictionary<string, int> Refusals { get; private set; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>Findings of the self-review that stay open.</summary>
    [JsonInclude]
    public IReadOnlyList<CritiqueFinding> OpenFindings { get; private set; } = [];

    /// <summary>Answers to review threads, told after the next publish.</summary>
    [JsonInclude]
    public IReadOnlyList<ThreadAnswer> Answers { get; private set; } = [];

    /// <summary>What the current feedback round may answer: thread ids, and 0 for the text of a review.</summary>
    [JsonInclude]
    public IReadOnlyList<long> Answerable { get; private set; } = [];

    /// <summary>What people said to the task itself that the current feedback round answers.</summary>
    [JsonInclude]
    public IReadOnlyList<PersonText> Remarks { get; private set; } = [];

    /// <summary>Number of the feedback round.</summary>
    [JsonInclude]
    public int Round { get; private set; }

    /// <summary>True while the work answers feedback, so that states read AddressingFeedback instead of Editing.</summary>
    [JsonInclude]
    public bool InFeedback { get; private set; }

    /// <summary>How often red checks were mended in this round.</summary>
    [JsonInclude]
    public int CheckAttempts { get; private set; }

    /// <summary>How often the gates sent the change back in this round.</summary>
    [JsonInclude]
    public int GateAttempts { get; private set; }

    /// <summary>How often the critic sent the change back.</summary>
    [JsonInclude]
    public int CritiqueRounds { get; private set; }

    /// <summary>The commit to begin from.</summary>
    public void StartFrom(string baseSha, bool foreign)
    {
        BaseSha = baseSha;
        OnForeignWork = foreign;
    }

    /// <summary>A person pushed on top. Their commits are the new base; only what the agent adds from here on is judged.</summary>
    public void Adopt(string headSha)
    {
        StartFrom(headSha, foreign: true);
        Trial = null;
        Evidence = null;
        Snapshot = null;
        Steps = [];
        PublishedSnapshot = null;
        PublishedBaseSha = null;
    }

    /// <summary>The base branch has moved: the same work as a change of its new head. What was proved before proves nothing of that.</summary>
    /// <param name="baseSha">The new head.</param>
    /// <param name="snapshot">Both together.</param>
    /// <param name="isRead">The tree of both, where the critic need not read it anew; null where it must.</param>
    public void Rebase(string baseSha, string snapshot, string? isRead)
    {
        CriticisedTree = isRead ?? "";
        BaseSha = baseSha;
        Snapshot = snapshot;
        // They are changes of the base before.
        Steps = [];
        Trial = null;
        Evidence = null;
        BaseMoves++;
    }

    /// <summary>True when an agent has changed something that the published head does not carry.</summary>
    [JsonIgnore]
    public bool IsAhead => Report is not null && Snapshot is not null && Snapshot != PublishedSnapshot;

    /// <summary>The task's job has made something that the work goes on from.</summary>
    public void GoOnFrom(string snapshot) => Snapshot = snapshot;

    /// <summary>Where the base conflicted the work was made anew, and nobody has to mend it.</summary>
    public void MadeAnew(string snapshot)
    {
        Snapshot = snapshot;
        Order = null;
    }

    /// <summary>Orders work, first or again.</summary>
    public void Send(WorkOrder order) => Order = order;

    /// <summary>Counters of a round begin anew.</summary>
    public void ResetAttempts()
    {
        CheckAttempts = 0;
        GateAttempts = 0;
    }

    /// <summary>A person asked for more: the base may be followed anew.</summary>
    public void ResetBaseMoves() => BaseMoves = 0;

    /// <summary>A feedback round begins with reading; what there is to do comes with <see cref="Answer"/>.</summary>
    public void BeginRound() => Round++;

    /// <summary>Orders what the round answers; no order where there is only to prove and to publish.</summary>
    /// <param name="order">The order; null for none.</param>
    /// <param name="answerable">What it may answer.</param>
    /// <param name="remarks">Of it, what people said to the task itself.</param>
    /// <param name="snapshot">Snapshot the work goes on from.</param>
    public void Answer(WorkOrder? order, IReadOnlyList<long> answerable, IReadOnlyList<PersonText> remarks, string? snapshot)
    {
        Order = order;
        Remarks = remarks;
        Snapshot = snapshot;
        Answerable = answerable;
        InFeedback = true;
    }

    /// <summary>The author is done.</summary>
    /// <param name="report">The report.</param>
    /// <param name="snapshot">The workspace.</param>
    /// <param name="steps">Steps that the author called whole.</param>
    public void Delivered(CoderReport report, string? snapshot, IReadOnlyList<FinishedStep>? steps = null)
    {
        Snapshot = snapshot;
        // The workspace may come back to where it was: of two steps with one content the first counts.
        Steps = [.. Steps.Concat((steps ?? []).Select(s => new WorkStep(s.Title, s.Snapshot))).DistinctBy(s => s.Snapshot, StringComparer.Ordinal).Take(MostSteps)];
        Latest = report;
        Report ??= report;
        Order = null;
        // A model may name a thread that is not there, or was never asked about; of two answers to one thread the last counts.
        foreach (var answer in report.Threads.Where(a => Answerable.Contains(a.ThreadId)))
            Answers = [.. Answers.Where(a => a.ThreadId != answer.ThreadId), answer];
    }

    /// <summary>What the checks said; null while they have not.</summary>
    public void Checked(Evidence? evidence) => Evidence = evidence;

    /// <summary>What the checks said of a step.</summary>
    public void Checked(WorkStep step, SignedRecord? record) => Steps = [.. Steps.Select(s => s == step ? s with { Record = record } : s)];

    /// <summary>What the checks say about the base as it is.</summary>
    public void Tried(Evidence evidence)
    {
        Trial = evidence;
        if (evidence.Record is { } record)
            Trials = [.. Trials.TakeLast(MostTrials - 1), record];
    }

    /// <summary>Set-up was refused these hosts.</summary>
    public void Refused(IEnumerable<string> hosts) => RefusedHosts = [.. RefusedHosts.Union(hosts, StringComparer.Ordinal).Take(MostHosts)];

    /// <summary>Counts an attempt to mend red checks; false beyond the limit.</summary>
    public bool MayMendChecks(int limit) => ++CheckAttempts <= limit;

    /// <summary>Counts an attempt to please the gates; false beyond the limit.</summary>
    public bool MayMendGates(int limit) => ++GateAttempts <= limit;

    /// <summary>What the critic found; true when it goes back to the author, which is at most <paramref name="limit"/> times.</summary>
    public bool Criticised(Critique critique, int limit)
    {
        CriticisedTree = Evidence?.TreeId ?? "";
        OpenFindings = critique.Findings;
        return !critique.Approved && ++CritiqueRounds <= limit;
    }

    /// <summary>What the gates said.</summary>
    /// <param name="verdicts">Of each.</param>
    /// <param name="proved">What was proved beside the checks, a line each.</param>
    public void Judged(IReadOnlyList<GateVerdict> verdicts, IReadOnlyList<string> proved)
    {
        (Verdicts, Proved) = (verdicts, proved);
        foreach (var refused in verdicts.Where(v => !v.Passed))
            Refusals = new Dictionary<string, int>(Refusals, StringComparer.Ordinal) { [refused.Gate] = Refusals.GetValueOrDefault(refused.Gate) + 1 };
    }

    /// <summary>The forge has it.</summary>
    public void Published()
    {
        Steps = [];
        PublishedSnapshot = Snapshot;
        PublishedBaseSha = OnForeignWork ? null : BaseSha;
    }

    /// <summary>The round is over.</summary>
    public void EndRound()
    {
        Remarks = [];
        Answers = [];
        Answerable = [];
        InFeedback = false;
        ResetAttempts();
    }

    /// <summary>The plan was given up before anything was published: the next one begins on the base as it is.</summary>
    public void BeginAnew()
    {
        Snapshot = null;
        Steps = [];
        Order = null;
        Report = null;
        Latest = null;
        Evidence = null;
        CriticisedTree = "";
        OpenFindings = [];
    }

    /// <summary>What was not published is given up; the pull request shows what counts.</summary>
    public void GiveUp()
    {
        Snapshot = PublishedSnapshot;
        Steps = [];
        if (PublishedBaseSha is { } published && published != BaseSha)
        {
            // What is published is no change of the newer base: as one it would take back what others did there.
            BaseSha = published;
            Trial = null;
            Evidence = null;
        }

        Order = null;
        InFeedback = false;
        Remarks = [];
        Answers = [];
        Answerable = [];
    }
}

/// <summary>A part of the work that its author called whole.</summary>
/// <param name="Title">What it did: model output.</param>
/// <param name="Snapshot">The work as it stood then.</param>
public sealed record WorkStep(string Title, string Snapshot)
{
    /// <summary>What the checks said of it, signed; null while they did not run.</summary>
    public SignedRecord? Record { get; init; }
}

/// <summary>What the coder or fixer is asked to do.</summary>
/// <param name="Role">Coder or fixer.</param>
public sealed record WorkOrder(AgentRole Role)
{
    /// <summary>Checks that are red in the sandbox.</summary>
    public IReadOnlyList<FailedCheck> FailedChecks { get; init; } = [];

    /// <summary>Gates that refused the change, a line each.</summary>
    public IReadOnlyList<string> GateProblems { get; init; } = [];

    /// <summary>Findings of the critic.</summary>
    public IReadOnlyList<CritiqueFinding> Findings { get; init; } = [];

    /// <summary>Files that both the work and the base branch changed, a line each; they hold both sides.</summary>
    public IReadOnlyList<string> Conflicts { get; init; } = [];

    /// <summary>Artifact with reviews, threads and red CI; null when the order comes from our own checks.</summary>
    public string? FeedbackId { get; init; }
}
