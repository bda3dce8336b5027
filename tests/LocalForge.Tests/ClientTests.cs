using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace CodingAgent.LocalForge.Tests;

/// <summary>Clients that others wrote for GitHub work against what LocalForge offers.</summary>
public sealed class ClientTests(Playground forge) : IClassFixture<Playground>
{
    [FactWhenInstalled("npm")]
    public async Task Octokit_LivingOnePull_SeesWhatGitHubWouldShow()
    {
        var sha = await forge.PushAsync("bot", "octo/branch", "octo", ("octo/file.txt", "hello\n"));
        var folder = await OctokitAsync();
        var (exit, output) = await Tools.RunAsync(
            "node",
            folder,
            new Dictionary<string, string>
            {
                ["FORGE_API"] = forge.Forge.ApiUrl,
                ["FORGE_TOKEN"] = "token-bot",
                ["FORGE_REVIEWER_TOKEN"] = "token-ada",
                ["FORGE_APP_TOKEN"] = "token-robo[bot]",
                ["FORGE_BRANCH"] = "octo/branch",
            },
            "drive.mjs");
        exit.ShouldBe(0, output);
        // Deprecation notes of the client follow on standard error.
        var seen = JsonNode.Parse(output.Split('\n')[0])!;
        var expected = JsonNode.Parse($$"""
            {
              "login": "bot", "defaultBranch": "main", "permission": "read",
              "comments": ["c0", "c1", "c2", "c3", "c4"], "reaction": "rocket", "labels": ["one"], "ref": "{{sha}}",
              "twice": [422, "A pull request already exists for acme:octo/branch."],
              "files": [["octo/file.txt", "added", 1]], "diff": true, "reply": true, "reviews": ["CHANGES_REQUESTED", "COMMENTED"],
              "check": [["octo-check", "success"]], "status": "success", "content": "hello\n", "ready": false, "merged": true, "isMerged": 204
            }
            """);
        JsonNode.DeepEquals(seen, expected).ShouldBeTrue(seen.ToJsonString());
    }

    [FactWhenInstalled("npm")]
    public async Task Octokit_AsAnApp_SeesWhatGitHubWouldGrant()
    {
        using var key = RSA.Create(2048);
        var id = forge.Forge.CreateApp("acme", "octo-app", key.ExportRSAPublicKeyPem());
        forge.Forge.InstallApp("octo-app", "acme");
        var (exit, output) = await Tools.RunAsync(
            "node",
            await OctokitAsync(),
            new Dictionary<string, string> { ["FORGE_API"] = forge.Forge.ApiUrl, ["FORGE_APP"] = $"{id}", ["FORGE_APP_KEY"] = key.ExportPkcs8PrivateKeyPem() },
            "app.mjs");
        exit.ShouldBe(0, output);
        var seen = JsonNode.Parse(output.Split('\n')[0])!;
        var expected = JsonNode.Parse("""
            {
              "slug": "octo-app", "installations": ["acme"], "granted": "write", "lifeMinutes": 60, "repositories": ["acme/shop"], "author": "octo-app[bot]",
              "who": [403, "Resource not accessible by integration"], "checkRefused": [403, "Resource not accessible by integration"],
              "annotations": ["notice", "failure"], "tooMuch": [422, "The permissions requested are not granted to this installation."],
              "elsewhere": [422, "There is at least one repository that does not exist or is not accessible to the parent installation."],
              "state": "s t", "made": ["made-by-octokit", true], "codeTwice": 404
            }
            """);
        JsonNode.DeepEquals(seen, expected).ShouldBeTrue(seen.ToJsonString());
    }

    private static async Task<string> OctokitAsync()
    {
        var folder = Path.Combine(Root(), "tests", "LocalForge.Tests", "Octokit");
        if (!File.Exists(Path.Combine(folder, "node_modules", ".package-lock.json")) || !Directory.Exists(Path.Combine(folder, "node_modules", "@octokit", "auth-app")))
        {
            var (installed, log) = await Tools.RunAsync("npm", folder, new Dictionary<string, string>(), "ci", "--ignore-scripts", "--no-audit", "--no-fund");
            installed.ShouldBe(0, log);
        }

        return folder;
    }

    // Without TLS a full URL is the one way for gh, which speaks https to any host name it is given; GhTests has it with TLS.
    [FactWhenInstalled("gh")]
    public async Task Gh_ApiWithFullUrl_ReadsAndWrites()
    {
        (await GhAsync("/user", "--jq", ".login")).ShouldBe("ada");
        var number = await GhAsync(Playground.Repo + "/issues", "-f", "title=From gh", "-f", "labels[]=gh", "--jq", ".number");
        (await GhAsync($"{Playground.Repo}/issues/{number}", "--jq", ".labels[0].name")).ShouldBe("gh");
        for (var i = 0; i < 3; i++)
            await GhAsync($"{Playground.Repo}/issues/{number}/comments", "-f", $"body=c{i}", "--jq", ".id");
        (await GhAsync($"{Playground.Repo}/issues/{number}/comments?per_page=2", "--paginate", "--jq", ".[].body")).ShouldBe("c0\nc1\nc2");
        (await GhAsync($"{Playground.Repo}/issues/{number}", "-X", "PATCH", "-f", "state=closed", "--jq", ".state")).ShouldBe("closed");
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "CodingAgent.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside the repository.");
    }

    private async Task<string> GhAsync(string path, params string[] arguments)
    {
        var (exit, output) = await Tools.RunAsync(
            "gh",
            forge.NewFolder(),
            new Dictionary<string, string>
            {
                ["GH_ENTERPRISE_TOKEN"] = "token-ada",
                ["GH_CONFIG_DIR"] = forge.NewFolder(),
                ["GH_NO_UPDATE_NOTIFIER"] = "1",
                ["GH_PROMPT_DISABLED"] = "1",
                ["NO_COLOR"] = "1",
            },
            ["api", forge.Forge.ApiUrl + path, .. arguments]);
        exit.ShouldBe(0, output);
        return output.Trim();
    }
}
