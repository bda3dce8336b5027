using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Life;

/// <summary>Decides what a task with a published pull request does next. Pure: state and policy in, one step out.</summary>
public static class PullDecider
{
    /// <summary>How long a draft waits for a first CI result before it says that none came.</summary>
    public static readonly TimeSpan CiPatience = TimeSpan.FromMinutes(30);

    // A forge needs a moment until a try it was asked for can be seen.
    private static readonly TimeSpan RetryPatience = TimeSpan.FromMinutes(10);

    // Longer than all but the longest suites: what takes longer may wait for a person or a runner.
    private static readonly TimeSpan LongRun = TimeSpan.FromHours(2);

    // Less than the slow sweep, which looks again after five minutes.
    private static readonly TimeSpan TriggerPatience = TimeSpan.FromMinutes(4);

    /// <summary>Decides.</summary>
    public static PullStep Decide(CodingTaskState s, RepositoryPolicy policy, DateTimeOffset now)
    {
        var redCi = s.Pull.Ci == CiVerdict.Red;
        if (s.Inbox.FixRequested)
            return new PullStep.Address(redCi, true);
        if (s.Inbox.Reviews.Count > 0 && s.Pull.ReviewCycles < policy.Limits.ReviewCycles)
            return new PullStep.Address(redCi, true);
        // Said to the task in so many words: no round of review, and no limit of those.
        if (s.Inbox.IsAsked)
            return new PullStep.Address(redCi, false);
        if (Follows(s, policy))
            return new PullStep.FollowBase();
        if (s.Wait.Parked.Length > 0 && (s.Pull.Ci != CiVerdict.Green || s.Pull.IsReady))
            return Review(s, policy, s.Wait.Parked);
        if ((redCi || s.Pull.Ci == CiVerdict.Unsettled) && s.Pull.ToRetry() is { Count: > 0 } retry)
            return new PullStep.RetryCi(retry);
        if ((redCi || s.Pull.Ci == CiVerdict.Unsettled) && s.Pull.AwaitsRetry(now - RetryPatience))
            return new PullStep.Wait(TaskState.AwaitingCi, "CI is run once more", "", true);
        if (redCi && s.Pull.CiAttempts < policy.Limits.CiAttempts)
            return new PullStep.Address(true, false);
        if (s.Inbox.Reviews.Count > 0)
            return Review(s, policy, $"A review waits, but {policy.Limits.ReviewCycles} reviews were answered already (limits.review_cycles). Comment /agent fix to go on.");
        if (redCi)
            return Review(s, policy, $"CI is still red after {s.Pull.CiAttempts} attempts (limits.ci_attempts). Have a look, push a fix, or comment /agent fix for another try.");
        if (s.Pull.Ci == CiVerdict.Pending)
            return new PullStep.Wait(TaskState.AwaitingCi, "CI is running", StillRunning(s, now), true);
        if (s.Pull.Ci == CiVerdict.Unsettled)
            return new PullStep.Wait(TaskState.AwaitingCi, "CI has come to no verdict", Words("CI is neither green nor red.", s), true);
        if (s.Pull.Ci == CiVerdict.None && policy.CiRequired)
        {
            var waited = now - (s.Pull.CiSince ?? now);
            if (policy.Ci.Dispatch is { } workflow && s.Pull is { CiStarted: null, Branch: not null } && waited >= TriggerPatience)
                return new PullStep.StartCi(workflow);
            return waited < CiPatience
                ? new PullStep.Wait(TaskState.AwaitingCi, "Waiting for the first CI result", "", true)
                : Review(s, policy, Words("No CI result came for this head, so the pull request stays a draft. Write 'ci: none' into the policy file when there is no CI.", s));
        }

        if (!s.Pull.IsReady && s.Pull.HeldAsDraft)
            return Review(s, policy, "Somebody turned this pull request back into a draft, and a draft it stays. Mark it ready when it is.");
        if (!s.Pull.IsReady && s.Pull.HeldFor.Length > 0)
            return Review(s, policy, s.Pull.HeldFor);
        if (!s.Pull.IsReady && s.Parts.PartTogether is { IsReleased: false } together)
            return Review(s, policy, together.Holds);
        if (!s.Pull.IsReady)
            return new PullStep.MarkReady();
        return s.Pull.ReviewApproved
            ? new PullStep.Wait(TaskState.ReadyToMerge, "Approved and green; a person merges", Notes("", s, policy), false)
            : Review(s, policy, "");
    }

    // A parked task stays parked: what it could not do it would not do better now, until somebody asks or pushes.
    private static bool Follows(CodingTaskState s, RepositoryPolicy policy) => Wants(s, policy) && s.Work.BaseMoves < policy.Review.MaxRebases;

    private static bool Wants(CodingTaskState s, RepositoryPolicy policy) =>
        s.Pull.Base is { Head: not null, Problem: "" } standing && !s.Work.OnForeignWork && s.Wait.Parked.Length == 0
        && policy.Review.FollowBase switch
        {
            BaseFollowing.Never => false,
            BaseFollowing.Always => true,
            _ => standing.Conflicts.Count > 0 || standing.MustFollow,
        };

    /// <summary>What people should know about the base branch; empty when there is nothing.</summary>
    private static string BaseNote(CodingTaskState s, RepositoryPolicy policy) => s.Pull.Base switch
    {
        { Head: not null } often when s.Work.BaseMoves > 0 && Wants(s, policy) =>
            $"{often.Branch} has moved on once more, and this was put on its new head {Markdown.Count(s.Work.BaseMoves, "time")} already (review.max_rebases). Comment /agent fix to have it followed again.",
        { Head: null } gone => $"The branch {gone.Branch} that this is for is gone.",
        { Problem.Length: > 0 } apart => apart.Problem,
        { Conflicts.Count: > 0 } conflicting => $"It conflicts with {conflicting.Branch} in {Gatekeeper.List(conflicting.Conflicts)}"
            + (s.Work.OnForeignWork ? "; people have pushed to this branch, so merging the two is theirs." : ". Merge the two, or comment /agent fix."),
        { MustFollow: true } behind => $"{behind.Branch} has moved on, and has to be merged into this branch first.",
        _ => "",
    };

    private static string Words(string what, CodingTaskState s) => string.Join(" ", (s.Pull.CiSeen?.Waits ?? []).Select(w => w + ".").Prepend(what));

    private static string StillRunning(CodingTaskState s, DateTimeOffset now) => s.Pull.CiSeen is { Running: { Count: > 0 } running } && now - (s.Pull.CiSince ?? now) >= LongRun
        ? $"Not ended, {LongRun.TotalHours} hours and more after the push: {string.Join(", ", running)}. Perhaps it waits for an approval or a runner."
        : "";

    private static PullStep.Wait Review(CodingTaskState s, RepositoryPolicy policy, string note) =>
        new(TaskState.AwaitingReview, s.Pull.IsReady ? "Ready for review" : "The draft can be reviewed", Notes(note, s, policy), false);

    // What is said of those it belongs together with is the reason of a draft that waits for them, and news for who merges one that does not.
    private static string Notes(string note, CodingTaskState s, RepositoryPolicy policy) =>
        string.Join(" ", new[] { note, s.Pull.IsReady ? s.Parts.PartTogether?.Holds ?? "" : "", BaseNote(s, policy) }.Where(n => n.Length > 0));

    /// <summary>True for a draft that nothing keeps from review but those it belongs together with.</summary>
    public static bool IsHeldGreen(CodingTaskState s, RepositoryPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(s);
        ArgumentNullException.ThrowIfNull(policy);
        return s.Parts.PartTogether is { IsReleased: false } && !s.Pull.HeldAsDraft && (s.Pull.Ci == CiVerdict.Green || (s.Pull.Ci == CiVerdict.None && !policy.CiRequired));
    }

}

/// <summary>What a task with a published pull request does next: a closed set.</summary>
public abstract record PullStep
{
    /// <summary>Takes the draft state off.</summary>
    public sealed record MarkReady : PullStep;

    /// <summary>Merges the base branch into the work, and proves it again.</summary>
    public sealed record FollowBase : PullStep;

    /// <summary>Answers reviews, mends CI or both.</summary>
    /// <param name="BecauseOfCi">Red CI is a cause.</param>
    /// <param name="BecauseOfReview">A review is a cause.</param>
    public sealed record Address(bool BecauseOfCi, bool BecauseOfReview) : PullStep;

    /// <summary>Has CI try once more what may be helped by that.</summary>
    /// <param name="Tries">What.</param>
    public sealed record RetryCi(IReadOnlyList<CiRetriable> Tries) : PullStep;

    /// <summary>Starts a workflow where the push triggered nothing.</summary>
    /// <param name="Workflow">Name of its file.</param>
    public sealed record StartCi(string Workflow) : PullStep;

    /// <summary>Waits.</summary>
    /// <param name="State">Parked state to show.</param>
    /// <param name="Step">In words.</param>
    /// <param name="Note">What people should know; empty for none.</param>
    /// <param name="CiTimer">True when CI is expected and worth a timer.</param>
    public sealed record Wait(TaskState State, string Step, string Note, bool CiTimer) : PullStep;
}
