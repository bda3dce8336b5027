using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Temporalio.Client;
using Temporalio.Api.History.V1;
using Temporalio.Worker;

namespace CodingAgent.Bench.Temporal;

/// <summary>The official .NET worker against the official TypeScript worker, on the embedded server, driven by the same client.</summary>
internal static class TemporalBench
{
    public const string Workflows = "workflows";
    public const string Signal = "signal";
    public const string Replay = "replay";

    // At least one and a half times as many workflows a second.
    private const double WorkflowsLimit = 1 / 1.5;
    private const int AtOnce = 10;
    private const int Activities = 10;

    // Six events an activity: scheduled, started, completed, and the workflow task they lead to.
    private const int LongHistoryActivities = 333;

    /// <summary>Workflows of ten no-op activities each; a round is ten of them at once, so ten divided by the time is workflows a second.</summary>
    public static async Task<Comparison> WorkflowsAsync()
    {
        await using var stage = await PeerStage.SetAsync();
        var comparison = new Comparison(Workflows, $"{AtOnce} workflows of {Activities} no-op activities at once, the .NET worker", "the TypeScript worker, same server", Limit: WorkflowsLimit);
        await comparison.MeasureAsync(
            () => RunBatchAsync(stage.Client, PeerStage.OurQueue), () => RunBatchAsync(stage.Client, PeerStage.TheirQueue), warmUp: 5, rounds: 100, TimeSpan.FromSeconds(60));
        await Console.Error.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"bench: {Workflows}: {AtOnce * 1000 / comparison.Ours.Percentile(0.5):0.0} workflows/s ours, {AtOnce * 1000 / comparison.Theirs.Percentile(0.5):0.0} TypeScript's"));
        return comparison;
    }

    /// <summary>From sending a signal to having the result of the workflow that waited for it.</summary>
    public static async Task<Comparison> SignalAsync()
    {
        await using var stage = await PeerStage.SetAsync();
        var comparison = new Comparison(Signal, "signal to handled, a parked workflow on the .NET worker", "the TypeScript worker, same server", Limit: 1);
        Queue<WorkflowHandle> ours = [], theirs = [];
        const int WarmUp = 10;
        const int Rounds = 200;
        for (var i = 0; i < WarmUp + Rounds; i++)
        {
            ours.Enqueue(await StartAsync(stage.Client, "benchParked", [], PeerStage.OurQueue));
            theirs.Enqueue(await StartAsync(stage.Client, "benchParked", [], PeerStage.TheirQueue));
        }

        static async Task GoAsync(WorkflowHandle handle)
        {
            await handle.SignalAsync("go", []);
            await handle.GetResultAsync();
        }

        await comparison.MeasureAsync(() => GoAsync(ours.Dequeue()), () => GoAsync(theirs.Dequeue()), WarmUp, Rounds, TimeSpan.FromSeconds(60));
        return comparison;
    }

    /// <summary>One long history, recorded by our worker, replayed by both replayers.</summary>
    public static async Task<Comparison> ReplayAsync()
    {
        await using var stage = await PeerStage.SetAsync();
        var handle = await StartAsync(stage.Client, "benchSteps", [LongHistoryActivities], PeerStage.OurQueue);
        await handle.GetResultAsync();
        var history = await handle.FetchHistoryAsync();
        var file = stage.NewFile("history.bin");
        await File.WriteAllBytesAsync(file, new History { Events = { history.Events } }.ToByteArray());
        var typeScript = await stage.StartTypeScriptAsync("replay", file);
        var replayer = new WorkflowReplayer(new WorkflowReplayerOptions().AddWorkflow<BenchStepsWorkflow>());
        var comparison = new Comparison(Replay, $"replay of {history.Events.Count} events", "the TypeScript replayer", Limit: 1);

        // The peer times itself, without the making of its worker, so these rounds are not timed from here.
        const int WarmUp = 2;
        const int Rounds = 20;
        for (var i = 0; i < WarmUp + Rounds; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await replayer.ReplayWorkflowAsync(history);
            var ours = Stopwatch.GetElapsedTime(started);
            using var answer = JsonDocument.Parse(await typeScript.AskAsync("replay", "{"));
            if (i < WarmUp)
                continue;
            comparison.Ours.Add(ours);
            comparison.Theirs.Add(TimeSpan.FromMilliseconds(answer.RootElement.GetProperty("ms").GetDouble()));
        }

        await Console.Error.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"bench: {Replay}: {history.Events.Count * 1000 / comparison.Ours.Percentile(0.5):0} events/s ours, {history.Events.Count * 1000 / comparison.Theirs.Percentile(0.5):0} TypeScript's"));
        return comparison;
    }

    private static Task RunBatchAsync(TemporalClient client, string queue) => Task.WhenAll(
        Enumerable.Range(0, AtOnce).Select(async _ => await (await StartAsync(client, "benchSteps", [Activities], queue)).GetResultAsync()));

    private static Task<WorkflowHandle> StartAsync(TemporalClient client, string workflow, IReadOnlyCollection<object?> args, string queue) =>
        client.StartWorkflowAsync(workflow, args, new WorkflowOptions($"{workflow}-{Guid.NewGuid()}", queue));
}
