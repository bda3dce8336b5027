using CodingAgent.Forges;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace CodingAgent.Workflows.Life;

/// <summary>
/// A task whose plan is divided: a child workflow of the same kind carries each part out, and the whole waits for what they report. Parts speak to the
/// whole by signals alone and outlive each of its runs, so that continuing as new costs nothing.
/// </summary>
public sealed partial class CodingTaskWorkflow
{
    private bool Divides()
    {
        if (_input.Part is not null || (PartsDecider.ByRepository(_s.Plan.Current!, _input.Repo, _s.Progress.Facts!.Others) ?? _flow.Divide(_s)) is not { Parts.Count: > 0 } division)
            return false;
        _s.Parts.Divide(division, _s.Inbox.TakeSteering());
        _s.Inbox.AskToFix(asked: false);
        _s.Inbox.AskToRetry(asked: false);
        _s.Progress.GoTo(TaskState.Editing);
        return true;
    }

    /// <summary>Begins what may begin, tells people, and waits until something changes; it costs nothing meanwhile.</summary>
    private async Task AwaitPartsAsync()
    {
        if (_s.Inbox.IsFinishing)
            await FinishPartsAsync();
        foreach (var part in PartsDecider.Stranded(_s.Parts).ToArray())
            _s.Parts.Skip(part.Key, "what had to be green first is not");
        while (_s.Inbox.End is null && PartsDecider.Next(_s.Parts) is { } next)
            await StartPartAsync(next);
        _s.Parts.Told();
        if (_s.Parts.PartsTogether)
            await HoldTogetherAsync();
        foreach (var part in _s.Parts.Parts.Where(p => p is { Last: { Left.Length: > 0 } last, IsLeftTold: false } && (last.IsOver || last.Pull is not null)).ToArray())
        {
            _s.Parts.ToldLeft(part.Key);
            if (Page is { } page)
                await TryAsync(() => SayAsync(page, Markers.Finding(_s.Progress.RunKey, $"left-{part.Key}"), part.Last!.Left));
        }

        if (_s.Parts.Parts.All(p => p.IsOver))
        {
            var (end, reason) = PartsDecider.End(_s.Parts, _s.Inbox.FinishedBy);
            // As the one pull request's "Closes" would have done.
            if (_input.Issue is { } issue && PartsDecider.IsAllMerged(_s.Parts))
                await TryAsync(() => Workflow.ExecuteActivityAsync((ForgeActivities a) => a.CloseIssueAsync(_input.Repo, issue), Short));
            await EndAsync(end, reason);
            return;
        }

        while (_s.Inbox.TakeDecision() is { } decision)
            await RefuseAsync(decision, "no plan waits for an answer.");
        if (_s.Inbox.IsAsked || _s.Inbox.FixRequested)
            await PointToPartsAsync();
        var (state, step) = PartsDecider.Standing(_s.Parts);
        await EnterAsync(state, step);
        await Workflow.WaitConditionAsync(() => _s.Parts.PartsChanged || _s.Inbox.End is not null || _s.Inbox.StatusRequested || _s.Inbox.IsAsked || _s.Inbox.FixRequested
            || _s.Inbox.Decisions.Count > 0 || (_s.Inbox.IsFinishing && !_s.Parts.PartsFinish));
    }

    private async Task StartPartAsync(KnownPart next)
    {
        var (key, share) = (next.Key, PartsDecider.Share(_s, Limits));
        var runKey = _s.Progress.RunKey[..6];
        var elsewhere = next.Part.Repo is { } repo ? _s.Progress.Facts!.Others.Single(o => o.Repo == repo) : null;
        var input = new CodingTaskInput(PartId(next), elsewhere?.Repo ?? _input.Repo, _input.Kind, null, null, _input.RequestedBy, $"{_s.Progress.RunKey}/{key}", Now)
        {
            Goal = $"{_s.Progress.Facts!.Title}: {next.Part.Name}",
            BaseBranch = elsewhere is null ? _input.BaseBranch : null,
            HistoryLimit = _input.HistoryLimit,
            HeartbeatTimeout = _input.HeartbeatTimeout,
            ApplierPatience = _input.ApplierPatience,
            Record = _input.Record,
            TraceId = _input.TraceId,
            Part = new PartOfTask(key, next.Part, _input.Issue, runKey, _s.Plan.Current!, _s.Plan.Hash, _s.Plan.Record, _s.Plan.CommentId, _s.Plan.ApprovedBy!, _s.Plan.Approval, share) { Said = _s.Parts.PartsSaid, PlanPostedAt = _s.Plan.PostedAt, PlanUrl = _s.Plan.Url, IsTogether = _s.Parts.PartsTogether, ContextId = _s.Parts.PartsTogether ? elsewhere?.ContextId ?? _s.Progress.Facts.ContextId : null, Limits = elsewhere is null ? null : Limits },
        };
        // Before it begins: its first words may come with the news that it has.
        _s.Parts.Start(key, share);
        try
        {
            await Workflow.StartChildWorkflowAsync(
                (CodingTaskWorkflow w) => w.RunAsync(input),
                new ChildWorkflowOptions { Id = input.Id.ToString(), ParentClosePolicy = ParentClosePolicy.Abandon, CancellationToken = CancellationToken.None });
        }
        catch (WorkflowAlreadyStartedException)
        {
            // It reports as any other.
        }
    }

    /// <summary>Those that are at work take what is there; the others do not begin.</summary>
    private async Task FinishPartsAsync()
    {
        foreach (var part in _s.Parts.Parts.Where(p => !p.IsStarted && !p.IsOver).ToArray())
            _s.Parts.Skip(part.Key, $"{_s.Inbox.FinishedBy} finished the task before");
        if (_s.Parts.PartsFinish)
            return;
        _s.Parts.Finish();
        if (_s.Parts.PartsTogether)
        {
            // Before they end: what is green is then made ready.
            _s.Parts.Release();
            await TellTogetherAsync();
        }

        foreach (var part in _s.Parts.Open.ToArray())
            await TellTaskAsync(PartId(part), new CodingTaskSignal.CommandGiven($"{_s.Progress.RunKey}/finish", _s.Inbox.FinishedBy, Now, new AgentCommand.Finish(), null));
    }

    /// <summary>The whole is over, and what is left of its parts with it; their branches and pull requests stay.</summary>
    private async Task EndPartsAsync(TaskState state, string reason)
    {
        foreach (var part in _s.Parts.Open.ToArray())
            await TellTaskAsync(PartId(part), new CodingTaskSignal.EndedByTask($"{_s.Progress.RunKey}/ended", _input.RequestedBy.Login, Now, state == TaskState.Closed ? TaskState.Closed : TaskState.Stopped, reason));
    }

    private TaskId PartId(KnownPart part) => _input.Id with { Part = $"{_s.Progress.RunKey[..6]}-{part.Key}" };

    private async Task PointToPartsAsync()
    {
        _s.Inbox.TakeSteering();
        _s.Inbox.AskToFix(asked: false);
        _s.Inbox.AskToRetry(asked: false);
        if (Page is { } page)
            await TryAsync(() => SayAsync(page, Markers.Finding(_s.Progress.RunKey, "parts"), Replies.InParts(ForgeTerms.Of(_input.Repo))));
    }

    /// <summary>A part tells the whole how it stands, where that is news.</summary>
    private async Task ReportAsync()
    {
        if (_input.Part is not { } of)
            return;
        var total = _s.Budget.Total();
        var (apart, left) = _flow.HandsBack(_s);
        var isGreen = _s.Progress.State is TaskState.AwaitingReview or TaskState.ReadyToMerge && (_s.Pull.IsReady || PullDecider.IsHeldGreen(_s, _s.Progress.Facts!.Policy)) && _s.Pull.HeldFor.Length == 0 && _s.Wait.Parked.Length == 0 && _s.Pull.Ci is not CiVerdict.Red;
        var report = new PartReport(
            _s.Progress.State, _s.Progress.Words.Length > 0 ? _s.Progress.Words : _s.Progress.Step, _s.Pull.Number, _s.Pull.Url, isGreen, total.CostUsd, total.Usage.InputTokens + total.Usage.OutputTokens)
        {
            HandsBack = apart,
            Left = left,
        };
        if (report.SaysTheSameAs(_s.Parts.PartTold))
            return;
        var number = _s.Parts.Tell(report);
        await TellTaskAsync(_input.Id.Whole, new CodingTaskSignal.PartReported($"{_s.Progress.RunKey}/{number}", _input.RequestedBy.Login, Now, of.Key, report));
    }

    private static async Task TellTaskAsync(TaskId task, CodingTaskSignal signal)
    {
        try
        {
            // Also the last words of a task that was cancelled through Temporal.
            await Workflow.GetExternalWorkflowHandle<CodingTaskWorkflow>(task.ToString()).SignalAsync(w => w.NotifyAsync(signal), new ExternalWorkflowSignalOptions { CancellationToken = CancellationToken.None });
        }
        catch (FailureException)
        {
            // It is over; nobody waits for this.
        }
    }

    // A part may use its share of what the policy gives the whole.
    private RepositoryPolicy.TaskLimits Limits => _s.Progress.Facts!.Policy.Limits is var all && _input.Part is { Share: var share, Limits: var whole }
        ? all with
        {
            CostUsd = Math.Round(Math.Min(all.CostUsd, whole?.CostUsd ?? all.CostUsd) * share, 2),
            Tokens = (long)(Math.Min(all.Tokens, whole?.Tokens ?? all.Tokens) * share),
            Active = (whole?.Active < all.Active ? whole.Active : all.Active) * (double)share,
        }
        : all;
}
