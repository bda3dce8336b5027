using CodingAgent.Agents;
using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;
using Temporalio.Workflows;

namespace CodingAgent.Workflows.Flows.CodingTask;

/// <summary>From the request to an approved plan.</summary>
public sealed partial class CodingTaskWorkflow
{
    // Seen in practice: planning reads little; editing, checks and reviews cost several times as much.
    private const decimal WorkPerPlanningCost = 8;
    private const int MaxPlans = 10;

    private async Task LoadAsync()
    {
        await EnterAsync(TaskState.Authorizing, "Reading the request and the repository's policy");
        var loaded = await Workflow.ExecuteActivityAsync((ForgeActivities a) => a.LoadTaskAsync(_input), Short);
        if (loaded.PolicyErrors.Count > 0)
        {
            if (Number is { } number)
                await TryAsync(() => SayAsync(number, Markers.Outcome(_s.RunKey), Replies.PolicyErrors(".github/coding-agent.yml", "the default branch", loaded.PolicyErrors)));
            var first = loaded.PolicyErrors[0];
            await EndAsync(TaskState.Failed, $"The policy file cannot be used: line {first.Line}: {first.Message}");
            return;
        }

        if (loaded.Facts is not { } facts)
            throw TaskStopException.Failed($"I cannot start: {loaded.Refusal}", loaded.WhatToDo);
        if (facts.Policy.Checks.Count == 0)
        {
            var checks = await Workflow.ExecuteActivityAsync((WorkspaceActivities a) => a.DetectChecksAsync(_input.Repo, facts.BaseSha), Within(TimeSpan.FromMinutes(20)));
            facts = facts with { Policy = facts.Policy with { Checks = checks } };
        }

        _s.Facts = facts;
        _s.BaseSha = facts.BaseSha;
        if (_input.Kind == TaskKind.Fix)
        {
            // The branch is a person's: their commits are the base, and only what comes on top is judged.
            _s.Branch = facts.Branch;
            _s.PullUrl = facts.PullUrl;
            _s.HeadSha = facts.BaseSha;
            _s.CiSince = Now;
            _s.OnForeignWork = true;
            _s.IsReady = true;
            _s.FixRequested = true;
            _s.State = TaskState.AddressingFeedback;
            return;
        }

        _s.Branch = $"{TaskBranch.Prefix}{(_input.Issue is { } issue ? $"issue-{issue}" : "goal")}-{_s.RunKey[..6]}";
        _s.State = TaskState.Planning;
    }

    private async Task PlanAsync()
    {
        await EnterAsync(TaskState.Planning, _s.PlanVersion == 0 ? "The planner reads the repository" : "The planner makes a new plan");
        if (_s.PlanVersion >= MaxPlans)
            throw TaskStopException.Failed($"{MaxPlans} plans were made and none was approved.", "Describe in the issue what is wanted and ask again.");
        var before = _s.Total().CostUsd;
        var result = await RunAgentAsync(AgentRole.Planner, step => step with { Plan = _s.Plan, ReplanReason = _s.ReplanReason });
        var plan = OutputContract.Read<Plan>(result.Output!);
        _s.Plan = plan;
        _s.PlanVersion++;
        _s.PlanHash = PlanHash.Of(plan, _s.BaseSha, _s.Facts!.PolicyBlob);
        _s.PlanPostedAt = null;
        _s.ApprovedBy = null;

        var policy = _s.Facts.Policy;
        // A plan that changes nothing only asks; going on without an answer would be guessing.
        var asks = plan.Edits.Count == 0 && plan.Tests.Count == 0;
        var needsApproval = asks || policy.Approval != PlanApproval.Never;
        var estimate = Math.Min(policy.Limits.CostUsd, Math.Round((_s.Total().CostUsd - before) * WorkPerPlanningCost, 2));
        if (Number is { } number)
        {
            var posted = await SayAsync(number, Markers.Plan(_s.RunKey, _s.PlanVersion), PlanComment.Build(new PlanView(
                plan, _s.PlanVersion, _s.PlanHash, _s.BaseSha, policy.Checks, estimate, policy.Limits.CostUsd, needsApproval, _s.ReplanReason)));
            _s.PlanPostedAt = posted.CreatedAt;
            _s.PlanUrl = posted.WebUrl;
        }
        else
        {
            _s.PlanPostedAt = Now;
        }

        _s.ReplanReason = "";
        if (needsApproval)
        {
            _s.State = TaskState.AwaitingApproval;
            return;
        }

        _s.ApprovedBy = "policy";
        _s.State = TaskState.Preparing;
    }

    private async Task AwaitApprovalAsync()
    {
        if (_s.ParkedSince is null)
        {
            var since = Now;
            await EnterAsync(TaskState.AwaitingApproval, "The plan waits for an answer");
            _s.ParkedSince = since;
            _s.Reminded = false;
        }

        await WaitParkedAsync(() => _s.Decisions.Count > 0 || _s.Steering.Count > 0);
        while (_s.Decisions.Count > 0)
        {
            var decision = _s.Decisions[0];
            _s.Decisions.RemoveAt(0);
            if (PlanDecisions.Refusal(decision, _s.PlanHash, _s.PlanPostedAt) is { } refusal)
            {
                await RefuseAsync(decision, refusal);
                continue;
            }

            if (decision.Approved && _s.Plan!.Edits.Count + _s.Plan.Tests.Count > 0)
            {
                _s.ApprovedBy = decision.Actor;
                _s.State = TaskState.Preparing;
                return;
            }

            Replan(decision.Approved ? "The plan changes nothing; answer its questions in a plan that does." : $"Rejected by {decision.Actor}: {decision.Why}");
            return;
        }

        if (_s.Steering.Count > 0)
        {
            // Words on a plan are wishes for another one; they reach the planner as what they are: remarks of people.
            Replan(string.Join("\n\n", _s.Steering.Select(r => $"{r.Author}: {r.Text}")));
            _s.Steering.Clear();
        }
    }

    private Task RefuseAsync(PlanDecision decision, string why) =>
        Number is { } number ? SayAsync(number, Markers.Reply(decision.DeliveryId), Replies.ApprovalIgnored(why)) : Task.CompletedTask;

    private void Replan(string reason)
    {
        _s.ReplanReason = reason;
        _s.ApprovedBy = null;
        _s.PlanPostedAt = null;
        _s.State = TaskState.Planning;
        _s.ParkedSince = null;
    }

    /// <summary>
    /// Waits while the task costs nothing: until something came, or it is time for the one reminder, or the wait has expired.
    /// </summary>
    private async Task WaitParkedAsync(Func<bool> came, TimeSpan? atMost = null)
    {
        var review = _s.Facts!.Policy.Review;
        var since = _s.ParkedSince ?? Now;
        var expires = since + review.ExpireAfter;
        var until = !_s.Reminded && since + review.RemindAfter < expires ? since + review.RemindAfter : expires;
        if (atMost is { } limit && Now + limit < until)
            until = Now + limit;
        bool Wanted() => came() || _s.End is not null || _s.StatusRequested;
        if (until > Now && await Workflow.WaitConditionAsync(Wanted, until - Now))
        {
            if (_s.StatusRequested)
                await TellAsync();
            return;
        }

        if (Wanted())
            return;
        if (Now >= expires)
        {
            _s.End = new EndRequest(TaskState.Closed, $"nobody answered within {Markdown.Span(review.ExpireAfter)}");
        }
        else if (!_s.Reminded && Now >= since + review.RemindAfter)
        {
            _s.Reminded = true;
            var number = _s.State == TaskState.AwaitingApproval ? Number : _s.Pull ?? Number;
            if (number is { } n)
                await SayAsync(n, Markers.Reminder(_s.RunKey, ++_s.Reminders), Replies.Reminder(_s.State, expires - Now));
        }
    }
}
