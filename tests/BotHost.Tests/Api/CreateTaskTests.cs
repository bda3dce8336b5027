using System.Net;
using CodingAgent.BotHost.Configuration;
using CodingAgent.Forges;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Tasks;
using Microsoft.Extensions.Configuration;

namespace CodingAgent.BotHost.Tests.Api;

public sealed class CreateTaskTests : IAsyncLifetime
{
    private static readonly TaskId Issue12 = TaskId.ForIssue(ApiHost.Repo, 12);

    private ApiHost _api = null!;

    public async Task InitializeAsync() => _api = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _api.DisposeAsync();

    [Fact]
    public async Task Create_FromTicketUrl_StartsTheTaskOfTheIssue()
    {
        var reply = await _api.CreateAsync(new { repo = "Octo/Hello", ticketUrl = "https://forge.test/Octo/Hello/issues/12" });

        reply.Status.ShouldBe(HttpStatusCode.Accepted);
        reply.Body!["id"]!.GetValue<string>().ShouldBe("task/github:octo/hello/issue/12");
        reply.Location.ShouldBe(ApiHost.PathOf(Issue12));
        _api.Gateway.MessagesOf(Issue12).ShouldHaveSingleItem().ShouldBeOfType<CodingTaskSignal.CommandGiven>().Command.ShouldBeOfType<AgentCommand.Implement>();
    }

    [Theory]
    [InlineData("k-1", null)]
    [InlineData("k-1", "k-1")]
    [InlineData("\"k-1\"", null)]
    [InlineData(" k-1 ", "k-1")]
    public async Task Create_KeyInTheHeader_CountsAsInTheBody(string header, string? inBody)
    {
        var first = await _api.CreateAsync(new { repo = "Octo/Hello", goal = "Add retries", idempotencyKey = inBody }, header);
        var other = await _api.CreateAsync(new { repo = "Octo/Hello", goal = "Another goal", idempotencyKey = "k-1" });

        first.Status.ShouldBe(HttpStatusCode.Accepted);
        first.Body!["id"]!.GetValue<string>().ShouldBe("task/github:octo/hello/goal/k-1");
        other.Body!["id"]!.GetValue<string>().ShouldBe("task/github:octo/hello/goal/k-1", "it is the repeat of one request");
        _api.Gateway.MessagesOf(TaskId.Parse("task/github:octo/hello/goal/k-1")).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("k-2", "differ", "k-1")]
    [InlineData("K-1", "differ", "k-1")]
    [InlineData(null, "Idempotency-Key", "")]
    [InlineData(null, "Idempotency-Key", "\"")]
    [InlineData(null, "Idempotency-Key", "\"\"")]
    [InlineData(null, "Idempotency-Key", "a b")]
    [InlineData(null, "Idempotency-Key", "a/../b")]
    [InlineData(null, "given once", "k-1", "k-1")]
    [InlineData(null, "Idempotency-Key", "k-1, k-1")]
    public async Task Create_BadKeyInTheHeader_Is400AndStartsNothing(string? inBody, string says, params string[] headers)
    {
        var reply = await _api.CreateAsync(new { repo = "Octo/Hello", goal = "Add retries", idempotencyKey = inBody }, headers);

        reply.Status.ShouldBe(HttpStatusCode.BadRequest);
        reply.Line.ShouldContain(says);
        _api.Gateway.MessagesOf(TaskId.Parse("task/github:octo/hello/goal/k-1")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Create_FromGoal_HandsEverythingToTheTask()
    {
        var reply = await _api.CreateAsync(new
        {
            repo = "github:Octo/Hello",
            goal = "Add retries",
            baseBranch = "release/2.0",
            acceptanceCriteria = new[] { "3 attempts" },
            constraints = new[] { "no new package" },
        });

        reply.Status.ShouldBe(HttpStatusCode.Accepted);
        var input = _api.Gateway.Inputs.ShouldHaveSingleItem();
        (input.Goal, input.BaseBranch, input.Issue, input.Kind).ShouldBe(("Add retries", "release/2.0", null, TaskKind.Implement));
        input.AcceptanceCriteria.ShouldBe(["3 attempts"]);
        input.Constraints.ShouldBe(["no new package"]);
        input.Id.Kind.ShouldBe(TaskAnchor.Goal);
    }

    [Theory]
    [InlineData("fix", null, TaskKind.BugFix, false)]
    [InlineData("upgrade", "lodash to 4.17.21", TaskKind.Upgrade, false)]
    [InlineData("refactor", "the parser", TaskKind.Refactor, false)]
    [InlineData("plan", null, TaskKind.Implement, true)]
    public async Task Create_OfAJob_StartsIt(string job, string? words, TaskKind kind, bool asks)
    {
        (await _api.CreateAsync(new { repo = "Octo/Hello", goal = "Do it", job, words })).Status.ShouldBe(HttpStatusCode.Accepted);
        var input = _api.Gateway.Inputs.ShouldHaveSingleItem();
        (input.Kind, input.Words, input.AsksForPlan).ShouldBe((kind, words, asks));
    }

    [Theory]
    [InlineData("deploy", "job is 'deploy'; it is one of implement, fix, upgrade, refactor, plan.")]
    [InlineData("mend", "job is 'mend'")]
    public async Task Create_OfNoJob_IsRefusedWithTheList(string job, string words)
    {
        var reply = await _api.CreateAsync(new { repo = "Octo/Hello", goal = "Do it", job });
        reply.Status.ShouldBe(HttpStatusCode.BadRequest);
        reply.Body!["detail"]!.GetValue<string>().ShouldContain(words);
    }

    [Theory]
    [InlineData("octo/hello", "https://forge.test/OCTO/hello/issues/12")]
    [InlineData("github:OCTO/HELLO", "https://forge.test/octo/HELLO/issues/12/")]
    [InlineData("GitHub:Octo/Hello", "https://forge.test/Octo/Hello/issues/12")]
    public async Task Create_InAnotherLetterCase_IsTheSameWorkflow(string repo, string ticketUrl)
    {
        var reply = await _api.CreateAsync(new { repo, ticketUrl });

        reply.Body!["workflowId"]!.GetValue<string>().ShouldBe("task/github:octo/hello/issue/12");
        var input = _api.Gateway.Inputs.ShouldHaveSingleItem();
        (input.Repo.FullName, input.Id.ToString()).ShouldBe(("Octo/Hello", "task/github:octo/hello/issue/12"));
    }

    [Fact]
    public async Task Create_SameKeyAgain_StartsOnce()
    {
        for (var i = 0; i < 3; i++)
            (await _api.CreateAsync(new { repo = "octo/hello", goal = "Add retries", idempotencyKey = "k-1" })).Status.ShouldBe(HttpStatusCode.Accepted);

        _api.Gateway.Starts.ShouldBe(1);
        _api.Gateway.MessagesOf(TaskId.Parse("task/github:octo/hello/goal/k-1")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Create_SameKeyAfterTheTaskEnded_StartsNothing()
    {
        await _api.CreateAsync(new { repo = "octo/hello", goal = "Add retries", idempotencyKey = "k-1" });
        var id = TaskId.Parse("task/github:Octo/Hello/goal/k-1");
        await _api.ProjectAsync(id, TaskState.Merged);
        _api.Gateway.End(id);

        (await _api.CreateAsync(new { repo = "octo/hello", goal = "Add retries", idempotencyKey = "k-1" })).Status.ShouldBe(HttpStatusCode.Accepted);

        _api.Gateway.Starts.ShouldBe(1);
    }

    [Fact]
    public async Task Create_WithoutAKey_SameGoalIsOneTaskAndAnotherGoalIsAnother()
    {
        foreach (var goal in new[] { "Add retries", "Add retries", "Add timeouts" })
            await _api.CreateAsync(new { repo = "octo/hello", goal });

        _api.Gateway.Starts.ShouldBe(2);
    }

    [Theory]
    [InlineData("""{ "goal": "g" }""", "owner/name")]
    [InlineData("""{ "repo": "octo", "goal": "g" }""", "owner/name")]
    [InlineData("""{ "repo": "octo/he llo\nx", "goal": "g" }""", "owner/name")]
    [InlineData("""{ "repo": "../..", "goal": "g" }""", "owner/name")]
    [InlineData("""{ "repo": "octo/hello" }""", "give a ticketUrl or a goal")]
    [InlineData("""{ "repo": "octo/hello", "goal": "g", "ticketUrl": "https://forge.test/octo/hello/issues/1" }""", "leave out goal")]
    [InlineData("""{ "repo": "octo/hello", "goal": "  " }""", "goal must have")]
    [InlineData("""{ "repo": "octo/hello", "ticketUrl": "https://forge.test/octo/hello/pull/1" }""", "neither an issue of octo/hello nor on one of the hosts")]
    [InlineData("""{ "repo": "octo/hello", "ticketUrl": "https://forge.test/octo/hello/issues/99999999999" }""", "neither an issue of octo/hello nor on one of the hosts")]
    [InlineData("""{ "repo": "octo/hello", "ticketUrl": "javascript:alert(1)\nx" }""", "no web address")]
    [InlineData("""{ "repo": "octo/hello", "ticketUrl": "https://forge.test/octo/other/issues/1" }""", "neither an issue of octo/hello nor on one of the hosts")]
    [InlineData("""{ "repo": "octo/hello", "ticketUrl": "https://me:hunter2@forge.test/octo/hello/issues/12" }""", "holds credentials")]
    [InlineData("""{ "repo": "octo/hello", "goal": "g", "ticketUrl": "https://me@a.tracker.test/T-1" }""", "holds credentials")]
    [InlineData("""{ "repo": "octo/hello", "goal": "g", "ticketUrl": "http://a.tracker.test/T-1" }""", "is not https")]
    [InlineData("""{ "repo": "octo/hello", "goal": "g", "ticketUrl": "https://a.tracker.test:8443/T-1" }""", "neither an issue")]
    [InlineData("""{ "repo": "octo/hello", "goal": "g", "ticketUrl": "https://tracker.test.evil.example/T-1" }""", "neither an issue")]
    [InlineData("""{ "repo": "octo/hello", "goal": "g", "ticketUrl": "https://tracker.test/T-1" }""", "neither an issue")]
    [InlineData("""{ "repo": "octo/hello", "goal": "g", "ticketUrl": "https://127.0.0.1/T-1" }""", "neither an issue")]
    [InlineData("""{ "repo": "octo/hello", "ticketUrl": "https://a.tracker.test/T-1" }""", "say in goal or acceptanceCriteria")]
    [InlineData("""{ "repo": "octo/hello", "goal": "g", "idempotencyKey": "a b" }""", "idempotencyKey may hold")]
    [InlineData("""{ "repo": "octo/hello", "goal": "g", "idempotencyKey": "" }""", "idempotencyKey may hold")]
    [InlineData("""{ "repo": "octo/hello", "goal": "g", "baseBranch": "--upload-pack=x" }""", "baseBranch")]
    [InlineData("""{ "repo": "octo/hello", "goal": "g", "baseBranch": "a..b" }""", "baseBranch")]
    [InlineData("""{ "repo": "octo/hello", "goal": "g", "baseBranch": "" }""", "baseBranch")]
    [InlineData("""{ "repo": "octo/hello", "goal": "g", "acceptanceCriteria": [null] }""", "acceptanceCriteria")]
    [InlineData("""{ "repo": "octo/hello", "goal": "g", "constraints": [" "] }""", "constraints")]
    [InlineData("""{ "repo": 5, "goal": "g" }""", "$.repo")]
    [InlineData("""{ "repo": "octo/hello", "goals": "g" }""", "$.goals")]
    [InlineData("""{ "repo": """, "cannot be read")]
    [InlineData("[]", "JSON object")]
    [InlineData("null", "JSON object")]
    [InlineData("", "owner/name")]
    public async Task Create_BadInput_Is400WithOneLine(string body, string says)
    {
        var reply = await _api.PostAsync("/tasks", body);

        reply.Status.ShouldBe(HttpStatusCode.BadRequest);
        reply.Line.ShouldContain(says);
        reply.Line.ShouldNotContain("hunter2");
        _api.Gateway.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Create_FromATicketElsewhere_TakesItsAddressAlongInTheGoal()
    {
        await _api.CreateAsync(new { repo = "octo/hello", goal = "Add retries", ticketUrl = "https://a.tracker.test/browse/T-1?a=b" });
        await _api.CreateAsync(new { repo = "octo/hello", acceptanceCriteria = new[] { "3 attempts" }, ticketUrl = "https://B.Tracker.test/T-2\n" });

        _api.Gateway.Inputs.Select(i => (i.Issue, i.Goal, i.Id.Kind)).ShouldBe(
        [
            (null, "Add retries\n\nTicket: https://a.tracker.test/browse/T-1?a=b", TaskAnchor.Goal),
            (null, "Ticket: https://b.tracker.test/T-2", TaskAnchor.Goal),
        ]);
    }

    [Fact]
    public async Task Create_TooLargeOrNotJson_SaysSo()
    {
        (await _api.PostAsync("/tasks", $$"""{ "goal": "{{new string('x', 1024 * 1024)}}" }""")).Status.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        var form = await _api.PostAsync("/tasks", "repo=octo/hello", contentType: "application/x-www-form-urlencoded");
        form.Status.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        form.Line.ShouldContain("application/json");
    }

    [Fact]
    public async Task Create_RepositoryUnknownToTheForge_Is404()
    {
        var reply = await _api.CreateAsync(new { repo = "octo/elsewhere", goal = "g" });

        reply.Status.ShouldBe(HttpStatusCode.NotFound);
        reply.Line.ShouldContain("octo/elsewhere");
        _api.Gateway.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Create_RepositoryArchived_Is400()
    {
        _api.Forge.IsArchived = true;

        var reply = await _api.CreateAsync(new { repo = "octo/hello", goal = "g" });

        reply.Status.ShouldBe(HttpStatusCode.BadRequest);
        reply.Line.ShouldContain("archived");
    }

    [Theory]
    [InlineData("https://forge.test/octo/hello/issues/99", "has no issue 99")]
    [InlineData("https://forge.test/octo/hello/issues/13", "is closed")]
    [InlineData("https://forge.test/octo/hello/issues/14", "is locked")]
    [InlineData("https://forge.test/octo/hello/issues/15", "is a pull request")]
    [InlineData("https://github.com/octo/hello/issues/12", "ticketUrl is on github.com, but Octo/Hello is on forge.test")]
    [InlineData("https://forge.test:8443/octo/hello/issues/12", "ticketUrl is on forge.test:8443")]
    [InlineData("https://forge.test.evil.example/octo/hello/issues/12", "ticketUrl is on")]
    [InlineData("https://gist.forge.test/octo/hello/issues/12", "ticketUrl is on")]
    [InlineData("http://forge.test/octo/hello/issues/12", "is not https")]
    public async Task Create_IssueThatCannotBeWorkedOn_Is422WithOneLine(string ticketUrl, string says)
    {
        _api.Forge.OpenIssue(13, "Closed", "");
        _api.Forge.SetIssue(13, i => i with { IsOpen = false });
        _api.Forge.OpenIssue(14, "Locked", "");
        _api.Forge.SetIssue(14, i => i with { IsLocked = true });
        _api.Forge.OpenPull(15, "feature", new string('c', 40));

        await ShouldRefuseAsync(new { repo = "octo/hello", ticketUrl }, says);
    }

    [Theory]
    [InlineData("https://www.forge.test/octo/hello/issues/12")]
    [InlineData("HTTPS://FORGE.test/octo/hello/issues/12?q=is%3Aopen#issuecomment-5")]
    [InlineData("https://forge.test:443/octo/hello/issues/12/")]
    public async Task Create_TicketAsABrowserShowsIt_Starts(string ticketUrl) =>
        (await _api.CreateAsync(new { repo = "octo/hello", ticketUrl })).Status.ShouldBe(HttpStatusCode.Accepted);

    [Fact]
    public async Task Create_BranchMissing_Is422NamingIt()
    {
        await ShouldRefuseAsync(new { repo = "octo/hello", goal = "g", baseBranch = "no-such" }, "has no branch no-such");
        await ShouldRefuseAsync(new { repo = "octo/hello", ticketUrl = "https://forge.test/octo/hello/issues/12", baseBranch = "release" }, "has no branch release");
        _api.Forge.Branches.Clear();
        await ShouldRefuseAsync(new { repo = "octo/hello", goal = "g" }, "main of Octo/Hello has no commit");
    }

    [Fact]
    public async Task Create_BotMayNotWrite_Is422AndWhereTheForgeDoesNotSayItStarts()
    {
        _api.Forge.MayWrite = false;
        await ShouldRefuseAsync(new { repo = "octo/hello", goal = "g" }, "(coding-agent) has no write access to Octo/Hello");
        _api.Forge.MayWrite = null;
        (await _api.CreateAsync(new { repo = "octo/hello", goal = "g" })).Status.ShouldBe(HttpStatusCode.Accepted);
    }

    [Theory]
    [InlineData("acme/*", false)]
    [InlineData("acme/hello, Octo/other", false)]
    [InlineData("OCTO/hello", true)]
    [InlineData("octo/*", true)]
    [InlineData("", true)]
    public async Task Create_RepositoryServedOrNot_IsAsConfigured(string repositories, bool isServed)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new(ServedRepositories.KeyOf(ForgeKind.GitHub), repositories)]).Build();
        await using var api = await ApiHost.StartAsync(new ServedRepositories(new Dictionary<ForgeKind, IReadOnlyList<string>> { [ForgeKind.GitHub] = ServedRepositories.Read(configuration, ForgeKind.GitHub) }));
        var reply = await api.CreateAsync(new { repo = "octo/hello", goal = "g" });
        reply.Status.ShouldBe(isServed ? HttpStatusCode.Accepted : HttpStatusCode.UnprocessableEntity);
        if (!isServed)
            reply.Line.ShouldContain("Forge:GitHub:Repositories");
    }

    [Fact]
    public async Task Create_ForgeRefusesOurToken_Is503BecauseNothingIsKnown()
    {
        _api.Forge.RefusesToken = true;
        var reply = await _api.CreateAsync(new { repo = "octo/hello", goal = "g" });
        (reply.Status, reply.HasRetryAfter).ShouldBe((HttpStatusCode.ServiceUnavailable, true));
        reply.Line.ShouldContain("does not accept this service's token");
    }

    private async Task ShouldRefuseAsync(object request, string says)
    {
        var reply = await _api.CreateAsync(request);
        reply.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        reply.Line.ShouldContain(says);
        _api.Gateway.Calls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Create_ForgeOrTemporalAway_Is503AndWorksLater(bool forge)
    {
        _api.Forge.IsAway = forge;
        _api.Gateway.IsAway = !forge;
        var reply = await _api.CreateAsync(new { repo = "octo/hello", goal = "g" });
        reply.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        reply.HasRetryAfter.ShouldBeTrue();
        reply.Line.ShouldContain("away");

        _api.Forge.IsAway = _api.Gateway.IsAway = false;
        (await _api.CreateAsync(new { repo = "octo/hello", goal = "g" })).Status.ShouldBe(HttpStatusCode.Accepted);
    }
}
