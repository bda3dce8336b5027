using CodingAgent.Eval.Bundles;
using CodingAgent.Eval.Generation;
using CodingAgent.Eval.Registries;
using CodingAgent.Playground.Demo;

namespace CodingAgent.Eval.Runs;

/// <summary>An evaluation: registries, repositories, and one stage on which all are played.</summary>
internal sealed class EvalRun(EvalOptions options, TimeProvider time)
{
    private static readonly Narrator Narrator = Narrator.OnConsole();

    private readonly string _scratch = Directory.CreateTempSubdirectory("coding-agent-eval-").FullName;

    /// <summary>Runs it; true when all outcomes are as expected.</summary>
    public async Task<bool> RunAsync(CancellationToken ct)
    {
        try
        {
            await using var registries = await LocalRegistries.StartAsync(_scratch, time, ct);
            var skipped = new List<RepositoryResult>();
            var repositories = await MakeAsync(registries, skipped, ct);
            var tests = new FixtureCheck(new TestRun(await HostEnvironment.ForTestsAsync(registries, _scratch, ct)));
            return options.VerifyFixtures ? await VerifyAsync(repositories, skipped, tests, ct) : await PlayAsync(repositories, skipped, registries, tests, ct);
        }
        finally
        {
            if (options.Keep)
                Narrator.Note($"The repositories are in {_scratch}");
            else
                Directory.Delete(_scratch, recursive: true);
        }
    }

    private async Task<IReadOnlyList<MadeRepository>> MakeAsync(LocalRegistries registries, List<RepositoryResult> skipped, CancellationToken ct)
    {
        var maker = new RepositoryMaker(_scratch);
        if (options.Repository is { } folder)
            return [await maker.TakeAsync(folder, options.Patch!, options.Issue, ct)];
        var made = new List<MadeRepository>();
        foreach (var bundle in (options.Only.Count > 0 ? options.Only : RepositoryBundle.Names).Select(RepositoryBundle.Load))
        {
            if (WhyNotHere(bundle) is { } why)
                skipped.Add(new RepositoryResult(bundle.Name, bundle.Header.Ecosystem, bundle.Base.Count, "", RepositoryResult.Skipped, "", why, null, null, TimeSpan.Zero, 0, []));
            else
                made.Add(await maker.MakeAsync(bundle, registries.Values, ct));
        }

        return made;
    }

    private static string? WhyNotHere(RepositoryBundle bundle)
    {
        var missing = bundle.Header.Needs.Where(program => !HostEnvironment.Has(program)).ToArray();
        if (missing.Length > 0)
            return $"this machine has no {string.Join(", no ", missing)}";
        var text = string.Concat(bundle.Base.Values);
        return text.Contains("{{maven}}", StringComparison.Ordinal) && !MavenFiles.IsComplete
            ? "this machine has no Maven plugins (Debian: libmaven-resources-plugin-java libmaven-compiler-plugin-java libsurefire-java junit4)"
            : text.Contains("pytest", StringComparison.Ordinal) && !PythonIndexFiles.IsComplete ? "this machine has no pytest to serve (Debian: python3-pytest python3-wheel)" : null;
    }

    private static async Task<bool> VerifyAsync(IReadOnlyList<MadeRepository> repositories, List<RepositoryResult> skipped, FixtureCheck tests, CancellationToken ct)
    {
        var verdicts = new List<bool>();
        foreach (var repository in repositories)
        {
            var problem = await tests.ProblemAsync(repository, ct);
            verdicts.Add(problem.Length == 0);
            if (problem.Length == 0)
                Narrator.Good($"{repository.Name} ({repository.Header.Ecosystem}, {repository.FileCount} files, {repository.Change.Files.Count} changed)");
            else
                Narrator.Bad($"{repository.Name}: {problem}");
        }

        foreach (var r in skipped)
            Console.WriteLine($"skipped: {r.Name}: {r.Words}");
        Report.Total(verdicts);
        return verdicts.TrueForAll(v => v);
    }

    private async Task<bool> PlayAsync(
        IReadOnlyList<MadeRepository> repositories, List<RepositoryResult> skipped, LocalRegistries registries, FixtureCheck tests, CancellationToken ct)
    {
        await using var stage = await Stage.BuildAsync(new StageOptions { References = [.. repositories.Select(r => r.Change)], RunsCi = false }, ct);
        if (options.Keep)
            stage.KeepFiles();
        foreach (var (name, value) in await OperatorSettings.ForServiceAsync(registries, ct))
            stage.Settings[name] = value;
        await stage.StartServiceAsync("all", ct);
        Narrator.Step($"The service is up; {repositories.Count} repositories are played, {options.Parallel} at a time. Log: {stage.LogDirectory}");

        var results = new RepositoryResult[repositories.Count];
        await Parallel.ForAsync(0, repositories.Count, new ParallelOptions { MaxDegreeOfParallelism = options.Parallel, CancellationToken = ct }, async (i, stop) =>
        {
            results[i] = await PlayAsync(stage, repositories[i], tests, stop);
            var r = results[i];
            if (r.IsAsExpected)
                Narrator.Good($"{r.Name}: {r.Outcome} after {r.Total.TotalSeconds:0} s");
            else
                Narrator.Bad($"{r.Name}: {r.Problem}");
        });

        IReadOnlyList<RepositoryResult> all = [.. results, .. skipped];
        var now = time.GetUtcNow();
        var file = Path.GetFullPath(options.Output);
        await Report.WriteAsync(file, now, all, ct);
        Console.WriteLine($"Results as JSON: {file}");
        Report.Print(all);
        return all.All(r => r.IsAsExpected);
    }

    private async Task<RepositoryResult> PlayAsync(Stage stage, MadeRepository repository, FixtureCheck tests, CancellationToken ct)
    {
        using var run = new RepositoryRun(stage, repository, tests, time);
        try
        {
            return await run.PlayAsync(ct);
        }
        catch (Exception e) when (e is EvalException or StoryException or HttpRequestException)
        {
            // One repository that breaks must not take the others with it.
            return new RepositoryResult(
                repository.Name, repository.Header.Ecosystem, repository.FileCount, repository.Header.Expect.ToString().ToLowerInvariant(), "broken", e.Message, "", null, null, TimeSpan.Zero, 0, []);
        }
    }
}
