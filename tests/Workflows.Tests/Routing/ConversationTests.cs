using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Routing;
using CodingAgent.Workflows.Tasks;
using static CodingAgent.Workflows.Tests.Routing.RoutingWorld;

namespace CodingAgent.Workflows.Tests.Routing;

/// <summary>What people write besides a lone command: several of them, words around them, and the bot's name.</summary>
public sealed class ConversationTests : IDisposable
{
    private readonly RoutingWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Comment_WithTwoCommands_IsTwoMessagesInOrderWithTwoIdsAndOneReaction()
    {
        var id = await _world.OwnTaskAsync(TaskState.AwaitingApproval);
        var actions = await _world.CommentAsync(Mona, 12, false, "/agent approve\n/agent stop");
        actions.OfType<BotAction.Signal>().Select(s => (s.Task, s.Message.DeliveryId, CommandOf(s))).ShouldBe([
            (id, "d1", new AgentCommand.Approve(null)), (id, "d1/2", new AgentCommand.Stop())]);
        actions.Count.ShouldBe(3);
        actions[^1].ShouldBe(new BotAction.React(Repo, Subject.Issue(12), 99, Reaction.Eyes));
    }

    [Fact]
    public async Task Comment_HandledAgainAfterACrashBetweenItsCommands_SendsTheSameMessages()
    {
        await _world.OwnTaskAsync(TaskState.AwaitingApproval);
        var first = await _world.CommentAsync(Mona, 12, false, "/agent approve\n/agent stop", id: 7);
        (await _world.DeliverAsync(new ForgeEvent.Commented("d1", Repo, Mona, 12, false, 7, "/agent approve\n/agent stop", Now.AddSeconds(-5)))).ShouldBe(first);
        // Another delivery of the same comment is a repeat of all of it.
        (await _world.TellAsync(new ForgeEvent.Commented("", Repo, Mona, 12, false, 7, "/agent approve\n/agent stop", Now.AddSeconds(-5)))).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
    }

    [Fact]
    public async Task Comment_ThatStartsAndStops_HandledAgainAfterTheEnd_StartsNothingMore()
    {
        _world.Forge.Open(Repo, 12, isPull: false);
        var started = await _world.CommentAsync(Mona, 12, false, "/agent implement\n/agent stop", id: 7);
        started[0].ShouldBeOfType<BotAction.StartTask>().Input.Id.ShouldBe(TaskId.ForIssue(Repo, 12));
        started[1].ShouldBeOfType<BotAction.Signal>().ShouldSatisfyAllConditions(
            s => s.Task.ShouldBe(TaskId.ForIssue(Repo, 12)), s => s.Message.DeliveryId.ShouldBe("d1/2"), s => CommandOf(s).ShouldBe(new AgentCommand.Stop()));
        started[2].ShouldBeOfType<BotAction.React>();

        await _world.OwnTaskAsync(TaskState.Stopped, startedBy: "d1");
        (await _world.DeliverAsync(new ForgeEvent.Commented("d1", Repo, Mona, 12, false, 7, "/agent implement\n/agent stop", Now.AddSeconds(-5))))
            .ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>().Reason.ShouldContain("has ended");
    }

    [Fact]
    public async Task Comment_WithAMistypedCommandBesideAGoodOne_RunsTheOneAndAnswersTheOther()
    {
        await _world.OwnTaskAsync(TaskState.AwaitingApproval);
        var actions = await _world.CommentAsync(Mona, 12, false, "/agent aprove\n/agent stop\n/agent reject");
        actions[0].ShouldBeOfType<BotAction.Reply>().ShouldSatisfyAllConditions(r => r.Marker.ShouldBe("reply:d1"), r => r.Body.ShouldContain("did you mean"));
        CommandOf(actions[1].ShouldBeOfType<BotAction.Signal>()).ShouldBe(new AgentCommand.Stop());
        actions[2].ShouldBeOfType<BotAction.Reply>().Marker.ShouldBe("reply:d1/3");
        actions[3].ShouldBeOfType<BotAction.React>();
    }

    [Fact]
    public async Task Comment_OfAnOutsiderWithTwoCommands_IsRefusedOnce() =>
        (await _world.CommentAsync(Reader, 12, false, "/agent approve\n/agent stop")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>().Body.ShouldContain("does not count");

    [Fact]
    public async Task Review_WithTwoCommands_IsThreeMessagesWithThreeIds()
    {
        await _world.OwnTaskAsync(TaskState.AwaitingReview);
        var signals = (await _world.ReviewAsync(Mona, 34, ReviewState.ChangesRequested, "/agent fix only the names\n\n/agent status")).OfType<BotAction.Signal>();
        signals.Select(s => s.Message.DeliveryId).ShouldBe(["d1/review", "d1", "d1/2"]);
    }

    [Fact]
    public async Task Edit_ThatAddsACommand_RunsThatOneAlone()
    {
        await _world.OwnTaskAsync(TaskState.AwaitingApproval);
        await _world.CommentAsync(Mona, 12, false, "/agent approve", id: 7);
        var actions = await _world.EditAsync(Mona, 7, "/agent approve\n/agent status", Now.AddMinutes(1));
        actions.OfType<BotAction.Signal>().ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            s => CommandOf(s).ShouldBe(new AgentCommand.Status()), s => s.Message.DeliveryId.ShouldBe("d2/2"));
    }

    [Fact]
    public async Task Edit_OfTheWordsBesideACommand_GivesItNoSecondTime()
    {
        await _world.OwnTaskAsync(TaskState.AwaitingReview);
        await _world.CommentAsync(Mona, 12, false, "/agent fix only the linter", id: 7);
        (await _world.EditAsync(Mona, 7, "/agent fix only the linters\n\nPlease.", Now.AddMinutes(1))).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
        (await _world.EditAsync(Mona, 7, "/agent fx", Now.AddMinutes(2))).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>();
        (await _world.EditAsync(Mona, 7, "/agent stop", Now.AddMinutes(3)))[0].ShouldBeOfType<BotAction.Signal>();
    }

    [Fact]
    public async Task Comment_ImplementWithWords_HandsThemToTheTask()
    {
        var input = (await _world.CommentAsync(Mona, 12, false, "/agent implement but KEEP-POSIX please"))[0].ShouldBeOfType<BotAction.StartTask>();
        input.Input.Words.ShouldBe("but KEEP-POSIX please");
        input.Command.Command.Words.ShouldBe("but KEEP-POSIX please");
        _world.Forge.AddPull(Repo, 40, "feature");
        (await _world.CommentAsync(Mona, 40, true, "/agent fix only add.sh"))[0].ShouldBeOfType<BotAction.StartTask>().Input.Words.ShouldBe("only add.sh");
        await _world.OwnTaskAsync(TaskState.AwaitingReview);
        CommandOf((await _world.CommentAsync(Mona, 34, true, "/agent fix\n- only add.sh"))[0].ShouldBeOfType<BotAction.Signal>()).ShouldBe(new AgentCommand.Fix { Words = "- only add.sh" });
    }

    [Fact]
    public async Task Mention_WhereNoTaskIs_GetsTheHelpOnceAndIsSeenEachTime()
    {
        var first = await _world.CommentAsync(Mona, 13, false, $"@{FakeForge.Bot.Login} please add retries", id: 7);
        var reply = first[0].ShouldBeOfType<BotAction.Reply>();
        reply.Body.ShouldContain("| `/agent implement [what to mind]` |");
        CommandParser.Parse(reply.Body).ShouldBeEmpty();
        first[1].ShouldBe(new BotAction.React(Repo, Subject.Issue(13), 7, Reaction.Confused));
        // The same marker and text: the forge has it already.
        (await _world.CommentAsync(Mona, 13, false, $"@{FakeForge.Bot.Login.ToUpperInvariant()}?"))[0].ShouldBe(reply);
        (await _world.ReviewCommentAsync(Mona, 40, $"@{FakeForge.Bot.Login} rename"))[0].ShouldBeOfType<BotAction.Reply>().Body.ShouldBe(reply.Body);
        (await _world.ReviewAsync(Mona, 40, ReviewState.Commented, $"@{FakeForge.Bot.Login} rename", branch: "feature")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>();
    }

    [Theory]
    [InlineData("@coding-agent-bot-2 please")]
    [InlineData("mail me@coding-agent-bot")]
    [InlineData("> @coding-agent-bot please")]
    [InlineData("`@coding-agent-bot`")]
    public async Task Mention_OfSomebodyElse_CostsNothing(string text)
    {
        (await _world.CommentAsync(Mona, 13, false, text)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
        _world.Forge.Calls.ShouldBe(["GetSelf"]);
    }

    [Fact]
    public async Task Mention_BySomebodyWithoutAccess_IsSilent()
    {
        (await _world.CommentAsync(Stranger, 13, false, "@coding-agent-bot please")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
        await _world.OwnTaskAsync(TaskState.AwaitingReview);
        (await _world.CommentAsync(Reader, 34, true, "@coding-agent-bot delete the tests")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
    }

    [Fact]
    public async Task Mention_WithACommand_IsTheCommandAlone()
    {
        await _world.OwnTaskAsync(TaskState.AwaitingReview);
        var actions = await _world.CommentAsync(Mona, 34, true, "@coding-agent-bot please\n\n/agent fix");
        actions.Count.ShouldBe(2);
        CommandOf(actions[0].ShouldBeOfType<BotAction.Signal>()).ShouldBe(new AgentCommand.Fix { Words = "@coding-agent-bot please" });
    }

    [Theory]
    [InlineData("@coding-agent-bot /agent stop")]
    [InlineData("LGTM! /agent approve")]
    [InlineData("- /agent stop")]
    [InlineData("# /agent stop")]
    [InlineData("**/agent stop**")]
    public async Task Command_WhereNoneCounts_SaysHowItIsWrittenAndDoesNothing(string text)
    {
        await _world.OwnTaskAsync(TaskState.AwaitingReview);
        (await _world.CommentAsync(Mona, 34, true, text, id: 7)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>().Body.ShouldContain("at the start of a line of its own");
        (await _world.CommentAsync(Mona, 13, false, text)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>();
        (await _world.CommentAsync(Stranger, 13, false, text)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
        (await _world.EditAsync(Mona, 7, "Read it.\n\n/agent stop", Now))[0].ShouldBeOfType<BotAction.Signal>();
    }

    [Fact]
    public async Task Mention_OnATask_IsARemarkToIt()
    {
        var id = await _world.OwnTaskAsync(TaskState.AwaitingReview);
        var actions = await _world.CommentAsync(Mona, 34, true, "@coding-agent-bot rename it", id: 7);
        var signal = actions[0].ShouldBeOfType<BotAction.Signal>();
        (signal.Task, signal.Message).ShouldBe((id, new CodingTaskSignal.CommentWritten("d1", "mona", Now.AddSeconds(-5), 7, "@coding-agent-bot rename it") { IsAddressed = true, Number = 34, IsPull = true }));
        // Where the task has ended meanwhile, nobody is left without an answer.
        signal.WhenNotRunning!.Body.ShouldContain("/agent implement");
        actions[1].ShouldBe(new BotAction.React(Repo, Subject.Pull(34), 7, Reaction.Eyes));
    }

    [Theory]
    [InlineData("Please have a look, @coding-agent-bot.")]
    [InlineData("It fails.\n\n/agent implement")]
    public async Task Mention_InANewIssue_GetsTheHelp(string body)
    {
        (await _world.OpenAsync(Mona, 13, body)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>().ShouldSatisfyAllConditions(
            r => r.Marker.ShouldBe("mentioned"), r => r.Body.ShouldContain("a command in a comment"));
        (await _world.OpenAsync(Stranger, 14, body)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
        _world.Forge.Issues[15] = _world.Forge.Open(Repo, 15, isPull: false) with { Author = Stranger, Body = body };
        (await _world.TellAsync(new ForgeEvent.IssueOpened("", Repo, Mona, 15, body))).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>("its author is asked for access");
        _world.Forge.Issues[16] = _world.Forge.Open(Repo, 16, isPull: false) with { Author = Mona, Body = body, Labels = ["agent:implement"] };
        (await _world.TellAsync(new ForgeEvent.IssueOpened("", Repo, Mona, 16, body))).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>("its label asks");
        await _world.OwnTaskAsync(TaskState.Planning);
        (await _world.OpenAsync(Mona, 12, body)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>("its label was quicker");
    }

    [Fact]
    public async Task Issue_ThatSpeaksToNobody_CostsNothing()
    {
        (await _world.OpenAsync(Mona, 13, "It fails. See `/agent implement` and https://forge.test/@coding-agent-bot")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
        _world.Forge.Calls.ShouldBe(["GetSelf"]);
        await Should.ThrowAsync<NotOnRecordException>(() => _world.TellAsync(new ForgeEvent.IssueOpened("", Repo, Mona, 99, "@coding-agent-bot hi")));
    }

    [Fact]
    public async Task Mention_InAnApprovingReview_IsARemarkToo()
    {
        await _world.OwnTaskAsync(TaskState.AwaitingReview);
        (await _world.ReviewAsync(Mona, 34, ReviewState.Approved, "Fine, @coding-agent-bot, but rename it.")).OfType<BotAction.Signal>().Select(s => (s.Message.GetType(), s.Message.DeliveryId))
            .ShouldBe([(typeof(CodingTaskSignal.ReviewSubmitted), "d1"), (typeof(CodingTaskSignal.CommentWritten), "d1/2")]);
        (await _world.ReviewAsync(Mona, 34, ReviewState.Approved, "Fine.")).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Mention_EditedIn_AsksForNothing() =>
        (await EditedAsync("@coding-agent-bot please")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>().Reason.ShouldContain("edit without a command");

    [Fact]
    public async Task Command_WhereNobodyKnowsWhoMay_IsRefusedInWordsThatFitIt()
    {
        await _world.OwnTaskAsync(TaskState.AwaitingApproval);
        _world.Forge.MayNotAskAccess = true;
        var reply = (await _world.CommentAsync(Mona, 12, false, "/agent approve")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>();
        reply.Body.ShouldContain("I may not ask who has write access");
        reply.Body.ShouldNotContain("start");
    }

    private async Task<IReadOnlyList<BotAction>> EditedAsync(string text)
    {
        await _world.CommentAsync(Mona, 13, false, "hm", id: 7);
        return await _world.EditAsync(Mona, 7, text, Now);
    }

    private static AgentCommand CommandOf(BotAction.Signal signal) => signal.Message.ShouldBeOfType<CodingTaskSignal.CommandGiven>().Command;
}
