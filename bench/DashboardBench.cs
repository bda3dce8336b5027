using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using CodingAgent.Forges;
using CodingAgent.Storage;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Bench;

/// <summary>The dashboard of a year with 100,000 tasks: the whole service in its own process, its page over HTTP to somebody who is signed in.</summary>
internal static partial class DashboardBench
{
    public const string Name = "dashboard";

    private const int Tasks = 100_000;
    private const int Repositories = 40;
    private const int AtOnce = 128;
    private const int WarmUps = 5;
    private const int Rounds = 30;
    private const double FirstByteLimit = 600;
    private const double WholeLimit = 700;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

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
            using var http = await SignInAsync(service.Address);
            var figures = new List<Figure>();
            foreach (var (what, query) in Views)
            {
                var (first, whole, bytes) = await MeasureAsync(http, "/ui/dashboard" + query);
                figures.Add(new Figure(Name, $"{what}, to the first byte, p95 of {Rounds}", first, "ms", FirstByteLimit));
                figures.Add(new Figure(Name, $"{what}, to the last of {bytes / 1024} KiB, p95 of {Rounds}", whole, "ms", WholeLimit));
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

    private static async Task<HttpClient> SignInAsync(Uri service)
    {
        var http = new HttpClient { BaseAddress = service };
        // Deliveries are taken before the pages are there.
        var started = Stopwatch.GetTimestamp();
        var page = "";
        while (page.Length == 0)
        {
            using var shown = await http.GetAsync("/ui/sign-in");
            if (shown.IsSuccessStatusCode)
                page = await shown.Content.ReadAsStringAsync();
            else if (Stopwatch.GetElapsedTime(started) > Patience)
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{Name}: after a minute the pages still answer {(int)shown.StatusCode}."));
            else
                await Task.Delay(100);
        }

        var token = Token().Match(page).Groups["token"].Value;
        using var form = new FormUrlEncodedContent([new("Key", WebhookPeer.ApiKey), new("_handler", "sign-in"), new("__RequestVerificationToken", token)]);
        using var answer = await http.PostAsync("/ui/sign-in", form);
        return answer.RequestMessage?.RequestUri?.AbsolutePath == "/ui" ? http
            : throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{Name}: signing in was answered {(int)answer.StatusCode}."));
    }

    private static async Task<(double First, double Whole, int Bytes)> MeasureAsync(HttpClient http, string path)
    {
        var (firsts, wholes, bytes) = (new Samples(), new Samples(), 0);
        for (var round = -WarmUps; round < Rounds; round++)
        {
            var asked = Stopwatch.GetTimestamp();
            using var answer = await http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
            await using var stream = await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync();
            await stream.ReadExactlyAsync(new byte[1]);
            var first = Stopwatch.GetElapsedTime(asked);
            using var rest = new MemoryStream();
            await stream.CopyToAsync(rest);
            var whole = Stopwatch.GetElapsedTime(asked);
            bytes = (int)rest.Length + 1;
            if (round < 0)
                continue;
            firsts.Add(first);
            wholes.Add(whole);
        }

        return (firsts.Percentile(0.95), wholes.Percentile(0.95), bytes);
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture)]
    private static partial Regex Token();
}
