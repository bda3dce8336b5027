using CodingAgent.Agents;
using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Runs;
using CodingAgent.Forges;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Setup;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Apply;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Temporalio.Exceptions;
using Temporalio.Testing;

namespace CodingAgent.Workflows.Tests.Activities;

/// <summary>The activities on real git, real workspace tools and the real Runner; only model, sandbox and forge are fakes.</summary>
public sealed class GitActivitiesTests : IDisposable
{
    private static readonly TaskId Task = TaskId.ForIssue(TaskHarness.Repo, 7);
    private static readonly Actor Ann = new("ann", 5, ActorKind.User);
    private static readonly DateTimeOffset Date = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private readonly GitRemote _remote = new(new Dictionary<string, string> { ["src/A.cs"] = "one\ntwo\n", ["tests/ATests.cs"] = "test\n", ["src/A.csproj"] = Project, ["tests/ATests.csproj"] = TestProject });
    private const string Project = "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>";
    private const string TestProject =
        "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup><ItemGroup><PackageReference Include=\"xunit\" Version=\"2.9.3\" /><PackageReference Include=\"Microsoft.NET.Test.Sdk\" Version=\"17.0.0\" /></ItemGroup></Project>";

    private readonly FakeStores _stores = new();
    private readonly FakeTokens _tokens = new();
    private readonly FakeModel _model = new();
    private readonly FakeJournal _journal = new();
    private readonly FakeForge _forge = new(TaskHarness.Repo, () => Date);
    private readonly FlowSettings _settings = new() { PlannerModel = "m", CoderModel = "m" };
    private FakeSandbox _sandbox = new(_ => (0, "Passed!"));

    public GitActivitiesTests()
    {
        _forge.CloneUrl = _remote.Url;
        _forge.Branches["main"] = _remote.Sha;
        _forge.OpenIssue(7, "Three", "Add a third line.");
    }

    public void Dispose() => _remote.Dispose();

    // Each call makes a worker of its own, so that nothing passes between activities but ids.
    private (TrustedGit Git, RepositoryMirrors Mirrors) Worker(string name)
    {
        var git = new TrustedGit(new TrustedGitOptions { Root = Path.Combine(_remote.Data, name), AllowFileProtocol = true }, TimeProvider.System);
        return (git, new RepositoryMirrors(git, _forge, _tokens, _stores));
    }

    [Fact]
    public async Task Reader_TreeOfACommit_GivesNestedGuidanceAndDetection()
    {
        using var remote = new GitRemote(new Dictionary<string, string>
        {
            ["AGENTS.md"] = "root",
            ["web/AGENTS.md"] = new string('x', 20_000),
            ["api/deep/AGENTS.md"] = "deep",
            ["web/NOT-AGENTS.md"] = "no",
            ["empty/AGENTS.md"] = " ",
            ["web/package.json"] = "{\"scripts\":{\"test\":\"jest\"},\"devDependencies\":{\"jest\":\"1\"}}",
            ["web/package-lock.json"] = "{}",
            ["api/pyproject.toml"] = "[project]\nname='a'\n",
            ["api/tests/test_a.py"] = "",
        });
        _forge.CloneUrl = remote.Url;
        var (git, mirrors) = Worker("reader");
        var reader = new RepositoryReader(git, mirrors);
        var guidance = await reader.ReadAsync(TaskHarness.Repo, remote.Sha, default);
        guidance.Select(g => (g.Path, g.Text.Length)).ShouldBe([("AGENTS.md", 4), ("web/AGENTS.md", 8_000), ("api/deep/AGENTS.md", 4)]);
        var found = await reader.DetectAsync(TaskHarness.Repo, remote.Sha, ToolchainNames.Unknown, default);
        found.Checks.Select(c => c.Run).ShouldBe(["cd web && npm test", ". \"$HOME/venv/bin/activate\" && cd api && python -m pytest"]);
        found.Notes.ShouldBeEmpty();
    }

    private (SetupLayers Layers, RepositoryBuilds Builds) Builds(TrustedGit git, string worker)
    {
        var layers = new SetupLayers(git, new SetupLayersOptions { Root = Path.Combine(_remote.Data, worker + "-layers") }, TimeProvider.System);
        return (layers, new RepositoryBuilds(git, layers, new SandboxChoice(_sandbox, new DockerEngine(new DockerOptions(), TimeProvider.System)), ToolchainNames.Unknown, _settings));
    }

    private AgentActivities Agents(string worker)
    {
        var (git, mirrors) = Worker(worker);
        var (layers, builds) = Builds(git, worker);
        return new AgentActivities(
            new Runner(_model, TimeProvider.System, NullLogger<Runner>.Instance), _journal, git, mirrors, layers, builds, _stores, _settings, TimeProvider.System);
    }

    private WorkspaceActivities Checks(string worker)
    {
        var (git, mirrors) = Worker(worker);
        return new WorkspaceActivities(
            git, mirrors, Builds(git, worker).Builds, new RepositoryDetector(
                git, new RepositoryReader(git, mirrors), new DevContainers(git, new DockerImageBuilder(new DockerEngine(new DockerOptions(), TimeProvider.System)), _settings), ToolchainNames.Unknown, _settings),
            new CheckCache(Path.Combine(_remote.Data, worker + "-checks"), TimeProvider.System), TimeProvider.System);
    }

    private ApplyActivities Apply(string worker)
    {
        var (git, mirrors) = Worker(worker);
        return new ApplyActivities(git, mirrors, _forge, _tokens, _stores, _settings, TimeProvider.System);
    }

    private async Task<AgentActivities.AgentStep> CoderStepAsync(RepositoryPolicy? policy = null)
    {
        var context = await _stores.PutJsonForTestsAsync(new TaskContext { Repository = "acme/shop", Issue = new IssueText(7, "Three", "Add a third line.", "ann") });
        return new AgentActivities.AgentStep(
            Task, TaskHarness.Repo, new AgentRunState("run-1-coder", AgentRole.Coder, null, []), _remote.Sha, context,
            policy ?? new RepositoryPolicy { Checks = [new("test", "dotnet test")] }, AgentBudget.Default)
        {
            Plan = FakeWork.Plan,
            Work = new WorkOrder(AgentRole.Coder),
        };
    }

    private ApplyActivities.PublishStep Publish(string? snapshot, Evidence? evidence, string? head = null) => new(
        Task, TaskHarness.Repo, new TaskFacts("main", "main", _remote.Sha, new RepositoryPolicy(), "", "Three", "", null, null), _remote.Sha, snapshot,
        "coding-agent/issue-7-x", head, FakeWork.Report, evidence, Ann, "implement-1", Date)
    {
        Issue = 7,
        Plan = FakeWork.Plan,
    };

    private async Task<string> EditedAsync()
    {
        _model.Calls("edit_file", new { path = "src/A.cs", old_text = "two", new_text = "two\nthree" })
            .Calls("write_file", new { path = "tests/ATests.cs", content = "test three\n" })
            .Answers(FakeWork.Report);
        var step = await CoderStepAsync();
        var result = await new ActivityEnvironment().RunAsync(() => Agents("one").RunAgentAsync(step));
        result.Outcome.ShouldBe(AgentActivities.AgentStepOutcome.Completed, result.Reason);
        return result.Snapshot.ShouldNotBeNull();
    }

    private async Task<Evidence> CheckedAsync(string snapshot, string worker = "two")
    {
        var checks = Checks(worker);
        var step = new WorkspaceActivities.ChecksStep(TaskHarness.Repo, _remote.Sha, snapshot, new RepositoryPolicy { Checks = [new("test", "dotnet test")] }, null, "checks-1");
        return await new ActivityEnvironment().RunAsync(() => checks.RunChecksAsync(step));
    }

    [Fact]
    public async Task Change_EditedCheckedPublishedByThreeWorkers_ArrivesAsOneCommit()
    {
        var snapshot = await EditedAsync();
        string? seen = null;
        _sandbox = new FakeSandbox(c =>
        {
            seen = File.ReadAllText(Path.Combine(c.WorkspacePath, "src/A.cs"));
            return (0, "Passed!");
        });
        var evidence = await CheckedAsync(snapshot);
        seen.ShouldBe("one\ntwo\nthree\n");
        evidence.Green.ShouldBeTrue();

        var published = await new ActivityEnvironment().RunAsync(() => Apply("three").PublishAsync(Publish(snapshot, evidence)));
        published.Verdicts.Where(v => !v.Passed).ShouldBeEmpty();
        _remote.Git("rev-parse", "coding-agent/issue-7-x").Trim().ShouldBe(published.HeadSha);
        _remote.Git("rev-parse", "main").Trim().ShouldBe(_remote.Sha);
        var message = _remote.Git("log", "-1", "--format=%B", published.HeadSha!);
        message.ShouldContain("Co-authored-by: ann <5+ann@users.noreply.github.com>");
        message.ShouldContain("Agent-Task: task/github:acme/shop/issue/7");
        (await _forge.GetPullAsync(TaskHarness.Repo, published.Pull!.Value, default)).IsDraft.ShouldBeTrue();
        _forge.EvidenceChecks.Single().HeadSha.ShouldBe(published.HeadSha);
        (await _stores.FindByHeadAsync(TaskHarness.Repo, published.HeadSha!, default)).ShouldBe(Task);

        // Once more, as a retry would: the same commit, the same pull request.
        (await new ActivityEnvironment().RunAsync(() => Apply("four").PublishAsync(Publish(snapshot, evidence)))).HeadSha.ShouldBe(published.HeadSha);
        _remote.Git("rev-list", "--count", "coding-agent/issue-7-x").Trim().ShouldBe("2");
        _tokens.Asked.Where(a => a.Permissions.HasFlag(TokenPermissions.WriteContents)).ShouldAllBe(a => a.Step == "push");
    }

    [Fact]
    public async Task Checks_ThatNeedARedOne_AreNotRun_AndSaySo()
    {
        var lines = new List<string>();
        _sandbox = new FakeSandbox(c =>
        {
            lines.Add(c.Argv[^1]);
            return c.Argv[^1] == "make" ? (2, "no rule") : (0, "");
        });
        var policy = new RepositoryPolicy { Checks = [new("test", "make test") { Needs = ["build"] }, new("build", "make"), new("lint", "make lint")] };
        var checks = Checks("two");
        var evidence = await new ActivityEnvironment().RunAsync(() => checks.RunChecksAsync(new(TaskHarness.Repo, _remote.Sha, null, policy, null, "checks-1")));
        evidence.Checks.Select(c => (c.Name, c.Passed, c.Ending)).ShouldBe([("test", false, "not run: needs build, which is red"), ("build", false, "exited"), ("lint", true, "exited")]);
        evidence.Checks[0].OutputTail.ShouldContain("no rule");
        // What was found on the base is kept by the line and by what it needs: build once here, and once more behind another need.
        lines.ShouldBe(["make", "make lint"]);
        await new ActivityEnvironment().RunAsync(() => checks.RunChecksAsync(new(TaskHarness.Repo, _remote.Sha, null, policy with { Checks = [new("test", "make test"), new("build", "make")] }, null, "checks-2")));
        lines.ShouldBe(["make", "make lint", "make test"]);
    }

    [Theory]
    [InlineData("package.json", "{ \"scripts\": { \"test\": \"true\" } }", false)]
    [InlineData("package.json", "{ \"devDependencies\": {} }", true)]
    [InlineData("tests/conftest.py", "import os; os._exit(0)", false)]
    [InlineData("tests/run.sh", "exit 0", false)]
    public async Task Publish_ChangeOfWhatDecidesHowChecksRun_TakesAPersonsWord(string path, string content, bool isFine)
    {
        _model.Calls("edit_file", new { path = "src/A.cs", old_text = "two", new_text = "two\nthree" })
            .Calls("write_file", new { path = "tests/ATests.cs", content = "test three\n" })
            .Calls("write_file", new { path, content })
            .Answers(FakeWork.Report);
        var plan = FakeWork.Plan with { Edits = [.. FakeWork.Plan.Edits, new(path, "as asked")] };
        var coder = await CoderStepAsync() with { Plan = plan };
        var snapshot = (await new ActivityEnvironment().RunAsync(() => Agents("one").RunAgentAsync(coder))).Snapshot.ShouldNotBeNull();
        var evidence = new Evidence(SnapshotRef.Parse(snapshot).TreeId, [new("test", "bash tests/run.sh", 0, "exited", TimeSpan.Zero, "")]);
        var facts = Publish(snapshot, evidence).Facts with { Policy = new RepositoryPolicy { Checks = [new("test", "bash tests/run.sh")] } };
        var step = Publish(snapshot, evidence) with { Plan = plan, Facts = facts };

        var unasked = await new ActivityEnvironment().RunAsync(() => Apply("three").PublishAsync(step));
        unasked.Verdicts.Where(v => !v.Passed).Select(v => v.Gate).ShouldBe(isFine ? [] : ["runner"]);
        if (isFine) return;
        var asked = await new ActivityEnvironment().RunAsync(() => Apply("three").PublishAsync(step with { PlanApprovedByPerson = true }));
        asked.Verdicts.Where(v => !v.Passed).ShouldBeEmpty();
        asked.Verdicts.Single(v => v.Marked).Message.ShouldContain(path);
    }

    [Theory]
    [InlineData("release/pwned", null, "branch", "neither one of my own")]
    [InlineData("main", null, "branch", "default branch")]
    [InlineData("coding-agent/kept", null, "branch", "is protected")]
    [InlineData("coding-agent/issue-7-x", "paths: { deny: [\"src/**\"] }\n", "paths", "src/A.cs")]
    [InlineData("coding-agent/issue-7-x", "checks: [ { name: audit, run: ./audit } ]\n", "checks", "did not run as it writes them: audit")]
    [InlineData("coding-agent/issue-7-x", "checks: [ { name: test, run: \"dotnet test --all\" } ]\n", "checks", "did not run as it writes them: test")]
    [InlineData("coding-agent/issue-7-x", "limits: { turns: none }\n", "policy", "line 2")]
    public async Task Publish_StepThatNobodyHonestMakes_IsHeldBackByTheDefaultBranchsRules(string branch, string? policy, string gate, string words)
    {
        var snapshot = await EditedAsync();
        var evidence = await CheckedAsync(snapshot);
        _forge.ProtectedBranches.Add("coding-agent/kept");
        if (policy is not null) _forge.Files[".github/coding-agent.yml"] = $"version: 1\n{policy}";
        var outcome = await new ActivityEnvironment().RunAsync(() => Apply("three").PublishAsync(Publish(snapshot, evidence) with { Branch = branch }));
        outcome.HeadSha.ShouldBeNull();
        outcome.Verdicts.Where(v => !v.Passed).ShouldHaveSingleItem().ShouldSatisfyAllConditions(v => v.Gate.ShouldBe(gate), v => v.Message.ShouldContain(words));
        _remote.Git("for-each-ref", "--format=%(refname)").Trim().ShouldBe("refs/heads/main");
        _tokens.Asked.ShouldNotContain(a => a.Permissions.HasFlag(TokenPermissions.WriteContents));
    }

    [Fact]
    public async Task Publish_OnACommitOfNoBranch_IsHeldBack()
    {
        var snapshot = await EditedAsync();
        var step = Publish(snapshot, await CheckedAsync(snapshot));
        // The base branch was force-pushed, or the commit comes from a fork: its tree was never judged.
        _remote.Git("branch", "kept", _remote.Sha);
        _forge.Branches["main"] = _remote.Git("commit-tree", "-m", "unrelated", $"{_remote.Sha}^{{tree}}").Trim();
        _remote.Git("update-ref", "refs/heads/main", _forge.Branches["main"]);
        var outcome = await new ActivityEnvironment().RunAsync(() => Apply("three").PublishAsync(step));
        outcome.Verdicts.Where(v => !v.Passed).ShouldHaveSingleItem().Message.ShouldContain("no longer in the history of its base branch");
    }

    [Fact]
    public async Task Publish_ToTheHeadOfAPullRequest_OnlyWhenItIsTheTasks()
    {
        _remote.Git("branch", "feature", _remote.Sha);
        _forge.OpenPull(9, "feature", _remote.Sha);
        var snapshot = await EditedAsync();
        var step = Publish(snapshot, await CheckedAsync(snapshot), _remote.Sha) with { Branch = "feature", Pull = 9, OwnsPull = false };
        var foreign = await new ActivityEnvironment().RunAsync(() => Apply("three").PublishAsync(step));
        foreign.Verdicts.Where(v => !v.Passed).Select(v => v.Gate).ShouldBe(["branch"]);
        await _stores.LinkAsync(Task, TaskHarness.Repo, null, 9, null, default);
        (await new ActivityEnvironment().RunAsync(() => Apply("three").PublishAsync(step))).HeadSha.ShouldBe(_remote.Git("rev-parse", "feature").Trim());
    }

    [Fact]
    public async Task Activity_UnforeseenFailure_NeverPublishesItsWords()
    {
        var environment = new ActivityEnvironment { Info = ActivityEnvironment.DefaultInfo with { Attempt = 8, ActivityType = "RunChecks" } };
        _sandbox = new FakeSandbox(_ => throw new IOException("/var/lib/secret-place is full"));
        var checks = Checks("two");
        var step = new WorkspaceActivities.ChecksStep(TaskHarness.Repo, _remote.Sha, null, new RepositoryPolicy { Checks = [new("test", "dotnet test")] }, null, "checks-1");
        var failure = await Should.ThrowAsync<Temporalio.Exceptions.ApplicationFailureException>(() => environment.RunAsync(() => checks.RunChecksAsync(step)));
        (failure.ErrorType, failure.NonRetryable).ShouldBe((ErrorTypes.Internal, true));
        failure.Message.ShouldContain("IOException");
        failure.Message.ShouldNotContain("secret-place");
    }

    [Fact]
    public async Task Checks_ManifestThatTheApprovedPlanDoesNotName_RunWithTheBasesPackages()
    {
        _model.Calls("write_file", new { path = "src/A.csproj", content = "<Project Sdk=\"Evil\" />" }).Answers(FakeWork.Report);
        var coder = await CoderStepAsync();
        var result = await new ActivityEnvironment().RunAsync(() => Agents("one").RunAgentAsync(coder));
        var seen = new List<(string Command, string Project)>();
        _sandbox = new FakeSandbox(c =>
        {
            lock (seen) seen.Add((string.Join(' ', c.Argv), File.ReadAllText(Path.Combine(c.WorkspacePath, "src/A.csproj"))));
            return (0, "Passed!");
        });
        var build = RepositoryBuild.Unknown("") with { Setup = [new("dotnet", "dotnet restore")] };
        var step = new WorkspaceActivities.ChecksStep(
            TaskHarness.Repo, _remote.Sha, result.Snapshot.ShouldNotBeNull(result.Reason), new RepositoryPolicy { Checks = [new("test", "dotnet test")] }, build, "checks-1");
        string Restored() => seen.Single(s => s.Command.Contains("restore", StringComparison.Ordinal)).Project;

        await new ActivityEnvironment().RunAsync(() => Checks("two").RunChecksAsync(step with { Plan = FakeWork.Plan }));
        Restored().ShouldBe(Project);
        seen.Single(s => s.Command.Contains("dotnet test", StringComparison.Ordinal)).Project.ShouldContain("Evil");

        seen.Clear();
        var agreed = FakeWork.Plan with { Edits = [.. FakeWork.Plan.Edits, new("src/A.csproj", "Another package")] };
        await new ActivityEnvironment().RunAsync(() => Checks("three").RunChecksAsync(step with { Plan = agreed }));
        Restored().ShouldContain("Evil");
    }

    [Fact]
    public async Task Publish_WithoutEvidenceOfThisTree_IsHeldBackAndPushesNothing()
    {
        var snapshot = await EditedAsync();
        var outcome = await new ActivityEnvironment().RunAsync(() => Apply("two").PublishAsync(Publish(snapshot, new Evidence("other", [new("test", "t", 0, "exited", TimeSpan.Zero, "")]))));
        outcome.HeadSha.ShouldBeNull();
        outcome.Verdicts.Where(v => !v.Passed).Select(v => v.Gate).ShouldBe(["tests", "checks"]);
        _tokens.Asked.ShouldNotContain(a => a.Permissions.HasFlag(TokenPermissions.WriteContents));
        _remote.Git("branch", "--list", "coding-agent/*").ShouldBeEmpty();
    }

    [Fact]
    public async Task Publish_SomebodyPushedMeanwhile_IsAConflictNotAForce()
    {
        var snapshot = await EditedAsync();
        var evidence = await CheckedAsync(snapshot);
        var first = await new ActivityEnvironment().RunAsync(() => Apply("two").PublishAsync(Publish(snapshot, evidence)));
        var theirs = _remote.CommitOn("coding-agent/issue-7-x", "src/A.cs", "theirs\n");
        _model.Calls("write_file", new { path = "src/A.cs", content = "again\n" }).Answers(FakeWork.Report);
        var step = await CoderStepAsync();
        var again = await new ActivityEnvironment().RunAsync(() => Agents("one").RunAgentAsync(step with { Run = new AgentRunState("run-2-fixer", AgentRole.Fixer, snapshot, []) }));
        var outcome = await new ActivityEnvironment().RunAsync(() =>
            Apply("two").PublishAsync(Publish(again.Snapshot, evidence with { TreeId = SnapshotRef.Parse(again.Snapshot!).TreeId }, first.HeadSha)));
        outcome.Conflict.ShouldContain("Somebody pushed");
        _remote.Git("rev-parse", "coding-agent/issue-7-x").Trim().ShouldBe(theirs);
    }

    [Fact]
    public async Task Agent_SnapshotsOfTheTask_AreCounted_AndEndTheRunAtTheirBound()
    {
        _model.Calls("edit_file", new { path = "src/A.cs", old_text = "two", new_text = "2" }).Answers(FakeWork.Report);
        var step = await CoderStepAsync();
        var done = await new ActivityEnvironment().RunAsync(() => Agents("one").RunAgentAsync(step));
        done.SnapshotBytes.ShouldBeInRange(100, 10_000);

        _model.Calls("edit_file", new { path = "src/A.cs", old_text = "two", new_text = "two and a half" });
        var next = step with { Run = new AgentRunState("run-2-coder", AgentRole.Coder, null, []), SnapshotBytes = FlowSettings.DefaultTaskSnapshotBytes };
        var full = await new ActivityEnvironment().RunAsync(() => Agents("two").RunAgentAsync(next));
        (full.Outcome, full.Snapshot, full.SnapshotBytes, full.Used!.Usage.Requests).ShouldBe((AgentActivities.AgentStepOutcome.BudgetExhausted, null, 0, 1));
        full.Reason.ShouldContain("more than it may store (2048 MiB, Snapshots:MaxTaskSize)");
    }

    [Fact]
    public async Task Agent_ModelAwayAfterAnEdit_ResumesOnAnotherWorkerWithTheEdit()
    {
        _model.Calls("edit_file", new { path = "src/A.cs", old_text = "two", new_text = "2" }).IsAway();
        var step = await CoderStepAsync();
        var away = await new ActivityEnvironment().RunAsync(() => Agents("one").RunAgentAsync(step));
        (away.Outcome, away.RetryAfter).ShouldBe((AgentActivities.AgentStepOutcome.ModelAway, TimeSpan.FromSeconds(7)));

        _model.Calls("read_file", new { path = "src/A.cs", start_line = (int?)null, line_count = (int?)null }).Answers(FakeWork.Report);
        var next = step with { Run = step.Run with { Segment = 1 } };
        var done = await new ActivityEnvironment().RunAsync(() => Agents("two").RunAgentAsync(next));
        done.Outcome.ShouldBe(AgentActivities.AgentStepOutcome.Completed);
        done.Used!.Turns.ShouldBe(3);
        _model.LastOutputs[^1].ShouldContain("2");
        _model.Requests.Count.ShouldBe(4);
    }

    [Fact]
    public async Task Planner_HasOnlyReadingTools_AndLeavesNoSnapshot()
    {
        _model.Calls("list_files", new { path = (string?)null, glob = (string?)null }).Answers(FakeWork.Plan);
        var step = await CoderStepAsync();
        var result = await new ActivityEnvironment().RunAsync(() => Agents("one").RunAgentAsync(step with { Run = new AgentRunState("run-planner", AgentRole.Planner, null, []), Plan = null }));
        result.Outcome.ShouldBe(AgentActivities.AgentStepOutcome.Completed, result.Reason);
        result.Snapshot.ShouldBeNull();
        var tools = _model.Requests.First().Options!.Tools!.Select(t => t.Name).ToArray();
        tools.ShouldContain("read_file");
        tools.ShouldNotContain("edit_file");
        tools.ShouldNotContain("run_command");
    }

    [Fact]
    public async Task Checks_Detected_FromTheRootOfTheBase()
    {
        var checks = Checks("one");
        var prepared = await new ActivityEnvironment().RunAsync(() => checks.PrepareAsync(new WorkspaceActivities.PrepareStep(TaskHarness.Repo, _remote.Sha, new RepositoryPolicy())));
        prepared.Problem.ShouldBeNull();
        prepared.Policy.Checks.Select(c => c.Run).ShouldHaveSingleItem().ShouldStartWith("dotnet test");
    }

    [Fact]
    public async Task Commit_ThatIsGone_IsAFinalFailureInWords()
    {
        var checks = Checks("one");
        var e = await Should.ThrowAsync<ApplicationFailureException>(() => new ActivityEnvironment().RunAsync(() => checks.PrepareAsync(new WorkspaceActivities.PrepareStep(TaskHarness.Repo, new string('e', 40), new RepositoryPolicy()))));
        (e.NonRetryable, e.ErrorType).ShouldBe((true, ErrorTypes.GitRejected));
    }

    // A local remote has the LFS server that its .lfsconfig names.
    private static async Task<WebApplication> LfsAsync(string oid, string content)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(System.Net.IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(context => context.Request.Method == "POST"
            ? context.Response.WriteAsync($"{{\"objects\":[{{\"oid\":\"{oid}\",\"actions\":{{\"download\":{{\"href\":\"http://{context.Request.Host}/{oid}\"}}}}}}]}}")
            : context.Response.WriteAsync(content));
        await app.StartAsync();
        return app;
    }

    [Fact]
    public async Task LfsFiles_UnderAPolicyThatAllowsThem_AreSeenByTheChecks_AndElseTold()
    {
        var oid = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("content"u8));
        await using var app = await LfsAsync(oid, "content");
        using var remote = new GitRemote(new Dictionary<string, string>
        {
            [".gitattributes"] = "*.bin filter=lfs\n",
            [".lfsconfig"] = $"[lfs]\n\turl = {app.Urls.Single()}/lfs\n",
            ["a.bin"] = $"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 7\n",
            ["gone.bin"] = $"version https://git-lfs.github.com/spec/v1\noid sha256:{new string('a', 64)}\nsize 7\n",
            [".github/workflows/ci.yml"] = "on: push\njobs:\n  t:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n        with: { lfs: true }\n",
        });
        _forge.CloneUrl = remote.Url;
        var seen = "";
        _sandbox = new FakeSandbox(c =>
        {
            seen = File.ReadAllText(Path.Combine(c.WorkspacePath, "a.bin"));
            return (0, "Passed!");
        });
        var policy = new RepositoryPolicy { Checks = [new("test", "true")], Setup = [] };

        var told = await new ActivityEnvironment().RunAsync(() => Checks("one").PrepareAsync(new(TaskHarness.Repo, remote.Sha, policy)));
        told.Build.Notes.ShouldContain("2 files of this repository lie in Git LFS; commands see their pointers; CI (.github/workflows/ci.yml) checks out their content, and so do tasks under `sandbox: { lfs: true }`");
        await new ActivityEnvironment().RunAsync(() => Checks("one").RunChecksAsync(new(TaskHarness.Repo, remote.Sha, null, policy, told.Build, "c1")));
        seen.ShouldStartWith("version ");

        policy = policy with { Sandbox = new() { Lfs = true } };
        var prepared = await new ActivityEnvironment().RunAsync(() => Checks("one").PrepareAsync(new(TaskHarness.Repo, remote.Sha, policy)));
        prepared.Problem.ShouldBeNull();
        prepared.Build.Notes.ShouldContain("1 file kept in Git LFS could not be fetched, and commands see the pointer: gone.bin (the Git LFS server does not say where it is)");
        // Another worker has nothing yet, and the base's old result is not this one's.
        foreach (var worker in new[] { "one", "two" })
        {
            seen = "";
            await new ActivityEnvironment().RunAsync(() => Checks(worker).RunChecksAsync(new(TaskHarness.Repo, remote.Sha, null, policy, prepared.Build, "c2")));
            seen.ShouldBe("content", worker);
        }
    }

    [Fact]
    public async Task ChangedLfsFile_IsHeldBackByTheGates()
    {
        using var remote = new GitRemote(new Dictionary<string, string>
        {
            [".gitattributes"] = "*.bin filter=lfs\n",
            ["a.bin"] = $"version https://git-lfs.github.com/spec/v1\noid sha256:{new string('a', 64)}\nsize 7\n",
        });
        _forge.CloneUrl = remote.Url;
        _forge.Branches["main"] = remote.Sha;
        _model.Calls("write_file", new { path = "a.bin", content = "changed\n" }).Answers(FakeWork.Report);
        var coder = await CoderStepAsync() with { BaseSha = remote.Sha };
        var result = await new ActivityEnvironment().RunAsync(() => Agents("one").RunAgentAsync(coder));
        var publish = Publish(result.Snapshot.ShouldNotBeNull(result.Reason), null) with { BaseSha = remote.Sha };
        var outcome = await new ActivityEnvironment().RunAsync(() => Apply("two").PublishAsync(publish));
        outcome.Verdicts.Single(v => v.Gate == "binaries").Message.ShouldStartWith("Files kept in Git LFS were changed: a.bin.");
        outcome.HeadSha.ShouldBeNull();
    }

    // A repository with one submodule, at a URL relative to its own.
    private static GitRemote WithSubmodule(GitRemote library, string? url = null)
    {
        var remote = new GitRemote(new Dictionary<string, string> { [".gitmodules"] = $"[submodule \"lib\"]\n\tpath = lib\n\turl = {url ?? library.Url.AbsoluteUri}\n" });
        remote.Pin("lib", library.Sha);
        return remote;
    }

    [Fact]
    public async Task Submodules_AskedForBySetup_AreThereForSetupAndChecks_AndTheLineRunsNowhere()
    {
        using var library = new GitRemote(new Dictionary<string, string> { ["a.txt"] = "library" });
        using var remote = WithSubmodule(library);
        _forge.CloneUrl = remote.Url;
        var seen = new List<string>();
        _sandbox = new FakeSandbox(c =>
        {
            lock (seen) seen.Add($"{c.Argv[^1]}: {File.ReadAllText(Path.Combine(c.WorkspacePath, "lib/a.txt"))}");
            return (0, "Passed!");
        });
        var policy = new RepositoryPolicy { Checks = [new("test", "make test")], Setup = ["git submodule update --init --recursive && make deps"] };
        var prepared = await new ActivityEnvironment().RunAsync(() => Checks("one").PrepareAsync(new(TaskHarness.Repo, remote.Sha, policy)));
        prepared.Problem.ShouldBeNull();
        prepared.Build.Submodules.ShouldNotBeNull().Recursive.ShouldBeTrue();
        await new ActivityEnvironment().RunAsync(() => Checks("one").RunChecksAsync(new(TaskHarness.Repo, remote.Sha, null, policy, prepared.Build, "c")));
        seen.ShouldBe(["make deps: library", "make test: library"]);
        // What a workflow keeps of it comes back the same.
        System.Text.Json.JsonSerializer.Deserialize<RepositoryBuild>(System.Text.Json.JsonSerializer.Serialize(prepared.Build))!.Submodules!.Recursive.ShouldBeTrue();
    }

    [Fact]
    public async Task Submodules_NobodyAskedFor_AreToldWithTheLineToWrite()
    {
        using var library = new GitRemote(new Dictionary<string, string> { ["a.txt"] = "library" });
        using var remote = WithSubmodule(library);
        _forge.CloneUrl = remote.Url;
        var policy = new RepositoryPolicy { Checks = [new("test", "make test")] };
        var prepared = await new ActivityEnvironment().RunAsync(() => Checks("one").PrepareAsync(new(TaskHarness.Repo, remote.Sha, policy)));
        prepared.Build.Submodules.ShouldBeNull();
        prepared.Build.Notes.ShouldContain("1 submodule of this repository are empty folders for commands: lib; a line `git submodule update --init` under `setup` has them fetched");
    }

    [Fact]
    public async Task Submodules_ThatOnlyCiAsksForAndCannotBeHad_AreToldAndLeftEmpty()
    {
        using var remote = new GitRemote(new Dictionary<string, string>
        {
            [".gitmodules"] = "[submodule \"lib\"]\n\tpath = lib\n\turl = https://10.0.0.1/o/r\n",
            [".github/workflows/ci.yml"] = "on: push\njobs:\n  t:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n        with: { submodules: true }\n",
        });
        remote.Pin("lib", _remote.Sha);
        _forge.CloneUrl = remote.Url;
        var policy = new RepositoryPolicy { Checks = [new("test", "make test")] };
        var prepared = await new ActivityEnvironment().RunAsync(() => Checks("one").PrepareAsync(new(TaskHarness.Repo, remote.Sha, policy)));
        prepared.Problem.ShouldBeNull();
        prepared.Build.Submodules.ShouldBeNull();
        prepared.Build.Notes.ShouldContain(n => n.StartsWith("The submodule lib (https://10.0.0.1/o/r) ", StringComparison.Ordinal) && n.EndsWith("Commands see empty folders in place of submodules", StringComparison.Ordinal));
        (await new ActivityEnvironment().RunAsync(() => Checks("one").RunChecksAsync(new(TaskHarness.Repo, remote.Sha, null, policy, prepared.Build, "c")))).Green.ShouldBeTrue();
    }

    [Fact]
    public async Task Submodules_ThatCannotBeHad_AreASetupFailureInWords()
    {
        using var library = new GitRemote(new Dictionary<string, string> { ["a.txt"] = "library" });
        using var remote = WithSubmodule(library, "https://user:hush@10.0.0.1/o/r");
        _forge.CloneUrl = remote.Url;
        var policy = new RepositoryPolicy { Checks = [new("test", "make test")], Setup = ["git submodule update --init"] };
        var prepared = await new ActivityEnvironment().RunAsync(() => Checks("one").PrepareAsync(new(TaskHarness.Repo, remote.Sha, policy)));
        prepared.Problem.ShouldNotBeNull().Reason.ShouldStartWith("Setting the repository up failed at its submodules. The submodule lib (https://10.0.0.1/o/r) has a URL that cannot be fetched from");
        prepared.Problem.WhatToDo.ShouldContain("git submodule update --init -- path");
        prepared.ToString().ShouldNotContain("hush");
        _sandbox.Commands.ShouldBeEmpty();
    }
}
