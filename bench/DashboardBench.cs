using CodingAgent.Forges;
using CodingAgent.Storage;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Bench;

/// <summary>The dashboard of a year with 100,000 tasks: the whole service in its own process, its page over HTTP to somebody who is signed in.</summary>
internal static class DashboardBench
{
    public const string Name = "dashboard";

    private const int Tasks = 100_000;
    private const int Repositories = 40;
    private const int AtOnce = 128;
    private const double FirstByteLimit = 600;
    private const double WholeLimit = 700;

    private static readonly (string What, string Query)[] Views =
        [("a year of everything", "?weeks=52"), ("twelve weeks of everything", ""), ("a year of one repository", "?weeks=52&repo=octo/repo-7"), ("a year of one job", "?weeks=52&kind=Upgrade")];

    public static async Task<IReadOnlyList<Figure>> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("coding-agent-bench-");
        try
        {
            using (var database = await SqliteDatabase.OpenAsync(Path.Combine(folder.FullName, "bot.db"), CancellationToken.None))
                await FillAsync(database);
            await using var service = WebhookPeer.StartOurs(folder.FullName);
            await service.ReadyAsync();
            using var visitor = await PageVisitor.SignInAsync(service.Address);
            var figures = new List<Figure>();
            foreach (var (what, query) in Views)
            {
                var (first, whole, bytes) = await visitor.MeasureAsync("/ui/dashboard" + query);
                figures.Add(new Figure(Name, $"{what}, to the first byte, p95 of {PageVisitor.Rounds}", first, "ms", FirstByteLimit));
                figures.Add(new Figure(Name, $"{what}, to the last of {bytes / 1024} KiB, p95 of {PageVisitor.Rounds}", whole, "ms", WholeLimit));
            }

            return figures;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // As workflows tell of tasks, each from its request to its end.
    private static async Task FillAsync(SqliteDatabase database)
    {
        var projection = new TaskProjection(database);
        var start = DateTimeOffset.UtcNow.AddDays(-364);
        var kinds = Enum.GetValues<TaskKind>();
        await Parallel.ForEachAsync(Enumerable.Range(0, Tasks), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, token) =>
        {
            var random = new Random(i);
            var began = start.AddMinutes(i * (363.0 * 24 * 60 / Tasks));
            var ready = TimeSpan.FromMinutes(10 + random.Next(120));
            var id = TaskId.ForIssue(new RepoRef(ForgeKind.GitHub, "octo", $"repo-{random.Next(Repositories)}"), i + 1);
            var task = new TaskSummary(id, 1, "run", kinds[random.Next(kinds.Length)], TaskState.AwaitingCi, "", "", "A title of a usual length", "mona", i + 1, i + 1, "agent/1", new string('a', 40), 1, 1, 0, began, began)
            {
                RequestedAt = began,
                PullIsDraft = true,
                ResumedRuns = random.Next(50) == 0 ? 1 : 0,
                Refusals = random.Next(20) == 0 ? new Dictionary<string, int>(StringComparer.Ordinal) { ["secrets"] = 1 } : null,
            };
            var waiting = task with { Version = 2, State = TaskState.AwaitingReview, PullIsDraft = false, UpdatedAt = began + ready };
            var ended = waiting with
            {
                Version = 3,
                State = random.Next(6) == 0 ? TaskState.Closed : TaskState.Merged,
                ReviewRounds = random.Next(4),
                CostUsd = random.Next(500) / 100m,
                Coverage = random.Next(2) == 0 ? new(70, 70 + (random.Next(-10, 20) / 10m)) : null,
                UpdatedAt = began + ready + TimeSpan.FromMinutes(random.Next(2000)),
            };
            foreach (var told in (TaskSummary[])[task, waiting, ended])
                await projection.UpsertAsync(told, token);
        });
    }
}
