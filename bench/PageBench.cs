using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using CodingAgent.Forges;
using CodingAgent.Storage;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Bench;

/// <summary>
/// The pages of tasks where there are a thousand, one of them with a run of 5,000 entries: how soon they come, how soon what is new comes into one that
/// is open, and what a service takes that has shown them and has nothing to do.
/// </summary>
internal static class PageBench
{
    public const string Name = "pages";

    private const int Tasks = 1_000;
    private const int Entries = 5_000;
    private const int AtOnce = 500;
    private const int News = 40;
    private const double FirstByteLimit = 300;
    private const double WholeLimit = 1_500;

    // Other processes write the log, so it is looked at every half second.
    private const double NewsLimit = 800;
    private const double IdleLimit = 130;

    // What garbage collection keeps of pages of megabytes is bounded, and given back when others need it.
    private const double AfterLimit = 450;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    private static readonly TaskId Long = TaskId.ForIssue(new RepoRef(ForgeKind.GitHub, "octo", "repo"), 1);

    public static async Task<IReadOnlyList<Figure>> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("coding-agent-bench-");
        var key = RandomNumberGenerator.GetBytes(PayloadCipher.KeySize);
        SecretFile.Write(Path.Combine(folder.FullName, "storage.key"), Convert.ToHexStringLower(key) + "\n", overwrite: false);
        try
        {
            using var database = await SqliteDatabase.OpenAsync(Path.Combine(folder.FullName, "bot.db"), CancellationToken.None);
            var log = new TaskLog(database, new PayloadCipher(key));
            await FillAsync(new TaskProjection(database), log);
            await using var service = WebhookPeer.StartOurs(folder.FullName);
            await service.ReadyAsync();
            using var visitor = await PageVisitor.SignInAsync(service.Address);
            var figures = new List<Figure>();
            // Before anything is asked for over and over: a service that somebody has signed in to, and that has nothing to do.
            await Task.Delay(Rest);
            var (own, resident) = service.Memory();
            figures.Add(new Figure(Name, string.Create(CultureInfo.InvariantCulture, $"idle, memory of its own, anonymous and shared ({resident:0} MB are resident with the programs it has mapped)"), own, "MB", IdleLimit));
            foreach (var (what, path) in ((string, string)[])[
                ($"the list of {Tasks} tasks", "/ui"), ("a task", $"/ui/tasks/{Long}"), ($"its time line of {Entries} entries", $"/ui/timeline/{Long}"), ($"its log of {Entries} entries, whole", $"/ui/tasks/{Long}?whole=1")])
            {
                var (first, whole, bytes) = await visitor.MeasureAsync(path);
                // What is shown whole is read whole before it is sent.
                figures.Add(new Figure(Name, $"{what}, to the first byte, p95 of {PageVisitor.Rounds}", first, "ms", path.Contains('?', StringComparison.Ordinal) || path.Contains("timeline", StringComparison.Ordinal) ? WholeLimit : FirstByteLimit));
                figures.Add(new Figure(Name, $"{what}, to the last of {bytes / 1024} KiB, p95 of {PageVisitor.Rounds}", whole, "ms", WholeLimit));
            }

            figures.Add(new Figure(Name, $"from an entry's commit by another process until it is in the open page, p95 of {News}", await HearAsync(visitor, log), "ms", NewsLimit));
            await Task.Delay(Rest);
            figures.Add(new Figure(Name, "the same after all of these", service.Memory().Own, "MB", AfterLimit));
            return figures;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task FillAsync(TaskProjection tasks, TaskLog log)
    {
        var now = DateTimeOffset.UtcNow.AddHours(-2);
        for (var i = 0; i < Tasks; i++)
        {
            var id = TaskId.ForIssue(Long.Repo, i + 1);
            await tasks.UpsertAsync(
                new TaskSummary(id, 1, "run", TaskKind.Implement, i == 0 ? TaskState.Editing : TaskState.Merged, "The coder works", "", "A title of a usual length", "mona", i + 1, i + 1, "agent/1", new string('a', 40), 1, 1, 0, now.AddMinutes(-i), now), default);
        }

        // As a run tells: it asks, calls, hears.
        for (var i = 0; i < Entries; i += AtOnce)
            await log.AppendAsync(Long, [.. Enumerable.Range(i, AtOnce).Select(at => Entry(now.AddSeconds(at), at))], default);
    }

    private static TaskLogEntry Entry(DateTimeOffset at, int number) => new(at, (number % 4) switch { 0 => TaskLogKind.Turn, 1 => TaskLogKind.Call, 2 => TaskLogKind.Output, _ => TaskLogKind.Said }, number % 4 == 2 ? string.Join('\n', Enumerable.Range(0, 40).Select(l => $"{l}: a line of what a tool gave for call {number}")) : "{\"path\":\"src/Billing/Totals.cs\"}")
    {
        Agent = "coder",
        Run = "r",
        Turn = number / 4,
        Tool = "read_file",
        Call = $"c{number}",
        Elapsed = TimeSpan.FromSeconds(0.8),
    };

    private static async Task<double> HearAsync(PageVisitor visitor, TaskLog log)
    {
        var samples = new Samples();
        using var live = await visitor.Http.GetAsync($"/ui/live/{Long}?after={Entries}", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await live.EnsureSuccessStatusCode().Content.ReadAsStreamAsync());
        for (var i = 0; i < News; i++)
        {
            // At any moment between two looks.
            await Task.Delay(TimeSpan.FromMilliseconds(13 * i));
            var told = $"news-{i}-";
            await log.AppendAsync(Long, [Entry(DateTimeOffset.UtcNow, 3) with { Text = told }], default);
            var written = Stopwatch.GetTimestamp();
            while (await reader.ReadLineAsync() is { } line && !line.Contains(told, StringComparison.Ordinal))
            {
                if (Stopwatch.GetElapsedTime(written) > TimeSpan.FromMinutes(1))
                    throw new InvalidOperationException($"{Name}: what was written to the log did not come within a minute.");
            }

            samples.Add(Stopwatch.GetElapsedTime(written));
        }

        return samples.Percentile(0.95);
    }
}
