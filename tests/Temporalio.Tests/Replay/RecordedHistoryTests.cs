using Temporalio.Activities;
using Temporalio.Common;
using Temporalio.Exceptions;
using Temporalio.Worker;
using Temporalio.Workflows;

namespace Temporalio.Tests.Replay;

public sealed class RecordedHistoryTests
{
    [HistoryFact]
    public void EveryRecordedHistory_Parsed_RoundTripsThroughJson()
    {
        var files = Directory.GetFiles(Histories.Folder, "*.json");
        files.ShouldNotBeEmpty();
        foreach (var file in files)
        {
            var history = WorkflowHistory.FromJson("w", File.ReadAllText(file));
            history.Events.Count.ShouldBeGreaterThan(2, file);
            history.Events.First().WorkflowExecutionStartedEventAttributes.ShouldNotBeNull(file);
            history.Events.Select(e => e.EventId).ShouldBe(Enumerable.Range(1, history.Events.Count).Select(i => (long)i), file);
            WorkflowHistory.FromJson("w", history.ToJson()).Events.ShouldBe(history.Events, file);
        }
    }

    [HistoryFact]
    public async Task SayHello_CompleteHistory_Replays()
    {
        var result = await new WorkflowReplayer(new WorkflowReplayerOptions().AddWorkflow<SayHelloWorkflow>())
            .ReplayWorkflowAsync(Histories.Load("dotnet-replayer-test.complete"));
        result.ReplayFailure.ShouldBeNull();
    }

    [HistoryFact]
    public async Task SayHello_NondeterministicHistory_NamesEventAndCommand()
    {
        var replayer = new WorkflowReplayer(new WorkflowReplayerOptions().AddWorkflow<SayHelloWorkflow>());
        var history = Histories.Load("dotnet-replayer-test.nondeterministic");
        var thrown = await Should.ThrowAsync<WorkflowNondeterminismException>(() => replayer.ReplayWorkflowAsync(history));
        thrown.Message.ShouldContain("event 5 ActivityTaskScheduled (activity 1 of type SayHello)");
        thrown.Message.ShouldContain("StartTimer (timer 1)");
        (await replayer.ReplayWorkflowAsync(history, throwOnReplayFailure: false)).ReplayFailure.ShouldBeOfType<WorkflowNondeterminismException>();
    }

    [HistoryFact]
    public async Task WaitConditions_HistoryOfOldEventLoop_ResolvesAllTogether()
    {
        var result = await new WorkflowReplayer(new WorkflowReplayerOptions().AddWorkflow<MultiWaitConditionWorkflow>())
            .ReplayWorkflowAsync(Histories.Load("dotnet-multi-wait-condition.pre-dotnet-flag"));
        result.ReplayFailure.ShouldBeNull();
    }

    [HistoryFact]
    public async Task SignalThatFails_HistoriesOfThreeGenerations_FailTheWorkflow()
    {
        var replayer = new WorkflowReplayer(new WorkflowReplayerOptions().AddWorkflow<CoroutinesAfterCompleteWorkflow>());
        foreach (var generation in new[] { "pre-dotnet-flag", "post-dotnet-flag", "post-core-flag" })
        {
            var result = await replayer.ReplayWorkflowAsync(Histories.Load($"dotnet-multi-complete-fail-before.{generation}"));
            result.ReplayFailure.ShouldBeNull(generation);
        }
    }

    [HistoryFact]
    public async Task UnknownWorkflowType_Replayed_SaysWhatIsAvailable()
    {
        var replayer = new WorkflowReplayer(new WorkflowReplayerOptions().AddWorkflow<MultiWaitConditionWorkflow>());
        var result = await replayer.ReplayWorkflowAsync(Histories.Load("dotnet-replayer-test.complete"), throwOnReplayFailure: false);
        result.ReplayFailure!.Message.ShouldContain("SayHelloWorkflow is not registered");
        result.ReplayFailure.Message.ShouldContain("MultiWaitConditionWorkflow");
    }

    public sealed record SayHelloParams(string Name, bool ShouldWait, bool ShouldError, bool ShouldCauseNonDeterminism);

    [Workflow]
    public sealed class SayHelloWorkflow
    {
        [Activity]
        public static string SayHello(string name) => $"Hello, {name}!";

        [WorkflowRun]
        public async Task<string> RunAsync(SayHelloParams input)
        {
            if (input.ShouldCauseNonDeterminism)
            {
                await Workflow.DelayAsync(1);
            }

            return await Workflow.ExecuteActivityAsync(
                () => SayHello(input.Name), new() { ScheduleToCloseTimeout = TimeSpan.FromMinutes(5) });
        }
    }

    [Workflow]
    public sealed class MultiWaitConditionWorkflow
    {
        private readonly List<string> _stages = [];

        [WorkflowRun]
        public async Task<List<string>> RunAsync()
        {
            _stages.Add("one");
            await Workflow.WhenAllAsync(
                StageAsync(() => _stages[^1] != "one", "three"),
                StageAsync(() => _stages.Count > 0, "two"),
                StageAsync(() => _stages.Count > 0, "four"));

            // The recorded result: on today's event loop "three" would come before "four".
            return _stages is ["one", "two", "four", "three"] ? _stages : throw new InvalidOperationException(string.Join(' ', _stages));
        }

        private Task StageAsync(Func<bool> condition, string stage) => Workflow.RunTaskAsync(async () =>
        {
            await Workflow.WaitConditionAsync(condition);
            _stages.Add(stage);
        });
    }

    [Workflow]
    public sealed class CoroutinesAfterCompleteWorkflow
    {
        private bool _complete;

        [WorkflowRun]
        public async Task<string> RunAsync()
        {
            await Workflow.WaitConditionAsync(() => _complete);
            await Workflow.WaitConditionAsync(() => false);
            return "never";
        }

        [WorkflowSignal]
        public Task DoErroringSignalAsync(bool waitWorkflowComplete)
        {
            _complete = !waitWorkflowComplete;
            throw new ApplicationFailureException("Intentional error from signal");
        }
    }
}
