using CodingAgent.Agents;
using CodingAgent.Agents.Outside;
using CodingAgent.Forges;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Phases;
using CodingAgent.Workflows.Tasks;
using Temporalio.Common;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace CodingAgent.Workflows.Life;

/// <summary>How steps reach the world: activity options, the status, agent runs with their budgets.</summary>
public sealed partial class CodingTaskWorkflow
{
    // Unlimited tries with a cap: what is away comes back, and the activity itself turns what never will into a final failure.
    private static RetryPolicy Retries => new() { InitialInterval = TimeSpan.FromSeconds(1), BackoffCoefficient = 2, MaximumInterval = TimeSpan.FromMinutes(1), MaximumAttempts = 0 };

    // Each costs a turn; who asks again has understood nothing.
    private const int MostRefusedHandoffs = 3;

    private ActivityOptions Short => Within(TimeSpan.FromMinutes(2));

    // Every activity heartbeats: what a killed worker had in hand goes to another one within the heartbeat timeout.
    private ActivityOptions Within(TimeSpan limit) =>
        new() { StartToCloseTimeout = limit, HeartbeatTimeout = _input.HeartbeatTimeout ?? TimeSpan.FromSeconds(20), RetryPolicy = Retries };

    /// <summary>Enters a working state and says so.</summary>
    private Task EnterAsync(TaskState state, string step)
    {
        _s.Progress.Enter(state, step);
        _s.Wait.Over();
        return TellAsync();
    }

    private async Task TellAsync()
    {
        _s.Progress.Told();
        _s.Inbox.AskForStatus(asked: false);
        await ReportAsync();
        var (at, total) = (_s.Progress, _s.Budget.Total());
        var parts = _s.Parts.Parts.Select(p => p.Last).OfType<PartReport>().ToArray();
        var status = new StatusView(
            at.State, _input.RequestedBy.Login, at.Step, [.. _flow.Steps(_s), .. StatusSteps.Of(_s, IsOnPull)], at.Words,
            total.Usage.InputTokens, total.Usage.OutputTokens, total.CostUsd + parts.Sum(p => p.CostUsd), at.Facts is null ? 0 : Limits.CostUsd, total.Active)
        {
            PartTokens = parts.Sum(p => p.Tokens),
            Parts = [.. _s.Parts.Parts.Select(p => new PartLine(p.Part.Name, PartsDecider.Word(p), p.Last?.Pull, p.Last?.Url, p.Skipped.Length > 0 ? p.Skipped : p.Last?.Words ?? ""))],
            CostIsKnown = total.CostIsKnown,
            EstimatedRequests = total.Usage.EstimatedRequests,
            Overheard = _s.Inbox.Overheard,
            OverheardFrom = _s.Inbox.OverheardFrom,
            Remarks = [.. _s.Budget.FellBack ? (string[])["The fallback model did part of the work (models.fallback)"] : [], .. _s.Pull.WithoutDraft ? (string[])["The forge offers no drafts for this repository: the pull request is open for review although its checks may still run"] : [], .. at.Facts is { Variant.Length: > 0 } tried ? (string[])[$"The prompts of the variant {tried.Variant} are tried on this task"] : [], .. at.Facts?.Warnings ?? [], .. _s.Pull.CiRemarks, .. at.Facts?.Build?.Notes ?? [], .. _s.Work.RefusedHosts.Select(h => $"Set-up was refused {h}"), .. RedBefore()],
        };
        var (add, remove) = StateLabels.Of(at.State);
        // Only a change of label is worth calls: the first word, and the last, and where it is gone.
        var labels = (at.Version == 1 || at.IsOver || _s.Inbox.LabelsRequested) && _input.Part is null;
        _s.Inbox.AskForLabels(asked: false);
        var input = new ForgeActivities.TellInput(Summary, status, at.RunKey, Page?.Number, labels ? add : null, labels ? remove : []) { IsPull = Page is { IsPull: true } };
        await Workflow.ExecuteActivityAsync((ForgeActivities a) => a.TellAsync(input), Words());
    }

    private IEnumerable<string> RedBefore() =>
        (_s.Work.Trial?.Checks ?? []).Where(c => !c.Passed && c.CannotRun is null).Select(c => $"The check {c.Name} is red on the base, before any change");

    /// <summary>Options of what the task says: the last words go out although the workflow itself was cancelled.</summary>
    private ActivityOptions Words()
    {
        var options = Short;
        if (_s.Progress.IsOver)
            options.CancellationToken = CancellationToken.None;
        return options;
    }

    private Task<ForgeActivities.PostedComment> SayAsync(Subject on, string marker, string body)
    {
        var input = new ForgeActivities.SayInput(_input.Repo, on.Number, marker, body) { IsPull = on.IsPull };
        return Workflow.ExecuteActivityAsync((ForgeActivities a) => a.SayAsync(input), Words());
    }

    /// <summary>Runs an agent to its answer, or to a handoff that is admitted, over segments and outages, within what is left of the budget.</summary>
    private async Task<AgentActivities.AgentStepResult> RunAgentAsync(AgentRole role, Func<AgentActivities.AgentStep, AgentActivities.AgentStep> fill)
    {
        var facts = _s.Progress.Facts!;
        // The critic reads what was said, but changes nothing: it stays there for who does.
        var onlyReads = role == AgentRole.Critic;
        var run = _s.Budget.Run ?? _s.Budget.Start(_s.Progress.RunKey, role, _s.Work.Snapshot, onlyReads ? _s.Inbox.Steering : _s.Inbox.TakeSteering());
        while (true)
        {
            if (HistoryIsLong)
                throw TaskStopException.Again();
            if (run.Asked.Count > 0 && !_s.Inbox.IsFinishing)
            {
                await AwaitWordsAsync(run);
                continue;
            }

            var isCut = _s.Inbox.IsFinishing && role is AgentRole.Coder or AgentRole.Fixer;
            if (isCut)
                run.Segment++;
            foreach (var remark in onlyReads ? [] : _s.Inbox.TakeSteering())
                run.Notes.Add(new SteeringNote(run.Used.Turns, Untrusted.Fence($"comment by {remark.Author}", remark.Text)));
            var step = fill(NewStep(run, facts) with
            {
                Instructions = _input.Part is { IsTogether: true } ? InstructionsOfPart(role) : _flow.Instructions(role),
                FinishesSteps = _flow.WorksInSteps && role is (AgentRole.Coder or AgentRole.Fixer),
                Sections = [.. _flow.Tells(_s, role), .. PlannedElsewhere()],
                Build = facts.Build,
                PolicyBlob = facts.PolicyBlob,
                MapId = facts.MapId,
                Variant = facts.Variant,
                // Who plans is told the plan before, and who codes codes once: the others come back to what they did.
                Session = role is AgentRole.Critic or AgentRole.Fixer ? $"{_s.Progress.RunKey}-{role.ToString().ToLowerInvariant()}" : "",
                SnapshotBytes = _s.Budget.SnapshotBytes,
                Yields = isCut,
                MayAsk = PageForCalls is not null,
                RedOnBase = Shows((_s.Work.Trial?.Checks ?? []).Where(c => !c.Passed)),
            });
            var result = await InterruptibleAsync(token =>
            {
                var options = Within(TimeSpan.FromHours(1));
                options.CancellationToken = token;
                return Workflow.ExecuteActivityAsync((AgentActivities a) => a.RunAgentAsync(step), options);
            }, unless: () => _s.Inbox.IsFinishing && !isCut && role is AgentRole.Coder or AgentRole.Fixer);
            if (result is null)
                continue;
            _s.Budget.Segment(result.Used, result.ByFallback);
            _s.Budget.Store(result.SnapshotBytes);
            if (result.WasResumed)
                _s.Budget.Resume();
            _s.Work.Refused(result.RefusedHosts);
            switch (result.Outcome)
            {
                case AgentActivities.AgentStepOutcome.Completed:
                    _s.Progress.Remark("");
                    _s.Budget.Finish();
                    return result;
                case AgentActivities.AgentStepOutcome.Segment or AgentActivities.AgentStepOutcome.NeedsWord when isCut:
                    _s.Budget.Finish();
                    return result;
                case AgentActivities.AgentStepOutcome.HandedOff when result.Handoff is { } asked:
                    run.Answered();
                    if (Refusal(role, asked) is not { } refusal)
                    {
                        _s.Progress.Remark("");
                        _s.Budget.Finish();
                        return result;
                    }

                    run.RefusedHandoffs.Add(new RefusedHandoff(asked.Turn, refusal));
                    if (run.RefusedHandoffs.Count > MostRefusedHandoffs)
                        throw TaskStopException.Limit($"The {role.ToString().ToLowerInvariant()} keeps handing over where that is not admitted: {refusal}", "Say more precisely what is wanted, or split the task, and ask again.");
                    break;
                case AgentActivities.AgentStepOutcome.Segment:
                    run.Answered();
                    _s.Progress.Remark("");
                    await TellAsync();
                    break;
                case AgentActivities.AgentStepOutcome.NeedsWord:
                    run.Answered();
                    Ask(run, result.Calls);
                    break;
                case AgentActivities.AgentStepOutcome.ModelAway:
                    await WaitForModelAsync(run, result);
                    break;
                case AgentActivities.AgentStepOutcome.BudgetExhausted:
                    throw TaskStopException.Limit(
                        result.Reason, "Raise the limit in the policy file, or make the task smaller, and ask again; on a pull request /agent fix grants a fresh allowance.");
                case AgentActivities.AgentStepOutcome.Failed when result.ErrorType is not null:
                    await WaitForModelAsync(run, result);
                    break;
                default:
                    throw TaskStopException.Limit(result.Reason, "Say more precisely what is wanted, or split the task, and ask again.");
            }
        }
    }

    private string? Refusal(AgentRole role, AgentActivities.AskedHandoff asked) =>
        // What a part goes by was approved as the whole.
        _input.Part is not null && asked.Target == "planner" ? "a part of a task makes no other plan. Do what can be done of this one and say in the report what is missing."
        : HandoffTable.Admit(_s.Progress.State, _input.Kind, role, asked.Target, _s.Plan.GivenUp) is { End: HandoffEnd.Refused } verdict ? verdict.Why : null;

    private AgentActivities.AgentStep NewStep(AgentRunState run, TaskFacts facts) =>
        new(_input.Id, _input.Repo, run, _s.Work.BaseSha, facts.ContextId, facts.Policy, _s.Budget.Left(Limits));

    private async Task<T> InterruptibleAsync<T>(Func<CancellationToken, Task<T>> start)
        where T : class => (await InterruptibleAsync(start, unless: null))!;

#pragma warning disable RS0030 // No timer inside the token source: it is cancelled by a signal or by the workflow, both of which replay.
#pragma warning disable CA1849, MA0042 // CancelAsync runs callbacks on the thread pool, outside the workflow's scheduler.
    /// <summary>Waits for an activity, but not longer than the task itself is wanted: a stop cancels it at its next heartbeat.</summary>
    /// <param name="start">Starts it.</param>
    /// <param name="unless">What else cuts it; the answer is then null. Null for nothing.</param>
    private async Task<T?> InterruptibleAsync<T>(Func<CancellationToken, Task<T>> start, Func<bool>? unless)
        where T : class
    {
        if (_s.Inbox.End is not null)
            throw TaskStopException.Ended();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Workflow.CancellationToken);
        var work = start(stop.Token);
        await Workflow.WaitConditionAsync(() => work.IsCompleted || _s.Inbox.End is not null || unless?.Invoke() == true);
        if (work.IsCompleted)
            return await work;
        stop.Cancel();
        try
        {
            await work;
        }
        catch (Exception e) when (TemporalException.IsCanceledException(e))
        {
            // As asked.
        }

        return _s.Inbox.End is null ? null : throw TaskStopException.Ended();
    }
#pragma warning restore CA1849, MA0042, RS0030
}
