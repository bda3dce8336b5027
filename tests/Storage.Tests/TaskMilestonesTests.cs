using CodingAgent.Forges;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Storage.Tests;

public sealed class TaskMilestonesTests : IDisposable
{
    private static readonly RepoRef Repo = RepoRef.Parse("github:octo/hello");
    private static readonly DateTimeOffset Start = DateTimeOffset.Parse("2026-11-22T10:00:00Z");
    private readonly SqliteFixture _fixture = new();

    private TaskMilestones Milestones => new(_fixture.Database);

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Life_ToldTwiceAndOutOfOrderAndOverTwoRuns_CountsEachThingOnce()
    {
        var refused = new Dictionary<string, int>(StringComparer.Ordinal) { ["secrets"] = 2, ["paths"] = 1 };
        TaskSummary[] life =
        [
            At(1, TaskState.Queued, 0),
            At(2, TaskState.AwaitingApproval, 5),
            At(3, TaskState.AwaitingApproval, 20),
            At(4, TaskState.Editing, 35),
            At(5, TaskState.Publishing, 38) with { Refusals = refused },
            At(6, TaskState.AwaitingCi, 40) with { Refusals = refused, Pull = 34, PullIsDraft = true },
            At(7, TaskState.AwaitingReview, 42) with { Refusals = refused, Pull = 34, PullIsDraft = false, RunId = "run2" },
            At(8, TaskState.AddressingFeedback, 50) with { Refusals = refused, Pull = 34, PullIsDraft = true, ReviewRounds = 1 },
            At(9, TaskState.ReadyToMerge, 60) with { Refusals = refused, Pull = 34, PullIsDraft = false, ReviewRounds = 1 },
            At(10, TaskState.Merged, 90) with { Refusals = refused, Pull = 34, PullIsDraft = false, ReviewRounds = 1, CostUsd = 1.25m },
        ];
        foreach (var (told, index) in life.Select((t, i) => (t, i)))
        {
            await TellAsync(told);
            await TellAsync(told);
            if (index > 0)
                await TellAsync(life[index - 1]);
        }

        (await Milestones.ListAsync(0, 100, default)).Select(m => (m.What, m.Detail, m.Duration.TotalMinutes, m.HasPull, m.Reviews, m.CostUsd)).ShouldBe([
            (TaskMilestoneKind.Waited, "AwaitingApproval", 30, false, 0, 0m),
            (TaskMilestoneKind.Refused, "secrets", 0, false, 0, 0m),
            (TaskMilestoneKind.Refused, "secrets", 0, false, 0, 0m),
            (TaskMilestoneKind.Refused, "paths", 0, false, 0, 0m),
            (TaskMilestoneKind.Ready, "", 44, true, 0, 0m),
            (TaskMilestoneKind.Waited, "AwaitingReview", 8, true, 1, 0m),
            (TaskMilestoneKind.Waited, "ReadyToMerge", 30, true, 1, 1.25m),
            (TaskMilestoneKind.Ended, "Merged", 92, true, 1, 1.25m),
        ]);
        (await Milestones.CountOpenAsync(default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task TaskBegunAnew_AndOneOnAPersonsPullRequest_CountForThemselves()
    {
        await TellAsync(At(1, TaskState.Stopped, 5));
        await TellAsync(At(1, TaskState.Queued, 60) with { CreatedAt = Start.AddHours(1), RunId = "later" });
        await TellAsync(At(2, TaskState.Failed, 61) with { CreatedAt = Start.AddHours(1), RunId = "later", RequestedAt = Start.AddHours(5) });
        await TellAsync(At(1, TaskState.AwaitingReview, 2) with { Id = TaskId.ForPull(Repo, 34), Kind = TaskKind.Fix, Pull = 34, PullIsDraft = false });

        (await Milestones.ListAsync(0, 100, default)).Select(m => (m.What, m.Detail, m.Kind, m.Duration.TotalMinutes)).ShouldBe([
            (TaskMilestoneKind.Ended, "Stopped", TaskKind.Implement, 7),
            // Asked for later than it began, by the forge's clock.
            (TaskMilestoneKind.Ended, "Failed", TaskKind.Implement, 0),
        ]);
        (await Milestones.ListAsync(1, 100, default)).ShouldHaveSingleItem();
        (await Milestones.CountOpenAsync(default)).ShouldHaveSingleItem().ShouldBe(KeyValuePair.Create(TaskState.AwaitingReview, (1, Start.AddMinutes(2))));
    }

    [Fact]
    public async Task Inbox_WhatWaits_IsCountedFromItsOldest()
    {
        var inbox = new Inbox(_fixture.Database, SqliteFixture.Cipher);
        (await Milestones.CountInboxAsync(default)).ShouldBe((0, null));
        foreach (var (id, minutes) in new[] { ("a", 0), ("b", 1), ("c", 2) })
            await inbox.AddAsync(new InboxDelivery(id, ForgeKind.GitHub, "issues", System.Text.Encoding.UTF8.GetBytes(id), Start.AddMinutes(minutes)), default);
        await inbox.MarkDoneAsync([new("a", "ignored")], default);

        (await Milestones.CountInboxAsync(default)).ShouldBe((2, Start.AddMinutes(1)));
    }

    private Task TellAsync(TaskSummary task) => new TaskProjection(_fixture.Database).UpsertAsync(task, default);

    // Asked for two minutes before it began.
    private static TaskSummary At(long version, TaskState state, int minutes) => new(
        TaskId.ForIssue(Repo, 12), version, "run1", TaskKind.Implement, state, "", "", "t", "mona", 12, null, null, null, 0, 0, 0, Start, Start.AddMinutes(minutes))
    {
        RequestedAt = Start.AddMinutes(-2),
    };
}
