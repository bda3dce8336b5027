using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CodingAgent.Forges.GitLab;
using CodingAgent.Playground.LocalForge;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodingAgent.Forges.Tests.Contract;

/// <summary>The GitLab adapter against LocalForge's face of GitLab, over real HTTP. No real GitLab was at hand.</summary>
public sealed class GitLabForgeOnLocalForge(GitLabForgeOnLocalForge.Stage stage) : ForgeContract, IClassFixture<GitLabForgeOnLocalForge.Stage>
{
    private const string Project = "/projects/acme%2Fshop";

    protected override RepoRef Repo { get; } = new(ForgeKind.GitLab, "acme", "shop");

    protected override bool HasReviews => false;

    protected override bool HidesComments => false;

    protected override bool RemembersLines => false;

    protected override string NoBranch => "branch";

    protected override IForge Forge => stage.Forge;

    protected override async Task<int> OpenIssueAsync(string login, string title, string body, params string[] labels) =>
        (int)(await stage.PostAsync(login, $"{Project}/issues", new { title, description = body, labels = string.Join(',', labels) }))["iid"]!;

    protected override async Task<long> CommentAsync(string login, Subject on, string body) => (long)(await stage.PostAsync(login, $"{On(on)}/notes", new { body }))["id"]!;

    protected override Task EditCommentAsync(string login, Subject on, long id, string body) => stage.CallAsync(login, HttpMethod.Put, $"{On(on)}/notes/{id}", new { body });

    protected override Task EditLineCommentAsync(string login, int number, long id, string body) => EditCommentAsync(login, Subject.Pull(number), id, body);

    protected override Task EditReviewAsync(string login, int number, long id, string body) => throw new NotSupportedException();

    protected override Task DeleteCommentAsync(string login, Subject on, long id) => stage.CallAsync(login, HttpMethod.Delete, $"{On(on)}/notes/{id}", null);

    protected override Task LabelAsync(string login, int number, string label, bool isOn) =>
        stage.CallAsync(login, HttpMethod.Put, On(Subject.Issue(number)), isOn ? new { add_labels = label } : (object)new { remove_labels = label });

    protected override async Task<IReadOnlyList<string>> ReviewersAsync(int number) =>
        [.. (await stage.CallAsync("ada", HttpMethod.Get, $"{On(Subject.Pull(number))}/reviewers", null)).AsArray().Select(r => (string)r!["user"]!["username"]!)];

    protected override async Task AssignAsync(string login, int number, params string[] assignees) =>
        await stage.CallAsync(login, HttpMethod.Put, On(Subject.Issue(number)), new { assignee_ids = await Task.WhenAll(assignees.Select(IdAsync)) });

    protected override async Task<int> OpenAssignedIssueAsync(string login, string title, string assignee) =>
        (int)(await stage.PostAsync(login, On(Subject.Issue(1))[..^2], new { title, assignee_ids = new[] { await IdAsync(assignee) } }))["iid"]!;

    private async Task<long> IdAsync(string login) => (long)(await stage.CallAsync(login, HttpMethod.Get, "/user", null))["id"]!;

    protected override Task CloseAsync(string login, int number) => stage.CallAsync(login, HttpMethod.Put, On(Subject.Issue(number)), new { state_event = "close" });

    protected override Task EditIssueAsync(string login, int number, string? title, string? body) =>
        stage.CallAsync(login, HttpMethod.Put, On(Subject.Issue(number)), title is null ? new { description = body } : body is null ? (object)new { title } : new { title, description = body });

    protected override async Task ConvertToDraftAsync(string login, int number)
    {
        var title = (string)(await stage.CallAsync(login, HttpMethod.Get, On(Subject.Pull(number)), null))["title"]!;
        await stage.CallAsync(login, HttpMethod.Put, On(Subject.Pull(number)), new { title = $"Draft: {title}" });
    }

    protected override Task<string> PushAsync(string login, string branch, params (string Path, string Text)[] files) => stage.PushAsync(login, "acme/shop", branch, files);

    // A verdict is a reviewer's, and a note of GitLab's own in the conversation.
    protected override async Task<(long Review, long Comment)> RequestChangesAsync(string login, int number, string body, string path, int line, string remark)
    {
        await stage.CallAsync(login, HttpMethod.Put, On(Subject.Pull(number)), new { reviewer_ids = new[] { await stage.IdOfAsync(login) } });
        var comment = await CommentOnLinesAsync(login, number, path, null, line, DiffSide.New, remark);
        await CommentAsync(login, Subject.Pull(number), body);
        stage.Server.RequestChanges("acme", "shop", number, login);
        var notes = (await stage.CallAsync(login, HttpMethod.Get, $"{On(Subject.Pull(number))}/notes?per_page=100", null)).AsArray();
        return ((long)notes.Single(n => (string)n!["body"]! == "requested changes")!["id"]!, comment);
    }

    protected override async Task<long> CommentOnLinesAsync(string login, int number, string path, int? startLine, int line, DiffSide side, string body)
    {
        var refs = (await stage.CallAsync(login, HttpMethod.Get, On(Subject.Pull(number)), null))["diff_refs"]!;
        var position = new JsonObject
        {
            ["position_type"] = "text",
            ["base_sha"] = (string)refs["base_sha"]!,
            ["head_sha"] = (string)refs["head_sha"]!,
            ["start_sha"] = (string)refs["start_sha"]!,
            ["old_path"] = path,
            ["new_path"] = path,
            [side == DiffSide.Old ? "old_line" : "new_line"] = line,
        };
        if (startLine is { } first)
            position["line_range"] = new JsonObject { ["start"] = new JsonObject { ["type"] = "new", ["new_line"] = first }, ["end"] = new JsonObject { ["type"] = "new", ["new_line"] = line } };
        var made = await stage.PostAsync(login, $"{On(Subject.Pull(number))}/discussions", new JsonObject { ["body"] = body, ["position"] = position });
        return (long)made["notes"]![0]!["id"]!;
    }

    protected override Task HideAsync(string login, long commentId, bool isLineComment) => throw new NotSupportedException();

    // Of the note's last line it says how far up it reaches; the suite proposes two lines.
    protected override string Suggesting(string? text) => text is null ? "Drop it.\r\n\r\n```suggestion:-1+0\r\n```\r\n" : $"Rather so:\r\n\r\n````suggestion:-1+0\r\n{text.ReplaceLineEndings("\r\n")}\r\n````\r\n\r\nOr not.";

    protected override async Task ReplyAsync(string login, int number, long commentId, string body)
    {
        var discussion = (await stage.CallAsync(login, HttpMethod.Get, $"{On(Subject.Pull(number))}/discussions?per_page=100", null)).AsArray()
            .Single(d => (long)d!["notes"]![0]!["id"]! == commentId)!;
        await stage.PostAsync(login, $"{On(Subject.Pull(number))}/discussions/{discussion["id"]}/notes", new { body });
    }

    protected override Task ReportAsync(string login, string sha, string name, CiState state, string summary) => stage.PostAsync(
        login == "robo[bot]" ? "robo" : login, $"{Project}/statuses/{sha}",
        new { state = state switch { CiState.Passed => "success", CiState.Failed => "failed", _ => "running" }, name, description = summary });

    protected override async Task<int> OpenForkPullAsync(string login, string branch)
    {
        await stage.OtherFaceAsync(login, HttpMethod.Post, "/repos/acme/shop/forks", new { });
        await stage.PushAsync(login, $"{login}/shop", branch, [("outside.txt", "x")]);
        var target = (long)(await stage.CallAsync(login, HttpMethod.Get, Project, null))["id"]!;
        return (int)(await stage.PostAsync(login, $"/projects/{login}%2Fshop/merge_requests", new { title = "Fork", source_branch = branch, target_branch = "main", target_project_id = target }))["iid"]!;
    }

    protected override async Task<bool> IsResolvedAsync(int number, long rootCommentId) =>
        (bool)(await stage.CallAsync("ada", HttpMethod.Get, $"{On(Subject.Pull(number))}/notes/{rootCommentId}", null))["resolved"]!;

    protected override Task ProtectAsync(string branch, bool mustBeFollowed = false) =>
        stage.OtherFaceAsync("acme", HttpMethod.Put, $"/repos/acme/shop/branches/{branch}/protection", new { required_status_checks = new { strict = mustBeFollowed } });

    protected override Task MergeAsync(string login, int number) => stage.CallAsync(login, HttpMethod.Put, $"{On(Subject.Pull(number))}/merge", new { });

    // By the names that the suite knows them by.
    protected override async Task<IReadOnlyList<string>> ReactionsAsync(int number, long? commentId) =>
        [.. (await stage.CallAsync("ada", HttpMethod.Get, $"{On(Subject.Issue(number))}{(commentId is { } id ? $"/notes/{id}" : "")}/award_emoji", null)).AsArray()
            .Select(e => (string)e!["name"]! is "thumbsdown" ? "-1" : (string)e["name"]!)];

    private static string On(Subject on) => $"{Project}/{(on.IsPull ? "merge_requests" : "issues")}/{on.Number}";

    /// <summary>One forge for the whole suite.</summary>
    public sealed class Stage : IAsyncLifetime
    {
        private readonly ForgeFolder _folder = new();
        private readonly HttpClient _http = new();

        public LocalForgeServer Server { get; private set; } = null!;

        public IForge Forge { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Server = await LocalForgeServer.StartAsync(new LocalForgeOptions { DataDirectory = _folder.Of("forge"), AllowUnsandboxedCi = true, SummarizesJobs = false }, CancellationToken.None);
            foreach (var login in new[] { "acme", "ada", "bot", "tri", "eve", "robo" })
                Server.CreateUser(login, "token-" + login);
            await Server.CreateRepositoryAsync("acme", "shop", await _folder.SeedAsync());
            foreach (var (login, level) in new[] { ("ada", 40), ("bot", 30), ("tri", 20), ("eve", 10), ("robo", 30) })
                Server.SetAccessLevel("acme", "shop", login, level);
            Forge = new GitLabForge(new GitLabOptions { Url = new Uri(Server.BaseUrl) }, new GitLabTokenSource("token-bot"), TimeProvider.System, NullLogger<GitLabForge>.Instance);
        }

        public async Task DisposeAsync()
        {
            _http.Dispose();
            await Server.DisposeAsync();
            _folder.Dispose();
        }

        public Task<JsonNode> PostAsync(string login, string path, object body) => CallAsync(login, HttpMethod.Post, path, body);

        public async Task<long> IdOfAsync(string login) => (long)(await CallAsync(login, HttpMethod.Get, "/user", null))["id"]!;

        public Task<JsonNode> CallAsync(string login, HttpMethod method, string path, object? body) => SendAsync(login, method, Server.GitLabApiUrl + path, body);

        /// <summary>What the same repositories are told through the other forge's API.</summary>
        public Task<JsonNode> OtherFaceAsync(string login, HttpMethod method, string path, object body) => SendAsync(login, method, Server.ApiUrl + path, body);

        private async Task<JsonNode> SendAsync(string login, HttpMethod method, string address, object? body)
        {
            using var request = new HttpRequestMessage(method, address);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "token-" + login);
            if (body is not null)
                request.Content = JsonContent.Create(body);
            using var response = await _http.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            response.IsSuccessStatusCode.ShouldBeTrue($"{method} {address} -> {(int)response.StatusCode} {text}");
            return text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!;
        }

        public Task<string> PushAsync(string login, string repo, string branch, (string Path, string Text)[] files) => _folder.PushAsync(Server.BaseUrl, login, repo, branch, files);
    }
}
