using Temporalio.Common;
using Temporalio.Exceptions;
using Temporalio.Worker;
using static TemporalServer.Tests.Histories.RecordedWorkflows;

namespace TemporalServer.Tests.Histories;

/// <summary>What becomes of each history that real servers recorded: all replay in the SDK, but for the one that must not.</summary>
public sealed class RecordedHistoryTests
{
    private const string Nondeterministic = "dotnet-replayer-test.nondeterministic";

    /// <summary>Histories that replay, each with the workflow written to match.</summary>
    public static TheoryData<string, System.Type> Replayed => new()
    {
        { "dotnet-replayer-test.complete", typeof(SayHelloWorkflow) },
        { "dotnet-multi-wait-condition.pre-dotnet-flag", typeof(MultiWaitConditionWorkflow) },
        { "dotnet-multi-complete-fail-before.pre-dotnet-flag", typeof(CoroutinesAfterCompleteWorkflow) },
        { "dotnet-multi-complete-fail-before.post-dotnet-flag", typeof(CoroutinesAfterCompleteWorkflow) },
        { "dotnet-multi-complete-fail-before.post-core-flag", typeof(CoroutinesAfterCompleteWorkflow) },
        { "dotnet-multi-complete-fail-after.pre-dotnet-flag", typeof(CoroutinesAfterCompleteWorkflow) },
        { "dotnet-multi-complete-fail-after.post-dotnet-flag", typeof(CoroutinesAfterCompleteWorkflow) },
        { "dotnet-multi-complete-fail-after.post-core-flag", typeof(CoroutinesAfterCompleteWorkflow) },
        { "dotnet-update-after-complete.pre-dotnet-flag", typeof(CoroutinesAfterCompleteWorkflow) },
        { "dotnet-update-after-complete.post-dotnet-flag", typeof(CoroutinesAfterCompleteWorkflow) },
        { "dotnet-update-after-complete.post-core-flag", typeof(CoroutinesAfterCompleteWorkflow) },
        { "dotnet-multi-signal-order.pre-dotnet-flag", typeof(MultiSignalOrderWorkflow) },
        { "py-hello-workflow-history", typeof(ModelWorkflow) },
        { "py-tools-workflow-history", typeof(ToolWorkflow) },
        { "py-single_agent", typeof(WeatherWorkflow) },
        { "ts-cancel_fake_progress_history", typeof(CancelActivityWorkflow) },
        { "ts-signal_workflow_1_13_1", typeof(SignalChildWorkflow) },
        { "ts-otel_smorgasbord_1_13_1", typeof(AllAtOnceWorkflow) },
    };

    public static TheoryData<string> ReplayedNames => [.. Replayed.Select(r => (string)r[0])];

    [HistoryFact]
    public void EveryRecordedHistory_Parsed_RoundTripsThroughJson()
    {
        var files = Directory.GetFiles(RecordedHistories.Folder, "*.json");
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

    [HistoryTheory]
    [MemberData(nameof(Replayed))]
    public async Task RecordedHistory_AgainstItsWorkflow_ReplaysToTheRecordedEnd(string name, System.Type workflow)
    {
        var history = RecordedHistories.Load(name);
        var replayer = new WorkflowReplayer(new WorkflowReplayerOptions { DebugMode = true }.AddWorkflow(workflow));
        (await replayer.ReplayWorkflowAsync(history)).ReplayFailure.ShouldBeNull();

        // A worker is given it up to a started task; what the code then issues is not recorded yet and no mismatch.
        foreach (var task in history.Events.Where(e => e.EventType == EventType.WorkflowTaskStarted).Skip(1))
        {
            var begun = history with { Events = [.. history.Events.Take((int)task.EventId)] };
            (await replayer.ReplayWorkflowAsync(begun, throwOnReplayFailure: false)).ReplayFailure.ShouldBeNull($"up to event {task.EventId}");
        }
    }

    [HistoryTheory]
    [MemberData(nameof(ReplayedNames))]
    public async Task RecordedHistory_AgainstAnotherWorkflow_IsCaught(string name)
    {
        var replayer = new WorkflowReplayer(new WorkflowReplayerOptions { DebugMode = true }.AddWorkflow<TimerFirstWorkflow>());
        var result = await replayer.ReplayWorkflowAsync(RecordedHistories.Load(name), throwOnReplayFailure: false);
        result.ReplayFailure.ShouldBeOfType<WorkflowNondeterminismException>().Message
            .ShouldMatch(@"\[TMPRL1100\] Nondeterminism error: ((Timer machine does not handle this event:|No command scheduled for event) HistoryEvent\(id: \d+, "
                + @"|Missing associated machine for LocalActivity\(1\))");
    }

    [HistoryFact]
    public async Task SayHello_NondeterministicHistory_NamesEventAndCommand()
    {
        var replayer = new WorkflowReplayer(new WorkflowReplayerOptions { DebugMode = true }.AddWorkflow<SayHelloWorkflow>());
        var history = RecordedHistories.Load(Nondeterministic);
        var thrown = await Should.ThrowAsync<WorkflowNondeterminismException>(() => replayer.ReplayWorkflowAsync(history));
        thrown.Message.ShouldContain("[TMPRL1100] Nondeterminism error: Timer machine does not handle this event: HistoryEvent(id: 5, ActivityTaskScheduled)");
        (await replayer.ReplayWorkflowAsync(history, throwOnReplayFailure: false)).ReplayFailure.ShouldBeOfType<WorkflowNondeterminismException>();
    }

    [HistoryFact]
    public async Task UnknownWorkflowType_Replayed_SaysWhatIsAvailable()
    {
        var replayer = new WorkflowReplayer(new WorkflowReplayerOptions { DebugMode = true }.AddWorkflow<MultiWaitConditionWorkflow>());
        var result = await replayer.ReplayWorkflowAsync(RecordedHistories.Load("dotnet-replayer-test.complete"), throwOnReplayFailure: false);
        result.ReplayFailure!.Message.ShouldContain("SayHelloWorkflow is not registered");
        result.ReplayFailure.Message.ShouldContain("MultiWaitConditionWorkflow");
    }
}
