using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CodingAgent.Forges.GitHub;
using CodingAgent.Playground.LocalForge;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodingAgent.Forges.Tests.Contract;

/// <summary>The GitHub adapter against LocalForge, over real HTTP.</summary>
public class GitHubForgeOnLocalForge(GitHubForgeOnLocalForge.Stage stage) : WorkflowContract, IClassFixture<GitHubForgeOnLocalForge.Stage>
{
    protected override RepoRef Repo { get; } = new(ForgeKind.GitHub, "acme", "shop");

    protected override string NoBranch => "head";

    protected override IForge Forge => stage.Forge;

    protected override async Task<int> OpenIssueAsync(string login, string title, string body, params string[] labels) =>
        (int)(await stage.PostAsync(login, "/repos/acme/shop/issues", new { title, body, labels }))["number"]!;

    protected override async Task<long> CommentAsync(string login, Subject on, string body) =>
        (long)(await stage.PostAsync(login, $"/repos/acme/shop/issues/{on.Number}/comments", new { body }))["id"]!;

    protected override Task EditCommentAsync(string login, Subject on, long id, string body) =>
        stage.CallAsync(login, HttpMethod.Patch, $"/repos/acme/shop/issues/comments/{id}", new { body });

    protected override Task EditLineCommentAsync(string login, int number, long id, string body) =>
        stage.CallAsync(login, HttpMethod.Patch, $"/repos/acme/shop/pulls/comments/{id}", new { body });

    protected override Task EditReviewAsync(string login, int number, long id, string body) =>
        stage.CallAsync(login, HttpMethod.Put, $"/repos/acme/shop/pulls/{number}/reviews/{id}", new { body });

    protected override Task DeleteCommentAsync(string login, Subject on, long id) => stage.CallAsync(login, HttpMethod.Delete, $"/repos/acme/shop/issues/comments/{id}", null);

    protected override Task LabelAsync(string login, int number, string label, bool isOn) => isOn
        ? stage.PostAsync(login, $"/repos/acme/shop/issues/{number}/labels", new { labels = new[] { label } })
        : stage.CallAsync(login, HttpMethod.Delete, $"/repos/acme/shop/issues/{number}/labels/{Uri.EscapeDataString(label)}", null);

    protected override async Task<IReadOnlyList<string>> ReviewersAsync(int number) =>
        [.. (await stage.CallAsync("ada", HttpMethod.Get, $"/repos/acme/shop/pulls/{number}", null))["requested_reviewers"]!.AsArray().Select(r => (string)r!["login"]!)];

    protected override Task AssignAsync(string login, int number, params string[] assignees) => stage.CallAsync(login, HttpMethod.Patch, $"/repos/acme/shop/issues/{number}", new { assignees });

    protected override async Task<int> OpenAssignedIssueAsync(string login, string title, string assignee) =>
        (int)(await stage.PostAsync(login, "/repos/acme/shop/issues", new { title, assignees = new[] { assignee } }))["number"]!;

    protected override Task CloseAsync(string login, int number) => stage.CallAsync(login, HttpMethod.Patch, $"/repos/acme/shop/issues/{number}", new { state = "closed" });

    protected override Task EditIssueAsync(string login, int number, string? title, string? body) =>
        stage.CallAsync(login, HttpMethod.Patch, $"/repos/acme/shop/issues/{number}", title is null ? (object)new { body } : body is null ? new { title } : new { title, body });

    protected override async Task ConvertToDraftAsync(string login, int number)
    {
        var id = (string)(await stage.CallAsync(login, HttpMethod.Get, $"/repos/acme/shop/pulls/{number}", null))["node_id"]!;
        await stage.PostAsync(login, "/graphql", new
        {
            query = "mutation($id: ID!) { convertPullRequestToDraft(input: { pullRequestId: $id }) { pullRequest { isDraft } } }",
            variables = new { id },
        });
    }

    protected override Task<string> PushAsync(string login, string branch, params (string Path, string Text)[] files) =>
        stage.PushAsync(login, "acme/shop", branch, files);

    protected override async Task<(long Review, long Comment)> RequestChangesAsync(string login, int number, string body, string path, int line, string remark)
    {
        var review = await stage.PostAsync(login, $"/repos/acme/shop/pulls/{number}/reviews", new { body, @event = "REQUEST_CHANGES", comments = new[] { new { path, line, body = remark } } });
        var comments = await stage.CallAsync(login, HttpMethod.Get, $"/repos/acme/shop/pulls/{number}/reviews/{review["id"]}/comments", null);
        return ((long)review["id"]!, (long)comments[0]!["id"]!);
    }

    protected override async Task<long> CommentOnLinesAsync(string login, int number, string path, int? startLine, int line, DiffSide side, string body)
    {
        var (where, sha) = (side == DiffSide.Old ? "LEFT" : "RIGHT", (await stage.CallAsync(login, HttpMethod.Get, $"/repos/acme/shop/pulls/{number}", null))["head"]!["sha"]!.ToString());
        return (long)(await stage.PostAsync(login, $"/repos/acme/shop/pulls/{number}/comments", startLine is null
            ? new { body, path, line, side = where, commit_id = sha }
            : new { body, path, line, side = where, start_line = startLine, start_side = where, commit_id = sha }))["id"]!;
    }

    protected override Task HideAsync(string login, long commentId, bool isLineComment) => stage.PostAsync(login, "/graphql", new
    {
        query = "mutation($id: ID!) { minimizeComment(input: { subjectId: $id, classifier: OFF_TOPIC }) { minimizedComment { isMinimized } } }",
        variables = new { id = $"{(isLineComment ? "PRRC" : "IC")}_{commentId}" },
    });

    protected override string Suggesting(string? text) => text is null ? "Drop it.\r\n\r\n```suggestion\r\n```\r\n" : $"Rather so:\r\n\r\n````suggestion\r\n{text.ReplaceLineEndings("\r\n")}\r\n````\r\n\r\nOr not.";

    protected override Task ReplyAsync(string login, int number, long commentId, string body) =>
        stage.PostAsync(login, $"/repos/acme/shop/pulls/{number}/comments/{commentId}/replies", new { body });

    protected override Task ReportAsync(string login, string sha, string name, CiState state, string summary) => login.EndsWith("[bot]", StringComparison.Ordinal)
        ? stage.PostAsync(login, "/repos/acme/shop/check-runs", state == CiState.Pending
            ? new { name, head_sha = sha, status = "in_progress" }
            : new { name, head_sha = sha, conclusion = state == CiState.Passed ? "success" : "failure", output = new { title = name, summary } })
        : stage.PostAsync(login, $"/repos/acme/shop/statuses/{sha}", new { context = name, description = summary, state = state == CiState.Passed ? "success" : "failure" });

    protected override IForge ForgeWithoutRuns => stage.ForgeWithoutRuns;

    protected override Task<string> PushCiAsync(string branch, params CiFile[] files) => stage.PushAsync("ada", "acme/shop", branch, [.. files.Select(f => (
        $".github/workflows/{f.File}",
        $"name: {f.Workflow}\non: [{f.On}]\njobs:\n  {f.Job}:\n    steps:\n      - run: |\n" + string.Concat(f.Shell.Split('\n').Select(l => $"          {l}\n"))))]);

    protected override async Task CancelCiAsync(string sha)
    {
        foreach (var run in await RunsAsync(sha))
            await stage.PostAsync("ada", $"/repos/acme/shop/actions/runs/{run["id"]}/cancel", new { });
    }

    protected override async Task DeleteLogsAsync(string sha)
    {
        foreach (var run in await RunsAsync(sha))
            await stage.CallAsync("ada", HttpMethod.Delete, $"/repos/acme/shop/actions/runs/{run["id"]}/logs", null);
    }

    protected override Task AskPersonAsync(string sha, string name, string path, int line, string message) => stage.PostAsync("robo[bot]", "/repos/acme/shop/check-runs", new
    {
        name,
        head_sha = sha,
        conclusion = "action_required",
        output = new { title = name, summary = "Please look", annotations = new[] { new { path, start_line = line, end_line = line, annotation_level = "warning", message } } },
    });

    private async Task<IEnumerable<JsonNode>> RunsAsync(string sha) =>
        (await stage.CallAsync("ada", HttpMethod.Get, $"/repos/acme/shop/actions/runs?head_sha={sha}", null))["workflow_runs"]!.AsArray().OfType<JsonNode>();

    protected override async Task<int> OpenForkPullAsync(string login, string branch)
    {
        await stage.PostAsync(login, "/repos/acme/shop/forks", new { });
        await stage.PushAsync(login, $"{login}/shop", branch, [("outside.txt", "x")]);
        return (int)(await stage.PostAsync(login, "/repos/acme/shop/pulls", new { title = "Fork", head = $"{login}:{branch}", @base = "main" }))["number"]!;
    }

    protected override Task ProtectAsync(string branch, bool mustBeFollowed = false) =>
        stage.CallAsync("acme", HttpMethod.Put, $"/repos/acme/shop/branches/{branch}/protection", new { required_status_checks = new { strict = mustBeFollowed } });

    protected override Task MergeAsync(string login, int number) => stage.CallAsync(login, HttpMethod.Put, $"/repos/acme/shop/pulls/{number}/merge", new { });

    protected override async Task<bool> IsResolvedAsync(int number, long rootCommentId)
    {
        var answer = await stage.CallAsync("ada", HttpMethod.Post, "/graphql", new
        {
            query = "query($number: Int!) { repository(owner: \"acme\", name: \"shop\") { pullRequest(number: $number) { reviewThreads(first: 100) { nodes { isResolved comments(first: 1) { nodes { fullDatabaseId } } } } } } }",
            variables = new { number },
        });
        return answer["data"]!["repository"]!["pullRequest"]!["reviewThreads"]!["nodes"]!.AsArray()
            .Where(t => (string)t!["comments"]!["nodes"]![0]!["fullDatabaseId"]! == $"{rootCommentId}").Select(t => (bool)t!["isResolved"]!).Single();
    }

    protected override async Task<IReadOnlyList<string>> ReactionsAsync(int number, long? commentId)
    {
        var where = commentId is { } id ? $"comments/{id}" : $"{number}";
        return (await stage.CallAsync("ada", HttpMethod.Get, $"/repos/acme/shop/issues/{where}/reactions", null)).AsArray().Select(r => (string)r!["content"]!).ToList();
    }

    [Fact]
    public async Task Rules_OfBranchesThatNeedNotExist_AreTold()
    {
        stage.Server.AddRule("acme", "shop", "release/", "required_signatures");
        stage.Server.AddRule("acme", "shop", "release/", "required_linear_history");
        stage.Server.AddRule("acme", "shop", "release/1", "creation");
        (await Forge.ListPushRulesAsync(Repo, "release/1.0", None)).ShouldBe([PushRule.SignedCommits, PushRule.NoNewBranch]);
        (await Forge.ListPushRulesAsync(Repo, "coding-agent/issue-7-x", None)).ShouldBeEmpty();
        (await Forge.ListPushRulesAsync(new RepoRef(ForgeKind.GitHub, "acme", "nowhere"), "x", None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Commit_OfWhatWasPushed_IsVerifiedWhereTheForgeSignsAndItsBranchMoves()
    {
        var pushed = await stage.PushAsync("ada", "acme/shop", "aside", [("a.txt", "x")]);
        var tree = (string)(await stage.CallAsync("ada", HttpMethod.Get, $"/repos/acme/shop/git/commits/{pushed}", null))["tree"]!["sha"]!;
        var main = (await Forge.GetBranchHeadAsync(Repo, "main", None))!;
        var one = await Forge.MakeCommitAsync(Repo, new NewCommit(tree, [main], "feat: a\n\nAgent-Step: implement-1\n"), None);
        var two = await Forge.MakeCommitAsync(Repo, new NewCommit(tree, [one.Sha, pushed], "chore: merge\n"), None);

        (one.IsVerified, two.IsVerified).ShouldBe((Forge.SignsCommits(Repo), Forge.SignsCommits(Repo)));
        (one.Commit.Tree, one.Commit.Message.TrimEnd(), one.Commit.Parents.Single()).ShouldBe((tree, "feat: a\n\nAgent-Step: implement-1", main));
        two.Commit.Parents.ShouldBe([one.Sha, pushed]);
        foreach (var (from, to, isDone) in new[] { (null, one.Sha, true), (null, one.Sha, true), (null, two.Sha, false), (pushed, two.Sha, false), (one.Sha, two.Sha, true), (one.Sha, two.Sha, true) })
            (await Forge.MoveBranchAsync(Repo, new BranchMove("moved/1", from, to, "main"), None)).ShouldBe(isDone);
        (await Forge.GetBranchHeadAsync(Repo, "moved/1", None)).ShouldBe(two.Sha);

        stage.Server.AddRule("acme", "shop", "signed/", "required_signatures");
        Task<bool> MoveAsync() => Forge.MoveBranchAsync(Repo, new BranchMove("signed/1", null, one.Sha, "main"), None);
        if (Forge.SignsCommits(Repo))
            (await MoveAsync()).ShouldBeTrue();
        else
            (await Should.ThrowAsync<ForgeRejectedException>(MoveAsync)).Message.ShouldContain("must have verified signatures");
    }

    [Fact]
    public async Task Repository_Empty_HasNoHead()
    {
        await stage.Server.CreateRepositoryAsync("acme", "empty", null);
        (await Forge.GetBranchHeadAsync(new RepoRef(ForgeKind.GitHub, "acme", "empty"), "main", None)).ShouldBeNull();
    }

    [Fact]
    public async Task Repository_Renamed_IsReadAndWrittenByItsOldNameAsItsOwn()
    {
        var old = new RepoRef(ForgeKind.GitHub, "acme", "before");
        await stage.Server.CreateRepositoryAsync("acme", "before", stage.Seed);
        stage.Server.SetAccess("acme", "before", "bot", RepoAccess.Write);
        var id = (await Forge.GetRepositoryAsync(old, None)).Id;
        await stage.PushAsync("acme", "acme/before", "agent/one", [("a.txt", "x")]);
        var pull = await Forge.EnsureDraftPullAsync(old, new NewPullRequest("agent/one", "main", "T", "B"), None);
        var line = (long)(await stage.PostAsync("acme", $"/repos/acme/before/pulls/{pull.Number}/comments", new { body = "why?", path = "a.txt", line = 1, side = "RIGHT", commit_id = pull.Head.Sha }))["id"]!;

        await stage.CallAsync("acme", HttpMethod.Patch, "/repos/acme/before", new { name = "after" });

        var now = await Forge.GetRepositoryAsync(old, None);
        (now.Id, now.Ref.FullName, now.CloneUrl.AbsolutePath).ShouldBe((id, "acme/after", "/acme/after.git"));
        (await Forge.GetPullAsync(old, pull.Number, None)).Head.Repo.ShouldBe(old);
        (await Forge.FindPullByBranchAsync(old, "agent/one", None))!.Number.ShouldBe(pull.Number);
        (await Forge.EnsureDraftPullAsync(old, new NewPullRequest("agent/one", "main", "T", "B"), None)).Number.ShouldBe(pull.Number);
        var comment = await Forge.EnsureCommentAsync(old, Subject.Pull(pull.Number), "m", "one", None);
        (await Forge.EnsureCommentAsync(old, Subject.Pull(pull.Number), "m", "two", None)).Id.ShouldBe(comment.Id);
        (await Forge.FindCommentAsync(old, Subject.Pull(pull.Number), comment.Id, withEdit: true, None))!.Body.ShouldStartWith("two");
        await Forge.EnsureThreadReplyAsync(old, pull.Number, line, "t", "done", None);
        await Forge.ResolveThreadAsync(old, pull.Number, line, None);
        await Forge.MarkReadyAsync(old, pull.Number, None);
        (await Forge.GetPullAsync(old, pull.Number, None)).IsDraft.ShouldBeFalse();
    }

    /// <summary>One forge for the whole suite.</summary>
    public class Stage : IAsyncLifetime
    {
        private readonly ForgeFolder _folder = new();
        private readonly HttpClient _http = new();
        private LocalForgeServer _server = null!;

        public LocalForgeServer Server => _server;

        public string Seed => _folder.Of("seed");

        public IForge Forge { get; private set; } = null!;

        public IForge ForgeWithoutRuns { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            _server = await LocalForgeServer.StartAsync(new LocalForgeOptions { DataDirectory = _folder.Of("forge"), AllowUnsandboxedCi = true, SummarizesJobs = false }, CancellationToken.None);
            foreach (var login in new[] { "acme", "ada", "bot", "tri", "eve" })
                _server.CreateUser(login, "token-" + login);
            _server.CreateUser("robo[bot]", "token-robo[bot]", AccountKind.Bot);
            _server.CreateUser("narrow", "token-narrow", scopes: "repo, -actions");
            await _server.CreateRepositoryAsync("acme", "shop", await _folder.SeedAsync());
            _server.SetAccess("acme", "shop", "ada", RepoAccess.Maintain);
            _server.SetAccess("acme", "shop", "bot", RepoAccess.Write);
            _server.SetAccess("acme", "shop", "narrow", RepoAccess.Write);
            _server.SetAccess("acme", "shop", "tri", RepoAccess.Triage);
            _server.SetAccess("acme", "shop", "robo[bot]", RepoAccess.Write);
            Forge = ForgeOf("bot");
            ForgeWithoutRuns = ForgeOf("narrow");
        }

        /// <summary>The credentials that the service acts with.</summary>
        protected virtual ITokenSource TokensOf(string login) => new PersonalTokenSource("token-" + login);

        private GitHubForge ForgeOf(string login) =>
            new(new GitHubOptions { ApiUrl = new Uri(_server.ApiUrl) }, TokensOf(login), TimeProvider.System, NullLogger<GitHubForge>.Instance);

        public virtual async Task DisposeAsync()
        {
            _http.Dispose();
            await _server.DisposeAsync();
            _folder.Dispose();
        }

        public Task<JsonNode> PostAsync(string login, string path, object body) => CallAsync(login, HttpMethod.Post, path, body);

        public async Task<JsonNode> CallAsync(string login, HttpMethod method, string path, object? body)
        {
            using var request = new HttpRequestMessage(method, _server.ApiUrl + path);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "token-" + login);
            if (body is not null)
                request.Content = JsonContent.Create(body);
            using var response = await _http.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            response.IsSuccessStatusCode.ShouldBeTrue($"{method} {path} -> {(int)response.StatusCode} {text}");
            return text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!;
        }

        public Task<string> PushAsync(string login, string repo, string branch, (string Path, string Text)[] files) => _folder.PushAsync(_server.BaseUrl, login, repo, branch, files);
    }
}
