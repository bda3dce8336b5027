using CodingAgent.Agents.Cohort;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Temporalio.Exceptions;
using Temporalio.Converters;
using Temporalio.Testing;

namespace CodingAgent.Workflows.Tests.Activities;

/// <summary>Agents, checks and set-up on real git.</summary>
public sealed class GitActivitiesTests : GitWorkers
{
    private const string Project = CSharpProject;

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
        Forge.CloneUrl = remote.Url;
        var (git, mirrors) = Worker("reader");
        var reader = new RepositoryReader(git, mirrors);
        var guidance = await reader.ReadAsync(TaskHarness.Repo, remote.Sha, default);
        guidance.Select(g => (g.Path, g.Text.Length)).ShouldBe([("AGENTS.md", 4), ("web/AGENTS.md", 8_000), ("api/deep/AGENTS.md", 4)]);
        var found = await reader.DetectAsync(TaskHarness.Repo, remote.Sha, ToolchainNames.Unknown, default);
        found.Checks.Select(c => c.Run).ShouldBe(["cd web && npm test", ". \"$HOME/venv/bin/activate\" && cd api && python -m pytest"]);
        found.Notes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Map_MadeByOneWorker_IsWhatPlannerAndCoderAreToldByEvery()
    {
        const string Definition = """{"name":"PaymentClient","path":"0.cs","line":1,"end":2,"kind":"class","scope":"","signature":""}""";
        Sandbox = new FakeSandbox(c => c.Argv[0] == "parser" ? (0, Definition) : (0, "Passed!"));
        var step = new WorkspaceActivities.PrepareStep(TaskHarness.Repo, Remote.Sha, OneCheck) { About = "the payment client" };
        var prepared = await new ActivityEnvironment().RunAsync(() => Checks("one", hasParser: true).PrepareAsync(step));
        var map = prepared.MapId.ShouldNotBeNull();
        foreach (var (role, isTold) in new[] { (AgentRole.Planner, true), (AgentRole.Coder, true), (AgentRole.Fixer, false), (AgentRole.Critic, false) })
        {
            _ = role switch
            {
                AgentRole.Planner => Model.Answers(FakeWork.Plan),
                AgentRole.Critic => Model.Answers(new Critique(true, [])),
                _ => Model.Answers(FakeWork.Report),
            };
            var coder = await CoderStepAsync();
            var run = await new ActivityEnvironment().RunAsync(() => Agents("two").RunAgentAsync(coder with { Run = new AgentRunState($"run-{role}", role, null, []), Work = new WorkOrder(role), MapId = map, Report = FakeWork.Report }));
            run.Outcome.ShouldBe(AgentActivities.AgentStepOutcome.Completed, run.Reason);
            var told = string.Concat(Model.Requests.Last().Messages.Select(m => m.Text));
            told.Contains("  1: class PaymentClient", StringComparison.Ordinal).ShouldBe(isTold, $"{role}");
        }

        // A worker that cannot make one, and a task that has no use for one.
        (await new ActivityEnvironment().RunAsync(() => Checks("three").PrepareAsync(step))).MapId.ShouldBeNull();
        (await new ActivityEnvironment().RunAsync(() => Checks("four", hasParser: true).PrepareAsync(step with { About = null }))).MapId.ShouldBeNull();
        Sandbox = new FakeSandbox(c => c.Argv[0] == "parser" ? throw new IOException("no room") : (0, "Passed!"));
        (await new ActivityEnvironment().RunAsync(() => Checks("five", hasParser: true).PrepareAsync(step))).MapId.ShouldBeNull();
    }

    [Fact]
    public async Task Checks_ThatNeedARedOne_AreNotRun_AndSaySo()
    {
        var lines = new List<string>();
        Sandbox = new FakeSandbox(c =>
        {
            lines.Add(c.Argv[^1]);
            return c.Argv[^1] == "make" ? (2, "no rule") : (0, "");
        });
        var policy = new RepositoryPolicy { Checks = [new("test", "make test") { Needs = ["build"] }, new("build", "make"), new("lint", "make lint")] };
        var checks = Checks("two");
        var evidence = await new ActivityEnvironment().RunAsync(() => checks.RunChecksAsync(new(TaskHarness.Repo, Remote.Sha, null, policy, null, "checks-1")));
        evidence.Checks.Select(c => (c.Name, c.Passed, c.Ending)).ShouldBe([("test", false, "not run: needs build, which is red"), ("build", false, "exited"), ("lint", true, "exited")]);
        evidence.Checks[0].OutputTail.ShouldContain("no rule");
        // What was found on the base is kept by the line and by what it needs: build once here, and once more behind another need.
        lines.ShouldBe(["make", "make lint"]);
        await new ActivityEnvironment().RunAsync(() => checks.RunChecksAsync(new(TaskHarness.Repo, Remote.Sha, null, policy with { Checks = [new("test", "make test"), new("build", "make")] }, null, "checks-2")));
        lines.ShouldBe(["make", "make lint", "make test"]);
    }

    [Fact]
    public async Task Activity_UnforeseenFailure_NeverPublishesItsWords()
    {
        var environment = new ActivityEnvironment { Info = ActivityEnvironment.DefaultInfo with { Attempt = 8, ActivityType = "RunChecks" } };
        Sandbox = new FakeSandbox(_ => throw new IOException("/var/lib/secret-place is full"));
        var checks = Checks("two");
        var step = new WorkspaceActivities.ChecksStep(TaskHarness.Repo, Remote.Sha, null, new RepositoryPolicy { Checks = [new("test", "dotnet test")] }, null, "checks-1");
        var failure = await Should.ThrowAsync<Temporalio.Exceptions.ApplicationFailureException>(() => environment.RunAsync(() => checks.RunChecksAsync(step)));
        (failure.ErrorType, failure.NonRetryable).ShouldBe((ErrorTypes.Internal, true));
        failure.Message.ShouldContain("IOException");
        failure.Message.ShouldNotContain("secret-place");
    }

    [Fact]
    public async Task Checks_ManifestThatTheApprovedPlanDoesNotName_RunWithTheBasesPackages()
    {
        Model.Calls("write_file", new { path = "src/A.csproj", content = "<Project Sdk=\"Evil\" />" }).Answers(FakeWork.Report);
        var coder = await CoderStepAsync();
        var result = await new ActivityEnvironment().RunAsync(() => Agents("one").RunAgentAsync(coder));
        var seen = new List<(string Command, string Project)>();
        Sandbox = new FakeSandbox(c =>
        {
            lock (seen) seen.Add((string.Join(' ', c.Argv), File.ReadAllText(Path.Combine(c.WorkspacePath, "src/A.csproj"))));
            return (0, "Passed!");
        });
        var build = RepositoryBuild.Unknown("") with { Setup = [new("dotnet", "dotnet restore")] };
        var step = new WorkspaceActivities.ChecksStep(
            TaskHarness.Repo, Remote.Sha, result.Snapshot.ShouldNotBeNull(result.Reason), new RepositoryPolicy { Checks = [new("test", "dotnet test")] }, build, "checks-1");
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
    public async Task Agent_SnapshotsOfTheTask_AreCounted_AndEndTheRunAtTheirBound()
    {
        Model.Calls("edit_file", new { path = "src/A.cs", old_text = "two", new_text = "2" }).Answers(FakeWork.Report);
        var step = await CoderStepAsync();
        var done = await new ActivityEnvironment().RunAsync(() => Agents("one").RunAgentAsync(step));
        done.SnapshotBytes.ShouldBeInRange(100, 10_000);

        Model.Calls("edit_file", new { path = "src/A.cs", old_text = "two", new_text = "two and a half" });
        var next = step with { Run = new AgentRunState("run-2-coder", AgentRole.Coder, null, []), SnapshotBytes = FlowSettings.DefaultTaskSnapshotBytes };
        var full = await new ActivityEnvironment().RunAsync(() => Agents("two").RunAgentAsync(next));
        (full.Outcome, full.Snapshot, full.SnapshotBytes, full.Used!.Usage.Requests).ShouldBe((AgentActivities.AgentStepOutcome.BudgetExhausted, null, 0, 1));
        full.Reason.ShouldContain("more than it may store (2048 MiB, Snapshots:MaxTaskSize)");
    }

    [Fact]
    public async Task Agent_ModelAwayAfterAnEdit_ResumesOnAnotherWorkerWithTheEdit()
    {
        Model.Calls("edit_file", new { path = "src/A.cs", old_text = "two", new_text = "2" }).IsAway();
        var step = await CoderStepAsync();
        var away = await new ActivityEnvironment().RunAsync(() => Agents("one").RunAgentAsync(step));
        (away.Outcome, away.RetryAfter).ShouldBe((AgentActivities.AgentStepOutcome.ModelAway, TimeSpan.FromSeconds(7)));

        Model.Calls("read_file", new { path = "src/A.cs", start_line = (int?)null, line_count = (int?)null }).Answers(FakeWork.Report);
        var next = step with { Run = step.Run with { Segment = 1 } };
        var done = await new ActivityEnvironment().RunAsync(() => Agents("two").RunAgentAsync(next));
        done.Outcome.ShouldBe(AgentActivities.AgentStepOutcome.Completed);
        done.Used!.Turns.ShouldBe(3);
        Model.LastOutputs[^1].ShouldContain("2");
        Model.Requests.Count.ShouldBe(4);
    }

    [Theory]
    [InlineData("other", null, "other")]
    [InlineData(null, "operators", "operators")]
    [InlineData("other", "operators", "other")]
    [InlineData(null, null, "m")]
    public async Task Agent_WhoseModelFails_AsksTheFallback(string? ofPolicy, string? ofOperator, string asked)
    {
        Settings = Settings with { FallbackModel = ofOperator };
        Model.Answers(FakeWork.Report).Answers(FakeWork.Report);
        var step = await CoderStepAsync(new RepositoryPolicy { Models = new() { Fallback = ofPolicy } });
        step.Run.UseFallback = true;
        var done = await new ActivityEnvironment().RunAsync(() => Agents("one").RunAgentAsync(step));
        Model.Requests.Single().Options!.ModelId.ShouldBe(asked);
        done.ByFallback.ShouldBe(ofPolicy is not null || ofOperator is not null);
        done.Used!.Models.Select(m => m.Model).ShouldBe([asked]);
        // And what the journal says is the same.
        (await new ActivityEnvironment().RunAsync(() => Agents("one").ReadUsedAsync(step))).ShouldBe(done.Used);
    }

    [Theory]
    [InlineData("run-1-coder turn 1 AskingModel", 1)]
    [InlineData("run-1-coder turn 1 RunningTools", 0)]
    [InlineData("run-0-planner turn 1 AskingModel", 0)]
    [InlineData("nonsense", 0)]
    public async Task Agent_AfterADeathWhileAsking_BooksWhatWasAsked(string lastHeartbeat, int booked)
    {
        Model.Answers(FakeWork.Report);
        var step = await CoderStepAsync();
        var environment = new ActivityEnvironment
        {
            Info = ActivityEnvironment.DefaultInfo with { Attempt = 2, HeartbeatDetails = [DataConverter.Default.PayloadConverter.ToPayload(lastHeartbeat)] },
        };
        var done = await environment.RunAsync(() => Agents("one").RunAgentAsync(step));
        done.Used!.Usage.EstimatedRequests.ShouldBe(booked);
        done.Used.Usage.Requests.ShouldBe(1 + booked);
    }

    [Fact]
    public async Task Planner_HasOnlyReadingTools_AndLeavesNoSnapshot()
    {
        Model.Calls("list_files", new { path = (string?)null, glob = (string?)null }).Answers(FakeWork.Plan);
        var step = await CoderStepAsync();
        var result = await new ActivityEnvironment().RunAsync(() => Agents("one").RunAgentAsync(step with { Run = new AgentRunState("run-planner", AgentRole.Planner, null, []), Plan = null }));
        result.Outcome.ShouldBe(AgentActivities.AgentStepOutcome.Completed, result.Reason);
        result.Snapshot.ShouldBeNull();
        var tools = Model.Requests.First().Options!.Tools!.Select(t => t.Name).ToArray();
        tools.ShouldContain("read_file");
        tools.ShouldNotContain("edit_file");
        tools.ShouldNotContain("run_command");
    }

    [Fact]
    public async Task Setup_ThatNamesASecretNobodyGives_IsToldAndRunsNothing()
    {
        var policy = OneCheck with { Setup = ["restore it"], SetupSecrets = new Dictionary<string, IReadOnlyList<string>> { ["restore it"] = ["feed"] } };
        var prepared = await new ActivityEnvironment().RunAsync(() => Checks("secrets").PrepareAsync(new WorkspaceActivities.PrepareStep(TaskHarness.Repo, Remote.Sha, policy)));
        var problem = prepared.Problem.ShouldNotBeNull();
        problem.Reason.ShouldContain("names the secret feed for set-up");
        problem.WhatToDo.ShouldContain("SetUp:Secrets");
        prepared.Build.Setup.ShouldHaveSingleItem().Secrets.ShouldBe(["feed"]);
        Sandbox.Commands.ShouldBeEmpty();
    }

    [Fact]
    public async Task Checks_Detected_FromTheRootOfTheBase()
    {
        var checks = Checks("one");
        var prepared = await new ActivityEnvironment().RunAsync(() => checks.PrepareAsync(new WorkspaceActivities.PrepareStep(TaskHarness.Repo, Remote.Sha, new RepositoryPolicy())));
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
        Forge.CloneUrl = remote.Url;
        var seen = "";
        Sandbox = new FakeSandbox(c =>
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
        Forge.CloneUrl = remote.Url;
        var seen = new List<string>();
        Sandbox = new FakeSandbox(c =>
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
        Forge.CloneUrl = remote.Url;
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
        remote.Pin("lib", Remote.Sha);
        Forge.CloneUrl = remote.Url;
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
        Forge.CloneUrl = remote.Url;
        var policy = new RepositoryPolicy { Checks = [new("test", "make test")], Setup = ["git submodule update --init"] };
        var prepared = await new ActivityEnvironment().RunAsync(() => Checks("one").PrepareAsync(new(TaskHarness.Repo, remote.Sha, policy)));
        prepared.Problem.ShouldNotBeNull().Reason.ShouldStartWith("Setting the repository up failed at its submodules. The submodule lib (https://10.0.0.1/o/r) has a URL that cannot be fetched from");
        prepared.Problem.WhatToDo.ShouldContain("git submodule update --init -- path");
        prepared.ToString().ShouldNotContain("hush");
        Sandbox.Commands.ShouldBeEmpty();
    }
}
