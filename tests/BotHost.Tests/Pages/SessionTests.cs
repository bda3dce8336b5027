using System.Net;
using CodingAgent.BotHost.Tests.Api;
using CodingAgent.Storage;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Tests.Pages;

public sealed class SessionTests : IAsyncLifetime
{
    private static readonly TaskId Issue12 = TaskId.ForIssue(ApiHost.Repo, 12);
    private static readonly string TaskPath = $"/ui/tasks/{Issue12.ToString().Replace(":", "%3A", StringComparison.Ordinal)}";
    private static readonly string SteerPath = TaskPath.Replace("/tasks/", "/steer/", StringComparison.Ordinal);

    private ApiHost _host = null!;

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync();
        await _host.ProjectAsync(Issue12, TaskState.Editing);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Theory]
    [InlineData("/ui")]
    [InlineData("/ui/tasks/task/github:octo/hello/issue/12")]
    [InlineData("/ui/live/task/github:octo/hello/issue/12")]
    public async Task Page_OfWhoIsNotSignedIn_LeadsToSigningIn(string path)
    {
        using var client = new PageClient(_host.Address);
        var page = await client.GetAsync(path);
        page.Status.ShouldBe(HttpStatusCode.Redirect);
        page.Location.ShouldBe($"/ui/sign-in?next={Uri.EscapeDataString(path)}");
        page.Text.ShouldBeEmpty();
    }

    [Fact]
    public async Task SignIn_WithAKey_LeadsToThePageThatWasAskedFor_AndTheCookieIsOfThePagesAlone()
    {
        using var client = new PageClient(_host.Address);
        var page = await client.SignInAsync(ApiHost.Key, $"?next={Uri.EscapeDataString(TaskPath)}");
        (page.Status, page.Location).ShouldBe((HttpStatusCode.Redirect, TaskPath));
        var cookie = page.Cookies.ShouldHaveSingleItem();
        cookie.ShouldContain("path=/ui");
        cookie.ShouldContain("httponly");
        cookie.ShouldContain("samesite=lax");
        cookie.ShouldNotContain(ApiHost.Key);
        (await client.GetAsync(TaskPath)).Text.ShouldContain("a title");
        // The API takes keys, and no cookie that a foreign page could have a browser send.
        (await client.GetAsync("/tasks")).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/ui")]
    [InlineData("/ui//../../\\evil.example")]
    [InlineData("/uievil.example")]
    [InlineData("/tasks")]
    [InlineData("/ui\r\nSet-Cookie: a=b")]
    public async Task SignIn_ToAPageOfSomebodyElse_LeadsHome(string next)
    {
        using var client = new PageClient(_host.Address);
        (await client.SignInAsync(ApiHost.Key, $"?next={Uri.EscapeDataString(next)}")).Location.ShouldBe("/ui");
    }

    [Theory]
    [InlineData("")]
    [InlineData("wrong")]
    [InlineData("cak_" + "0123456789ab" + "_0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task SignIn_WithNoKeyOfOurs_IsRefused(string key)
    {
        using var client = new PageClient(_host.Address);
        var page = await client.SignInAsync(key);
        page.Status.ShouldBe(HttpStatusCode.Unauthorized);
        page.Text.ShouldContain("That is no key of this service");
        page.Cookies.ShouldNotContain(c => c.Contains("session", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Session_WhoseKeyIsRevoked_Ends()
    {
        var key = (await _host.Keys.CreateAsync("ada", ApiRole.Operator, null, default))!;
        using var client = await PageClient.SignedInAsync(_host, key);
        (await client.GetAsync("/ui")).Text.ShouldContain("rest-api:ada (operator)");
        await _host.Keys.RevokeAsync("ada", default);
        (await client.GetAsync("/ui")).Status.ShouldBe(HttpStatusCode.Redirect);
        (await client.SendAsync(SteerPath, ("signal", "stop"))).Status.ShouldNotBe(HttpStatusCode.SeeOther);
        _host.Gateway.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task SignOut_EndsTheSession()
    {
        using var client = await PageClient.SignedInAsync(_host);
        (await client.PostAsync("/ui/sign-out", "/ui")).Location.ShouldBe("/ui/sign-in");
        (await client.GetAsync("/ui")).Status.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Viewer_SeesNoFormThatSteers_AndIsRefusedWhereOneIsSent()
    {
        var key = (await _host.Keys.CreateAsync("vic", ApiRole.Viewer, null, default))!;
        using var client = await PageClient.SignedInAsync(_host, key);
        var page = await client.GetAsync(TaskPath);
        page.Text.ShouldContain("Your key looks on");
        page.Text.ShouldNotContain("value=\"stop\"");
        var refused = await client.PostAsync(SteerPath, TaskPath, ("signal", "stop"));
        (refused.Status, refused.Text.Contains("<h1>Not allowed</h1>", StringComparison.Ordinal)).ShouldBe((HttpStatusCode.Forbidden, true));
        _host.Gateway.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Form_WithoutItsToken_ChangesNothing()
    {
        using var client = await PageClient.SignedInAsync(_host);
        var refused = await client.SendAsync(SteerPath, ("signal", "stop"));
        (refused.Status, refused.Text.Contains("nothing was done. Load its page again", StringComparison.Ordinal)).ShouldBe((HttpStatusCode.BadRequest, true));
        (await client.SendAsync("/ui/sign-out")).Status.ShouldBe(HttpStatusCode.BadRequest);
        using var other = await PageClient.SignedInAsync(_host);
        _host.Gateway.Calls.ShouldBeEmpty();
        (await client.GetAsync("/ui")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Form_ThatCannotBeTold_SaysSo_AndAPageThatFails_SaysSoWithoutItsReason()
    {
        await _host.CreateAsync(new { repo = "octo/hello", ticketUrl = "https://forge.test/octo/hello/issues/12" });
        using var client = await PageClient.SignedInAsync(_host);
        _host.Gateway.IsAway = true;
        (await client.PostAsync(SteerPath, TaskPath, ("signal", "stop"))).Location.ShouldNotBeNull().ShouldContain("Nothing%20was%20done;%20try%20again%20later");
        _host.Gateway.IsAway = false;
        _host.Gateway.OnSignal = _ => throw new InvalidOperationException("a reason that is nobody's business");
        var failed = await client.PostAsync(SteerPath, TaskPath, ("signal", "stop"));
        failed.Status.ShouldBe(HttpStatusCode.InternalServerError);
        failed.Text.ShouldContain("<h1>Error 500</h1>");
        failed.Text.ShouldNotContain("nobody's business");
        failed.ContentPolicy.ShouldStartWith("default-src 'none'");
    }

    [Fact]
    public async Task Form_LargerThanAnyOfOurs_IsRefused_AndTheLongestRemarkIsTold()
    {
        using var client = new PageClient(_host.Address);
        ((int)(await client.SignInAsync(new string('x', 1_200_000))).Status).ShouldBeInRange(400, 499);
        using var visitor = await PageClient.SignedInAsync(_host);
        await _host.CreateAsync(new { repo = "octo/hello", ticketUrl = "https://forge.test/octo/hello/issues/12" });
        (await visitor.PostAsync(SteerPath, TaskPath, ("signal", "review"), ("text", new string('語', 65_536)))).Location.ShouldNotBeNull().ShouldContain("told=Told");
        (await visitor.PostAsync(SteerPath, TaskPath, ("signal", "review"), ("text", new string('x', 65_537)))).Location.ShouldNotBeNull().ShouldContain("65536");
    }

    [Theory]
    [InlineData("/ui/tasks/task/github:octo/hello/issue/99")]
    [InlineData("/ui/changes/task/github:octo/hello/issue/99")]
    [InlineData("/ui/timeline/none")]
    [InlineData("/ui/live/none")]
    [InlineData("/ui/nothing/here")]

    public async Task Page_OfWhatIsNotThere_SaysSo(string path)
    {
        using var client = await PageClient.SignedInAsync(_host);
        var page = await client.GetAsync(path);
        page.Status.ShouldBe(HttpStatusCode.NotFound);
        page.Text.ShouldContain("<h1>Not found</h1>");
        page.Text.ShouldContain("Sign out");
        // A stranger is asked who they are first, whatever the address.
        using var stranger = new PageClient(_host.Address);
        var asked = await stranger.GetAsync(path);
        (asked.Location ?? asked.Text).ShouldContain(path == "/ui/problem" ? "Not found" : "/ui/sign-in?next=");
    }

    [Fact]
    public async Task Pages_AllowNothingOfOthers_AndNothingInline()
    {
        using var client = await PageClient.SignedInAsync(_host);
        foreach (var path in (string[])["/ui", TaskPath, "/ui/sign-in", "/ui/nothing", "/ui/tasks/none"])
        {
            var page = await client.GetAsync(path);
            page.ContentPolicy.ShouldStartWith("default-src 'none'; style-src 'self'; script-src 'self'");
            page.ContentPolicy.ShouldNotContain("unsafe");
            page.Markup.ShouldNotContain(" style=");
            page.Markup.ShouldNotContain("<style");
            page.Markup.ShouldNotContain("onclick");
        }
    }

    [Fact]
    public async Task Session_AfterARestart_GoesOn()
    {
        using var client = await PageClient.SignedInAsync(_host);
        await _host.RestartAsync();
        client.Service = _host.Address;
        (await client.GetAsync("/ui")).Status.ShouldBe(HttpStatusCode.OK);
    }
}
