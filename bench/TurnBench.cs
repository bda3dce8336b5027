using System.Diagnostics;
using System.Text.Json.Nodes;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Bench;

/// <summary>
/// What a turn costs beside the model, in a small and in a large repository: from the moment an answer leaves the model's endpoint until the next request
/// is there, against <c>codex exec</c>. Both are given the same calls, one after the other.
/// </summary>
internal static class TurnBench
{
    public const string Name = "turn";

    private const int Few = 100;
    private const int Many = 20_000;
    private const int WarmUps = 4;
    private const int Turns = 40;

    private delegate JsonObject Command(string line);

    private delegate JsonObject Edit(string path, string before, string after);

    public static async Task<Comparison[]> RunAsync()
    {
        if (await CodexPeer.WhyNotAsync() is { } reason)
        {
            await Console.Error.WriteLineAsync($"bench: {Name} left out: {reason}");
            return [];
        }

        await using var model = await BenchModel.StartAsync();
        await using var stage = await AgentStage.StartAsync(model.BaseUrl);
        return
        [
            .. await InAsync(stage, model, Few, (Name + "-few", 0.25)),
            .. await InAsync(stage, model, Many, (Name, 0.5), (Name + "-command", 0.5), (Name + "-edit", 0.5)),
        ];
    }

    // All turns; then, where they are named, commands and edits by themselves.
    private static async Task<Comparison[]> InAsync(AgentStage stage, BenchModel model, int files, params (string Name, double Limit)[] named)
    {
        var name = named[0].Name;
        var origin = stage.OriginOf(name);
        var head = await SampleRepository.MakeAsync(origin, files);
        var step = await stage.PrepareAsync(name, head, new RepositoryPolicy { Checks = [new("test", "true")] });
        // As in a service that has been up for a while: a process's first turns are compiled as they go.
        var warmUp = stage.RunAsync(step);
        var first = new Side(model, AgentStage.ModelKey, warmUp, AgentStage.Command, AgentStage.Edit, files);
        for (var turn = 0; turn < Turns; turn++)
            await first.PlayAsync(turn);
        await first.FinishAsync();

        var checkout = Path.Combine(stage.Root, $"checkout-{name}");
        await ExternalProgram.RunAsync(stage.Root, "git", "clone", "--quiet", origin, checkout);
        await using var codex = await CodexPeer.StartAsync(Path.Combine(stage.Root, $"codex-{name}"), checkout, model.BaseUrl);
        var (run, end) = (stage.RunAsync(step), codex.EndAsync());
        var ours = new Side(model, AgentStage.ModelKey, run, AgentStage.Command, AgentStage.Edit, files);
        var theirs = new Side(model, CodexPeer.ModelKey, end, CodexPeer.Command, CodexPeer.Edit, files);

        var (subject, peer) = ($"from the model's answer to the next request of a coder, {files} files, workspaces {stage.Layering}", $"codex exec --sandbox {codex.Sandbox}");
        string[] of = ["commands and edits", "a command (cat) in the sandbox", "one line edited"];
        var comparisons = named.Zip(of, (n, what) => new Comparison(n.Name, $"{subject}; {what}", peer, n.Limit)).ToArray();
        for (var turn = 0; turn < WarmUps + Turns; turn++)
        {
            // A command and an edit, then the other one is first.
            foreach (var isOurs in turn / 2 % 2 == 0 ? [true, false] : (bool[])[false, true])
            {
                var time = await (isOurs ? ours : theirs).PlayAsync(turn);
                if (turn < WarmUps)
                    continue;
                foreach (var comparison in comparisons.Where((_, i) => i == 0 || i == 1 + (turn % 2)))
                    comparison.Of(isOurs).Add(time);
            }
        }

        await ours.FinishAsync();
        await theirs.FinishAsync();
        return comparisons;
    }

    /// <summary>One of the two who take turns. While it is the other's, its last request waits for an answer.</summary>
    private sealed class Side(BenchModel model, string key, Task ending, Command command, Edit edit, int files)
    {
        private ModelRequest? _asked;

        public async Task<TimeSpan> PlayAsync(int turn)
        {
            var asked = _asked ?? await model.NextAsync(key, ending);
            // So that each turn is about files of its own.
            var file = turn * (files / (WarmUps + Turns));
            var (path, line) = (SampleRepository.PathOf(file), SampleRepository.LineOf(file));
            var isEdit = turn % 2 == 1;
            asked.Answer(isEdit ? edit(path, line, $"{line} Edited.") : command($"cat {path}"));
            _asked = await model.NextAsync(key, ending);
            var expected = isEdit ? path : line;
            return _asked.LastOutput.Contains(expected, StringComparison.Ordinal)
                ? Stopwatch.GetElapsedTime(asked.Left, _asked.Arrived)
                : throw new InvalidOperationException($"{Name}: '{key}' did not do turn {turn}: {_asked.LastOutput}");
        }

        public async Task FinishAsync()
        {
            _asked!.Answer(ModelRequest.Message(AgentStage.Submission));
            await ending;
        }
    }
}
