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

    [Fact]
    public async Task Run_DoneAgain_RepeatsWhatDidNotPassAndWhatWaitedForIt()
    {
        const string workflow = "on: push\njobs:\n  good:\n    steps: [ { run: 'true' } ]\n  flaky:\n    steps: [ { run: 'test $GITHUB_RUN_ATTEMPT = 2' } ]\n  after:\n    needs: [flaky]\n    steps: [ { run: 'true' } ]\n";
        var sha = await forge.PushAsync("ada", "ci-again", "workflow", (".github/workflows/again.yml", workflow));
        var first = await RunAsync(sha, "failure");
        ((int)first["run_attempt"]!).ShouldBe(1);
        await forge.PostAsync("eve", $"{Repo}/actions/runs/{first["id"]}/rerun-failed-jobs", new { }, expect: 403);
        await forge.PostAsync("ada", $"{Repo}/actions/runs/{first["id"]}/rerun-failed-jobs", new { }, expect: 201);
        ((int)(await RunAsync(sha, "success"))["run_attempt"]!).ShouldBe(2);
        var jobs = (await forge.GetAsync("ada", $"{Repo}/actions/runs/{first["id"]}/jobs?filter=all"))["jobs"]!.AsArray();
        jobs.Select(j => ((string)j!["name"]!, (int)j["run_attempt"]!, (string?)j["conclusion"])).ShouldBe([
            ("good", 1, "success"), ("flaky", 1, "failure"), ("after", 1, "skipped"), ("flaky", 2, "success"), ("after", 2, "success")]);
        await forge.PostAsync("ada", $"{Repo}/actions/runs/{first["id"]}/rerun-failed-jobs", new { }, expect: 403);
    }

    [Fact]
    public async Task Log_OfAJob_LiesWhereNoTokenIsWanted()
    {
        var sha = await forge.PushAsync("ada", "ci-log", "workflow", (".github/workflows/log.yml", "on: push\njobs:\n  a:\n    steps: [ { run: 'echo hello' } ]\n"));
        var run = await RunAsync(sha, "success");
        var job = (await forge.GetAsync("ada", $"{Repo}/actions/runs/{run["id"]}/jobs"))["jobs"]![0]!;
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        using var ask = new HttpRequestMessage(HttpMethod.Get, $"{forge.Forge.ApiUrl}{Repo}/actions/jobs/{job["id"]}/logs");
        ask.Headers.Authorization = new("Bearer", "token-ada");
        using var where = await http.SendAsync(ask);
        ((int)where.StatusCode).ShouldBe(302);
        (await http.GetStringAsync(where.Headers.Location)).ShouldContain("Z hello\n");
        using var withToken = new HttpRequestMessage(HttpMethod.Get, where.Headers.Location) { Headers = { Authorization = new("Bearer", "token-ada") } };
        using var refused = await http.SendAsync(withToken);
        ((int)refused.StatusCode).ShouldBe(400);
    }

    private async Task<JsonNode> RunAsync(string sha, string conclusion) => (await Playground.EventuallyAsync(
        () => forge.GetAsync("ada", $"{Repo}/actions/runs?head_sha={sha}"),
        a => a["workflow_runs"]!.AsArray() is [var run] && (string?)run!["conclusion"] == conclusion))["workflow_runs"]![0]!;

    private async Task<Dictionary<string, JsonNode>> CompletedAsync(string sha, int count)
    {
        var answer = await Playground.EventuallyAsync(
            () => forge.GetAsync("ada", $"{Repo}/commits/{sha}/check-runs"),
            a => a["check_runs"]!.AsArray() is { } runs && runs.Count == count && runs.All(r => (string?)r!["status"] == "completed"));
        return answer["check_runs"]!.AsArray().ToDictionary(r => (string)r!["name"]!, r => r!);
    }
}
