using System.Net;
using System.Text;
using CodingAgent.Forges;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace CodingAgent.BotHost.Tests.Pages;

/// <summary>Everything by which nobody is signed in by a forge: each is one line, and leaves no session behind.</summary>
public sealed class SignInRefusalTests : IAsyncLifetime
{
    private SignInWorld _world = null!;

    public static TheoryData<ForgeKind> Forges { get; } = [ForgeKind.GitHub, ForgeKind.GitLab];

    public async Task InitializeAsync() => _world = await SignInWorld.StartAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Theory]
    [MemberData(nameof(Forges))]
    public async Task Person_WhoSaysNo_IsTold(ForgeKind forge)
    {
        using var client = new PageClient(_world.Address);
        var back = await SignInWorld.AuthorizeAsync(client, forge, "ada", "cancel", "?next=%2Fui%2Ftasks%2Fx");
        var page = await RefusedAsync(client, back, HttpStatusCode.Forbidden, $"{forge} was not allowed to say who you are.");
        // Where they were going is not forgotten, and what the forge writes in the address is not shown.
        page.Markup.ShouldContain($"href=\"{SignInWorld.Door(forge)}?next=%2Fui%2Ftasks%2Fx\"");
        page.Text.ShouldNotContain("denied ");
        // As GitHub answers where no state was given to it.
        await RefusedAsync(client, $"{SignInWorld.Door(forge)}/back?error=access_denied&error_description=%3Cscript%3Ealert(1)%3C/script%3E", HttpStatusCode.Forbidden, $"{forge} was not allowed");
    }

    [Theory]
    [InlineData("")]
    [InlineData("?code=abc")]
    [InlineData("?code=abc&state=")]
    [InlineData("?code=abc&state=abc")]
    [InlineData("?state=a&state=b&code=c&code=d")]
    [InlineData("?error=server_error&error_description=Call+0800+FRAUD")]
    [InlineData("?error=redirect_uri_mismatch&state=made-up")]
    public async Task State_ThatIsNoneOfOurs_IsRefused(string query)
    {
        using var client = new PageClient(_world.Address);
        var page = await RefusedAsync(client, $"/ui/sign-in/github/back{query}", HttpStatusCode.BadRequest, "This sign-in did not begin in this browser");
        page.Text.ShouldNotContain("FRAUD");
        // A stranger cannot have the log say that the operator's settings are wrong.
        _world.Log.All.ShouldNotContain(l => l.Contains("OAuth:ClientSecret", StringComparison.Ordinal));
    }

    /// <summary>Somebody has another's browser finish what they began themselves, to have them work under a foreign name.</summary>
    [Theory]
    [MemberData(nameof(Forges))]
    public async Task SignIn_BegunInAnotherBrowser_IsRefused_AndThatOfTheOtherForgeToo(ForgeKind forge)
    {
        using var attacker = new PageClient(_world.Address);
        using var victim = new PageClient(_world.Address);
        var back = await SignInWorld.AuthorizeAsync(attacker, forge, "eve");
        await victim.GetAsync(SignInWorld.Door(forge));
        await RefusedAsync(victim, back, HttpStatusCode.BadRequest, "This sign-in did not begin in this browser");
        var other = forge == ForgeKind.GitHub ? ForgeKind.GitLab : ForgeKind.GitHub;
        await RefusedAsync(attacker, back.Replace(SignInWorld.Door(forge), SignInWorld.Door(other), StringComparison.Ordinal), HttpStatusCode.BadRequest, "This sign-in did not begin in this browser");
        // It is theirs still, once.
        (await attacker.GetAsync(back)).Location.ShouldBe("/ui");
        await RefusedAsync(attacker, back, HttpStatusCode.BadRequest, "was used before", isSignedIn: true);
    }

    [Theory]
    [MemberData(nameof(Forges))]
    public async Task Code_ThatWasUsed_IsRefused(ForgeKind forge)
    {
        using var first = new PageClient(_world.Address);
        using var second = new PageClient(_world.Address);
        var used = await SignInWorld.AuthorizeAsync(first, forge, "ada");
        (await first.GetAsync(used)).Location.ShouldBe("/ui");
        var fresh = await SignInWorld.AuthorizeAsync(second, forge, "eve");
        string CodeOf(string address) => QueryHelpers.ParseQuery(new Uri(address).Query)["code"].ToString();
        await RefusedAsync(second, fresh.Replace(CodeOf(fresh), CodeOf(used), StringComparison.Ordinal), HttpStatusCode.BadRequest, $"{forge} does not take the code");
    }

    /// <summary>Somebody who got hold of a code in flight has no verifier for it.</summary>
    [Theory]
    [MemberData(nameof(Forges))]
    public async Task Code_OfAnotherBrowsersSignIn_IsRefused(ForgeKind forge)
    {
        using var victim = new PageClient(_world.Address);
        using var attacker = new PageClient(_world.Address);
        var stolen = QueryHelpers.ParseQuery(new Uri(await SignInWorld.AuthorizeAsync(victim, forge, "ada")).Query)["code"].ToString();
        var own = await SignInWorld.AuthorizeAsync(attacker, forge, "eve");
        await RefusedAsync(attacker, own.Replace(QueryHelpers.ParseQuery(new Uri(own).Query)["code"].ToString(), stolen, StringComparison.Ordinal), HttpStatusCode.BadRequest, $"{forge} does not take the code");
    }

    [Theory]
    [MemberData(nameof(Forges))]
    public async Task Service_WhoseSecretIsWrong_TellsTheOperatorWhatToCheck(ForgeKind forge)
    {
        await using var world = await SignInWorld.StartAsync(f => f with { Application = f.Application with { ClientSecret = "another" } });
        using var client = new PageClient(world.Address);
        await RefusedAsync(client, await SignInWorld.AuthorizeAsync(client, forge, "ada"), HttpStatusCode.BadGateway, $"{forge} does not accept how this service is set up there.");
        world.Log.All.ShouldContain(l => l.StartsWith("Warning A sign-in was refused", StringComparison.Ordinal) && l.Contains($"Check Forge:{forge}:OAuth:ClientId and ClientSecret", StringComparison.Ordinal) && l.Contains($"{SignInWorld.Door(forge)}/back", StringComparison.Ordinal));
        world.Log.All.ShouldNotContain(l => l.Contains("another", StringComparison.Ordinal));
    }

    /// <summary>The address that people are sent back to is the public one, whatever a proxy does to the request; else the forge would refuse it.</summary>
    [Theory]
    [MemberData(nameof(Forges))]
    public async Task Service_BehindAProxyThatKeepsNoHost_HasPeopleComeBackToItsPublicAddress(ForgeKind forge)
    {
        await using var world = await SignInWorld.StartAsync(publicUrl: new Uri("https://agent.example.com"));
        using var client = new PageClient(world.Address);
        (await client.GetAsync("/ui/sign-in?next=%2Fui%2Fx")).Markup.ShouldContain($"href=\"https://agent.example.com{SignInWorld.Door(forge)}?next=%2Fui%2Fx\"");
        var begun = await client.GetAsync(SignInWorld.Door(forge));
        begun.Cookies.ShouldHaveSingleItem().ShouldContain("secure");
        (await SignInWorld.AgreeAsync(client, begun.Location!, "ada")).ShouldStartWith($"https://agent.example.com{SignInWorld.Door(forge)}/back?code=");
    }

    [Fact]
    public async Task Service_BehindAProxyThatIsBelieved_AsksForTheWayBackOverTls()
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_world.Address, SignInWorld.Door(ForgeKind.GitHub)));
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        request.Headers.Host = "agent.example.com";
        using var answer = await http.SendAsync(request);
        QueryHelpers.ParseQuery(answer.Headers.Location!.Query)["redirect_uri"].ToString().ShouldBe("https://agent.example.com/ui/sign-in/github/back");
        answer.Headers.GetValues("Set-Cookie").Single().ShouldContain("secure");
    }

    [Fact]
    public async Task Forge_ThatIsAway_IsSaid()
    {
        using var client = new PageClient(_world.Address);
        var back = await SignInWorld.AuthorizeAsync(client, ForgeKind.GitHub, "ada");
        await _world.StopForgeAsync();
        await RefusedAsync(client, back, HttpStatusCode.ServiceUnavailable, "GitHub cannot be asked who you are just now.");
    }

    /// <summary>What other services fell over, or let people in by.</summary>
    [Theory]
    [InlineData(200, "text/html", "<html>Bad gateway</html>", HttpStatusCode.BadGateway, "answered with something")]
    [InlineData(200, "application/json", "[]", HttpStatusCode.BadGateway, "answered with something")]
    [InlineData(200, "application/json", "", HttpStatusCode.BadGateway, "answered with something")]
    [InlineData(200, "application/json", "{\"token_type\":\"bearer\"}", HttpStatusCode.BadGateway, "answered with something")]
    [InlineData(200, "application/json", "{\"access_token\":null}", HttpStatusCode.BadGateway, "answered with something")]
    [InlineData(200, "application/json", "{\"access_token\":\"\",\"error\":\"bad_verification_code\"}", HttpStatusCode.BadRequest, "does not take the code")]
    [InlineData(200, "application/json", "{\"error\":\"unverified_user_email\"}", HttpStatusCode.Forbidden, "e-mail address of your account to be verified")]
    [InlineData(200, "application/json", "{\"error\":\"<script>\"}", HttpStatusCode.BadGateway, "does not accept how this service is set up")]
    [InlineData(401, "application/json", "{\"error\":\"invalid_client\"}", HttpStatusCode.BadGateway, "does not accept how this service is set up")]
    [InlineData(502, "text/html", "<html>Bad gateway</html>", HttpStatusCode.BadGateway, "answered with something")]
    [InlineData(503, "application/json", "{}", HttpStatusCode.BadGateway, "answered with something")]
    [InlineData(302, "text/html", "https://evil.example/", HttpStatusCode.BadGateway, "answered with something")]
    public async Task TokenAnswer_ThatIsNone_SignsNobodyIn(int status, string type, string body, HttpStatusCode expected, string words) =>
        await MeetAsync((status, type, body), (200, "application/json", Ada), expected, words);

    [Theory]
    [InlineData(200, "", HttpStatusCode.BadGateway, "answered with something")]
    [InlineData(200, "{}", HttpStatusCode.BadGateway, "answered with something")]
    [InlineData(200, "null", HttpStatusCode.BadGateway, "answered with something")]
    [InlineData(200, "{\"login\":\"ada\"}", HttpStatusCode.BadGateway, "answered with something")]
    [InlineData(200, "{\"id\":0,\"login\":\"ada\"}", HttpStatusCode.BadGateway, "answered with something")]
    [InlineData(200, "{\"id\":\"1001\",\"login\":\"ada\"}", HttpStatusCode.BadGateway, "answered with something")]
    [InlineData(200, "{\"id\":1.5,\"login\":\"ada\"}", HttpStatusCode.BadGateway, "answered with something")]
    [InlineData(200, "{\"id\":1001,\"login\":null}", HttpStatusCode.BadGateway, "answered with something")]
    [InlineData(200, "{\"id\":1001,\"login\":\"\"}", HttpStatusCode.Forbidden, "no person's")]
    [InlineData(200, "{\"id\":1001,\"login\":\"rest-api:ada\"}", HttpStatusCode.Forbidden, "no person's")]
    [InlineData(200, "{\"id\":1001,\"login\":\"ada[bot]\"}", HttpStatusCode.Forbidden, "no person's")]
    [InlineData(200, "{\"id\":1001,\"login\":\"..\"}", HttpStatusCode.Forbidden, "no person's")]
    [InlineData(200, "{\"id\":1001,\"login\":\"a/../../x\"}", HttpStatusCode.Forbidden, "no person's")]
    [InlineData(200, "{\"id\":1001,\"login\":\"ada\\n\"}", HttpStatusCode.Forbidden, "no person's")]
    [InlineData(200, "{\"id\":1001,\"login\":\"<img src=x>\"}", HttpStatusCode.Forbidden, "no person's")]
    [InlineData(200, "{\"id\":1001,\"login\":\"\\u0430da\"}", HttpStatusCode.Forbidden, "no person's")]
    [InlineData(200, "{\"id\":1001,\"login\":\"ada\",\"type\":\"Bot\"}", HttpStatusCode.Forbidden, "no person's")]
    [InlineData(200, "{\"id\":1001,\"login\":\"ada\",\"type\":\"Organization\"}", HttpStatusCode.Forbidden, "no person's")]
    [InlineData(200, "{\"id\":1001,\"login\":\"ada\",\"type\":7}", HttpStatusCode.BadGateway, "answered with something")]
    [InlineData(401, "{\"message\":\"Bad credentials\"}", HttpStatusCode.BadGateway, "answered with something")]
    [InlineData(502, "", HttpStatusCode.ServiceUnavailable, "cannot be asked")]
    [InlineData(301, "https://evil.example/", HttpStatusCode.BadGateway, "answered with something")]
    public async Task UserAnswer_ThatNamesNobody_SignsNobodyIn(int status, string body, HttpStatusCode expected, string words) =>
        await MeetAsync((200, "application/json", Token), (status, "application/json", body), expected, words);

    [Theory]
    [InlineData("{\"id\":1001,\"username\":\"ada\",\"state\":\"blocked\"}", HttpStatusCode.Forbidden, "no person's")]
    [InlineData("{\"id\":1001,\"username\":\"project_7_bot_0a1b\",\"bot\":true}", HttpStatusCode.Forbidden, "no person's")]
    [InlineData("{\"id\":1001,\"login\":\"ada\"}", HttpStatusCode.BadGateway, "answered with something")]
    public async Task UserAnswer_OfGitLab_ThatNamesNobody_SignsNobodyIn(string body, HttpStatusCode expected, string words) =>
        await MeetAsync((200, "application/json", Token), (200, "application/json", body), expected, words, ForgeKind.GitLab);

    [Fact]
    public async Task Answers_ThatAreEndless_AreNotReadToTheEnd()
    {
        var endless = Ada.TrimEnd('}') + ",\"bio\":\"" + new string('x', 1024 * 1024) + "\"}";
        await MeetAsync((200, "application/json", Token), (200, "application/json", endless), HttpStatusCode.ServiceUnavailable, "cannot be asked");
    }

    [Theory]
    [InlineData("?refused=Nonsense&by=GitHub")]
    [InlineData("?refused=7&by=GitHub")]
    [InlineData("?refused=Denied&by=Evil")]
    [InlineData("?refused=Denied&by=%3Cscript%3E")]
    [InlineData("?refused=Denied")]
    public async Task Page_AtAnAddressThatSomebodyMadeUp_SaysNothing(string query)
    {
        using var client = new PageClient(_world.Address);
        var page = await client.GetAsync("/ui/sign-in" + query);
        page.Status.ShouldBe(HttpStatusCode.OK);
        page.Text.ShouldNotContain("role=\"alert\"");
    }

    private const string Ada = "{\"id\":1001,\"login\":\"ada\"}";
    private const string Token = "{\"access_token\":\"a\",\"token_type\":\"bearer\"}";

    /// <summary>A forge that agrees to everything, and answers with this.</summary>
    private static async Task MeetAsync((int, string, string) token, (int, string, string) user, HttpStatusCode expected, string words, ForgeKind kind = ForgeKind.GitHub)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        await using var forge = builder.Build();
        forge.MapPost("/token", http => AnswerAsync(http, token));
        forge.MapGet("/user", http => AnswerAsync(http, user));
        await forge.StartAsync();
        var root = forge.Urls.First();
        await using var world = await SignInWorld.StartAsync(f => f with { Token = $"{root}/token", User = $"{root}/user" });
        using var client = new PageClient(world.Address);
        var back = await SignInWorld.AuthorizeAsync(client, kind, "ada");
        await RefusedAsync(client, back, expected, words);
        world.Log.All.ShouldContain(l => l.StartsWith("Warning A sign-in was refused", StringComparison.Ordinal));
        world.Log.All.ShouldNotContain(l => l.StartsWith("Error", StringComparison.Ordinal));
    }

    private static Task AnswerAsync(HttpContext http, (int Status, string Type, string Body) answer)
    {
        (http.Response.StatusCode, http.Response.ContentType) = (answer.Status, answer.Type);
        if (answer.Status is > 300 and < 400)
            http.Response.Headers.Location = answer.Body;
        return http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(answer.Body)).AsTask();
    }

    private static async Task<PageClient.Page> RefusedAsync(PageClient client, string back, HttpStatusCode status, string words, bool isSignedIn = false)
    {
        var end = await client.GetAsync(back);
        end.Status.ShouldBe(HttpStatusCode.Redirect, end.Text);
        end.Location.ShouldNotBeNull().ShouldStartWith("/ui/sign-in?refused=");
        end.Cookies.ShouldNotContain(c => c.StartsWith("coding-agent-session=", StringComparison.Ordinal));
        var page = await client.GetAsync(end.Location);
        page.Status.ShouldBe(status);
        var line = page.Text.Split("role=\"alert\">")[1].Split("</p>")[0];
        line.ShouldContain(words);
        line.ShouldNotContain('\n');
        page.ContentPolicy.ShouldStartWith("default-src 'none'");
        (await client.GetAsync("/ui")).Status.ShouldBe(isSignedIn ? HttpStatusCode.OK : HttpStatusCode.Redirect);
        return page;
    }
}
