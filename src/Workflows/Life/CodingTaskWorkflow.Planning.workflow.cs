using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Definitions;
using CodingAgent.Forges;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Phases;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;
using Temporalio.Workflows;

namespace CodingAgent.Workflows.Life;

/// <summary>From the request to an approved plan.</summary>
public sealed partial class CodingTaskWorkflow
{
    // Seen in practice: planning reads little; editing, checks and reviews cost several times as much.
    private const decimal WorkPerPlanningCost = 8;
    private const int MaxPlans = 10;

    private async Task LoadAsync()
    {
        await EnterAsync(TaskState.Authorizing, "Reading the request and the repository's policy");
        var loaded = await Workflow.ExecuteActivityAsync((ForgeActivities a) => a.LoadTaskAsync(_input), Within(TimeSpan.FromMinutes(20)));
        if (loaded.PolicyErrors.Count > 0)
        {
            var words = Replies.PolicyErrors(ForgeTerms.Of(_input.Repo).PolicyPath, "the default branch", loaded.PolicyErrors);
            if (Page is { } page)
                await TryAsync(() => SayAsync(page, Markers.Outcome(_s.Progress.RunKey), words));
            var first = loaded.PolicyErrors[0];
            await EndAsync(TaskState.Failed, $"The policy file cannot be used: line {first.Line}: {first.Message}");
            return;
        }

        if (loaded.Facts is not { } facts)
            throw TaskStopException.Failed($"I cannot start: {loaded.Refusal}", loaded.WhatToDo);
        facts = await BuildOthersAsync(await BuildAsync(facts));
        _s.Progress.Loaded(facts);
        _s.Inbox.Settle(areTaken: facts.Policy.Review.Comments == ReviewComments.All);
        // The branch of a fix is a person's: their commits are the base, and only what comes on top is judged.
        _s.Work.StartFrom(facts.BaseSha, foreign: IsOnPull);
        if (facts.Policy.Checks.Count > 0)
            await EnterAsync(TaskState.Authorizing, "The checks are tried on the base");
        await TryBaseAsync(TrialPatience);
        if (IsOnPull)
        {
            _s.Pull.Adopt(facts.Branch, facts.PullUrl, facts.BaseSha, Now);
            _s.Inbox.AskToFix();
            _s.Progress.GoTo(TaskState.AddressingFeedback);
            return;
        }

        _s.Pull.StartBranch(NewBranch);
        if (_input.Part is { } part)
            _s.Plan.Adopt(part);
        _s.Progress.GoTo(_input.Part is null ? TaskState.Planning : TaskState.Preparing);
    }

    private string NewBranch => _input.Part is { } part ? $"{TaskBranch.PrefixOf(_input.Repo, _input.Id, part.Issue)}{part.RunKey}-{part.Key}" : TaskBranch.PrefixOf(_input.Issue) + _s.Progress.RunKey[..6];

    private async Task PlanAsync()
    {
        await _flow.BeforePlanAsync(this);
        if (_s.Plan.Version >= MaxPlans)
            throw TaskStopException.Failed($"{MaxPlans} plans were made and none was approved.", "Describe in the issue what is wanted and ask again.");
        var before = _s.Budget.Total().CostUsd;
        var made = await _flow.PlanAsync(this);
        IReadOnlyList<string> outsideRoots = [];
        if (made is null && _s.Progress.Facts!.Others.Count > 0)
        {
            made = await PlanTogetherAsync();
            outsideRoots = _s.Plan.Drafts[0].OutsideRoots;
        }
        else if (made is null)
        {
            await EnterAsync(TaskState.Planning, _s.Plan.Version == 0 ? "The planner reads the repository" : "The planner makes a new plan");
            var result = await RunAgentAsync(AgentRole.Planner, step => step with { Plan = _s.Plan.Current, ReplanReason = _s.Plan.ReplanReason });
            made = new PlannedByCode(OutputContract.Read<Plan>(result.Output!), result.Record!);
            outsideRoots = result.OutsideRoots;
        }

        var (plan, facts) = (made.Plan, _s.Progress.Facts!);
        var others = facts.Others.Select(o => (o.Repo.FullName, o.Policy, (IReadOnlyCollection<string>)(_s.Plan.Drafts.FirstOrDefault(d => d.Repo == o.Repo)?.OutsideRoots ?? []))).ToArray();
        _s.Plan.Propose(plan, PlanHash.Of(plan, _s.Work.BaseSha, facts.PolicyBlob), made.Record);

        var policy = facts.Policy;
        var risk = PlanRisk.OfAll(plan, policy, outsideRoots, others);
        // Tasks that began before risk was computed ask unless the policy says never.
        if (!risk.NeedsApproval && policy.Approval == PlanApproval.Risky && !Workflow.Patched("computes-risk"))
            risk = risk with { NeedsApproval = true };
        if (_input.AsksForPlan && !risk.NeedsApproval)
            risk = risk with { NeedsApproval = true, Because = [new RiskyFile("", "a plan was asked for (/agent plan)")] };
        if (_s.Plan.MustBeApproved)
            risk = risk with { NeedsApproval = true, Because = [.. risk.Because, new RiskyFile("", "it takes the place of a plan that a person approved")] };
        var estimate = Math.Min(policy.Limits.CostUsd, Math.Round((_s.Budget.Total().CostUsd - before) * WorkPerPlanningCost, 2));
        await ShowPlanAsync(risk, estimate);
        if (risk.NeedsApproval)
        {
            _s.Progress.GoTo(TaskState.AwaitingApproval);
            return;
        }

        _s.Plan.ApproveByPolicy();
        _s.Progress.GoTo(TaskState.Preparing);
    }

    private async Task ShowPlanAsync(PlanRisk risk, decimal estimate)
    {
        if (Page is not { } page)
        {
            _s.Plan.Posted(Now, null, null);
            return;
        }

        var policy = _s.Progress.Facts!.Policy;
        var posted = await SayAsync(page, Markers.Plan(_s.Progress.RunKey, _s.Plan.Version), PlanComment.Build(new PlanView(
            _s.Plan.Current!, _s.Plan.Version, _s.Plan.Hash, _s.Work.BaseSha, policy.Checks, estimate, policy.Limits.CostUsd, risk.NeedsApproval, _s.Plan.ReplanReason)
        {
            Terms = ForgeTerms.Of(_input.Repo),
            Because = risk.Because,
            Denied = risk.Denied,
            IsAmended = _s.Plan.IsAmended,
            CostIsKnown = _s.Budget.Total().CostIsKnown,
        }));
        if (posted.IsLockedOut && risk.NeedsApproval)
            throw TaskStopException.Failed("The conversation is locked, so the plan that has to be approved cannot be shown there.", "Unlock it and ask again.");
        _s.Plan.Posted(posted.CreatedAt, posted.WebUrl, posted.Id);
    }

    /// <summary>The change touches what takes a person's word and what nobody was asked about: it waits as it is, and they are asked.</summary>
    private async Task AskAboutAsync(IReadOnlyList<RiskyFile> files)
    {
        // What a part goes by was approved as the whole, and only that can be shown to people again.
        if (_input.Part is not null)
            throw TaskStopException.Limit($"The change takes a person's word that the plan did not ask for: {Gatekeeper.List([.. files.Select(f => f.Path.Length > 0 ? f.Path : f.Why)])}.", "Allow it in the policy file, or make this part by hand.");
        var step = new AgentActivities.AmendStep(_input.Id, _s.Plan.Record, _s.Work.BaseSha, _s.Progress.Facts!.PolicyBlob, files);
        var amended = await Workflow.ExecuteActivityAsync((AgentActivities a) => a.AmendPlanAsync(step), Short);
        _s.Plan.Amend(amended.Plan, amended.Hash, amended.Record, "The work is done as far as it goes. What it changes takes a person's word that nobody has given yet; nothing was published.");
        await ShowPlanAsync(new PlanRisk(true, files, []), estimate: 0);
        _s.Progress.GoTo(TaskState.AwaitingApproval);
    }

    private async Task AwaitApprovalAsync()
    {
        if (_s.Wait.Since is null)
        {
            var since = Now;
            await EnterAsync(TaskState.AwaitingApproval, _s.Plan.IsAmended ? "The change waits for a person's word" : "The plan waits for an answer");
            _s.Wait.Begin(since, anew: true);
        }

        await WaitParkedAsync(() => _s.Inbox.Decisions.Count > 0 || _s.Inbox.Steering.Count > 0);
        if (_s.Inbox.IsFinishing && !_s.Work.IsAhead)
            return;
        // The work is done as far as nobody has to agree; what waits for a word is not published without it.
        if (_s.Inbox.IsFinishing)
        {
            await EndAsync(TaskState.Stopped, $"finished by {_s.Inbox.FinishedBy}, while what was there waited for an agreement: nothing more is published");
            return;
        }

        while (_s.Inbox.TakeDecision() is { } decision)
        {
            if (decision.Refusal(_s.Plan.Hash, _s.Plan.PostedAt) is { } refusal)
            {
                await RefuseAsync(decision, refusal);
                continue;
            }

            if (decision.Approved && !_s.Plan.ChangesNothing)
            {
                if (await MayNotApproveAsync(decision.Actor) is { } elsewhere)
                {
                    await RefuseAsync(decision, elsewhere);
                    continue;
                }

                var goesOn = _s.Plan.IsAmended;
                _s.Plan.Approve(decision.Actor, decision.Record);
                if (decision.Words is { } words)
                    _s.Inbox.Ask(new PersonText(decision.Actor, words));
                if (goesOn)
                {
                    // The plan says whose packages the checks may set up, so what they said under the one before does not count.
                    _s.Work.Checked(null);
                    _s.Wait.Over();
                }

                _s.Progress.GoTo(goesOn ? TaskState.Verifying : TaskState.Preparing);
                return;
            }

            if (_s.Plan.IsAmended)
            {
                PutBack($"{decision.Actor} does not agree to these changes{(decision.Why.Length > 0 ? $": {decision.Why}" : "")}. Put them back as they were (restore_path).");
                return;
            }

            Replan(decision.Approved ? $"The plan changes nothing; answer its questions in a plan that does.{(decision.Words is { } answer ? $"\n\n{decision.Actor}: {answer}" : "")}" : $"Rejected by {decision.Actor}: {decision.Why}");
            return;
        }

        // Words on a plan are wishes for another one; they reach the planner as what they are: remarks of people.
        if (_s.Inbox.Steering.Count > 0 && _s.Plan.IsAmended)
            PutBack("A person answered with a wish instead of an agreement (see what was said); do as it says with these changes, or put them back as they were (restore_path).");
        else if (_s.Inbox.Steering.Count > 0)
            Replan(string.Join("\n\n", _s.Inbox.TakeSteering().Select(r => $"{r.Author}: {r.Text}")));
    }

    private Task RefuseAsync(PlanDecision decision, string why) =>
        Page is { } page ? SayAsync(page, Markers.Reply(decision.DeliveryId), Replies.ApprovalIgnored(why)) : Task.CompletedTask;

    /// <summary>Nobody agrees to what the change adds to the plan: the fixer takes it out again.</summary>
    private void PutBack(string words)
    {
        var files = _s.Work.Verdicts.SelectMany(v => v.Asks).Select(a => a.Path).Where(p => p.Length > 0).Distinct(StringComparer.Ordinal).ToArray();
        _s.Plan.Withdraw();
        _s.Wait.Over();
        SendBack(new WorkOrder(AgentRole.Fixer) { GateProblems = [$"risk: {Gatekeeper.List(files)}: {words}"] });
    }

    private void Replan(string reason)
    {
        _s.Plan.Reject(reason);
        _s.Progress.GoTo(TaskState.Planning);
        _s.Wait.Over();
    }

    /// <summary>
    /// Waits while the task costs nothing: until something came, or it is time for the one reminder, or the wait has expired.
    /// </summary>
    private async Task WaitParkedAsync(Func<bool> came, TimeSpan? atMost = null)
    {
        var review = _s.Progress.Facts!.Policy.Review;
        var since = _s.Wait.Since ?? Now;
        var expires = since + review.ExpireAfter;
        var until = !_s.Wait.Reminded && since + review.RemindAfter < expires ? since + review.RemindAfter : expires;
        if (atMost is { } limit && Now + limit < until)
            until = Now + limit;
        bool Wanted() => came() || _s.Inbox.End is not null || _s.Inbox.StatusRequested || _s.Inbox.IsFinishing;
        if (until > Now && await Workflow.WaitConditionAsync(Wanted, until - Now))
        {
            if (_s.Inbox.StatusRequested)
                await TellAsync();
            return;
        }

        if (Wanted())
            return;
        if (Now >= expires)
        {
            _s.Inbox.AskToEnd(TaskState.Closed, $"nobody answered within {Markdown.Span(review.ExpireAfter)}");
        }
        else if (!_s.Wait.Reminded && Now >= since + review.RemindAfter)
        {
            var reminder = _s.Wait.Remind();
            if ((_s.Progress.State == TaskState.AwaitingApproval ? Page : PullPage ?? Page) is { } page)
                await SayAsync(page, Markers.Reminder(_s.Progress.RunKey, reminder), _s.Budget.Run is { Asked.Count: > 0 } ? Replies.CallReminder(expires - Now) : Replies.Reminder(_s.Progress.State, expires - Now));
        }
    }
}
