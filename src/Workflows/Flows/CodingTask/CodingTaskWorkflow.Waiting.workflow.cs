using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Tasks;
using Temporalio.Workflows;

namespace CodingAgent.Workflows.Flows.CodingTask;

/// <summary>Waiting on the published pull request, and answering what comes back.</summary>
public sealed partial class CodingTaskWorkflow
{
    // Quick comments after a review belong to the same round.
    private static readonly TimeSpan CoalescingWindow = TimeSpan.FromSeconds(10);

    // Events may get lost on their way; CI is looked at now and then without one.
    private static readonly TimeSpan CiLook = TimeSpan.FromMinutes(5);

    private async Task AwaitPullAsync()
    {
        if (_s.PullDirty)
            await ReadPullAsync();
        if (_s.CiDirty && _s.HeadSha is { } head)
        {
            _s.CiDirty = false;
            _s.Ci = await Workflow.ExecuteActivityAsync((ForgeActivities a) => a.ReadCiAsync(_input.Repo, head), Short);
        }

        if (_s.End is not null)
            return;
        while (_s.Decisions.Count > 0)
        {
            var decision = _s.Decisions[0];
            _s.Decisions.RemoveAt(0);
            await RefuseAsync(decision, "no plan waits for an answer.");
        }

        switch (PullDecider.Decide(_s, _s.Facts!.Policy, Now))
        {
            case PullStep.MarkReady:
                if (_s.Pull is { } number)
                    await Workflow.ExecuteActivityAsync((ForgeActivities a) => a.MarkReadyAsync(_input.Repo, number), Short);
                _s.IsReady = true;
                break;
            case PullStep.Address address:
                if (address.BecauseOfCi)
                    _s.CiAttempts++;
                if (address.BecauseOfReview && !_s.FixRequested)
                    _s.ReviewCycles++;
                _s.State = TaskState.AddressingFeedback;
                _s.ParkedSince = null;
                break;
            case PullStep.Wait wait:
                await WaitOnPullAsync(wait);
                break;
        }
    }

    private async Task WaitOnPullAsync(PullStep.Wait wait)
    {
        if (_s.ParkedSince is null || _s.State != wait.State || _s.Step != wait.Step || _s.Note != wait.Note)
        {
            var since = _s.ParkedSince ?? Now;
            _s.Reminded &= _s.ParkedSince is not null;
            _s.Note = wait.Note;
            await EnterAsync(wait.State, wait.Step);
            _s.ParkedSince = since;
        }

        var looked = Now;
        await WaitParkedAsync(() => _s.CiDirty || _s.PullDirty || _s.FixRequested || _s.Decisions.Count > 0 || HasNewReview(), wait.CiTimer ? CiLook : null);
        if (wait.CiTimer && Now - looked >= CiLook)
            _s.CiDirty = true;
    }

    // Reviews beyond the limit stay queued; they must not wake the task again and again.
    private bool HasNewReview() => _s.Reviews.Count > 0 && _s.ReviewCycles < _s.Facts!.Policy.Limits.ReviewCycles;

    private async Task ReadPullAsync()
    {
        _s.PullDirty = false;
        if (_s.Pull is not { } number)
            return;
        var pull = await Workflow.ExecuteActivityAsync((ForgeActivities a) => a.ReadPullAsync(_input.Repo, number), Short);
        if (!pull.IsOpen)
        {
            _s.End ??= pull.IsMerged ? new EndRequest(TaskState.Merged, "merged") : new EndRequest(TaskState.Closed, "pull request closed");
            return;
        }

        _s.IsReady = !pull.IsDraft;
        _s.HeldAsDraft &= pull.IsDraft;
        if (pull.HeadSha == _s.HeadSha)
            return;
        // A person pushed on top. Their commits are the new base; only what the agent adds from here on is judged.
        _s.HeadSha = pull.HeadSha;
        _s.BaseSha = pull.HeadSha;
        _s.Snapshot = null;
        _s.PublishedSnapshot = null;
        _s.OnForeignWork = true;
        _s.Parked = "";
        _s.ParkedSince = null;
        _s.Ci = CiVerdict.None;
        _s.CiSince = Now;
        _s.CiDirty = true;
        await Workflow.ExecuteActivityAsync((ForgeActivities a) => a.LinkHeadAsync(_input.Id, _input.Repo, number, pull.HeadSha), Short);
    }

    private async Task AddressFeedbackAsync()
    {
        if (_s.Work is not null)
        {
            await EditAsync();
            return;
        }

        if (_s.FixRequested)
            GrantAllowance();
        _s.Parked = "";
        await EnterAsync(TaskState.AddressingFeedback, "Reading reviews and CI results");
        await Workflow.WaitConditionAsync(() => _s.End is not null, CoalescingWindow);
        await ReadPullAsync();
        if (_s.End is not null)
            return;
        var input = new ForgeActivities.FeedbackInput(_input.Repo, _s.Pull!.Value, [.. _s.Reviews], _s.FixRequested || _s.Reviews.Count > 0, _s.HeadSha!);
        var feedback = await Workflow.ExecuteActivityAsync((ForgeActivities a) => a.GatherFeedbackAsync(input), Short);
        _s.Reviews.RemoveAll(id => input.ReviewIds.Contains(id));
        var asked = _s.FixRequested;
        _s.FixRequested = false;
        _s.Round++;
        if (feedback.ArtifactId is not { } artifact)
        {
            // An approving word, a thread answered long ago, or nothing red: back to waiting.
            if (asked)
                await SayAsync(_s.Pull.Value, Markers.Answer(_s.RunKey, _s.Round, 0), Replies.NothingToMend());
            await FinishRoundAsync(null);
            return;
        }

        _s.Answerable.Clear();
        _s.Answerable.AddRange(feedback.ThreadIds);
        if (feedback.Reviews > 0)
            _s.Answerable.Add(0);
        _s.InFeedback = true;
        _s.Work = new WorkOrder(AgentRole.Fixer) { FeedbackId = artifact };
    }

    /// <summary>A person asked for more: counters and budget begin anew, totals go on.</summary>
    private void GrantAllowance()
    {
        _s.CiAttempts = 0;
        _s.ReviewCycles = 0;
        _s.CheckAttempts = 0;
        _s.GateAttempts = 0;
        _s.Granted = _s.Used;
    }
}
