using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CodingAgent.Playground.Demo;
using CodingAgent.Playground.LocalForge;
using CodingAgent.Playground.ScriptedModel;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>A repository as one test uses it: what Ada does there, and what the forge and the service show of it.</summary>
internal sealed partial class TestRepository(ServiceUnderTest service, Human ada, string name)
{
    /// <summary>The policy file with no question asked before editing.</summary>
    public static string PolicyWithoutApproval { get; } = ShellSample.Policy.Replace("approval: always", "approval: never", StringComparison.Ordinal);

    public string Name => name;

    public string FullName => $"{Stage.Owner}/{name}";

    public Human Ada => ada;

    public Human AddPerson(string login, RepoAccess access) => service.Stage.AddPerson(login, name, access);

    public async Task<int> OpenIssueAsync(string? label = null)
    {
        var issue = await ada.PostAsync("issues", new JsonObject { ["title"] = ShellSample.IssueTitle, ["body"] = ShellSample.IssueBody }, default);
        var number = issue["number"]!.GetValue<int>();
        if (label is not null)
            await LabelAsync(ada, number, label);
        return number;
    }

    public Task LabelAsync(Human who, int number, string label) =>
        who.PostAsync($"issues/{number}/labels", new JsonObject { ["labels"] = new JsonArray(label) }, default);

    public Task SayAsync(Human who, int number, string text) =>
        who.PostAsync($"issues/{number}/comments", new JsonObject { ["body"] = text }, default);

    /// <summary>Ada says something.</summary>
    public Task SayAsync(int number, string text) => SayAsync(ada, number, text);

    /// <summary>The bot's comments on an issue or pull request, oldest first.</summary>
    public async Task<IReadOnlyList<string>> BotCommentsAsync(int number) =>
        [.. (await ada.GetAsync($"issues/{number}/comments?per_page=100", default)).AsArray()
            .Where(c => c!["user"]!["login"]!.GetValue<string>() == Stage.Bot).Select(c => c!["body"]!.GetValue<string>())];

    /// <summary>Waits for a comment of the bot with this text.</summary>
    public Task<string> CommentAsync(int number, string containing) => FindAsync(
        $"a comment with '{containing}' on #{number}",
        async () => (await BotCommentsAsync(number)).LastOrDefault(b => b.Contains(containing, StringComparison.OrdinalIgnoreCase)));

    /// <summary>Waits until the last status comment has this text.</summary>
    public Task<string> StatusAsync(int number, string containing) => FindAsync(
        $"a status with '{containing}' on #{number}",
        async () => (await BotCommentsAsync(number)).LastOrDefault(b => b.Contains("coding-agent:status", StringComparison.Ordinal)) is { } status
            && status.Contains(containing, StringComparison.OrdinalIgnoreCase) ? status : null);

    /// <summary>Waits for the n-th plan and returns its hash; those before it were replaced.</summary>
    public Task<string> PlanHashAsync(int number, int version = 1) => FindAsync(
        $"plan {version} on #{number}",
        async () => (await BotCommentsAsync(number)).Where(b => version == 1 || b.Contains($"(version {version})", StringComparison.Ordinal))
            .Select(b => PlanHash().Match(b)).FirstOrDefault(m => m.Success)?.Groups["hash"].Value);

    public async Task<IReadOnlyList<string>> LabelsAsync(int number) =>
        [.. (await ada.GetAsync($"issues/{number}/labels", default)).AsArray().Select(l => l!["name"]!.GetValue<string>())];

    public async Task<IReadOnlyList<string>> BranchesAsync() =>
        [.. (await ada.GetAsync("branches?per_page=100", default)).AsArray().Select(b => b!["name"]!.GetValue<string>())];

    public async Task<IReadOnlyList<string>> AgentBranchesAsync() =>
        [.. (await BranchesAsync()).Where(b => b.StartsWith("coding-agent/", StringComparison.Ordinal))];

    public async Task<IReadOnlyList<JsonNode>> PullsAsync() =>
        [.. (await ada.GetAsync("pulls?state=all&per_page=100", default)).AsArray().Select(p => p!)];

    /// <summary>Waits for the repository's pull request.</summary>
    /// <param name="limit">How long, where its checks take longer than a shell's.</param>
    public async Task<int> PullAsync(TimeSpan? limit = null) =>
        (await FindAsync("a pull request", async () => await PullsAsync() is [var first, ..] ? first : null, limit))["number"]!.GetValue<int>();

    /// <summary>Waits until the pull request is no draft any more: CI is green.</summary>
    public Task<JsonNode> ReadyPullAsync(int number) => FindAsync("a pull request that is ready", async () =>
        await ada.GetAsync($"pulls/{number}", default) is var pull && !pull["draft"]!.GetValue<bool>() ? pull : null);

    /// <summary>All of it: Ada opens and labels an issue, approves the pull request once CI is green, and merges it when the task is ready.</summary>
    public async Task<(int Issue, int Pull)> MergedAsync()
    {
        var issue = await OpenIssueAsync("agent:implement");
        var pull = await PullAsync();
        await ReadyPullAsync(pull);
        await ada.PostAsync($"pulls/{pull}/reviews", new JsonObject { ["event"] = "APPROVE", ["body"] = "Thank you." }, default);
        await TaskInStateAsync(TaskIdOf(issue), "ReadyToMerge");
        await ada.PutAsync($"pulls/{pull}/merge", new JsonObject { ["merge_method"] = "merge" }, default);
        await TaskInStateAsync(TaskIdOf(issue), "Merged");
        return (issue, pull);
    }

    /// <summary>Waits for a check's conclusion on a commit.</summary>
    public async Task<string> ConclusionAsync(string sha, string check) => (await FindAsync($"check {check} on {sha}", async () =>
        (await ada.GetAsync($"commits/{sha}/check-runs", default))["check_runs"]!.AsArray()
            .FirstOrDefault(r => r!["name"]!.GetValue<string>() == check && r["conclusion"] is not null)))["conclusion"]!.GetValue<string>();

    /// <summary>The task as REST shows it; null when there is none.</summary>
    public async Task<JsonNode?> TaskAsync(string id)
    {
        using var response = await service.Rest.GetAsync($"tasks/{Uri.EscapeDataString(id)}");
        if (response.StatusCode == HttpStatusCode.NotFound)
            return null;
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonNode>();
    }

    public string TaskIdOf(int issue) => $"task/github:{FullName}/issue/{issue}";

    /// <summary>Waits until REST shows the task in this state.</summary>
    public Task<JsonNode> TaskInStateAsync(string id, string state) => FindAsync(
        $"{id} in state {state}",
        async () => await TaskAsync(id) is { } task && task["status"]!.GetValue<string>() == state ? task : null);

    public Task<T> FindAsync<T>(string what, Func<Task<T?>> probe, TimeSpan? limit = null)
        where T : class => Eventually.FindAsync(what, probe, limit ?? TimeSpan.FromMinutes(4), ExplainAsync);

    /// <summary>Every comment of the bot carries a marker of its own, and every commit of its branch comes from a step of its own.</summary>
    public async Task NothingIsDoubledAsync(int issue, int pull)
    {
        (await PullsAsync()).Count.ShouldBe(1);
        var comments = (await BotCommentsAsync(issue)).Concat(await BotCommentsAsync(pull)).ToArray();
        var markers = comments.Select(c => Marker().Match(c).Value).ToArray();
        markers.ShouldAllBe(m => m.Length > 0);
        markers.ShouldBeUnique();
        comments.Count(c => PlanHash().IsMatch(c)).ShouldBe(1);
        comments.Count(c => c.Contains("coding-agent:status", StringComparison.Ordinal)).ShouldBe(1);
        var steps = (await ada.GetAsync($"pulls/{pull}/commits?per_page=100", default)).AsArray()
            .Select(c => Step().Match(c!["commit"]!["message"]!.GetValue<string>()).Value).ToArray();
        steps.ShouldAllBe(s => s.Length > 0);
        steps.ShouldBeUnique();
    }

    // What a red test needs to be understood: the model's refusals, and the log's end.
    private async Task<string> ExplainAsync()
    {
        var refused = service.Stage.RefusedByModel.Select(r => $"refused by the model: {r.Detail}");
        return string.Join('\n', [.. refused, .. (await service.LogAsync()).Split('\n').TakeLast(40)]);
    }

    [GeneratedRegex("plan hash `(?<hash>[0-9a-f]+)`", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex PlanHash();

    [GeneratedRegex("<!-- coding-agent:[^>]*-->", RegexOptions.NonBacktracking)]
    private static partial Regex Marker();

    [GeneratedRegex("^Agent-Step: .*$", RegexOptions.NonBacktracking | RegexOptions.Multiline)]
    private static partial Regex Step();
}
