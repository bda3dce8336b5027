using CodingAgent.Forges;
using CodingAgent.Workflows.Comments;
using CodingAgent.Workflows.Sweeps;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Tests.Sweeps;

public sealed class SweepActivitiesTests
{
    [Fact]
    public async Task Sweep_Repository_LooksAtWhatChangedSinceTheLastOneAlone()
    {
        await using var world = await SweepWorld.OpenAsync(ForgeKind.GitHub);
        var issues = await world.OpenIssuesAsync(3);
        world.Time.Advance(TimeSpan.FromMinutes(20));
        (await world.SweepAsync()).Subjects.ShouldBe(3);
        world.Time.Advance(TimeSpan.FromMinutes(20));
        (await world.SweepAsync()).Subjects.ShouldBe(0);
        await world.Face.CommentAsync("ada", issues[1], "Well.");
        world.Time.Advance(TimeSpan.FromMinutes(20));
        (await world.SweepAsync()).Subjects.ShouldBe(1);
    }

    /// <summary>A bot that is invited to an old repository must not do what somebody asked another one for years ago.</summary>
    [Fact]
    public async Task Sweep_FirstOfARepository_LeavesWhatWasSaidBefore()
    {
        await using var world = await SweepWorld.OpenAsync(ForgeKind.GitHub, isSwept: false);
        world.Loses = () => true;
        var issues = await world.OpenIssuesAsync(1);
        await world.Face.CommentAsync("ada", issues[0], "/agent implement");
        await world.SettleAsync();
        world.Time.Advance(TimeSpan.FromMinutes(20));
        (await world.SweepAsync()).Subjects.ShouldBe(0);
        world.Time.Advance(TimeSpan.FromMinutes(20));
        await world.SweepAsync();
        await world.DrainAsync();
        world.Gateway.Runs.ShouldBeEmpty();
    }

    [Fact]
    public async Task Sweep_MoreThanOnePass_LosesNothingThatWasSaidInItsTime()
    {
        await using var world = await SweepWorld.OpenAsync(ForgeKind.GitLab);
        world.Loses = () => true;
        var first = await world.Face.OpenIssueAsync("tri", "First");
        var id = await world.Face.CommentAsync("ada", Subject.Issue(first), "/agent implement");
        world.Time.Advance(TimeSpan.FromMinutes(1));
        for (var i = 0; i < 520; i++)
            await world.Face.OpenIssueAsync("tri", $"Many, {i}");
        world.Time.Advance(TimeSpan.FromMinutes(1));
        // Said again on the first: it changed last, and what was said there first is older than where the next pass begins.
        await world.Face.CommentAsync("tri", Subject.Issue(first), "Yes, please.");
        world.Time.Advance(TimeSpan.FromMinutes(20));
        for (var pass = 0; pass < 3; pass++)
            await world.SweepAsync();
        for (var i = 0; i < 3; i++)
            await world.DrainAsync();
        (await world.Statements.FindAsync($"gitlab:acme/shop/comment/{id}", default)).ShouldNotBeNull();
        world.Gateway.Runs.ShouldHaveSingleItem().Input.Issue.ShouldBe(first);
    }

    [Theory]
    [InlineData(ForgeKind.GitHub)]
    [InlineData(ForgeKind.GitLab)]
    public async Task Sweep_TaskThatWasTerminated_SaysSoOnItsIssueAndMayBeginAnew(ForgeKind kind)
    {
        await using var world = await SweepWorld.OpenAsync(kind);
        var issue = (await world.OpenIssuesAsync(1))[0];
        await StartAsync(world, issue);
        var id = TaskId.ForIssue(world.Repo, issue.Number);
        world.Gateway.Cut.Add(id);
        world.Time.Advance(TimeSpan.FromHours(2));
        (await world.SweepAsync()).Mended.ShouldBe(1);

        var task = (await world.Tasks.FindAsync(id, default))!;
        (task.State, task.Reason).ShouldBe((TaskState.Failed, Replies.CutReason));
        var labels = (await world.Forge.GetIssueAsync(world.Repo, issue, default)).Labels;
        labels.ShouldContain(TaskLabels.Failed);
        labels.ShouldNotContain(TaskLabels.Working);
        (await world.Forge.ListCommentsAsync(world.Repo, issue, default)).ShouldContain(c => c.Body.Contains(Replies.CutReason, StringComparison.Ordinal));
        world.Time.Advance(TimeSpan.FromHours(2));
        (await world.SweepAsync()).Mended.ShouldBe(0);
    }

    /// <summary>The bot's token is revoked just then: the task is told to be over when people can be told, and not before.</summary>
    [Fact]
    public async Task Sweep_TaskThatWasTerminated_WhileTheForgeTakesNoWord_IsToldByALaterOne()
    {
        await using var world = await SweepWorld.OpenAsync(ForgeKind.GitHub);
        var issue = (await world.OpenIssuesAsync(1))[0];
        await StartAsync(world, issue);
        var id = TaskId.ForIssue(world.Repo, issue.Number);
        world.Gateway.Cut.Add(id);
        world.Time.Advance(TimeSpan.FromHours(2));
        await Should.ThrowAsync<ForgeRejectedException>(() => world.SweepTasksAsync(withRevokedToken: true));
        (await world.Tasks.FindAsync(id, default))!.State.ShouldBe(TaskState.AwaitingReview);

        (await world.SweepTasksAsync()).Mended.ShouldBe(1);
        (await world.Tasks.FindAsync(id, default))!.State.ShouldBe(TaskState.Failed);
        (await world.Forge.GetIssueAsync(world.Repo, issue, default)).Labels.ShouldContain(TaskLabels.Failed);
    }

    /// <summary>A wrong namespace, or a Temporal that lost its data: nobody is told that all is over.</summary>
    [Fact]
    public async Task Sweep_TasksThatTemporalDoesNotKnow_AreLeftAsTheyAre()
    {
        await using var world = await SweepWorld.OpenAsync(ForgeKind.GitHub);
        var issue = (await world.OpenIssuesAsync(1))[0];
        await StartAsync(world, issue);
        world.Gateway.Forget();
        world.Time.Advance(TimeSpan.FromHours(2));
        (await world.SweepAsync()).ShouldBe(new SweepReport(0, 1, 0, 0, 0) with { Subjects = 2 });
        (await world.Tasks.FindAsync(TaskId.ForIssue(world.Repo, issue.Number), default))!.State.ShouldBe(TaskState.AwaitingReview);
    }

    private static async Task StartAsync(SweepWorld world, Subject issue)
    {
        await world.Face.LabelAsync("ada", issue.Number, "agent:implement", isOn: true);
        await world.SettleAsync();
        while (world.Held.Count > 0)
            await world.ReleaseAsync(0, isKept: false);
        await world.DrainAsync();
        await world.Gateway.WorkAsync();
        world.Gateway.Runs.ShouldHaveSingleItem();
    }
}
