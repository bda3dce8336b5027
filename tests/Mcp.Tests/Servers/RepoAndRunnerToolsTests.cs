using CodingAgent.Mcp.Setup;

namespace CodingAgent.Mcp.Tests.Servers;

public sealed class RepoAndRunnerToolsTests
{
    [Fact]
    public async Task Repo_TellsWhatChangedAndWhatWas()
    {
        await using var f = await ToolsFixture.CreateAsync(null, ("src/a.cs", "one\n"), ("b.txt", "b\n"));
        (await f.CallAsync("repo_status", new { })).ShouldStartWith("No changes against the base ");
        (await f.CallAsync("repo_diff", new { })).ShouldBe("No changes.");
        await f.CallAsync("edit_file", new { path = "src/a.cs", old_text = "one", new_text = "two" });
        await f.CallAsync("delete_file", new { path = "b.txt" });
        f.WriteFile(".git/config", "[core]\n");
        (await f.CallAsync("repo_status", new { })).ShouldEndWith("deleted b.txt (+0 -1)\nmodified src/a.cs (+1 -1)\nnot recorded .git: git's own names cannot be part of a change\n");
        var diff = await f.CallAsync("repo_diff", new { path = "src" });
        diff.ShouldContain("-one\n+two\n");
        diff.ShouldNotContain("b.txt");
        (await f.CallAsync("repo_diff", new { path = "nowhere" })).ShouldBe("No changes in nowhere.");
        (await f.CallAsync("repo_show", new { path = "src/a.cs" })).ShouldBe("one\n");
        (await f.ErrorAsync("repo_show", new { path = "c.txt" })).ShouldContain("not a file of the base commit");
        (await f.CallAsync("repo_log", new { limit = 5 })).ShouldContain("Dev: change");
        (await f.ErrorAsync("repo_log", new { limit = 0 })).ShouldContain("from 1 to 100");
    }

    [Fact]
    public async Task RunCommand_ReportsCodeOutputAndTimeouts()
    {
        await using var f = await ToolsFixture.CreateAsync(null, ("a.txt", "content\n"));
        (await f.CallAsync("run_command", new { command = "cat a.txt; echo oops >&2; exit 4" })).ShouldBe("exit code 4\n--- stdout\ncontent\n--- stderr\noops\n");
        (await f.CallAsync("run_command", new { command = "true" })).ShouldBe("exit code 0\n(no output)\n");
        (await f.CallAsync("run_command", new { command = "echo x; sleep 60", timeout_seconds = 1 })).ShouldContain("stopped at its time limit");
        (await f.ErrorAsync("run_command", new { command = "true", timeout_seconds = 1000 })).ShouldContain("from 1 to 20");
        (await f.ErrorAsync("run_command", new { command = " " })).ShouldContain("empty");
        (await f.CallAsync("run_command", new { command = "seq 100000" })).Length.ShouldBeLessThan(11_000);
    }

    [Fact]
    public async Task RunChecks_RunsTheGivenOnes_NotTheWorkspaces()
    {
        await using var f = await ToolsFixture.CreateAsync(
            o => o with { Checks = [new WorkspaceCheck("lint", "echo clean"), new WorkspaceCheck("test", "test -f done || { echo missing done; exit 1; }")] },
            (".github/coding-agent.yml", "checks: [ { name: evil, run: 'touch evil' } ]\n"));
        (await f.CallAsync("run_checks", new { })).ShouldBe(
            "check lint passed: echo clean, exit code 0\ncheck test FAILED: test -f done || { echo missing done; exit 1; }, exit code 1\n--- stdout\nmissing done\n");
        f.WriteFile("done", "");
        (await f.CallAsync("run_checks", new { name = "test" })).ShouldStartWith("check test passed");
        (await f.ErrorAsync("run_checks", new { name = "evil" })).ShouldContain("no check 'evil'; there are lint, test");
    }

    [Fact]
    public async Task RunCommand_ThatItsCallerGaveUp_StopsAndLetsTheNextOneRun()
    {
        await using var tools = await ToolsFixture.CreateAsync(null, ("a.txt", "one\n"));
        var run = tools.Tools.Single(t => t.Name == "run_command");
        using var stop = new CancellationTokenSource();
        var begun = new TaskCompletionSource();
        var given = run.CallAsync(new Dictionary<string, object?> { ["command"] = "sleep 15; echo done > done", ["timeout_seconds"] = 20 }, new Begun(begun), cancellationToken: stop.Token).AsTask();
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => given);
        await tools.CallAsync("run_command", new { command = "true" });
        File.Exists(Path.Combine(tools.Workspace.RootPath, "done")).ShouldBeFalse();
    }

    private sealed class Begun(TaskCompletionSource begun) : IProgress<ModelContextProtocol.ProgressNotificationValue>
    {
        public void Report(ModelContextProtocol.ProgressNotificationValue value) => begun.TrySetResult();
    }
}
