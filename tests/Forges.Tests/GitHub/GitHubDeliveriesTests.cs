using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using CodingAgent.Forges.GitHub;
using CodingAgent.Forges.Tests.Contract;
using CodingAgent.Playground.LocalForge;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodingAgent.Forges.Tests.GitHub;

/// <summary>What GitHub could not deliver is asked for again, on LocalForge, which gives up as GitHub does.</summary>
public sealed class GitHubDeliveriesTests : IAsyncLifetime
{
    private static readonly RepoRef Repo = new(ForgeKind.GitHub, "acme", "shop");
    private readonly ForgeFolder _folder = new();
    private readonly HttpClient _http = new();
    private readonly ConcurrentQueue<(string Id, string Event)> _taken = new();
    private WebApplication _receiver = null!;
    private LocalForgeServer _forge = null!;
    private volatile int _answer = 202;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _receiver = builder.Build();
        _receiver.Map("/webhooks/github", (HttpRequest request) =>
        {
            if (_answer is >= 200 and < 300)
                _taken.Enqueue((request.Headers["X-GitHub-Delivery"]!, request.Headers["X-GitHub-Event"]!));
            return Results.StatusCode(_answer);
        });
        await _receiver.StartAsync();
        _forge = await LocalForgeServer.StartAsync(new LocalForgeOptions { DataDirectory = _folder.Of("forge"), RunsCi = false, GivesUpWebhooks = true }, CancellationToken.None);
        foreach (var login in new[] { "acme", "bot", "admin" })
            _forge.CreateUser(login, "token-" + login);
        await _forge.CreateRepositoryAsync("acme", "shop", await _folder.SeedAsync());
        _forge.SetAccess("acme", "shop", "bot", RepoAccess.Write);
        _forge.SetAccess("acme", "shop", "admin", RepoAccess.Admin);
        _forge.AddWebhook(new Uri($"{_receiver.Urls.First()}/webhooks/github"), "");
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _forge.DisposeAsync();
        await _receiver.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Redeliver_WhatFoundNobody_ArrivesUnderItsOldIdAndOnce(bool asApp)
    {
        using var forge = NewForge(asApp ? null : "admin");
        _answer = 503;
        var missed = await OpenIssueAsync("Missed");
        _answer = 202;
        var taken = await OpenIssueAsync("Taken");
        (await RedeliverAsync(forge)).ShouldBe(1);
        await SettledAsync(missed, 2);
        _taken.Select(t => t.Id).Where(id => id == missed || id == taken).ShouldBe([taken, missed]);
        (await RedeliverAsync(forge)).ShouldBe(0);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(415)]
    public async Task Redeliver_WhatWasRefused_IsNotAskedForAgain(int answer)
    {
        using var forge = NewForge("admin");
        _answer = answer;
        await OpenIssueAsync("Refused");
        _answer = 202;
        (await RedeliverAsync(forge)).ShouldBe(0);
    }

    [Fact]
    public async Task Redeliver_BeforeTheTimeThatIsAsked_IsLeft()
    {
        using var forge = NewForge("admin");
        _answer = 500;
        await OpenIssueAsync("Long ago");
        _answer = 202;
        (await ((IForgeDeliveries)forge).RedeliverAsync(Wishes, DateTimeOffset.UtcNow.AddHours(1), default)).ShouldBe(0);
    }

    [Fact]
    public async Task Redeliver_MoreThanAPageOfOthers_FindsTheOnesBehindThem()
    {
        using var forge = NewForge("admin");
        _answer = 500;
        var missed = await OpenIssueAsync("Missed");
        _answer = 202;
        for (var i = 0; i < 110; i++)
            await OpenIssueAsync($"Taken {i}");
        (await RedeliverAsync(forge)).ShouldBe(1);
        await SettledAsync(missed, 2);
    }

    [Fact]
    public async Task Redeliver_WhereTheRecordIsForAdministrators_AsksForNothing()
    {
        using var forge = NewForge("bot");
        _answer = 500;
        await OpenIssueAsync("Missed");
        _answer = 202;
        (await RedeliverAsync(forge)).ShouldBe(0);
    }

    /// <summary>GitHub writes each attempt down by itself, under the id of the event.</summary>
    [Fact]
    public async Task Redeliver_OfSeveralAttempts_RepeatsTheLastUnlessOneWasTaken()
    {
        static string Attempt(int id, string guid, int status, string name = "issues") =>
            $$"""{"id":{{id}},"guid":"{{guid}}","delivered_at":"2026-12-01T10:{{id:00}}:00Z","status":"x","status_code":{{status}},"event":"{{name}}"}""";
        var scripted = new ScriptedGitHub()
            .Answer(200, """[{"id":3,"active":true,"events":["*"],"config":{"url":"https://bot.example/other"}},{"id":4,"active":true,"events":["*"],"config":{"url":"https://bot.example/webhooks/github"}}]""")
            .Answer(200, $"""[{string.Join(',', Attempt(10, "in-the-way", 429), Attempt(9, "both-failed", 504), Attempt(8, "came-later", 202), Attempt(7, "came-first", 500), Attempt(6, "refused-since", 401), Attempt(5, "refused-since", 502))}]""",
                ("Link", "<https://api.github.com/repos/acme/shop/hooks/4/deliveries?per_page=100&cursor=v1_5>; rel=\"next\""))
            .Answer(200, $$"""[{"id":12,"status_code":500,"event":"issues","delivered_at":"2026-12-01T10:04:30Z"},{"id":11,"guid":"on-its-way","event":"issues","status_code":0,"delivered_at":null},{{Attempt(4, "not-ours", 500, "star")}},{{Attempt(3, "came-first", 202)}},{{Attempt(2, "came-later", 500)}},{{Attempt(1, "both-failed", 0)}}]""")
            .Answer(202, "{}").Answer(202, "");
        using var forge = scripted.Forge();
        (await ((IForgeDeliveries)forge).RedeliverAsync(Wishes, DateTimeOffset.Parse("2026-12-01T09:00:00Z"), default)).ShouldBe(2);
        scripted.Asked.Skip(3).ShouldBe(["POST https://api.github.com/repos/acme/shop/hooks/4/deliveries/9/attempts", "POST https://api.github.com/repos/acme/shop/hooks/4/deliveries/10/attempts"]);
    }

    private static ForgeWishes Wishes => new([Repo], "/webhooks/github");

    private static Task<int> RedeliverAsync(IForgeDeliveries forge) => forge.RedeliverAsync(Wishes, DateTimeOffset.UtcNow.AddDays(-1), default);

    private GitHubForge NewForge(string? login)
    {
        var options = new GitHubOptions { ApiUrl = new Uri(_forge.ApiUrl) };
        if (login is not null)
            return new GitHubForge(options, new PersonalTokenSource("token-" + login), TimeProvider.System, NullLogger<GitHubForge>.Instance);
        using var key = RSA.Create(2048);
        var id = _forge.CreateApp("acme", "agent", key.ExportRSAPublicKeyPem());
        _forge.InstallApp("agent", "acme");
        return new GitHubForge(
            options, new AppTokenSource(options, new AppCredentials($"{id}", key.ExportRSAPrivateKeyPem()), TimeProvider.System, NullLogger<AppTokenSource>.Instance), TimeProvider.System, NullLogger<GitHubForge>.Instance);
    }

    /// <summary>Opens an issue; id of its delivery, which was answered.</summary>
    private async Task<string> OpenIssueAsync(string title)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _forge.ApiUrl + "/repos/acme/shop/issues") { Content = JsonContent.Create(new { title }) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "token-acme");
        using var response = await _http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        var id = _forge.Deliveries.Last(d => d.Event == "issues").Guid;
        await SettledAsync(id, 1);
        return id;
    }

    private async Task SettledAsync(string id, int attempts)
    {
        for (var tries = 0; _forge.Deliveries.Single(d => d.Guid == id).Attempts < attempts; tries++)
        {
            tries.ShouldBeLessThan(1_000);
            await Task.Delay(10);
        }
    }
}
