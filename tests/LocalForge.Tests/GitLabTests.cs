using System.Text.Json.Nodes;

namespace CodingAgent.LocalForge.Tests;

/// <summary>What GitLab does unlike GitHub, where clients of others went wrong, and that both faces show one world.</summary>
public sealed class GitLabTests(Playground forge) : IClassFixture<Playground>
{
    private const string Project = "/projects/acme%2Fshop";

    [Fact]
    public async Task Numbers_OfIssuesAndMergeRequests_AreCountedApartWhereGitHubCountsThemTogether()
    {
        var issue = await PostAsync("ada", "/issues", new { title = "First" });
        var pull = await forge.OpenPullAsync("bot", "counted");
        var merge = (await GetAsync("ada", "/merge_requests?source_branch=counted"))[0]!;
        ((int)merge["iid"]!).ShouldBeLessThan(pull);
        (await GetAsync("ada", $"/merge_requests/{merge["iid"]}"))["title"]!.ToString().ShouldBe("Change");
        (await GetAsync("ada", $"/issues/{issue["iid"]}"))["title"]!.ToString().ShouldBe("First");
        ((long)merge["id"]!).ShouldNotBe((long)issue["id"]!);
        ((string?)merge["references"]!["full"]).ShouldBe($"acme/shop!{merge["iid"]}");
        await forge.CallAsync("bot", HttpMethod.Put, Gl($"{Project}/merge_requests/{merge["iid"]}"), new { title = "[Draft] Change it", labels = "seen" });
        var seen = await forge.GetAsync("ada", $"{Playground.Repo}/pulls/{pull}");
        ((bool)seen["draft"]!, (string?)seen["title"]).ShouldBe((true, "Change it"));
        ((string?)(await forge.GetAsync("ada", $"{Playground.Repo}/issues/{pull}"))["labels"]![0]!["name"]).ShouldBe("seen");
        (await forge.PageAsync(new Uri((string)merge["web_url"]!).AbsolutePath)).ShouldContain("Change it");
        (await forge.PageAsync(new Uri((string)issue["web_url"]!).AbsolutePath)).ShouldContain("First");
        var fetched = await Tools.GitAsync(forge.NewFolder(), "ls-remote", $"{forge.Forge.BaseUrl}/acme/shop.git", $"refs/merge-requests/{merge["iid"]}/head");
        fetched.ShouldStartWith((string)merge["sha"]!);
    }

    [Theory]
    [InlineData(null, 2, true)]
    [InlineData(2, 2, false)]
    [InlineData(2, null, true)]
    [InlineData(null, 1, false)]
    [InlineData(1, 1, true)]
    [InlineData(null, 99, false)]
    [InlineData(null, null, false)]
    public async Task Line_IsNamedByItsNumbers_AsTheDiffHasThem(int? oldLine, int? newLine, bool isLine)
    {
        var branch = $"lines-{oldLine}-{newLine}";
        await forge.PushAsync("bot", branch, "change", ("src/pay.txt", "one\n2\nthree\n"), ("new.txt", "n\n"));
        var merge = await PostAsync("bot", "/merge_requests", new { title = "Lines", source_branch = branch, target_branch = "main" });
        var refs = merge["diff_refs"]!;
        object At(string path, int? before, int? after) => new
        {
            body = "Here",
            position = new { base_sha = $"{refs["base_sha"]}", start_sha = $"{refs["start_sha"]}", head_sha = $"{refs["head_sha"]}", position_type = "text", old_path = path, new_path = path, old_line = before, new_line = after },
        };
        var discussions = Gl($"{Project}/merge_requests/{merge["iid"]}/discussions");
        var answer = await forge.PostAsync("ada", discussions, At("src/pay.txt", oldLine, newLine), expect: isLine ? 201 : 400);
        if (!isLine)
            ((string?)answer["message"]).ShouldBe("400 Bad request - Note {:line_code=>[\"can't be blank\", \"must be a valid line code\"]}");
        // A file that is new has no old lines, though clients like to send one.
        await forge.PostAsync("ada", discussions, At("new.txt", 1, 1), expect: 400);
        await forge.PostAsync("ada", discussions, At("new.txt", null, 1), expect: 201);
    }

    [Fact]
    public async Task Path_EncodedTwiceOrNotAtAll_IsNoProject()
    {
        await forge.GetAsync("ada", Gl("/projects/acme%2fshop"), expect: 200);
        ((string?)(await forge.GetAsync("ada", Gl("/projects/acme%252Fshop"), expect: 404))["error"]).ShouldBe("404 Not Found");
        ((string?)(await forge.GetAsync("ada", Gl("/projects/acme/shop"), expect: 404))["error"]).ShouldBe("404 Not Found");
        ((string?)(await forge.GetAsync("ada", Gl("/projects/acme"), expect: 404))["message"]).ShouldBe("404 Project Not Found");
    }

    [Fact]
    public async Task Secrets_OfAProject_AreNotShownToGuests()
    {
        forge.Forge.SetAccessLevel("acme", "shop", "eve", 10);
        var iid = forge.Forge.OpenConfidentialIssue("acme", "shop", "ada", "A hole", "in the wall");
        ((string?)(await forge.GetAsync("eve", Gl($"{Project}/issues/{iid}"), expect: 404))["message"]).ShouldBe("404 Not found");
        (await GetAsync("eve", "/issues?per_page=100")).AsArray().ShouldNotContain(i => (int)i!["iid"]! == iid);
        ((bool)(await GetAsync("bot", $"/issues/{iid}"))["confidential"]!).ShouldBeTrue();
        var open = await PostAsync("eve", "/issues", new { title = "Open", labels = "mine" });
        open["labels"]!.AsArray().ShouldBeEmpty("a guest's labels are left aside");
        var note = await PostAsync("bot", $"/issues/{open["iid"]}/notes", new { body = "Do not tell", @internal = true });
        (await GetAsync("eve", $"/issues/{open["iid"]}/notes")).AsArray().ShouldBeEmpty();
        await forge.GetAsync("eve", Gl($"{Project}/issues/{open["iid"]}/notes/{note["id"]}"), expect: 404);
        await forge.PostAsync("eve", Gl($"{Project}/issues/{open["iid"]}/notes"), new { body = "x", @internal = true }, expect: 403);
        (await GraphAsync("eve", new { query = $"{{ note(id: \"gid://gitlab/Note/{note["id"]}\") {{ lastEditedAt }} }}" }))["data"]!["note"].ShouldBeNull();
    }

    [Fact]
    public async Task Note_ThatWasEdited_SaysSoInGraphQlAlone()
    {
        var issue = await PostAsync("ada", "/issues", new { title = "Edited" });
        var note = await PostAsync("eve", $"/issues/{issue["iid"]}/notes", new { body = "/agent stop" });
        var ask = new { query = "query($id: NoteID!) { note(id: $id) { lastEditedAt lastEditedBy { id username bot } } }", variables = new { id = $"gid://gitlab/Note/{note["id"]}" } };
        (await GraphAsync("bot", ask))["data"]!["note"]!["lastEditedAt"].ShouldBeNull();
        await forge.CallAsync("ada", HttpMethod.Put, Gl($"{Project}/issues/{issue["iid"]}/notes/{note["id"]}"), new { body = "/agent implement" });
        var edited = (await GraphAsync("bot", ask))["data"]!["note"]!;
        edited["lastEditedAt"].ShouldNotBeNull();
        ((string?)edited["lastEditedBy"]!["username"], (bool?)edited["lastEditedBy"]!["bot"]).ShouldBe(("ada", false));
        (await GraphAsync("bot", new { query = "{ project(fullPath: \"acme/shop\") { id } }" }))["errors"]![0]!["message"]!.ToString().ShouldContain("doesn't exist");
        ((string?)(await GraphAsync("bot", new { query = "{ viewer { login } }" }))["data"]!["viewer"]!["login"]).ShouldBe("bot", "GitHub's face has the same address");
    }

    [Fact]
    public async Task Status_WithoutAPipeline_MakesAnExternalOne()
    {
        var sha = await forge.PushAsync("bot", "external", "e", ("e.txt", "e"));
        var status = await PostAsync("bot", $"/statuses/{sha}", new { state = "pending", name = "evidence", @ref = "external" });
        var pipeline = await GetAsync("bot", $"/pipelines/{status["pipeline_id"]}");
        ((string?)pipeline["source"], (string?)pipeline["status"], (string?)pipeline["ref"]).ShouldBe(("external", "pending", "external"));
        (await GetAsync("bot", $"/pipelines/{status["pipeline_id"]}/jobs")).AsArray().ShouldBeEmpty();
        foreach (var (state, from) in new[] { ("pending", "pending"), ("running", ""), ("pending", "running"), ("running", "running"), ("failed", "") })
        {
            var answer = await forge.PostAsync("bot", Gl($"{Project}/statuses/{sha}"), new { state, name = "evidence" }, expect: from.Length > 0 ? 400 : 201);
            if (from.Length > 0)
                ((string?)answer["message"])!.ShouldStartWith($"Cannot transition status via :{(state == "pending" ? "enqueue" : "run")} from :{from} ");
        }

        ((string?)(await GetAsync("bot", $"/pipelines/{status["pipeline_id"]}"))["status"]).ShouldBe("failed");
        await forge.PostAsync("bot", Gl($"{Project}/statuses/{sha}"), new { state = "error" }, expect: 400);
        await forge.PostAsync("bot", Gl($"{Project}/statuses/{sha}"), new { state = "success", description = new string('x', 256) }, expect: 400);
        await forge.PostAsync("eve", Gl($"{Project}/statuses/{sha}"), new { state = "success" }, expect: 403);
    }

    [Theory]
    [InlineData(".a: &a\n  - test -f README.md\n.b: &b { stage: test, when: manual }\none:\n  script: [ *a, 'true' ]\ntwo:\n  <<: *b\n  script: 'true'\n", "success", "one success,two manual")]
    [InlineData("one:\n  script: |\n    if true; then\n      echo \"it's fine\"\n    fi\n    false | true\n", "failed", "one failed")]
    [InlineData("stages: [a, b]\none: { stage: a, script: 'false', allow_failure: true }\ntwo: { stage: b, script: 'true' }\n", "success", "one failed,two success")]
    [InlineData("stages: [a, b]\none: { stage: a, script: 'true', when: manual, allow_failure: false }\ntwo: { stage: b, script: 'true' }\n", "manual", "one manual,two created")]
    [InlineData("stages: [a, b]\none: { stage: a, script: 'false' }\ntwo: { stage: b, script: 'true' }\nthree: { stage: b, script: 'true', when: always }\n", "failed", "one failed,two skipped,three success")]
    [InlineData(".a: { script: [ 'true' ] }\none:\n  script:\n    - !reference [.a, script]\n", "failed", "!reference is not done by this runner")]
    [InlineData("one:\n  script: 'true'\n  rules: [ { if: '$CI_COMMIT_TAG' } ]\n", "failed", "jobs:one:rules is not done by this runner")]
    [InlineData("one: { stage: nowhere, script: 'true' }\n", "failed", "one job: chosen stage nowhere does not exist; available stages are .pre, build, test, deploy, .post")]
    [InlineData("one: [ 'true'", "failed", "(<unknown>)")]
    public async Task Pipeline_OfAFile_DoesWhatItSaysOrSaysWhyNot(string file, string status, string expected)
    {
        var sha = await forge.PushAsync("ada", "ci-" + Guid.NewGuid().ToString("N"), "ci", (".gitlab-ci.yml", file));
        var pipeline = (await Playground.EventuallyAsync(() => GetAsync("ada", $"/pipelines?sha={sha}"), p => p.AsArray() is [var one] && (string?)one!["status"] is "success" or "failed" or "manual"))[0]!;
        ((string?)pipeline["status"]).ShouldBe(status);
        var jobs = (await GetAsync("ada", $"/pipelines/{pipeline["id"]}/jobs")).AsArray().Reverse().Select(j => $"{j!["name"]} {j["status"]}");
        var errors = (string?)(await GetAsync("ada", $"/pipelines/{pipeline["id"]}"))["yaml_errors"];
        if (errors is null)
            string.Join(',', jobs).ShouldBe(expected);
        else
            (jobs.Any(), errors.StartsWith(expected, StringComparison.Ordinal)).ShouldBe((false, true), errors);
    }

    [Fact]
    public async Task Pipeline_StartedByHand_IsThereAtOnce()
    {
        var sha = await forge.PushAsync("ada", "by-hand", "ci", (".gitlab-ci.yml", "one: { script: 'test \"$CI_PIPELINE_SOURCE\" != push' }\n"));
        await Playground.EventuallyAsync(() => GetAsync("ada", $"/pipelines?sha={sha}"), p => p.AsArray() is [var one] && (string?)one!["status"] == "failed");
        var started = await PostAsync("ada", "/pipeline", new { @ref = "by-hand" });
        ((string?)started["source"], (string?)started["status"]).ShouldBe(("api", "pending"));
        await Playground.EventuallyAsync(() => GetAsync("ada", $"/pipelines/{started["id"]}"), p => (string?)p["status"] == "success");
        ((string?)(await forge.PostAsync("ada", Gl(Project + "/pipeline"), new { @ref = "main" }, expect: 400))["message"]!["base"]![0]).ShouldBe("Missing CI config file");
        await forge.PostAsync("eve", Gl(Project + "/pipeline"), new { @ref = "by-hand" }, expect: 403);
        var job = (await GetAsync("ada", $"/pipelines/{started["id"]}/jobs"))[0]!;
        var again = await PostAsync("ada", $"/jobs/{job["id"]}/retry", new { });
        ((long)again["id"]!).ShouldNotBe((long)job["id"]!);
        ((string?)(await forge.PostAsync("ada", Gl($"{Project}/jobs/{job["id"]}/retry"), new { }, expect: 403))["message"]).ShouldBe("403 Forbidden - Job is not retryable");
        await Playground.EventuallyAsync(() => GetAsync("ada", $"/jobs/{again["id"]}"), j => (string?)j["status"] == "success");
        (await TraceAsync(again)).ShouldContain("Job succeeded");
        await PostAsync("ada", $"/jobs/{again["id"]}/erase", new { });
        (await TraceAsync(again)).ShouldBeEmpty();
        await forge.PostAsync("ada", Gl($"{Project}/jobs/{again["id"]}/erase"), new { }, expect: 403);
    }

    [Fact]
    public async Task Merge_ThatCannotBe_IsRefusedByWhatIsInItsWay()
    {
        await forge.PushAsync("bot", "clash", "c", ("src/pay.txt", "one\nmine\nthree\n"));
        var merge = await PostAsync("bot", "/merge_requests", new { title = "Draft: Clash", source_branch = "clash", target_branch = "main" });
        var at = Gl($"{Project}/merge_requests/{merge["iid"]}");
        await forge.CallAsync("ada", HttpMethod.Put, at + "/merge", new { }, expect: 405);
        await forge.PushAsync("ada", "main", "theirs", ("src/pay.txt", "one\ntheirs\nthree\n"));
        var seen = await forge.CallAsync("bot", HttpMethod.Put, at, new { title = "Clash" });
        ((string?)seen["detailed_merge_status"], (bool?)seen["has_conflicts"], (string?)seen["merge_status"]).ShouldBe(("conflict", true, "cannot_be_merged"));
        ((string?)(await forge.CallAsync("ada", HttpMethod.Put, at + "/merge", new { }, expect: 422))["message"]).ShouldBe("Branch cannot be merged");
        await forge.CallAsync("eve", HttpMethod.Put, at + "/merge", new { }, expect: 401);
        await forge.CallAsync("bot", HttpMethod.Put, at, new { state_event = "close" });
        await forge.CallAsync("ada", HttpMethod.Put, at + "/merge", new { }, expect: 405);
        // One without a change is made all the same: GitLab lets the branch come first and the work later.
        await PostAsync("bot", "/repository/branches", new { branch = "empty", @ref = "main" });
        var empty = await PostAsync("bot", "/merge_requests", new { title = "Empty", source_branch = "empty", target_branch = "main" });
        ((string?)empty["detailed_merge_status"]).ShouldBe("commits_status");
    }

    [Theory]
    [InlineData("/issues", "{\"title\": \"a\", \"title\": \"b\"}", 400, "{\"error\":\"The request body is invalid JSON\"}")]
    [InlineData("/issues", "{", 400, "{\"error\":\"The request body is invalid JSON\"}")]
    [InlineData("/issues", "{\"title\": {\"a\": 1}}", 400, "{\"error\":\"title is invalid\"}")]
    [InlineData("/issues", "{\"title\": \"\"}", 400, "{\"error\":\"title is empty\"}")]
    [InlineData("/repository/branches", "{\"branch\": \"a..b\", \"ref\": \"main\"}", 400, "{\"message\":\"Branch name is invalid\"}")]
    [InlineData("/repository/branches", "{\"branch\": \"main\", \"ref\": \"main\"}", 400, "{\"message\":\"Branch already exists\"}")]
    [InlineData("/labels", "{\"name\": \"a,b\", \"color\": \"#fff\"}", 400, "{\"message\":{\"title\":[\"is invalid\"]}}")]
    [InlineData("/hooks", "{\"url\": \"file:///etc/passwd\"}", 422, "{\"error\":\"Invalid url given\"}")]
    [InlineData("/hooks", "{\"url\": \"http://127.0.0.1/\", \"signing_token\": \"whsec_YWI=\"}", 400, "{\"message\":{\"signing_token\":[\"must be in the format whsec_<base64> with a 32-byte key\"]}}")]
    public async Task Body_ThatCannotBe_IsRefused(string path, string body, int status, string message)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Gl(Project + path)) { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Add("PRIVATE-TOKEN", "token-acme");
        using var http = new HttpClient();
        using var answer = await http.SendAsync(request);
        ((int)answer.StatusCode, JsonNode.DeepEquals(JsonNode.Parse(await answer.Content.ReadAsStringAsync()), JsonNode.Parse(message))).ShouldBe((status, true), await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Fork_OffersItsBranchToWhatItWasForkedFrom()
    {
        var fork = await PostAsync("eve", "/fork", new { });
        ((string?)fork["path_with_namespace"], (string?)fork["forked_from_project"]!["path_with_namespace"]).ShouldBe(("eve/shop", "acme/shop"));
        await forge.PostAsync("eve", Gl(Project + "/fork"), new { }, expect: 409);
        var folder = forge.NewFolder();
        await Tools.GitAsync(folder, "clone", "--quiet", $"{forge.Forge.BaseUrl.Replace("//", "//oauth2:token-eve@", StringComparison.Ordinal)}/eve/shop.git", ".");
        await Tools.GitAsync(folder, "checkout", "--quiet", "-b", "outside");
        await File.WriteAllTextAsync(Path.Combine(folder, "outside.txt"), "x");
        await Tools.GitAsync(folder, "add", "--all");
        await Tools.GitAsync(folder, "commit", "--quiet", "-m", "outside");
        await Tools.GitAsync(folder, "push", "--quiet", "origin", "outside");
        var merge = await forge.PostAsync("eve", Gl("/projects/eve%2Fshop/merge_requests"), new { title = "Outside", source_branch = "outside", target_branch = "main", target_project_id = (long)fork["forked_from_project"]!["id"]! });
        ((long)merge["source_project_id"]!, (long)merge["target_project_id"]!, (string?)merge["references"]!["full"]).ShouldBe(((long)fork["id"]!, (long)fork["forked_from_project"]!["id"]!, $"acme/shop!{merge["iid"]}"));
    }

    private async Task<string> TraceAsync(JsonNode job)
    {
        using var answer = await forge.SendAsync("ada", HttpMethod.Get, Gl($"{Project}/jobs/{job["id"]}/trace"));
        return await answer.Content.ReadAsStringAsync();
    }

    private string Gl(string path) => forge.Forge.GitLabApiUrl + path;

    private Task<JsonNode> GetAsync(string login, string path) => forge.GetAsync(login, Gl(Project + path));

    private Task<JsonNode> PostAsync(string login, string path, object body) => forge.PostAsync(login, Gl(Project + path), body);

    private Task<JsonNode> GraphAsync(string login, object body) => forge.PostAsync(login, forge.Forge.BaseUrl + "/api/graphql", body);
}
