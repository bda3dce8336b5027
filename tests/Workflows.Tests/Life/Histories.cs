using System.Runtime.CompilerServices;
using CodingAgent.Workflows.Life;
using Temporalio.Client;
using Temporalio.Common;
using Temporalio.Worker;

namespace CodingAgent.Workflows.Tests.Life;

/// <summary>
/// Every change of the workflow must replay what older versions recorded. <c>./dev record</c> records the runs that have no history yet;
/// <c>./dev record --all</c> records all anew — only when an incompatible change is meant, because running tasks break with it.
/// </summary>
public sealed class Histories
{
    public static TheoryData<string> Recorded => [.. Directory.GetFiles(Folder(), "*.json").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Recorded))]
    public async Task History_Recorded_Replays(string name) =>
        (await ReplayAsync<CodingTaskWorkflow>(Load(name))).ReplayFailure.ShouldBeNull();

    /// <summary>Replays the history of a run of a test, and records it when asked to.</summary>
    internal static async Task KeepAsync(WorkflowHandle handle, string name)
    {
        var history = await handle.FetchHistoryAsync();
        (await ReplayAsync<CodingTaskWorkflow>(history)).ReplayFailure.ShouldBeNull();
        var file = Path.Combine(Folder(), name + ".json");
        var record = Environment.GetEnvironmentVariable("RECORD_HISTORIES");
        if (record == "all" || (record == "missing" && !File.Exists(file)))
            await File.WriteAllTextAsync(file, history.ToJson());
        File.Exists(file).ShouldBeTrue($"{name} has no recorded history: run ./dev record");
    }

    internal static WorkflowHistory Load(string name) =>
        WorkflowHistory.FromJson("task/github:acme/shop/issue/7", File.ReadAllText(Path.Combine(Folder(), name + ".json")));

    internal static Task<WorkflowReplayResult> ReplayAsync<TWorkflow>(WorkflowHistory history) =>
        new WorkflowReplayer(new WorkflowReplayerOptions { DebugMode = true }.AddWorkflow<TWorkflow>()).ReplayWorkflowAsync(history, throwOnReplayFailure: false);

    private static string Folder([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "..", "Histories");
}
