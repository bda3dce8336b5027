using CodingAgent.Agents;
using CodingAgent.Agents.Cohort;
using CodingAgent.BotHost.Tests.Api;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;
using Microsoft.Playwright;

namespace CodingAgent.BotHost.Tests.Pages;

/// <summary>What people see and do in the pages of tasks, in a real browser.</summary>
public sealed class TaskPageTests(Browser browser) : IClassFixture<Browser>, IAsyncLifetime
{
    private const string Hostile = "</pre><script>alert(1)</script><img src=x onerror=alert(2)>";

    private static readonly TaskId Issue12 = TaskId.ForIssue(ApiHost.Repo, 12);
    private static readonly string Address = $"/ui/tasks/{Issue12}";

    private ApiHost _host = null!;

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync();
        await _host.CreateAsync(new { repo = "octo/hello", ticketUrl = "https://forge.test/octo/hello/issues/12" });
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [BrowserFact]
    public async Task Pages_OnDesktopAndPhone_LightAndDark_AreSeenWhole()
    {
        await FillAsync();
        foreach (var (isPhone, isDark) in ((bool, bool)[])[(false, false), (false, true), (true, false), (true, true)])
        {
            await using var visitor = await browser.VisitAsync(_host.Address, isPhone, isDark);
            await visitor.Page.GotoAsync("/ui");
            await visitor.LookAsync("sign-in");
            await visitor.SignInAsync(ApiHost.Key);
            await visitor.LookAsync("tasks");
            await visitor.Page.GotoAsync(Address);
            await visitor.LookAsync("task");
            await visitor.Page.GotoAsync(Address.Replace("/tasks/", "/changes/", StringComparison.Ordinal).Replace("/12", "/22", StringComparison.Ordinal));
            await visitor.LookAsync("changes");
            await visitor.Page.GotoAsync(Address.Replace("/tasks/", "/timeline/", StringComparison.Ordinal));
            await visitor.LookAsync("timeline");
            visitor.Complaints.ShouldBeEmpty();
        }
    }

    [BrowserFact]
    public async Task OutsideText_OfModelsToolsAndPeople_IsShownAndDoesNothing()
    {
        await FillAsync(title: Hostile, said: Hostile + "\u202e");
        await using var visitor = await browser.VisitAsync(_host.Address);
        await visitor.SignInAsync(ApiHost.Key);
        await visitor.Page.GotoAsync(Address);
        await Assertions.Expect(visitor.Page.Locator("h1")).ToHaveTextAsync(Hostile);
        // What comes later comes by another way.
        await _host.Log.AppendAsync(Issue12, [Entry(TaskLogKind.Output, "later " + Hostile)], default);
        await visitor.Page.Locator(".entry", new() { HasText = "later" }).First.WaitForAsync();
        (await visitor.Page.Locator("#log script, #log img").CountAsync()).ShouldBe(0);
        (await visitor.Page.ContentAsync()).ShouldContain("[U+202E]");
        visitor.Complaints.ShouldBeEmpty();
    }

    [BrowserFact]
    public async Task Task_AsItGoesOn_ChangesInThePageThatIsOpen()
    {
        await FillAsync();
        await using var visitor = await browser.VisitAsync(_host.Address);
        await visitor.SignInAsync(ApiHost.Key);
        await visitor.Page.GotoAsync(Address);
        var steer = visitor.Page.Locator("#steer");
        await steer.GetByRole(AriaRole.Textbox).FillAsync("Half a thought");
        await Assertions.Expect(steer.GetByRole(AriaRole.Button, new() { Name = "Approve plan" })).ToBeVisibleAsync();

        await _host.Tasks.UpsertAsync((await _host.Tasks.FindAsync(Issue12, default))! with { Version = 2, State = TaskState.Editing, Step = "the coder works" }, default);
        await _host.Log.AppendAsync(Issue12, [Entry(TaskLogKind.Said, "I begin with the parser.")], default);

        await Assertions.Expect(visitor.Page.Locator("#head .badge")).ToHaveTextAsync("Editing");
        await Assertions.Expect(visitor.Page.Locator("#log")).ToContainTextAsync("I begin with the parser.");
        // What was being written is still there; what cannot be said any more is not.
        await Assertions.Expect(steer.GetByRole(AriaRole.Button, new() { Name = "Approve plan" })).ToHaveCountAsync(0);
        await Assertions.Expect(steer.GetByRole(AriaRole.Textbox)).ToHaveValueAsync("Half a thought");
        visitor.Complaints.ShouldBeEmpty();
    }

    [BrowserFact]
    public async Task Plan_ApprovedByKeyboardAlone_IsToldWithItsHashAndWithWhatWasWritten()
    {
        await FillAsync();
        await using var visitor = await browser.VisitAsync(_host.Address);
        await visitor.SignInAsync(ApiHost.Key);
        await visitor.Page.GotoAsync(Address);
        await visitor.Page.GetByLabel("What should it do").FocusAsync();
        await visitor.Page.Keyboard.TypeAsync("Mind the tabs");
        await visitor.Page.Keyboard.PressAsync("Tab");
        await visitor.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Told: the plan is approved.");
        var approval = _host.Gateway.MessagesOf(Issue12)[^1].ShouldBeOfType<CodingTaskSignal.CommandGiven>();
        (approval.Actor, approval.Command).ShouldBe(("rest-api", new AgentCommand.Approve("0123456789ab") { Words = "Mind the tabs" }));
    }

    [BrowserFact]
    public async Task Changes_WithHostileNamesLinesAndText_AreShownAndDoNothing()
    {
        await FillAsync();
        Publish(122, "A title " + Hostile, $"{Hostile}\n\n[click](javascript:alert(1)) ![picture](https://elsewhere.test/x.png) <b onclick=alert(1)>bold</b> [fine](https://forge.test/a)\n<!-- hidden -->");
        _host.Forge.Changes[122] =
        [
            new($"src/{Hostile.Replace("/", "", StringComparison.Ordinal)}.js", CodingAgent.Forges.FileChange.Added, "@@ -0,0 +1,2 @@\n+" + Hostile + "\n+\u202eevil"),
            new("bin/a.png", CodingAgent.Forges.FileChange.Modified, null), new("src/empty.txt", CodingAgent.Forges.FileChange.Added, "no hunk at all"),
        ];
        await using var visitor = await browser.VisitAsync(_host.Address);
        await visitor.SignInAsync(ApiHost.Key);
        await visitor.Page.GotoAsync($"/ui/changes/{TaskId.ForIssue(ApiHost.Repo, 22)}");
        await visitor.Page.GetByText("What its text says").ClickAsync();
        await Assertions.Expect(visitor.Page.Locator(".diff").First).ToContainTextAsync("[U+202E]evil");
        await Assertions.Expect(visitor.Page.GetByText("The forge shows no lines of it")).ToBeVisibleAsync();
        (await visitor.Page.Locator("main script, main img, main [onclick], main a[href^='javascript']").CountAsync()).ShouldBe(0);
        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Link, new() { Name = "fine" })).ToHaveAttributeAsync("rel", "noreferrer nofollow");
        (await visitor.Page.ContentAsync()).ShouldNotContain("hidden -->");
        await visitor.LookAsync("changes-hostile");
        visitor.Complaints.ShouldBeEmpty();
    }

    [BrowserFact]
    public async Task Changes_WhereTheForgeIsAway_SayWhatItSaid()
    {
        await FillAsync();
        await using var visitor = await browser.VisitAsync(_host.Address);
        await visitor.SignInAsync(ApiHost.Key);
        await visitor.Page.GotoAsync($"/ui/changes/{TaskId.ForIssue(ApiHost.Repo, 20)}");
        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await visitor.Page.GotoAsync($"/ui/changes/{Issue12}");
        await Assertions.Expect(visitor.Page.GetByText("There is no pull request yet")).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task TimeLine_DraggedOver_ShowsThatPartLarge_AndAPauseOfDaysShort()
    {
        await FillAsync(said: Hostile);
        // A review that took two days, and a minute of work after it.
        await _host.Log.AppendAsync(
            Issue12,
            [
                new(ApiHost.Now.AddMinutes(1), TaskLogKind.Step, "The plan waits") { State = nameof(TaskState.AwaitingApproval) },
                new(ApiHost.Now.AddDays(2), TaskLogKind.Step, "The coder works") { State = nameof(TaskState.Editing) },
                Entry(TaskLogKind.Output, "passed") with { At = ApiHost.Now.AddDays(2).AddMinutes(1), Elapsed = TimeSpan.FromSeconds(50) },
            ],
            default);
        await using var visitor = await browser.VisitAsync(_host.Address);
        await visitor.SignInAsync(ApiHost.Key);
        await visitor.Page.GotoAsync(Address.Replace("/tasks/", "/timeline/", StringComparison.Ordinal));
        var line = visitor.Page.Locator(".timeline svg");
        (await line.Locator("text").AllTextContentsAsync()).ShouldBe(["Task", "Workflow", "planner: tools", "coder: model", "coder: tools"]);
        (await line.Locator("rect.pause title").First.TextContentAsync()).ShouldNotBeNull().ShouldContain("1 d 23 h");
        (await line.Locator("title").AllTextContentsAsync()).ShouldContain(t => t.StartsWith("RunAgent, 2 attempts (35 s)", StringComparison.Ordinal));
        var before = (await line.Locator(".span.good").Last.BoundingBoxAsync())!;

        await visitor.Page.Mouse.MoveAsync(before.X - 2, before.Y + 5);
        await visitor.Page.Mouse.DownAsync();
        await visitor.Page.Mouse.MoveAsync(before.X + before.Width + 2, before.Y + 5, new() { Steps = 3 });
        await visitor.Page.Mouse.UpAsync();
        await visitor.Page.WaitForURLAsync("**from=*");
        (await line.Locator(".span.good").Last.BoundingBoxAsync())!.Width.ShouldBeGreaterThan(before.Width * 1.5f);
        await visitor.Page.GetByRole(AriaRole.Link, new() { Name = "All", Exact = true }).ClickAsync();
        await visitor.Page.WaitForURLAsync(u => !u.Contains("from=", StringComparison.Ordinal));
        await visitor.Page.GotoAsync($"{Address.Replace("/tasks/", "/timeline/", StringComparison.Ordinal)}?from=NaN&to=9e99");
        (await line.CountAsync()).ShouldBeLessThanOrEqualTo(1);
        visitor.Complaints.ShouldBeEmpty();
    }

    [BrowserFact]
    public async Task List_Filtered_ShowsWhatIsLikeThat_AndSaysWhatIsWrong()
    {
        await FillAsync();
        await using var visitor = await browser.VisitAsync(_host.Address);
        await visitor.SignInAsync(ApiHost.Key);
        var rows = visitor.Page.Locator(".tasks tbody tr");
        (await rows.CountAsync()).ShouldBe(6);
        await visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Wait for a person" }).ClickAsync();
        await Assertions.Expect(rows).ToHaveCountAsync(2);
        await visitor.Page.GetByLabel("Asked for by").FillAsync("grace");
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Filter" }).ClickAsync();
        await Assertions.Expect(visitor.Page.GetByText("No task is like that.")).ToBeVisibleAsync();
        await visitor.Page.GetByLabel("Repository").FillAsync("nonsense");
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Filter" }).ClickAsync();
        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("write it as owner/name");
    }

    private async Task FillAsync(string title = "Totals are wrong when a line has a discount", string said = "The discount is taken before tax, and the test expects it after.")
    {
        var plan = new Plan(
            "Discounts are taken after tax, as the specification says.", ["The public API stays as it is."],
            [new("src/billing/totals.py", "Take the discount after tax in `line_total`, and round once."), new("docs/billing.md", "Say so.")],
            [new("tests/test_totals.py", "A line with 10 % discount and 19 % tax gives 107.10.")], ["Rounding differs by a cent for lines that are split."], [])
        { Rationale = "The nearest other way, to change the caller, would leave the report wrong.", Checks = ["pytest", "ruff"] };
        var first = await _host.ProjectAsync(Issue12, TaskState.AwaitingApproval);
        await _host.Tasks.UpsertAsync(
            first with
            {
                Title = title,
                RequestedBy = "ada",
                Step = "Waits for an answer to the plan",
                Warnings = ["No CODEOWNERS file is read."],
                Plan = new ShownPlan(plan, 1, "0123456789ab", null),
                Checks = [new("pytest", true, "exit code 0", 12.4) { PassedBefore = false }, new("ruff", false, "exit code 1", 0.6)],
                Verdicts = [new("secrets", true, false, "No credential in 3 files."), new("dependencies", true, true, "requests 2.32 is new here."), new("paths", false, false, "docs/\u202ebilling.md is not in the plan.")],
                Proved = ["tests/test_totals.py fails on the base and passes with the change."],
                Budget = new(21_900, 2_000_000, 4.21m, 5m, TimeSpan.FromMinutes(12), TimeSpan.FromMinutes(45), 1, 3, 0, 5),
                TraceId = "0af7651916cd43dd8448eb211c80319c",
                CheckedTree = new string('a', 40),
                Agents = [new AgentUse("planner", "v3", 4, new Usage(1, 21_000, 900, 0, 0), 0.21m)],
                Risks = ["src/billing/totals.py is called from 14 places."],
            },
            default);
        await _host.Log.AppendAsync(
            Issue12,
            [
                new(ApiHost.Now, TaskLogKind.Step, "Reads the policy") { State = nameof(TaskState.Authorizing) },
                new(ApiHost.Now, TaskLogKind.Turn, "") { Agent = "planner", Run = "r", Turn = 1 },
                new(ApiHost.Now, TaskLogKind.Call, "{\"path\":\"src/billing/totals.py\"}") { Agent = "planner", Run = "r", Turn = 1, Tool = "read_file", Call = "c1" },
                new(ApiHost.Now, TaskLogKind.Output, string.Join('\n', Enumerable.Range(1, 40).Select(i => $"{i}: total = price * quantity"))) { Agent = "planner", Run = "r", Turn = 1, Tool = "read_file", Call = "c1", Elapsed = TimeSpan.FromMilliseconds(180) },
                Entry(TaskLogKind.Said, said),
            ],
            default);
        Publish(122, "Log the request id", "## What changed\nThe request id stands in each line.\n\n| check | exit code |\n|---|---|\n| `pytest` | 0 |\n\n- [x] tests with the code\n");
        _host.Forge.Changes[122] =
        [
            new("src/web/middleware.py", CodingAgent.Forges.FileChange.Modified, "@@ -1,4 +1,6 @@\n import logging\n-from web import app\n+from web import app, context\n+\n+log = logging.getLogger(__name__)\n \n def handle(request):"),
            new("tests/test_middleware.py", CodingAgent.Forges.FileChange.Added, "@@ -0,0 +1,3 @@\n+def test_the_request_id_is_logged(client, caplog):\n+    client.get('/')\n+    assert 'request=' in caplog.text"),
            new("docs/logo.png", CodingAgent.Forges.FileChange.Moved, null) { OldPath = "logo.png" },
        ];
        (string Title, TaskState State, TaskKind Kind)[] others =
        [
            ("Upgrade Npgsql to 9", TaskState.AwaitingCi, TaskKind.Upgrade), ("Split the parser from its printer", TaskState.ReadyToMerge, TaskKind.Refactor), ("Log the request id", TaskState.Merged, TaskKind.Implement),
            ("A title without spaces_" + new string('x', 90), TaskState.Failed, TaskKind.BugFix), ("Nobody wanted this", TaskState.Stopped, TaskKind.Implement),
        ];
        foreach (var ((name, state, kind), number) in others.Select((o, i) => (o, i + 20)))
            await _host.Tasks.UpsertAsync((await _host.ProjectAsync(TaskId.ForIssue(ApiHost.Repo, number), state, number + 100)) with { Title = name, Kind = kind, Version = 2, RequestedBy = "ada", Issue = number, CostUsd = 1234.5m, Verdicts = [new("secrets", true, false, "No credential in 3 files.")], Proved = ["tests/test_middleware.py fails on the base and passes with the change."], Checks = [new("pytest", true, "exited", 3) { PassedBefore = false }], Ci = CiVerdict.Green }, default);
    }

    private void Publish(int number, string title, string body)
    {
        _host.Forge.OpenPull(number, "agent/22", new string('b', 40));
        _host.Forge.SetPull(number, p => p with { Title = title, Body = body });
    }

    private static TaskLogEntry Entry(TaskLogKind kind, string text) => new(ApiHost.Now, kind, text) { Agent = "coder", Run = "r", Turn = 2, Tool = kind == TaskLogKind.Said ? "" : "run_checks", Call = "c2", Elapsed = TimeSpan.FromSeconds(3.2), InputTokens = 12_345, OutputTokens = 321 };
}
