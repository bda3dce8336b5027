using Microsoft.Extensions.Logging;
using TemporalServer.Schedules;

namespace TemporalServer.Engine;

internal sealed partial class TemporalEngine
{
    private readonly Dictionary<(string Namespace, string ScheduleId), ScheduleEntry> _schedules = [];
    private readonly Dictionary<long, ScheduleEntry> _schedulesBySeq = [];

    // By the first run of each workflow that a schedule still wants to hear of.
    private readonly Dictionary<string, ScheduleEntry> _scheduleOfRun = new(StringComparer.Ordinal);
    private readonly SortedSet<(DateTimeOffset Due, long Seq)> _scheduleDeadlines = [];
    private readonly Queue<ScheduleEntry> _toDecide = [];
    private long _scheduleSeq;

    private void RecoverSchedules()
    {
        foreach (var (seq, state) in _database.LoadSchedules())
        {
            var entry = new ScheduleEntry(seq, new ScheduleMachine(state));
            if (entry.Machine.Problem is { } problem)
            {
                LogScheduleAsleep(_logger, state.ScheduleId, problem);
            }

            Keep(entry);
            var started = state.Info.RunningWorkflows.Concat(
                state.Info.RecentActions.Where(a => a.StartWorkflowStatus == WorkflowExecutionStatus.Running).Select(a => a.StartWorkflowResult));
            foreach (var execution in started)
            {
                _scheduleOfRun[execution.RunId] = entry;
            }

            Reindex(entry);
        }
    }

    private void Keep(ScheduleEntry entry)
    {
        _schedules[(entry.State.Namespace, entry.State.ScheduleId)] = entry;
        _schedulesBySeq[entry.Seq] = entry;
        _scheduleSeq = Math.Max(_scheduleSeq, entry.Seq);
    }

    private void Forget(ScheduleEntry entry)
    {
        entry.IsDeleted = true;
        _schedules.Remove((entry.State.Namespace, entry.State.ScheduleId));
        _schedulesBySeq.Remove(entry.Seq);
        Reindex(entry);
        _batch.DeletedSchedules.Add(entry.Seq);
    }

    private void Reindex(ScheduleEntry entry)
    {
        if (entry.Deadline is { } old)
        {
            _scheduleDeadlines.Remove((old, entry.Seq));
        }

        entry.Deadline = entry.IsDeleted ? null : entry.Machine.NextDeadline();
        if (entry.Deadline is { } due)
        {
            _scheduleDeadlines.Add((due, entry.Seq));
        }
    }

    /// <summary>Each schedule that is due gets one turn; one that has more to catch up on is due again at once.</summary>
    private void AdvanceSchedules(DateTimeOffset now)
    {
        foreach (var (_, seq) in _scheduleDeadlines.TakeWhile(d => d.Due <= now).ToList())
        {
            var entry = _schedulesBySeq[seq];
            entry.Machine.Advance(now);
            _toDecide.Enqueue(entry);
        }
    }

    /// <summary>Carries out what a schedule asks for, within the change that is being made.</summary>
    private void Decide(ScheduleEntry entry)
    {
        if (entry.IsDeleted)
        {
            return;
        }

        var now = Now;
        bool again;
        do
        {
            again = false;
            var decision = entry.Machine.Decide(now);
            for (var i = 0; i < decision.Starts.Count; i++)
            {
                var start = decision.Starts[i];
                try
                {
                    var (run, _) = StartOrFind(entry.Machine.Request(start, NewId()), signal: null, now);
                    var execution = new WorkflowExecution { WorkflowId = run.State.WorkflowId, RunId = run.State.RunId };
                    entry.Machine.Started(start, execution, tracked: ReferenceEquals(start, decision.Tracked), now);
                    _scheduleOfRun[run.State.RunId] = entry;
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted)
                {
                    foreach (var rest in decision.Starts.Skip(i).Reverse())
                    {
                        entry.Machine.Postpone(rest, now);
                    }

                    break;
                }
                catch (RpcException e)
                {
                    // Most likely a workflow of that id runs: this time is lost, the next in the buffer may start.
                    LogScheduledStartRefused(_logger, entry.State.ScheduleId, e.Status.Detail);
                    again = true;
                }
            }

            foreach (var execution in decision.Terminate)
            {
                if (FindScheduled(entry, execution) is { } run)
                {
                    run.Machine.Terminate("terminated by schedule overlap policy", null, ServerIdentity, now);
                    Touch(run);
                }
            }

            foreach (var execution in decision.Cancel)
            {
                if (FindScheduled(entry, execution) is { } run)
                {
                    var request = new WorkflowExecutionCancelRequestedEventAttributes { Cause = "cancelled by schedule overlap policy", Identity = ServerIdentity };
                    run.Machine.RequestCancel(request, NewId(), now);
                    Touch(run);
                }
            }
        }
        while (again && entry.State.Buffered.Count > 0);

        _batch.Schedules.Add(entry);
        Reindex(entry);
    }

    private Run? FindScheduled(ScheduleEntry entry, WorkflowExecution execution) =>
        FindCurrent(entry.State.Namespace, execution.WorkflowId) is { } run && run.Machine.IsRunning && run.State.FirstRunId == execution.RunId ? run : null;

    /// <summary>A workflow has closed for good; if a schedule started it, the next may start now.</summary>
    private void TellSchedule(Run run, HistoryEvent close)
    {
        if (_scheduleOfRun.Remove(run.State.FirstRunId, out var entry) && !entry.IsDeleted)
        {
            entry.Machine.WorkflowClosed(run.State.FirstRunId, run.State.Status, close);
            _toDecide.Enqueue(entry);
        }
    }

    [LoggerMessage(4, LogLevel.Warning, "Schedule {ScheduleId} sleeps until it is updated: {Problem}")]
    private static partial void LogScheduleAsleep(ILogger logger, string scheduleId, string problem);

    [LoggerMessage(5, LogLevel.Warning, "Schedule {ScheduleId} could not start its workflow: {Reason}")]
    private static partial void LogScheduledStartRefused(ILogger logger, string scheduleId, string reason);
}
