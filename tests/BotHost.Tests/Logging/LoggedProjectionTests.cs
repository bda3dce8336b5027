using System.Collections.Concurrent;
using CodingAgent.BotHost.Logging;
using CodingAgent.BotHost.Tests.Api;
using CodingAgent.BotHost.Tests.GitHub;
using CodingAgent.Storage;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Secrets;
using CodingAgent.Workflows.Tasks;
using Microsoft.Extensions.Logging;

namespace CodingAgent.BotHost.Tests.Logging;

public sealed class LoggedProjectionTests : IDisposable
{
    private static readonly TaskId Id = TaskId.ForIssue(ApiHost.Repo, 12);

    private readonly string _folder = Directory.CreateTempSubdirectory("logged-tests-").FullName;
    private readonly ConcurrentQueue<string> _log = WebhookHost.NewLog();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Task_EachStep_IsOneLineWithItsIdHoweverOftenItIsTold()
    {
        using var database = await SqliteDatabase.OpenAsync(Path.Combine(_folder, "bot.db"), default);
        using var loggers = LoggerFactory.Create(b => b.AddProvider(new WebhookHost.Collector(_log)));
        var taskLog = new TaskLog(database, new PayloadCipher(new byte[PayloadCipher.KeySize]));
        var projection = new LoggedProjection(new TaskProjection(database), taskLog, new Redaction(["hunter2-hunter2"]), loggers.CreateLogger<LoggedProjection>());
        var task = new TaskSummary(Id, 1, "run", TaskKind.Implement, TaskState.Planning, "The planner reads", "", "t", "mona", 12, null, null, null, 0, 0, 0, ApiHost.Now, ApiHost.Now);

        await projection.UpsertAsync(task, default);
        await projection.UpsertAsync(task with { Version = 2, InputTokens = 500 }, default);
        await projection.UpsertAsync(task with { Version = 3, State = TaskState.Editing, Step = "The coder edits" }, default);
        var failed = task with { Version = 4, State = TaskState.Failed, Step = "", Reason = "two\nlines, hunter2-hunter2" };
        await projection.UpsertAsync(failed, default);
        await projection.UpsertAsync(failed, default);

        _log.ShouldBe([
            "task/github:octo/hello/issue/12 Planning: The planner reads",
            "task/github:octo/hello/issue/12 Editing: The coder edits",
            "task/github:octo/hello/issue/12 Failed:  (two lines, ***)",
        ]);
        var kept = (await projection.FindAsync(Id, default))!;
        (kept.State, kept.Reason).ShouldBe((TaskState.Failed, "two\nlines, ***"), "REST tells it from here");
        (await taskLog.ReadAsync(Id, 0, 10, default)).Select(r => (r.Entry.State, r.Entry.Text)).ShouldBe([("Planning", "The planner reads"), ("Editing", "The coder edits"), ("Failed", "two\nlines, ***")]);
    }
}
