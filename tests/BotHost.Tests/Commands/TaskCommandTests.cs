using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CodingAgent.Agents.Cohort;
using CodingAgent.BotHost.Tests.Api;
using CodingAgent.Storage;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CodingAgent.BotHost.Tests.Commands;

public sealed class TaskCommandTests : IDisposable
{
    private static readonly TaskId Issue12 = TaskId.ForIssue(ApiHost.Repo, 12);

    private readonly ChildProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Theory]
    [InlineData("task", "list", "--help")]
    [InlineData("task", "--help")]
    [InlineData("task", "create", "--help")]
    [InlineData("serve", "--help")]
    [InlineData("doctor", "--help")]
    [InlineData("temporal-server", "--help")]
    [InlineData("--help")]
    public async Task Help_SecretsInTheEnvironment_AreNotShown(params string[] arguments)
    {
        _program.Environment["CODINGAGENT_API_KEY"] = "hunter2-key";
        _program.Environment["CODINGAGENT_URL"] = "https://ann:hunter2@service.example";
        _program.Environment["Temporal__ApiKey"] = "hunter2-temporal";

        var result = await _program.RunAsync(arguments);

        string.Join('\n', [.. result.Output, .. result.Error]).ShouldNotContain("hunter2");
        result.ExitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData("CODINGAGENT_URL", "https://ann:hunter2@service.example", "CODINGAGENT_URL is no http or https address without credentials")]
    [InlineData("CODINGAGENT_URL", "sk-hunter2-in-the-wrong-place", "CODINGAGENT_URL is no http or https address")]
    [InlineData("CODINGAGENT_API_KEY", "hunter2 with blanks", "set CODINGAGENT_API_KEY")]
    [InlineData("CODINGAGENT_API_KEY", "", "set CODINGAGENT_API_KEY")]
    public async Task List_SetWrong_IsOneLineWithoutTheSecret(string variable, string value, string says)
    {
        _program.Environment["CODINGAGENT_API_KEY"] = "hunter2-key";
        _program.Environment[variable] = value;

        var result = await _program.RunAsync("task", "list");

        var line = result.Error.ShouldHaveSingleItem();
        line.ShouldStartWith("codingagent: ");
        line.ShouldContain(says);
        line.ShouldNotContain("hunter2");
        result.ExitCode.ShouldBe(2);
    }

    [Fact]
    public async Task List_NobodyThere_IsOneLine()
    {
        _program.Environment["CODINGAGENT_API_KEY"] = "hunter2-key";
        var result = await _program.RunAsync("task", "list", "--url", $"http://127.0.0.1:{ChildProgram.FreePort()}");
        result.Error.ShouldHaveSingleItem().ShouldContain("Is the service running?");
        result.ExitCode.ShouldBe(3);
    }

    [Fact]
    public async Task List_Filters_ReachTheServiceAsTheyWereWritten()
    {
        await using var api = await StartAsync();
        await api.ProjectAsync(TaskId.ForIssue(ApiHost.Repo, 12), TaskState.Editing);
        await api.ProjectAsync(TaskId.ForIssue(ApiHost.Repo, 13), TaskState.Failed);

        var found = await _program.RunAsync("task", "list", "--repo", "octo/hello", "--state", "failed", "--state", "Merged", "--updated-after", "2026-11-22T13:59:59+02:00", "--limit", "5", "--json");
        found.ExitCode.ShouldBe(0, string.Join('\n', found.Error));
        found.Output.Count(l => l.Contains("\"id\": \"task/github:octo/hello/issue/13\"", StringComparison.Ordinal)).ShouldBe(1);
        found.Output.ShouldNotContain(l => l.Contains("issue/12", StringComparison.Ordinal));

        var refused = await _program.RunAsync("task", "list", "--requested-by", "a&state=nonsense", "--limit", "0");
        refused.Error.ShouldHaveSingleItem().ShouldContain("limit is '0'");
        refused.ExitCode.ShouldBe(1);
    }

    /// <summary>All there is as lines, then what comes until the end; a task that nobody knows is one line.</summary>
    [Fact]
    public async Task Logs_OfATask_AreLinesAndFollowedToItsEnd()
    {
        await using var api = await StartAsync();
        var id = TaskId.ForIssue(ApiHost.Repo, 12);
        await api.ProjectAsync(id, TaskState.Editing);
        await api.Log.AppendAsync(id, [new TaskLogEntry(ApiHost.Now, TaskLogKind.Step, "The coder edits") { State = "Editing" }, new TaskLogEntry(ApiHost.Now, TaskLogKind.Said, "done") { Agent = "coder", Turn = 2 }], default);

        var page = await _program.RunAsync("task", "logs", id.ToString());
        page.Output.Select(l => l[10..]).ShouldBe(["Editing: The coder edits", "coder 2 answers: done"]);
        page.ExitCode.ShouldBe(0);

        using var following = _program.Start("task", "logs", id.ToString(), "--follow", "--json");
        await api.Log.AppendAsync(id, [new TaskLogEntry(ApiHost.Now, TaskLogKind.Step, "merged") { State = "Merged" }], default);
        await api.ProjectAsync(id, TaskState.Merged);
        var followed = await following.EndAsync();
        followed.Output.Length.ShouldBe(3, string.Join('\n', followed.Error));
        followed.Output[2].ShouldContain("\"state\":\"Merged\"");
        followed.ExitCode.ShouldBe(0);

        var unknown = await _program.RunAsync("task", "logs", "task/github:octo/hello/issue/99");
        unknown.Error.ShouldHaveSingleItem().ShouldContain("There is no task");
        unknown.ExitCode.ShouldBe(5);
    }

    /// <summary>Behind a pipe nothing is cut, wrapped or drawn: a line a task, whatever its title holds.</summary>
    [Fact]
    public async Task List_BehindAPipe_IsALineATaskWhole()
    {
        await using var api = await StartAsync();
        var title = $"wide 漢字 {new string('x', 150)}\ttab\nline \u001b[2J\u202e [red]markup[/]";
        await api.Tasks.UpsertAsync(await api.ProjectAsync(Issue12, TaskState.Editing) with { Version = 2, Title = title }, default);

        var list = await _program.RunAsync("task", "list");

        var columns = list.Output.ShouldHaveSingleItem().Split('\t');
        columns[..4].ShouldBe(["task/github:octo/hello/issue/12", "Editing", "Implement", ""]);
        columns[5].ShouldBe($"wide 漢字 {new string('x', 150)} tab line [U+001B][2J[U+202E] [red]markup[/]");
        list.Error.ShouldBeEmpty();
    }

    /// <summary>On a terminal the title gives way, never an id; one that says it has no columns is taken for a usual one.</summary>
    [Theory]
    [InlineData(120)]
    [InlineData(60)]
    [InlineData(42)]
    [InlineData(0)]
    public async Task List_OnATerminal_IsATableThatFits(int columns)
    {
        await using var api = await StartAsync();
        await api.Tasks.UpsertAsync(await api.ProjectAsync(Issue12, TaskState.Editing) with { Version = 2, Title = $"漢字 [red]{new string('x', 150)}\u001b[2J" }, default);

        using var list = _program.StartOnTerminal("codingagent task list", columns, 24);
        var lines = (await list.EndAsync()).Output.Select(l => Regex.Replace(l, "\u001b(\\[[0-9;?]*[a-zA-Z]|[=>])", "").TrimEnd()).ToArray();

        lines[0].ShouldMatch("TASK +STATE");
        lines[1].ShouldStartWith("task/github:octo/hello/issue/12 Editing");
        lines.Length.ShouldBe(2);
        // The ideographs are two columns wide each.
        (lines[1].Length + lines[1].Count(c => c > 'z')).ShouldBeLessThan(columns == 0 ? 80 : columns);
        if (columns == 120)
            lines[1].ShouldContain("漢字 [red]xxx");
    }

    [Fact]
    public async Task List_OnATerminalThatIsToStayPlain_IsATableWithoutControlCodes()
    {
        await using var api = await StartAsync();
        await api.ProjectAsync(Issue12, TaskState.Editing);

        using var list = _program.StartOnTerminal("export NO_COLOR=1; codingagent task list", 100, 24);
        var lines = (await list.EndAsync()).Output;

        string.Concat(lines).ShouldNotContain('\u001b');
        lines[1].Trim().ShouldMatch("^task/github:octo/hello/issue/12 Editing .* a title$");
    }

    [Fact]
    public async Task AnyCall_WhoseOutputHasNoRoom_SaysSo()
    {
        await using var api = await StartAsync();
        await api.ProjectAsync(Issue12, TaskState.Editing);

        using var full = _program.StartBash($"codingagent task show {Issue12} > /dev/full; echo ended $?");
        var end = await full.EndAsync();

        end.Error.ShouldHaveSingleItem().ShouldStartWith("codingagent: the output cannot be written: No space left");
        end.Output.ShouldBe(["ended 1"]);
    }

    [Fact]
    public async Task AnyCall_ToSomethingElse_SaysSo()
    {
        _program.Environment["CODINGAGENT_API_KEY"] = "some-key";
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        await using var portal = builder.Build();
        portal.MapFallback(() => Results.Content("<html>Log in", "text/html"));
        await portal.StartAsync();

        foreach (var arguments in new string[][] { ["list"], ["logs", "x", "--follow"], ["watch", "x"], ["stop", "x"] })
            await ShouldEndAsync(1, "is it this service?", [.. arguments, "--url", portal.Urls.Single()]);
    }

    [Fact]
    public async Task List_MoreThanAPage_SaysSoAndShowsAllWhenAsked()
    {
        await using var api = await StartAsync();
        for (var i = 1; i <= 5; i++)
            await api.ProjectAsync(TaskId.ForIssue(ApiHost.Repo, i), TaskState.Editing);

        var page = await _program.RunAsync("task", "list", "--limit", "2", "--state", "Editing");
        page.Output.Length.ShouldBe(2);
        page.Error.ShouldHaveSingleItem().ShouldContain("--all");
        page.ExitCode.ShouldBe(0);

        var all = await _program.RunAsync("task", "list", "--limit", "2", "--all", "--json");
        JsonNode.Parse(string.Join('\n', all.Output))!.AsArray().Select(t => t!["id"]!.GetValue<string>()).Distinct().Count().ShouldBe(5);
        all.Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task Show_ATaskThatWaits_HasItsPlanAndHowToAnswer()
    {
        await using var api = await StartAsync();
        var plan = new Plan("Payments are retried.", [], [new("src/A.cs", "Retry \u001b[31m")], [], ["A doubled charge."], []);
        await api.Tasks.UpsertAsync(
            await api.ProjectAsync(Issue12, TaskState.AwaitingApproval, pull: 34) with { Version = 2, Plan = new ShownPlan(plan, 1, "abcdef123456", null), PullUrl = new Uri("https://forge.test/pull/34"), PullIsDraft = true }, default);

        var shown = await _program.RunAsync("task", "show", Issue12.ToString());

        shown.Output.ShouldContain("state         AwaitingApproval: a step");
        shown.Output.ShouldContain("pull request  #34 (draft) https://forge.test/pull/34");
        shown.Output.ShouldContain("approve       codingagent task approve 'task/github:octo/hello/issue/12' --plan abcdef123456");
        shown.Output.ShouldContain("reject        codingagent task reject 'task/github:octo/hello/issue/12' WHY");
        shown.Output.ShouldContain(l => l.Contains("| `src/A.cs` | Retry", StringComparison.Ordinal));
        string.Concat(shown.Output).ShouldNotContain('\u001b');

        // A program reads what the API says, all of it.
        var json = await _program.RunAsync("task", "show", Issue12.ToString(), "--json");
        ApiContract.Hold("show --json", ApiContract.Schema("TaskResponse"), string.Join('\n', json.Output));
    }

    [Theory]
    [InlineData("show")]
    [InlineData("watch")]
    [InlineData("logs")]
    [InlineData("approve")]
    [InlineData("reject")]
    [InlineData("stop")]
    public async Task AnyOfATask_WithoutItsId_SaysHowToGetOne(string verb)
    {
        _program.Environment["CODINGAGENT_API_KEY"] = "some-key";
        var result = await _program.RunAsync("task", verb);
        result.Error.ShouldHaveSingleItem().ShouldContain("'codingagent task list' shows the ids");
        result.ExitCode.ShouldBe(2);
    }

    /// <summary>Each way to be refused is one line, and a number that a script can tell from the others.</summary>
    [Fact]
    public async Task AnyCall_Refused_EndsWithItsOwnNumber()
    {
        await using var api = await StartAsync();
        await api.ProjectAsync(Issue12, TaskState.Merged);
        await api.ProjectAsync(TaskId.ForIssue(ApiHost.Repo, 13), TaskState.Editing);
        var viewer = (await api.Keys.CreateAsync("viewer", ApiRole.Viewer, null, default))!;

        (await _program.RunAsync("task", "lst")).ExitCode.ShouldBe(2);
        (await _program.RunAsync("task", "reject", Issue12.ToString())).ExitCode.ShouldBe(2);
        await ShouldEndAsync(1, "repo is 'hello'", "create", "hello", "--goal", "x");
        await ShouldEndAsync(4, "Send an API key", "list", "--api-key", "wrong");
        await ShouldEndAsync(4, "role viewer", "retry", "task/github:octo/hello/issue/13", "--api-key", viewer);
        await ShouldEndAsync(5, "There is no task", "show", "task/github:octo/hello/issue/99");
        await ShouldEndAsync(6, "has ended (Merged)", "review", Issue12.ToString(), "Use a queue.");
        api.Forge.IsAway = true;
        await ShouldEndAsync(3, "try again later", "create", "octo/hello", "--goal", "x");
    }

    [Fact]
    public async Task Signals_AreWhatTheServiceIsTold()
    {
        await using var api = await StartAsync();
        var id = Issue12.ToString();
        await api.CreateAsync(new { repo = "octo/hello", ticketUrl = "https://forge.test/Octo/Hello/issues/12" });
        await api.ProjectAsync(Issue12, TaskState.AwaitingReview);

        var retried = await _program.RunAsync("task", "retry", id, "--idempotency-key", "k1");
        retried.Output.ShouldBe([$"{id}: told to retry."]);
        retried.ExitCode.ShouldBe(0);
        using (var piped = _program.StartBash($"printf 'Use a queue.\\nAnd \"quotes\".' | codingagent task review {id} - --json"))
            JsonNode.Parse(string.Join('\n', (await piped.EndAsync()).Output))!["signal"]!.GetValue<string>().ShouldBe("review");

        var told = api.Gateway.MessagesOf(Issue12);
        told.Select(m => m.DeliveryId).ShouldContain("rest:retry:k1");
        told[^1].ShouldBeOfType<CodingTaskSignal.CommentWritten>().Body.ShouldBe("Use a queue.\nAnd \"quotes\".");
    }

    [Fact]
    public async Task Create_WithEverything_PrintsTheIdAlone()
    {
        await using var api = await StartAsync();

        var made = await _program.RunAsync(
            "task", "create", "octo/hello", "--goal", "Retry payments", "--job", "plan", "--base", "release/2.0", "--accept", "a", "--accept", "b", "--constraint", "c", "--words", "now", "--idempotency-key", "one");

        made.Output.ShouldBe(["task/github:octo/hello/goal/one"], string.Join('\n', made.Error));
        var input = api.Gateway.Inputs.ShouldHaveSingleItem();
        (input.Goal, input.BaseBranch, input.Words, input.AsksForPlan, input.AcceptanceCriteria.Count, input.Constraints.Count).ShouldBe(("Retry payments", "release/2.0", "now", true, 2, 1));
    }

    /// <summary>What waits for more waits for somebody: with its reader it ends, and says so as SIGPIPE would.</summary>
    [Fact]
    public async Task Logs_FollowedByWhoHasSeenEnough_End()
    {
        await using var api = await StartAsync();
        await api.ProjectAsync(Issue12, TaskState.Editing);

        await api.Log.AppendAsync(Issue12, [new TaskLogEntry(ApiHost.Now, TaskLogKind.Step, "a step") { State = "Editing" }], default);

        using var piped = _program.StartBash($"codingagent task logs {Issue12} --follow | head -1; echo ended ${{PIPESTATUS[0]}}");

        await piped.LineAfterAsync("Editing: a step");
        (await piped.EndAsync()).Output.ShouldContain("ended 141");
    }

    private async Task<ApiHost> StartAsync()
    {
        var api = await ApiHost.StartAsync();
        _program.Environment["CODINGAGENT_API_KEY"] = ApiHost.Key;
        _program.Environment["CODINGAGENT_URL"] = api.Address.AbsoluteUri;
        return api;
    }

    private async Task ShouldEndAsync(int exitCode, string says, params string[] arguments)
    {
        var result = await _program.RunAsync(["task", .. arguments]);
        var line = result.Error.ShouldHaveSingleItem();
        line.ShouldStartWith("codingagent: ");
        line.ShouldContain(says);
        result.ExitCode.ShouldBe(exitCode, line);
        result.Output.ShouldBeEmpty();
    }
}
