using FsCheck;
using FsCheck.Fluent;
using TemporalServer.Machine;
using TemporalServer.Persisted;

namespace TemporalServer.Tests;

/// <summary>The parts without a wire: cron, retry arithmetic, and the machine under random inputs.</summary>
public sealed class PureTests
{
    [Theory]
    [InlineData("*/15 * * * *", "2026-01-01T00:01:00Z", "2026-01-01T00:15:00Z")]
    [InlineData("0 9 * * mon-fri", "2026-01-02T10:00:00Z", "2026-01-05T09:00:00Z")]
    [InlineData("30 4 1 jan *", "2026-01-01T05:00:00Z", "2027-01-01T04:30:00Z")]
    [InlineData("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("0 0 13 * 5", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")]
    [InlineData("@daily", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")]
    [InlineData("@every 1h30m", "2026-01-01T00:00:00Z", "2026-01-01T01:30:00Z")]
    [InlineData("0 12 * * 7", "2026-01-01T00:00:00Z", "2026-01-04T12:00:00Z")]
    public void Cron_Next_IsTheFirstTimeAfter(string text, string after, string next)
    {
        CronExpression.TryParse(text, out var cron, out _).ShouldBeTrue();
        cron!.Next(DateTimeOffset.Parse(after)).ShouldBe(DateTimeOffset.Parse(next));
    }

    [Theory]
    [InlineData("")]
    [InlineData("* * * *")]
    [InlineData("60 * * * *")]
    [InlineData("* * 0 * *")]
    [InlineData("*/0 * * * *")]
    [InlineData("5-1 * * * *")]
    [InlineData("@every")]
    [InlineData("@every 5x")]
    [InlineData("@every 0s")]
    public void Cron_Malformed_IsRefused(string text) => CronExpression.TryParse(text, out _, out _).ShouldBeFalse();

    [Fact]
    public void Cron_NeverMatching_HasNoNext()
    {
        CronExpression.TryParse("0 0 31 2 *", out var cron, out _).ShouldBeTrue();
        cron!.Next(DateTimeOffset.UnixEpoch).ShouldBeNull();
    }

    [Fact]
    public void Backoff_Grows_AndStaysBelowItsCap() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Choose(1, 500).ToArbitrary(),
        attempt =>
        {
            var policy = RetryDecision.Complete(null);
            var backoff = RetryDecision.BackoffOf(policy, attempt);
            return backoff > TimeSpan.Zero && backoff <= TimeSpan.FromSeconds(100) && backoff <= RetryDecision.BackoffOf(policy, attempt + 1);
        }));

    [Fact]
    public void Machine_UnderRandomInputs_KeepsItsHistoryWhole() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Choose(0, 9).ListOf().ToArbitrary(),
        inputs =>
        {
            var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
            var started = new WorkflowExecutionStartedEventAttributes
            {
                WorkflowId = "w",
                WorkflowType = new WorkflowType { Name = "T" },
                TaskQueue = new TaskQueue { Name = "q" },
            };
            var machine = WorkflowMachine.Begin("default", "run", started, "r", null, now, () => "next");
            machine.ScheduleFirstTask(now);
            var events = new List<HistoryEvent>(machine.TakeEvents());
            var names = 0;
            foreach (var input in inputs)
            {
                now += TimeSpan.FromSeconds(1);
                Apply(machine, input, now, ref names);
                machine.TakeEffects();
                events.AddRange(machine.TakeEvents());

                // What is stored must be what goes on.
                ExecutionState.Parser.ParseFrom(Google.Protobuf.MessageExtensions.ToByteArray(machine.State)).ShouldBe(machine.State);
            }

            events.Select(e => e.EventId).ShouldBe(Enumerable.Range(1, events.Count).Select(i => (long)i));
            foreach (var e in events.Where(e => e.EventType == EventType.ActivityTaskCompleted))
            {
                var completed = e.ActivityTaskCompletedEventAttributes;
                events[(int)completed.StartedEventId - 1].ActivityTaskStartedEventAttributes.ScheduledEventId.ShouldBe(completed.ScheduledEventId);
            }

            // Between a started task and its end stands nothing else: everything from outside waits.
            for (var i = 0; i + 1 < events.Count; i++)
            {
                if (events[i].EventType == EventType.WorkflowTaskStarted)
                {
                    events[i + 1].EventType.ShouldBeOneOf(EventType.WorkflowTaskCompleted, EventType.WorkflowTaskFailed, EventType.WorkflowTaskTimedOut);
                }
            }
        }));

    private static void Apply(WorkflowMachine machine, int input, DateTimeOffset now, ref int names)
    {
        var activity = machine.State.Activities.Values.OrderBy(a => a.ScheduledEventId).FirstOrDefault();
        switch (input)
        {
            case 0 when machine.IsRunning:
                machine.Signal(new WorkflowExecutionSignaledEventAttributes { SignalName = "s" }, string.Empty, now);
                break;
            case 1 or 2 when machine.State.Task is { StartedEventId: 0, VisibleAt: null }:
                machine.StartWorkflowTask(now, "w", "r");
                break;
            case 3 when machine.IsTaskStarted:
                var complete = new RespondWorkflowTaskCompletedRequest();
                complete.Commands.Add(Do.Activity("a" + names++));
                complete.Commands.Add(Do.Timer("t" + names++, 3));
                machine.CompleteWorkflowTask(complete, now);
                break;
            case 4 when machine.IsTaskStarted:
                machine.FailWorkflowTask(now, WorkflowTaskFailedCause.WorkflowWorkerUnhandledFailure, null, "w");
                break;
            case 5 when activity is { StartedTime: null, NextAttemptAt: null }:
                machine.StartActivity(activity.ScheduledEventId, now, "w", "r");
                break;
            case 6 when activity?.StartedTime is not null:
                machine.CompleteActivity(activity, null, "w", now);
                break;
            case 7 when activity?.StartedTime is not null:
                machine.FailActivity(activity, new Failure { ApplicationFailureInfo = new ApplicationFailureInfo() }, "w", now);
                break;
            case 8:
                machine.FireDue(now);
                break;
            case 9 when machine.IsTaskStarted && names > 6:
                var close = new RespondWorkflowTaskCompletedRequest();
                close.Commands.Add(Do.Complete());
                machine.CompleteWorkflowTask(close, now);
                break;
        }
    }
}
