using System.Globalization;
using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Definitions;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Apply;
using CodingAgent.Workflows.Phases;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;
using Temporalio.Api.Enums.V1;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace CodingAgent.Workflows.Life;

/// <summary>From an order to a published head: edit, verify, critique, publish, each sending the work back when it finds fault.</summary>
public sealed partial class CodingTaskWorkflow
{
    private const int MaxCritiqueRounds = 2;
    private const int MaxGateAttempts = 2;

    // Longer than a restart.
    private static readonly TimeSpan ApplierPatience = TimeSpan.FromMinutes(10);

    private TaskState StateOfWork => _s.Work.InFeedback ? TaskState.AddressingFeedback : TaskState.Editing;

    // A fix works without one; what may stand there is somebody's agreement to some files.
    private Plan? PlanOfWork => !IsOnPull ? _s.Plan.Current : null;

    private Task PrepareAsync()
    {
        if (Divides())
            return Task.CompletedTask;
        _s.Work.Send(new WorkOrder(AgentRole.Coder));
        _s.Work.ResetAttempts();
        // Asked for before there was anything to mend.
        _s.Inbox.AskToFix(asked: false);
        _s.Progress.GoTo(TaskState.Editing);
        return Task.CompletedTask;
    }

    private async Task EditAsync()
    {
        var order = _s.Work.Order ?? new WorkOrder(AgentRole.Fixer);
        // The work went back to an older commit than the one that was set up last.
        if (_s.Progress.Facts is { AsWritten: not null } facts && facts.BaseSha != _s.Work.BaseSha && !_s.Work.OnForeignWork)
            await SetUpAnewAsync(facts with { BaseSha = _s.Work.BaseSha });
        if (_trial is not null || _s.Work.Trial is null)
        {
            _s.Progress.Enter(StateOfWork, "The checks run on the base");
            await TryBaseAsync(patience: null);
        }

        if (order.Role == AgentRole.Coder && await _flow.EditAsync(this) is { } made)
        {
            _s.Work.Delivered(made.Report, made.Snapshot);
        }
        else
        {
            await EnterAsync(StateOfWork, order.Role == AgentRole.Coder ? "The coder edits and tests" : "The fixer mends what was found");
            var result = await RunAgentAsync(order.Role, step => step with { Plan = PlanOfWork, Work = order });
            if (result.Handoff?.Target == "planner")
            {
                _s.Work.BeginAnew();
                _s.Plan.GiveUp($"The {order.Role.ToString().ToLowerInvariant()} says that the plan cannot be carried out: {OutputContract.Read<HandoffReason>(result.Output!).Reason}");
                _s.Progress.GoTo(TaskState.Planning);
                return;
            }

            _s.Work.Delivered(result.Output is { } output ? OutputContract.Read<CoderReport>(output) : CutShort, result.Snapshot, result.Steps);
        }

        if (_s.Inbox.IsFinishing && !_s.Work.IsAhead)
            return;
        if (_s.Work.InFeedback && SnapshotRef.SameTree(_s.Work.Snapshot, _s.Work.PublishedSnapshot))
        {
            // Nothing changed: the round ends with words alone.
            await FinishRoundAsync(null);
            return;
        }

        // What was proved of this very tree stays proved; proving it again would only cost time.
        if (_s.Work.Evidence?.TreeId != TreeOfWork)
            _s.Work.Checked(null);
        _s.Progress.GoTo(TaskState.Verifying);
    }

    // What the agent would have written itself.
    private CoderReport CutShort => new(
        $"chore: what was there when {_s.Inbox.FinishedBy} finished the task", "The work was finished early: this is as far as it went, and may lack a part of what was asked for.",
        $"{_s.Inbox.FinishedBy} asked for it (/agent finish).", "Run the repository's checks.", "Revert the commit.", []);

    private bool IsAtWork => _s.Progress.State is TaskState.Editing or TaskState.AddressingFeedback && _s.Work.Order is not null;

    // Once people look at it, it is mended as any other.
    private ShownRed? RedToShow => _input.Part is not null && !_s.Pull.IsPublished ? _flow.ShowsRed(_s) : null;

    private string? TreeOfWork => _s.Work.Snapshot is { } snapshot ? SnapshotRef.Parse(snapshot).TreeId : _s.Progress.Facts!.Build?.BaseTree;

    private async Task VerifyAsync()
    {
        var policy = _s.Progress.Facts!.Policy;
        var known = _s.Work.Evidence;
        var evidence = known ?? await ProveAsync(policy);
        if (_s.Inbox.IsFinishing)
        {
            // Nobody mends any more; the gates judge what is there.
            await _flow.ProveAsync(this, evidence);
            _s.Progress.GoTo(TaskState.Publishing);
            return;
        }

        if (RedToShow is not null)
        {
            _s.Progress.GoTo(TaskState.Publishing);
            return;
        }

        var red = evidence.Checks.Where(c => !c.Passed).ToArray();
        // What was red before is looked at once: the task may be about it, or may have nothing to do with it.
        var mended = Array.TrueForAll(red, c => c.RedOnBase) && (_s.Work.CheckAttempts > 0 || _s.Work.InFeedback);
        if (red.Length == 0 || mended)
        {
            if (await _flow.ProveAsync(this, evidence) is { } missing)
            {
                if (!_s.Work.MayMendChecks(policy.Limits.CiAttempts))
                {
                    throw TaskStopException.Limit(
                        $"What this kind of task has to prove is not proved after {policy.Limits.CiAttempts} attempts: {string.Join(" ", missing.GateProblems)}",
                        "Say in a comment what is missing, or raise limits.ci_attempts, and ask again.", missing.FailedChecks);
                }

                SendBack(missing);
                return;
            }

            // A small answer to a review is read by the reviewer; the self-review is for the first version, and once for each.
            var read = _s.Work.InFeedback || _s.Work.CritiqueRounds >= MaxCritiqueRounds || _s.Work.CriticisedTree == evidence.TreeId;
            _s.Progress.GoTo(read ? TaskState.Publishing : TaskState.Critiquing);
            return;
        }

        var names = string.Join(", ", red.Select(c => c.Name));
        if (known is not null)
        {
            throw TaskStopException.Limit(
                $"The checks are red ({names}), and the fixer found nothing to change.", "Look at the output below, say in a comment what is missing, and ask again.", Shows(red));
        }

        if (!_s.Work.MayMendChecks(policy.Limits.CiAttempts))
        {
            throw TaskStopException.Limit(
                $"The checks are still red after {policy.Limits.CiAttempts} attempts ({names}).",
                "Look at the output below, say in a comment what is missing, or raise limits.ci_attempts, and ask again.", Shows(red));
        }

        SendBack(new WorkOrder(AgentRole.Fixer)
        {
            FailedChecks = [.. red.Zip(Shows(red), (c, shown) => c.RedOnBase ? shown with { Outcome = $"{shown.Outcome}, and red before the change too: mend it only if the task is about it" } : shown)],
        });
    }

    /// <summary>Runs the checks on exactly the tree that would be published.</summary>
    private async Task<Evidence> ProveAsync(RepositoryPolicy policy)
    {
        await EnterAsync(TaskState.Verifying, policy.Checks.Count == 0 ? "No checks are known" : "The checks run on a clean copy");
        var evidence = await CheckAsync(_s.Work.Snapshot, $"checks-{_s.Budget.RunNumber}");
        var before = _s.Work.Trial?.Checks.Where(c => !c.Passed).Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        evidence = evidence with { Checks = [.. evidence.Checks.Select(c => c with { RedOnBase = before?.Contains(c.Name) == true })] };
        _s.Work.Checked(evidence);
        return evidence;
    }

    private async Task<Evidence> CheckAsync(string? snapshot, string name)
    {
        var (policy, build) = (_s.Progress.Facts!.Policy, _s.Progress.Facts.Build);
        var step = new WorkspaceActivities.ChecksStep(_input.Repo, _s.Work.BaseSha, snapshot, policy, build, $"{_s.Progress.RunKey}-{name}") { Plan = PlanOfWork };
        var began = Now;
        var evidence = await InterruptibleAsync(token =>
        {
            var options = Within((policy.Sandbox.Timeout * (policy.Checks.Count + (build?.Setup.Count ?? 0))) + TimeSpan.FromMinutes(20));
            options.CancellationToken = token;
            return Workflow.ExecuteActivityAsync((WorkspaceActivities a) => a.RunChecksAsync(step), options);
        });
        _s.Budget.Add(Now - began);
        _s.Work.Refused(evidence.RefusedHosts);
        return evidence;
    }

    private async Task CritiqueAsync()
    {
        if (_s.Inbox.IsFinishing)
        {
            _s.Progress.GoTo(TaskState.Publishing);
            return;
        }

        await EnterAsync(TaskState.Critiquing, "The critic reads the change");
        var result = await RunAgentAsync(AgentRole.Critic, step => step with
        {
            Plan = PlanOfWork,
            Report = _s.Work.Report,
            EvidenceLines = [.. (_s.Work.Evidence?.Checks ?? []).Select(c => $"{c.Name}: exit code {c.ExitCode} ({c.Ending})")],
        });
        var critique = OutputContract.Read<Critique>(result.Output!);
        if (_s.Work.Criticised(critique, MaxCritiqueRounds))
            SendBack(new WorkOrder(AgentRole.Fixer) { Findings = critique.Findings });
        else
            _s.Progress.GoTo(TaskState.Publishing);
    }

    private async Task PublishAsync()
    {
        if (await FollowBeforePublishingAsync())
            return;
        await ProveStepsAsync();
        await EnterAsync(TaskState.Publishing, "The gates judge the change; then it is pushed");
        var total = _s.Budget.Total();
        var kind = _s.Work.InFeedback ? "feedback" : "implement";
        var step = new ApplyActivities.PublishStep(
            _input.Id, _input.Repo, _s.Progress.Facts!.Title, _s.Work.BaseSha, _s.Work.Snapshot, _s.Pull.Branch!, _s.Pull.HeadSha, _s.Work.Report!,
            string.Create(CultureInfo.InvariantCulture, $"{kind}-{_s.Budget.RunNumber}"), Now)
        {
            Records = new ApplyActivities.StepRecords(_input.Record, _s.Plan.Record, _s.Plan.Approval, _s.Progress.Facts.BuildRecord, _s.Work.Evidence?.Record, _s.Work.Trials) { Flow = _flow.Records(_s), PartPaths = _input.Part?.Part.Paths },
            PlanComment = _s.Plan.CommentId,
            Commits = _s.Work.Steps,
            Latest = _s.Work.Latest,
            Pull = _s.Pull.Number,
            Siblings = _s.Parts.PartTogether?.Siblings ?? "",
            OpenFindings = _s.Work.OpenFindings,
            CostUsd = total.CostUsd,
            CostIsKnown = total.CostIsKnown,
            Tokens = total.Usage.InputTokens + total.Usage.OutputTokens,
        };
        var outcome = await ApplyAsync(step);
        _s.Work.Judged(outcome.Verdicts, outcome.Proved);
        if (outcome.Conflict.Length > 0)
        {
            // Their head is adopted before the task parks: adopting it later would take the reason for parking away unread.
            await ReadPullAsync();
            throw TaskStopException.Limit(outcome.Conflict, "I leave those commits alone. Comment /agent fix to go on from them.");
        }

        if (outcome.HeadSha is not { } head)
        {
            var refused = outcome.Verdicts.Where(v => !v.Passed).ToArray();
            if (_s.Inbox.IsFinishing)
            {
                await EndAsync(TaskState.Stopped, $"finished by {_s.Inbox.FinishedBy}; what was there is not published: {string.Join(" ", refused.Select(v => v.Message))}");
                return;
            }

            if (Array.Exists(refused, v => v.IsForPeople))
                throw TaskStopException.Limit($"The change is held back: {string.Join(" ", refused.Select(v => v.Message))}", "No edit mends that, so no agent was asked.");
            // What only takes a person's word is asked, not mended; what is mostly a slip only when the fixer has seen it.
            var asks = Array.FindAll(refused, v => v.Asks.Count > 0 && (!v.FixerFirst || _s.Work.GateAttempts > 0));
            if (asks.Length == refused.Length)
            {
                await AskAboutAsync([.. asks.SelectMany(v => v.Asks).Distinct()]);
                return;
            }

            refused = [.. refused.Except(asks)];
            if (!_s.Work.MayMendGates(MaxGateAttempts))
            {
                throw TaskStopException.Limit(
                    $"The gates keep the change back: {string.Join(" ", refused.Select(v => v.Message))}",
                    "Change the policy file if it is too strict, or reject the plan and ask for a wider one.");
            }

            SendBack(new WorkOrder(AgentRole.Fixer) { GateProblems = [.. refused.Select(v => $"{v.Gate}: {v.Message}")] });
            return;
        }

        var (shownRed, isFirst) = (RedToShow, !_s.Pull.IsPublished);
        _s.Pull.KeepDraft(shownRed?.Why ?? "");
        _s.Pull.Published(head, outcome.Pull, outcome.PullUrl, Now);
        if (outcome.WithoutDraft)
            _s.Pull.OpenedWithoutDraft();
        _s.Work.Published();
        _s.Parts.ToldSiblings(step.Siblings);
        _s.Inbox.LookAtCi();
        await FinishRoundAsync(head);
        if (isFirst && outcome.Pull is { } pull && _flow.Subject(_s) is { } subject && Workflow.Patched("retires-older"))
            await RetireOlderAsync(pull, subject);
        if (shownRed is not null)
            throw TaskStopException.Limit(shownRed.Why, shownRed.WhatToDo, shownRed.Shows);
    }

    /// <summary>Runs the checks on each step that is to be a commit; the applier makes one of none that is not green.</summary>
    private async Task ProveStepsAsync()
    {
        var steps = _s.Work.Steps.Where(s => s.Record is null && SnapshotRef.Parse(s.Snapshot).TreeId != TreeOfWork).ToArray();
        for (var i = 0; i < steps.Length && !_s.Inbox.IsFinishing; i++)
        {
            await EnterAsync(TaskState.Verifying, string.Create(CultureInfo.InvariantCulture, $"The checks run on step {i + 1} of {steps.Length}"));
            _s.Work.Checked(steps[i], (await CheckAsync(steps[i].Snapshot, $"step-{_s.Budget.RunNumber}-{i + 1}")).Record);
        }
    }

    /// <summary>Pull requests of ours that this one takes the place of are closed, and their tasks end.</summary>
    private async Task RetireOlderAsync(int pull, TaskSubject subject)
    {
        var input = new ForgeActivities.RetireInput(_input.Id, pull, subject);
        var retired = await Workflow.ExecuteActivityAsync((ForgeActivities a) => a.RetireOlderAsync(input), Short);
        foreach (var task in retired)
            await TellTaskAsync(task, new CodingTaskSignal.EndedByTask($"{_s.Progress.RunKey}/retired", _input.RequestedBy.Login, Now, TaskState.Closed, $"#{pull} takes its place ({subject})"));
    }

    /// <summary>Has the applier publish, and says so when no applier takes it up.</summary>
    private async Task<ApplyActivities.PublishOutcome> ApplyAsync(ApplyActivities.PublishStep step)
    {
        var options = Within(TimeSpan.FromMinutes(30));
        options.TaskQueue = TaskQueues.ApplyOf(Workflow.Info.TaskQueue);
        options.ScheduleToStartTimeout = _input.ApplierPatience ?? ApplierPatience;
        while (true)
        {
            try
            {
                var outcome = await Workflow.ExecuteActivityAsync((ApplyActivities a) => a.PublishAsync(step), options);
                _s.Progress.Remark("");
                return outcome;
            }
            catch (ActivityFailureException e) when (e.InnerException is TimeoutFailureException { TimeoutType: TimeoutType.ScheduleToStart } && _s.Inbox.End is null)
            {
                _s.Progress.Remark("No applier has taken this up: the operator should see that a process with --role apply (or all) runs. Nothing is lost.");
                await TellAsync();
            }
        }
    }

    /// <summary>Answers the threads and goes back to waiting.</summary>
    private async Task FinishRoundAsync(string? headSha)
    {
        if (_s.Work.Answers.Count > 0 && _s.Pull.Number is { } pull)
        {
            var answers = new ForgeActivities.AnswersInput(
                _input.Repo, pull, _s.Progress.RunKey, _s.Work.Round, _s.Work.Answers, headSha, _s.Progress.Facts!.Policy.Review.ResolveThreads);
            await Workflow.ExecuteActivityAsync((ForgeActivities a) => a.AnswerThreadsAsync(answers), Short);
        }

        _s.Work.EndRound();
        _s.Inbox.LookAtCi();
        _s.Wait.Over();
        _s.Progress.GoTo(TaskState.AwaitingCi);
    }

    private void SendBack(WorkOrder order)
    {
        _s.Work.Send(order);
        _s.Progress.GoTo(StateOfWork);
    }
}
