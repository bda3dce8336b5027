using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CodingAgent.Forges.GitHub;
using CodingAgent.Playground.LocalForge;
using Microsoft.Extensions.Logging;

namespace CodingAgent.Forges.Tests.GitHub;

/// <summary>Tokens of an App's installations, from a forge that gives them out and holds them to what they allow.</summary>
public sealed class AppTokenSourceTests : IAsyncLifetime
{
    private static readonly RSA Key = RSA.Create(2048);
    private static readonly RepoRef Shop = new(ForgeKind.GitHub, "acme", "shop");
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("app-tokens-");
    private readonly SkippingTime _time = new();
    private readonly Wire _wire = new();
    private readonly Lines _log = new();
    private readonly HttpClient _http = new();
    private LocalForgeServer _server = null!;
    private AppTokenSource _tokens = null!;
    private long _app;

    public async Task InitializeAsync()
    {
        _server = await LocalForgeServer.StartAsync(new LocalForgeOptions { DataDirectory = _folder.FullName, RunsCi = false, TimeProvider = _time }, None);
        foreach (var login in new[] { "acme", "ada" })
            _server.CreateUser(login, "token-" + login);
        foreach (var (owner, name) in new[] { ("acme", "shop"), ("acme", "other"), ("ada", "toys") })
            await _server.CreateRepositoryAsync(owner, name, null, isPrivate: true);
        _app = _server.CreateApp("acme", "agent", Key.ExportRSAPublicKeyPem());
        _server.InstallApp("agent", "acme");
        _tokens = new AppTokenSource(Options, new AppCredentials($"{_app}", Key.ExportPkcs8PrivateKeyPem()), _time, _log, _wire);
    }

    private GitHubOptions Options => new() { ApiUrl = new Uri(_server.ApiUrl) };

    public async Task DisposeAsync()
    {
        _tokens.Dispose();
        _http.Dispose();
        await _server.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    /// <summary>GitHub's names for the least that each kind of call can do with.</summary>
    [Theory]
    [InlineData(TokenPermissions.None, "metadata: read")]
    [InlineData(TokenPermissions.Read, "actions: read, checks: read, contents: read, issues: read, metadata: read, pull_requests: read, statuses: read")]
    [InlineData(TokenPermissions.WriteConversation, "issues: write, metadata: read, pull_requests: write")]
    [InlineData(TokenPermissions.WritePulls, "contents: read, metadata: read, pull_requests: write")]
    [InlineData(TokenPermissions.WriteContents, "contents: write, metadata: read")]
    [InlineData(TokenPermissions.WritePulls | TokenPermissions.WriteContents, "contents: write, metadata: read, pull_requests: write")]
    [InlineData(TokenPermissions.WriteChecks, "checks: write, metadata: read")]
    [InlineData(TokenPermissions.RunCi, "actions: write, metadata: read")]
    public async Task Token_Asked_IsForOneRepositoryAndForNoMoreThanTheCallNeeds(TokenPermissions wanted, string permissions)
    {
        var token = await AskAsync(Shop, wanted);
        var body = _wire.Bodies("access_tokens").ShouldHaveSingleItem()!;
        body["repositories"]!.AsArray().Select(r => (string)r!).ShouldBe(["shop"]);
        string.Join(", ", body["permissions"]!.AsObject().Select(p => $"{p.Key}: {p.Value}")).ShouldBe(permissions);
        (await CallAsync(token, "GET", "/repos/acme/shop")).ShouldBe(HttpStatusCode.OK);
        (await CallAsync(token, "GET", "/repos/acme/other")).ShouldBe(HttpStatusCode.NotFound);
        (await CallAsync(token, "POST", "/repos/acme/shop/issues")).ShouldBe(wanted == TokenPermissions.WriteConversation ? HttpStatusCode.UnprocessableEntity : HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData(TokenPermissions.Read, HttpStatusCode.OK, HttpStatusCode.Forbidden)]
    [InlineData(TokenPermissions.WriteContents, HttpStatusCode.OK, HttpStatusCode.OK)]
    [InlineData(TokenPermissions.WriteConversation, HttpStatusCode.NotFound, HttpStatusCode.NotFound)]
    public async Task Git_WithTheToken_FetchesAndPushesAsItAllows(TokenPermissions wanted, HttpStatusCode fetch, HttpStatusCode push)
    {
        var token = await AskAsync(Shop, wanted);
        token.Username.ShouldBe("x-access-token");
        foreach (var (service, status) in new[] { ("git-upload-pack", fetch), ("git-receive-pack", push) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{_server.BaseUrl}/acme/shop.git/info/refs?service={service}");
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{token.Username}:{token.Secret}")));
            using var answer = await _http.SendAsync(request);
            answer.StatusCode.ShouldBe(status, service);
        }
    }

    [Fact]
    public async Task Token_OfAKey_IsKeptUntilShortlyBeforeItEnds()
    {
        var first = await AskAsync(Shop, TokenPermissions.Read);
        _time.Advance(TimeSpan.FromMinutes(54));
        (await AskAsync(Shop, TokenPermissions.Read)).Secret.ShouldBe(first.Secret);
        (await AskAsync(Shop, TokenPermissions.WriteChecks)).Secret.ShouldNotBe(first.Secret);
        _time.Advance(TimeSpan.FromMinutes(2));
        (await AskAsync(Shop, TokenPermissions.Read)).Secret.ShouldNotBe(first.Secret);
        _wire.Bodies("access_tokens").Count.ShouldBe(3);
    }

    [Fact]
    public async Task Token_AskedByManyAtOnce_IsAskedForOnceWhoeverGivesUp()
    {
        _wire.Hold();
        using var impatient = new CancellationTokenSource();
        var first = _tokens.GetTokenAsync(Shop, "read", TokenPermissions.Read, impatient.Token).AsTask();
        var others = Enumerable.Range(0, 20).Select(_ => AskAsync(Shop, TokenPermissions.Read)).ToList();
        await impatient.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => first);
        _wire.Release();
        (await Task.WhenAll(others)).Select(t => t.Secret).Distinct().Count().ShouldBe(1);
        _wire.Bodies("access_tokens").Count.ShouldBe(1);
    }

    [Fact]
    public async Task Token_RevokedMeanwhile_IsDroppedAndAnotherOneDoes()
    {
        using var forge = new GitHubForge(Options, _tokens, _time, _log);
        await forge.GetRepositoryAsync(Shop, None);
        _time.Advance(TimeSpan.FromMinutes(1));
        _server.RevokeAppTokens();
        (await forge.GetRepositoryAsync(Shop, None)).Ref.ShouldBe(Shop);
        _wire.Bodies("access_tokens").Count.ShouldBe(2);
    }

    /// <summary>A new token is not known to all servers at once; asking for still newer ones would go on for ever.</summary>
    [Fact]
    public async Task Token_RefusedInItsFirstSeconds_IsTriedAgain()
    {
        using var lag = new Lag(refusals: 2);
        using var forge = new GitHubForge(Options, _tokens, _time, _log, lag);
        (await forge.GetRepositoryAsync(Shop, None)).Ref.ShouldBe(Shop);
        _wire.Bodies("access_tokens").Count.ShouldBe(1);
    }

    [Fact]
    public async Task Installation_Suspended_IsToldUntilItsOwnerTakesThatBack()
    {
        _server.SuspendApp("agent", "acme", true);
        var error = await Should.ThrowAsync<ForgeRejectedException>(() => AskAsync(Shop, TokenPermissions.Read));
        error.Status.ShouldBe(HttpStatusCode.Unauthorized);
        error.Message.ShouldMatch("^The App's installation on acme is suspended: its owner can take that back at http://127.0.0.1:[0-9]+/settings/installations/[0-9]+ \\(Forge:GitHub:App\\)\\.$");
        _server.SuspendApp("agent", "acme", false);
        await AskAsync(Shop, TokenPermissions.Read);
    }

    [Fact]
    public async Task Installation_Removed_IsToldUntilItIsInstalledAgain()
    {
        await AskAsync(Shop, TokenPermissions.Read);
        _server.RemoveApp("agent", "acme");
        var error = await Should.ThrowAsync<ForgeRejectedException>(() => AskAsync(Shop, TokenPermissions.WriteChecks));
        error.Status.ShouldBe(HttpStatusCode.NotFound);
        error.Message.ShouldMatch("^The App is not installed on acme, or not any more: install it for acme/shop at http://127.0.0.1:[0-9]+/apps/agent/installations/new");
        _server.InstallApp("agent", "acme");
        await AskAsync(Shop, TokenPermissions.WriteChecks);
    }

    [Fact]
    public async Task Repository_NotSelected_IsToldUntilItIs()
    {
        _server.InstallApp("agent", "acme", "other");
        var error = await Should.ThrowAsync<ForgeRejectedException>(() => AskAsync(Shop, TokenPermissions.Read));
        error.Status.ShouldBe(HttpStatusCode.NotFound);
        error.Message.ShouldStartWith("acme/shop is not among the repositories that the App's installation on acme may see: select it at http");
        _server.InstallApp("agent", "acme", "other", "shop");
        await AskAsync(Shop, TokenPermissions.Read);
    }

    [Fact]
    public async Task Permission_NotGranted_IsNamedUntilItIsAndReadingGoesOn()
    {
        _server.GrantApp("agent", "acme", LocalForgeServer.AppPermissions.ToDictionary(p => p.Key, _ => "read"));
        var error = await Should.ThrowAsync<ForgeRejectedException>(async () => await _tokens.GetTokenAsync(Shop, "push", TokenPermissions.WriteContents, None));
        error.Status.ShouldBe(HttpStatusCode.Forbidden);
        error.Message.ShouldStartWith("The App's installation on acme does not grant contents: write, which push of acme/shop needs: request it in the app's settings, and have it accepted at http");
        await AskAsync(Shop, TokenPermissions.Read);
        using var forge = new GitHubForge(Options, _tokens, _time, _log);
        (await forge.GetRepositoryAsync(Shop, None)).MayWrite.ShouldBe(false);
        _server.GrantApp("agent", "acme", LocalForgeServer.AppPermissions);
        (await forge.GetRepositoryAsync(Shop, None)).MayWrite.ShouldBe(true);
        await AskAsync(Shop, TokenPermissions.WriteContents);
    }

    [Fact]
    public async Task Installations_Several_EachGiveTokensOfTheirOwn()
    {
        _server.InstallApp("agent", "ada", "toys");
        var toys = new RepoRef(ForgeKind.GitHub, "ada", "toys");
        var (acme, ada) = (await AskAsync(Shop, TokenPermissions.Read), await AskAsync(toys, TokenPermissions.Read));
        (await CallAsync(ada, "GET", "/repos/ada/toys")).ShouldBe(HttpStatusCode.OK);
        (await CallAsync(acme, "GET", "/repos/ada/toys")).ShouldBe(HttpStatusCode.NotFound);
        // With one of them suspended, the other still says who we are.
        _server.SuspendApp("agent", "acme", true);
        using var forge = new GitHubForge(Options, _tokens, _time, _log);
        (await forge.GetSelfAsync(RepoRef.Parse("github:ada/toys"), None)).ShouldSatisfyAllConditions(s => s.Login.ShouldBe("agent[bot]"), s => s.Kind.ShouldBe(ActorKind.Bot), s => s.Handle.ShouldBe("agent"), s => s.Id.ShouldBeGreaterThan(0));
    }

    [Fact]
    public async Task Log_OfATokenAskedFor_NamesRepositoryStepAndPermissionsAndNoToken()
    {
        var token = await _tokens.GetTokenAsync(Shop, "push", TokenPermissions.WriteContents, None);
        _log.Written.ShouldBe(["Debug: A token is asked for: acme/shop, for push, allowing contents: write, metadata: read"]);
        token.ToString().ShouldNotContain(token.Secret);
    }

    /// <summary>GitHub compares with its own clock, and hardly any two clocks agree.</summary>
    [Theory]
    [InlineData(-50)]
    [InlineData(50)]
    public async Task Signature_WithAClockThatIsALittleOff_IsAccepted(int seconds)
    {
        var ours = new SkippingTime();
        ours.Advance(TimeSpan.FromSeconds(seconds));
        using var tokens = new AppTokenSource(Options, new AppCredentials($"Iv23li{_app}", Key.ExportRSAPrivateKeyPem()), ours, _log);
        (await tokens.GetTokenAsync(Shop, "read", TokenPermissions.Read, None)).Secret.ShouldStartWith("ghs_");
    }

    [Fact]
    public async Task Signature_WithAWrongClockOrKey_SaysWhatToMend()
    {
        var ours = new SkippingTime();
        ours.Advance(TimeSpan.FromMinutes(10));
        using var late = new AppTokenSource(Options, new AppCredentials($"{_app}", Key.ExportRSAPrivateKeyPem()), ours, _log);
        var error = await Should.ThrowAsync<ForgeRejectedException>(async () => await late.GetTokenAsync(Shop, "read", TokenPermissions.Read, None));
        error.Status.ShouldBe(HttpStatusCode.Unauthorized);
        error.Message.ShouldEndWith("(the forge does not accept the service's credential as it is: Forge:GitHub:App; this machine's clock is probably wrong, set it by NTP)");
        using var other = RSA.Create(2048);
        using var wrong = new AppTokenSource(Options, new AppCredentials($"{_app}", other.ExportRSAPrivateKeyPem()), _time, _log);
        (await Should.ThrowAsync<ForgeRejectedException>(async () => await wrong.GetTokenAsync(Shop, "read", TokenPermissions.Read, None)))
            .Message.ShouldEndWith("A JSON web token could not be decoded (the forge does not accept the service's credential as it is: Forge:GitHub:App)");
    }

    private Task<ForgeToken> AskAsync(RepoRef repo, TokenPermissions wanted) => _tokens.GetTokenAsync(repo, "test", wanted, None).AsTask();

    private async Task<HttpStatusCode> CallAsync(ForgeToken token, string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), _server.ApiUrl + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Secret);
        if (method == "POST")
            request.Content = new StringContent("{}");
        using var answer = await _http.SendAsync(request);
        return answer.StatusCode;
    }

    /// <summary>Passes requests on, remembers them, and can hold them back.</summary>
    private sealed class Wire : DelegatingHandler
    {
        private readonly List<(string Path, string Body)> _sent = [];
        private TaskCompletionSource _open = new();

        public Wire()
            : base(new SocketsHttpHandler { AllowAutoRedirect = false }) => _open.SetResult();

        public void Hold() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Release() => _open.SetResult();

        public IReadOnlyList<JsonNode?> Bodies(string path)
        {
            lock (_sent)
                return [.. _sent.Where(s => s.Path.EndsWith(path, StringComparison.Ordinal)).Select(s => JsonNode.Parse(s.Body))];
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
            lock (_sent)
                _sent.Add((request.RequestUri!.AbsolutePath, body));
            await _open.Task;
            return await base.SendAsync(request, cancellationToken);
        }
    }

    /// <summary>Refuses the first tries, as servers do that have not heard of a token yet.</summary>
    private sealed class Lag(int refusals) : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        private int _left = refusals;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => --_left >= 0
            ? Task.FromResult(new HttpResponseMessage(HttpStatusCode.Unauthorized) { Content = new StringContent("""{"message":"Bad credentials"}""", Encoding.UTF8, "application/json") })
            : base.SendAsync(request, cancellationToken);
    }

    private sealed class Lines : ILogger<AppTokenSource>, ILogger<GitHubForge>
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Written)
                Written.Add($"{logLevel}: {formatter(state, exception)}");
        }
    }
}
