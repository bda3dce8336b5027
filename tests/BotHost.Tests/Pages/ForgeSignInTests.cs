using System.Net;
using System.Net.Http.Json;
using System.Security.Claims;
using CodingAgent.BotHost.Pages.Parts;
using CodingAgent.BotHost.Tests.Api;
using CodingAgent.Forges;
using CodingAgent.Playground.LocalForge;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Tasks;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace CodingAgent.BotHost.Tests.Pages;

/// <summary>Signing in with an account of a forge, and what it lets people see and do.</summary>
public sealed class ForgeSignInTests(Browser browser) : IClassFixture<Browser>, IAsyncLifetime
{
    private SignInWorld _world = null!;

    public static TheoryData<ForgeKind> Forges { get; } = [ForgeKind.GitHub, ForgeKind.GitLab];

    public async Task InitializeAsync() => _world = await SignInWorld.StartAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [BrowserTheory]
    [MemberData(nameof(Forges))]
    public async Task Writer_InABrowser_SignsInSeesAndApproves_AsThemselves(ForgeKind forge)
    {
        var id = await _world.ProjectAsync(forge);
        await using var visitor = await browser.VisitAsync(_world.Address);
        await visitor.Page.GotoAsync(SignInWorld.PathOf("tasks", id));
        await visitor.LookAsync($"sign-in-{forge}");
        await visitor.Page.GetByRole(AriaRole.Link, new() { Name = $"Sign in with {forge}" }).ClickAsync();
        await visitor.Page.GetByLabel("as").SelectOptionAsync("ada");
        await visitor.LookAsync($"authorize-{forge}");
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Authorize" }).ClickAsync();

        // On to the page that was asked for.
        await Assertions.Expect(visitor.Page.Locator("h1")).ToHaveTextAsync($"Title of {id}");
        await Assertions.Expect(visitor.Page.Locator("header.top")).ToContainTextAsync($"ada ({forge})");
        await visitor.LookAsync($"task-{forge}");
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Approve plan" }).ClickAsync();
        await Assertions.Expect(visitor.Page.Locator(".notice[role=status]")).ToHaveTextAsync("Told: the plan is approved.");
        var approval = _world.Gateway.MessagesOf(id)[^1].ShouldBeOfType<CodingTaskSignal.CommandGiven>();
        (approval.Actor, approval.Command).ShouldBe(("ada", new AgentCommand.Approve("0123456789ab")));
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Assertions.Expect(visitor.Page.Locator("h1")).ToHaveTextAsync("Sign in");
        visitor.Complaints.ShouldAllBe(c => c.StartsWith($"asks {_world.Forge.BaseUrl}", StringComparison.Ordinal));
    }

    [BrowserFact]
    public async Task Stranger_OnAPhone_SeesNoTask_AndReadsWhyNobodyWasSignedIn()
    {
        await _world.ProjectAsync(ForgeKind.GitHub);
        await using var visitor = await browser.VisitAsync(_world.Address, isPhone: true, isDark: true);
        await visitor.Page.GotoAsync("/ui");
        await visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Sign in with GitHub" }).ClickAsync();
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("GitHub was not allowed to say who you are. Sign in again and authorize it, or use a key.");
        await visitor.LookAsync("sign-in-refused");
        await visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Sign in with GitHub" }).ClickAsync();
        await visitor.Page.GetByLabel("as").SelectOptionAsync("eve");
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Authorize" }).ClickAsync();
        await Assertions.Expect(visitor.Page.GetByText("There is no task in a repository that you may push to.")).ToBeVisibleAsync();
        await visitor.LookAsync("tasks-of-a-stranger");
    }

    /// <summary>What is public on the forge is not public here: logs hold what tools gave.</summary>
    [Theory]
    [InlineData(ForgeKind.GitHub, "rita")]
    [InlineData(ForgeKind.GitHub, "eve")]
    [InlineData(ForgeKind.GitHub, "bot")]
    [InlineData(ForgeKind.GitLab, "rita")]
    [InlineData(ForgeKind.GitLab, "eve")]
    [InlineData(ForgeKind.GitLab, "bot")]
    public async Task WhoMayNotCommand_SeesNothing_AndIsAnsweredAsIfThereWereNone(ForgeKind forge, string login)
    {
        var id = await _world.ProjectAsync(forge);
        var none = id with { Key = "99" };
        using var client = await _world.SignedInAsync(forge, login);
        (await client.GetAsync("/ui")).Text.ShouldNotContain("Title of");
        foreach (var page in (string[])["tasks", "changes", "timeline", "live"])
        {
            var hidden = await client.GetAsync(SignInWorld.PathOf(page, id));
            var absent = await client.GetAsync(SignInWorld.PathOf(page, none));
            hidden.Status.ShouldBe(HttpStatusCode.NotFound);
            (hidden.Status, Same(hidden.Text, id)).ShouldBe((absent.Status, Same(absent.Text, none)), page);
        }

        var told = await client.PostAsync(SignInWorld.PathOf("steer", id), "/ui", ("signal", "stop"));
        var toldNone = await client.PostAsync(SignInWorld.PathOf("steer", none), "/ui", ("signal", "stop"));
        told.Status.ShouldBe(HttpStatusCode.SeeOther);
        (told.Status, Same(told.Location!, id)).ShouldBe((toldNone.Status, Same(toldNone.Location!, none)));
        _world.Gateway.MessagesOf(id).Count.ShouldBe(1, "the start alone");

        // The token of a form differs each time.
        static string Same(string text, TaskId id) => string.Join('\n', text.Replace(Uri.EscapeDataString(id.ToString()), "ID", StringComparison.Ordinal).Replace(id.ToString(), "ID", StringComparison.Ordinal)
            .Replace(SignInWorld.PathOf("", id), "ID", StringComparison.Ordinal).Replace($"/issue/{id.Key}", "/issue/N", StringComparison.Ordinal)
            .Split('\n').Where(l => !l.Contains("__RequestVerificationToken", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Forges))]
    public async Task List_ShowsTasksOfTheirRepositoriesAlone_AndPagesThem(ForgeKind forge)
    {
        for (var issue = 1; issue <= 55; issue++)
        {
            await _world.ProjectAsync(forge, issue: issue);
            await _world.ProjectAsync(forge, repo: "acme/secret", issue: issue);
            _world.Time.Advance(TimeSpan.FromSeconds(1));
        }

        var elsewhere = await _world.ProjectAsync(forge, issue: 77);
        await _world.Tasks.UpsertAsync((await _world.Tasks.FindAsync(elsewhere, default))! with { Version = 2, Elsewhere = RepoRef.Parse($"{forge}:acme/secret") }, default);
        using var client = await _world.SignedInAsync(forge, "ada");
        var first = await client.GetAsync("/ui");
        Count(first).ShouldBe(50);
        first.Text.ShouldNotContain("acme/secret/issue");
        first.Text.ShouldNotContain("/issue/77", Case.Sensitive, "it works in a repository that is not theirs");
        var older = first.Markup.Split("class=\"pager\"")[1].Split('"')[1];
        Count(await client.GetAsync(WebUtility.HtmlDecode(older))).ShouldBe(5);
        Count(await client.GetAsync($"/ui?repo={forge}:acme/secret")).ShouldBe(0);
        Count(await client.GetAsync($"/ui?repo={forge}:acme/shop&requestedBy=ada")).ShouldBe(50);
        (await client.GetAsync(SignInWorld.PathOf("tasks", elsewhere))).Status.ShouldBe(HttpStatusCode.NotFound);

        static int Count(PageClient.Page page) => page.Text.Split("class=\"subject\"").Length - 1;
    }

    [Fact]
    public async Task PersonOfOneForge_SeesNothingOfTheOther()
    {
        var (gitHub, gitLab) = (await _world.ProjectAsync(ForgeKind.GitHub), await _world.ProjectAsync(ForgeKind.GitLab));
        using var client = await _world.SignedInAsync(ForgeKind.GitLab, "ada");
        (await client.GetAsync(SignInWorld.PathOf("tasks", gitLab))).Status.ShouldBe(HttpStatusCode.OK);
        (await client.GetAsync(SignInWorld.PathOf("tasks", gitHub))).Status.ShouldBe(HttpStatusCode.NotFound);
        (await client.GetAsync("/ui")).Text.ShouldNotContain($"Title of {gitHub}");
        await client.PostAsync(SignInWorld.PathOf("steer", gitHub), "/ui", ("signal", "stop"));
        _world.Gateway.MessagesOf(gitHub).Count.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Forges))]
    public async Task Permission_TakenAway_EndsSteeringAtOnceAndSightInFiveMinutes(ForgeKind forge)
    {
        var id = await _world.ProjectAsync(forge);
        using var client = await _world.SignedInAsync(forge, "ada");
        (await client.GetAsync(SignInWorld.PathOf("tasks", id))).Status.ShouldBe(HttpStatusCode.OK);
        _world.Forge.SetAccess("acme", "shop", "ada", RepoAccess.None);
        (await client.PostAsync(SignInWorld.PathOf("steer", id), "/ui", ("signal", "stop"))).Location.ShouldNotBeNull().ShouldContain("There%20is%20no%20such%20task");
        (await client.GetAsync(SignInWorld.PathOf("tasks", id))).Status.ShouldBe(HttpStatusCode.NotFound);
        _world.Gateway.MessagesOf(id).Count.ShouldBe(1);

        _world.Forge.SetAccess("acme", "shop", "ada", RepoAccess.Write);
        _world.Time.Advance(TimeSpan.FromMinutes(5));
        (await client.GetAsync("/ui")).Text.ShouldContain("Title of");
        _world.Forge.SetAccess("acme", "shop", "ada", RepoAccess.None);
        _world.Time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        (await client.GetAsync("/ui")).Text.ShouldContain("Title of");
        _world.Time.Advance(TimeSpan.FromSeconds(1));
        (await client.GetAsync("/ui")).Text.ShouldNotContain("Title of");
        (await client.GetAsync(SignInWorld.PathOf("live", id))).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task LiveLog_ThatIsOpen_EndsWhenItMustBeAskedAgain()
    {
        var id = await _world.ProjectAsync(ForgeKind.GitHub);
        using var client = await _world.SignedInAsync(ForgeKind.GitHub, "ada");
        var reading = client.GetAsync(SignInWorld.PathOf("live", id));
        while (!reading.IsCompleted)
        {
            _world.Time.Advance(TimeSpan.FromMinutes(1));
            await Task.WhenAny(reading, Task.Delay(20));
        }

        (await reading).Markup.ShouldContain("event: head");
        (_world.Time.GetUtcNow() - _world.Time.Start).ShouldBeLessThan(TimeSpan.FromMinutes(15), "who holds a key reads on for so long");
    }

    /// <summary>As others lost accounts: a login that its owner gave up can be taken by anybody.</summary>
    [Theory]
    [MemberData(nameof(Forges))]
    public async Task Login_ThatSomebodyElseHasNow_LendsNobodyTheirSight(ForgeKind forge)
    {
        var id = await _world.ProjectAsync(forge);
        using var before = await _world.SignedInAsync(forge, "ada");
        _world.Forge.RenameUser("ada", "lovelace");
        _world.Forge.CreateUser("ada", "token-impostor");
        using var impostor = await _world.SignedInAsync(forge, "ada");
        (await impostor.GetAsync(SignInWorld.PathOf("tasks", id))).Status.ShouldBe(HttpStatusCode.NotFound);
        // Whoever has the login now may write, and the session of who had it before is not theirs.
        _world.Forge.SetAccess("acme", "shop", "ada", RepoAccess.Write);
        _world.Time.Advance(TimeSpan.FromMinutes(5));
        (await before.GetAsync(SignInWorld.PathOf("tasks", id))).Status.ShouldBe(HttpStatusCode.NotFound);
        await before.PostAsync(SignInWorld.PathOf("steer", id), "/ui", ("signal", "stop"));
        _world.Gateway.MessagesOf(id).Count.ShouldBe(1);
        using var renamed = await _world.SignedInAsync(forge, "lovelace");
        await renamed.PostAsync(SignInWorld.PathOf("steer", id), SignInWorld.PathOf("tasks", id), ("signal", "finish"));
        _world.Gateway.MessagesOf(id)[^1].Actor.ShouldBe("lovelace");
    }

    [Theory]
    [MemberData(nameof(Forges))]
    public async Task Repository_ThatWasRenamed_IsTheirsStill(ForgeKind forge)
    {
        var id = await _world.ProjectAsync(forge);
        using var client = await _world.SignedInAsync(forge, "ada");
        using var http = new HttpClient();
        using var rename = new HttpRequestMessage(HttpMethod.Patch, $"{_world.Forge.ApiUrl}/repos/acme/shop") { Content = JsonContent.Create(new { name = "store" }) };
        rename.Headers.Authorization = new("Bearer", "token-acme");
        (await http.SendAsync(rename)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await client.GetAsync(SignInWorld.PathOf("tasks", id))).Status.ShouldBe(HttpStatusCode.OK);
        (await client.GetAsync("/ui")).Text.ShouldContain("Title of");
    }

    [Fact]
    public async Task Forge_ThatIsAway_ShowsNothing_AndSaysThatItMayNotBeAll()
    {
        var id = await _world.ProjectAsync(ForgeKind.GitHub);
        using var client = await _world.SignedInAsync(ForgeKind.GitHub, "ada");
        await _world.StopForgeAsync();
        (await client.GetAsync(SignInWorld.PathOf("tasks", id))).Status.ShouldBe(HttpStatusCode.NotFound);
        var list = await client.GetAsync("/ui");
        list.Text.ShouldContain("could not be asked about all repositories");
        list.Text.ShouldNotContain("Title of");
        _world.Log.All.ShouldContain(l => l.Contains("What ada may see in github:acme/shop could not be asked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Session_OfAPerson_LastsTwelveHoursHoweverOftenItIsUsed_AndIsNoKeys()
    {
        using var client = await _world.SignedInAsync(ForgeKind.GitHub, "ada");
        for (var hours = 0; hours < 11; hours++)
        {
            _world.Time.Advance(TimeSpan.FromHours(1));
            var page = await client.GetAsync("/ui");
            page.Status.ShouldBe(HttpStatusCode.OK);
            page.Cookies.ShouldNotContain(c => c.StartsWith("coding-agent-session=", StringComparison.Ordinal), "nothing renews it");
        }

        _world.Time.Advance(TimeSpan.FromHours(1));
        (await client.GetAsync("/ui")).Status.ShouldBe(HttpStatusCode.Redirect);
    }

    /// <summary>A page that says no more than that somebody is signed in is for keys.</summary>
    [Fact]
    public async Task Person_WhereAKeyIsAskedFor_IsNotLetIn()
    {
        var judge = _world.Services.GetRequiredService<IAuthorizationService>();
        ClaimsPrincipal Who(params (string Type, string Value)[] claims) => new(new ClaimsIdentity([new(ClaimTypes.Name, "ada"), .. claims.Select(c => new Claim(c.Type, c.Value))], "Session"));
        var person = Who(("forge", "GitHub"), ("account", "1001"), ("since", "1"));
        async Task<string> LetInAsync(ClaimsPrincipal who)
        {
            var opened = new List<string>();
            foreach (var policy in (string[])[Site.ViewerPolicy, Site.OperatorPolicy, Site.TasksPolicy, Site.SteerPolicy])
            {
                if ((await judge.AuthorizeAsync(who, policy)).Succeeded)
                    opened.Add(policy);
            }

            return string.Join(' ', opened);
        }

        (await LetInAsync(person)).ShouldBe("pages-tasks pages-steer");
        (await LetInAsync(Who((ClaimTypes.Role, "Viewer")))).ShouldBe("pages pages-tasks");
        (await LetInAsync(Who((ClaimTypes.Role, "Admin")))).ShouldBe("pages pages-operate pages-tasks pages-steer");
        (await LetInAsync(Who(("forge", "GitHub")))).ShouldBe("");
        (await LetInAsync(Who())).ShouldBe("");
    }

    [Fact]
    public async Task KeyHolder_BesideForges_SeesAndSteersAll()
    {
        var (id, other) = (await _world.ProjectAsync(ForgeKind.GitHub), await _world.ProjectAsync(ForgeKind.GitLab, repo: "acme/secret"));
        using var client = new PageClient(_world.Address);
        (await client.SignInAsync(ApiHost.Key)).Status.ShouldBe(HttpStatusCode.Redirect);
        var list = await client.GetAsync("/ui");
        list.Text.ShouldContain($"Title of {id}");
        list.Text.ShouldContain($"Title of {other}");
        await client.PostAsync(SignInWorld.PathOf("steer", other), SignInWorld.PathOf("tasks", other), ("signal", "stop"));
        _world.Gateway.MessagesOf(other)[^1].Actor.ShouldBe("rest-api");
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/ui")]
    [InlineData("/ui\\@evil.example")]
    [InlineData("/uievil.example")]
    public async Task SignIn_ToAPageOfSomebodyElse_LeadsHome(string next)
    {
        using var client = new PageClient(_world.Address);
        var back = await SignInWorld.AuthorizeAsync(client, ForgeKind.GitHub, "ada", next: $"?next={Uri.EscapeDataString(next)}");
        (await client.GetAsync(back)).Location.ShouldBe("/ui");
        (await client.GetAsync($"/ui/sign-in?next={Uri.EscapeDataString(next)}")).Markup.ShouldNotContain("href=\"https://evil");
    }

    [Theory]
    [MemberData(nameof(Forges))]
    public async Task SignIn_AsksForNoMoreThanWhoItIs_WithStateAndProof(ForgeKind forge)
    {
        using var client = new PageClient(_world.Address);
        var begun = await client.GetAsync(SignInWorld.Door(forge));
        var asked = QueryHelpers.ParseQuery(new Uri(begun.Location!).Query);
        asked["scope"].ToString().ShouldBe(forge == ForgeKind.GitLab ? "read_user" : "");
        (asked["code_challenge_method"].ToString(), asked["code_challenge"].ToString().Length).ShouldBe(("S256", 43));
        asked["redirect_uri"].ToString().ShouldBe($"{_world.Address.GetLeftPart(UriPartial.Authority)}{SignInWorld.Door(forge)}/back");
        var cookie = begun.Cookies.ShouldHaveSingleItem();
        cookie.ShouldContain($"path={SignInWorld.Door(forge)}/back");
        cookie.ShouldContain("httponly");
        cookie.ShouldContain("samesite=lax");
        var end = await client.GetAsync(await SignInWorld.AgreeAsync(client, begun.Location!, "ada"));
        // The person's token is nowhere: not in the cookie, not in the log, not in the database.
        end.Cookies.ShouldContain(c => c.StartsWith("coding-agent-session=", StringComparison.Ordinal) && c.Contains("path=/ui;", StringComparison.Ordinal) && c.Contains("httponly", StringComparison.Ordinal));
        _world.Log.All.ShouldNotContain(l => l.Contains("ghu_", StringComparison.Ordinal) || l.Contains("access_token", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Door_AskedTooOften_IsShutForAWhile_AndKeysAreNot()
    {
        using var client = new PageClient(_world.Address);
        HttpStatusCode last = default;
        for (var i = 0; i < 61; i++)
            last = (await client.GetAsync(SignInWorld.Door(ForgeKind.GitHub))).Status;
        last.ShouldBe(HttpStatusCode.TooManyRequests);
        (await client.GetAsync(SignInWorld.Door(ForgeKind.GitHub) + "/back?code=a&state=b")).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        (await client.SignInAsync(ApiHost.Key)).Status.ShouldBe(HttpStatusCode.Redirect);
    }
}
