using System.Collections.Concurrent;
using System.Net;
using System.Text;
using CodingAgent.BotHost.Tests.Dispatch;
using CodingAgent.Forges.Events;
using CodingAgent.Forges.GitHub.Webhooks;
using CodingAgent.Forges.Webhooks;
using CodingAgent.Storage;
using CodingAgent.Workflows.Ports;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;

namespace CodingAgent.BotHost.Tests.GitHub;

/// <summary>A secret speaks for those it is for, and says nothing about anybody else.</summary>
public sealed class WebhookSecretsTests : IDisposable
{
    private static readonly WebhookSecrets Secrets = new(
        ["of-all", "of-all-before"],
        [
            new("acme", null, ["of-acme"]), new("Acme/Shop", null, ["of-shop", "of-shop-before"]),
            new("corp", 5, ["of-corp-5"]), new("corp", 6, ["of-corp-6"]), new("both", null, ["of-both"]), new("both", 7, ["of-both-7"]),
        ]);

    private readonly string _folder = Directory.CreateTempSubdirectory("webhook-secrets-").FullName;
    private readonly SqliteDatabase _database;
    private readonly Inbox _inbox;

    public WebhookSecretsTests()
    {
        _database = SqliteDatabase.OpenAsync(Path.Combine(_folder, "state.db"), default).GetAwaiter().GetResult();
        _inbox = new Inbox(_database, new PayloadCipher(new byte[PayloadCipher.KeySize]));
    }

    public void Dispose()
    {
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("acme/shop", null, "of-shop", true)]
    [InlineData("ACME/SHOP", null, "of-shop-before", true)]
    [InlineData("acme/shop", null, "of-acme", false)]
    [InlineData("acme/shop", null, "of-all", false)]
    [InlineData("acme/other", null, "of-acme", true)]
    [InlineData("acme/other", null, "of-shop", false)]
    [InlineData("acme/other", null, "of-all", false)]
    [InlineData("acme/shop2", null, "of-shop", false)]
    [InlineData("acme2/shop", null, "of-all", true)]
    [InlineData("acme2/shop", null, "of-all-before", true)]
    [InlineData("acme2/shop", null, "of-acme", false)]
    [InlineData("corp/a", 5L, "of-corp-5", true)]
    [InlineData("corp/a", 6L, "of-corp-5", false)]
    [InlineData("corp/a", 8L, "of-corp-5", false)]
    [InlineData("corp/a", 8L, "of-all", false)]
    [InlineData("corp/a", null, "of-corp-5", false)]
    [InlineData("corp/a", null, "of-all", false)]
    [InlineData("else/a", 5L, "of-corp-5", false)]
    [InlineData("else/a", 5L, "of-all", true)]
    [InlineData("both/a", 7L, "of-both-7", true)]
    [InlineData("both/a", 7L, "of-both", false)]
    [InlineData("both/a", 8L, "of-both", true)]
    [InlineData("both/a", null, "of-both", true)]
    public async Task Post_SignedWithASecret_IsAcceptedOnlyWhereItMaySpeak(string repository, long? installation, string secret, bool accepted)
    {
        var log = WebhookHost.NewLog();
        await using var host = await StartAsync(log);
        var body = About($"\"repository\":{{\"id\":1,\"full_name\":\"{repository}\"}}{(installation is null ? "" : $",\"installation\":{{\"id\":{installation}}}")}");
        var answer = await host.DeliverAsync(body, signature: WebhookHost.SignatureOf(body, secret));
        answer.StatusCode.ShouldBe(accepted ? HttpStatusCode.Accepted : HttpStatusCode.Unauthorized);
        (await _inbox.ListPendingAsync(0, 10, default)).Count.ShouldBe(accepted ? 1 : 0);
        log.ShouldNotContain(line => Secrets.All.Any(line.Contains));
    }

    /// <summary>Bodies in which two readers could find two names, or none.</summary>
    [Theory]
    [InlineData("\"repository\":{\"full_name\":\"else/a\"},\"repository\":{\"full_name\":\"acme/shop\"}")]
    [InlineData("\"repository\":{\"full_name\":\"acme/shop\"},\"repository\":{\"full_name\":\"else/a\"}")]
    [InlineData("\"repository\":{\"full_name\":\"else/a\",\"full_name\":\"acme/shop\"}")]
    [InlineData("\"repository\":{\"full_name\":\"else/a\",\"full_n\\u0061me\":\"acme/shop\"}")]
    [InlineData("\"repository\":{\"full_name\":\"else/a\"},\"r\\u0065pository\":{\"full_name\":\"acme/shop\"}")]
    [InlineData("\"repository\":null,\"repository\":{\"full_name\":\"acme/shop\"}")]
    [InlineData("\"repository\":{\"full_name\":\"acme/shop/../../else/a\"}")]
    [InlineData("\"repository\":{\"full_name\":\"acme/shop \"}")]
    [InlineData("\"installation\":{\"id\":5},\"installation\":{\"id\":6},\"repository\":{\"full_name\":\"else/a\"}")]
    public async Task Post_BodyThatNamesTwo_Is401WhicheverSecretSignedIt(string members)
    {
        await using var host = await StartAsync();
        var body = About(members);
        foreach (var secret in Secrets.All)
            (await host.DeliverAsync(body, signature: WebhookHost.SignatureOf(body, secret))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await _inbox.ListPendingAsync(0, 10, default)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("{\"repository\":{\"full_name\":\"acme/shop\"}")]
    [InlineData("[{\"repository\":{\"full_name\":\"acme/shop\"}}]")]
    [InlineData("not JSON")]
    [InlineData("")]
    public async Task Post_NotAnObject_Is401(string text)
    {
        await using var host = await StartAsync();
        var body = Encoding.UTF8.GetBytes(text);
        (await host.DeliverAsync(body, signature: WebhookHost.SignatureOf(body, "of-shop"))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Post_EventWithoutARepository_IsJudgedByItsOrganizationOrTheSecretOfAll()
    {
        await using var host = await StartAsync();
        async Task<HttpStatusCode> PingAsync(string members, string secret)
        {
            var body = About(members);
            return (await host.DeliverAsync(body, "ping", signature: WebhookHost.SignatureOf(body, secret))).StatusCode;
        }

        (await PingAsync("\"zen\":\"x\"", "of-all")).ShouldBe(HttpStatusCode.Accepted);
        (await PingAsync("\"organization\":{\"login\":\"acme\"}", "of-acme")).ShouldBe(HttpStatusCode.Accepted);
        (await PingAsync("\"organization\":{\"login\":\"acme\"}", "of-all")).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Post_WithoutASecretForAll_OthersAreRefused()
    {
        await using var host = await WebhookHost.StartAsync(
            services => services.AddSingleton<IInbox>(_inbox), new GitHubWebhook(new WebhookSecrets([], [new("acme", null, ["of-acme"])])));
        var body = About("\"repository\":{\"full_name\":\"else/a\"}");
        foreach (var secret in (string[])["", "of-acme"])
            (await host.DeliverAsync(body, signature: WebhookHost.SignatureOf(body, secret))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    /// <summary>Which secret must sign is read before the mapping reads who is spoken of: they must never see two names.</summary>
    [Fact]
    public async Task Post_AnyBody_WhatIsMappedIsSpokenOfByTheSecretThatSignedIt()
    {
        await using var host = await StartAsync();
        var name = Gen.Elements("acme/shop", "acme/x", "ACME/shop", "else/a", "corp/a", "acme\\u002fshop", "acme/shop/..", "");
        var repository =
            from key in Gen.Elements("repository", "repository", "repositor\\u0079", "Repository")
            from inner in Gen.Elements("full_name", "full_name", "full_nam\\u0065", "Full_name")
            from value in name
            from wrapped in Gen.Elements("{{\"{0}\":\"{1}\"}}", "{{\"{0}\":\"{1}\"}}", "{{\"{0}\":\"{1}\"}}", "[{{\"{0}\":\"{1}\"}}]", "\"{1}\"", "null", "{{\"owner\":{{\"{0}\":\"{1}\"}}}}")
            select $"\"{key}\":{string.Format(System.Globalization.CultureInfo.InvariantCulture, wrapped, inner, value)}";
        var installation = Gen.Choose(5, 8).Select(i => $"\"installation\":{{\"id\":{i}}}");
        var body =
            from members in Gen.Frequency((3, repository), (1, installation)).ListOf()
            from secret in Gen.Elements(Secrets.All.AsEnumerable())
            select (Members: members.Take(4).ToArray(), secret);
        var read = 0;
        foreach (var (members, secret) in body.Sample(4000, 2))
        {
            var bytes = Encoding.UTF8.GetBytes(
                $"{{\"action\":\"labeled\",\"issue\":{{\"number\":{Deliveries.NextId()}}},\"label\":{{\"name\":\"x\"}},\"sender\":{{\"login\":\"m\",\"id\":1}}{string.Concat(members.Select(m => "," + m))}}}");
            var isTaken = (await host.DeliverAsync(bytes, deliveryId: $"d{Deliveries.NextId()}", signature: WebhookHost.SignatureOf(bytes, secret))).StatusCode == HttpStatusCode.Accepted;
            if (!isTaken || GitHubWebhookMapper.Map("d", "issues", bytes) is not MappedDelivery.Event { Value.Repo: var repo })
                continue;
            read++;
            var speakers = repo.FullName.ToLowerInvariant() switch
            {
                "acme/shop" => ["of-shop", "of-shop-before"],
                "acme/x" => ["of-acme"],
                "corp/a" => ["of-corp-5", "of-corp-6"],
                _ => (string[])["of-all", "of-all-before"],
            };
            speakers.ShouldContain(secret, $"for {repo} in {Encoding.UTF8.GetString(bytes)}");
        }

        read.ShouldBeGreaterThan(30);
    }

    [Fact]
    public void Secrets_AsText_AreHidden() => $"{Secrets} {Secrets.Entries[0]}".ShouldNotContain("of-");

    private Task<WebhookHost> StartAsync(ConcurrentQueue<string>? log = null) =>
        WebhookHost.StartAsync(services => services.AddSingleton<IInbox>(_inbox), new GitHubWebhook(Secrets), log);

    private static byte[] About(string members) => Encoding.UTF8.GetBytes($"{{\"action\":\"labeled\",{members},\"n\":{Deliveries.NextId()}}}");
}
