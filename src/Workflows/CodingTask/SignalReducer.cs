using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Workflows.Commands;

namespace CodingAgent.Workflows.CodingTask;

/// <summary>
/// Takes a signal into the state. Total and free of effects: the workflow's own loop decides what to do about it, so that a signal at any
/// moment, also a repeated one, is safe.
/// </summary>
public static class SignalReducer
{
    /// <summary>Deliveries remembered for the dedupe; forges redeliver within days, not thousands of events later.</summary>
    public const int MaxSeen = 500;

    // Together far below the two megabytes a Temporal payload may have: remarks travel with every step and every new run.
    private const int MaxQueued = 100;
    private const int MaxRemark = 4_000;

    /// <summary>Applies the signal; false when its delivery was seen before.</summary>
    public static bool Apply(CodingTaskState state, CodingTaskSignal signal)
    {
        if (!Remember(state, signal.DeliveryId))
            return false;
        switch (signal)
        {
            case CodingTaskSignal.CommandGiven command:
                Command(state, command);
                break;
            case CodingTaskSignal.CommentWritten comment:
                Add(state.Steering, new PersonText(comment.Actor, Cut(comment.Body)));
                break;
            case CodingTaskSignal.ReviewSubmitted { State: ReviewState.Approved } review:
                state.ApprovedHead = review.HeadSha;
                state.StatusRequested = true;
                break;
            case CodingTaskSignal.ReviewSubmitted review:
                if (review.State == ReviewState.ChangesRequested)
                    state.ApprovedHead = null;
                Add(state.Reviews, review.ReviewId);
                break;
            case CodingTaskSignal.CiChanged:
                state.CiDirty = true;
                break;
            case CodingTaskSignal.PullChanged { Change: PullChange.Merged } pull:
                state.End ??= new EndRequest(TaskState.Merged, $"merged by {pull.Actor}");
                break;
            case CodingTaskSignal.PullChanged { Change: PullChange.Closed } pull:
                state.End ??= new EndRequest(TaskState.Closed, $"pull request closed by {pull.Actor}");
                break;
            case CodingTaskSignal.PullChanged pull:
                if (pull.Change is PullChange.ConvertedToDraft or PullChange.ReadyForReview)
                    state.HeldAsDraft = pull.Change == PullChange.ConvertedToDraft;
                state.PullDirty = true;
                break;
            case CodingTaskSignal.IssueClosed issue:
                state.End ??= new EndRequest(TaskState.Closed, $"issue closed by {issue.Actor}");
                break;
            case CodingTaskSignal.LabelRemoved label:
                state.End ??= new EndRequest(TaskState.Stopped, $"label {label.Label} removed by {label.Actor}");
                break;
        }

        return true;
    }

    /// <summary>Notes a delivery id; false when it is known already.</summary>
    public static bool Remember(CodingTaskState state, string deliveryId)
    {
        if (state.Seen.Contains(deliveryId))
            return false;
        state.Seen.Add(deliveryId);
        if (state.Seen.Count > MaxSeen)
            state.Seen.RemoveAt(0);
        return true;
    }

    private static void Command(CodingTaskState state, CodingTaskSignal.CommandGiven given)
    {
        if ((state.IsOver || state.End is not null) && given.Command is not (AgentCommand.Stop or AgentCommand.Status or AgentCommand.Help))
        {
            Add(state.TooLate, given.DeliveryId);
            return;
        }

        switch (given.Command)
        {
            case AgentCommand.Approve approve:
                Add(state.Decisions, new PlanDecision(given.DeliveryId, given.Actor, given.At, true, approve.PlanHash, ""));
                break;
            case AgentCommand.Reject reject:
                Add(state.Decisions, new PlanDecision(given.DeliveryId, given.Actor, given.At, false, null, reject.Why));
                break;
            case AgentCommand.Fix:
                state.FixRequested = true;
                break;
            case AgentCommand.Stop:
                state.End ??= new EndRequest(TaskState.Stopped, $"stopped by {given.Actor}");
                break;
            default:
                state.StatusRequested = true;
                break;
        }
    }

    private static string Cut(string text) =>
        text.Length <= MaxRemark ? text : text[..(char.IsHighSurrogate(text[MaxRemark - 1]) ? MaxRemark - 1 : MaxRemark)] + "…";

    private static void Add<T>(List<T> queue, T item)
    {
        if (queue.Count < MaxQueued)
            queue.Add(item);
    }
}
