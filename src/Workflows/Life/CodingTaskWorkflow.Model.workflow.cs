using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Phases;
using CodingAgent.Workflows.Tasks;
using Temporalio.Workflows;

namespace CodingAgent.Workflows.Life;

/// <summary>What happens while the model gives no answer: short waits, then a wait for who can mend it; and what a run cost that is ended.</summary>
public sealed partial class CodingTaskWorkflow
{
    private static readonly TimeSpan[] AwayDelays =
        [TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(5)];

    // Somebody has to mend something: they are told, and trying costs little enough to notice it within the hour.
    private static readonly TimeSpan[] ParkedDelays = [TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1)];

    // An outage of an hour is no hiccup any more.
    private static readonly TimeSpan AwayAtMost = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    /// <summary>
    /// Waits before the model is asked again. Away, it is asked soon; refused, or away for long, the task parks: people are told what to
    /// mend, and it goes on by itself once that is done. With a fallback model, the two take turns after a while.
    /// </summary>
    private async Task WaitForModelAsync(AgentRunState run, AgentActivities.AgentStepResult result)
    {
        var policy = _s.Progress.Facts!.Policy;
        var since = run.FailingSince ??= Now;
        var whatToDo = FailureWords.WhatToDo(result.ErrorType ?? ErrorTypes.ModelUnreadable);
        if (Now - since >= policy.Review.ExpireAfter)
            throw TaskStopException.Limit(result.Reason, whatToDo);
        var parks = result.ErrorType is not null || Now - since >= AwayAtMost;
        var delays = parks ? ParkedDelays : AwayDelays;
        var delay = delays[Math.Min(parks ? run.Parked : run.Away, delays.Length - 1)];
        if (result.RetryAfter is { } asked && asked > delay)
            delay = asked < LongestWait ? asked : LongestWait;
        // The fallback's turn comes when it is due, whatever the steps of waiting are.
        if (since + policy.Models.FallbackAfter is var due && due > Now && parks && Now + delay > due)
            delay = due - Now;
        run.Away++;
        _s.Inbox.AskToRetry(asked: false);
        if (parks)
        {
            if (run.Parked++ == 0 && Page is { } page)
                await SayAsync(page, Markers.ModelWait(_s.Progress.RunKey, _s.Budget.RunNumber), Replies.WaitsForModel(result.Reason, whatToDo));
            _s.Progress.Remark($"Waiting for the model: {result.Reason} {whatToDo} I try again by myself in {Markdown.Span(delay)}; /agent retry tries at once.");
        }
        else
        {
            _s.Progress.Remark($"The model endpoint is away ({result.Reason}). Nothing is lost; the next try is in {Markdown.Span(delay)}.");
        }

        await TellAsync();
        bool Wanted() => _s.Inbox.End is not null || _s.Inbox.RetryRequested || _s.Inbox.IsFinishing;
        var until = Now + delay;
        while (until > Now && !Wanted())
        {
            await Workflow.WaitConditionAsync(() => Wanted() || _s.Inbox.StatusRequested, until - Now);
            if (_s.Inbox.StatusRequested && _s.Inbox.End is null)
                await TellAsync();
        }

        if (Now - since >= policy.Models.FallbackAfter)
            run.UseFallback = !run.UseFallback;
    }

    /// <summary>A run ended in the middle of a segment: what it has used since the last is in the journal, and is booked.</summary>
    private async Task BookUnfinishedRunAsync()
    {
        if (_s.Budget.Run is not { } run || _s.Progress.Facts is not { } facts || !Workflow.Patched("books-unfinished-runs"))
            return;
        // Another number than the segment that may still run somewhere: reading ends it.
        run.Segment++;
        var step = NewStep(run, facts);
        await TryAsync(async () =>
            _s.Budget.Segment(await Workflow.ExecuteActivityAsync((AgentActivities a) => a.ReadUsedAsync(step), Words()), byFallback: false));
    }
}
