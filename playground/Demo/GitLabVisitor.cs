using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace CodingAgent.Playground.Demo;

/// <summary>The person at GitLab's face. Asking for changes is a button there, which is GraphQL's to press.</summary>
internal sealed partial class GitLabVisitor : Visitor, IDisposable
{
    private readonly ForgeHttp _http;
    private readonly Uri _site;
    private readonly string _path;
    private readonly string _project;

    /// <summary>Takes where and who.</summary>
    /// <param name="site">Root of the site.</param>
    /// <param name="path">Path of the project, <c>group/name</c>.</param>
    /// <param name="token">The person's token.</param>
    public GitLabVisitor(Uri site, string path, string token)
    {
        (_site, _path, _project) = (site, path, $"api/v4/projects/{Uri.EscapeDataString(path)}");
        _http = new ForgeHttp(site, token);
    }

    public override (string Name, string Sign) Pull => ("merge request", "!");

    public override Uri RepositoryPage => new(_site, _path);

    public override Uri PageOf(int pull) => new($"{RepositoryPage}/-/merge_requests/{pull}");

    public override async Task<int> OpenIssueAsync(string title, string body, CancellationToken ct) =>
        (await _http.SendAsync(HttpMethod.Post, $"{_project}/issues", new JsonObject { ["title"] = title, ["description"] = body }, ct))["iid"]!.GetValue<int>();

    public override Task LabelAsync(int issue, string label, CancellationToken ct) => _http.SendAsync(HttpMethod.Put, $"{_project}/issues/{issue}", new JsonObject { ["add_labels"] = label }, ct);

    public override async Task<IReadOnlyList<string>> LabelsAsync(int issue, CancellationToken ct) =>
        [.. (await GetAsync($"issues/{issue}", ct))["labels"]!.AsArray().Select(l => l!.GetValue<string>())];

    public override Task CommentAsync(int issue, string body, CancellationToken ct) => _http.SendAsync(HttpMethod.Post, $"{_project}/issues/{issue}/notes", new JsonObject { ["body"] = body }, ct);

    public override Task<IReadOnlyList<string>> BotWordsAsync(int issue, CancellationToken ct) => WordsAsync($"issues/{issue}", ct);

    public override Task<IReadOnlyList<string>> BotWordsOnPullAsync(int pull, CancellationToken ct) => WordsAsync($"merge_requests/{pull}", ct);

    public override async Task<string?> ThreadAnswerAsync(int pull, CancellationToken ct) =>
        (await GetAsync($"merge_requests/{pull}/discussions?per_page=100", ct)).AsArray().SelectMany(d => d!["notes"]!.AsArray().Skip(1)).FirstOrDefault(IsBots) is { } answer ? Text(answer, "body") : null;

    public override async Task<IReadOnlyList<PullSeen>> PullsAsync(CancellationToken ct) =>
        [.. (await GetAsync("merge_requests?state=all", ct)).AsArray().Select(m =>
            new PullSeen(m!["iid"]!.GetValue<int>(), Text(m, "title"), Text(m, "state") == "opened", m["draft"]!.GetValue<bool>(), Text(m, "sha")))];

    public override async Task<IReadOnlyList<string>> CommitsAsync(int pull, CancellationToken ct) =>
        [.. (await GetAsync($"merge_requests/{pull}/commits?per_page=100", ct)).AsArray().Select(c => Text(c, "message"))];

    public override async Task<(IReadOnlyList<CiSeen> Jobs, IReadOnlyList<CiSeen> Reports)> CiAsync(string sha, CancellationToken ct)
    {
        var jobs = await JobsAsync(sha, ct);
        var ids = jobs.Select(IdOf).ToHashSet();
        var reports = (await GetAsync($"repository/commits/{sha}/statuses", ct)).AsArray().Where(s => !ids.Contains(s!["id"]!.GetValue<long>()));
        return ([.. jobs.Select(j => new CiSeen(Text(j, "name"), Text(j, "status") is "failed" ? "failure" : Text(j, "status")))], [.. reports.Select(s => new CiSeen(Text(s, "name"), Text(s, "status")))]);
    }

    public override async Task<string> WhyRedAsync(string sha, CancellationToken ct)
    {
        var logs = new List<string>();
        foreach (var job in (await JobsAsync(sha, ct)).Where(j => Text(j, "status") == "failed"))
            logs.Add($"{Text(job, "name")}:\n{Marks().Replace(await _http.SendForTextAsync(HttpMethod.Get, $"{_project}/jobs/{IdOf(job)}/trace", null, ct), "")}");
        return string.Join('\n', logs);
    }

    public override async Task RequestChangesAsync(int pull, string path, string remark, CancellationToken ct)
    {
        var where = $"{_project}/merge_requests/{pull}";
        var self = (await _http.SendAsync(HttpMethod.Get, "api/v4/user", null, ct))["id"]!.GetValue<long>();
        await _http.SendAsync(HttpMethod.Put, where, new JsonObject { ["reviewer_ids"] = new JsonArray(self) }, ct);
        var refs = (await GetAsync($"merge_requests/{pull}", ct))["diff_refs"]!;
        var file = (await GetAsync($"merge_requests/{pull}/diffs", ct)).AsArray().First(f => Text(f, "new_path") == path);
        var position = new JsonObject
        {
            ["position_type"] = "text",
            ["base_sha"] = Text(refs, "base_sha"),
            ["head_sha"] = Text(refs, "head_sha"),
            ["start_sha"] = Text(refs, "start_sha"),
            ["old_path"] = Text(file, "old_path"),
            ["new_path"] = path,
            ["new_line"] = Patch.FirstAddedLine(Text(file, "diff")),
        };
        await _http.SendAsync(HttpMethod.Post, $"{where}/discussions", new JsonObject { ["body"] = remark, ["position"] = position }, ct);
        await _http.SendAsync(HttpMethod.Post, "api/graphql", new JsonObject
        {
            ["query"] = "mutation($path: ID!, $iid: String!) { mergeRequestRequestChanges(input: { projectPath: $path, iid: $iid }) { errors } }",
            ["variables"] = new JsonObject { ["path"] = _path, ["iid"] = $"{pull}" },
        }, ct);
        // The verdict is told in no event; the summary of a review is a note like any other.
        await _http.SendAsync(HttpMethod.Post, $"{where}/notes", new JsonObject { ["body"] = "Nearly there." }, ct);
    }

    public override Task ApproveAsync(int pull, CancellationToken ct) => _http.SendAsync(HttpMethod.Post, $"{_project}/merge_requests/{pull}/approve", new JsonObject(), ct);

    public override Task MergeAsync(int pull, CancellationToken ct) => _http.SendAsync(HttpMethod.Put, $"{_project}/merge_requests/{pull}/merge", new JsonObject(), ct);

    public override async Task<(string Name, string Sha, IReadOnlyList<string> Parents)> DefaultBranchAsync(CancellationToken ct)
    {
        var name = Text(await _http.SendAsync(HttpMethod.Get, _project, null, ct), "default_branch");
        var sha = Text((await GetAsync($"repository/branches/{name}", ct))["commit"], "id");
        return (name, sha, [.. (await GetAsync($"repository/commits/{sha}", ct))["parent_ids"]!.AsArray().Select(p => p!.GetValue<string>())]);
    }

    public void Dispose() => _http.Dispose();

    private async Task<IReadOnlyList<string>> WordsAsync(string on, CancellationToken ct) =>
        [.. (await GetAsync($"{on}/notes?per_page=100&sort=asc", ct)).AsArray().Where(IsBots).Select(n => Text(n, "body"))];

    // What GitLab writes itself about what the bot did is not the bot's word.
    private static bool IsBots(JsonNode? note) => Text(note!["author"], "username") == Stage.Bot && !note["system"]!.GetValue<bool>();

    private Task<JsonNode> GetAsync(string path, CancellationToken ct) => _http.SendAsync(HttpMethod.Get, $"{_project}/{path}", null, ct);

    private async Task<IReadOnlyList<JsonNode>> JobsAsync(string sha, CancellationToken ct)
    {
        var jobs = new List<JsonNode>();
        foreach (var pipeline in (await GetAsync($"pipelines?sha={sha}", ct)).AsArray())
            jobs.AddRange((await GetAsync($"pipelines/{pipeline!["id"]}/jobs", ct)).AsArray()!);
        return jobs;
    }

    private static long IdOf(JsonNode job) => job["id"]!.GetValue<long>();

    // Of sections and colours, in a job's log.
    [GeneratedRegex(@"section_(start|end):[0-9]+:[^\r\n]*\r?|\x1b\[[0-9;]*[A-Za-z]", RegexOptions.ExplicitCapture)]
    private static partial Regex Marks();
}
