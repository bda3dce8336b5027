using System.Net;
using System.Text.RegularExpressions;

namespace CodingAgent.BotHost.Tests.Api;

/// <summary>The published OpenAPI document is what is served. That answers are as it says is held by <see cref="ApiHost"/>, for every answer to every test.</summary>
public sealed class ApiDocumentTests : IAsyncLifetime
{
    private ApiHost _api = null!;

    public async Task InitializeAsync() => _api = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _api.DisposeAsync();

    [Fact]
    public async Task Document_IsPublishedAsServed()
    {
        using var answer = await _api.GetRawAsync("/openapi/v1.json");
        var served = (await answer.Content.ReadAsStringAsync()).ReplaceLineEndings("\n") + "\n";
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
            await File.WriteAllTextAsync(ApiContract.Path, served);
        (await File.ReadAllTextAsync(ApiContract.Path)).ShouldBe(served, "UPDATE_SNAPSHOTS=1 writes docs/contracts/openapi.json anew");
    }

    [Fact]
    public void EveryCall_StandsInTheDocument()
    {
        var pages = (string[])[" /openapi/", " /scalar", " /ui", " /_framework/"];
        ApiContract.Calls.ShouldBe(_api.Calls.Where(c => c != "GET /" && !pages.Any(o => c.Contains(o, StringComparison.Ordinal))), ignoreOrder: true);
    }

    [Theory]
    [InlineData("TaskAccepted", """{"id":"a","workflowId":"a"}""", true)]
    [InlineData("TaskAccepted", """{"id":1,"workflowId":"a"}""", false)]
    [InlineData("TaskAccepted", """{"id":"a"}""", false)]
    [InlineData("TaskCi", """{"verdict":"Green","remarks":[]}""", true)]
    [InlineData("TaskCi", """{"verdict":"green","remarks":[]}""", false)]
    [InlineData("TaskCi", """{"verdict":2,"remarks":[]}""", false)]
    [InlineData("SignalRequest", """{"why":"no"}""", true)]
    [InlineData("SignalRequest", """{"wy":"no"}""", false)]
    [InlineData("CreateTaskRequest", """{"repo":"octo/hello","goal":"g","idempotencyKey":"a b"}""", false)]
    [InlineData("CreateTaskRequest", """{"goal":"g"}""", false)]
    public void Schema_TakesWhatTheApiDoes(string schema, string json, bool isTaken)
    {
        void Hold() => ApiContract.Hold(schema, ApiContract.Schema(schema), json);
        if (isTaken)
            Hold();
        else
            Should.Throw<ShouldAssertException>(Hold);
    }

    /// <summary>No script, font or proxy of others: the page names none, and its policy would let none through.</summary>
    [Fact]
    public async Task Pages_NeedNoKey_AndAskThisServiceAlone()
    {
        using var page = await _api.GetRawAsync("/scalar");
        var html = await page.Content.ReadAsStringAsync();

        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        html.ShouldNotContain("http://");
        html.ShouldNotContain("https://");
        html.ShouldContain("\"withDefaultFonts\":false");
        html.ShouldContain("\"telemetry\":false");
        html.ShouldNotContain("proxyUrl");
        var policy = page.Headers.GetValues("Content-Security-Policy").Single().Split("; ").Select(p => p.Split(' ', 2)).ToDictionary(p => p[0], p => p[1]);
        (policy["default-src"], policy["connect-src"], policy["font-src"], policy["frame-ancestors"]).ShouldBe(("'none'", "'self'", "'self' data:", "'none'"));
        policy["script-src"].ShouldNotContain("unsafe");
        var nonce = Regex.Match(policy["script-src"], "'nonce-(?<value>[^']+)'").Groups["value"].Value;
        html.ShouldContain($"nonce=\"{nonce}\"");
        using var again = await _api.GetRawAsync("/scalar");
        again.Headers.GetValues("Content-Security-Policy").Single().ShouldNotContain(nonce);

        var scripts = Regex.Matches(html, "(?:src|href)=\"(?<path>[^\"]+)\"").Select(m => m.Groups["path"].Value).ToArray();
        scripts.ShouldNotBeEmpty();
        foreach (var path in scripts)
        {
            using var script = await _api.GetRawAsync(new Uri(new Uri(_api.Address, "/scalar/"), path).PathAndQuery);
            script.StatusCode.ShouldBe(HttpStatusCode.OK, path);
        }
    }
}
