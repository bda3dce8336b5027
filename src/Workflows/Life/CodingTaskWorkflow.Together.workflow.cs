using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Definitions;
using CodingAgent.Forges;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Phases;
using CodingAgent.Workflows.Tasks;
using Temporalio.Workflows;

namespace CodingAgent.Workflows.Life;

/// <summary>
/// A task that changes several repositories: each is planned on its own tree, all of it is one plan, a part carries it out in each, and none of their
/// pull requests is made ready before all are green.
/// </summary>
public sealed partial class CodingTaskWorkflow
{
    private const string PlansInOne =
        "This task may change several repositories. Each is planned on its own tree, one after the other, and all of it together is the plan that people approve. Plan only files of the repository that you are in. "
        + "Where nothing has to change here, answer with no edits and no tests, and say in the goal why.";

    private const string WorksInOne =
        "This task changes several repositories at once; you work in one of them, and what is planned for the others is done there at the same time. Change only this one, and keep to what its plan says about the names and forms that both sides share.";

    // Where people speak to the whole.
    private string WhereAsked => _input.Issue is { } issue ? $"{_input.Repo.FullName}#{issue}" : "the task itself (over REST)";

    /// <summary>Sets up the other repositories of a task: what stands in the way there stands in the way of the whole.</summary>
    private async Task<TaskFacts> BuildOthersAsync(TaskFacts facts)
    {
        var built = new List<OtherRepository>();
        foreach (var other in facts.Others)
        {
            await EnterAsync(_s.Progress.State, $"{other.Repo.FullName} is set up in the sandbox");
            var prepared = await SetUpAsync(new WorkspaceActivities.PrepareStep(other.Repo, other.BaseSha, other.Policy) { About = facts.Title });
            if (prepared.Problem is { } problem)
            {
                throw TaskStopException.Limit(
                    $"In {other.Repo.FullName}, which this task may change too: {problem.Reason}", $"{problem.WhatToDo} Or take it out of 'repositories' in this repository's policy.", problem.Shows);
            }

            built.Add(other with { Policy = prepared.Policy, Build = prepared.Build, MapId = prepared.MapId });
        }

        return facts with { Others = built };
    }

    /// <summary>Plans the task's own repository, then each other one, and joins them to one plan.</summary>
    private async Task<PlannedByCode> PlanTogetherAsync()
    {
        var facts = _s.Progress.Facts!;
        var before = _s.Plan.Current;
        if (_s.Plan.Drafts.Count == 0)
            await DraftAsync(_input.Repo, before, step => step);
        foreach (var other in facts.Others.Where(o => _s.Plan.Drafts.All(d => d.Repo != o.Repo)).ToArray())
        {
            await DraftAsync(other.Repo, before?.Others?.FirstOrDefault(o => o.Repository == other.Repo.FullName)?.Plan, step => step with
            {
                Repo = other.Repo,
                BaseSha = other.BaseSha,
                ContextId = other.ContextId,
                Policy = other.Policy,
                PolicyBlob = other.PolicyBlob,
                Build = other.Build,
                MapId = other.MapId,
                RedOnBase = [],
            });
        }

        var input = new AgentActivities.JoinStep(_input.Id, [.. _s.Plan.Drafts.Select(d => d.Record)]);
        var joined = await Workflow.ExecuteActivityAsync((AgentActivities a) => a.JoinPlansAsync(input), Short);
        return new PlannedByCode(joined.Plan, joined.Record);
    }

    private async Task DraftAsync(RepoRef repo, Plan? before, Func<AgentActivities.AgentStep, AgentActivities.AgentStep> there)
    {
        await EnterAsync(TaskState.Planning, $"The planner {(_s.Plan.Version == 0 ? "reads" : "plans anew in")} {repo.FullName}");
        var result = await RunAgentAsync(AgentRole.Planner, step => there(step) with
        {
            IsDraft = true,
            Plan = before is null ? null : before with { Others = null },
            ReplanReason = _s.Plan.ReplanReason,
            Instructions = PlansInOne,
            Sections =
            [
                .. step.Sections,
                new BriefSection("Repositories that this task may change", string.Join('\n', _s.Progress.Facts!.Others.Select(o => o.Repo.FullName).Prepend(_input.Repo.FullName))),
                .. _s.Plan.Drafts.Select(d => Planned(d.Repo.FullName, d.Plan)),
            ],
        });
        _s.Plan.Draft(new PlanDraft(repo, OutputContract.Read<Plan>(result.Output!), result.Record!, result.OutsideRoots));
    }

    /// <summary>Why somebody's word does not do for a plan of several repositories; null when it does.</summary>
    private async Task<string?> MayNotApproveAsync(string login)
    {
        if (_s.Plan.Current?.Others is not { } others)
            return null;
        IReadOnlyList<RepoRef> repos = [.. _s.Progress.Facts!.Others.Select(o => o.Repo).Where(r => others.Any(o => o.Repository == r.FullName))];
        var refused = await Workflow.ExecuteActivityAsync((ForgeActivities a) => a.FindNotWritableAsync(login, repos), Short);
        return refused.Count == 0 ? null : $"{login} has no write access to {string.Join(", ", refused.Select(r => r.FullName))}, which this plan changes too. Somebody who may write to all of them has to approve it.";
    }

    /// <summary>What is planned beside a part, in other repositories.</summary>
    private IReadOnlyList<BriefSection> PlannedElsewhere()
    {
        if (_input.Part is not { IsTogether: true, Plan: { Others: { } others } plan } part)
            return [];
        return [.. part.Part.Repo is null ? (BriefSection[])[] : [Planned(_input.Id.Repo.FullName, plan)], .. others.Where(o => o.Repository != _input.Repo.FullName).Select(o => Planned(o.Repository, o.Plan))];
    }

    private static BriefSection Planned(string repository, Plan plan) => new(
        $"Planned for the same task in {repository}", $"{plan.Goal}\n{string.Join('\n', plan.Edits.Concat(plan.Tests).Select(e => $"{e.Path}: {e.Intent}{(e.Functions.Count > 0 ? $" ({string.Join(", ", e.Functions)})" : "")}"))}");

    private string InstructionsOfPart(AgentRole role) => string.Join("\n\n", new[] { _flow.Instructions(role), WorksInOne }.Where(i => i.Length > 0));

    /// <summary>Of the whole: makes ready what may be, and says to parts and people what holds the rest.</summary>
    private async Task HoldTogetherAsync()
    {
        if (PartsDecider.AreAllGreen(_s.Parts))
            _s.Parts.Release();
        await TellTogetherAsync();
        var brokeOff = PartsDecider.WhatBrokeOff(_s.Parts, WhereAsked);
        _s.Progress.Remark(brokeOff);
        if (brokeOff.Length > 0 && brokeOff != _s.Parts.PartsHeldTold && Page is { } page)
            await TryAsync(() => SayAsync(page, Markers.Finding(_s.Progress.RunKey, "together"), Replies.BrokeOff(brokeOff)));
        _s.Parts.ToldHeld(brokeOff);
    }

    private async Task TellTogetherAsync()
    {
        foreach (var part in _s.Parts.Open.ToArray())
        {
            var news = PartsDecider.NewsOf(_s.Parts, part, WhereAsked);
            if (news == part.Together)
                continue;
            var number = _s.Parts.TellTogether(part.Key, news);
            await TellTaskAsync(PartId(part), new CodingTaskSignal.TogetherChanged($"{_s.Progress.RunKey}/together-{number}", _input.RequestedBy.Login, Now, news));
        }
    }

    /// <summary>Of a part that a person finishes with the rest: what is green is made ready before it ends.</summary>
    private async Task ReleaseAsync()
    {
        if (_s.Parts.PartTogether is not { IsReleased: true } || !_s.Pull.IsPublished || _s.Pull.Number is not { } number || PullDecider.Decide(_s, _s.Progress.Facts!.Policy, Now) is not PullStep.MarkReady)
            return;
        await TryAsync(() => Workflow.ExecuteActivityAsync((ForgeActivities a) => a.MarkReadyAsync(_input.Repo, number), Short));
        _s.Pull.MarkedReady();
    }
}
