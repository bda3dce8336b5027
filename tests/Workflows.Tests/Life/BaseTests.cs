using CodingAgent.Forges;
using CodingAgent.Mcp.Git;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Activities;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Tests.Life;

/// <summary>The base branch moves on while a task works and waits.</summary>
public sealed class BaseTests
{
    private static readonly string Old = new('a', 40);
    private static readonly string New = new('e', 40);

    [Fact]
    public async Task Base_MovedBeforePublishing_TheWorkIsProvedOnItsNewHeadAndPublishedThere()
    {
        await using var task = await TaskHarness.StartAsync();
        task.Work.MovedBase = Moved(task);
        await task.UntilPublishedAsync();
        var publish = task.Work.Publishes.ShouldHaveSingleItem();
        (publish.BaseSha, publish.Snapshot, publish.ExpectedHead).ShouldBe((New, task.Work.MovedBase.Snapshot, null));
        // Set up, tried and proved anew; the critic had read it, and the plan stays the one that was approved.
        task.Work.Keys.Open<BuildRecord>(publish.Records!.Build)!.BaseSha.ShouldBe(New);
        publish.Records.Trials!.Select(t => task.Work.Keys.Open<EvidenceRecord>(t)!.BaseSha).ShouldBe([Old, New]);
        task.Work.Keys.Open<EvidenceRecord>(publish.Records.Evidence)!.BaseSha.ShouldBe(New);
        task.Work.Keys.Open<PlanRecord>(publish.Records.Plan)!.BaseSha.ShouldBe(Old);
        task.Work.Steps.Count(s => s.Run.Role == AgentRole.Critic).ShouldBe(1);
        await Histories.KeepAsync(task.Handle, "base-moved-before-publishing");
    }

    [Fact]
    public async Task Base_ConflictsBeforePublishing_TheFixerBringsBothTogether()
    {
        await using var task = await TaskHarness.StartAsync();
        task.Work.MovedBase = Moved(task, "src/A.cs");
        await task.UntilPublishedAsync();
        var fixer = task.Work.Steps.Single(s => s.Run.Role == AgentRole.Fixer);
        fixer.Work!.Conflicts.ShouldBe(["src/A.cs: CONFLICT (content): Merge conflict in src/A.cs"]);
        (fixer.BaseSha, fixer.Run.StartSnapshot).ShouldBe((New, task.Work.MovedBase.Snapshot));
        task.Work.Publishes.ShouldHaveSingleItem().BaseSha.ShouldBe(New);
        task.Work.Steps.Count(s => s.Run.Role == AgentRole.Critic).ShouldBe(2, "what was brought together is read");
    }

    [Fact]
    public async Task Base_MovesAgainAndAgainWithoutConflict_IsPublishedAllTheSame()
    {
        await using var task = await TaskHarness.StartAsync();
        var moves = 0;
        task.Work.Base = step => { task.Work.MovedBase = Moved(task) with { Head = $"{++moves:D40}" }; return Task.FromResult(FakeWork.Green("base", step)); };
        await task.UntilPublishedAsync();
        task.Work.Publishes.Count.ShouldBe(1);
        moves.ShouldBe(4);
    }

    [Theory]
    [InlineData(null, false, false, false)]
    [InlineData(null, true, false, true)]
    [InlineData(null, false, true, true)]
    [InlineData("always", false, false, true)]
    [InlineData("never", true, true, false)]
    public async Task Base_MovedWhileWaiting_IsFollowedWhereThatIsAskedFor(string? follow, bool conflicts, bool mustFollow, bool isFollowed)
    {
        await using var task = await TaskHarness.StartAsync(follow is null ? null : $"version: 1\nplan: {{ approval: always }}\nreview: {{ follow_base: {follow} }}\n");
        var policy = PolicyParser.Parse(follow is null ? null : task.Forge.Files[".github/coding-agent.yml"]).Policy!;
        await task.UntilPublishedAsync();
        await task.CiAsync(CiState.Passed);
        await task.UntilAsync(TaskState.AwaitingReview);
        var head = task.Head;
        task.Work.MovedBase = Moved(task, conflicts ? ["src/A.cs", "src/B.cs"] : []) with { MustFollow = mustFollow, Policy = policy };
        await task.AdvanceAsync(TimeSpan.FromHours(4));
        if (!isFollowed)
        {
            await task.UntilAsync(t => t.State == TaskState.AwaitingReview, "waiting");
            await task.AdvanceAsync(TimeSpan.FromHours(4));
            task.Work.Publishes.Count.ShouldBe(1);
            if (conflicts)
                task.Forge.Status(7).ShouldContain("It conflicts with main in src/A.cs, src/B.cs");
            return;
        }

        await task.UntilAsync(() => task.Work.Publishes.Count == 2, "the merge is published", TimeSpan.FromMinutes(1));
        var merge = task.Work.Publishes.Last();
        (merge.BaseSha, merge.ExpectedHead).ShouldBe((New, head));
        task.Work.Steps.Count(s => s.Run.Role == AgentRole.Fixer).ShouldBe(conflicts ? 1 : 0);
        task.Work.Keys.Open<EvidenceRecord>(merge.Records!.Evidence)!.BaseSha.ShouldBe(New);
        // Its new head waits for CI like any other, and is not merged once more.
        await task.CiAsync(CiState.Passed);
        await task.UntilAsync(TaskState.AwaitingReview);
        await task.AdvanceAsync(TimeSpan.FromHours(7));
        task.Work.Publishes.Count.ShouldBe(2);
        if (conflicts)
            await Histories.KeepAsync(task.Handle, "base-conflicts-while-waiting");
    }

    [Fact]
    public async Task Base_ConflictsThatTheFixerCannotMend_ParkWithTheFilesAndLeaveThePublishedWorkAsItIs()
    {
        await using var task = await TaskHarness.StartAsync();
        await task.UntilPublishedAsync();
        await task.CiAsync(CiState.Passed);
        await task.UntilAsync(TaskState.AwaitingReview);
        var (published, head) = (task.Work.Publishes.Single(), task.Head);
        task.Work.Next(AgentRole.Fixer, step => new AgentActivities.AgentStepResult(AgentActivities.AgentStepOutcome.BudgetExhausted, FakeWork.Spent(step), null, null, "The agent has taken 60 turns, its limit (limits.turns)."));
        task.Work.MovedBase = Moved(task, "src/A.cs");
        await task.AdvanceAsync(TimeSpan.FromHours(4));
        await task.UntilAsync(t => t.State == TaskState.AwaitingReview && t.Reason.Contains("limits.turns", StringComparison.Ordinal), "parked");
        task.Forge.Status(7).ShouldContain("It conflicts with main in src/A.cs");
        await task.AdvanceAsync(TimeSpan.FromHours(7));
        task.Work.Publishes.Count.ShouldBe(1);

        // A review is answered on what is published, as a change of the commit it is one of: not as one that takes back what others did.
        task.Work.MovedBase = null;
        await task.ReviewAsync(ReviewState.ChangesRequested, "Rename it.");
        await task.UntilAsync(() => task.Work.Publishes.Count == 2, "an answer");
        var fixer = task.Work.Steps.Last(s => s.Run.Role == AgentRole.Fixer);
        (fixer.BaseSha, fixer.Run.StartSnapshot).ShouldBe((Old, published.Snapshot));
        var answer = task.Work.Publishes.Last();
        (answer.BaseSha, answer.ExpectedHead).ShouldBe((Old, head));
        task.Work.Keys.Open<BuildRecord>(answer.Records!.Build)!.BaseSha.ShouldBe(Old);
    }

    [Fact]
    public async Task Base_ConflictsAfterPeoplePushed_IsToldAndLeftToThem()
    {
        await using var task = await TaskHarness.StartAsync();
        await task.UntilPublishedAsync();
        await task.PushAsync(new string('b', 40));
        await task.UntilAsync(t => t.HeadSha == new string('b', 40), "their head");
        task.Work.MovedBase = Moved(task, "src/A.cs");
        await task.CiAsync(CiState.Passed);
        await task.UntilAsync(t => t.Reason.Contains("It conflicts with main in src/A.cs; people have pushed", StringComparison.Ordinal), "told");
        task.Work.Publishes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Base_GoneOrHoldingItAll_IsSaid()
    {
        await using var task = await TaskHarness.StartAsync();
        task.Work.MovedBase = new BaseActivities.BaseReading("main", null);
        await task.LabelAsync();
        await task.UntilAsync(TaskState.AwaitingApproval);
        await task.ApproveAsync();
        (await task.UntilAsync(TaskState.Failed)).Reason.ShouldContain("The branch main that this work is for is gone.");

        await using var other = await TaskHarness.StartAsync();
        other.Work.MovedBase = Moved(other) with { Snapshot = null };
        await other.LabelAsync();
        await other.UntilAsync(TaskState.AwaitingApproval);
        await other.ApproveAsync();
        (await other.UntilAsync(TaskState.Failed)).Reason.ShouldContain("main holds all of this change already");
    }

    private static BaseActivities.BaseReading Moved(TaskHarness task, params string[] conflicts) => new("main", New)
    {
        IsMoved = true,
        Snapshot = task.Work.NewTree(),
        Conflicts = [.. conflicts.Select(c => new MergeConflict(c, $"CONFLICT (content): Merge conflict in {c}"))],
        Policy = new RepositoryPolicy(),
    };
}
