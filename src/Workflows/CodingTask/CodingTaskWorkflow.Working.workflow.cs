using System.Globalization;
using CodingAgent.Agents;
using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Apply;
using CodingAgent.Workflows.Gates;
using Temporalio.Workflows;

namespace CodingAgent.Workflows.CodingTask;

/// <summary>From an order to a published head: edit, verify, critique, publish, each sending the work back when it finds fault.</summary>
public sealed partial class CodingTaskWorkflow
{
    private const int MaxCritiqueRounds = 2;
    private const int MaxGateAttempts = 2;

    private TaskState WorkState => _s.InFeedback ? TaskState.AddressingFeedback : TaskState.Editing;

    private Task PrepareAsync()
    {
        _s.Work = new WorkOrder(AgentRole.Coder);
        _s.CheckAttempts = 0;
        _s.GateAttempts = 0;
        // Asked for before there was anything to mend.
        _s.FixRequested = false;
        _s.State = TaskState.Editing;
        return Task.CompletedTask;
    }

    private async Task EditAsync()
    {
        var order = _s.Work ?? new WorkOrder(AgentRole.Fixer);
        await EnterAsync(WorkState, order.Role == AgentRole.Coder ? "The coder edits and tests" : "The fixer mends what was found");
        var result = await RunAgentAsync(order.Role, step => step with { Plan = _s.Plan, Work = order });
        var report = OutputContract.Read<CoderReport>(result.Output!);
        _s.Snapshot = result.Snapshot;
        _s.Latest = report;
        _s.Report ??= report;
        _s.Work = null;
        // A model may name a thread that is not there, or was never asked about.
        foreach (var answer in report.Threads.Where(a => _s.Answerable.Contains(a.ThreadId)))
        {
            _s.Answers.RemoveAll(a => a.ThreadId == answer.ThreadId);
            _s.Answers.Add(answer);
        }

        if (_s.InFeedback && SnapshotRef.SameTree(_s.Snapshot, _s.PublishedSnapshot))
        {
            // Nothing changed: the round ends with words alone.
            await FinishRoundAsync(null);
            return;
        }

        _s.Evidence = null;
        _s.State = TaskState.Verifying;
    }

    private async Task VerifyAsync()
    {
        var policy = _s.Facts!.Policy;
        await EnterAsync(TaskState.Verifying, policy.Checks.Count == 0 ? "No checks are known" : "The checks run on a clean copy");
        var step = new ChecksStep(_input.Repo, _s.BaseSha, _s.Snapshot, policy, $"{_s.RunKey}-checks-{_s.RunNumber}");
        var began = Now;
        _s.Evidence = await InterruptibleAsync(token =>
        {
            var options = Within((policy.Sandbox.Timeout * (policy.Checks.Count + policy.Setup.Count)) + TimeSpan.FromMinutes(20));
            options.CancellationToken = token;
            return Workflow.ExecuteActivityAsync((WorkspaceActivities a) => a.RunChecksAsync(step), options);
        });
        _s.Used += new Consumption(0, Usage.Zero, 0, Now - began);
        var red = _s.Evidence.Checks.Where(c => !c.Passed).ToArray();
        if (red.Length == 0)
        {
            // A small answer to a review is read by the reviewer; the self-review is for the first version.
            _s.State = _s.InFeedback || _s.CritiqueRounds >= MaxCritiqueRounds ? TaskState.Publishing : TaskState.Critiquing;
            return;
        }

        if (++_s.CheckAttempts > policy.Limits.CiAttempts)
        {
            throw TaskStopException.Limit(
                $"The checks are still red after {policy.Limits.CiAttempts} attempts ({string.Join(", ", red.Select(c => c.Name))}).",
                "Look at the checks, say in a comment what is missing, or raise limits.ci_attempts, and ask again.");
        }

        SendBack(new WorkOrder(AgentRole.Fixer)
        {
            FailedChecks = [.. red.Select(c => new FailedCheck(c.Name, c.Ending == "exited" ? $"exit code {c.ExitCode}" : c.Ending, c.OutputTail) { Command = c.Command })],
        });
    }

    private async Task CritiqueAsync()
    {
        await EnterAsync(TaskState.Critiquing, "The critic reads the change");
        var result = await RunAgentAsync(AgentRole.Critic, step => step with
        {
            Plan = _s.Plan,
            Report = _s.Report,
            EvidenceLines = [.. (_s.Evidence?.Checks ?? []).Select(c => $"{c.Name}: exit code {c.ExitCode} ({c.Ending})")],
        });
        var critique = OutputContract.Read<Critique>(result.Output!);
        _s.OpenFindings = critique.Findings;
        if (critique.Approved || ++_s.CritiqueRounds > MaxCritiqueRounds)
            _s.State = TaskState.Publishing;
        else
            SendBack(new WorkOrder(AgentRole.Fixer) { Findings = critique.Findings });
    }

    private async Task PublishAsync()
    {
        await EnterAsync(TaskState.Publishing, "The gates judge the change; then it is pushed");
        var total = _s.Total();
        var kind = _s.InFeedback ? "feedback" : "implement";
        var step = new PublishStep(
            _input.Id, _input.Repo, _s.Facts!, _s.BaseSha, _s.Snapshot, _s.Branch!, _s.HeadSha, _s.Report!, _s.Evidence, _input.RequestedBy,
            string.Create(CultureInfo.InvariantCulture, $"{kind}-{_s.RunNumber}"), Now)
        {
            Latest = _s.Latest,
            Issue = _input.Issue,
            Pull = _s.Pull,
            OwnsPull = _input.Kind == TaskKind.Implement,
            Plan = _s.Plan,
            TestsMustChange = !_s.OnForeignWork,
            OpenFindings = _s.OpenFindings,
            CostUsd = total.CostUsd,
            Tokens = total.Usage.InputTokens + total.Usage.OutputTokens,
        };
        var outcome = await Workflow.ExecuteActivityAsync((ApplyActivities a) => a.PublishAsync(step), Within(TimeSpan.FromMinutes(30)));
        _s.Verdicts = outcome.Verdicts;
        if (outcome.Conflict.Length > 0)
        {
            // Their head is adopted before the task parks: adopting it later would take the reason for parking away unread.
            await ReadPullAsync();
            throw TaskStopException.Limit(outcome.Conflict, "I leave those commits alone. Comment /agent fix to go on from them.");
        }

        if (outcome.HeadSha is null)
        {
            var refused = outcome.Verdicts.Where(v => !v.Passed).ToArray();
            if (++_s.GateAttempts > MaxGateAttempts)
            {
                throw TaskStopException.Limit(
                    $"The gates keep the change back: {string.Join(" ", refused.Select(v => v.Message))}",
                    "Change the policy file if it is too strict, or reject the plan and ask for a wider one.");
            }

            SendBack(new WorkOrder(AgentRole.Fixer) { GateProblems = [.. refused.Select(v => $"{v.Gate}: {v.Message}")] });
            return;
        }

        _s.HeadSha = outcome.HeadSha;
        _s.Pull = outcome.Pull;
        _s.PullUrl = outcome.PullUrl;
        _s.PublishedSnapshot = _s.Snapshot;
        _s.Ci = CiVerdict.None;
        _s.CiSince = Now;
        _s.CiDirty = true;
        await FinishRoundAsync(outcome.HeadSha);
    }

    /// <summary>Answers the threads and goes back to waiting.</summary>
    private async Task FinishRoundAsync(string? headSha)
    {
        if (_s.Answers.Count > 0 && _s.Pull is { } pull)
        {
            var answers = new AnswersInput(_input.Repo, pull, _s.RunKey, _s.Round, [.. _s.Answers], headSha, _s.Facts!.Policy.Review.ResolveThreads);
            await Workflow.ExecuteActivityAsync((ForgeActivities a) => a.AnswerThreadsAsync(answers), Short);
        }

        _s.Answers.Clear();
        _s.Answerable.Clear();
        _s.InFeedback = false;
        _s.CheckAttempts = 0;
        _s.GateAttempts = 0;
        _s.CiDirty = true;
        _s.ParkedSince = null;
        _s.State = TaskState.AwaitingCi;
    }

    private void SendBack(WorkOrder order)
    {
        _s.Work = order;
        _s.State = WorkState;
    }
}
