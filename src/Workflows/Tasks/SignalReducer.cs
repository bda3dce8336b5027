using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Mcp.Texts;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Tasks;

/// <summary>
/// Takes a signal into the state. Total and free of effects: the workflow's own loop decides what to do about it, so that a signal at any
/// moment, also a repeated one, is safe.
/// </summary>
public static class SignalReducer
{
    private const int MaxRemark = 4_000;

    /// <summary>Applies the signal; false when its delivery was seen before.</summary>
    public static bool Apply(CodingTaskState state, CodingTaskSignal signal)
    {
        if (!state.Inbox.Remember(signal.DeliveryId))
            return false;
        switch (signal)
        {
            case CodingTaskSignal.CommandGiven command:
                Command(state, command);
                break;
            case CodingTaskSignal.CommentWritten comment:
                Comment(state, comment, new PersonText(comment.Actor, Cut(comment.Body)));
                break;
            case CodingTaskSignal.ReviewSubmitted { State: ReviewState.Approved } review:
                state.Pull.Approve(review.HeadSha);
                state.Inbox.AskForStatus();
                break;
            case CodingTaskSignal.ReviewSubmitted review:
                if (review.State == ReviewState.ChangesRequested)
                    state.Pull.Approve(null);
                state.Inbox.AddReview(review.ReviewId);
                break;
            case CodingTaskSignal.CiChanged:
                state.Inbox.LookAtCi();
                break;
            case CodingTaskSignal.PullChanged { Change: PullChange.Merged } pull:
                state.Inbox.AskToEnd(TaskState.Merged, $"merged by {pull.Actor}");
                break;
            case CodingTaskSignal.PullChanged { Change: PullChange.Closed } pull:
                state.Inbox.AskToEnd(TaskState.Closed, $"pull request closed by {pull.Actor}");
                break;
            case CodingTaskSignal.PullChanged pull:
                if (pull.Change is PullChange.ConvertedToDraft or PullChange.ReadyForReview)
                    state.Pull.Hold(pull.Change == PullChange.ConvertedToDraft);
                state.Inbox.LookAtPull();
                break;
            case CodingTaskSignal.IssueClosed issue:
                state.Inbox.AskToEnd(TaskState.Closed, $"issue closed by {issue.Actor}");
                break;
            case CodingTaskSignal.PartReported part:
                state.Parts.Reported(part.Part, part.Report);
                break;
            case CodingTaskSignal.TogetherChanged together:
                state.Parts.Hear(together.News);
                break;
            case CodingTaskSignal.EndedByTask by:
                state.Inbox.AskToEnd(by.State, by.Reason);
                break;
            case CodingTaskSignal.WordsGone:
                state.Inbox.AskForStatus();
                state.Inbox.AskForLabels();
                break;
            case CodingTaskSignal.LabelRemoved label:
                state.Inbox.AskToEnd(TaskState.Stopped, $"label {label.Label} removed by {label.Actor}");
                break;
            case CodingTaskSignal.Unassigned off:
                state.Inbox.AskToEnd(TaskState.Stopped, $"unassigned by {off.Actor}");
                break;
        }

        return true;
    }

    private static void Comment(CodingTaskState state, CodingTaskSignal.CommentWritten comment, PersonText remark)
    {
        if (comment.IsAddressed is null)
            state.Inbox.Add(remark);
        else if (comment.IsAddressed == true)
            state.Inbox.Ask(remark);
        else if (state.Progress.Facts is { Policy: var policy })
            state.Inbox.Overhear(remark, isTaken: policy.Review.Comments == ReviewComments.All, isOnPull: comment.Number is { } number && number == state.Pull.Number && comment.IsPull != false);
        else
            state.Inbox.Keep(remark);
    }

    private static void Command(CodingTaskState state, CodingTaskSignal.CommandGiven given)
    {
        if ((state.Progress.IsOver || state.Inbox.End is not null) && given.Command is not (AgentCommand.Stop or AgentCommand.Status or AgentCommand.Help))
        {
            state.Inbox.AddTooLate(given.DeliveryId);
            return;
        }

        switch (given.Command)
        {
            case AgentCommand.Approve approve:
                state.Inbox.Add(PlanDecision.Of(given, true, approve.PlanHash, "", state.Plan));
                break;
            case AgentCommand.Reject reject:
                state.Inbox.Add(PlanDecision.Of(given, false, null, reject.Why, state.Plan));
                break;
            case AgentCommand.Fix:
                state.Inbox.AskToFix();
                state.Inbox.AskToRetry();
                Words(state, given);
                break;
            case AgentCommand.Retry when state.Wait.Parked.Length > 0:
                state.Inbox.AskToFix();
                Words(state, given);
                break;
            case AgentCommand.Retry:
                Words(state, given);
                state.Inbox.AskToRetry();
                state.Inbox.AskForStatus();
                break;
            case AgentCommand.Finish:
                state.Inbox.AskToFinish(given.Actor);
                break;
            case AgentCommand.Stop:
                state.Inbox.AskToEnd(TaskState.Stopped, $"stopped by {given.Actor}");
                break;
            default:
                // What stands beside "status", "stop" and "help" is no work; those have no words.
                Words(state, given);
                state.Inbox.AskForStatus();
                break;
        }
    }

    private static void Words(CodingTaskState state, CodingTaskSignal.CommandGiven given)
    {
        if (given.Command.Words is { } words)
            state.Inbox.Ask(new PersonText(given.Actor, Cut(words)));
    }

    private static string Cut(string text) => TextCut.Head(text, MaxRemark, "…");
}
