using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Phases;
using CodingAgent.Workflows.Tasks;
using Temporalio.Workflows;

namespace CodingAgent.Workflows.Life;

/// <summary>What the task's job sees of its life.</summary>
public sealed partial class CodingTaskWorkflow : ITaskLife
{
    CodingTaskInput ITaskLife.Input => _input;

    CodingTaskState ITaskLife.State => _s;

    TaskFacts ITaskLife.Facts => _s.Progress.Facts!;

    DateTimeOffset ITaskLife.Now => Now;

    bool ITaskLife.HistoryIsLong => HistoryIsLong;

    Task ITaskLife.EnterAsync(TaskState state, string step) => EnterAsync(state, step);

    ActivityOptions ITaskLife.Within(TimeSpan limit) => Within(limit);

    Task<T> ITaskLife.InterruptibleAsync<T>(Func<CancellationToken, Task<T>> start) => InterruptibleAsync(start);

    async Task<AgentActivities.AgentStepResult> ITaskLife.RunAgentAsync(AgentRole role, Func<AgentActivities.AgentStep, AgentActivities.AgentStep> fill, bool goesOnCut)
    {
        var result = await RunAgentAsync(role, fill);
        if (goesOnCut || result.Outcome != AgentActivities.AgentStepOutcome.Segment)
            return result;
        // Cut short because a person finished the task: a job's own agents leave nothing that could be judged by itself.
        _s.Inbox.AskToEnd(TaskState.Stopped, $"finished by {_s.Inbox.FinishedBy}, before anything was made that could be published");
        throw TaskStopException.Ended();
    }

    Task ITaskLife.SayAsync(string key, string words) =>
        Page is { } page ? TryAsync(() => SayAsync(page, Markers.Finding(_s.Progress.RunKey, key), words)) : Task.CompletedTask;

    async Task<IReadOnlyList<PersonText>> ITaskLife.AskAsync(string key, string step, string question)
    {
        if (_s.Flow.FlowQuestion != key || _s.Wait.Since is null)
        {
            var since = Now;
            // What was said before the question is no answer to it.
            _s.Inbox.AskToRetry(asked: false);
            _s.Inbox.AskToFix(asked: false);
            if (Page is { } page)
                await SayAsync(page, Markers.Question(_s.Progress.RunKey, key), question);
            await EnterAsync(TaskState.AwaitingApproval, step);
            _s.Flow.Asks(key);
            _s.Wait.Begin(since, anew: true);
        }

        while (true)
        {
            if (HistoryIsLong)
                throw TaskStopException.Again();
            await WaitParkedAsync(() => _s.Inbox.Steering.Count > 0 || _s.Inbox.RetryRequested || _s.Inbox.FixRequested || _s.Inbox.Decisions.Count > 0);
            while (_s.Inbox.TakeDecision() is { } decision)
                await RefuseAsync(decision, "no plan waits for an answer yet. Answer the question in a comment to me instead.");
            if (_s.Inbox.End is not null || _s.Inbox.IsFinishing)
                throw TaskStopException.Ended();
            if (_s.Inbox.Steering.Count == 0 && !_s.Inbox.RetryRequested && !_s.Inbox.FixRequested)
                continue;
            _s.Inbox.AskToRetry(asked: false);
            _s.Inbox.AskToFix(asked: false);
            _s.Flow.Asks("");
            _s.Wait.Over();
            return _s.Inbox.TakeSteering();
        }
    }
}
