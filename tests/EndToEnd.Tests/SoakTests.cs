using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using CodingAgent.Playground.Demo;
using CodingAgent.Playground.ScriptedModel;
using Xunit.Abstractions;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>Many tasks on many repositories, with a forge and a model that fail at random: all end in words, and nothing is doubled or silent.</summary>
public sealed class SoakTests(ITestOutputHelper output)
{
    private const int Seed = 20261130;
    private const int AtOnce = 6;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    [Fact]
    public Task Soak_OfAFewTasks_AllEndInWords() => PlayAsync(repositories: 2, each: 1);

    [Fact]
    [Trait("Category", "Long")]
    public Task Soak_OfTwoHundredTasksOnTwentyRepositories_AllEndInWordsAndMemoryIsFlat() => PlayAsync(repositories: 20, each: 10);

    private async Task PlayAsync(int repositories, int each)
    {
        await using var stage = await Stage.BuildAsync(new StageOptions(), CancellationToken.None);
        await using var forge = await TroubledWire.StartAsync(new Uri(stage.Forge.ApiUrl), TroubledWire.OfForges, Seed);
        await using var model = await TroubledWire.StartAsync(stage.Tap.BaseUrl, TroubledWire.OfModels, Seed + 1);
        stage.Settings["Forge__GitHub__ApiUrl"] = new Uri(forge.Address, new Uri(stage.Forge.ApiUrl).AbsolutePath).AbsoluteUri;
        stage.Settings["OPENAI_BASE_URL"] = new Uri(model.Address, stage.Tap.BaseUrl.AbsolutePath).AbsoluteUri;
        var service = await stage.StartServiceAsync("all", CancellationToken.None);
        (forge.Share, model.Share) = (4, 6);

        var ends = new ConcurrentBag<TaskEnd>();
        var memory = new ConcurrentDictionary<int, long>();
        await Parallel.ForEachAsync(Enumerable.Range(0, repositories), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (number, _) =>
        {
            var random = new Random(Seed + number);
            var repository = await SoakRepository.OpenAsync(stage, $"soak-{number}");
            for (var round = 0; round < each; round++)
            {
                ends.Add(await repository.PlayAsync(random, Patience));
                memory[ends.Count] = MemoryOf(service.Id);
            }
        });

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{ends.Count} tasks: {string.Join(", ", ends.GroupBy(e => e.Kind).OrderByDescending(g => g.Count()).Select(g => $"{g.Count()} {g.Key}"))}"));
        output.WriteLine($"the forge failed by {Counts(forge.Played)}; the model by {Counts(model.Played)}");
        output.WriteLine($"memory, MiB: {string.Join(", ", memory.OrderBy(m => m.Key).Where(m => m.Key % Math.Max(1, repositories * each / 10) == 0).Select(m => $"{m.Value >> 20} after {m.Key}"))}");
        ends.Where(e => e.Problem.Length > 0).Select(e => $"{e.Task} ({e.Kind}): {e.Problem}").ShouldBeEmpty();
        ends.Count.ShouldBe(repositories * each);
        if (ends.Count < 50)
            return;
        // A third of the way in, everything is loaded that ever will be.
        var early = memory.Where(m => m.Key > ends.Count / 4 && m.Key <= ends.Count / 2).Average(m => m.Value);
        var late = memory.Where(m => m.Key > ends.Count * 3 / 4).Average(m => m.Value);
        late.ShouldBeLessThan(early * 1.3, "bytes resident in the last quarter against the second");
    }

    private static string Counts(IReadOnlyDictionary<string, int> played) => string.Join(", ", played.OrderByDescending(p => p.Value).Select(p => $"{p.Key} ({p.Value})"));

    private static long MemoryOf(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
    }

    private sealed record TaskEnd(string Task, string Kind, string Problem);

    /// <summary>A repository on which one task after the other is played, each from the same beginning.</summary>
    private sealed class SoakRepository(Stage stage, Human ada, string name, string first)
    {
        private readonly HttpClient _rest = new() { BaseAddress = stage.ServiceUrl, DefaultRequestHeaders = { Authorization = new("Bearer", stage.ApiKey) } };

        private string FullName => $"{Stage.Owner}/{name}";

        public static async Task<SoakRepository> OpenAsync(Stage stage, string name)
        {
            var folder = Directory.CreateTempSubdirectory("coding-agent-soak-").FullName;
            try
            {
                ShellSample.WriteTo(folder);
                await File.WriteAllTextAsync(Path.Combine(folder, ".github/coding-agent.yml"), TestRepository.PolicyWithoutApproval);
                var ada = await stage.AddRepositoryAsync(name, folder, default);
                return new SoakRepository(stage, ada, name, (await ada.GetAsync("git/ref/heads/main", default))["object"]!["sha"]!.GetValue<string>());
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        public async Task<TaskEnd> PlayAsync(Random random, TimeSpan patience)
        {
            await BeginAnewAsync();
            var way = random.Next(20) switch { 0 => "stopped", 1 => "closed", < 6 => "reviewed", _ => "merged" };
            var issue = (await ada.PostAsync("issues", new JsonObject { ["title"] = ShellSample.IssueTitle, ["body"] = ShellSample.IssueBody }, default))["number"]!.GetValue<int>();
            await ada.PostAsync($"issues/{issue}/labels", new JsonObject { ["labels"] = new JsonArray("agent:implement") }, default);
            var task = $"task/github:{FullName}/issue/{issue}";
            var deadline = TimeProvider.System.GetUtcNow() + patience;
            var person = new Person(ada, issue, way);
            while (TimeProvider.System.GetUtcNow() < deadline)
            {
                var now = await TaskAsync(task);
                var status = now?["status"]?.GetValue<string>() ?? "";
                if (status is "Merged" or "Closed" or "Stopped" or "Failed")
                    return new TaskEnd(task, status, await ProblemAsync(issue, status, now!["reason"]?.GetValue<string>() ?? ""));
                if (await person.ActAsync(status, now?["reason"]?.GetValue<string>() ?? ""))
                    return new TaskEnd(task, "parked", await ProblemAsync(issue, "parked", now!["reason"]!.GetValue<string>()));
                await Task.Delay(300);
            }

            return new TaskEnd(task, "unfinished", $"not over within {patience}: {(await TaskAsync(task))?.ToJsonString()}\n{string.Join('\n', await LogAsync(task))}");
        }

        // As if nothing had been merged: the next task finds what the first one found, on a base that has moved.
        private async Task BeginAnewAsync()
        {
            var folder = Directory.CreateTempSubdirectory("coding-agent-soak-").FullName;
            try
            {
                var url = new UriBuilder($"{stage.Forge.BaseUrl}/{FullName}.git") { UserName = ada.Login, Password = ada.Token };
                await GitClone.RunAsync(folder, "clone", "--quiet", url.Uri.AbsoluteUri, ".");
                await GitClone.RunAsync(folder, "read-tree", "-u", "--reset", first);
                await GitClone.RunAsync(folder, "-c", "user.name=ada", "-c", "user.email=ada@users.noreply.localforge", "commit", "--quiet", "--allow-empty", "-m", "From the beginning");
                await GitClone.RunAsync(folder, "push", "--quiet", "origin", "main");
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        private async Task<JsonNode?> TaskAsync(string id)
        {
            using var response = await _rest.GetAsync($"tasks/{Uri.EscapeDataString(id)}");
            return response.IsSuccessStatusCode ? JsonNode.Parse(await response.Content.ReadAsStringAsync()) : null;
        }

        /// <summary>What people would complain of; empty when nothing.</summary>
        private async Task<string> ProblemAsync(int issue, string kind, string reason)
        {
            if (kind == "Failed" || (kind == "parked" && reason.Length == 0))
                return $"it ended with '{reason}'";
            var pulls = (await ada.GetAsync("pulls?state=all&per_page=100", default)).AsArray()
                .Where(p => p!["head"]!["ref"]!.GetValue<string>().StartsWith($"coding-agent/issue-{issue}-", StringComparison.Ordinal)).Select(p => p!["number"]!.GetValue<int>()).ToArray();
            if (pulls.Length > 1)
                return $"{pulls.Length} pull requests";
            var comments = new List<string>();
            foreach (var number in pulls.Prepend(issue))
                comments.AddRange((await ada.GetAsync($"issues/{number}/comments?per_page=100", default)).AsArray().Where(c => c!["user"]!["login"]!.GetValue<string>() == Stage.Bot).Select(c => c!["body"]!.GetValue<string>()));
            var markers = comments.Select(c => c[c.LastIndexOf("<!-- coding-agent:", StringComparison.Ordinal)..]).ToArray();
            if (markers.Distinct(StringComparer.Ordinal).Count() != markers.Length)
                return $"a comment twice: {string.Join(' ', markers)}";
            var steps = pulls.Length == 0 ? [] : (await ada.GetAsync($"pulls/{pulls[0]}/commits?per_page=100", default)).AsArray()
                .Select(c => c!["commit"]!["message"]!.GetValue<string>().Split('\n').FirstOrDefault(l => l.StartsWith("Agent-Step: ", StringComparison.Ordinal))).ToArray();
            if (steps.Distinct(StringComparer.Ordinal).Count() != steps.Length)
                return $"a commit twice: {string.Join(' ', steps)}";
            // Its last words may still be on their way.
            var label = kind is "Merged" ? "agent:done" : kind is "parked" ? "agent:working" : null;
            if (label is not null)
                await Eventually.FindAsync($"the label {label} on #{issue}", async () => (await ada.GetAsync($"issues/{issue}/labels", default)).AsArray().Any(l => l!["name"]!.GetValue<string>() == label) ? label : null, TimeSpan.FromMinutes(5));
            return comments.Exists(c => c.Contains("coding-agent:status", StringComparison.Ordinal)) ? "" : "no status comment";
        }

        private async Task<IReadOnlyList<string>> LogAsync(string task)
        {
            using var log = new StreamReader(new FileStream(Path.Combine(stage.LogDirectory, "all.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return [.. (await log.ReadToEndAsync()).Split('\n').Where(l => l.Contains(task, StringComparison.Ordinal)).TakeLast(20)];
        }
    }

    /// <summary>What a person does about one task, looking at it now and then.</summary>
    private sealed class Person(Human ada, int issue, string way)
    {
        private static readonly TimeSpan Calm = TimeSpan.FromMinutes(2);

        private (string Reason, DateTimeOffset Since) _seen;
        private DateTimeOffset _retried;
        private string? _reviewedHead;
        private string? _approvedHead;
        private bool _isEnded;

        /// <summary>Does the next thing; true when the task waits for people for good.</summary>
        public async Task<bool> ActAsync(string status, string reason)
        {
            var now = TimeProvider.System.GetUtcNow();
            if (reason != _seen.Reason)
                _seen = (reason, now);
            if (reason.Contains("/agent retry", StringComparison.Ordinal) && now - _retried > TimeSpan.FromSeconds(20))
            {
                _retried = now;
                await SayAsync("/agent retry");
                return false;
            }

            var pull = (await ada.GetAsync("pulls?state=open&per_page=100", default)).AsArray()
                .FirstOrDefault(p => p!["head"]!["ref"]!.GetValue<string>().StartsWith($"coding-agent/issue-{issue}-", StringComparison.Ordinal));
            if (pull is null)
                return false;
            var (number, head) = (pull["number"]!.GetValue<int>(), pull["head"]!["sha"]!.GetValue<string>());
            if (way is "stopped" or "closed" && !_isEnded)
            {
                _isEnded = true;
                if (way == "stopped")
                    await SayAsync("/agent stop");
                else
                    await ada.PatchAsync($"pulls/{number}", new JsonObject { ["state"] = "closed" }, default);
                return false;
            }

            if (status == "AwaitingReview" && pull["draft"]!.GetValue<bool>() && reason.Length > 0 && now - _seen.Since > Calm)
                return true;
            if (status == "ReadyToMerge" && head == _approvedHead)
                await ada.PutAsync($"pulls/{number}/merge", new JsonObject { ["merge_method"] = "merge" }, default);
            else if (status == "AwaitingReview" && !pull["draft"]!.GetValue<bool>() && way == "reviewed" && _reviewedHead is null)
                await ReviewAsync(number, _reviewedHead = head, "REQUEST_CHANGES", new JsonArray(new JsonObject { ["path"] = "src/add.sh", ["line"] = 2, ["side"] = "RIGHT", ["body"] = ShellSample.ReviewRemark }));
            else if (status == "AwaitingReview" && !pull["draft"]!.GetValue<bool>() && head != _reviewedHead && head != _approvedHead)
                await ReviewAsync(number, _approvedHead = head, "APPROVE", []);
            return false;
        }

        private Task SayAsync(string text) => ada.PostAsync($"issues/{issue}/comments", new JsonObject { ["body"] = text }, default);

        private Task ReviewAsync(int number, string head, string verdict, JsonArray comments) =>
            ada.PostAsync($"pulls/{number}/reviews", new JsonObject { ["event"] = verdict, ["commit_id"] = head, ["body"] = "As I see it.", ["comments"] = comments }, default);
    }
}
