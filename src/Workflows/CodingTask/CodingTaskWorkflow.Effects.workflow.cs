using CodingAgent.Agents;
using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Comments;
using Temporalio.Common;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace CodingAgent.Workflows.CodingTask;

/// <summary>How steps reach the world: activity options, the status, agent runs with their budgets.</summary>
public sealed partial class CodingTaskWorkflow
{
    private static readonly TimeSpan[] AwayDelays =
        [TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(5)];

    // Unlimited tries with a cap: what is away comes back, and the activity itself turns what never will into a final failure.
    private static RetryPolicy Retries => new() { InitialInterval = TimeSpan.FromSeconds(1), BackoffCoefficient = 2, MaximumInterval = TimeSpan.FromMinutes(1), MaximumAttempts = 0 };

    private ActivityOptions Short => Within(TimeSpan.FromMinutes(2));

    // Every activity heartbeats: what a killed worker had in hand goes to another one within the heartbeat timeout.
    private ActivityOptions Within(TimeSpan limit) =>
        new() { StartToCloseTimeout = limit, HeartbeatTimeout = _input.HeartbeatTimeout ?? TimeSpan.FromSeconds(20), RetryPolicy = Retries };

    /// <summary>Enters a working state and says so.</summary>
    private Task EnterAsync(TaskState state, string step)
    {
        _s.State = state;
        _s.Step = step;
        _s.ParkedSince = null;
        return TellAsync();
    }

    private async Task TellAsync()
    {
        _s.Version++;
        _s.StatusRequested = false;
        var total = _s.Total();
        var status = new StatusView(
            _s.State, _input.RequestedBy.Login, _s.Step, StatusSteps.Of(_s, _input.Kind), _s.Reason.Length > 0 ? _s.Reason : _s.Note,
            total.Usage.InputTokens, total.Usage.OutputTokens, total.CostUsd, _s.Facts?.Policy.Limits.CostUsd ?? 0, total.Active);
        var (add, remove) = StateLabels.Of(_s.State);
        // Only a change of label is worth calls: the first word, and the last.
        var labels = _s.Version == 1 || _s.IsOver;
        var input = new TellInput(Summary, status, _s.RunKey, Number, labels ? add : null, labels ? remove : []);
        await Workflow.ExecuteActivityAsync((ForgeActivities a) => a.TellAsync(input), Words());
    }

    /// <summary>Options of what the task says: the last words go out although the workflow itself was cancelled.</summary>
    private ActivityOptions Words()
    {
        var options = Short;
        if (_s.IsOver)
            options.CancellationToken = CancellationToken.None;
        return options;
    }

    private Task<PostedComment> SayAsync(int number, string marker, string body)
    {
        var input = new SayInput(_input.Repo, number, marker, body);
        return Workflow.ExecuteActivityAsync((ForgeActivities a) => a.SayAsync(input), Words());
    }

    /// <summary>Runs an agent to its answer, over segments and outages, within what is left of the budget.</summary>
    private async Task<AgentStepResult> RunAgentAsync(AgentRole role, Func<AgentStep, AgentStep> fill)
    {
        var policy = _s.Facts!.Policy;
        if (_s.Run is null)
        {
            _s.Run = new AgentRunState($"{_s.RunKey}-{++_s.RunNumber}-{role.ToString().ToLowerInvariant()}", role, _s.Snapshot, [.. _s.Steering]);
            _s.Steering.Clear();
        }

        var run = _s.Run;
        while (true)
        {
            if (HistoryIsLong)
                throw TaskStopException.Again();
            foreach (var remark in _s.Steering)
                run.Notes.Add(new SteeringNote(run.Used.Turns, Untrusted.Fence($"comment by {remark.Author}", remark.Text)));
            _s.Steering.Clear();
            var step = fill(new AgentStep(_input.Id, _input.Repo, run, _s.BaseSha, _s.Facts.ContextId, policy, Budget(policy)));
            var result = await InterruptibleAsync(token =>
            {
                var options = Within(TimeSpan.FromHours(1));
                options.CancellationToken = token;
                return Workflow.ExecuteActivityAsync((AgentActivities a) => a.RunAgentAsync(step), options);
            });
            run.Segment++;
            run.Used = result.Used ?? run.Used;
            switch (result.Outcome)
            {
                case AgentStepOutcome.Completed:
                    _s.Note = "";
                    FinishRun();
                    return result;
                case AgentStepOutcome.Segment:
                    run.Away = 0;
                    _s.Note = "";
                    await TellAsync();
                    break;
                case AgentStepOutcome.ModelAway:
                    await WaitForModelAsync(run, result);
                    break;
                case AgentStepOutcome.BudgetExhausted:
                    throw TaskStopException.Limit(
                        result.Reason, "Raise the limit in the policy file, or make the task smaller, and ask again; on a pull request /agent fix grants a fresh allowance.");
                case AgentStepOutcome.Failed when result.ErrorType == ErrorTypes.ModelCredit:
                    // Like a limit: with a pull request it waits for /agent fix, without one it ends with the words.
                    throw TaskStopException.Limit(result.Reason, FailureWords.WhatToDo(result.ErrorType));
                case AgentStepOutcome.Failed when result.ErrorType is { } type:
                    throw TaskStopException.Failed(result.Reason, FailureWords.WhatToDo(type));
                default:
                    throw TaskStopException.Failed(result.Reason, "Say more precisely what is wanted, or split the task, and ask again.");
            }
        }
    }

    private async Task WaitForModelAsync(AgentRunState run, AgentStepResult result)
    {
        var delay = AwayDelays[Math.Min(run.Away, AwayDelays.Length - 1)];
        if (result.RetryAfter is { } asked && asked > delay && asked < TimeSpan.FromHours(1))
            delay = asked;
        run.Away++;
        _s.Note = $"The model endpoint is away ({result.Reason}). Nothing is lost; the next try is in {Markdown.Span(delay)}.";
        await TellAsync();
        await Workflow.WaitConditionAsync(() => _s.End is not null, delay);
    }

    private AgentBudget Budget(Policy.RepositoryPolicy policy)
    {
        var limits = policy.Limits;
        var earlier = new Consumption(0, Subtract(_s.Used.Usage, _s.Granted.Usage), _s.Used.CostUsd - _s.Granted.CostUsd, _s.Used.Active - _s.Granted.Active);
        return new AgentBudget(limits.Turns, limits.Tokens, limits.CostUsd, limits.Active).Minus(earlier);
    }

    private static Usage Subtract(Usage a, Usage b) => new(
        a.Requests - b.Requests, a.InputTokens - b.InputTokens, a.OutputTokens - b.OutputTokens, a.CachedTokens - b.CachedTokens, a.ReasoningTokens - b.ReasoningTokens);

    /// <summary>Books what the run used and forgets it.</summary>
    private void FinishRun()
    {
        _s.Used = _s.Total();
        _s.Run = null;
    }

#pragma warning disable RS0030 // No timer inside the token source: it is cancelled by a signal or by the workflow, both of which replay.
#pragma warning disable CA1849, MA0042 // CancelAsync runs callbacks on the thread pool, outside the workflow's scheduler.
    /// <summary>Waits for an activity, but not longer than the task itself is wanted: a stop cancels it at its next heartbeat.</summary>
    private async Task<T> InterruptibleAsync<T>(Func<CancellationToken, Task<T>> start)
    {
        if (_s.End is not null)
            throw TaskStopException.Ended();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Workflow.CancellationToken);
        var work = start(stop.Token);
        await Workflow.WaitConditionAsync(() => work.IsCompleted || _s.End is not null);
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

        throw TaskStopException.Ended();
    }
#pragma warning restore CA1849, MA0042, RS0030
}
