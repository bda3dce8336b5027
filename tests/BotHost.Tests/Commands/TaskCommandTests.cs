using CodingAgent.BotHost.Tests.Api;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Tests.Commands;

public sealed class TaskCommandTests : IDisposable
{
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
        result.ExitCode.ShouldBe(1);
    }

    [Fact]
    public async Task List_Filters_ReachTheServiceAsTheyWereWritten()
    {
        await using var api = await ApiHost.StartAsync();
        await api.ProjectAsync(TaskId.ForIssue(ApiHost.Repo, 12), TaskState.Editing);
        await api.ProjectAsync(TaskId.ForIssue(ApiHost.Repo, 13), TaskState.Failed);
        _program.Environment["CODINGAGENT_API_KEY"] = ApiHost.Key;
        _program.Environment["CODINGAGENT_URL"] = api.Address.AbsoluteUri;

        var found = await _program.RunAsync("task", "list", "--repo", "octo/hello", "--state", "failed", "--state", "Merged", "--updated-after", "2026-11-22T13:59:59+02:00", "--limit", "5");
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
        await using var api = await ApiHost.StartAsync();
        var id = TaskId.ForIssue(ApiHost.Repo, 12);
        await api.ProjectAsync(id, TaskState.Editing);
        await api.Log.AppendAsync(id, [new TaskLogEntry(ApiHost.Now, TaskLogKind.Step, "The coder edits") { State = "Editing" }, new TaskLogEntry(ApiHost.Now, TaskLogKind.Said, "done") { Agent = "coder", Turn = 2 }], default);
        _program.Environment["CODINGAGENT_API_KEY"] = ApiHost.Key;
        _program.Environment["CODINGAGENT_URL"] = api.Address.AbsoluteUri;

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
        unknown.ExitCode.ShouldBe(1);
    }
}
