using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Api.GraphQl;
using CodingAgent.Playground.LocalForge.Ci;
using CodingAgent.Playground.LocalForge.Git;
using CodingAgent.Playground.LocalForge.GitLab;
using CodingAgent.Playground.LocalForge.Hooks;
using CodingAgent.Playground.LocalForge.Model;
using CodingAgent.Playground.LocalForge.Pages;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CodingAgent.Playground.LocalForge;

/// <summary>
/// A small forge on 127.0.0.1: git over smart HTTP, the parts of GitHub's and of GitLab's REST API the product and its tests use, over the same
/// repositories (its README says what the face of GitLab has), signed webhooks, CI for pushed commits, and pages for people. Git data is on disk; users, issues and pull requests are in memory and end with
/// the process. Webhooks wait for a receiver that is down, which GitHub does not do.
/// </summary>
public sealed partial class LocalForgeServer : IAsyncDisposable
{
    private readonly World _world;
    private readonly Webhooks _hooks;
    private readonly RepoFactory _factory;
    private readonly CancellationTokenSource _stopping = new();
    private readonly GitLabRateLimit _rateLimit = new();
    private Actions? _actions;
    private X509Certificate2? _certificate;
    private WebApplication? _app;
    private Task _ci = Task.CompletedTask;

    private LocalForgeServer(LocalForgeOptions options)
    {
        var root = Path.GetFullPath(options.DataDirectory);
        Repositories = Path.Combine(root, "repositories");
        Scratch = Path.Combine(root, "ci");
        _world = new World(options.TimeProvider);
        _hooks = new Webhooks(_world, options.TimeProvider, options.WebhookRetryDelay, options.GivesUpWebhooks, options.Log);
        _factory = new RepoFactory(_world, Repositories);
    }

    /// <summary>Root address, e.g. <c>http://127.0.0.1:41234</c>; no slash at the end.</summary>
    public string BaseUrl => _world.BaseUrl;

    /// <summary>Of what is served over TLS: the certificate that clients are told to trust, e.g. as <c>SSL_CERT_FILE</c>; null without TLS.</summary>
    public string? CertificateFile { get; private set; }

    /// <summary>REST root: what a client of GitHub Enterprise is given as its API address.</summary>
    public string ApiUrl => _world.ApiUrl;

    /// <summary>REST root of the GitLab face: what a client of GitLab is given as its API address.</summary>
    public string GitLabApiUrl => _world.BaseUrl + GitLabRoutes.Prefix;

    /// <summary>What is served under <see cref="ApiUrl"/>, e.g. <c>GET /repos/{owner}/{repo}/pulls/{number:int}</c>.</summary>
    public IReadOnlyList<string> GitHubRoutes => [.. _app!.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        .Where(e => e.RoutePattern.RawText!.StartsWith(ApiRoutes.Prefix, StringComparison.Ordinal) && e.Metadata.GetMetadata<IHttpMethodMetadata>() is not null)
        .SelectMany(e => e.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Select(m => $"{m} {e.RoutePattern.RawText![ApiRoutes.Prefix.Length..]}"))];

    /// <summary>Whether webhooks that find nobody are not tried again; as the options had it at first.</summary>
    public bool GivesUpWebhooks
    {
        get => _hooks.GivesUp;
        set => _hooks.GivesUp = value;
    }

    /// <summary>All webhook deliveries so far, oldest first.</summary>
    public IReadOnlyList<WebhookDelivery> Deliveries => _hooks.Deliveries;

    private string Repositories { get; }

    private string Scratch { get; }

    /// <summary>Starts the forge; it listens when this returns.</summary>
    /// <exception cref="IOException">The port is taken.</exception>
    /// <exception cref="InvalidOperationException">The certificate cannot be read.</exception>
    public static async Task<LocalForgeServer> StartAsync(LocalForgeOptions options, CancellationToken cancellationToken)
    {
        var forge = new LocalForgeServer(options);
        try
        {
            await forge.StartCoreAsync(options, cancellationToken);
            return forge;
        }
        catch
        {
            await forge.DisposeAsync();
            throw;
        }
    }

    /// <summary>Adds an account that signs in with this token, over REST (bearer) and git (as the password).</summary>
    /// <exception cref="InvalidOperationException">The login or the token is taken.</exception>
    public void CreateUser(string login, string token, AccountKind kind = AccountKind.User, string scopes = "repo") =>
        InGate(() => _world.AddAccount(login, token, kind, scopes));

    /// <summary>Gives an account another login; somebody else may have the old one afterwards.</summary>
    public void RenameUser(string login, string newLogin) => InGate(() =>
    {
        _world.Rename(Find(login), newLogin);
        return true;
    });

    /// <summary>Adds a repository whose default branch <c>main</c> holds one commit with the folder's files.</summary>
    public async Task CreateRepositoryAsync(string owner, string name, string? folder, bool isPrivate = false, CancellationToken cancellationToken = default)
    {
        await _world.Gate.WaitAsync(cancellationToken);
        try
        {
            await _factory.CreateAsync(Find(owner), name, folder, isPrivate);
        }
        finally
        {
            _world.Gate.Release();
        }
    }

    /// <summary>Sets an account's access to a repository; the owner is always administrator.</summary>
    public void SetAccess(string owner, string name, string login, RepoAccess access) => InGate(() =>
        FindRepo(owner, name).Access[Find(login).Login] = access);

    /// <summary>Adds a receiver of every event of every repository, starting with a ping.</summary>
    /// <returns>The hook's id.</returns>
    public long AddWebhook(Uri url, string secret) => InGate(() => _hooks.Add(url, secret).Id);

    /// <summary>Adds a group of GitLab's, e.g. <c>acme</c>, or with its parents <c>acme/payments</c>; parents that are not there yet are made. It can own repositories.</summary>
    /// <exception cref="InvalidOperationException">An account has this name.</exception>
    public void CreateGroup(string path) => InGate(() =>
    {
        var names = path.Split('/');
        for (var depth = 1; depth <= names.Length; depth++)
        {
            var group = string.Join('/', names[..depth]);
            if (depth == names.Length || _world.FindAccount(group) is null)
                _world.AddAccount(group, RandomNumberGenerator.GetHexString(40), AccountKind.Group);
        }

        return true;
    });

    /// <summary>Sets an account's access level by GitLab's numbers: 10 guest, 15 planner, 20 reporter, 30 developer, 40 maintainer, 50 owner; 0 takes it away.</summary>
    public void SetAccessLevel(string owner, string name, string login, int level) => InGate(() =>
    {
        var (repo, account) = (FindRepo(owner, name), Find(login));
        repo.Levels[account.Login] = level;
        return repo.Access[account.Login] = level switch
        {
            >= 50 => RepoAccess.Admin,
            >= 40 => RepoAccess.Maintain,
            >= 30 => RepoAccess.Write,
            >= 20 => RepoAccess.Triage,
            >= 10 => RepoAccess.Read,
            _ => RepoAccess.None,
        };
    });

    /// <summary>Adds a hook of one project by GitLab's ways, for every kind of event.</summary>
    /// <param name="owner">User or group that owns the project.</param>
    /// <param name="name">The project.</param>
    /// <param name="url">The receiver.</param>
    /// <param name="token">Shown in <c>X-Gitlab-Token</c>; empty sends no such header.</param>
    /// <param name="signingToken"><c>whsec_</c> and 32 bytes in base64: then deliveries are signed as Standard Webhooks are.</param>
    /// <returns>The hook's id.</returns>
    /// <exception cref="ArgumentException">The signing token is not one.</exception>
    public long AddGitLabWebhook(string owner, string name, Uri url, string token, string? signingToken = null)
    {
        byte[]? key = null;
        if (signingToken is not null)
            key = HooksApi.KeyOf(signingToken) ?? throw new ArgumentException("A signing token is whsec_ and 32 bytes in base64.", nameof(signingToken));
        return InGate(() => _hooks.Add(url, token, new GitLabHook(FindRepo(owner, name), key, HooksApi.AllTriggers, Guid.NewGuid())).Id);
    }

    /// <summary>Opens an issue.</summary>
    /// <returns>Its number.</returns>
    public int OpenIssue(string owner, string name, string login, string title, string body) => InGate(() =>
        _actions!.OpenIssue(FindRepo(owner, name), Find(login), title, body, labels: []).Number);

    /// <summary>Opens a confidential issue, as GitLab knows them.</summary>
    /// <returns>Its number among the project's issues.</returns>
    public int OpenConfidentialIssue(string owner, string name, string login, string title, string body) => InGate(() =>
        _actions!.OpenIssue(FindRepo(owner, name), Find(login), title, body, labels: [], isConfidential: true).Iid);

    /// <summary>Asks for changes of a merge request as its reviewer does in GitLab: without a word, and without an event.</summary>
    /// <exception cref="InvalidOperationException">There is no such merge request.</exception>
    public void RequestChanges(string owner, string name, int iid, string login) => InGate(() =>
    {
        var issue = FindRepo(owner, name).Pulls.FirstOrDefault(i => i.Iid == iid) ?? throw new InvalidOperationException($"There is no merge request !{iid}.");
        _actions!.RequestChanges(issue, Find(login));
        return true;
    });

    /// <summary>Answers an account's further calls of GitLab's REST API with 429, once it has made so many, until the time has passed.</summary>
    public void LimitGitLabCalls(string login, int calls, TimeSpan time) => _rateLimit.Set(login, calls, _world.Now + time);

    /// <summary>Sends a delivery again under its old delivery id; false when there is none with this number.</summary>
    public bool Redeliver(long deliveryId) => _hooks.Redeliver(deliveryId);

    /// <summary>Adds a rule of a ruleset, for branches whose names begin so; it is told, and not enforced.</summary>
    public void AddRule(string owner, string name, string prefix, string type) => InGate(() =>
    {
        FindRepo(owner, name).Rules.Add((prefix, type));
        return true;
    });

    /// <summary>Stops listening, delivering and running CI. The data folder stays.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (_app is not null)
            await _app.DisposeAsync();
        await _hooks.DisposeAsync();
        await _ci;
        _world.Dispose();
        _certificate?.Dispose();
        _stopping.Dispose();
    }

    private async Task StartCoreAsync(LocalForgeOptions options, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Repositories);
        Directory.CreateDirectory(Scratch);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = typeof(LocalForgeServer).Assembly.GetName().Name });
        builder.Logging.ClearProviders();
        if (options.Tls)
        {
            (_certificate, CertificateFile) = ServerCertificate.Of(options, Path.Combine(Path.GetFullPath(options.DataDirectory), "certificate.pem"));
            builder.WebHost.UseKestrelHttpsConfiguration();
            builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, options.Port, l => l.UseHttps(_certificate)));
        }
        else
        {
            builder.WebHost.UseUrls($"http://127.0.0.1:{options.Port}");
        }

        builder.Services.AddRoutingCore();
        builder.Services.AddAntiforgery(o => o.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest);
        // Its keys live as long as the forge.
        builder.Services.AddSingleton<IDataProtectionProvider, EphemeralDataProtectionProvider>();
        _app = builder.Build();
        // A page elsewhere must not reach us under another name.
        _app.Use((http, next) => http.Request.Host.Host is "127.0.0.1" or "localhost" ? next(http) : RefuseHostAsync(http));

        var shapes = new Shapes(_world);
        var queue = new CiQueue();
        var gitLab = new GitLabShapes(_world);
        var events = new GitLabEvents(_world, gitLab, _hooks);
        var actions = _actions = new Actions(_world, shapes, _hooks, queue, events);
        _app.Use(FollowNamesAsync);
        _app.Use(GitLabGraphQl.TellApartAsync);
        _app.Use(new GitHttp(_world, actions, Repositories, options.Log).ServeAsync);
        _app.UseRouting();
        var routes = new ApiRoutes(_app, _world, options.Log);
        var issues = new IssueApi(shapes, actions);
        new RepoApi(_world, shapes, actions, _factory).Map(routes);
        issues.Map(routes);
        new PullApi(_world, shapes, actions).Map(routes);
        new ReviewApi(shapes, actions, issues).Map(routes);
        new CheckApi(_world, shapes, actions).Map(routes);
        var runs = new RunApi(_world, shapes, actions);
        runs.Map(routes);
        _app.MapGet(RunApi.LogRoute, runs.ServeLogAsync);
        new HookApi(_hooks, shapes).Map(routes);
        new AppApi(_world, shapes, _hooks).Map(routes);
        new GraphQlApi(_world, shapes, actions).Map(routes);
        _app.Map(ApiRoutes.Prefix + "/{**rest}", http => ApiRoutes.WriteAsync(http, ApiRoutes.Shape(ApiProblem.NotFound())));
        var gitLabRoutes = new GitLabRoutes(_app, _world, _rateLimit, options.Log);
        new ProjectsApi(_world, gitLab, actions, _factory).Map(gitLabRoutes);
        new RepositoryApi(gitLab, actions).Map(gitLabRoutes);
        new IssuesApi(gitLab, events, actions).Map(gitLabRoutes);
        new MergeRequestsApi(_world, gitLab, events, actions).Map(gitLabRoutes);
        new NotesApi(gitLab, actions).Map(gitLabRoutes);
        new PipelinesApi(gitLab, actions).Map(gitLabRoutes);
        new HooksApi(_world, _hooks).Map(gitLabRoutes);
        new GitLabGraphQl(_world, actions).Map(gitLabRoutes);
        gitLabRoutes.MapRest();
        var antiforgery = _app.Services.GetRequiredService<IAntiforgery>();
        new ForgePages(_world, shapes, new Forms(_world, shapes, antiforgery)).Map(_app);
        new FormPages(_world, shapes, actions, antiforgery).Map(_app);
        new AppPages(_world, shapes, actions, antiforgery).Map(_app);
        new OAuthPages(_world, antiforgery).Map(_app);
        new OAuthApi(_world, options.Log).Map(_app);

        await _app.StartAsync(cancellationToken);
        _world.BaseUrl = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        if (!options.RunsCi)
            return;
        var ciAccount = _world.AddAccount("local-ci[bot]", RandomNumberGenerator.GetHexString(40), AccountKind.Bot);
        var steps = new StepRunner(options.CiSandbox, options.AllowUnsandboxedCi, options.CiLimits, options.CiWorkspaceOwner);
        _ci = new CiRunner(_world, actions, queue, steps, ciAccount, Scratch, options.SummarizesJobs, options.Log).RunAsync(_stopping.Token);
    }

    /// <summary>As GitHub does: a repository has an address by its id too, and a name it had before leads there.</summary>
    private Task FollowNamesAsync(HttpContext http, RequestDelegate next)
    {
        var parts = (http.Request.Path.Value ?? "").Split('/', 7);
        if (parts is ["", "api", "v3", "repositories", var id, ..] && long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && InGate(() => _world.Repos.FirstOrDefault(r => r.Id == number)) is { } byId)
        {
            http.Request.Path = string.Join('/', (string[])["", "api", "v3", "repos", byId.Owner.Login, byId.Name, .. parts.Skip(5)]);
        }
        else if (parts is ["", "api", "v3", "repos", var owner, var name, ..] && InGate(() => _world.FindRenamed(owner, name)) is { } renamed)
        {
            var (status, message) = HttpMethods.IsGet(http.Request.Method) ? (StatusCodes.Status301MovedPermanently, "Moved Permanently") : (StatusCodes.Status307TemporaryRedirect, "Temporary Redirect");
            var url = string.Join('/', (string[])[$"{http.Request.Scheme}://{http.Request.Host}{ApiRoutes.Prefix}", "repositories", $"{renamed.Id}", .. parts.Skip(6)]) + http.Request.QueryString;
            return ApiRoutes.WriteAsync(http, new Answer(status, new JsonObject { ["message"] = message, ["url"] = url, ["documentation_url"] = "https://docs.github.com/rest" }) { Location = url });
        }

        return next(http);
    }

    private static Task RefuseHostAsync(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status400BadRequest;
        return http.Response.WriteAsync("Unknown host.");
    }

    private Account Find(string login) => _world.FindAccount(login) ?? throw new InvalidOperationException($"There is no user '{login}'.");

    private Repo FindRepo(string owner, string name) => _world.FindRepo(owner, name) ?? throw new InvalidOperationException($"There is no repository '{owner}/{name}'.");

    private T InGate<T>(Func<T> change)
    {
        _world.Gate.Wait();
        try
        {
            return change();
        }
        finally
        {
            _world.Gate.Release();
        }
    }
}
