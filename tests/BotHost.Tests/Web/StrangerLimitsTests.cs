using System.Net;
using System.Net.Sockets;
using System.Text;
using CodingAgent.BotHost.Api;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Tests.Dispatch;
using CodingAgent.BotHost.Tests.GitHub;
using CodingAgent.BotHost.Web;
using CodingAgent.Storage;
using CodingAgent.Workflows.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace CodingAgent.BotHost.Tests.Web;

/// <summary>Floods of strangers, at a real socket, through a proxy that says for whom it asks.</summary>
[Collection(nameof(MeasuredAlone))]
public sealed class StrangerLimitsTests : IDisposable
{
    private const string Forge = "192.30.252.1";
    private const string Stranger = "203.0.113.7";

    private readonly string _folder = Directory.CreateTempSubdirectory("limit-tests-").FullName;
    private readonly SqliteDatabase _database;

    public StrangerLimitsTests() => _database = SqliteDatabase.OpenAsync(Path.Combine(_folder, "state.db"), default).GetAwaiter().GetResult();

    public void Dispose()
    {
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task UnsignedDeliveries_OfOneAddress_AreRefusedUnread_AndTheForgeIsNotStarved()
    {
        await using var host = await StartAsync(5);
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 12; i++)
            answers.Add((await host.DeliverAsync(Deliveries.Labeled(1), signature: "sha256=00", forwardedFor: Stranger)).StatusCode);
        answers.Take(5).ShouldAllBe(a => a == HttpStatusCode.Unauthorized);
        answers.ShouldContain(HttpStatusCode.TooManyRequests);
        for (var i = 0; i < 20; i++)
            (await host.DeliverAsync(Deliveries.Labeled(i), deliveryId: $"d{i}", forwardedFor: Forge)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task UnsignedDeliveries_OfOneIpv6Network_CountTogether()
    {
        await using var host = await StartAsync(3);
        HttpStatusCode last = default;
        for (var i = 1; i < 7; i++)
            last = (await host.DeliverAsync(Deliveries.Labeled(1), signature: null, forwardedFor: $"2001:db8:1:2::{i}")).StatusCode;
        last.ShouldBe(HttpStatusCode.TooManyRequests);
        (await host.DeliverAsync(Deliveries.Labeled(1), signature: null, forwardedFor: "2001:db8:1:3::1")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Deliveries_ThroughAProxyThatDoesNotSayForWhom_AreNotLimited()
    {
        await using var host = await StartAsync(2);
        for (var i = 0; i < 6; i++)
            (await host.DeliverAsync(Deliveries.Labeled(1), signature: null)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await host.DeliverAsync(Deliveries.Labeled(1))).StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task ForwardedAddress_OfAStrangerWhoIsNoProxy_IsNotBelieved()
    {
        await using var host = await StartAsync(3, trusted: "10.0.0.0/8");
        HttpStatusCode last = default;
        for (var i = 1; i < 7; i++)
            last = (await host.DeliverAsync(Deliveries.Labeled(1), signature: null, forwardedFor: $"203.0.113.{i}")).StatusCode;
        last.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task WrongApiKeys_AreLimited_AndDeliveriesOfTheSameAddressAreNot()
    {
        await using var host = await StartAsync(3);
        using var http = new HttpClient { BaseAddress = host.Address };
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 6; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api");
            request.Headers.Add("Authorization", $"Bearer guess{i}");
            request.Headers.Add("X-Forwarded-For", Stranger);
            answers.Add((await http.SendAsync(request)).StatusCode);
        }

        answers[0].ShouldBe(HttpStatusCode.Unauthorized);
        answers[^1].ShouldBe(HttpStatusCode.TooManyRequests);
        (await host.DeliverAsync(Deliveries.Labeled(1), forwardedFor: Stranger)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task HealthChecks_OfOneAddress_AreLimitedLater_AndByThemselves()
    {
        await using var host = await StartAsync(3);
        using var http = new HttpClient { BaseAddress = host.Address };
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 31; i++) answers.Add((await http.GetAsync("/health/ready")).StatusCode);
        answers.Take(30).ShouldAllBe(a => a == HttpStatusCode.OK);
        answers[^1].ShouldBe(HttpStatusCode.TooManyRequests);
        (await http.GetAsync("/api")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("/scalar/scalar.js")]
    [InlineData("/openapi/v1.json")]
    public async Task Pages_OfOneAddress_AreLimited_AndByThemselves(string path)
    {
        await using var host = await StartAsync(3);
        using var http = new HttpClient { BaseAddress = host.Address };
        for (var i = 0; i < 3; i++) (await http.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await http.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await http.GetAsync("/health/ready")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await http.GetAsync("/api")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task AnnouncedBodies_ThatDoNotCome_CostNoMemory()
    {
        await using var host = await StartAsync(60);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var sockets = new List<TcpClient>();
        try
        {
            // Two hundred announce twenty megabytes each, and send one byte.
            for (var i = 0; i < 200; i++)
            {
                var socket = new TcpClient();
                sockets.Add(socket);
                await socket.ConnectAsync(host.Address.Host, host.Address.Port);
                await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                    "POST /webhooks/github HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: sha256=00\r\nX-GitHub-Event: issues\r\nX-GitHub-Delivery: d\r\nContent-Type: application/json\r\nContent-Length: 20000000\r\n\r\n{"));
            }

            // Answered behind all of them: they have been read.
            (await host.DeliverAsync(Deliveries.Labeled(1))).StatusCode.ShouldBe(HttpStatusCode.Accepted);
            (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(64L << 20);
        }
        finally
        {
            sockets.ForEach(s => s.Dispose());
        }
    }

    [Theory]
    [InlineData("Web:RefusalsPerMinute", "0", "from 1 to 100000")]
    [InlineData("Web:RefusalsPerMinute", "many", "from 1 to 100000")]
    [InlineData("Web:TrustedProxies", "proxy.internal", "which is no address")]
    public void Settings_ThatCannotWork_AreRefusedInOneLine(string key, string value, string reason) =>
        Should.Throw<ConfigurationException>(() => WebSettings.Read(Configuration(key, value))).Message.ShouldContain(reason);

    [Fact]
    public void Settings_SwitchedOff_AreRead()
    {
        WebSettings.Read(Configuration("Web:RefusalsPerMinute", "none")).RefusalsPerMinute.ShouldBeNull();
        WebSettings.Read(Configuration("Web:TrustedProxies", "10.1.0.5, 10.2.0.0/16")).TrustedProxies.Select(p => p.ToString()).ShouldBe(["10.1.0.5/32", "10.2.0.0/16"]);
    }

    private static IConfigurationRoot Configuration(string key, string value) =>
        new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { [key] = value }).Build();

    private Task<WebhookHost> StartAsync(int refusals, string? trusted = null) => WebhookHost.StartAsync(
        services =>
        {
            services.AddSingleton<IInbox>(new Inbox(_database, new PayloadCipher(new byte[PayloadCipher.KeySize])));
            services.AddSingleton(new ApiKeys(_database, TimeProvider.System)).AddApiAccess("right").AddApiDocument();
        },
        before: app =>
        {
            app.UseStrangerLimits(WebSettings.Default with { RefusalsPerMinute = refusals, TrustedProxies = trusted is null ? WebSettings.Default.TrustedProxies : [IPNetwork.Parse(trusted)] });
            app.UseAuthentication();
            app.UseAuthorization();
            app.MapGet("/health/ready", () => Results.Ok());
            app.MapApiDocument();
            app.MapGet("/api", () => Results.Ok()).Require(ApiRole.Viewer);
        });
}
