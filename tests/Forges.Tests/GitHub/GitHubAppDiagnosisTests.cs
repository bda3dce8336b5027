using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using CodingAgent.Forges.GitHub;
using CodingAgent.Playground.LocalForge;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodingAgent.Forges.Tests.GitHub;

/// <summary>What <c>doctor</c> finds of an App, on a forge that is in each state.</summary>
public sealed class GitHubAppDiagnosisTests : IAsyncLifetime
{
    private static readonly RSA Key = RSA.Create(2048);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("app-doctor-");
    private LocalForgeServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await LocalForgeServer.StartAsync(new LocalForgeOptions { DataDirectory = _folder.FullName, RunsCi = false }, CancellationToken.None);
        foreach (var login in new[] { "acme", "ada" })
            _server.CreateUser(login, "token-" + login);
        await _server.CreateRepositoryAsync("acme", "shop", null);
        await _server.CreateRepositoryAsync("acme", "other", null);
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task App_AsItShouldBe_IsToldInGoodLines()
    {
        var id = Create();
        _server.InstallApp("agent", "acme");
        await TakeOneDeliveryAsync();
        var found = await DiagnoseAsync(id, "acme/shop");
        found.ShouldAllBe(f => f.Level == ForgeFindingLevel.Good);
        found.Select(f => f.Text.Split(" http")[0].Split(" (http")[0]).ShouldBe(["acts as agent[bot] on 127.0.0.1, as a GitHub App", "installed on acme", "the App sends to"]);
    }

    [Fact]
    public async Task App_InstalledNowhere_IsAProblemWithItsPage() =>
        (await DiagnoseAsync(Create())).ShouldContain(f => f.Level == ForgeFindingLevel.Problem && f.Text == $"The App is installed nowhere: install it at {_server.BaseUrl}/apps/agent/installations/new.");

    [Fact]
    public async Task App_WithoutAPermissionAndAnEvent_NamesThemForAppAndInstallation()
    {
        var less = LocalForgeServer.AppPermissions.Where(p => p.Key != "checks").ToDictionary(p => p.Key, p => p.Key == "contents" ? "read" : p.Value);
        less["administration"] = "write";
        var id = Create(less, [.. LocalForgeServer.AppEvents.Where(e => e != "issues")]);
        _server.InstallApp("agent", "acme");
        var texts = (await DiagnoseAsync(id)).Where(f => f.Level != ForgeFindingLevel.Good).Select(f => f.Text).ToList();
        texts.ShouldContain(t => t.StartsWith("The App does not ask for contents: write, checks: write, the event issues: add it in the App's settings", StringComparison.Ordinal));
        texts.ShouldContain(t => t.StartsWith("The App's installation on acme does not grant contents: write, checks: write, the event issues: its owner can accept it at http", StringComparison.Ordinal));
        texts.ShouldContain(t => t.StartsWith("The App asks for more than is used (administration)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Installations_SuspendedOrWithoutTheRepository_AreNamed()
    {
        var id = Create();
        _server.InstallApp("agent", "acme", "other");
        _server.InstallApp("agent", "ada");
        _server.SuspendApp("agent", "ada", true);
        var found = await DiagnoseAsync(id, "acme/shop", "eve/toys");
        found.ShouldContain(f => f.Level == ForgeFindingLevel.Warning && f.Text.StartsWith("The App's installation on ada is suspended, and nothing happens there", StringComparison.Ordinal));
        found.ShouldContain(f => f.Level == ForgeFindingLevel.Problem && f.Text.StartsWith("acme/shop is not among the repositories", StringComparison.Ordinal) && f.Setting == "Forge:GitHub:Repositories");
        found.ShouldContain(f => f.Level == ForgeFindingLevel.Problem && f.Text.StartsWith("The App is not installed on eve", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Webhook_MissingOrElsewhereOrWithoutASecret_IsNamed()
    {
        var id = Create();
        _server.InstallApp("agent", "acme");
        (await DiagnoseAsync(id)).ShouldContain(f => f.Subject == "webhook" && f.Text.StartsWith("The App's webhook has no address", StringComparison.Ordinal));
        _server.AddWebhook(new Uri("http://127.0.0.1:9/hook"), "");
        var texts = (await DiagnoseAsync(id)).Where(f => f.Subject == "webhook").Select(f => f.Text).ToList();
        texts.ShouldContain(t => t.Contains("does not end in /webhooks/github", StringComparison.Ordinal));
        texts.ShouldContain(t => t.Contains("has no secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task App_WhoseIdOrKeyIsAnothers_IsAProblemThatNamesTheKeysFingerprint()
    {
        var id = Create();
        foreach (var wrong in new[] { id + 1, id })
        {
            using var other = RSA.Create(2048);
            var found = (await DiagnoseAsync(wrong, wrong == id ? other : Key)).ShouldHaveSingleItem();
            (found.Level, found.Setting).ShouldBe((ForgeFindingLevel.Problem, "Forge:GitHub:App"));
            found.Text.ShouldContain(new AppCredentials("1", (wrong == id ? other : Key).ExportRSAPrivateKeyPem()).Fingerprint);
        }
    }

    private async Task TakeOneDeliveryAsync()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
        probe.Stop();
        using var listener = new HttpListener { Prefixes = { address } };
        listener.Start();
        _server.AddWebhook(new Uri(address + "webhooks/github"), "secret");
        var delivery = await listener.GetContextAsync();
        delivery.Response.StatusCode = 202;
        delivery.Response.Close();
        while (_server.Deliveries.All(d => d.StatusCode != 202))
            await Task.Delay(10);
    }

    private long Create(IReadOnlyDictionary<string, string>? permissions = null, IReadOnlyList<string>? events = null) =>
        _server.CreateApp("acme", "agent", Key.ExportRSAPublicKeyPem(), permissions, events);

    private Task<IReadOnlyList<ForgeFinding>> DiagnoseAsync(long id, params string[] repositories) => DiagnoseAsync(id, Key, repositories);

    private async Task<IReadOnlyList<ForgeFinding>> DiagnoseAsync(long id, RSA key, params string[] repositories)
    {
        var options = new GitHubOptions { ApiUrl = new Uri(_server.ApiUrl) };
        using var tokens = new AppTokenSource(options, new AppCredentials($"{id}", key.ExportRSAPrivateKeyPem()), TimeProvider.System, NullLogger<AppTokenSource>.Instance);
        using var forge = new GitHubForge(options, tokens, TimeProvider.System, NullLogger<GitHubForge>.Instance);
        return await forge.DiagnoseAsync(new ForgeWishes([.. repositories.Select(r => RepoRef.Parse("github:" + r))], "/webhooks/github"), CancellationToken.None);
    }
}
