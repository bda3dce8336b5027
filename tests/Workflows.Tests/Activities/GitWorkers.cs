using CodingAgent.Agents;
using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Runs;
using CodingAgent.Forges;
using CodingAgent.Mcp.CodeSearch;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Servers;
using CodingAgent.Mcp.Setup;
using CodingAgent.Storage;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Phases;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;
using Microsoft.Extensions.Logging.Abstractions;
using Temporalio.Testing;

namespace CodingAgent.Workflows.Tests.Activities;

/// <summary>
/// Workers on real git, real workspace tools and the real Runner; only model, sandbox and forge are fakes. Each worker has a data folder of its
/// own, so that nothing passes between activities but ids.
/// </summary>
public abstract class GitWorkers : IDisposable
{
    protected const string CSharpProject = "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>";

    private const string TestProject =
        "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup><ItemGroup><PackageReference Include=\"xunit\" Version=\"2.9.3\" /><PackageReference Include=\"Microsoft.NET.Test.Sdk\" Version=\"17.0.0\" /></ItemGroup></Project>";

    private readonly FakeJournal _journal = new();
    private readonly bool _ownsRemote;

    /// <param name="shared">Repository and stores that other tests use too, which none of them changes; null for a test's own.</param>
    protected GitWorkers((GitRemote Remote, FakeStores Stores)? shared = null)
    {
        _ownsRemote = shared is null;
        (Remote, Stores) = shared ?? (NewRemote(), new FakeStores());
        Forge = new FakeForge(TaskHarness.Repo, () => Date) { CloneUrl = Remote.Url };
        Forge.Branches["main"] = Remote.Sha;
        Forge.OpenIssue(7, "Three", "Add a third line.");
    }

    protected static TaskId Task { get; } = TaskId.ForIssue(TaskHarness.Repo, 7);

    protected static DateTimeOffset Date { get; } = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    /// <summary>What a task works under when its policy names a test and nothing else.</summary>
    protected static RepositoryPolicy OneCheck { get; } = new() { Checks = [new("test", "dotnet test")] };

    protected GitRemote Remote { get; }

    public static GitRemote NewRemote() => new(new Dictionary<string, string> { ["src/A.cs"] = "one\ntwo\n", ["tests/ATests.cs"] = "test\n", ["src/A.csproj"] = CSharpProject, ["tests/ATests.csproj"] = TestProject });

    protected FakeStores Stores { get; }

    protected FakeTokens Tokens { get; } = new();

    protected FakeModel Model { get; } = new();

    protected FakeForge Forge { get; }

    /// <summary>What workers speak to: the one repository, where a test has no others.</summary>
    protected virtual IForge Forges => Forge;

    protected RecordKeys Keys { get; } = TestKeys.OfAllRoles();

    protected FlowSettings Settings { get; set; } = new() { PlannerModel = "m", CoderModel = "m" };

    protected FakeSandbox Sandbox { get; set; } = new(_ => (0, "Passed!"));

    /// <summary>What agents may use beside the workspace.</summary>
    protected OutsideTools Outside { get; set; } = OutsideTools.None;

    /// <summary>Where commands really run; null for the fake.</summary>
    protected ISandbox? RealSandbox { get; set; }

    public void Dispose()
    {
        if (_ownsRemote)
            Remote.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>What the applier signs with.</summary>
    protected CommitSigning? Signing { get; set; }

    protected (TrustedGit Git, RepositoryMirrors Mirrors) Worker(string name)
    {
        var git = new TrustedGit(new TrustedGitOptions { Root = Path.Combine(Remote.Data, name), AllowFileProtocol = true, Signing = Signing }, TimeProvider.System);
        return (git, new RepositoryMirrors(git, Forges, Tokens, Stores));
    }

    protected AgentActivities Agents(string worker)
    {
        var (git, mirrors) = Worker(worker);
        var (layers, builds) = Builds(git, worker);
        return new AgentActivities(
            new Runner(Model, TimeProvider.System, NullLogger<Runner>.Instance), _journal, new FakeSessions(), git, mirrors, layers, builds, new CodeSearcher(git, Sandbox, Path.Combine(Remote.Data, worker + "-scratch"), TimeProvider.System), Stores, Keys, new FlowRegistry(), Stores, Settings, TimeProvider.System, Outside);
    }

    /// <param name="worker">Name of the worker.</param>
    /// <param name="hasParser">Whether it has what finds definitions.</param>
    protected WorkspaceActivities Checks(string worker, bool hasParser = false)
    {
        var (git, mirrors) = Worker(worker);
        var searcher = new CodeSearcher(git, Sandbox, Path.Combine(Remote.Data, worker + "-scratch"), TimeProvider.System, hasParser ? new SymbolProgram(["parser"], []) : null);
        return new WorkspaceActivities(
            git, mirrors, Builds(git, worker).Builds, new RepositoryDetector(
                git, new RepositoryReader(git, mirrors), new DevContainers(git, new DockerImageBuilder(new DockerEngine(new DockerOptions(), TimeProvider.System)), Settings), ToolchainNames.Unknown),
            new CheckCache(Path.Combine(Remote.Data, worker + "-checks"), TimeProvider.System), Keys, TimeProvider.System,
            maps: new RepositoryMaps(searcher, Stores, NullLogger<RepositoryMaps>.Instance));
    }

    protected async Task<AgentActivities.AgentStep> CoderStepAsync(RepositoryPolicy? policy = null)
    {
        var context = await Stores.PutJsonForTestsAsync(new TaskContext { Repository = "acme/shop", Issue = new IssueText(7, "Three", "Add a third line.", "ann") });
        return new AgentActivities.AgentStep(
            Task, TaskHarness.Repo, new AgentRunState("run-1-coder", AgentRole.Coder, null, []), Remote.Sha, context, policy ?? OneCheck, AgentBudget.Default)
        {
            Plan = FakeWork.Plan,
            Work = new WorkOrder(AgentRole.Coder),
        };
    }

    /// <summary>A coder's change of code and test: its snapshot.</summary>
    protected async Task<string> EditedAsync()
    {
        Model.Calls("edit_file", new { path = "src/A.cs", old_text = "two", new_text = "two\nthree" })
            .Calls("write_file", new { path = "tests/ATests.cs", content = "test three\n" })
            .Answers(FakeWork.Report);
        var step = await CoderStepAsync();
        var result = await new ActivityEnvironment().RunAsync(() => Agents("one").RunAgentAsync(step));
        result.Outcome.ShouldBe(AgentActivities.AgentStepOutcome.Completed, result.Reason);
        return result.Snapshot.ShouldNotBeNull();
    }

    protected (SetupLayers Layers, RepositoryBuilds Builds) Builds(TrustedGit git, string worker)
    {
        var layers = new SetupLayers(git, new SetupLayersOptions { Root = Path.Combine(Remote.Data, worker + "-layers") }, TimeProvider.System);
        return (layers, new RepositoryBuilds(git, layers, new SandboxChoice(RealSandbox ?? Sandbox, new DockerEngine(new DockerOptions(), TimeProvider.System)), ToolchainNames.Unknown, Settings));
    }
}
