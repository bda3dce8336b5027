using System.Text.Json.Nodes;

namespace CodingAgent.LocalForge.Tests;

/// <summary>GitHub's command line drives the forge as it drives an Enterprise Server: TLS, REST and GraphQL.</summary>
public sealed class GhTests(TlsPlayground forge) : IClassFixture<TlsPlayground>
{
    [FactWhenInstalled("gh")]
    public async Task Issue_ByGh_IsCreatedListedViewedAndCommented()
    {
        // Words of GitLab's language in a text make no question for GitLab.
        var url = await GhAsync("ada", "issue", "create", "--title", "Pay twice", "--body", "See note(id: 1) and mergeRequest, currentUser, gid://gitlab/Note/1");
        url.ShouldBe($"{forge.Forge.BaseUrl}/acme/shop/issues/{url.Split('/')[^1]}");
        var number = url.Split('/')[^1];
        (await GhAsync("eve", "issue", "comment", number, "--body", "Me too: note(id: 2)")).ShouldStartWith($"{url}#issuecomment-");
        (await GhAsync("eve", "issue", "list")).ShouldContain($"{number}\tOPEN\tPay twice");
        (await GhAsync("eve", "issue", "list", "--author", "eve")).ShouldNotContain("Pay twice");
        var view = await GhAsync("eve", "issue", "view", number);
        view.ShouldContain("title:\tPay twice");
        view.ShouldContain("gid://gitlab/Note/1");
        (await GhAsync("eve", "issue", "view", number, "--comments")).ShouldContain("Me too: note(id: 2)");
        await forge.CallAsync("ada", HttpMethod.Patch, $"{Playground.Repo}/issues/{number}", new { state = "closed" });
        (await GhAsync("eve", "issue", "list")).ShouldNotContain("Pay twice");
        (await GhAsync("eve", "issue", "list", "--state", "closed")).ShouldContain($"{number}\tCLOSED\tPay twice");
    }

    [FactWhenInstalled("gh")]
    public async Task PullRequest_ByGh_IsCreatedListedViewedCommentedAndMerged()
    {
        await forge.PushAsync("bot", "gh", "change", ("src/gh.txt", "one\ntwo\n"));
        var url = await GhAsync("bot", "pr", "create", "--head", "gh", "--base", "main", "--title", "Add gh", "--body", "Because", "--draft");
        var number = url.Split('/')[^1];
        (await GhAsync("ada", "pr", "list")).ShouldContain($"{number}\tAdd gh\tgh\tDRAFT");
        (await FailAsync("ada", "pr", "merge", number, "--squash")).ShouldContain("still a draft");
        await forge.PostAsync("bot", "/graphql", new
        {
            query = "mutation($id: ID!) { markPullRequestReadyForReview(input: { pullRequestId: $id }) { pullRequest { isDraft } } }",
            variables = new { id = (string?)(await forge.GetAsync("bot", $"{Playground.Repo}/pulls/{number}"))["node_id"] },
        });
        (await GhAsync("ada", "pr", "comment", number, "--body", "Looks good")).ShouldStartWith($"{url}#issuecomment-");
        await forge.PostAsync("ada", $"{Playground.Repo}/pulls/{number}/reviews", new { @event = "APPROVE", body = "Yes" });
        var view = await GhAsync("ada", "pr", "view", number);
        foreach (var line in new[] { "title:\tAdd gh", "state:\tOPEN", "reviewers:\tada (Approved)", "additions:\t2", "Because" })
            view.ShouldContain(line);
        (await GhAsync("ada", "pr", "view", number, "--comments")).ShouldContain("Looks good");
        await forge.PostAsync("bot", $"{Playground.Repo}/statuses/{(await forge.GetAsync("bot", $"{Playground.Repo}/pulls/{number}"))["head"]!["sha"]}", new { state = "success", context = "evidence" });
        var seen = JsonNode.Parse(await GhAsync("ada", "pr", "view", number, "--json", "mergeable,isDraft,statusCheckRollup"))!;
        ((string?)seen["mergeable"], (bool?)seen["isDraft"], (string?)seen["statusCheckRollup"]![0]!["context"]).ShouldBe(("MERGEABLE", false, "evidence"));

        (await FailAsync("eve", "pr", "merge", number, "--squash")).ShouldContain("eve does not have the correct permissions");
        await GhAsync("ada", "pr", "merge", number, "--squash", "--subject", "Add gh at last");
        (await GhAsync("ada", "pr", "view", number, "--json", "state,mergedBy", "--jq", ".state + .mergedBy.login")).ShouldBe("MERGEDada");
        ((string?)(await forge.GetAsync("ada", Playground.Repo + "/commits"))[0]!["commit"]!["message"]).ShouldBe("Add gh at last");
    }

    [FactWhenInstalled("gh")]
    public async Task Refusals_ReadByGh_AreItsOwnWords()
    {
        (await FailAsync("ada", "issue", "view", "999")).ShouldContain("Could not resolve to an issue or pull request with the number of 999.");
        (await FailAsync("ada", "pr", "create", "--head", "nowhere", "--base", "main", "--title", "T", "--body", "B")).ShouldContain("Head ref must be a branch");
        (await FailAsync("ada", "api", "graphql", "-f", "query={ viewer { nope } }")).ShouldContain("Field 'nope' doesn't exist on type 'User'");
    }

    private async Task<string> GhAsync(string login, params string[] arguments)
    {
        var (exit, output) = await RunAsync(login, arguments);
        exit.ShouldBe(0, $"gh {string.Join(' ', arguments)}: {output}");
        return output.Trim();
    }

    private async Task<string> FailAsync(string login, params string[] arguments)
    {
        var (exit, output) = await RunAsync(login, arguments);
        exit.ShouldNotBe(0, output);
        return output;
    }

    private Task<(int ExitCode, string Output)> RunAsync(string login, string[] arguments)
    {
        var home = forge.NewFolder();
        return Tools.RunAsync(
            "gh",
            home,
            new Dictionary<string, string>
            {
                ["GH_HOST"] = new Uri(forge.Forge.BaseUrl).Authority,
                ["GH_ENTERPRISE_TOKEN"] = "token-" + login,
                ["SSL_CERT_FILE"] = forge.Forge.CertificateFile!,
                // It keeps what it learned of a host in the folder for temporary files.
                ["TMPDIR"] = home,
                ["HOME"] = home,
                ["GH_CONFIG_DIR"] = home,
                ["GH_NO_UPDATE_NOTIFIER"] = "1",
                ["GH_PROMPT_DISABLED"] = "1",
                ["NO_COLOR"] = "1",
            },
            arguments is ["api", ..] ? arguments : [.. arguments, "--repo", "acme/shop"]);
    }
}
