using System.Net;
using CodingAgent.BotHost.Api;
using CodingAgent.BotHost.Composition;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Diagnosis;
using CodingAgent.BotHost.Dispatch;
using CodingAgent.BotHost.Pages;
using CodingAgent.BotHost.Pages.SignIn;
using CodingAgent.BotHost.Temporal;
using CodingAgent.BotHost.Tests.Api;
using CodingAgent.BotHost.Tests.Commands;
using CodingAgent.BotHost.Tests.Dispatch;
using CodingAgent.BotHost.Web;
using CodingAgent.Forges;
using CodingAgent.Forges.GitHub;
using CodingAgent.Forges.GitLab;
using CodingAgent.Forges.Webhooks;
using CodingAgent.Playground.LocalForge;
using CodingAgent.Storage;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Secrets;
using CodingAgent.Workflows.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace CodingAgent.BotHost.Tests.Pages;

/// <summary>
/// The pages on a real socket and database, with both faces of LocalForge behind the real adapters; Temporal alone keeps its state in memory. On
/// each face there is a repository: <c>ada</c> may write, <c>rita</c> may read, <c>eve</c> has an account.
/// </summary>
internal sealed class SignInWorld : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sign-in-tests-").FullName;
    private SqliteDatabase _database = null!;
    private WebApplication _app = null!;
    private bool _isForgeGone;

    private SignInWorld()
    {
    }

    public LocalForgeServer Forge { get; private set; } = null!;

    public FakeTaskGateway Gateway { get; } = new();

    /// <summary>The service's clock; the forge has the machine's.</summary>
    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UtcNow) { AutoAdvanceAmount = TimeSpan.Zero };

    public Uri Address { get; } = new($"http://127.0.0.1:{ChildProgram.FreePort()}");

    public IServiceProvider Services => _app.Services;

    public ITaskProjection Tasks => Services.GetRequiredService<ITaskProjection>();

    /// <summary>Starts both.</summary>
    /// <param name="change">Makes another one of how a forge has people sign in.</param>
    /// <param name="publicUrl">Where people open the pages.</param>
    public static async Task<SignInWorld> StartAsync(Func<SignInForge, SignInForge>? change = null, Uri? publicUrl = null)
    {
        var world = new SignInWorld();
        await world.RunAsync(change ?? (f => f), publicUrl);
        return world;
    }

    /// <summary>A task on a forge, of the repository that <c>ada</c> writes to, or of another one.</summary>
    public async Task<TaskId> ProjectAsync(ForgeKind forge, TaskState state = TaskState.AwaitingApproval, string repo = "acme/shop", int issue = 12)
    {
        var id = TaskId.ForIssue(RepoRef.Parse($"{forge}:{repo}"), issue);
        var plan = new ShownPlan(new Agents.Cohort.Plan("Pay once.", [], [new("src/pay.txt", "Say so.")], [], [], []), 1, "0123456789ab", null);
        await Tasks.UpsertAsync(
            new TaskSummary(id, 1, "run-1", TaskKind.Implement, state, "a step", "", $"Title of {id}", "ada", issue, null, null, null, 10, 20, 0.5m, Time.GetUtcNow(), Time.GetUtcNow()) { Plan = plan }, default);
        await Gateway.StartAsync(
            new CodingTaskInput(id, id.Repo, TaskKind.Implement, issue, null, new Actor("ada", 0, ActorKind.User), $"start-{id}", Time.GetUtcNow()),
            new CodingTaskSignal.CommandGiven($"start-{id}", "ada", Time.GetUtcNow(), new Workflows.Commands.AgentCommand.Begin("implement"), null), default);
        return id;
    }

    public static string PathOf(string page, TaskId id) => $"/ui/{page}/{id.ToString().Replace(":", "%3A", StringComparison.Ordinal)}";

    public static string Door(ForgeKind forge) => $"/ui/sign-in/{forge.ToString().ToLowerInvariant()}";

    /// <summary>Somebody who signed in.</summary>
    public async Task<PageClient> SignedInAsync(ForgeKind forge, string login)
    {
        var client = new PageClient(Address);
        var end = await client.GetAsync(await AuthorizeAsync(client, forge, login));
        (end.Status, end.Location).ShouldBe((HttpStatusCode.Redirect, "/ui"));
        return client;
    }

    /// <summary>Goes from the door through the forge's page, and tells where that sends the browser back to.</summary>
    public static async Task<string> AuthorizeAsync(PageClient client, ForgeKind forge, string login, string deed = "authorize", string next = "")
    {
        var begun = await client.GetAsync(Door(forge) + next);
        begun.Status.ShouldBe(HttpStatusCode.Redirect);
        return await AgreeAsync(client, begun.Location!, login, deed);
    }

    /// <summary>Answers the forge's page at an address.</summary>
    public static async Task<string> AgreeAsync(PageClient client, string address, string login, string deed = "authorize")
    {
        var asked = QueryHelpers.ParseQuery(new Uri(address).Query).Select(p => (p.Key, p.Value.ToString()));
        var answer = await client.PostAsync(address.Split('?')[0], address, [.. asked, ("actor", login), ("deed", deed)]);
        answer.Status.ShouldBe(HttpStatusCode.Redirect, answer.Text);
        return answer.Location!;
    }

    /// <summary>The forge is away from now on.</summary>
    public async Task StopForgeAsync()
    {
        if (!_isForgeGone)
            await Forge.DisposeAsync();
        _isForgeGone = true;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await StopForgeAsync();
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task RunAsync(Func<SignInForge, SignInForge> change, Uri? publicUrl)
    {
        Forge = await LocalForgeServer.StartAsync(new LocalForgeOptions { DataDirectory = Path.Combine(_folder, "forge"), RunsCi = false }, default);
        foreach (var login in (string[])["acme", "bot", "ada", "rita", "eve"])
            Forge.CreateUser(login, $"token-{login}");
        await Forge.CreateRepositoryAsync("acme", "shop", null);
        await Forge.CreateRepositoryAsync("acme", "secret", null, isPrivate: true);
        foreach (var (name, login, access) in (ReadOnlySpan<(string, string, RepoAccess)>)[("shop", "bot", RepoAccess.Write), ("secret", "bot", RepoAccess.Write), ("shop", "ada", RepoAccess.Write), ("shop", "rita", RepoAccess.Triage)])
            Forge.SetAccess("acme", name, login, access);

        var back = (publicUrl ?? Address).GetLeftPart(UriPartial.Authority);
        SignInApplication Application(ForgeKind kind)
        {
            var (id, secret) = Forge.CreateSignIn("Coding Agent", kind == ForgeKind.GitLab, back + SignInForge.BackOf(kind));
            return new SignInApplication(id, secret);
        }

        var gitHub = new GitHubSettings(new GitHubOptions { ApiUrl = new Uri(Forge.ApiUrl), Retries = 1 }, "token-bot", WebhookSecrets.None) { Served = [], SignIn = Application(ForgeKind.GitHub) };
        var gitLab = new GitLabSettings(new GitLabOptions { Url = new Uri(Forge.BaseUrl), Retries = 1 }, "token-bot", WebhookSecrets.None) { Served = [], SignIn = Application(ForgeKind.GitLab) };
        var forges = new Dictionary<ForgeKind, IForge>
        {
            [ForgeKind.GitHub] = new GitHubForge(gitHub.Api, new PersonalTokenSource("token-bot"), TimeProvider.System, NullLogger<GitHubForge>.Instance),
            [ForgeKind.GitLab] = new GitLabForge(gitLab.Site, new GitLabTokenSource("token-bot"), TimeProvider.System, NullLogger<GitLabForge>.Instance),
        };

        _database = await SqliteDatabase.OpenAsync(Path.Combine(_folder, "bot.db"), default);
        var cipher = new PayloadCipher(new byte[PayloadCipher.KeySize]);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(Address.ToString());
        builder.Logging.ClearProviders().AddProvider(Log);
        builder.Services.AddEmbeddedStorage(_database, cipher)
            .AddSingleton<TimeProvider>(Time).AddSingleton<IForge>(new RedactingForge(forges, new Redaction([]))).AddSingleton<ITaskGateway>(Gateway)
            .AddSingleton(HostSettings.Of(gitHub, gitLab)).AddSingleton(new Redaction([])).AddSingleton(new ApiKeys(_database, Time))
            .AddSingleton<TaskSteering>().AddSingleton<IRunHistory>(new NoHistory()).AddSingleton(LinkSettings.None).AddSingleton(new ServiceDiagnosis(() => [], _ => Task.FromResult<IReadOnlyList<Finding>>([]), Time)).AddSingleton(new SessionKeys(_database, cipher))
            .AddApiAccess(ApiHost.Key).AddPages([.. SignInForge.Of(gitHub, gitLab).Select(change)], publicUrl);
        _app = builder.Build();
        _app.UseStrangerLimits(WebSettings.Default);
        _app.UsePages();
        _app.UseForgeSignIn();
        _app.UseAuthentication();
        _app.UseAuthorization();
        _app.UseAntiforgery();
        _app.MapPages();
        await _app.StartAsync();
    }

    /// <summary>What the service logged.</summary>
    public Lines Log { get; } = new();

    internal sealed class Lines : ILoggerProvider, ILogger
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<string> _lines = new();

        public IEnumerable<string> All => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue($"{logLevel} {formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }

    private sealed class NoHistory : IRunHistory
    {
        public Task<IReadOnlyList<StepRun>> ReadAsync(TaskId task, string runId, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<StepRun>>([]);
    }
}
