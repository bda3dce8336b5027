using System.Net;
using CodingAgent.BotHost.Tests.Api;
using CodingAgent.Storage;

namespace CodingAgent.BotHost.Tests.Pages;

/// <summary>What administrators see of the service itself.</summary>
public sealed class OperationPageTests(Browser browser) : IClassFixture<Browser>, IAsyncLifetime
{
    private ApiHost _host = null!;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Setup_ShowsWhatIsSet_AndNoSecretOfIt()
    {
        await _host.Keys.CreateAsync("old", ApiRole.Viewer, DateTimeOffset.UnixEpoch, default);
        using var client = await PageClient.SignedInAsync(_host);
        var page = await client.GetAsync("/ui/setup");
        foreach (var shown in (string[])["https://git.example.org/gitlab", "/webhooks/gitlab", "acme/*", "of its own: acme/shop", "Forge:GitHub:Token", "set, and not shown", "Models:Default", "gpt-x", "expired", "model-of-"])
            page.Text.ShouldContain(shown);
        // Nor one that stands where none belongs, or in a line for a shell.
        foreach (var secret in (string[])["ghp_forge-token", "webhook-secret", "gitlab-token", "gitlab-secret", "sk-model-key", "hidden-in-a-line", ApiHost.Key])
            page.Markup.ShouldNotContain(secret);
    }

    [Fact]
    public async Task Doctor_ShowsTheLastLook_AndLooksAgain()
    {
        using var client = await PageClient.SignedInAsync(_host);
        var before = await client.GetAsync("/ui/doctor");
        before.Text.ShouldContain("Nobody has looked");
        before.Text.ShouldContain("UI at http://127.0.0.1/");
        (await client.PostAsync("/ui/doctor/look", "/ui/doctor")).Location.ShouldBe("/ui/doctor");
        var after = await client.GetAsync("/ui/doctor");
        after.Markup.ShouldContain("gpt-x was refused: &lt;b&gt;no credit&lt;/b&gt;");
        after.Markup.ShouldNotContain("sk-model-key");
        // What is bad comes first.
        after.Text.IndexOf("gpt-x was refused", StringComparison.Ordinal).ShouldBeLessThan(after.Text.IndexOf("as ada", StringComparison.Ordinal));
        (await client.SendAsync("/ui/doctor/look")).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData(ApiRole.Viewer)]
    [InlineData(ApiRole.Operator)]
    public async Task Pages_OfOperation_AreForAdministratorsAlone(ApiRole role)
    {
        using var client = await PageClient.SignedInAsync(_host, (await _host.Keys.CreateAsync("eve", role, null, default))!);
        (await client.GetAsync("/ui")).Text.ShouldNotContain("/ui/setup");
        foreach (var path in (string[])["/ui/setup", "/ui/doctor"])
        {
            var refused = await client.GetAsync(path);
            (refused.Status, refused.Text.Contains("Not allowed", StringComparison.Ordinal)).ShouldBe((HttpStatusCode.Forbidden, true));
        }

        (await client.PostAsync("/ui/doctor/look", "/ui")).Status.ShouldBe(HttpStatusCode.Forbidden);
        using var admin = await PageClient.SignedInAsync(_host);
        (await admin.GetAsync("/ui")).Text.ShouldContain("/ui/setup");
        (await admin.GetAsync("/ui/doctor")).Text.ShouldContain("Nobody has looked");
    }

    [BrowserFact]
    public async Task Pages_OnDesktopAndPhone_LightAndDark_AreSeenWhole()
    {
        await _host.Keys.CreateAsync("ada", ApiRole.Operator, DateTimeOffset.UtcNow.AddDays(30), default);
        foreach (var (isPhone, isDark) in ((bool, bool)[])[(false, false), (true, true)])
        {
            await using var visitor = await browser.VisitAsync(_host.Address, isPhone, isDark);
            await visitor.SignInAsync(ApiHost.Key);
            await visitor.Page.GotoAsync("/ui/setup");
            await visitor.LookAsync("setup");
            await visitor.Page.GotoAsync("/ui/doctor");
            await visitor.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Look again" }).ClickAsync();
            await visitor.Page.WaitForURLAsync("**/ui/doctor");
            await visitor.LookAsync("doctor");
            visitor.Complaints.ShouldBeEmpty();
        }
    }
}
