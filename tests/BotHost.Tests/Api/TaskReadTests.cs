using System.Net;
using CodingAgent.Agents.Cohort;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Tests.Api;

public sealed class TaskReadTests : IAsyncLifetime
{
    private static readonly TaskId Issue12 = TaskId.ForIssue(ApiHost.Repo, 12);

    private ApiHost _api = null!;

    public async Task InitializeAsync() => _api = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _api.DisposeAsync();

    [Theory]
    [InlineData("GET", "/tasks", null)]
    [InlineData("GET", "/tasks", "")]
    [InlineData("GET", "/tasks", "the-api-ke")]
    [InlineData("GET", "/tasks", "the-api-key2")]
    [InlineData("GET", "/tasks/x", null)]
    [InlineData("GET", "/prs/x", null)]
    [InlineData("POST", "/tasks", null)]
    [InlineData("POST", "/tasks/x/signals/stop", "wrong")]
    public async Task AnyCall_WithoutTheKey_Is401BeforeTheBodyIsLookedAt(string method, string path, string? key)
    {
        var reply = method == "GET" ? await _api.GetAsync(path, key) : await _api.PostAsync(path, "{ not json", key);

        reply.Status.ShouldBe(HttpStatusCode.Unauthorized);
        reply.Line.ShouldContain("Authorization: Bearer");
    }

    [Fact]
    public async Task List_NewestFirst()
    {
        (await _api.GetAsync("/tasks")).Body!.AsArray().ShouldBeEmpty();
        await _api.ProjectAsync(Issue12, TaskState.Editing);
        var later = await _api.ProjectAsync(TaskId.ForIssue(ApiHost.Repo, 13), TaskState.Planning);
        await _api.Tasks.UpsertAsync(later with { Version = 2, CreatedAt = ApiHost.Now.AddMinutes(1) }, default);

        var list = (await _api.GetAsync("/tasks")).Body!.AsArray();

        list.Select(t => t!["id"]!.GetValue<string>()).ShouldBe(["task/github:octo/hello/issue/13", "task/github:octo/hello/issue/12"]);
    }

    [Fact]
    public async Task List_FollowedByItsLinks_ShowsEachTaskOnce()
    {
        for (var i = 1; i <= 5; i++)
            await _api.Tasks.UpsertAsync(await _api.ProjectAsync(TaskId.ForIssue(ApiHost.Repo, i), TaskState.Editing) with { Version = 2, CreatedAt = ApiHost.Now.AddMinutes(i / 2) }, default);
        await _api.ProjectAsync(TaskId.ForIssue(ApiHost.Repo, 6), TaskState.Failed);
        List<string> seen = [];
        var (path, pages) = ("/tasks?state=editing&state=Merged&limit=2&repo=octo%2Fhello", 0);
        while (path is not null)
        {
            var reply = await _api.GetAsync(path);
            seen.AddRange(reply.Body!.AsArray().Select(t => t!["id"]!.GetValue<string>()));
            reply.Link?.ShouldEndWith(">; rel=\"next\"");
            path = reply.Link?[1..reply.Link.IndexOf('>', StringComparison.Ordinal)];
            pages++;
        }

        seen.Select(id => id[^1]).ShouldBe(['4', '5', '2', '3', '1']);
        pages.ShouldBe(3);
    }

    [Theory]
    [InlineData("kind=Fix", 0)]
    [InlineData("kind=implement&kind=Fix", 1)]
    [InlineData("requestedBy=REST-api", 1)]
    [InlineData("requestedBy=rest", 0)]
    [InlineData("updatedAfter=2026-11-22", 1)]
    [InlineData("updatedAfter=2026-11-22T13:59:59.5%2B02:00", 1)]
    [InlineData("updatedAfter=2026-11-22T12:00:00Z", 0)]
    [InlineData("repo=github:octo/HELLO", 1)]
    [InlineData("repo=octo/hell_", 0)]
    [InlineData("STATE=Editing&Limit=1", 1)]
    public async Task List_Filtered_ShowsWhatIsAskedFor(string query, int count)
    {
        await _api.ProjectAsync(Issue12, TaskState.Editing);

        (await _api.GetAsync($"/tasks?{query}")).Body!.AsArray().Count.ShouldBe(count);
    }

    [Theory]
    [InlineData("state=open", "state", "AwaitingApproval")]
    [InlineData("state=1", "state", "AwaitingApproval")]
    [InlineData("state=Editing,Merged", "state", "several times")]
    [InlineData("state=Editing&state=", "state", "AwaitingApproval")]
    [InlineData("kind=0", "kind", "Implement, Fix, BugFix, Upgrade, Refactor")]
    [InlineData("repo=hello", "repo", "owner/name")]
    [InlineData("repo=a/b&repo=c/d", "repo", "once")]
    [InlineData("requestedBy=", "requestedBy", "login")]
    [InlineData("updatedAfter=yesterday", "updatedAfter", "2026-11-22T10:00:00Z")]
    [InlineData("updatedAfter=12:00", "updatedAfter", "2026-11-22T10:00:00Z")]
    [InlineData("updatedAfter=2026-11-22T13:59:59+02:00", "updatedAfter", "%2B")]
    [InlineData("after=12", "after", "Link")]
    [InlineData("after=OTk5OTk5OTk5OTk5OTk5OTk5IHRhc2svZ2l0aHViOmEvYi9pc3N1ZS8x", "after", "Link")]
    [InlineData("after=%00%25", "after", "Link")]
    [InlineData("limit=0", "limit", "from 1 to 200")]
    [InlineData("limit=201", "limit", "from 1 to 200")]
    [InlineData("limit=%2B5", "limit", "from 1 to 200")]
    [InlineData("limit=", "limit", "from 1 to 200")]
    [InlineData("status=Editing", "status", "repo, state, kind")]
    public async Task List_WrongParameter_Is400AndNamesItAndWhatItTakes(string query, string parameter, string says)
    {
        var reply = await _api.GetAsync($"/tasks?{query}");

        reply.Status.ShouldBe(HttpStatusCode.BadRequest);
        reply.Body!["parameter"]!.GetValue<string>().ShouldBe(parameter);
        reply.Line.ShouldContain(parameter);
        reply.Line.ShouldContain(says);
    }

    [Fact]
    public async Task Show_TaskWithoutAnIssue_HasItsPlanTheHashToNameItAndWhatIsToldAtTheStart()
    {
        var id = TaskId.Parse("task/github:octo/hello/goal/abc");
        var task = await _api.ProjectAsync(id, TaskState.AwaitingApproval);
        var plan = new Plan("Payments are retried.", [], [new("src/A.cs", "Retry")], [], ["A doubled charge."], []);
        await _api.Tasks.UpsertAsync(task with { Version = 2, Plan = new ShownPlan(plan, 1, "abcdef123456", null), Warnings = ["coding-agent.yml is not read"] }, default);

        var whole = (await _api.GetAsync($"/tasks/{Uri.EscapeDataString(id.ToString())}")).Body!;

        // There is no page that would tell it.
        whole["warnings"]!.AsArray().Select(w => w!.GetValue<string>()).ShouldBe(["coding-agent.yml is not read"]);
        var shown = whole["plan"]!;
        shown["hash"]!.GetValue<string>().ShouldBe("abcdef123456");
        shown["waitsForApproval"]!.GetValue<bool>().ShouldBeTrue();
        shown["text"]!.GetValue<string>().ShouldContain("| `src/A.cs` | Retry |");
    }

    [Theory]
    [InlineData("github:Octo%2FHello%2334")]
    [InlineData("github%3Aocto%2Fhello%2334")]
    public async Task Pull_OfATask_ShowsDescriptionAndTask(string id)
    {
        _api.Forge.OpenPull(34, "agent/issue-12", new string('b', 40));
        await _api.Links.LinkAsync(Issue12, ApiHost.Repo, 12, 34, null, default);
        await _api.ProjectAsync(Issue12, TaskState.AwaitingReview, pull: 34);

        var reply = await _api.GetAsync($"/prs/{id}");

        reply.Status.ShouldBe(HttpStatusCode.OK);
        reply.Body!["description"]!.GetValue<string>().ShouldBe("Body");
        reply.Body["headSha"]!.GetValue<string>().ShouldBe(new string('b', 40));
        reply.Body["taskId"]!.GetValue<string>().ShouldBe("task/github:octo/hello/issue/12");
        reply.Body["task"]!["status"]!.GetValue<string>().ShouldBe("AwaitingReview");
    }

    [Fact]
    public async Task Pull_OfNoTask_Is404()
    {
        var reply = await _api.GetAsync("/prs/github:Octo%2FHello%2335");

        reply.Status.ShouldBe(HttpStatusCode.NotFound);
        reply.Line.ShouldContain("No task owns");
    }

    [Theory]
    [InlineData("34")]
    [InlineData("github:Octo%2FHello")]
    [InlineData("github:Octo%2FHello%23")]
    [InlineData("github:Octo%2FHello%23-34")]
    [InlineData("github:Octo%2FHello%23%2034")]
    [InlineData("github:Octo%2FHello%230")]
    [InlineData("%0A%2334")]
    public async Task Pull_MalformedId_Is400WithTheForm(string id)
    {
        var reply = await _api.GetAsync($"/prs/{id}");

        reply.Status.ShouldBe(HttpStatusCode.BadRequest);
        reply.Line.ShouldContain("github:owner/name#34");
    }

    [Fact]
    public async Task Pull_ForgeAway_Is503()
    {
        await _api.Links.LinkAsync(Issue12, ApiHost.Repo, 12, 34, null, default);
        _api.Forge.IsAway = true;

        (await _api.GetAsync("/prs/github:Octo%2FHello%2334")).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
    }
}
