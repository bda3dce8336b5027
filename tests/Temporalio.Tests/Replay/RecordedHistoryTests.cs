using Temporalio.Common;
using Temporalio.Exceptions;
using Temporalio.Protocol.Enums;
using Temporalio.Worker;
using static Temporalio.Tests.Replay.RecordedWorkflows;

namespace Temporalio.Tests.Replay;

/// <summary>
/// What becomes of each history that real servers recorded: ten replay, one must not, eight cannot because their workflows run local
/// activities, which are left out here (docs/decisions/0001).
/// </summary>
public sealed class RecordedHistoryTests
{
    private const string Nondeterministic = "dotnet-replayer-test.nondeterministic";

    /// <summary>Histories that replay, each with the workflow written to match.</summary>
    public static TheoryData<string, Type> Replayed => new()
    {
        { "dotnet-replayer-test.complete", typeof(SayHelloWorkflow) },
        { "dotnet-multi-wait-condition.pre-dotnet-flag", typeof(MultiWaitConditionWorkflow) },
        { "dotnet-multi-complete-fail-before.pre-dotnet-flag", typeof(CoroutinesAfterCompleteWorkflow) },
        { "dotnet-multi-complete-fail-before.post-dotnet-flag", typeof(CoroutinesAfterCompleteWorkflow) },
        { "dotnet-multi-complete-fail-before.post-core-flag", typeof(CoroutinesAfterCompleteWorkflow) },
        { "py-hello-workflow-history", typeof(ModelWorkflow) },
        { "py-tools-workflow-history", typeof(ToolWorkflow) },
        { "py-single_agent", typeof(WeatherWorkflow) },
        { "ts-cancel_fake_progress_history", typeof(CancelActivityWorkflow) },
        { "ts-signal_workflow_1_13_1", typeof(SignalChildWorkflow) },
    };

    public static TheoryData<string> ReplayedNames => [.. Replayed.Select(r => (string)r[0])];

    /// <summary>Histories of workflows that run local activities.</summary>
    public static TheoryData<string> WithLocalActivities =>
    [
        "dotnet-multi-complete-fail-after.pre-dotnet-flag",
        "dotnet-multi-complete-fail-after.post-dotnet-flag",
        "dotnet-multi-complete-fail-after.post-core-flag",
        "dotnet-multi-signal-order.pre-dotnet-flag",
        "dotnet-update-after-complete.pre-dotnet-flag",
        "dotnet-update-after-complete.post-dotnet-flag",
        "dotnet-update-after-complete.post-core-flag",
        "ts-otel_smorgasbord_1_13_1",
    ];

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

    [HistoryTheory]
    [MemberData(nameof(Replayed))]
    public async Task RecordedHistory_AgainstItsWorkflow_ReplaysToTheRecordedEnd(string name, Type workflow)
    {
        var history = Histories.Load(name);
        var replayer = new WorkflowReplayer(new WorkflowReplayerOptions().AddWorkflow(workflow));
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
        var replayer = new WorkflowReplayer(new WorkflowReplayerOptions().AddWorkflow<TimerFirstWorkflow>());
        var result = await replayer.ReplayWorkflowAsync(Histories.Load(name), throwOnReplayFailure: false);
        result.ReplayFailure.ShouldBeOfType<WorkflowNondeterminismException>().Message.ShouldMatch("issued StartTimer .timer 1.");
    }

    [HistoryTheory]
    [MemberData(nameof(WithLocalActivities))]
    public void HistoryLeftOut_HasAMarkerOfALocalActivity(string name) =>
        Histories.Load(name).Events.ShouldContain(e => e.MarkerRecordedEventAttributes != null && e.MarkerRecordedEventAttributes.MarkerName == "core_local_activity");

    [HistoryFact]
    public async Task SayHello_NondeterministicHistory_NamesEventAndCommand()
    {
        var replayer = new WorkflowReplayer(new WorkflowReplayerOptions().AddWorkflow<SayHelloWorkflow>());
        var history = Histories.Load(Nondeterministic);
        var thrown = await Should.ThrowAsync<WorkflowNondeterminismException>(() => replayer.ReplayWorkflowAsync(history));
        thrown.Message.ShouldContain("event 5 ActivityTaskScheduled (activity 1 of type SayHello)");
        thrown.Message.ShouldContain("StartTimer (timer 1)");
        (await replayer.ReplayWorkflowAsync(history, throwOnReplayFailure: false)).ReplayFailure.ShouldBeOfType<WorkflowNondeterminismException>();
    }

    [HistoryFact]
    public async Task UnknownWorkflowType_Replayed_SaysWhatIsAvailable()
    {
        var replayer = new WorkflowReplayer(new WorkflowReplayerOptions().AddWorkflow<MultiWaitConditionWorkflow>());
        var result = await replayer.ReplayWorkflowAsync(Histories.Load("dotnet-replayer-test.complete"), throwOnReplayFailure: false);
        result.ReplayFailure!.Message.ShouldContain("SayHelloWorkflow is not registered");
        result.ReplayFailure.Message.ShouldContain("MultiWaitConditionWorkflow");
    }
}
