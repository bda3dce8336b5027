using System.Runtime.CompilerServices;
using CodingAgent.Workflows.CodingTask;
using Temporalio.Client;
using Temporalio.Common;
using Temporalio.Worker;

namespace CodingAgent.Workflows.Tests.CodingTask;

/// <summary>
/// Every change of the workflow must replay what older versions recorded. Run the workflow tests with RECORD_HISTORIES=1 to record anew
/// — only when an incompatible change is meant, because running tasks break with it.
/// </summary>
public sealed class Histories
{
    public static TheoryData<string> Recorded => [.. Directory.GetFiles(Folder(), "*.json").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Recorded))]
    public async Task History_Recorded_Replays(string name)
    {
        var history = WorkflowHistory.FromJson("task/github:acme/shop/issue/7", await File.ReadAllTextAsync(Path.Combine(Folder(), name + ".json")));
        var replayer = new WorkflowReplayer(new WorkflowReplayerOptions().AddWorkflow<CodingTaskWorkflow>());
        (await replayer.ReplayWorkflowAsync(history)).ReplayFailure.ShouldBeNull();
    }

    /// <summary>Replays the history of a run that just ended, and records it when asked to.</summary>
    internal static async Task KeepAsync(WorkflowHandle handle, string name)
    {
        var history = await handle.FetchHistoryAsync();
        var replayer = new WorkflowReplayer(new WorkflowReplayerOptions().AddWorkflow<CodingTaskWorkflow>());
        (await replayer.ReplayWorkflowAsync(history)).ReplayFailure.ShouldBeNull();
        if (Environment.GetEnvironmentVariable("RECORD_HISTORIES") == "1")
            await File.WriteAllTextAsync(Path.Combine(Folder(), name + ".json"), history.ToJson());
    }

    private static string Folder([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "..", "Histories");
}
