using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Phases;
using CodingAgent.Workflows.Tasks;
using Temporalio.Workflows;

namespace CodingAgent.Workflows.Life;

/// <summary>Before money is spent: the repository is set up, its checks are known, and the base is tried.</summary>
public sealed partial class CodingTaskWorkflow
{
    // A missing program or SDK shows at once; a suite that takes longer goes on beside the planning.
    private static readonly TimeSpan TrialPatience = TimeSpan.FromMinutes(1);

    // Room comes back by hand, or when other tasks end.
    private static readonly TimeSpan RoomLook = TimeSpan.FromMinutes(1);

    // Not part of the state: after continue-as-new it is begun again, and what the worker has run before it answers from its cache.
    private Task<Evidence>? _trial;

    /// <summary>Sets the repository up; fails with words when it cannot be, or when nothing is known that could prove a change.</summary>
    private async Task<TaskFacts> BuildAsync(TaskFacts facts)
    {
        await EnterAsync(_s.Progress.State, "The repository is set up in the sandbox");
        var step = new WorkspaceActivities.PrepareStep(_input.Repo, facts.BaseSha, facts.Policy, IsOnPull || _s.Pull.IsPublished ? null : NewBranch)
        {
            // Who mends what is there has the change to go by.
            About = IsOnPull || _s.Pull.IsPublished ? null : facts.Title,
        };
        var prepared = await SetUpAsync(step);
        if (prepared.Problem is { } problem)
            throw TaskStopException.Limit(problem.Reason, problem.WhatToDo, problem.Shows);
        return facts with { Policy = prepared.Policy, AsWritten = facts.Policy, Build = prepared.Build, BuildRecord = prepared.Record, MapId = prepared.MapId ?? facts.MapId };
    }

    /// <summary>Has a repository set up, as soon as there is room for that.</summary>
    private async Task<WorkspaceActivities.Prepared> SetUpAsync(WorkspaceActivities.PrepareStep step)
    {
        var (state, began) = (_s.Progress.State, Now);
        var prepared = await PrepareAsync(step);
        if (prepared.WaitsFor is { } why)
        {
            _s.Progress.Remark($"{why} Nothing is lost: this task goes on by itself as soon as there is room.");
            await EnterAsync(state, "Waiting for room on the disk");
            while (prepared.WaitsFor is not null)
            {
                if (HistoryIsLong)
                    throw TaskStopException.Again();
                await Workflow.WaitConditionAsync(() => _s.Inbox.End is not null, RoomLook);
                began = Now;
                prepared = await PrepareAsync(step);
            }

            _s.Progress.Remark("");
        }

        _s.Budget.Add(Now - began);
        _s.Work.Refused(prepared.RefusedHosts);
        return prepared;
    }

    private Task<WorkspaceActivities.Prepared> PrepareAsync(WorkspaceActivities.PrepareStep step) => InterruptibleAsync(token =>
    {
        // How many commands set-up has is known when it was detected; each has the policy's limit.
        var options = Within((step.Policy.Sandbox.Timeout * 10) + TimeSpan.FromMinutes(20));
        options.CancellationToken = token;
        return Workflow.ExecuteActivityAsync((WorkspaceActivities a) => a.PrepareAsync(step), options);
    });

    /// <summary>
    /// Runs the checks on the base as it is: whether they can run here at all is known before a model is asked, which of them are red
    /// before anything is edited.
    /// </summary>
    /// <param name="patience">How long to wait for it now; null until it is over.</param>
    private async Task TryBaseAsync(TimeSpan? patience)
    {
        if (_s.Work.Trial is not null || _s.Progress.Facts!.Policy.Checks.Count == 0)
            return;
        var (policy, build) = (_s.Progress.Facts!.Policy, _s.Progress.Facts.Build);
        if (build is null)
            return;
        _trial ??= InterruptibleAsync(token =>
        {
            var options = Within((policy.Sandbox.Timeout * (policy.Checks.Count + build.Setup.Count)) + TimeSpan.FromMinutes(20));
            options.CancellationToken = token;
            var step = new WorkspaceActivities.ChecksStep(_input.Repo, _s.Work.BaseSha, null, policy, build, $"{_s.Progress.RunKey}-base-{_s.Work.BaseSha[..12]}");
            return Workflow.ExecuteActivityAsync((WorkspaceActivities a) => a.RunChecksAsync(step), options);
        });
        if (patience is { } limit && !await Workflow.WaitConditionAsync(() => _trial.IsCompleted || _s.Inbox.End is not null, limit))
            return;
        var running = _trial;
        _trial = null;
        var evidence = await running;
        _s.Work.Tried(evidence);
        _s.Work.Refused(evidence.RefusedHosts);
        LeaveOutWhatIsOptional(evidence);
        LeaveOutWhatCannotRun(evidence);
    }

    /// <summary>What only CI has beside the tests and is red before anything changed proves nothing here.</summary>
    private void LeaveOutWhatIsOptional(Evidence trial)
    {
        if (_s.Progress.Facts is not { Build: { } build } facts)
            return;
        var red = trial.Checks.Where(c => !c.Passed && build.Detected.Any(d => d.Optional && d.Name == c.Name)).Select(c => c.Name).ToArray();
        if (red.Length == 0)
            return;
        _s.Progress.Loaded(facts with
        {
            Policy = facts.Policy with { Checks = [.. facts.Policy.Checks.Where(c => !red.Contains(c.Name))] },
            Build = build with { Notes = [.. build.Notes, .. red.Select(name => $"The check {name} is red on the base and was left out: no test, and nobody asked for it")] },
        });
    }

    /// <summary>A detected check that cannot run here is left out, as long as another one can; a check that people named is theirs to mend.</summary>
    private void LeaveOutWhatCannotRun(Evidence trial)
    {
        var cannot = trial.Checks.Where(c => c.CannotRun is not null && _s.Progress.Facts!.Policy.Checks.Any(p => p.Name == c.Name)).ToArray();
        if (cannot.Length == 0)
            return;
        var facts = _s.Progress.Facts!;
        var left = facts.Policy.Checks.Where(c => !Array.Exists(cannot, x => x.Name == c.Name)).ToArray();
        if (left.Length > 0 && facts.Build is { Detected.Count: > 0 } build)
        {
            var notes = cannot.Select(c => $"The check {c.Name} cannot run here and was left out: {c.CannotRun}");
            _s.Progress.Loaded(facts with { Policy = facts.Policy with { Checks = left }, Build = build with { Notes = [.. build.Notes, .. notes] } });
            return;
        }

        var words = string.Join(" ", cannot.Select(c => $"The check {c.Name} cannot run here: {c.CannotRun!.TrimEnd('.')}."));
        throw TaskStopException.Limit(
            words, $"Mend the worker's toolchain or the 'setup', 'checks' or 'sandbox' keys of {ForgeTerms.Of(_input.Repo).PolicyPath}, then ask again. No model was asked about it.", Shows(cannot));
    }

    private static FailedCheck[] Shows(IEnumerable<CheckEvidence> checks) =>
        [.. checks.Select(c => new FailedCheck(c.Name, c.Ending == "exited" ? $"exit code {c.ExitCode}" : c.Ending, c.OutputTail) { Command = c.Command })];
}
