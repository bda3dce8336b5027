using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Workflows.Routing;
using CodingAgent.Workflows.Tasks;
using static CodingAgent.Workflows.Tests.Routing.RoutingWorld;

namespace CodingAgent.Workflows.Tests.Routing;

/// <summary>Verdicts that no event tells, and CI of a commit that is not the head's.</summary>
public sealed class VerdictTests : IDisposable
{
    private readonly RoutingWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Verdicts_ThatStand_EachReachTheTaskOnce()
    {
        var id = await _world.OwnTaskAsync(TaskState.AwaitingReview);
        _world.Forge.Reviews[7] = Review(7, Mona, ReviewState.ChangesRequested);
        _world.Forge.Reviews[8] = Review(8, Reader, ReviewState.Approved);
        var told = (await HintAsync()).OfType<BotAction.Signal>().ShouldHaveSingleItem("a reader's word does not count");
        told.Task.ShouldBe(id);
        told.Message.ShouldBe(new CodingTaskSignal.ReviewSubmitted("d1.r7", "mona", Now.AddSeconds(-5), 7, ReviewState.ChangesRequested, "headsha"));

        // Every comment and every change of the merge request hints again.
        (await HintAsync()).OfType<BotAction.Signal>().ShouldBeEmpty();
        _world.Forge.Reviews[9] = Review(9, Mona, ReviewState.Approved);
        (await HintAsync()).OfType<BotAction.Signal>().Single().Message.ShouldBeOfType<CodingTaskSignal.ReviewSubmitted>().ReviewId.ShouldBe(9);
    }

    [Fact]
    public async Task Verdicts_OfTheSameDeliveryAgain_AreTheSame()
    {
        await _world.OwnTaskAsync(TaskState.AwaitingReview);
        _world.Forge.Reviews[7] = Review(7, Mona, ReviewState.ChangesRequested);
        var hint = Hint() with { DeliveryId = "again" };
        // A crash between telling the task and marking the delivery done.
        (await _world.DeliverAsync(hint)).ShouldBe(await _world.DeliverAsync(hint));
    }

    [Fact]
    public async Task Verdicts_OnWhatNoTaskOwns_CostNothing()
    {
        _world.Forge.Reviews[7] = Review(7, Mona, ReviewState.ChangesRequested);
        (await HintAsync()).ShouldBeEmpty();
        _world.Forge.Calls.ShouldNotContain(c => c.StartsWith("ListReviews", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ci_OnAMergedResult_WakesTheTaskOfItsPullRequest()
    {
        var id = await _world.OwnTaskAsync(TaskState.AwaitingCi);
        ForgeEvent.CiChanged Ci(params int[] pulls) => new("", Repo, Mona, "merged-result", CiSource.WorkflowRun, "pipeline", true, pulls);
        (await _world.TellAsync(Ci(34))).OfType<BotAction.Signal>().Single().Task.ShouldBe(id);
        (await _world.TellAsync(Ci())).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
        (await _world.TellAsync(Ci(35))).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
    }

    private static RecordedReview Review(long id, Actor by, ReviewState state) => new(new Review(id, by, state, "", "headsha", Now.AddSeconds(-5)), null);

    private static ForgeEvent.VerdictsChanged Hint() => new("", Repo, Mona, 34, new PullHead("coding-agent/issue-12", "headsha", Repo));

    private Task<IReadOnlyList<BotAction>> HintAsync() => _world.TellAsync(Hint());
}
