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

    /// <summary>The base branch beside the recorded head; null while nothing is known of it, or when the head holds all of it.</summary>
    [JsonInclude]
    public BaseStanding? Base { get; private set; }

    /// <summary>The forge offers no drafts here: the pull request was open for review from the start.</summary>
    [JsonInclude]
    public bool WithoutDraft { get; private set; }

    /// <summary>Last CI verdict of the recorded head.</summary>
    [JsonInclude]
    public CiVerdict Ci { get; private set; }

    /// <summary>Since when the recorded head waits for CI.</summary>
    [JsonInclude]
    public DateTimeOffset? CiSince { get; private set; }

    /// <summary>How often red CI was mended.</summary>
    [JsonInclude]
    public int CiAttempts { get; private set; }

    /// <summary>How many reviews were answered.</summary>
    [JsonInclude]
    public int ReviewCycles { get; private set; }

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
    }

    /// <summary>The task pushed a head.</summary>
    public void Published(string headSha, int? number, Uri? url, DateTimeOffset now)
    {
        Moved(headSha, now);
        Number = number;
        Url = url;
    }

    /// <summary>Where the base branch stands; null when the head holds all of it.</summary>
    public void BaseRead(BaseStanding? standing) => Base = standing;

    /// <summary>No draft could be opened.</summary>
    public void OpenedWithoutDraft()
    {
        WithoutDraft = true;
        IsReady = true;
    }

    /// <summary>What CI says.</summary>
    public void CiRead(CiVerdict verdict) => Ci = verdict;

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

    /// <summary>All concluded, at least one not successfully.</summary>
    Red,
}
