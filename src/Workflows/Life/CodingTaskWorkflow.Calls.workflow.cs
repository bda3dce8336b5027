using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Phases;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Life;

/// <summary>Calls of others' tools that take a person's word: the agent's run stands in the journal, at that very call, until each has one.</summary>
public sealed partial class CodingTaskWorkflow
{
    // Of one turn: what is shown together must fit into one comment, and be read.
    private const int MostCallsAtOnce = 8;

    // Of one run. Whoever is asked more often does not look any more.
    private const int MostCallsOfRun = 20;

    // Where people look: the pull request once there is one.
    private Subject? PageForCalls => PullPage ?? Page;

    private static void Ask(AgentRunState run, IReadOnlyList<AskedCall> calls)
    {
        run.Settled();
        run.Asked.AddRange(calls);
        run.Reject([.. calls.Skip(MostCallsAtOnce)], $"at most {MostCallsAtOnce} such calls may be made in one turn");
        if (run.Words.Count(w => w.By.Length > 0) >= MostCallsOfRun)
            run.Reject(run.Open, "people were asked often enough in this run; go on without it");
    }

    /// <summary>Asks about the calls that wait, once, and waits like for a review: until each has a word, the wait expires, or the task is not wanted any more.</summary>
    private async Task AwaitWordsAsync(AgentRunState run)
    {
        if (_s.Inbox.End is not null)
            throw TaskStopException.Ended();
        if (run.Open.Count > 0 && run.AskedAt is null)
            await AskAboutCallsAsync(run);
        while (run.Open.Count > 0)
        {
            await WaitParkedAsync(() => _s.Inbox.Decisions.Count > 0);
            if (_s.Inbox.End is not null)
                throw TaskStopException.Ended();
            if (_s.Inbox.IsFinishing)
                return;
            if (HistoryIsLong)
                throw TaskStopException.Again();
            while (_s.Inbox.TakeDecision() is { } decision)
            {
                var (words, refusal) = CallWord.Of(decision, run.Open, run.AskedAt!.Value);
                run.Words.AddRange(words);
                if (refusal is not null)
                    await RefuseAsync(decision, refusal);
                else if (decision.Words is { } said)
                    _s.Inbox.Ask(new PersonText(decision.Actor, said));
            }
        }

        if (run.AskedAt is not null && PageForCalls is { } page)
            await TryAsync(() => SayAsync(page, Markers.Calls(_s.Progress.RunKey, run.Asked[0].Hash), CallsComment.Build(run.Role, run.Asked, run.Words)));
        run.Settled();
        await EnterAsync(_s.Progress.State, $"The {RoleOf(run)} goes on");
    }

    private async Task AskAboutCallsAsync(AgentRunState run)
    {
        await EnterAsync(_s.Progress.State, $"The {RoleOf(run)} waits for a person's word on a call of {string.Join(", ", run.Open.Select(c => c.Tool).Distinct(StringComparer.Ordinal))}");
        var posted = PageForCalls is { } page
            ? await SayAsync(page, Markers.Calls(_s.Progress.RunKey, run.Asked[0].Hash), CallsComment.Build(run.Role, run.Asked, run.Words))
            : null;
        if (posted is null or { IsLockedOut: true })
        {
            run.Reject(run.Open, "nobody can be asked about it here");
            return;
        }

        run.AskedAt = posted.CreatedAt;
        _s.Wait.Begin(Now, anew: true);
    }

    private static string RoleOf(AgentRunState run) => run.Role.ToString().ToLowerInvariant();
}
