using System.Diagnostics;
using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Definitions;
using CodingAgent.Agents.Journal;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Runs;
using CodingAgent.Agents.Tests.Fakes;
using CodingAgent.Mcp.CodeSearch;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Setup;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Servers;
using CodingAgent.Mcp.Toolchains;
using CodingAgent.Playground.ScriptedModel;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodingAgent.Agents.Tests.Scripted;

/// <summary>The scripted cohort on the real MCP servers, trusted git and sandbox.</summary>
public sealed class RealToolsTests : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("real-tools-").FullName;
    private readonly MemoryJournal _journal = new();
    private ScriptedModelServer _server = null!;
    private OpenAiApi _api;
    private TrustedGit? _git;

    public async Task InitializeAsync() =>
        _server = await ScriptedModelServer.StartAsync(new ScriptedModelOptions { ApiKey = "k" }, CancellationToken.None);

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _git?.DetachWorkspaces();
        Directory.Delete(_root, recursive: true);
    }

    [Theory]
    [InlineData(OpenAiApi.Chat)]
    [InlineData(OpenAiApi.Responses)]
    public async Task ShellSample_OnRealTools_IsDone(OpenAiApi api)
    {
        _api = api;
        var origin = Path.Combine(_root, "origin");
        ShellSample.WriteTo(origin);
        await PlayAsync(origin, new IssueText(1, ShellSample.IssueTitle, ShellSample.IssueBody, "ada"), ShellSample.CheckCommand, ShellSample.ReviewRemark);
    }

    /// <summary>The real client before the endpoint of embeddings; and what remains when that is gone.</summary>
    [Fact]
    public async Task SearchCode_ByVectorsOfTheEndpoint_AndWithoutThem()
    {
        var origin = Path.Combine(_root, "origin");
        ShellSample.WriteTo(origin);
        var (git, workspace) = await OpenAsync(origin);
        using var model = new OpenAiEmbeddings(new OpenAiOptions("k") { BaseUrl = _server.BaseUrl }, TimeProvider.System);
        using var searcher = new CodeSearcher(git, null, _root, TimeProvider.System) { Embeddings = new CodeEmbeddings(model, "embed-1") };
        await using var tools = await WorkspaceTools.ConnectAsync(new WorkspaceToolsOptions { Workspace = workspace, TrustedGit = git, CodeSearch = searcher, ReadOnly = true }, CancellationToken.None);
        (await SearchAsync()).ShouldNotContain("searched by meaning", customMessage: "every file was shown to the model");
        await _server.DisposeAsync();
        var without = await SearchAsync();
        without.ShouldContain("add.sh\n");
        without.ShouldEndWith("[not searched by meaning: the model for it gave no usable answer]\n");

        async Task<string> SearchAsync() => (await tools.Tools.Single(t => t.Name == "search_code").CallAsync(new Dictionary<string, object?> { ["query"] = "add numbers", ["glob"] = null, ["limit"] = null }))
            .Content.OfType<ModelContextProtocol.Protocol.TextContentBlock>().Single().Text;
    }

    [OnDemandFact]
    public async Task PaymentSample_OnRealTools_IsDone()
    {
        var origin = Path.Combine(_root, "origin");
        await RunAsync("cp", "-r", SampleFolder(), origin);
        await PlayAsync(origin, new IssueText(1, "Add retries to payment client", "Please.", "ada"), "dotnet test tests/PaymentClient.Tests", "Please make the number of attempts configurable.");
    }

    private async Task<(TrustedGit Git, Workspace Workspace)> OpenAsync(string origin)
    {
        await RunAsync("git", "-C", origin, "init", "-q", "-b", "main");
        await RunAsync("git", "-C", origin, "add", "-A");
        await RunAsync("git", "-C", origin, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "start");
        var git = _git = new TrustedGit(new TrustedGitOptions { Root = Path.Combine(_root, "git"), AllowFileProtocol = true }, TimeProvider.System);
        var mirror = await git.FetchMirrorAsync("sample", new Uri(origin).AbsoluteUri, null, CancellationToken.None);
        var head = (await git.ResolveAsync(mirror, "main", CancellationToken.None)).ShouldNotBeNull();
        return (git, await git.CreateWorkspaceAsync(mirror, head, null, "w1", CancellationToken.None));
    }

    private async Task PlayAsync(string origin, IssueText issue, string check, string remark)
    {
        var (git, workspace) = await OpenAsync(origin);
        var sandbox = new BubblewrapSandbox(new BubblewrapOptions { Toolchains = HostToolchains.Installed(hostNuGetPackages: true), AllowUnlimitedMemory = true }, TimeProvider.System);
        var options = new WorkspaceToolsOptions
        {
            Workspace = workspace,
            Sandbox = sandbox,
            TrustedGit = git,
            Checks = [new WorkspaceCheck("test", check)],
            PathPolicy = new PathPolicy(["src/**", "tests/**"], [".github/**"]),
        };
        await using var all = await WorkspaceTools.ConnectAsync(options, CancellationToken.None);
        await using var reading = await WorkspaceTools.ConnectAsync(options with { ReadOnly = true }, CancellationToken.None);

        var task = new TaskContext { Repository = "acme/sample", Issue = issue };
        var plan = await RunAsync<Plan>("plan", CohortAgents.Planner("s"), new PlannerBrief(task).ToMessages(), reading, null);
        var snapshots = new Snapshots(git, workspace);
        var report = await RunAsync<CoderReport>("code", CohortAgents.Coder("s"), new CoderBrief(task, plan).ToMessages(), all, snapshots);
        await RunAsync<Critique>("critic", CohortAgents.Critic("s"), new CriticBrief(task, plan, report).ToMessages(), reading, null);
        var ci = new FixerBrief(task, plan) { FailedCi = [new FailedCheck("lint", "failure", "")] };
        await RunAsync<CoderReport>("fix-ci", CohortAgents.Fixer("s"), ci.ToMessages(), all, snapshots);
        var review = new FixerBrief(task, plan) { Threads = [new ThreadText(42, plan.Edits[0].Path, 3, [new PersonText("ada", remark)])] };
        var fix = await RunAsync<CoderReport>("fix-review", CohortAgents.Fixer("s"), review.ToMessages(), all, snapshots);

        fix.Threads.ShouldHaveSingleItem().Outcome.ShouldBe("fixed");
        foreach (var command in new[] { check, "sh scripts/lint.sh" })
        {
            var result = await sandbox.RunAsync(new SandboxCommand(["/bin/sh", "-c", command], workspace.RootPath, SandboxLimits.Default), CancellationToken.None);
            result.Succeeded.ShouldBeTrue(result.StandardOutput + result.StandardError);
        }
        var changed = await git.DiffAsync(new GitMirror("", workspace.GitDirectory), workspace.BaseSha, await snapshots.TakeAsync(CancellationToken.None), CancellationToken.None);
        changed.Files.Select(f => f.Path).ShouldBe(plan.Edits.Concat(plan.Tests).Select(e => e.Path), ignoreOrder: true);
        string.Concat(_journal.Turns("code").Select(t => t.OutputsJson)).ShouldSatisfyAllConditions(
            o => o.ShouldContain("check test FAILED"), o => o.ShouldContain("check test passed"), o => o.ShouldContain("edit_file"));
    }

    private async Task<T> RunAsync<T>(string id, AgentDefinition agent, IReadOnlyList<ChatMessage> input, WorkspaceTools tools, Snapshots? snapshots)
        where T : class
    {
        var model = new OpenAiChatClient(new OpenAiOptions("k") { BaseUrl = _server.BaseUrl, Api = _api }, TimeProvider.System);
        var result = await new Runner(model, TimeProvider.System, NullLogger<Runner>.Instance).RunAsync(new AgentRun
        {
            RunId = id,
            Attempt = 1,
            Agent = agent,
            Input = input,
            Tools = tools.Tools,
            Journal = _journal,
            Snapshots = snapshots,
            StartSnapshot = snapshots is null ? null : await snapshots.TakeAsync(CancellationToken.None),
            Segment = SegmentLimits.None,
        }, CancellationToken.None);
        return OutputContract.Read<T>(result.ShouldBeOfType<AgentRunResult.Completed>($"{id}: {result}").OutputJson);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false })!;
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0);
    }

    private static string SampleFolder()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "CodingAgent.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("The repository's root was not found above the tests.");
        return Path.Combine(folder, "playground", "Demo", "Sample");
    }

    private sealed class Snapshots(TrustedGit git, Workspace workspace) : IWorkspaceSnapshots
    {
        public async Task<string> TakeAsync(CancellationToken cancellationToken) => (await git.SnapshotAsync(workspace, cancellationToken)).TreeId;

        public Task RestoreAsync(string snapshot, CancellationToken cancellationToken) => git.RestoreAsync(workspace, snapshot, cancellationToken);
    }
}

/// <summary>Compiles in the sandbox several times, so it runs only when asked for; the demo does the same on every run.</summary>
internal sealed class OnDemandFactAttribute : FactAttribute
{
    public OnDemandFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("CODING_AGENT_SAMPLE_CHECKS") != "real")
            Skip = "Set CODING_AGENT_SAMPLE_CHECKS=real to run it (two minutes).";
    }
}
