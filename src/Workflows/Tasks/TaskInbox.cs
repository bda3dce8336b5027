using System.Text.Json.Serialization;
using CodingAgent.Agents.Cohort;

namespace CodingAgent.Workflows.Tasks;

/// <summary>
/// What the outside said and the task has not dealt with yet. Filled by <see cref="SignalReducer"/>, emptied by the workflow; every queue is bounded.
/// </summary>
public sealed record TaskInbox
{
    /// <summary>Deliveries remembered for the dedupe; forges redeliver within days, not thousands of events later.</summary>
    public const int MaxSeen = 500;

    // Together far below the two megabytes a Temporal payload may have: remarks travel with every step and every new run.
    private const int MaxQueued = 100;

    /// <summary>Delivery ids already handled, oldest first.</summary>
    [JsonInclude]
    public IReadOnlyList<string> Seen { get; private set; } = [];

    /// <summary>Remarks of people for the next agent turn.</summary>
    [JsonInclude]
    public IReadOnlyList<PersonText> Steering { get; private set; } = [];

    /// <summary>Among <see cref="Steering"/> is what people said to the task itself: where no agent runs, it is reason enough for one to.</summary>
    [JsonInclude]
    public bool IsAsked { get; private set; }

    /// <summary>Comments that came before the policy was known, which decides whether they count.</summary>
    [JsonInclude]
    public IReadOnlyList<PersonText> Unsettled { get; private set; } = [];

    /// <summary>How many comments were not taken for remarks to the task.</summary>
    [JsonInclude]
    public int Overheard { get; private set; }

    /// <summary>One of them stands on the pull request, where nobody sees the status comment of an issue, and nothing was said about it there.</summary>
    [JsonInclude]
    public bool IsPullUnanswered { get; private set; }

    /// <summary>It was said on the pull request, once for the task.</summary>
    [JsonInclude]
    public bool IsPullAnswered { get; private set; }

    /// <summary>Who wrote the last of them; empty when there is none.</summary>
    [JsonInclude]
    public string OverheardFrom { get; private set; } = "";

    /// <summary>Approvals and rejections not yet judged.</summary>
    [JsonInclude]
    public IReadOnlyList<PlanDecision> Decisions { get; private set; } = [];

    /// <summary>Deliveries of commands that came when the task was ending already; each is answered before it is gone.</summary>
    [JsonInclude]
    public IReadOnlyList<string> TooLate { get; private set; } = [];

    /// <summary>Submitted reviews not yet answered.</summary>
    [JsonInclude]
    public IReadOnlyList<long> Reviews { get; private set; } = [];

    /// <summary>A CI event came since CI was last read.</summary>
    [JsonInclude]
    public bool CiDirty { get; private set; }

    /// <summary>The pull request moved since it was last read.</summary>
    [JsonInclude]
    public bool PullDirty { get; private set; }

    /// <summary>The base branch may have moved since it was last read.</summary>
    [JsonInclude]
    public bool BaseDirty { get; private set; }

    /// <summary>A person asked to mend CI and open remarks.</summary>
    [JsonInclude]
    public bool FixRequested { get; private set; }

    /// <summary>Who asked to end with what is there; empty when nobody did.</summary>
    [JsonInclude]
    public string FinishedBy { get; private set; } = "";

    /// <summary>A person asked to end with what is there.</summary>
    [JsonIgnore]
    public bool IsFinishing => FinishedBy.Length > 0;

    /// <summary>A person asked to try again at once what waits.</summary>
    [JsonInclude]
    public bool RetryRequested { get; private set; }

    /// <summary>A person asked for a fresh status comment.</summary>
    [JsonInclude]
    public bool StatusRequested { get; private set; }

    /// <summary>The label that shows the state is gone.</summary>
    [JsonInclude]
    public bool LabelsRequested { get; private set; }

    /// <summary>Why the task must end; null while it goes on.</summary>
    [JsonInclude]
    public EndRequest? End { get; private set; }

    /// <summary>Notes a delivery id; false when it is known already.</summary>
    public bool Remember(string deliveryId)
    {
        if (Seen.Contains(deliveryId))
            return false;
        Seen = [.. Seen.Skip(Seen.Count < MaxSeen ? 0 : 1), deliveryId];
        return true;
    }

    /// <summary>A remark to steer by.</summary>
    public void Add(PersonText remark) => Steering = Queued(Steering, remark);

    /// <summary>Something said to the task itself: to steer by, and to answer.</summary>
    public void Ask(PersonText remark)
    {
        Add(remark);
        IsAsked = true;
    }

    /// <summary>Something said beside the task: taken for a remark to it, or counted for people to see that it was not.</summary>
    public void Overhear(PersonText remark, bool isTaken, bool isOnPull = false)
    {
        if (isTaken)
        {
            Ask(remark);
            return;
        }

        Overheard++;
        OverheardFrom = remark.Author;
        IsPullUnanswered |= isOnPull && !IsPullAnswered;
        AskForStatus();
    }

    /// <summary>What counts was said on the pull request.</summary>
    public void AnsweredOnPull()
    {
        IsPullUnanswered = false;
        IsPullAnswered = true;
    }

    /// <summary>The same, while nobody knows what the policy says.</summary>
    public void Keep(PersonText remark) => Unsettled = Queued(Unsettled, remark);

    /// <summary>The policy is known.</summary>
    public void Settle(bool areTaken)
    {
        var kept = Unsettled;
        Unsettled = [];
        foreach (var remark in kept)
            Overhear(remark, areTaken);
    }

    /// <summary>A word on the plan.</summary>
    public void Add(PlanDecision decision) => Decisions = Queued(Decisions, decision);

    /// <summary>A review to answer.</summary>
    public void AddReview(long reviewId) => Reviews = Queued(Reviews, reviewId);

    /// <summary>A command that came too late.</summary>
    public void AddTooLate(string deliveryId) => TooLate = Queued(TooLate, deliveryId);

    /// <summary>CI is to be read again, or has been.</summary>
    public void LookAtCi(bool again = true) => CiDirty = again;

    /// <summary>The pull request is to be read again, or has been.</summary>
    public void LookAtPull(bool again = true) => PullDirty = again;

    /// <summary>The base branch is to be read again, or has been.</summary>
    public void LookAtBase(bool again = true) => BaseDirty = again;

    /// <summary>Mending is asked for, or has been taken up.</summary>
    public void AskToFix(bool asked = true) => FixRequested = asked;

    /// <summary>End with what is there.</summary>
    public void AskToFinish(string by) => FinishedBy = by;

    /// <summary>Trying again is asked for, or has been taken up.</summary>
    public void AskToRetry(bool asked = true) => RetryRequested = asked;

    /// <summary>The status is asked for, or has been told.</summary>
    public void AskForStatus(bool asked = true) => StatusRequested = asked;

    /// <summary>The label is missed, or put on again.</summary>
    public void AskForLabels(bool asked = true) => LabelsRequested = asked;

    /// <summary>The task must end; the first reason counts.</summary>
    public void AskToEnd(TaskState state, string reason) => End ??= new EndRequest(state, reason);

    /// <summary>Hands the remarks over.</summary>
    public IReadOnlyList<PersonText> TakeSteering()
    {
        var taken = Steering;
        Steering = [];
        IsAsked = false;
        return taken;
    }

    /// <summary>Hands over the oldest word on the plan; null when there is none.</summary>
    public PlanDecision? TakeDecision()
    {
        var taken = Decisions.Count > 0 ? Decisions[0] : null;
        Decisions = [.. Decisions.Skip(1)];
        return taken;
    }

    /// <summary>Hands over the oldest command that came too late; null when there is none.</summary>
    public string? TakeTooLate()
    {
        var taken = TooLate.Count > 0 ? TooLate[0] : null;
        TooLate = [.. TooLate.Skip(1)];
        return taken;
    }

    /// <summary>These reviews wait no longer.</summary>
    public void Forget(IReadOnlyCollection<long> reviews) => Reviews = [.. Reviews.Where(r => !reviews.Contains(r))];

    private static IReadOnlyList<T> Queued<T>(IReadOnlyList<T> queue, T item) => queue.Count < MaxQueued ? [.. queue, item] : queue;
}

/// <summary>Why a task must end.</summary>
/// <param name="State">The state it ends in.</param>
/// <param name="Reason">In words.</param>
public sealed record EndRequest(TaskState State, string Reason);
