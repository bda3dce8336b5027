using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CodingAgent.Agents.Cohort;
using CodingAgent.BotHost.Tests.Api;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Tests.Commands;

/// <summary><c>task watch</c> through the real program: behind a pipe, and on terminals of several kinds.</summary>
public sealed class TaskWatchTests : IAsyncLifetime
{
    private static readonly TaskId Issue12 = TaskId.ForIssue(ApiHost.Repo, 12);
    private static readonly string Watch = $"codingagent task watch {Issue12}";

    private readonly ChildProgram _program = new();

    private ApiHost _api = null!;
    private TaskSummary _task = null!;

    public async Task InitializeAsync()
    {
        _api = await ApiHost.StartAsync();
        _program.Environment["CODINGAGENT_API_KEY"] = ApiHost.Key;
        _program.Environment["CODINGAGENT_URL"] = _api.Address.AbsoluteUri;
        _task = await _api.ProjectAsync(Issue12, TaskState.Editing);
    }

    public async Task DisposeAsync()
    {
        await _api.DisposeAsync();
        _program.Dispose();
    }

    [Theory]
    [InlineData(TaskState.Merged, 0)]
    [InlineData(TaskState.Closed, 0)]
    [InlineData(TaskState.Failed, 7)]
    [InlineData(TaskState.Stopped, 7)]
    public async Task Watch_BehindAPipe_TellsInPlainLinesAndEndsAsTheTaskDid(TaskState end, int exitCode)
    {
        using var watching = _program.Start("task", "watch", Issue12.ToString());
        await watching.LineAfterAsync("title: a title");
        await LogAsync("[red]not markup[/]\u001b[2J");
        await watching.LineAfterAsync("coder 1 answers: [red]not markup[/][U+001B][2J");
        await ChangeAsync(t => t with { State = TaskState.AwaitingReview, Pull = 34, PullUrl = new Uri("https://forge.test/pull/34"), Ci = CiVerdict.Green });
        await LogAsync("published");
        await watching.LineAfterAsync("pull request: #34 https://forge.test/pull/34");
        await ChangeAsync(t => t with { State = end });

        var ended = await watching.EndAsync();

        ended.Output[^1].ShouldBe($"Ended as {end}: a step. $0.50, 10 tokens in, 20 out.");
        ended.Output.ShouldContain("ci: Green");
        ended.Output.Count(l => l.StartsWith("title:", StringComparison.Ordinal)).ShouldBe(1);
        string.Concat(ended.Output).ShouldNotContain('\u001b');
        ended.Error.ShouldBeEmpty();
        ended.ExitCode.ShouldBe(exitCode);
    }

    [Fact]
    public async Task Watch_AsJson_IsTheTaskWheneverItHasChanged()
    {
        using var watching = _program.Start("task", "watch", Issue12.ToString(), "--json");
        await watching.LineAfterAsync("\"status\":\"Editing\"");
        await LogAsync("nothing that changes it");
        await ChangeAsync(t => t with { State = TaskState.Merged });

        var ended = await watching.EndAsync();

        ended.Output.Select(l => JsonNode.Parse(l)!["status"]!.GetValue<string>()).ShouldBe(["Editing", "Merged"]);
        ApiContract.Hold("watch --json", ApiContract.Schema("TaskResponse"), ended.Output[0]);
    }

    [Fact]
    public async Task Watch_ConnectionCut_GoesOnWhereItWas()
    {
        using var relay = new CuttingRelay(_api.Address);
        _program.Environment["CODINGAGENT_URL"] = relay.Address;
        using var watching = _program.Start("task", "watch", Issue12.ToString());
        await LogAsync("one");
        await watching.LineAfterAsync("answers: one");
        // The service is away for a moment, too.
        relay.Cut(next: 3);
        await LogAsync("two");
        await watching.LineAfterAsync("answers: two");
        await ChangeAsync(t => t with { State = TaskState.Merged });

        var ended = await watching.EndAsync();

        ended.Output.Where(l => l.Contains("answers", StringComparison.Ordinal)).Select(l => l[^3..]).ShouldBe(["one", "two"]);
        ended.ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Watch_KeyRevokedMeanwhile_SaysSo()
    {
        var key = (await _api.Keys.CreateAsync("pipeline", CodingAgent.Storage.ApiRole.Viewer, null, default))!;
        _program.Environment["CODINGAGENT_API_KEY"] = key;
        using var watching = _program.Start("task", "watch", Issue12.ToString());
        await watching.LineAfterAsync("title: a title");
        await _api.Keys.RevokeAsync("pipeline", default);
        await LogAsync("something");

        var ended = await watching.EndAsync();

        ended.Error.ShouldHaveSingleItem().ShouldNotContain(key);
        ended.ExitCode.ShouldBe(4);
    }

    /// <summary>A terminal is drawn on in place: also one that says it has no size, and one whose lines are too short for what is in them.</summary>
    [Theory]
    [InlineData(100, 30)]
    [InlineData(0, 0)]
    [InlineData(20, 5)]
    [InlineData(1, 1)]
    public async Task Watch_OnATerminal_DrawsInPlaceAndLeavesTheCursor(int columns, int rows)
    {
        var plan = new Plan("Payments are retried.", [], [new("src/漢字.cs", "Retry [bold]"), new("src/B.cs", "\u001b[2J")], [], [], []);
        await ChangeAsync(t => t with { State = TaskState.AwaitingApproval, Title = $"漢字 {new string('x', 300)}", Plan = new ShownPlan(plan, 1, "abcdef123456", null) });
        using var watching = _program.StartOnTerminal(Watch, columns, rows);
        await watching.LineAfterAsync("\u001b[?25l");
        await LogAsync("words 漢字 [/]");
        await ChangeAsync(t => t with { State = TaskState.Merged });

        var ended = await watching.EndAsync();

        var drawn = string.Join('\n', ended.Output);
        drawn.ShouldContain("\u001b[?25h");
        drawn.ShouldNotContain("\u001b[2J");
        ended.ExitCode.ShouldBe(0, drawn);
        if (columns == 100)
        {
            Regex.IsMatch(drawn, "\u001b\\[[0-9]+A", RegexOptions.NonBacktracking).ShouldBeTrue();
            drawn.ShouldContain("src/漢字.cs: Retry [bold]");
            drawn.ShouldContain("coder 1 answers: words 漢字 [/]");
            drawn.ShouldContain("Merged");
        }
        else if (rows == 5)
        {
            // What matters most stays where there is no room for all.
            drawn.ShouldContain("state         Await");
            drawn.ShouldContain("12:00:00  coder 1 a");
        }
    }

    /// <summary>Who asked for plain output gets lines on a terminal, too.</summary>
    [Theory]
    [InlineData("NO_COLOR", "1")]
    [InlineData("CI", "true")]
    [InlineData("TERM", "dumb")]
    public async Task Watch_OnATerminalThatIsToStayPlain_TellsInLines(string variable, string value)
    {
        await ChangeAsync(t => t with { State = TaskState.Merged });
        using var watching = _program.StartOnTerminal($"export {variable}={value}; {Watch}", 80, 24);

        var ended = await watching.EndAsync();

        string.Concat(ended.Output).ShouldNotContain('\u001b');
        ended.Output[^1].Trim().ShouldStartWith("Ended as Merged");
    }

    [Fact]
    public async Task Watch_Interrupted_EndsAsShellsHaveIt()
    {
        using var watching = _program.Start("task", "watch", Issue12.ToString());
        await watching.LineAfterAsync("title: a title");
        watching.Interrupt();

        var ended = await watching.EndAsync();

        ended.ExitCode.ShouldBe(130);
        ended.Error.ShouldBeEmpty();
    }

    /// <summary>Ctrl-C in the middle of a drawing: the terminal is as it was.</summary>
    [Fact]
    public async Task Watch_InterruptedOnATerminal_ShowsTheCursorAgain()
    {
        using (var mkfifo = Process.Start("mkfifo", Path.Combine(_program.Folder, "keys")))
            await mkfifo.WaitForExitAsync();
        _program.Environment["TERM"] = "xterm-256color";
        using var watching = _program.StartBash($"script -qec '{Watch}' /dev/null < keys; echo ended $?");
        await using var keys = new FileStream(Path.Combine(_program.Folder, "keys"), FileMode.Open, FileAccess.Write);
        await watching.LineAfterAsync("\u001b[?25l");
        keys.WriteByte(3);
        keys.Flush();

        var ended = await watching.EndAsync();

        string.Concat(ended.Output).ShouldContain("\u001b[?25h");
        ended.Output[^1].ShouldBe("ended 130");
    }

    [Fact]
    public async Task Watch_WithoutAReader_Ends()
    {
        using var watching = _program.StartBash($"{Watch} | head -1; echo ended ${{PIPESTATUS[0]}}");
        (await watching.EndAsync()).Output[^1].ShouldBe("ended 141");
    }

    [Fact]
    public async Task Create_AndWatch_IsOne()
    {
        using var watching = _program.Start("task", "create", "octo/hello", "--ticket", "https://forge.test/Octo/Hello/issues/12", "--watch");
        await watching.LineAfterAsync("title: a title");
        await ChangeAsync(t => t with { State = TaskState.Failed });
        (await watching.EndAsync()).ExitCode.ShouldBe(7);
    }

    private async Task ChangeAsync(Func<TaskSummary, TaskSummary> change)
    {
        _task = change(_task) with { Version = _task.Version + 1 };
        await _api.Tasks.UpsertAsync(_task, default);
    }

    private Task LogAsync(string text) => _api.Log.AppendAsync(Issue12, [new TaskLogEntry(ApiHost.Now, TaskLogKind.Said, text) { Agent = "coder", Turn = 1 }], default);
}
