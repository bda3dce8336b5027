using System.Globalization;
using System.Net;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Tests.Api;
using CodingAgent.Forges;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Tasks;
using Microsoft.Extensions.Time.Testing;
using Microsoft.Playwright;

namespace CodingAgent.BotHost.Tests.Pages;

/// <summary>The dashboard over HTTP, of tasks that were told as workflows tell them.</summary>
public sealed class DashboardTests(Browser browser) : IClassFixture<Browser>, IAsyncLifetime
{
    // A Wednesday; four weeks of it begin on 7, 14, 21 and 28 December.
    private static readonly DateTimeOffset Now = DateTimeOffset.Parse("2026-12-30T12:00:00Z", CultureInfo.InvariantCulture);
    private static readonly RepoRef Other = RepoRef.Parse("gitlab:group/sub/tool");

    private readonly FakeTimeProvider _time = new(Now);
    private ApiHost _host = null!;
    private int _last = 100;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync(time: _time, dashboard: new DashboardSettings(TimeSpan.FromHours(10)));

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Page_OfSeveralWeeks_HasTheNumbersOfThem()
    {
        // Week of 7 December: one merged. Of 14: nothing. Of 21: two merged (one not ready before it), one closed. Of 28: one failed without a pull request.
        await LiveAsync(At(12, 8), readyAfter: TimeSpan.FromHours(1), endAfter: TimeSpan.FromHours(5), TaskState.Merged, reviews: 1, cost: 2m, coverage: new(70m, 71.5m), refused: 2, resumed: 1);
        await LiveAsync(At(12, 22), readyAfter: TimeSpan.FromHours(2), endAfter: TimeSpan.FromHours(26), TaskState.Merged, reviews: 3, cost: 4m, coverage: new(80.2m, 80m));
        await LiveAsync(At(12, 23), readyAfter: null, endAfter: TimeSpan.FromHours(2), TaskState.Merged, cost: 1m, resumed: 2);
        await LiveAsync(At(12, 24), readyAfter: TimeSpan.FromHours(9), endAfter: TimeSpan.FromHours(10), TaskState.Closed, cost: 5m);
        await LiveAsync(At(12, 29), readyAfter: null, endAfter: TimeSpan.FromHours(1), TaskState.Failed, hasPull: false, cost: 3m);

        var page = await PageAsync("?weeks=4");

        page.Figure("merged").ShouldBe(("3", "0.8 a week"));
        page.Table("merged").ShouldBe(["28 Dec 2026, so far|0", "21 Dec 2026|2", "14 Dec 2026|0", "7 Dec 2026|1"]);
        page.Figure("acceptance").ShouldBe(("75 %", "3 of 4 were merged"));
        page.Table("acceptance").ShouldBe(["28 Dec 2026, so far|–|0", "21 Dec 2026|66.7 %|3", "14 Dec 2026|–|0", "7 Dec 2026|100 %|1"]);
        // One, two and nine hours.
        page.Figure("lead").ShouldBe(("2 h", "median of 3; at most 9 h; 80 % below the 10 h of before"));
        page.Table("lead")[1].ShouldBe("21 Dec 2026|2 h|9 h|2");
        page.Figure("review").ShouldBe(("4 h", "median of 2; at most 1 d"));
        // None, one and three.
        page.Figure("cycles").ShouldBe(("1", "median of 3; at most 3"));
        page.Table("cycles")[1].ShouldBe("21 Dec 2026|0|3|2");
        page.Figure("cost").ShouldBe(("$2.00", "median of 3; at most $4.00; with what was not merged $5.00 each"));
        page.Figure("coverage").ShouldBe(("−0.2", "median of 2 that were measured, of 3 merged; it fell in 1"));
        page.Table("coverage").ShouldBe(["28 Dec 2026, so far|–|0", "21 Dec 2026|−0.2|1", "14 Dec 2026|–|0", "7 Dec 2026|+1.5|1"]);
        page.Figure("blocked").ShouldBe(("2", "secrets 2"));
        page.Figure("resumed").ShouldBe(("3", "each went on from its journal"));
        page.Table("resumed")[1].ShouldBe("21 Dec 2026|2");
        // Ready until the end: 4 h, 24 h and 1 h.
        page.Figure("waiting").ShouldBe(("1 d 5 h", "3 waits, half of them within 4 h, at most 1 d"));
        page.Table("waiting")[1].ShouldBe("21 Dec 2026|0 s|1 d 1 h|0 s|2");
        page.Figure("regressions").ShouldBe(("0", "within 7 days: 0 % of 3 that old; within 30 days: none is that old yet"));
    }

    [Fact]
    public async Task Page_WithoutAnything_SaysSo_AndDrawsNothing()
    {
        var page = await PageAsync("");

        page.Document.QuerySelectorAll("section.plot").Length.ShouldBe(11);
        page.Document.QuerySelectorAll("section.plot .empty").Length.ShouldBe(11);
        page.Document.QuerySelectorAll("svg").ShouldBeEmpty();
        page.Document.QuerySelector("#merged-title")!.ParentElement!.TextContent.ShouldContain("No pull request was merged in this time.");
    }

    [Fact]
    public async Task Page_OfARepositoryAndAJob_CountsThoseAlone()
    {
        await LiveAsync(At(12, 22), TimeSpan.FromHours(1), TimeSpan.FromHours(2), TaskState.Merged);
        await LiveAsync(At(12, 22), TimeSpan.FromHours(1), TimeSpan.FromHours(2), TaskState.Merged, kind: TaskKind.Upgrade);
        await LiveAsync(At(12, 22), TimeSpan.FromHours(1), TimeSpan.FromHours(2), TaskState.Merged, repo: Other);

        (await PageAsync("?weeks=4")).Figure("merged").Number.ShouldBe("3");
        (await PageAsync("?weeks=4&repo=OCTO/hello&kind=")).Figure("merged").Number.ShouldBe("2");
        (await PageAsync("?weeks=4&repo=gitlab:group/sub/tool")).Figure("merged").Number.ShouldBe("1");
        (await PageAsync("?weeks=4&kind=Upgrade")).Figure("merged").Number.ShouldBe("1");
        (await PageAsync("")).Document.QuerySelectorAll("#repositories option").Select(o => o.GetAttribute("value")).ShouldBe(["octo/hello", "gitlab:group/sub/tool"], ignoreOrder: true);
        // Renamed: what it was called then is the same repository.
        await _host.Links.NameAsync(ApiHost.Repo, 7, default);
        await _host.Links.NameAsync(RepoRef.Parse("github:octo/world"), 7, default);
        (await PageAsync("?weeks=4&repo=octo/world")).Figure("merged").Number.ShouldBe("2");
    }

    [Theory]
    [InlineData("?repo=%3Cscript%3Ealert(1)%3C/script%3E", "write it as owner/name")]
    [InlineData("?repo=%22%20onfocus%3Dalert(1)%20a%2Fb", "write it as owner/name")]
    [InlineData("?repo=a/b';DROP TABLE task_milestones;--", "write it as owner/name")]
    [InlineData("?kind=99", "it is one of")]
    [InlineData("?kind=Implement,Fix", "it is one of")]
    public async Task Page_AskedForNonsense_SaysWhatIsWrong_AndWritesNothingOfItAsMarkup(string query, string words)
    {
        var page = await PageAsync(query);

        page.Document.QuerySelector("[role=alert]")!.TextContent.ShouldContain(words);
        page.Document.QuerySelectorAll("main script, [onfocus], main [style]").ShouldBeEmpty();
        (await PageAsync("?weeks=4")).Document.QuerySelectorAll("section.plot").Length.ShouldBe(11);
    }

    [Theory]
    [InlineData("?weeks=9999999999")]
    [InlineData("?weeks=-4")]
    [InlineData("?weeks=4&weeks=52")]
    public async Task Page_AskedForOtherWeeks_ShowsTheUsual(string query)
    {
        await LiveAsync(At(12, 22), TimeSpan.FromHours(1), TimeSpan.FromHours(2), TaskState.Merged);
        (await PageAsync(query)).Table("merged").Count.ShouldBe(12);
    }

    [Fact]
    public async Task Page_OverTheEndOfAYear_HasEachWeekOnce_FromMondayToSundayInUtc()
    {
        _time.SetUtcNow(DateTimeOffset.Parse("2027-01-04T00:00:00Z", CultureInfo.InvariantCulture));
        // The last moment of a Sunday, the first of a Monday, and new year's eve elsewhere.
        foreach (var end in (string[])["2026-12-27T23:59:59.999Z", "2026-12-28T00:00:00Z", "2027-01-03T23:30:00-05:00", "2027-01-01T00:00:00Z"])
        {
            var at = DateTimeOffset.Parse(end, CultureInfo.InvariantCulture);
            await LiveAsync(at - TimeSpan.FromHours(2), TimeSpan.FromHours(1), TimeSpan.FromHours(2), TaskState.Merged);
        }

        var page = await PageAsync("?weeks=4");

        page.Table("merged").ShouldBe(["4 Jan 2027, so far|1", "28 Dec 2026|2", "21 Dec 2026|1", "14 Dec 2026|0"]);
        page.Document.QuerySelectorAll("section[aria-labelledby=merged-title] svg text").Select(t => t.TextContent).ShouldContain("4 Jan 2027");
    }

    [Fact]
    public async Task Page_OfATaskThatIsToldTwiceAndBegunAnew_CountsEachEndOnce()
    {
        var id = TaskId.ForIssue(ApiHost.Repo, 7);
        await LiveAsync(At(12, 15), TimeSpan.FromHours(1), TimeSpan.FromHours(2), TaskState.Closed, id: id, twice: true);
        await LiveAsync(At(12, 22), TimeSpan.FromHours(1), TimeSpan.FromHours(3), TaskState.Merged, id: id, twice: true);

        var page = await PageAsync("?weeks=4");

        page.Figure("acceptance").Words.ShouldBe("1 of 2 were merged");
        page.Figure("review").ShouldBe(("2 h", "median of 1; at most 2 h"));
        page.Figure("waiting").Words.ShouldStartWith("2 waits");
    }

    [Fact]
    public async Task Regressions_ByTheirAge_CountInTheWeekOfTheMerge()
    {
        var soon = await LiveAsync(At(11, 10), TimeSpan.FromHours(1), TimeSpan.FromHours(2), TaskState.Merged);
        var late = await LiveAsync(At(11, 17), TimeSpan.FromHours(1), TimeSpan.FromHours(2), TaskState.Merged);
        var tooLate = await LiveAsync(At(11, 18), TimeSpan.FromHours(1), TimeSpan.FromHours(2), TaskState.Merged);
        await LiveAsync(At(12, 28), TimeSpan.FromHours(1), TimeSpan.FromHours(2), TaskState.Merged);
        (await _host.Milestones.RevertedAsync(ApiHost.Repo, soon, At(11, 12), default)).ShouldBeTrue();
        // Later words change nothing.
        (await _host.Milestones.RevertedAsync(ApiHost.Repo, soon, At(12, 12), default)).ShouldBeTrue();
        (await _host.Milestones.RevertedAsync(ApiHost.Repo, late, At(12, 10), default)).ShouldBeTrue();
        (await _host.Milestones.RevertedAsync(ApiHost.Repo, tooLate, At(12, 20), default)).ShouldBeTrue();
        (await _host.Milestones.RevertedAsync(ApiHost.Repo, 9999, At(12, 20), default)).ShouldBeFalse();
        (await _host.Milestones.RevertedAsync(Other, soon, At(12, 20), default)).ShouldBeFalse();

        var page = await PageAsync("?weeks=12");

        page.Figure("regressions").ShouldBe(("2", "within 7 days: 33.3 % of 3 that old; within 30 days: 66.7 % of 3 that old"));
        page.Table("regressions").Where(r => !r.EndsWith("|0|0|0", StringComparison.Ordinal)).ShouldBe(["28 Dec 2026, so far|0|0|1", "16 Nov 2026|0|1|2", "9 Nov 2026|1|0|1"]);
    }

    [Fact]
    public async Task Page_ForWhoIsNotSignedIn_LeadsToSigningIn()
    {
        using var stranger = new PageClient(_host.Address);
        var answer = await stranger.GetAsync("/ui/dashboard");
        answer.Status.ShouldBe(HttpStatusCode.Redirect);
        answer.Location.ShouldNotBeNull().ShouldContain("/ui/sign-in");
    }

    [BrowserFact]
    public async Task Page_OnDesktopAndPhone_LightAndDark_IsSeenWhole()
    {
        var random = new Random(7);
        for (var day = 0; day < 180; day++)
        {
            for (var i = random.Next(3) + (day / 60); i > 0; i--)
            {
                var ready = TimeSpan.FromMinutes(12 + random.Next(60) + (random.Next(20) == 0 ? 400 : 0));
                var pull = await LiveAsync(
                    Now.AddDays(day - 182).AddHours(random.Next(20)), ready, ready + TimeSpan.FromHours(1 + random.Next(30)), random.Next(7) > 0 ? TaskState.Merged : TaskState.Closed,
                    reviews: random.Next(4), cost: 0.4m + (random.Next(400) / 100m), coverage: random.Next(3) == 0 ? new(70, 70 + (random.Next(-5, 12) / 10m)) : null,
                    refused: random.Next(9) == 0 ? 1 : 0, resumed: random.Next(25) == 0 ? 1 : 0);
                if (random.Next(20) == 0)
                    await _host.Milestones.RevertedAsync(ApiHost.Repo, pull, Now.AddDays(day - 182 + random.Next(1, 25)), default);
            }
        }

        foreach (var (isPhone, isDark) in ((bool, bool)[])[(false, false), (false, true), (true, false), (true, true)])
        {
            await using var visitor = await browser.VisitAsync(_host.Address, isPhone, isDark);
            await visitor.SignInAsync(ApiHost.Key);
            await visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Dashboard" }).ClickAsync();
            await visitor.Page.WaitForURLAsync("**/ui/dashboard");
            await visitor.LookAsync("dashboard");
            await visitor.Page.GetByLabel("Period").SelectOptionAsync("26");
            await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
            await visitor.Page.WaitForURLAsync("**weeks=26*");
            await visitor.Page.GetByText("Values of lead time").ClickAsync();
            await Assertions.Expect(visitor.Page.Locator("#lead-title ~ details tbody tr")).ToHaveCountAsync(26);
            await visitor.LookAsync("dashboard-half-a-year");
            await visitor.Page.GetByLabel("Repository").FillAsync("nobody/nothing");
            await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
            await Assertions.Expect(visitor.Page.Locator(".plot .empty").First).ToBeVisibleAsync();
            await visitor.LookAsync("dashboard-empty");
            visitor.Complaints.ShouldBeEmpty();
        }
    }

    private static DateTimeOffset At(int month, int day) => new(2026, month, day, 8, 0, 0, TimeSpan.Zero);

    // A task as its workflow tells of it, from its request to its end; the number of its pull request.
    private async Task<int> LiveAsync(
        DateTimeOffset at, TimeSpan? readyAfter, TimeSpan endAfter, TaskState end, bool hasPull = true, int reviews = 0, decimal cost = 0, TaskSummary.CoverageChange? coverage = null, int refused = 0,
        int resumed = 0, TaskKind kind = TaskKind.Implement, RepoRef? repo = null, TaskId? id = null, bool twice = false)
    {
        var number = ++_last;
        var pull = hasPull ? number : (int?)null;
        var task = new TaskSummary(
            id ?? TaskId.ForIssue(repo ?? ApiHost.Repo, number), 1, "run", kind, TaskState.Queued, "", "", "t", "mona", number, null, null, null, 0, 0, 0, at, at)
        { RequestedAt = at };
        var told = new List<TaskSummary> { task };
        var draft = task with { Version = 2, State = TaskState.AwaitingCi, Pull = pull, PullIsDraft = hasPull ? true : null, UpdatedAt = at.AddMinutes(1), Refusals = refused > 0 ? new Dictionary<string, int>(StringComparer.Ordinal) { ["secrets"] = refused } : null, ResumedRuns = resumed };
        told.Add(draft);
        if (readyAfter is { } ready)
            told.Add(draft with { Version = 3, State = TaskState.AwaitingReview, PullIsDraft = false, UpdatedAt = at + ready });
        told.Add(told[^1] with { Version = 4, State = end, ReviewRounds = reviews, CostUsd = cost, Coverage = coverage, UpdatedAt = at + endAfter });
        foreach (var summary in told)
        {
            await _host.Tasks.UpsertAsync(summary, default);
            if (twice)
                await _host.Tasks.UpsertAsync(summary, default);
        }

        return number;
    }

    private async Task<Read> PageAsync(string query)
    {
        using var client = await PageClient.SignedInAsync(_host);
        var page = await client.GetAsync("/ui/dashboard" + query);
        page.Status.ShouldBe(HttpStatusCode.OK);
        return new Read(new HtmlParser().ParseDocument(page.Markup));
    }

    /// <summary>The page as a reader sees it.</summary>
    private sealed record Read(IDocument Document)
    {
        public (string Number, string Words) Figure(string plot) => (Section(plot).QuerySelector(".figure strong")!.TextContent, Section(plot).QuerySelector(".figure span")!.TextContent);

        public IReadOnlyList<string> Table(string plot) =>
            [.. Section(plot).QuerySelectorAll("tbody tr").Select(row => string.Join('|', row.Children.Select(c => c.TextContent.Trim())))];

        private IElement Section(string plot) => Document.QuerySelector($"section[aria-labelledby={plot}-title]").ShouldNotBeNull(plot);
    }
}
