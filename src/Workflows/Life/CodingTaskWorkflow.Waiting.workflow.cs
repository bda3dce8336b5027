using CodingAgent.Forges;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Tasks;
using Temporalio.Workflows;

namespace CodingAgent.Workflows.Life;

/// <summary>Waiting on the published pull request, and answering what comes back.</summary>
public sealed partial class CodingTaskWorkflow
{
    // Quick comments after a review belong to the same round.
    private static readonly TimeSpan CoalescingWindow = TimeSpan.FromSeconds(10);

    // Events may get lost on their way; CI is looked at now and then without one.
    private static readonly TimeSpan CiLook = TimeSpan.FromMinutes(5);

    private async Task AwaitPullAsync()
    {
        // What is told while this looks around must wake the task all the same.
        var heard = _s.Parts.PartTogether;
        if (_s.Inbox.PullDirty)
        {
            _s.Inbox.LookAtBase();
            await ReadPullAsync();
        }

        if (_s.Parts.PartTogether is { Siblings: var siblings } && siblings != _s.Parts.PartSiblingsTold && _s.Pull.Number is { } own)
        {
            await TryAsync(() => Workflow.ExecuteActivityAsync((ForgeActivities a) => a.NameSiblingsAsync(_input.Repo, own, siblings), Short));
            _s.Parts.ToldSiblings(siblings);
        }

        if (_s.Inbox.CiDirty && _s.Pull.HeadSha is { } head)
        {
            _s.Inbox.LookAtCi(again: false);
            var before = _s.Pull.Ci;
            var question = CiQuestion;
            _s.Pull.CiRead(await Workflow.ExecuteActivityAsync((ForgeActivities a) => a.ReadCiAsync(_input.Repo, head, question), Short));
            // Before people are asked to look.
            if (_s.Pull.Ci == CiVerdict.Green && before != CiVerdict.Green)
                _s.Inbox.LookAtBase();
        }

        if (_s.Inbox.BaseDirty && _s.Inbox.End is null && _s.Pull.HeadSha is not null && !IsOnPull && Workflow.Patched("follows-base"))
        {
            _s.Inbox.LookAtBase(again: false);
            _s.Pull.BaseRead(StandingOf(await ReadBaseAsync(takes: false)));
        }

        if (_s.Inbox.End is not null)
            return;
        if (_s.Inbox.IsPullUnanswered && PullPage is { } page)
        {
            _s.Inbox.AnsweredOnPull();
            if (page != Page)
                await TryAsync(() => SayAsync(page, Markers.Overheard(_s.Progress.RunKey), Replies.Overheard()));
        }

        while (_s.Inbox.TakeDecision() is { } decision)
            await RefuseAsync(decision, "no plan waits for an answer.");

        switch (PullDecider.Decide(_s, _s.Progress.Facts!.Policy, Now))
        {
            case PullStep.MarkReady:
                if (_s.Pull.Number is { } number)
                    await Workflow.ExecuteActivityAsync((ForgeActivities a) => a.MarkReadyAsync(_input.Repo, number), Short);
                _s.Pull.MarkedReady();
                break;
            case PullStep.Address address:
                _s.Pull.Address(address.BecauseOfCi, address.BecauseOfReview && !_s.Inbox.FixRequested);
                _s.Progress.GoTo(TaskState.AddressingFeedback);
                _s.Wait.Over();
                break;
            case PullStep.FollowBase:
                await FollowWhileWaitingAsync();
                break;
            case PullStep.RetryCi retry:
                await RetryCiAsync(retry.Tries);
                break;
            case PullStep.StartCi start:
                await StartCiAsync(start.Workflow);
                break;
            case PullStep.Wait wait:
                await WaitOnPullAsync(wait, heard);
                break;
        }
    }

    // The base of a fix is what its pull request wants to go into, not the head it began from.
    private ForgeActivities.CiQuestion CiQuestion =>
        new(_s.Progress.Facts!.Policy.Ci, !IsOnPull ? _s.Progress.Facts.BaseSha : null, _s.Pull.Number);

    private async Task RetryCiAsync(IReadOnlyList<CiRetriable> tries)
    {
        var input = new ForgeActivities.RetryCiInput(_input.Repo, _s.Pull.HeadSha!, tries);
        var refusals = await Workflow.ExecuteActivityAsync((ForgeActivities a) => a.RetryCiAsync(input), Within(TimeSpan.FromMinutes(10)));
        _s.Pull.Asked([.. tries.Select((t, i) => new CiAsked(t.Key, t.Try, Now, refusals.ElementAtOrDefault(i) ?? ""))]);
        _s.Inbox.LookAtCi();
    }

    private async Task StartCiAsync(string workflow)
    {
        var input = new ForgeActivities.StartCiInput(_input.Repo, _s.Pull.HeadSha!, _s.Pull.Branch!, workflow, _s.Progress.Facts!.Policy.Ci);
        _s.Pull.StartedCi(await Workflow.ExecuteActivityAsync((ForgeActivities a) => a.StartCiAsync(input), Short), Now);
        _s.Inbox.LookAtCi();
    }

    private async Task WaitOnPullAsync(PullStep.Wait wait, TogetherNews? heard)
    {
        if (_s.Wait.Since is null || _s.Progress.State != wait.State || _s.Progress.Step != wait.Step || _s.Progress.Note != wait.Note || !_s.Pull.CiTold)
        {
            var earlier = _s.Wait.Since;
            var since = earlier ?? Now;
            _s.Progress.Remark(wait.Note);
            if (!_s.Pull.CiTold)
                await TellCiAsync();
            await EnterAsync(wait.State, wait.Step);
            _s.Wait.Begin(since, anew: earlier is null);
        }

        var looked = Now;
        await WaitParkedAsync(
            () => heard != _s.Parts.PartTogether || _s.Inbox.CiDirty || _s.Inbox.PullDirty || _s.Inbox.FixRequested || _s.Inbox.IsAsked || _s.Inbox.Decisions.Count > 0 || HasNewReview(),
            wait.CiTimer ? CiLook : Workflow.Patched("follows-base") ? BaseLook : null);
        if (wait.CiTimer && Now - looked >= CiLook)
            _s.Inbox.LookAtCi();
        if (Now - looked >= BaseLook)
            _s.Inbox.LookAtBase();
    }

    /// <summary>Says on the pull request what is to say of its CI; the status, where it stands elsewhere, has it too.</summary>
    private async Task TellCiAsync()
    {
        IReadOnlyList<string> words = [.. _s.Pull.CiSeen?.Waits ?? [], .. _s.Pull.CiRemarks];
        var comments = PullPage is { } page && page != Page && (words.Count > 0 || _s.Pull.CiCommented);
        if (comments)
            await TryAsync(() => SayAsync(PullPage!.Value, Markers.Ci(_s.Progress.RunKey), Replies.Ci(_s.Pull.HeadSha!, words)));
        _s.Pull.ToldCi(comments);
    }

    // Reviews beyond the limit stay queued; they must not wake the task again and again.
    private bool HasNewReview() => _s.Inbox.Reviews.Count > 0 && _s.Pull.ReviewCycles < _s.Progress.Facts!.Policy.Limits.ReviewCycles;

    private async Task ReadPullAsync()
    {
        _s.Inbox.LookAtPull(again: false);
        if (_s.Pull.Number is not { } number)
            return;
        var pull = await Workflow.ExecuteActivityAsync((ForgeActivities a) => a.ReadPullAsync(_input.Repo, number), Short);
        if (!pull.IsOpen)
        {
            _s.Inbox.AskToEnd(pull.IsMerged ? TaskState.Merged : TaskState.Closed, pull.IsMerged ? "merged" : "pull request closed");
            return;
        }

        _s.Pull.Read(pull.IsDraft);
        if (pull.HeadSha == _s.Pull.HeadSha)
            return;
        _s.Pull.Moved(pull.HeadSha, Now);
        // What people make of it is theirs to judge, and CI's.
        _s.Pull.KeepDraft("");
        _s.Work.Adopt(pull.HeadSha);
        _s.Wait.Unpark();
        _s.Wait.Over();
        _s.Inbox.LookAtCi();
        await Workflow.ExecuteActivityAsync((ForgeActivities a) => a.LinkHeadAsync(_input.Id, _input.Repo, number, pull.HeadSha), Short);
    }

    private async Task AddressFeedbackAsync()
    {
        if (_s.Work.Order is not null)
        {
            await EditAsync();
            return;
        }

        if (_s.Inbox.FixRequested)
            GrantAllowance();
        _s.Wait.Unpark();
        await EnterAsync(TaskState.AddressingFeedback, "Reading reviews and CI results");
        await Workflow.WaitConditionAsync(() => _s.Inbox.End is not null, CoalescingWindow);
        await ReadPullAsync();
        if (_s.Inbox.End is not null)
            return;
        var number = _s.Pull.Number!.Value;
        var reviews = _s.Inbox.Reviews;
        // Also what came while no agent would take it.
        var remarks = _s.Inbox.TakeSteering();
        var input = new ForgeActivities.FeedbackInput(_input.Repo, number, reviews, _s.Inbox.FixRequested || reviews.Count > 0 || remarks.Count > 0, _s.Pull.HeadSha!)
        {
            Remarks = remarks,
            Ci = CiQuestion,
            WithKnownRed = _s.Inbox.FixRequested,
        };
        // Logs lie elsewhere, and may be long.
        var feedback = await Workflow.ExecuteActivityAsync((ForgeActivities a) => a.GatherFeedbackAsync(input), Within(TimeSpan.FromMinutes(10)));
        _s.Inbox.Forget(reviews);
        var asked = _s.Inbox.FixRequested;
        _s.Inbox.AskToFix(asked: false);
        _s.Work.BeginRound();
        if (feedback.ArtifactId is not { } artifact)
        {
            // An approving word, a thread answered long ago, or nothing red: back to waiting.
            if (asked)
                await SayAsync(Subject.Pull(number), Markers.Answer(_s.Progress.RunKey, _s.Work.Round, 0), Replies.NothingToMend([.. _s.Pull.CiSeen?.Waits ?? [], .. _s.Pull.CiRemarks]));
            await FinishRoundAsync(null);
            return;
        }

        IReadOnlyList<long> answerable = feedback.Reviews + remarks.Count > 0 ? [.. feedback.ThreadIds, 0] : feedback.ThreadIds;
        var snapshot = _s.Work.Snapshot;
        if (feedback.Suggestions > 0)
        {
            var step = new SuggestionActivities.ApplyStep(_input.Repo, _s.Work.BaseSha, snapshot, artifact);
            var applied = await Workflow.ExecuteActivityAsync((SuggestionActivities a) => a.ApplySuggestionsAsync(step), Within(TimeSpan.FromMinutes(20)));
            (snapshot, artifact) = (applied.Snapshot, applied.FeedbackId);
        }

        _s.Work.Answer(new WorkOrder(AgentRole.Fixer) { FeedbackId = artifact }, answerable, remarks, snapshot);
    }

    /// <summary>A person asked for more: counters and budget begin anew, totals go on.</summary>
    private void GrantAllowance()
    {
        _s.Pull.ResetAttempts();
        _s.Work.ResetAttempts();
        _s.Work.ResetBaseMoves();
        _s.Budget.Grant();
    }
}
