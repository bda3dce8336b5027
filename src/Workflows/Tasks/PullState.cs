using System.Text.Json.Serialization;

namespace CodingAgent.Workflows.Tasks;

/// <summary>What a task has on the forge: its branch, its pull request, and what CI and reviewers said to the head it recorded.</summary>
public sealed record PullState
{
    /// <summary>Branch of the work.</summary>
    [JsonInclude]
    public string? Branch { get; private set; }

    /// <summary>Head the task pushed or adopted last.</summary>
    [JsonInclude]
    public string? HeadSha { get; private set; }

    /// <summary>Pull request.</summary>
    [JsonInclude, JsonPropertyName("Pull")]
    public int? Number { get; private set; }

    /// <summary>Its page.</summary>
    [JsonInclude, JsonPropertyName("PullUrl")]
    public Uri? Url { get; private set; }

    /// <summary>True once the draft state was taken off.</summary>
    [JsonInclude]
    public bool IsReady { get; private set; }

    /// <summary>A person turned the pull request back into a draft; it stays one until a person says otherwise.</summary>
    [JsonInclude]
    public bool HeldAsDraft { get; private set; }

    /// <summary>Why the task itself keeps the pull request a draft; empty when it does not.</summary>
    [JsonInclude]
    public string HeldFor { get; private set; } = "";

    /// <summary>The base branch beside the recorded head; null while nothing is known of it, or when the head holds all of it.</summary>
    [JsonInclude]
    public BaseStanding? Base { get; private set; }

    /// <summary>The forge offers no drafts here: the pull request was open for review from the start.</summary>
    [JsonInclude]
    public bool WithoutDraft { get; private set; }

    /// <summary>Last CI verdict of the recorded head.</summary>
    [JsonInclude]
    public CiVerdict Ci { get; private set; }

    /// <summary>The reading the verdict is of; null while there is none, and for a task that read it before there was more to it.</summary>
    [JsonInclude]
    public CiReading? CiSeen { get; private set; }

    /// <summary>False when people have not been told what <see cref="CiSeen"/> says beside the verdict.</summary>
    [JsonInclude]
    public bool CiTold { get; private set; } = true;

    /// <summary>Tries that were asked for on the recorded head.</summary>
    [JsonInclude]
    public IReadOnlyList<CiAsked> CiAsked { get; private set; } = [];

    /// <summary>What came of starting a workflow on the recorded head, in words; null when none was.</summary>
    [JsonInclude]
    public string? CiStarted { get; private set; }

    /// <summary>True once the pull request has a comment on its CI.</summary>
    [JsonInclude]
    public bool CiCommented { get; private set; }

    /// <summary>Since when the recorded head waits for CI.</summary>
    [JsonInclude]
    public DateTimeOffset? CiSince { get; private set; }

    /// <summary>How often red CI was mended.</summary>
    [JsonInclude]
    public int CiAttempts { get; private set; }

    /// <summary>How many reviews were answered since a person last asked for more.</summary>
    [JsonInclude]
    public int ReviewCycles { get; private set; }

    /// <summary>How many reviews were answered in all.</summary>
    [JsonInclude]
    public int ReviewRounds { get; private set; }

    /// <summary>Head a person approved last; a request for changes takes it back.</summary>
    [JsonInclude]
    public string? ApprovedHead { get; private set; }

    /// <summary>A person approved the pull request as it stands: the very head the task recorded, whichever of the two was heard of first.</summary>
    [JsonIgnore]
    public bool ReviewApproved => ApprovedHead is not null && string.Equals(ApprovedHead, HeadSha, StringComparison.Ordinal);

    /// <summary>True when there is something to come back to.</summary>
    [JsonIgnore]
    public bool IsPublished => Number is not null && HeadSha is not null;

    /// <summary>The pull request the task starts on, if any.</summary>
    public void StartOn(int? number) => Number = number;

    /// <summary>The branch new work goes to.</summary>
    public void StartBranch(string branch) => Branch = branch;

    /// <summary>The task starts on a person's pull request, which is theirs to keep a draft or not.</summary>
    public void Adopt(string? branch, Uri? url, string headSha, DateTimeOffset now)
    {
        Branch = branch;
        Url = url;
        IsReady = true;
        HeadSha = headSha;
        CiSince = now;
    }

    /// <summary>There is a new head, and CI begins anew.</summary>
    public void Moved(string headSha, DateTimeOffset now)
    {
        HeadSha = headSha;
        Ci = CiVerdict.None;
        CiSince = now;
        Base = null;
        CiTold &= CiRemarks.Count == 0;
        CiSeen = null;
        CiAsked = [];
        CiStarted = null;
    }

    /// <summary>The task pushed a head.</summary>
    public void Published(string headSha, int? number, Uri? url, DateTimeOffset now)
    {
        Moved(headSha, now);
        Number = number;
        Url = url;
    }

    /// <summary>The task keeps the pull request a draft, or does no longer (empty).</summary>
    public void KeepDraft(string why) => HeldFor = why;

    /// <summary>Where the base branch stands; null when the head holds all of it.</summary>
    public void BaseRead(BaseStanding? standing) => Base = standing;

    /// <summary>No draft could be opened.</summary>
    public void OpenedWithoutDraft()
    {
        WithoutDraft = true;
        IsReady = true;
    }

    /// <summary>What CI says, in a word.</summary>
    public void CiRead(CiVerdict verdict) => CiRead(new CiReading(verdict));

    /// <summary>What CI says.</summary>
    public void CiRead(CiReading reading)
    {
        CiTold &= reading.ReadsLike(CiSeen);
        (Ci, CiSeen) = (reading.Verdict, reading);
    }

    /// <summary>What people should know of CI beside the verdict, a line each: outside text.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> CiRemarks =>
        [.. CiSeen?.Notes ?? [], .. CiAsked.Where(a => a.Refusal.Length > 0).Select(a => a.Refusal).Distinct(StringComparer.Ordinal).Take(3), .. CiStarted is { Length: > 0 } started ? (string[])[started] : []];

    /// <summary>What may be tried once more on the recorded head and was not asked for yet; where CI is red, only what failed is worth it.</summary>
    public IReadOnlyList<CiRetriable> ToRetry() => [.. (CiSeen?.Retriable ?? []).Where(r => (r.Failed || Ci == CiVerdict.Unsettled) && !CiAsked.Any(a => a.Key == r.Key))];

    /// <summary>True when a try that was asked for after a time has not shown itself yet.</summary>
    public bool AwaitsRetry(DateTimeOffset since) =>
        CiAsked.Any(a => a.Refusal.Length == 0 && a.At > since && (CiSeen?.Retriable ?? []).Any(r => r.Key == a.Key && r.Try == a.Try));

    /// <summary>Tries were asked for.</summary>
    public void Asked(IReadOnlyList<CiAsked> asked)
    {
        CiAsked = [.. CiAsked, .. asked];
        CiTold &= asked.All(a => a.Refusal.Length == 0);
    }

    /// <summary>A workflow was started, or could not be; the wait for a first result begins anew.</summary>
    public void StartedCi(string words, DateTimeOffset now)
    {
        CiStarted = words;
        CiSince = now;
        CiTold = false;
    }

    /// <summary>People were told.</summary>
    /// <param name="commented">On the pull request too.</param>
    public void ToldCi(bool commented)
    {
        CiTold = true;
        CiCommented |= commented;
    }

    /// <summary>The draft state is off.</summary>
    public void MarkedReady() => IsReady = true;

    /// <summary>What the forge says about the draft state.</summary>
    public void Read(bool isDraft)
    {
        IsReady = !isDraft;
        HeldAsDraft &= isDraft;
    }

    /// <summary>A person made it a draft, or took that back.</summary>
    public void Hold(bool asDraft) => HeldAsDraft = asDraft;

    /// <summary>A person approved this head; null takes the approval back.</summary>
    public void Approve(string? headSha) => ApprovedHead = headSha;

    /// <summary>A feedback round begins.</summary>
    public void Address(bool becauseOfCi, bool becauseOfReview)
    {
        CiAttempts += becauseOfCi ? 1 : 0;
        ReviewCycles += becauseOfReview ? 1 : 0;
        ReviewRounds += becauseOfReview ? 1 : 0;
    }

    /// <summary>A person asked for more: counters begin anew.</summary>
    public void ResetAttempts()
    {
        CiAttempts = 0;
        ReviewCycles = 0;
    }
}

/// <summary>The base branch beside a head that does not hold all of it.</summary>
/// <param name="Branch">Its name.</param>
/// <param name="Head">Its head; null when the branch is gone.</param>
/// <param name="Conflicts">Files that both changed.</param>
/// <param name="MustFollow">The forge lets nobody merge before the head holds all of it.</param>
/// <param name="Problem">Why the two cannot be brought together; empty when they can.</param>
public sealed record BaseStanding(string Branch, string? Head, IReadOnlyList<string> Conflicts, bool MustFollow, string Problem);

/// <summary>What the forge's CI says about a head commit.</summary>
public enum CiVerdict
{
    /// <summary>No result but our own.</summary>
    None,

    /// <summary>Some check has not concluded.</summary>
    Pending,

    /// <summary>At least one check, and all concluded successfully.</summary>
    Green,

    /// <summary>All concluded, at least one failed.</summary>
    Red,

    /// <summary>All concluded, none failed, and some say nothing: cancelled, given up, not started, or waiting for a person.</summary>
    Unsettled,
}
