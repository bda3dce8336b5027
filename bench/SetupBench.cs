using System.Diagnostics;
using System.Globalization;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Bench;

/// <summary>How long a person's task waits for its machine: from the start of an agent's activity, where packages were set up before, to the first request to the model.</summary>
internal static class SetupBench
{
    public const string Name = "setup-to-turn";

    private const double Limit = 2000;
    private const int Rounds = 20;

    private const string Manifest = """
        {
          "name": "bench",
          "version": "1.0.0",
          "private": true,
          "scripts": { "test": "node --test" },
          "dependencies": { "express": "5.1.0" },
          "devDependencies": { "eslint": "9.39.1", "typescript": "5.9.3" }
        }

        """;

    public static async Task<IReadOnlyList<Figure>> RunAsync()
    {
        await using var model = await BenchModel.StartAsync();
        await using var stage = await AgentStage.StartAsync(model.BaseUrl);
        await Console.Error.WriteLineAsync($"bench: workspaces are {stage.Layering}");
        var figures = new List<Figure>();
        foreach (var files in (int[])[100, 20_000])
        {
            var origin = stage.OriginOf($"npm-{files}");
            await File.WriteAllTextAsync(Path.Combine(origin, "package.json"), Manifest);
            try
            {
                await ExternalProgram.RunAsync(origin, "npm", "install", "--package-lock-only", "--no-audit", "--no-fund");
            }
            catch (InvalidOperationException e)
            {
                await Console.Error.WriteLineAsync($"bench: {Name} left out, no packages can be had: {e.Message.ReplaceLineEndings(" ")}");
                return [];
            }

            var began = Stopwatch.GetTimestamp();
            var step = await stage.PrepareAsync($"npm-{files}", await SampleRepository.MakeAsync(origin, files), new RepositoryPolicy());
            await Console.Error.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"bench: {files} files fetched and set up in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s"));
            var samples = new Samples();
            for (var round = 0; round < Rounds; round++)
            {
                var started = Stopwatch.GetTimestamp();
                var run = stage.RunAsync(step);
                var first = await model.NextAsync(AgentStage.ModelKey, run);
                samples.Add(Stopwatch.GetElapsedTime(started, first.Arrived));
                first.Answer(AgentStage.Command("node -e \"require('express')\""));
                var second = await model.NextAsync(AgentStage.ModelKey, run);
                if (!second.LastOutput.StartsWith("exit code 0", StringComparison.Ordinal))
                    throw new InvalidOperationException($"{Name}: the workspace has no packages: {second.LastOutput}");
                second.Answer(ModelRequest.Message(AgentStage.Submission));
                await run;
            }

            var what = $"from the start of a coder's activity to its first request to the model, {files} files, npm packages set up before, {Rounds} rounds";
            figures.Add(new Figure(Name, $"{what}: median", samples.Percentile(0.5), "ms", Limit));
            figures.Add(new Figure(Name, $"{what}: 95th percentile", samples.Percentile(0.95), "ms", Limit));
        }

        return figures;
    }
}
