using System.Text.Json.Nodes;

namespace CodingAgent.LocalForge.Tests;

public sealed class RestTests(Playground forge) : IClassFixture<Playground>
{
    private const string Repo = Playground.Repo;

    [Fact]
    public async Task BadToken_AnyCall_IsBadCredentials() =>
        ((string?)(await forge.GetAsync("nobody", "/user", expect: 401))["message"]).ShouldBe("Bad credentials");

    [Fact]
    public async Task Issue_LabelledCommentedClosed_ShowsIt()
    {
        var number = (int)(await forge.PostAsync("ada", Repo + "/issues", new { title = "Broken", body = "It is", labels = new[] { "bug" } }))["number"]!;
        await forge.PostAsync("ada", $"{Repo}/issues/{number}/labels", new { labels = new[] { "agent:implement" } });
        var comment = await forge.PostAsync("eve", $"{Repo}/issues/{number}/comments", new { body = "Me too" });
        await forge.PostAsync("bot", $"{Repo}/issues/comments/{comment["id"]}/reactions", new { content = "eyes" }, expect: 201);
        await forge.PostAsync("bot", $"{Repo}/issues/comments/{comment["id"]}/reactions", new { content = "eyes" }, expect: 200);
        await forge.CallAsync("ada", HttpMethod.Delete, $"{Repo}/issues/{number}/labels/bug");
        await forge.CallAsync("ada", HttpMethod.Delete, $"{Repo}/issues/{number}/labels/bug", expect: 404);
        var issue = await forge.CallAsync("ada", HttpMethod.Patch, $"{Repo}/issues/{number}", new { state = "closed" });
        ((string?)issue["state"]).ShouldBe("closed");
        issue["labels"]!.AsArray().Select(l => (string?)l!["name"]).ShouldBe(["agent:implement"]);
        ((int)issue["comments"]!).ShouldBe(1);
    }

    [Fact]
    public async Task Issue_EventsAndEditors_AreOnRecord()
    {
        var number = (int)(await forge.PostAsync("ada", Repo + "/issues", new { title = "Recorded", labels = new[] { "agent:implement" } }))["number"]!;
        await forge.CallAsync("ada", HttpMethod.Delete, $"{Repo}/issues/{number}/labels/agent:implement");
        var comment = await forge.PostAsync("eve", $"{Repo}/issues/{number}/comments", new { body = "Me too" });
        async Task<JsonNode> EditAsync() => (await forge.PostAsync("bot", "/graphql", new
        {
            query = "query($id: ID!) { node(id: $id) { ... on Comment { lastEditedAt editor { login } } } }",
            variables = new { id = (string?)comment["node_id"] },
        }))["data"]!["node"]!;
        (await EditAsync())["lastEditedAt"].ShouldBeNull();
        await forge.CallAsync("ada", HttpMethod.Patch, $"{Repo}/issues/comments/{comment["id"]}", new { body = "Me not" });
        ((string?)(await EditAsync())["editor"]!["login"]).ShouldBe("ada");
        await forge.CallAsync("ada", HttpMethod.Patch, $"{Repo}/issues/{number}", new { state = "closed" });

        (await forge.GetAsync("bot", $"{Repo}/issues/{number}/events")).AsArray().Select(e => $"{e!["event"]} {e["actor"]!["login"]} {e["label"]?["name"]}".TrimEnd())
            .ShouldBe(["labeled ada agent:implement", "unlabeled ada agent:implement", "closed ada"]);
        ((string?)(await forge.GetAsync("bot", $"{Repo}/issues/{number}"))["closed_by"]!["login"]).ShouldBe("ada");
        await forge.GetAsync("bot", $"{Repo}/issues/99999/events", expect: 404);
    }

    [Fact]
    public async Task Issue_ByReader_MayNotBeLabelled()
    {
        var number = (int)(await forge.PostAsync("eve", Repo + "/issues", new { title = "Mine", labels = new[] { "agent:implement" } }))["number"]!;
        await forge.PostAsync("eve", $"{Repo}/issues/{number}/labels", new { labels = new[] { "agent:implement" } }, expect: 403);
        (await forge.GetAsync("eve", $"{Repo}/issues/{number}"))["labels"]!.AsArray().Count.ShouldBe(0);
    }

    [Fact]
    public async Task Comments_ManyPages_AreLinked()
    {
        var number = (int)(await forge.PostAsync("ada", Repo + "/issues", new { title = "Long" }))["number"]!;
        for (var i = 0; i < 5; i++)
            await forge.PostAsync("ada", $"{Repo}/issues/{number}/comments", new { body = $"c{i}" });
        using var response = await forge.SendAsync("ada", HttpMethod.Get, $"{Repo}/issues/{number}/comments?per_page=2&page=2");
        var link = response.Headers.GetValues("Link").Single();
        link.ShouldContain("page=3>; rel=\"next\"");
        link.ShouldContain("page=1>; rel=\"prev\"");
        JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsArray().Select(c => (string?)c!["body"]).ShouldBe(["c2", "c3"]);
    }

    [Fact]
    public async Task Pull_SameBranchTwice_Is422()
    {
        await forge.OpenPullAsync("bot", "twice");
        var problem = await forge.PostAsync("bot", Repo + "/pulls", new { title = "Again", head = "twice", @base = "main" }, expect: 422);
        ((string?)problem["errors"]![0]!["message"]).ShouldBe("A pull request already exists for acme:twice.");
    }

    [Fact]
    public async Task Pull_DraftMadeReadyAndMerged_LandsOnMain()
    {
        var number = await forge.OpenPullAsync("bot", "merge-me", "one\ntwo\nthree\nfour\n", draft: true);
        await forge.CallAsync("ada", HttpMethod.Put, $"{Repo}/pulls/{number}/merge", new { }, expect: 405);
        var node = (string?)(await forge.GetAsync("bot", $"{Repo}/pulls/{number}"))["node_id"];
        var ready = await forge.PostAsync("bot", forge.Forge.BaseUrl + "/api/graphql", new
        {
            query = "mutation($id: ID!) { markPullRequestReadyForReview(input: { pullRequestId: $id }) { pullRequest { isDraft } } }",
            variables = new { id = node },
        });
        ((bool)ready["data"]!["markPullRequestReadyForReview"]!["pullRequest"]!["isDraft"]!).ShouldBeFalse();
        await forge.CallAsync("eve", HttpMethod.Put, $"{Repo}/pulls/{number}/merge", new { }, expect: 403);
        await forge.CallAsync("ada", HttpMethod.Put, $"{Repo}/pulls/{number}/merge", new { merge_method = "squash" });
        var pull = await forge.GetAsync("ada", $"{Repo}/pulls/{number}");
        ((bool)pull["merged"]!).ShouldBeTrue();
        ((string?)pull["state"]).ShouldBe("closed");
        var file = await forge.GetAsync("ada", $"{Repo}/contents/src/pay.txt");
        Convert.FromBase64String(((string)file["content"]!).Replace("\n", "", StringComparison.Ordinal)).ShouldBe("one\ntwo\nthree\nfour\n"u8.ToArray());
    }

    [Fact]
    public async Task Review_WithLineComment_FollowsTheLineUntilItChanges()
    {
        var number = await forge.OpenPullAsync("bot", "reviewed");
        await forge.PostAsync("ada", $"{Repo}/pulls/{number}/reviews", new
        {
            @event = "REQUEST_CHANGES",
            body = "Please",
            comments = new[] { new { path = "src/pay.txt", line = 2, body = "Why a digit?" } },
        });
        var root = (await forge.GetAsync("bot", $"{Repo}/pulls/{number}/comments"))[0]!;
        ((string?)root["diff_hunk"]).ShouldEndWith("@@\n one\n-two\n+2");
        await forge.PostAsync("bot", $"{Repo}/pulls/{number}/comments/{root["id"]}/replies", new { body = "Because" });
        await forge.PushAsync("bot", "reviewed", "above", ("src/pay.txt", "zero\none\n2\nthree\n"));
        var comments = (await forge.GetAsync("bot", $"{Repo}/pulls/{number}/comments")).AsArray();
        ((int)comments[0]!["line"]!).ShouldBe(3);
        ((long)comments[1]!["in_reply_to_id"]!).ShouldBe((long)root["id"]!);
        await forge.PushAsync("bot", "reviewed", "itself", ("src/pay.txt", "zero\none\nzwei\nthree\n"));
        (await forge.GetAsync("bot", $"{Repo}/pulls/{number}/comments"))[0]!["line"].ShouldBeNull();
    }

    [Fact]
    public async Task Review_OfOwnPullOrOutsideTheDiff_Is422()
    {
        var number = await forge.OpenPullAsync("bot", "own");
        await forge.PostAsync("bot", $"{Repo}/pulls/{number}/reviews", new { @event = "APPROVE" }, expect: 422);
        await forge.PostAsync("ada", $"{Repo}/pulls/{number}/reviews", new
        {
            @event = "COMMENT",
            comments = new[] { new { path = "README.md", line = 1, body = "?" } },
        }, expect: 422);
        (await forge.GetAsync("ada", $"{Repo}/pulls/{number}/reviews")).AsArray().Count.ShouldBe(0);
    }

    [Fact]
    public async Task CheckRun_ByPersonalToken_IsForApps()
    {
        var sha = await forge.PushAsync("ada", "checked", "c", ("c.txt", "c"));
        await forge.PostAsync("ada", Repo + "/check-runs", new { name = "lint", head_sha = sha, status = "in_progress" }, expect: 403);
        var run = await forge.PostAsync("robo[bot]", Repo + "/check-runs", new { name = "lint", head_sha = sha, status = "in_progress" });
        await forge.CallAsync("robo[bot]", HttpMethod.Patch, $"{Repo}/check-runs/{run["id"]}", new { conclusion = "success", output = new { title = "ok", summary = "fine" } });
        await forge.PostAsync("bot", $"{Repo}/statuses/{sha}", new { state = "pending", context = "coding-agent/evidence" });
        await forge.PostAsync("bot", $"{Repo}/statuses/{sha}", new { state = "success", context = "coding-agent/evidence" });
        var runs = await forge.GetAsync("ada", $"{Repo}/commits/{sha}/check-runs");
        ((string?)runs["check_runs"]!.AsArray().Single(r => (string?)r!["name"] == "lint")!["conclusion"]).ShouldBe("success");
        ((string?)(await forge.GetAsync("ada", $"{Repo}/commits/{sha}/status"))["state"]).ShouldBe("success");
        (await forge.GetAsync("ada", $"{Repo}/commits/{sha}/statuses")).AsArray().Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("ada", "write", "maintain")]
    [InlineData("eve", "read", "read")]
    [InlineData("acme", "admin", "admin")]
    public async Task Permission_OfUser_HasBothNames(string login, string permission, string role)
    {
        var answer = await forge.GetAsync("bot", $"{Repo}/collaborators/{login}/permission");
        ((string?)answer["permission"]).ShouldBe(permission);
        ((string?)answer["role_name"]).ShouldBe(role);
    }

    [Fact]
    public async Task Pull_FromFork_NamesTheOtherRepository()
    {
        await forge.PostAsync("eve", Repo + "/forks", new { });
        var folder = forge.NewFolder();
        await Tools.GitAsync(folder, "clone", "--quiet", forge.CloneUrl("eve", "eve/shop"), ".");
        await Playground.CommitAsync(folder, "from outside", ("outside.txt", "x\n"));
        await Tools.GitAsync(folder, "push", "--quiet", "origin", "HEAD:refs/heads/theirs");
        var pull = await forge.PostAsync("eve", Repo + "/pulls", new { title = "Outside", head = "eve:theirs", @base = "main" });
        ((string?)pull["head"]!["repo"]!["full_name"]).ShouldBe("eve/shop");
        ((string?)pull["base"]!["repo"]!["full_name"]).ShouldBe("acme/shop");
        await Playground.CommitAsync(folder, "more", ("outside.txt", "y\n"));
        await Tools.GitAsync(folder, "push", "--quiet", "origin", "HEAD:refs/heads/theirs");
        var files = (await forge.GetAsync("ada", $"{Repo}/pulls/{pull["number"]}/files")).AsArray();
        ((string?)files.Single()!["patch"]).ShouldBe("@@ -0,0 +1 @@\n+y");
        await forge.CallAsync("ada", HttpMethod.Put, $"{Repo}/pulls/{pull["number"]}/merge", new { });
        await forge.GetAsync("ada", $"{Repo}/contents/outside.txt");
    }
}
