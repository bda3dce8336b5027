using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodingAgent.Agents;
using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Models;
using CodingAgent.Agents.Runs;
using CodingAgent.Forges;
using CodingAgent.Mcp.CodeSearch;
using CodingAgent.Mcp.Egress;
using CodingAgent.Mcp.Egress.Settings;
using CodingAgent.Mcp.Git;
using CodingAgent.Mcp.Sandboxes;
using CodingAgent.Mcp.Servers;
using CodingAgent.Mcp.Setup;
using CodingAgent.Mcp.Toolchains;
using CodingAgent.Storage;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Phases;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;
using Microsoft.Extensions.Logging.Abstractions;
using Temporalio.Testing;

namespace CodingAgent.Bench;

/// <summary>
/// The worker's activities on everything they run on in the service: mirrors, layered workspaces, the sandbox, set-up through the egress proxy,
/// journal and artifacts in SQLite, the model over HTTP. Only the forge is a folder with repositories, and no server hands the activities out.
/// </summary>
internal sealed class AgentStage : IAsyncDisposable
{
    /// <summary>The agents' key at the model endpoint.</summary>
    public const string ModelKey = "ours";

    private readonly TrustedGit _git;
    private readonly SqliteDatabase _database;
    private readonly DockerEngine _engine;
    private readonly ArtifactStore _artifacts;
    private readonly AgentActivities _agents;
    private readonly WorkspaceActivities _workspaces;

    private AgentStage(string root, SqliteDatabase database, BubblewrapSandbox sandbox, IReadOnlyList<SandboxToolchain> toolchains, Uri model)
    {
        var time = TimeProvider.System;
        var settings = new FlowSettings { PlannerModel = "scripted", CoderModel = "scripted" };
        var names = new ToolchainNames(HostToolchains.Programs(toolchains)) { Fingerprint = HostToolchains.Fingerprint(toolchains) };
        (Root, _database) = (root, database);
        _git = new TrustedGit(new TrustedGitOptions { Root = Path.Combine(root, "git"), AllowFileProtocol = true }, time);
        _engine = new DockerEngine(new DockerOptions(), time);
        _artifacts = new ArtifactStore(database, new PayloadCipher(new byte[PayloadCipher.KeySize]));
        var forge = new FolderForge(root);
        var mirrors = new RepositoryMirrors(_git, forge, forge, _artifacts);
        var layers = new SetupLayers(
            _git,
            new SetupLayersOptions
            {
                Root = Path.Combine(root, "layers"),
                // The registry may be a mirror in this machine's own network.
                Egress = new EgressOptions { AllowedRanges = [IPNetwork.Parse("0.0.0.0/0"), IPNetwork.Parse("::/0")] },
                Settings = HostPackageSettings.Read(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), Environment.GetEnvironmentVariable),
            },
            time);
        var builds = new RepositoryBuilds(_git, layers, new SandboxChoice(sandbox, _engine), names, settings);
        var journal = new AgentJournal(database, new PayloadCipher(RandomNumberGenerator.GetBytes(PayloadCipher.KeySize)));
        var client = new OpenAiChatClient(new OpenAiOptions(ModelKey) { BaseUrl = model, Api = OpenAiApi.Responses }, time);
        var keys = new RecordKeys();
        foreach (var role in new[] { RecordRole.Agents, RecordRole.Checks })
            keys.Add(role, [RandomNumberGenerator.GetBytes(32)], signs: true);
        _agents = new AgentActivities(new Runner(client, time, NullLogger<Runner>.Instance), journal, new AgentSessions(database, new PayloadCipher(RandomNumberGenerator.GetBytes(PayloadCipher.KeySize))), _git, mirrors, layers, builds, new CodeSearcher(_git, sandbox, Path.Combine(root, "scratch"), time), _artifacts, keys, new FlowRegistry(), new TaskLog(database, new PayloadCipher(RandomNumberGenerator.GetBytes(PayloadCipher.KeySize))), settings, time, OutsideTools.None);
        var containers = new DevContainers(_git, new DockerImageBuilder(_engine), settings);
        _workspaces = new WorkspaceActivities(
            _git, mirrors, builds, new RepositoryDetector(_git, new RepositoryReader(_git, mirrors), containers, names),
            new CheckCache(Path.Combine(root, "checks"), time), keys, time);
    }

    /// <summary>Folder of all of it, gone at the end.</summary>
    public string Root { get; }

    /// <summary>How workspaces are layered here, in words.</summary>
    public string Layering { get; private set; } = "";

    /// <exception cref="InvalidOperationException">No sandbox can be made here.</exception>
    public static async Task<AgentStage> StartAsync(Uri model)
    {
        var toolchains = HostToolchains.Installed();
        var sandbox = new BubblewrapSandbox(new BubblewrapOptions { Toolchains = toolchains }, TimeProvider.System);
        if ((await sandbox.InspectAsync()).Problem is { } problem)
            throw new InvalidOperationException(problem);
        var root = Directory.CreateTempSubdirectory("coding-agent-bench-").FullName;
        var stage = new AgentStage(root, await SqliteDatabase.OpenAsync(Path.Combine(root, "bot.db"), CancellationToken.None), sandbox, toolchains, model);
        stage.Layering = (await stage._git.InspectWorkspacesAsync(CancellationToken.None)).Words;
        return stage;
    }

    /// <summary>Folder of the forge's repository of that name, for the bench to make.</summary>
    public string OriginOf(string name) => Directory.CreateDirectory(Path.Combine(Root, "forge", name)).FullName;

    /// <summary>Looks at a repository and sets it up, as a task does before its first agent; gives the step of a coder that has yet to begin.</summary>
    /// <exception cref="InvalidOperationException">It cannot be set up.</exception>
    public async Task<AgentActivities.AgentStep> PrepareAsync(string name, string head, RepositoryPolicy policy)
    {
        var repo = new RepoRef(ForgeKind.GitHub, "bench", name);
        var prepared = await new ActivityEnvironment().RunAsync(() => _workspaces.PrepareAsync(new WorkspaceActivities.PrepareStep(repo, head, policy)));
        if (prepared.Problem is { } problem)
            throw new InvalidOperationException($"{problem.Reason} {string.Join(' ', problem.Shows)}");
        var context = await _artifacts.PutAsync(
            JsonSerializer.SerializeToUtf8Bytes(new TaskContext { Repository = repo.FullName, Issue = new IssueText(1, "Edit", "Edit some files.", "ann") }), CancellationToken.None);
        return new AgentActivities.AgentStep(
            TaskId.ForIssue(repo, 1), repo, new AgentRunState("", AgentRole.Coder, null, []), head, context, prepared.Policy, AgentBudget.Default)
        {
            Build = prepared.Build,
            Plan = new Plan("Files are edited.", [], [new(SampleRepository.PathOf(0), "Edit")], [], [], []),
            Work = new WorkOrder(AgentRole.Coder),
        };
    }

    /// <summary>Runs a coder to its end, segment after segment, as the workflow does.</summary>
    /// <exception cref="InvalidOperationException">It did not come to a good end.</exception>
    public async Task RunAsync(AgentActivities.AgentStep step)
    {
        var run = step.Run with { RunId = Guid.NewGuid().ToString("N") };
        AgentActivities.AgentStepResult result;
        do
        {
            result = await new ActivityEnvironment().RunAsync(() => _agents.RunAgentAsync(step with { Run = run }));
            run = run with { Segment = run.Segment + 1 };
        }
        while (result.Outcome == AgentActivities.AgentStepOutcome.Segment);
        if (result.Outcome != AgentActivities.AgentStepOutcome.Completed)
            throw new InvalidOperationException($"the coder ended with {result.Outcome}: {result.Reason}");
    }

    /// <summary>What ends a coder's run.</summary>
    public static string Submission { get; } = JsonSerializer.Serialize(
        new CoderReport("feat: read and edit", "Edits.", "A bench asks for it.", "Look at it.", "Revert.", []), JsonSerializerOptions.Web);

    /// <summary>A command, as the agents' tool takes it.</summary>
    public static JsonObject Command(string line) => ModelRequest.Call("run_command", new JsonObject { ["command"] = line, ["timeout_seconds"] = null });

    /// <summary>An edit, as the agents' tool takes it.</summary>
    public static JsonObject Edit(string path, string before, string after) =>
        ModelRequest.Call("edit_file", new JsonObject { ["path"] = path, ["old_text"] = before, ["new_text"] = after });

    public async ValueTask DisposeAsync()
    {
        _git.DetachWorkspaces();
        _database.Dispose();
        _engine.Dispose();
        await ExternalProgram.RunAsync("/", "rm", "-rf", "--one-file-system", "--", Root);
    }

    /// <summary>Repositories in a folder.</summary>
    private sealed class FolderForge(string root) : IForgeRepositories, ITokenSource
    {
        public Task<Repository> GetRepositoryAsync(RepoRef repo, CancellationToken cancellationToken) =>
            Task.FromResult(new Repository(repo, "main", new Uri(Path.Combine(root, "forge", repo.Name)), IsArchived: false));

        public ValueTask<ForgeToken> GetTokenAsync(RepoRef? repo, string step, TokenPermissions permissions, CancellationToken cancellationToken) => new(new ForgeToken("none", "none"));

        // What else a forge is asked, no activity of a bench asks.
        public string GetCommitAddress(RepoRef repo, Actor account) => throw new NotSupportedException();

        public Task<Actor> GetSelfAsync(RepoRef repo, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<AccessLevel> GetAccessAsync(RepoRef repo, string login, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<AccessLevel> GetAccessAsync(RepoRef repo, Actor account, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<RepositoryFile?> GetFileAsync(RepoRef repo, string path, string reference, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> IsProtectedAsync(RepoRef repo, string branch, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<string>> ListFilesAsync(RepoRef repo, string folder, string reference, CancellationToken cancellationToken) => throw new NotSupportedException();
        public Task<IReadOnlyList<PushRule>> ListPushRulesAsync(RepoRef repo, string branch, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<string?> GetBranchHeadAsync(RepoRef repo, string branch, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
