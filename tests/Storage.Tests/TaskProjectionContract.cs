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

    private static readonly TaskSummary.Check[] Checks = [new("test", false, "timed out", 90.5) { PassedBefore = true }];

    private static readonly TaskSummary.Verdict[] Verdicts = [new("paths", false, false, "docs/a.md is not in the plan"), new("dependencies", true, true, "a new package")];

    protected abstract ITaskProjection Tasks { get; }

    [Fact]
    public async Task Upsert_New_ComesBackWhole()
    {
        var task = Summary(12, 3) with
        {
            Pull = 34,
            Branch = "agent/issue-12",
            HeadSha = "abc",
            CostUsd = 1.25m,
            Reason = "ünïcode \"quoted\"",
            Models = Models,
            Warnings = Warnings,
            Agents = Agents,
            Variant = "brief",
            Parts = Parts,
            PullUrl = new Uri("https://forge.test/octo/hello/pull/34"),
            PullIsDraft = true,
            Ci = CiVerdict.Red,
            CiRemarks = Warnings,
            Checks = Checks,
            CheckedTree = "def",
            Risks = Warnings,
            Verdicts = Verdicts,
            Proved = Warnings,
            Budget = new(120, 2_000_000, 1.25m, 5m, TimeSpan.FromMinutes(3), TimeSpan.FromMinutes(45), 1, 3, 2, 5),
        };
        await Tasks.UpsertAsync(task, default);
        foreach (var found in new[] { await Tasks.FindAsync(task.Id, default), await Tasks.FindAsync(TaskId.Parse("task/github:octo/hello/issue/12"), default) })
        {
            found.ShouldNotBeNull().Models.ShouldBe(Models);
            found.Warnings.ShouldBe(Warnings);
            found.Agents.ShouldBe(Agents);
            found.Parts.ShouldBe(Parts);
            found.CiRemarks.ShouldBe(Warnings);
            found.Risks.ShouldBe(Warnings);
            found.Checks.ShouldBe(Checks);
            found.Verdicts.ShouldBe(Verdicts);
            found.Proved.ShouldBe(Warnings);
            (found with { Models = Models, Warnings = Warnings, Agents = Agents, Parts = Parts, CiRemarks = Warnings, Risks = Warnings, Checks = Checks, Verdicts = Verdicts, Proved = Warnings }).ShouldBe(task);
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
        (await Tasks.ListAsync(new TaskQuery(3), default)).Select(t => t.Issue).ShouldBe([4, 3, 2]);
    }

    [Fact]
    public async Task List_PagesWhileTasksChange_ShowsEachOnce()
    {
        // Several of one moment: the id tells which comes first.
        for (var i = 1; i <= 7; i++)
            await Tasks.UpsertAsync(Summary(i, 1) with { CreatedAt = Start.AddMinutes(i / 3) }, default);
        List<TaskSummary> seen = [];
        while (await Tasks.ListAsync(new TaskQuery(2) { After = seen.Count == 0 ? null : TaskPlace.Of(seen[^1]) }, default) is { Count: > 0 } page)
        {
            seen.AddRange(page);
            await Tasks.UpsertAsync(Summary(100 + seen.Count, 1) with { CreatedAt = Start.AddHours(1) }, default);
            await Tasks.UpsertAsync(page[0] with { Version = 50, UpdatedAt = Start.AddDays(1), State = TaskState.Merged }, default);
        }

        seen.Select(t => t.Issue).ShouldBe([6, 7, 3, 4, 5, 1, 2]);
    }

    [Fact]
    public async Task List_Filtered_ShowsWhatHoldsForAllOfThem()
    {
        var sub = RepoRef.Parse("gitlab:octo/hello/sub");
        await Tasks.UpsertAsync(Summary(1, 1), default);
        await Tasks.UpsertAsync(Summary(2, 2) with { State = TaskState.Merged, RequestedBy = "Hubot" }, default);
        await Tasks.UpsertAsync(Summary(3, 3) with { Kind = TaskKind.Fix, Elsewhere = sub }, default);
        await Tasks.UpsertAsync(Summary(4, 4) with { Id = TaskId.ForIssue(sub, 4), State = TaskState.Failed }, default);

        (await FoundAsync(new(9) { Repo = RepoRef.Parse("github:OCTO/hello") })).ShouldBe([1, 2]);
        (await FoundAsync(new(9) { Repo = sub })).ShouldBe([3, 4], ignoreOrder: true);
        (await FoundAsync(new(9) { Repo = RepoRef.Parse("gitlab:octo/hello") })).ShouldBeEmpty("a group's project is not its subgroup's");
        (await FoundAsync(new(9) { States = [TaskState.Merged, TaskState.Failed] })).ShouldBe([2, 4], ignoreOrder: true);
        (await FoundAsync(new(9) { Kinds = [TaskKind.Fix] })).ShouldBe([3]);
        (await FoundAsync(new(9) { RequestedBy = "hubot" })).ShouldBe([2]);
        (await FoundAsync(new(9) { RequestedBy = "hub%" })).ShouldBeEmpty();
        (await FoundAsync(new(9) { UpdatedAfter = Start.AddMinutes(2) })).ShouldBe([3, 4], ignoreOrder: true);
        (await FoundAsync(new(9) { States = [TaskState.Failed], RequestedBy = "mona", Repo = sub })).ShouldBe([4]);
        (await FoundAsync(new(9) { States = [TaskState.Failed], Kinds = [TaskKind.Fix] })).ShouldBeEmpty();
    }

    [Fact]
    public async Task List_WithinRepositories_ShowsWhatIsWhollyInThem()
    {
        var (sub, other) = (RepoRef.Parse("gitlab:octo/hello/sub"), RepoRef.Parse("github:octo/other"));
        await Tasks.UpsertAsync(Summary(1, 1), default);
        await Tasks.UpsertAsync(Summary(2, 2) with { Elsewhere = other }, default);
        await Tasks.UpsertAsync(Summary(3, 3) with { Id = TaskId.ForIssue(sub, 3), CreatedAt = Start.AddHours(1) }, default);
        await Tasks.UpsertAsync(Summary(4, 4) with { Id = new TaskId(other, TaskAnchor.Goal, "a-goal") }, default);

        (await FoundAsync(new(9) { Within = [] })).ShouldBeEmpty();
        (await FoundAsync(new(9) { Within = [RepoRef.Parse("github:OCTO/HELLO")] })).ShouldBe([1], "the other works elsewhere, too");
        (await FoundAsync(new(9) { Within = [Repo, other] })).ShouldBe([1, 2, 4], ignoreOrder: true);
        (await FoundAsync(new(9) { Within = [other, sub], Repo = other })).ShouldBe([4]);
        (await FoundAsync(new(9) { Within = [RepoRef.Parse("gitlab:octo/hello")] })).ShouldBeEmpty();

        (await Tasks.ListRepositoriesAsync(ForgeKind.GitHub, 9, default)).ShouldBe([Repo, other], ignoreOrder: true);
        (await Tasks.ListRepositoriesAsync(ForgeKind.GitLab, 9, default)).ShouldBe([sub]);
        (await Tasks.ListRepositoriesAsync(ForgeKind.GitHub, 1, default)).Count.ShouldBe(1);
    }

    private async Task<IEnumerable<int?>> FoundAsync(TaskQuery query) => (await Tasks.ListAsync(query, default)).Select(t => t.Issue);

    private static TaskSummary Summary(int issue, long version) => new(
        TaskId.ForIssue(Repo, issue), version, "run1", TaskKind.Implement, TaskState.Editing, "editing", "", "Add retries", "mona",
        issue, null, null, null, 100, 20, 0.5m, Start, Start.AddMinutes(version));
}
