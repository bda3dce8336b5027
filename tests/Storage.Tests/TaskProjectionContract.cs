using CodingAgent.Agents;
using CodingAgent.Forges;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Storage.Tests;

/// <summary>What every task projection must do.</summary>
public abstract class TaskProjectionContract
{
    private static readonly RepoRef Repo = RepoRef.Parse("github:Octo/Hello");
    private static readonly DateTimeOffset Start = DateTimeOffset.Parse("2026-11-22T10:00:00Z");

    private static readonly ModelUse[] Models = [new("m", new Usage(3, 100, 20, 0, 0), 1.25m, true)];
    private static readonly string[] Warnings = ["coding-agent.yml is not read"];
    private static readonly AgentUse[] Agents = [new("coder", "0a1b2c3d4e5f", 3, new Usage(3, 100, 20, 0, 0), 1.25m)];

    private static readonly TaskSummary.Part[] Parts = [new(TaskId.ForIssue(Repo, 12) with { Part = "abcdef-1" }, "canaries: a", "waits for a review", 35), new(null, "batch 2 of 2: b", "waits", null)];

    protected abstract ITaskProjection Tasks { get; }

    [Fact]
    public async Task Upsert_New_ComesBackWhole()
    {
        var task = Summary(12, 3) with { Pull = 34, Branch = "agent/issue-12", HeadSha = "abc", CostUsd = 1.25m, Reason = "ünïcode \"quoted\"", Models = Models, Warnings = Warnings, Agents = Agents, Variant = "brief", Parts = Parts };
        await Tasks.UpsertAsync(task, default);
        foreach (var found in new[] { await Tasks.FindAsync(task.Id, default), await Tasks.FindAsync(TaskId.Parse("task/github:octo/hello/issue/12"), default) })
        {
            found.ShouldNotBeNull().Models.ShouldBe(Models);
            found.Warnings.ShouldBe(Warnings);
            found.Agents.ShouldBe(Agents);
            found.Parts.ShouldBe(Parts);
            (found with { Models = Models, Warnings = Warnings, Agents = Agents, Parts = Parts }).ShouldBe(task);
        }

        (await Tasks.FindAsync(TaskId.ForIssue(Repo, 13), default)).ShouldBeNull();
    }

    [Fact]
    public async Task Upsert_OlderVersion_ChangesNothing()
    {
        await Tasks.UpsertAsync(Summary(12, 5), default);
        await Tasks.UpsertAsync(Summary(12, 4) with { State = TaskState.Planning }, default);
        (await Tasks.FindAsync(TaskId.ForIssue(Repo, 12), default))!.Version.ShouldBe(5);
        await Tasks.UpsertAsync(Summary(12, 6), default);
        (await Tasks.FindAsync(TaskId.ForIssue(Repo, 12), default))!.Version.ShouldBe(6);
    }

    [Fact]
    public async Task Upsert_LaterRun_WinsWithALowerVersionAndForGood()
    {
        await Tasks.UpsertAsync(Summary(12, 9), default);
        await Tasks.UpsertAsync(Summary(12, 1) with { RunId = "run2", CreatedAt = Start.AddHours(1) }, default);
        await Tasks.UpsertAsync(Summary(12, 10), default);
        var found = await Tasks.FindAsync(TaskId.ForIssue(Repo, 12), default);
        (found!.RunId, found.Version).ShouldBe(("run2", 1));
    }

    [Fact]
    public async Task List_Several_NewestFirst()
    {
        for (var i = 1; i <= 4; i++)
            await Tasks.UpsertAsync(Summary(i, 1) with { CreatedAt = Start.AddMinutes(i) }, default);
        (await Tasks.ListAsync(3, default)).Select(t => t.Issue).ShouldBe([4, 3, 2]);
    }

    private static TaskSummary Summary(int issue, long version) => new(
        TaskId.ForIssue(Repo, issue), version, "run1", TaskKind.Implement, TaskState.Editing, "editing", "", "Add retries", "mona",
        issue, null, null, null, 100, 20, 0.5m, Start, Start.AddMinutes(version));
}
