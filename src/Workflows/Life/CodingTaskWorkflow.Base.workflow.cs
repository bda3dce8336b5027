using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Phases;
using CodingAgent.Workflows.Tasks;
using Temporalio.Workflows;

namespace CodingAgent.Workflows.Life;

/// <summary>The base branch moves on while a task works and waits: the work follows it, and is proved again.</summary>
public sealed partial class CodingTaskWorkflow
{
    // A busy base moves faster than checks run: what does not conflict need not be chased for ever.
    private const int MostMovesBeforePublishing = 3;

    // Nobody tells of a push to the base branch; a pull request that waits for a review for days is looked at a few times a day.
    private static readonly TimeSpan BaseLook = TimeSpan.FromHours(3);

    // Only what the task made alone: people who pushed to the branch, and those whose pull request it is, merge as they like.
    private bool FollowsBase => !IsOnPull && !_s.Work.OnForeignWork && _s.Progress.Facts?.AsWritten is not null && Workflow.Patched("follows-base");

    private Task<BaseActivities.BaseReading> ReadBaseAsync(bool takes)
    {
        var facts = _s.Progress.Facts!;
        var step = new BaseActivities.BaseStep(_input.Repo, facts.BaseBranch, _s.Work.BaseSha, _s.Work.Snapshot, _s.Pull.HeadSha, _s.Pull.Number) { Takes = takes, IsOnPeoplesWork = _s.Work.OnForeignWork };
        return Workflow.ExecuteActivityAsync((BaseActivities a) => a.ReadBaseAsync(step), Within(TimeSpan.FromMinutes(20)));
    }

    /// <summary>Looks whether the base moved while the work was made; true when the work must be proved anew, or mended, before it is published.</summary>
    private async Task<bool> FollowBeforePublishingAsync()
    {
        if (_s.Pull.IsPublished || !FollowsBase)
            return false;
        var reading = await ReadBaseAsync(takes: true);
        if (reading.Head is null)
            throw TaskStopException.Failed($"The branch {reading.Branch} that this work is for is gone.", "Make it again, or ask again naming another branch.");
        if (reading.Problem.Length > 0)
            throw TaskStopException.Failed(reading.Problem, "Ask again: the work begins anew on what is there now.");
        if (!reading.IsMoved || (reading.Conflicts.Count == 0 && !reading.IsRewritten && _s.Work.BaseMoves >= MostMovesBeforePublishing))
            return false;
        await RebaseAsync(reading);
        return true;
    }

    /// <summary>Brings a pull request that waits up to its base branch.</summary>
    private async Task FollowWhileWaitingAsync()
    {
        var reading = await ReadBaseAsync(takes: true);
        _s.Pull.BaseRead(StandingOf(reading));
        if (!reading.IsMoved || reading.Problem.Length > 0)
            return;
        _s.Work.BeginRound();
        await RebaseAsync(reading);
    }

    private static BaseStanding? StandingOf(BaseActivities.BaseReading reading) => reading.Head is not null && !reading.IsMoved
        ? null
        : new BaseStanding(reading.Branch, reading.Head, [.. reading.Conflicts.Select(c => c.Path)], reading.MustFollow, reading.Problem);

    /// <summary>Makes the work a change of the base branch's new head: set up anew, tried anew, and mended where both changed the same.</summary>
    private async Task RebaseAsync(BaseActivities.BaseReading reading)
    {
        var order = reading.Conflicts.Count == 0
            ? null
            : new WorkOrder(AgentRole.Fixer) { Conflicts = [.. reading.Conflicts.Select(c => c.Words.Length > 0 ? $"{c.Path}: {c.Words}" : c.Path)] };
        if (reading.Snapshot is not { } snapshot)
            throw TaskStopException.Limit($"{reading.Branch} holds all of this change already, so nothing of it is left.", "Close what is open, or say what is still missing and ask again.");
        // What the critic has read is read, where git put both together by itself.
        _s.Work.Rebase(reading.Head!, snapshot, isRead: order is null && _s.Work.Evidence?.TreeId == _s.Work.CriticisedTree ? SnapshotRef.Parse(snapshot).TreeId : null);
        if (_s.Pull.IsPublished)
            _s.Work.Answer(order, [], [], snapshot);
        else if (order is not null)
            _s.Work.Send(order);
        _s.Progress.GoTo(order is null ? TaskState.Verifying : StateOfWork);
        _s.Progress.Remark(order is null
            ? $"{reading.Branch} has moved on; the work is put on its new head and checked again."
            : $"{reading.Branch} has moved on and changed the same as this work in {Gatekeeper.List([.. reading.Conflicts.Select(c => c.Path)])}.");
        await SetUpAnewAsync(_s.Progress.Facts! with { BaseBranch = reading.Branch, BaseSha = reading.Head!, AsWritten = reading.Policy, PolicyBlob = reading.PolicyBlob });
        if (order is null || !Workflow.Patched("makes-anew") || await _flow.MakeAnewAsync(this, snapshot, [.. reading.Conflicts.Select(c => c.Path)]) is not { } anew)
            return;
        _s.Work.MadeAnew(anew);
        _s.Progress.GoTo(TaskState.Verifying);
        _s.Progress.Remark($"{reading.Branch} has moved on; what code wrote is made anew on its new head and checked again.");
    }

    /// <summary>Sets up and tries the commit that the work is a change of now, where that is another than the last one.</summary>
    private async Task SetUpAnewAsync(TaskFacts facts)
    {
        _s.Progress.Loaded(await BuildAsync(facts with { Policy = facts.AsWritten! }));
        await TryBaseAsync(patience: null);
    }
}
