using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Phases;
using CodingAgent.Workflows.Tasks;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace CodingAgent.Workflows.Life;

/// <summary>
/// One task, from the request to the merge: it owns its issue and its pull request, and is their one writer. This file holds the loop, the
/// signals and the ways to end; the steps are in the other parts. Everything durable is in <see cref="CodingTaskState"/>, so that any step
/// can begin anew after continue-as-new.
/// </summary>
[Workflow]
public sealed partial class CodingTaskWorkflow
{
    // Below every cluster's warning threshold (10,240 events), with room for the longest working phase.
    private const int HistoryToContinueAt = 4_000;

    private readonly CodingTaskInput _input;
    private readonly CodingTaskState _s;
    private readonly Flow _flow;

    /// <summary>Takes the state over from the run before, or begins one. Runs before any signal is handled.</summary>
    [WorkflowInit]
    public CodingTaskWorkflow(CodingTaskInput input)
    {
        _input = input with { Resume = null };
        _flow = FlowRegistry.Of(input.Kind);
        if (input.Resume is { } resumed)
        {
            _s = resumed;
            return;
        }

        _s = CodingTaskState.Begin(Workflow.Info.RunId.Replace("-", "", StringComparison.Ordinal)[..12], Now);
        _s.Inbox.Remember(input.DeliveryId);
        _s.Pull.StartOn(input.Pull);
        if (input.Part is { } part)
        {
            _s.Flow.Keep(part.Part.Memory);
            foreach (var remark in part.Said)
                _s.Inbox.Add(remark);
            if (part.IsTogether)
                _s.Parts.Hear(new TogetherNews("It waits for the pull requests of the other repositories; then all are made ready together.", false, ""));
        }

        // What is asked for on a pull request is work, also where nothing is red; what is asked for on an issue is in the plan.
        if (IsOnPull && input.Words is { } words)
            _s.Inbox.Ask(new PersonText(input.RequestedBy.Login, words));
    }

    /// <summary>The task as REST and pages show it.</summary>
    [WorkflowQuery]
    public TaskSummary Summary => new(
        _input.Id, _s.Progress.Version, Workflow.Info.RunId, _input.Kind, _s.Progress.State, _s.Progress.Step, _s.Progress.Words,
        _s.Progress.Facts?.Title ?? "", _input.RequestedBy.Login, _input.Issue, _s.Pull.Number, _s.Pull.Branch, _s.Pull.HeadSha,
        _s.Budget.Total().Usage.InputTokens, _s.Budget.Total().Usage.OutputTokens, _s.Budget.Total().CostUsd, _s.Progress.CreatedAt, Now)
    {
        StartedBy = _input.DeliveryId,
        TraceId = _input.TraceId,
        RequestedAt = _input.RequestedAt,
        ReviewRounds = _s.Pull.ReviewRounds,
        Refusals = _s.Work.Refusals.Count > 0 ? _s.Work.Refusals : null,
        ResumedRuns = _s.Budget.ResumedRuns,
        Coverage = _flow.Coverage(_s),
        Models = _s.Budget.Total().Models,
        Agents = _s.Budget.Total().Agents,
        Variant = _s.Progress.Facts?.Variant ?? "",
        CostIsKnown = _s.Budget.Total().CostIsKnown,
        Elsewhere = _input.Repo == _input.Id.Repo ? null : _input.Repo,
        Plan = _s.Plan.Shown,
        Warnings = _s.Progress.Facts?.Warnings ?? [],
        PullUrl = _s.Pull.Url,
        PullIsDraft = _s.Pull.Number is null ? null : !_s.Pull.IsReady,
        Ci = _s.Pull.Ci,
        CiRemarks = _s.Pull.CiRemarks,
        Checks = [.. (_s.Work.Evidence?.Checks ?? []).Select(c => new TaskSummary.Check(c.Name, c.Passed, c.CannotRun ?? c.Ending, c.Duration.TotalSeconds) { PassedBefore = _s.Work.Trial?.Checks.FirstOrDefault(b => b.Name == c.Name && b.CannotRun is null)?.Passed })],
        CheckedTree = _s.Work.Evidence?.TreeId,
        Risks = [.. _s.Work.Verdicts.Where(v => v.Marked || !v.Passed).Select(v => v.Message)],
        Verdicts = [.. _s.Work.Verdicts.Select(v => new TaskSummary.Verdict(v.Gate, v.Passed, v.Marked, v.Message))],
        Proved = _s.Work.Proved,
        Budget = _s.Progress.Facts is null ? null : Allowed(),
        Subject = _s.Pull.IsPublished ? _flow.Subject(_s) : null,
        Parts = [.. _s.Parts.Parts.Select(p => new TaskSummary.Part(p.IsStarted ? PartId(p) : null, p.Part.Name, PartsDecider.Word(p), p.Last?.Pull))],
    };

    private TaskSummary.Allowance Allowed()
    {
        var (used, granted) = (_s.Budget.Total(), _s.Budget.Granted);
        return new(
            used.Usage.InputTokens + used.Usage.OutputTokens - granted.Usage.InputTokens - granted.Usage.OutputTokens, Limits.Tokens, used.CostUsd - granted.CostUsd, Limits.CostUsd,
            used.Active - granted.Active, Limits.Active, _s.Pull.CiAttempts, Limits.CiAttempts, _s.Pull.ReviewCycles, Limits.ReviewCycles);
    }

    private static DateTimeOffset Now => new(Workflow.UtcNow, TimeSpan.Zero);

    private bool HistoryIsLong => Workflow.CurrentHistoryLength > (_input.HistoryLimit ?? HistoryToContinueAt) || Workflow.ContinueAsNewSuggested;

    private Subject? Page => Subject.Of(_input.Issue, _s.Pull.Number);

    private Subject? PullPage => Subject.Of(null, _s.Pull.Number);

    private bool IsOnPull => FlowList.Of(_input.Kind).IsOnPull;

    /// <summary>Everything the outside tells the task.</summary>
    [WorkflowSignal]
    public Task NotifyAsync(CodingTaskSignal signal)
    {
        SignalReducer.Apply(_s, signal);
        return Task.CompletedTask;
    }

    /// <summary>Runs the task to its end.</summary>
    [WorkflowRun]
    public async Task<TaskSummary> RunAsync(CodingTaskInput input)
    {
        while (!_s.Progress.IsOver)
        {
            if (_s.Inbox.End is { } end)
            {
                await EndAsync(await IsMergedAsync(end) ? TaskState.Merged : end.State, end.Reason);
                break;
            }

            if (_s.Inbox.IsFinishing && !_s.Work.IsAhead && !IsAtWork && !_s.Parts.AreOut)
            {
                await ReleaseAsync();
                await EndAsync(TaskState.Stopped, _s.Pull.IsPublished
                    ? $"finished by {_s.Inbox.FinishedBy}: the pull request stays as it is"
                    : $"finished by {_s.Inbox.FinishedBy}, before anything was made");
                break;
            }

            if (HistoryIsLong)
            {
                var next = _input with { Resume = _s };
                throw Workflow.CreateContinueAsNewException((CodingTaskWorkflow w) => w.RunAsync(next));
            }

            try
            {
                await StepAsync();
            }
            catch (TaskStopException e) when (e.Kind is TaskStopKind.Ended or TaskStopKind.Again)
            {
                // The loop's head decides.
            }
            catch (TaskStopException e) when (e.Kind == TaskStopKind.Limit && _s.Pull.IsPublished)
            {
                await ParkAsync(e);
            }
            catch (TaskStopException e)
            {
                await FailAsync(e.Message, e.WhatToDo, e.Shows);
            }
            catch (Exception e) when (TemporalException.IsCanceledException(e))
            {
                // Cancelled from outside, through Temporal itself: the same as a stop.
                await EndAsync(TaskState.Stopped, "cancelled by the operator");
            }
            catch (ActivityFailureException e)
            {
                var cause = e.InnerException as ApplicationFailureException;
                await FailAsync(cause?.Message ?? e.InnerException?.Message ?? e.Message, FailureWords.WhatToDo(cause?.ErrorType), []);
            }
        }

        await AnswerTooLateAsync();
        return Summary;
    }

    /// <summary>Commands that found the task alive but ending got their acknowledgement; silence after it would look like a loss.</summary>
    private async Task AnswerTooLateAsync()
    {
        while (_s.Inbox.TakeTooLate() is { } delivery)
        {
            if (Page is { } page)
                await TryAsync(() => SayAsync(page, Markers.Reply(delivery), Replies.TooLate()));
        }
    }

    private Task StepAsync() => _s.Parts.AreOut ? AwaitPartsAsync() : _s.Progress.State switch
    {
        TaskState.Queued or TaskState.Authorizing => LoadAsync(),
        TaskState.Planning => PlanAsync(),
        // Asked before there is a plan, or another one.
        TaskState.AwaitingApproval when _s.Plan.Current is null || _s.Flow.FlowQuestion.Length > 0 => PlanAsync(),
        TaskState.AwaitingApproval => AwaitApprovalAsync(),
        TaskState.Preparing => PrepareAsync(),
        TaskState.Editing => EditAsync(),
        TaskState.Verifying => VerifyAsync(),
        TaskState.Critiquing => CritiqueAsync(),
        TaskState.Publishing => PublishAsync(),
        TaskState.AddressingFeedback => AddressFeedbackAsync(),
        _ => AwaitPullAsync(),
    };

    /// <summary>A limit was reached while there is a pull request to look at: wait for a person instead of throwing the work away.</summary>
    private async Task ParkAsync(TaskStopException why)
    {
        // The status says it in a line; what a red check printed needs a comment of its own.
        if (why.Shows.Count > 0 && PullPage is { } page)
            await TryAsync(() => SayAsync(page, Markers.Stopped(_s.Progress.RunKey, _s.Budget.RunNumber), Replies.Parked(why.Message, why.WhatToDo, why.Shows)));
        // Nobody has answered them; they wait for whoever asks for the next round.
        foreach (var remark in _s.Work.Remarks)
            _s.Inbox.Add(remark);
        _s.Work.GiveUp();
        _s.Budget.Finish();
        _s.Inbox.Forget(_s.Inbox.Reviews);
        _s.Progress.GoTo(TaskState.AwaitingReview);
        _s.Wait.Park($"{why.Message} {why.WhatToDo}");
    }

    private async Task FailAsync(string reason, string whatToDo, IReadOnlyList<FailedCheck> shows)
    {
        var words = Replies.Failure(_s.Progress.State, reason, whatToDo, _s.Pull.HeadSha is null ? null : _s.Pull.Branch, shows);
        await EndAsync(TaskState.Failed, $"{reason} {whatToDo}");
        if (Page is { } page)
            await TryAsync(() => SayAsync(page, Markers.Outcome(_s.Progress.RunKey), words));
    }

    private async Task EndAsync(TaskState state, string reason)
    {
        await EndPartsAsync(state, reason);
        _s.Progress.End(state, reason);
        await BookUnfinishedRunAsync();
        _s.Budget.Finish();
        await TellLastAsync();
    }

    /// <summary>A merge closes the issue too, and the two events come in any order.</summary>
    private async Task<bool> IsMergedAsync(EndRequest end)
    {
        if (end.State != TaskState.Closed || _s.Pull.Number is not { } pull)
            return false;
        var merged = false;
        await TryAsync(async () =>
            merged = (await Workflow.ExecuteActivityAsync((ForgeActivities a) => a.ReadPullAsync(_input.Repo, pull), Short)).IsMerged);
        return merged;
    }

    /// <summary>The last words must not keep a task from ending: a refusal of the forge is accepted here.</summary>
    private Task TellLastAsync() => TryAsync(TellAsync);

    private static async Task TryAsync(Func<Task> effect)
    {
        try
        {
            await effect();
        }
        catch (ActivityFailureException)
        {
            // The projection is written before the forge is asked; there is nobody left to tell.
        }
    }
}
