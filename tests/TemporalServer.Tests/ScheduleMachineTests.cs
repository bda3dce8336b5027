using FsCheck;
using FsCheck.Fluent;
using Temporalio.Api.Schedule.V1;
using Temporalio.Api.Workflow.V1;
using TemporalServer.Persisted;
using TemporalServer.Schedules;

namespace TemporalServer.Tests;

/// <summary>The decider of schedules under random inputs.</summary>
public sealed class ScheduleMachineTests
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Machine_UnderRandomInputs_NeverOverlapsWhatMayNot() => Check.QuickThrowOnFailure(Prop.ForAll(
        (from policy in Gen.Choose(1, 5)
         from inputs in Gen.Choose(0, 9).ListOf()
         select (Policy: (ScheduleOverlapPolicy)policy, Inputs: inputs)).ToArbitrary(),
        c =>
        {
            var machine = NewMachine(c.Policy);
            var now = Begin;
            var started = new HashSet<string>(StringComparer.Ordinal);
            foreach (var input in c.Inputs)
            {
                now += TimeSpan.FromSeconds(17 * input);
                Apply(machine, input, now);
                machine.Advance(now);
                var decision = machine.Decide(now);
                foreach (var start in decision.Starts)
                {
                    var request = machine.Request(start, "r");
                    machine.Started(start, new WorkflowExecution { WorkflowId = request.WorkflowId, RunId = Guid.NewGuid().ToString() }, ReferenceEquals(start, decision.Tracked), now);

                    // Each time acts once; a backfill or trigger may name it again.
                    (start.Manual || started.Add(request.WorkflowId)).ShouldBeTrue();
                    start.ActualTime.ToDateTimeOffset().ShouldBeLessThanOrEqualTo(now);
                }

                machine.State.Info.RunningWorkflows.Count.ShouldBeLessThanOrEqualTo(1);
                machine.State.Buffered.Count.ShouldBeLessThanOrEqualTo(ScheduleMachine.MaxBuffered);
                if (machine.State.Buffered.Count > 0)
                {
                    // What waits, waits for something.
                    machine.State.Info.RunningWorkflows.ShouldHaveSingleItem();
                }

                // Every time is accounted for: it started, was skipped, missed or dropped, or waits.
                var info = machine.State.Info;
                info.RecentActions.Count.ShouldBeLessThanOrEqualTo(10);
                info.ActionCount.ShouldBeGreaterThanOrEqualTo(info.RecentActions.Count);

                // What is stored is what goes on, and it decides the same.
                var copy = new ScheduleMachine(ScheduleRecord.Parser.ParseFrom(Google.Protobuf.MessageExtensions.ToByteArray(machine.State)));
                copy.State.ShouldBe(machine.State);
                copy.NextDeadline().ShouldBe(machine.NextDeadline());
            }
        }));

    [Fact]
    public void CatchUp_InSmallStepsOrOne_DecidesTheSame() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Choose(1, 300).ListOf().ToArbitrary(),
        steps =>
        {
            var (small, large) = (NewMachine(ScheduleOverlapPolicy.BufferAll), NewMachine(ScheduleOverlapPolicy.BufferAll));
            var now = Begin;
            foreach (var step in steps)
            {
                now += TimeSpan.FromSeconds(step);
                small.Advance(now);
            }

            large.Advance(now);
            large.State.ShouldBe(small.State);
        }));

    private static ScheduleMachine NewMachine(ScheduleOverlapPolicy policy)
    {
        var spec = new ScheduleSpec { Interval = { new IntervalSpec { Interval = Do.Seconds(20) } }, Jitter = Do.Seconds(7) };
        var request = new CreateScheduleRequest
        {
            Namespace = "default",
            ScheduleId = "s",
            Schedule = new Schedule
            {
                Spec = spec,
                Action = new ScheduleAction { StartWorkflow = new NewWorkflowExecutionInfo { WorkflowId = "w" } },
                Policies = new SchedulePolicies { OverlapPolicy = policy, PauseOnFailure = true },
            },
        };
        return ScheduleMachine.Begin(request, ScheduleTimes.Compile(spec), Begin);
    }

    private static void Apply(ScheduleMachine machine, int input, DateTimeOffset now)
    {
        var running = machine.State.Info.RunningWorkflows.FirstOrDefault();
        switch (input)
        {
            case 1:
                machine.Patch(new SchedulePatch { Pause = "p" }, now);
                break;
            case 2:
                machine.Patch(new SchedulePatch { Unpause = "u" }, now);
                break;
            case 3:
                machine.Patch(new SchedulePatch { TriggerImmediately = new TriggerImmediatelyRequest() }, now);
                break;
            case 4:
                var from = Timestamp.FromDateTimeOffset(now.AddMinutes(-3));
                machine.Patch(new SchedulePatch { BackfillRequest = { new BackfillRequest { StartTime = from, EndTime = Timestamp.FromDateTimeOffset(now) } } }, now);
                break;
            case 5 or 6 or 7 when running is not null:
                var completed = new HistoryEvent { WorkflowExecutionCompletedEventAttributes = new WorkflowExecutionCompletedEventAttributes { Result = ServerHarness.Text("x") } };
                machine.WorkflowClosed(running.RunId, WorkflowExecutionStatus.Completed, completed);
                break;
            case 8 when running is not null:
                var failed = new HistoryEvent { WorkflowExecutionFailedEventAttributes = new WorkflowExecutionFailedEventAttributes { Failure = new Failure { Message = "f" } } };
                machine.WorkflowClosed(running.RunId, WorkflowExecutionStatus.Failed, failed);
                break;
        }
    }
}
