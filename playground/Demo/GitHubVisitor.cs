using System.Text.Json.Nodes;

namespace CodingAgent.Playground.Demo;

/// <summary>The person at GitHub's face.</summary>
/// <param name="human">The person.</param>
/// <param name="repositoryPage">Page of the repository.</param>
/// <param name="bot">The login that the service shows as.</param>
internal sealed class GitHubVisitor(Human human, Uri repositoryPage, Func<string> bot) : Visitor
{
    public override (string Name, string Sign) Pull => ("pull request", "#");

    public override Uri RepositoryPage => repositoryPage;

    public override Uri PageOf(int pull) => new($"{repositoryPage}/pull/{pull}");

    public override async Task<int> OpenIssueAsync(string title, string body, CancellationToken ct) =>
        (await human.PostAsync("issues", new JsonObject { ["title"] = title, ["body"] = body }, ct))["number"]!.GetValue<int>();

    public override Task LabelAsync(int issue, string label, CancellationToken ct) => human.PostAsync($"issues/{issue}/labels", new JsonObject { ["labels"] = new JsonArray(label) }, ct);

    public override async Task<IReadOnlyList<string>> LabelsAsync(int issue, CancellationToken ct) =>
        [.. (await human.GetAsync($"issues/{issue}", ct))["labels"]!.AsArray().Select(l => Text(l, "name"))];

    public override Task CommentAsync(int issue, string body, CancellationToken ct) => human.PostAsync($"issues/{issue}/comments", new JsonObject { ["body"] = body }, ct);

    public override Task<IReadOnlyList<string>> BotWordsAsync(int issue, CancellationToken ct) => WordsAsync($"issues/{issue}/comments", ct);

    public override async Task<IReadOnlyList<string>> BotWordsOnPullAsync(int pull, CancellationToken ct) =>
        [.. await WordsAsync($"issues/{pull}/comments", ct), .. await WordsAsync($"pulls/{pull}/comments", ct)];

    public override async Task<string?> ThreadAnswerAsync(int pull, CancellationToken ct) =>
        (await human.GetAsync($"pulls/{pull}/comments", ct)).AsArray().FirstOrDefault(c => IsBots(c) && c!["in_reply_to_id"] is not null) is { } answer ? Text(answer, "body") : null;

    public override async Task<IReadOnlyList<PullSeen>> PullsAsync(CancellationToken ct) =>
        [.. (await human.GetAsync("pulls?state=all", ct)).AsArray().Select(p =>
            new PullSeen(p!["number"]!.GetValue<int>(), Text(p, "title"), Text(p, "state") == "open", p["draft"]!.GetValue<bool>(), Text(p["head"], "sha")))];

    public override async Task<IReadOnlyList<string>> CommitsAsync(int pull, CancellationToken ct) =>
        [.. (await human.GetAsync($"pulls/{pull}/commits?per_page=100", ct)).AsArray().Select(c => Text(c!["commit"], "message"))];

    public override async Task<(IReadOnlyList<CiSeen> Jobs, IReadOnlyList<CiSeen> Reports)> CiAsync(string sha, CancellationToken ct)
    {
        var runs = (await human.GetAsync($"commits/{sha}/check-runs", ct))["check_runs"]!.AsArray();
        var statuses = (await human.GetAsync($"commits/{sha}/status", ct))["statuses"]!.AsArray();
        return ([.. runs.Select(r => new CiSeen(Text(r, "name"), $"{r!["conclusion"] ?? r["status"]}"))], [.. statuses.Select(s => new CiSeen(Text(s, "context"), Text(s, "state")))]);
    }

    public override async Task<string> WhyRedAsync(string sha, CancellationToken ct)
    {
        var runs = (await human.GetAsync($"commits/{sha}/check-runs", ct))["check_runs"]!.AsArray();
        return string.Join('\n', runs.Where(r => $"{r!["conclusion"]}" == "failure").Select(r => $"{Text(r, "name")}: {r!["output"]!["title"]}\n{r["output"]!["summary"]}\n{r["output"]!["text"]}"));
    }

    public override async Task RequestChangesAsync(int pull, string path, string remark, CancellationToken ct)
    {
        var file = (await human.GetAsync($"pulls/{pull}/files", ct)).AsArray().First(f => Text(f, "filename") == path);
        var comment = new JsonObject { ["path"] = path, ["line"] = Patch.FirstAddedLine(Text(file, "patch")), ["side"] = "RIGHT", ["body"] = remark };
        await human.PostAsync($"pulls/{pull}/reviews", new JsonObject { ["event"] = "REQUEST_CHANGES", ["body"] = "Nearly there.", ["comments"] = new JsonArray(comment) }, ct);
    }

    public override Task ApproveAsync(int pull, CancellationToken ct) => human.PostAsync($"pulls/{pull}/reviews", new JsonObject { ["event"] = "APPROVE", ["body"] = "Thank you." }, ct);

    public override Task MergeAsync(int pull, CancellationToken ct) => human.PutAsync($"pulls/{pull}/merge", new JsonObject { ["merge_method"] = "merge" }, ct);

    public override async Task<(string Name, string Sha, IReadOnlyList<string> Parents)> DefaultBranchAsync(CancellationToken ct)
    {
        var name = Text(await human.GetAsync("", ct), "default_branch");
        var sha = Text((await human.GetAsync($"branches/{name}", ct))["commit"], "sha");
        return (name, sha, [.. (await human.GetAsync($"commits/{sha}", ct))["parents"]!.AsArray().Select(p => Text(p, "sha"))]);
    }

    private async Task<IReadOnlyList<string>> WordsAsync(string path, CancellationToken ct) =>
        [.. (await human.GetAsync($"{path}?per_page=100", ct)).AsArray().Where(IsBots).Select(c => Text(c, "body"))];

    private bool IsBots(JsonNode? comment) => Text(comment!["user"], "login") == bot();
}
