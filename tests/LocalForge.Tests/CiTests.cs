using System.Text.Json.Nodes;

namespace CodingAgent.LocalForge.Tests;

public sealed class CiTests(Playground forge) : IClassFixture<Playground>
{
    private const string Repo = Playground.Repo;

    [Fact]
    public async Task Push_WithWorkflow_ReportsEachJobAsCheckRun()
    {
        const string workflow = """
            name: ci
            on: [push]
            env: { WORD: three }
            jobs:
              test:
                name: unit tests
                steps:
                  - uses: actions/checkout@v4
                  - run: grep -q $WORD src/pay.txt
              lint:
                steps:
                  - name: no tabs
                    run: |
                      echo looking
                      echo "a tab in line 7" >&2
                      exit 3
              deploy:
                needs: [test, lint]
                steps: [ { run: "true" } ]
            """;
        var sha = await forge.PushAsync("ada", "ci", "workflow", (".github/workflows/ci.yml", workflow));
        var runs = await CompletedAsync(sha, 3);

        var lint = runs["lint"];
        ((string?)lint["conclusion"]).ShouldBe("failure");
        ((string?)lint["output"]!["title"]).ShouldBe("Step 'no tabs' failed with exit code 3");
        ((string?)lint["output"]!["summary"])!.ShouldContain("a tab in line 7");
        ((string?)runs["unit tests"]["conclusion"]).ShouldBe("success");
        ((string?)runs["deploy"]["conclusion"]).ShouldBe("skipped");
        ((string?)(await forge.GetAsync("ada", $"{Repo}/commits/{sha}/check-suites"))["check_suites"]![0]!["conclusion"]).ShouldBe("failure");
    }

    [Fact]
    public async Task Workflow_WithWhatTheRunnerCannotDo_FailsAndSaysSo()
    {
        var sha = await forge.PushAsync("ada", "ci-broken", "workflow", (".github/workflows/ci.yml", "on: push\njobs:\n  a:\n    strategy: {}\n    steps: [ { run: 'true' } ]\n"));
        var run = (await CompletedAsync(sha, 1)).Single().Value;
        ((string?)run["conclusion"]).ShouldBe("failure");
        ((string?)run["output"]!["summary"])!.ShouldContain("uses 'strategy'");
    }

    [Fact]
    public async Task PullRequest_WithBranchFilter_StartsOnItsBase()
    {
        await forge.PushAsync("ada", "ci-pull", "workflow", (
            ".github/workflows/pr.yml", "on:\n  pull_request: { branches: [ma*] }\njobs:\n  pr:\n    steps: [ { run: 'test \"$GITHUB_BASE_REF\" = main' } ]\n"));
        var pull = await forge.PostAsync("ada", Repo + "/pulls", new { title = "CI", head = "ci-pull", @base = "main" });
        var run = (await CompletedAsync((string)pull["head"]!["sha"]!, 1))["pr"];
        ((string?)run["conclusion"]).ShouldBe("success");
        ((int)run["pull_requests"]![0]!["number"]!).ShouldBe((int)pull["number"]!);
    }

    private async Task<Dictionary<string, JsonNode>> CompletedAsync(string sha, int count)
    {
        var answer = await Playground.EventuallyAsync(
            () => forge.GetAsync("ada", $"{Repo}/commits/{sha}/check-runs"),
            a => a["check_runs"]!.AsArray() is { } runs && runs.Count == count && runs.All(r => (string?)r!["status"] == "completed"));
        return answer["check_runs"]!.AsArray().ToDictionary(r => (string)r!["name"]!, r => r!);
    }
}
