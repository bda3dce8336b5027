using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Setup;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Policy;
using Temporalio.Testing;

namespace CodingAgent.Workflows.Tests.Activities;

/// <summary>A repository as a worker of its own prepares it, in a real sandbox; only the forge is a fake.</summary>
internal sealed class PreparedRepository : IDisposable
{
    private readonly TrustedGit _git;
    private readonly DockerEngine _engine;
    private readonly WorkspaceActivities _activities;

    public PreparedRepository(IReadOnlyDictionary<string, string> files, DockerOptions? docker = null)
    {
        Remote = new GitRemote(files);
        var forge = new FakeForge(TaskHarness.Repo, () => DateTimeOffset.UnixEpoch) { CloneUrl = Remote.Url };
        var settings = new FlowSettings { PlannerModel = "m", CoderModel = "m" };
        _engine = new DockerEngine(docker ?? new DockerOptions { SocketPath = Path.Combine(Remote.Data, "no.sock") }, TimeProvider.System);
        _git = new TrustedGit(new TrustedGitOptions { Root = Path.Combine(Remote.Data, "git"), AllowFileProtocol = true }, TimeProvider.System);
        var mirrors = new RepositoryMirrors(_git, forge, new FakeTokens(), new FakeStores());
        var layers = new SetupLayers(_git, new SetupLayersOptions { Root = Path.Combine(Remote.Data, "layers") }, TimeProvider.System);
        var sandboxes = new SandboxChoice(new BubblewrapSandbox(new BubblewrapOptions(), TimeProvider.System), _engine);
        _activities = new WorkspaceActivities(
            _git, mirrors, new RepositoryBuilds(_git, layers, sandboxes, ToolchainNames.Unknown, settings),
            new RepositoryDetector(_git, new RepositoryReader(_git, mirrors), new DevContainers(_git, new DockerImageBuilder(_engine), settings), ToolchainNames.Unknown),
            new CheckCache(Path.Combine(Remote.Data, "checks"), TimeProvider.System), TestKeys.OfAllRoles(), TimeProvider.System);
    }

    public GitRemote Remote { get; }

    /// <summary>Prepares the last commit of <c>main</c>, as a task does before a model is asked.</summary>
    public Task<WorkspaceActivities.Prepared> PrepareAsync(RepositoryPolicy policy, string? branch = null)
    {
        var step = new WorkspaceActivities.PrepareStep(TaskHarness.Repo, Remote.Git("rev-parse", "main").Trim(), policy, branch);
        return new ActivityEnvironment().RunAsync(() => _activities.PrepareAsync(step));
    }

    public void Dispose()
    {
        _git.DetachWorkspaces();
        _engine.Dispose();
        Remote.Dispose();
    }
}
