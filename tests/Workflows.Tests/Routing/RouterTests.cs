using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Routing;
using CodingAgent.Workflows.Tasks;
using static CodingAgent.Workflows.Tests.Routing.RoutingWorld;

namespace CodingAgent.Workflows.Tests.Routing;

public sealed class RouterTests : IDisposable
{
    private readonly RoutingWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Label_Implement_StartsTheIssuesTaskAndAcknowledges()
    {
        var actions = await _world.LabelAsync(Mona, 12, false, "Agent:Implement");
        var id = TaskId.ForIssue(Repo, 12);
        actions.ShouldBe([
            new BotAction.StartTask(
                new CodingTaskInput(id, Repo, TaskKind.Implement, 12, null, Mona, "d1", Now.AddSeconds(-3)) { Statement = new(StatementKind.Label, 12, 501) { IsPull = false }, IssueDigest = Issue.DigestOf("title", ""), AcceptanceCriteria = Started(actions).Input.AcceptanceCriteria, Constraints = Started(actions).Input.Constraints },
                new CodingTaskSignal.CommandGiven("d1", "mona", Now.AddSeconds(-3), new AgentCommand.Implement(), null) { Statement = new(StatementKind.Label, 12, 501) { IsPull = false } }),
            new BotAction.React(Repo, Subject.Issue(12), null, Reaction.Eyes)]);
    }

    [Fact]
    public async Task Comment_Implement_StartsWithTheCommentsTimeAndReactsToIt()
    {
        var actions = await _world.CommentAsync(Mona, 12, false, "/agent implement");
        Started(actions).Command.ShouldBe(new CodingTaskSignal.CommandGiven("d1", "mona", Now.AddSeconds(-5), new AgentCommand.Implement(), 99) { Statement = new(StatementKind.Comment, 12, 99) { IsPull = false } });
        Started(actions).Input.RequestedAt.ShouldBe(Now.AddSeconds(-5));
        actions[1].ShouldBe(new BotAction.React(Repo, Subject.Issue(12), 99, Reaction.Eyes));
    }

    [Fact]
    public async Task Label_HandledAgainAfterItsTaskEnded_StartsNothingMore()
    {
        await _world.OwnTaskAsync(TaskState.Failed, startedBy: "d1");
        (await _world.LabelAsync(Mona, 12, false, "agent:implement")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>().Reason.ShouldContain("has ended");
        Started(await _world.LabelAsync(Mona, 12, false, "agent:implement")).Input.DeliveryId.ShouldBe("d2");
    }

    [Fact]
    public async Task Comment_ImplementWhereATaskRuns_GoesToThatTask()
    {
        var id = await _world.OwnTaskAsync(TaskState.Editing);
        Started(await _world.CommentAsync(Mona, 12, false, "/agent implement")).Input.Id.ShouldBe(id);
    }

    [Fact]
    public async Task Comment_AfterTheRepositoryWasRenamed_ReachesItsTask()
    {
        var id = await _world.OwnTaskAsync(TaskState.AwaitingReview);
        var renamed = RepoRef.Parse("github:octo/hi");
        _world.Forge.Numbers["octo/hi"] = 7;
        async Task<IReadOnlyList<BotAction>> StopAsync(RepoRef repo, long comment)
        {
            _world.Forge.Written[comment] = new RecordedComment(comment, Subject.Issue(12), Mona, "/agent stop", Now, null);
            return await _world.TellAsync(new ForgeEvent.Commented("", repo, Mona, 12, false, comment, "/agent stop", Now));
        }

        Signalled(await StopAsync(renamed, 700)).Task.ShouldBe(id);
        _world.Forge.Calls.Count(c => c.StartsWith("GetRepository", StringComparison.Ordinal)).ShouldBe(1);
        Signalled(await StopAsync(renamed, 701)).Task.ShouldBe(id);
        _world.Forge.Calls.Count(c => c.StartsWith("GetRepository", StringComparison.Ordinal)).ShouldBe(1, "asked once");

        // Another repository, whatever its issues are numbered.
        _world.Forge.Numbers["octo/else"] = 8;
        (await StopAsync(RepoRef.Parse("github:octo/else"), 702)).OfType<BotAction.Signal>().ShouldBeEmpty();
    }

    [Fact]
    public async Task Comment_ImplementOnAnIssueOfAGoalsTask_SignalsThatOne()
    {
        var goal = new TaskId(Repo, TaskAnchor.Goal, "k1");
        await _world.Links.LinkAsync(goal, Repo, 12, null, null, default);
        Signalled(await _world.CommentAsync(Mona, 12, false, "/agent implement")).Task.ShouldBe(goal);
    }

    [Theory]
    [InlineData("agent:implement")]
    [InlineData("agent:fix")]
    public async Task Label_WithoutWriteAccess_StartsNothing(string label)
    {
        foreach (var actor in (Actor[])[Reader, new Actor("stranger", 9, ActorKind.User)])
            (await _world.LabelAsync(actor, 12, false, label)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>().Body.ShouldContain("no write access");
    }

    [Fact]
    public async Task Command_WithoutWriteAccess_IsSilentWhenTheOperatorWantsIt()
    {
        _world.Options = new RoutingOptions { RefuseInWords = false };
        (await _world.CommentAsync(Reader, 12, false, "/agent implement")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
    }

    [Fact]
    public async Task Label_NotOurs_IsIgnoredWithoutAskingTheForge()
    {
        (await _world.LabelAsync(Mona, 12, false, "bug")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
        _world.Forge.Calls.ShouldBe(["GetSelf"]);
    }

    [Theory]
    [InlineData("/agent stop")]
    [InlineData("/agent approve")]
    [InlineData("/agent reject no")]
    [InlineData("/agent status")]
    [InlineData("/agent fix")]
    [InlineData("just words")]
    [InlineData("/agent approve aaaaaaaaaaaa")]
    public async Task Comment_OnOwnedPullWithoutWriteAccess_ReachesNoTask(string body)
    {
        await _world.OwnTaskAsync();
        (await _world.CommentAsync(Reader, 34, true, body)).ShouldNotContain(a => a is BotAction.Signal || a is BotAction.StartTask);
    }

    [Fact]
    public async Task Review_WithoutWriteAccess_ReachesNoTask()
    {
        await _world.OwnTaskAsync();
        (await _world.ReviewAsync(Reader, 34, ReviewState.ChangesRequested)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
        (await _world.ReviewAsync(Reader, 34, ReviewState.Approved, "/agent approve")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>();
    }

    [Theory]
    [InlineData(12, false)]
    [InlineData(34, true)]
    public async Task Comment_StopOnIssueOrPull_IsSignalled(int number, bool isPull)
    {
        var id = await _world.OwnTaskAsync(TaskState.Editing);
        var actions = await _world.CommentAsync(Mona, number, isPull, "/agent stop");
        var signal = Signalled(actions);
        (signal.Task, signal.Message).ShouldBe((id, new CodingTaskSignal.CommandGiven("d1", "mona", Now.AddSeconds(-5), new AgentCommand.Stop(), 99) { Statement = new(StatementKind.Comment, number, 99) { IsPull = isPull } }));
        signal.WhenNotRunning!.Body.ShouldContain("has ended");
        actions[^1].ShouldBe(new BotAction.React(Repo, new Subject(number, isPull), 99, Reaction.Eyes));
    }

    [Fact]
    public async Task Comment_ApproveOnAnEndedTask_AnswersHowItEnded()
    {
        await _world.OwnTaskAsync(TaskState.Failed);
        Signalled(await _world.CommentAsync(Mona, 12, false, "/agent approve")).WhenNotRunning!.Body.ShouldStartWith("The task here has ended: failed (the reason).");
    }

    [Fact]
    public async Task Comment_StopWithoutATask_IsAnswered() =>
        (await _world.CommentAsync(Mona, 12, false, "/agent stop")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>()
            .ShouldSatisfyAllConditions(r => r.Body.ShouldContain("no task here"), r => r.Marker.ShouldContain("d1"));

    [Fact]
    public async Task Comment_WithoutCommandOnOwned_Steers()
    {
        var id = await _world.OwnTaskAsync();
        Signalled(await _world.CommentAsync(Mona, 34, true, "please keep it small")).ShouldBe(
            new BotAction.Signal(id, new CodingTaskSignal.CommentWritten("d1", "mona", Now.AddSeconds(-5), 99, "please keep it small") { IsAddressed = false, Number = 34, IsPull = true }));
    }

    [Fact]
    public async Task Comment_OnAPullWithoutHeadRef_FindsTheTaskThroughThePullItself()
    {
        var id = TaskId.ForIssue(Repo, 12);
        _world.Forge.AddPull(Repo, 34, "coding-agent/issue-12", FakeForge.Bot, $"text\n{TaskReference.Write(id)}");
        Signalled(await _world.CommentAsync(Mona, 34, true, "more tests please")).Task.ShouldBe(id);
        _world.Forge.Calls.ShouldContain("GetPull 34");
    }

    [Fact]
    public async Task Review_BeforeTheLinkIsWritten_FindsTheTaskInThePullsBody()
    {
        var id = TaskId.ForIssue(Repo, 12);
        _world.Forge.AddPull(Repo, 34, "coding-agent/issue-12", FakeForge.Bot, $"task {id} · cost");
        Signalled(await _world.ReviewAsync(Mona, 34, ReviewState.ChangesRequested)).Task.ShouldBe(id);
    }

    [Fact]
    public async Task Review_PullBodyOfAPersonNamingATask_IsNotOurs()
    {
        _world.Forge.AddPull(Repo, 34, "coding-agent/issue-12", Mona, TaskReference.Write(TaskId.ForIssue(Repo, 12)));
        (await _world.ReviewAsync(Mona, 34, ReviewState.ChangesRequested)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
    }

    [Fact]
    public async Task Review_PullBodyNamingATaskOfAnotherRepository_IsNotOurs()
    {
        _world.Forge.AddPull(Repo, 34, "coding-agent/issue-12", FakeForge.Bot, TaskReference.Write(TaskId.ForIssue(Fork, 12)));
        (await _world.ReviewAsync(Mona, 34, ReviewState.ChangesRequested)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
    }

    [Theory]
    [InlineData("a part that works here", true)]
    [InlineData("a part that works elsewhere", false)]
    [InlineData("a part that nobody knows", false)]
    [InlineData("the whole", false)]
    public async Task Review_PullBodyNamingAPartOfATaskOfAnotherRepository_IsOursWhereThePartSaysSo(string what, bool isOurs)
    {
        var part = TaskId.ForIssue(Fork, 12) with { Part = what == "the whole" ? null : "abcdef-2" };
        if (what != "a part that nobody knows")
        {
            await _world.Tasks.UpsertAsync(
                new TaskSummary(part, 1, "run", TaskKind.Implement, TaskState.AwaitingReview, "", "", "", "mona", null, 34, "coding-agent/mallory-hello-12-x", "headsha", 0, 0, 0, RoutingWorld.Now, RoutingWorld.Now)
                {
                    Elsewhere = what == "a part that works here" ? Repo : null,
                },
                default);
        }

        _world.Forge.AddPull(Repo, 34, "coding-agent/mallory-hello-12-x", FakeForge.Bot, TaskReference.Write(part));
        var actions = await _world.ReviewAsync(Mona, 34, ReviewState.ChangesRequested, branch: "coding-agent/mallory-hello-12-x");
        if (isOurs)
            Signalled(actions).Task.ShouldBe(part);
        else
            actions.ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
    }

    [Fact]
    public async Task Fork_WithOurBranchName_IsNeverOurs()
    {
        await _world.OwnTaskAsync();
        _world.Forge.AddPull(Repo, 34, "coding-agent/issue-12", FakeForge.Bot, TaskReference.Write(TaskId.ForIssue(Repo, 12)), Fork);

        (await _world.ReviewAsync(Mona, 34, ReviewState.ChangesRequested, headRepo: Fork)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
        (await _world.PullAsync(Mona, 34, PullChange.Merged, Fork)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();

        _world.Forge.AddPull(Repo, 35, "coding-agent/issue-12", FakeForge.Bot, TaskReference.Write(TaskId.ForIssue(Repo, 12)), Fork);
        (await _world.CommentAsync(Mona, 35, true, "steer")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
    }

    [Fact]
    public async Task Fix_OnOwnedPull_IsSignalled()
    {
        var id = await _world.OwnTaskAsync(TaskState.AwaitingReview);
        Signalled(await _world.CommentAsync(Mona, 34, true, "/agent fix")).Task.ShouldBe(id);
        Signalled(await _world.LabelAsync(Mona, 34, true, "agent:fix")).Task.ShouldBe(id);
    }

    [Fact]
    public async Task Fix_OnAPersonsPullOfThisRepository_StartsThere()
    {
        _world.Forge.AddPull(Repo, 40, "feature");
        var start = Started(await _world.CommentAsync(Mona, 40, true, "/agent fix"));
        start.Input.Id.ShouldBe(TaskId.ForPull(Repo, 40));
        (start.Input.Kind, start.Input.Issue, start.Input.Pull).ShouldBe((TaskKind.Fix, null, 40));
        start.Command.Command.ShouldBe(new AgentCommand.Fix());
    }

    [Fact]
    public async Task Fix_OnAPullWhoseTaskHasEnded_StartsAnew()
    {
        await _world.OwnTaskAsync(TaskState.Stopped);
        Started(await _world.CommentAsync(Mona, 34, true, "/agent fix")).Input.Id.ShouldBe(TaskId.ForPull(Repo, 34));
    }

    [Fact]
    public async Task Fix_OnAFork_IsRefusedWithTheReason()
    {
        _world.Forge.AddPull(Repo, 40, "coding-agent/issue-12", headRepo: Fork);
        (await _world.CommentAsync(Mona, 40, true, "/agent fix")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>().Body.ShouldContain("fork");
    }

    [Fact]
    public async Task Fix_OnAClosedOrLostPull_IsRefused()
    {
        _world.Forge.AddPull(Repo, 40, "feature", isOpen: false);
        (await _world.CommentAsync(Mona, 40, true, "/agent fix")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>().Body.ShouldContain("closed");
        (await _world.CommentAsync(Mona, 41, true, "/agent fix")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>().Body.ShouldContain("could not be read");
    }

    [Fact]
    public async Task Plan_OnAnIssue_AsksForOneThatWaits_AndIsRefusedOnAPullRequest()
    {
        var start = Started(await _world.CommentAsync(Mona, 12, false, "/agent plan only the parser"));
        (start.Input.Kind, start.Input.AsksForPlan, start.Input.Words).ShouldBe((TaskKind.Implement, true, "only the parser"));
        (await _world.CommentAsync(Mona, 40, true, "/agent plan")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>().Body.ShouldContain("/agent plan works on an issue");
        await _world.OwnTaskAsync();
        Signalled(await _world.CommentAsync(Mona, 12, false, "/agent plan")).Message.ShouldBeOfType<CodingTaskSignal.CommandGiven>().Command.ShouldBe(new AgentCommand.Plan());
    }

    [Fact]
    public async Task Finish_WithoutATask_SaysSo_AndReachesTheOneThatIsThere()
    {
        (await _world.CommentAsync(Mona, 12, false, "/agent finish")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>().Body.ShouldContain("no task here yet");
        await _world.OwnTaskAsync();
        Signalled(await _world.CommentAsync(Mona, 12, false, "/agent finish")).Message.ShouldBeOfType<CodingTaskSignal.CommandGiven>().Command.ShouldBe(new AgentCommand.Finish());
    }

    [Fact]
    public async Task Fix_OnAnIssue_IsSignalledOrStartsItsTask()
    {
        Started(await _world.LabelAsync(Mona, 12, false, "agent:fix")).Input.Kind.ShouldBe(TaskKind.BugFix);
        await _world.OwnTaskAsync();
        Signalled(await _world.CommentAsync(Mona, 12, false, "/agent fix")).Message.ShouldBeOfType<CodingTaskSignal.CommandGiven>().Command.ShouldBe(new AgentCommand.Fix());
    }

    [Fact]
    public async Task Implement_OnAPull_IsRefused()
    {
        _world.Forge.AddPull(Repo, 40, "feature");
        (await _world.CommentAsync(Mona, 40, true, "/agent implement")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>().Body.ShouldContain("works on an issue");
    }

    [Theory]
    [InlineData("/agent help", "/agent implement")]
    [InlineData("/agent implemnt", "did you mean")]
    [InlineData("/agent reject", "/agent reject WHY")]
    public async Task HelpUnknownAndMisused_AreAnsweredOnly(string body, string expected) =>
        (await _world.CommentAsync(Mona, 12, false, body)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>().Body.ShouldContain(expected);

    [Fact]
    public async Task Review_OnOwnedPull_IsSignalledOnceAsAWhole()
    {
        var id = await _world.OwnTaskAsync();
        Signalled(await _world.ReviewAsync(Mona, 34, ReviewState.ChangesRequested)).ShouldSatisfyAllConditions(
            s => s.Task.ShouldBe(id),
            s => s.Message.ShouldBe(new CodingTaskSignal.ReviewSubmitted("d1", "mona", Now.AddSeconds(-5), 99, ReviewState.ChangesRequested, "headsha")),
            s => s.WhenNotRunning.ShouldNotBeNull());
        (await _world.ReviewCommentAsync(Mona, 34, "rename this")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
    }

    [Fact]
    public async Task Review_WithACommandInIt_IsTwoMessagesWithTwoIds()
    {
        await _world.OwnTaskAsync();
        var signals = (await _world.ReviewAsync(Mona, 34, ReviewState.Commented, "/agent stop")).OfType<BotAction.Signal>().ToList();
        signals.Select(s => s.Message.DeliveryId).ShouldBe(["d1/review", "d1"]);
        (await _world.ReviewCommentAsync(Mona, 34, "/agent stop")).OfType<BotAction.Signal>().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Review_OnAPersonsPull_IsIgnoredWithoutReadingIt()
    {
        (await _world.ReviewAsync(Mona, 40, ReviewState.ChangesRequested, branch: "feature")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
        _world.Forge.Calls.ShouldBe(["GetSelf"]);
    }

    [Theory]
    [InlineData("agent:implement", null)]
    [InlineData("agent:fix", null)]
    [InlineData(null, "/agent implement")]
    [InlineData(null, "Thanks.\n\n/agent stop")]
    [InlineData(null, "<!-- coding-agent:reply:1 -->\n/agent approve")]
    public async Task Bot_CommandOfAPersonThroughItsAccount_IsToldWhyItCountsForNothing(string? label, string? comment)
    {
        await _world.OwnTaskAsync();
        for (var i = 0; i < 2; i++)
        {
            var actions = label is null ? await _world.CommentAsync(FakeForge.Bot, 12, false, comment!) : await _world.LabelAsync(FakeForge.Bot, 12, false, label);
            var reply = actions.ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>();
            // The same marker each time: it is said once.
            reply.Marker.ShouldBe("own-account");
            reply.Body.ShouldContain("the account I act as myself");
            CommandParser.Parse(reply.Body).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Access_BotMayNotAsk_SaysThatAndNotThatTheyHaveNone()
    {
        _world.Forge.MayNotAskAccess = true;
        var reply = (await _world.LabelAsync(Mona, 13, false, "agent:implement")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>();
        reply.Body.ShouldContain("I may not ask who has write access");
        reply.Body.ShouldContain("coding-agent-bot");
        reply.Body.ShouldContain("Must have push access");
        reply.Body.ShouldNotContain("mona has no write access");
        // Once, whoever tries next.
        (await _world.CommentAsync(Reader, 13, false, "/agent approve")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>().Marker.ShouldBe(reply.Marker);
    }

    [Fact]
    public async Task Command_OfAnOutsider_IsRefusedInWordsThatFitItAndOnce()
    {
        await _world.OwnTaskAsync(TaskState.AwaitingApproval);
        var first = (await _world.CommentAsync(Reader, 12, false, "/agent approve")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>();
        first.Body.ShouldContain("reader has no write access");
        first.Body.ShouldNotContain("start");
        (await _world.CommentAsync(Reader, 12, false, "/agent reject no")).ShouldHaveSingleItem().ShouldBe(first);
        (await _world.CommentAsync(Stranger, 12, false, "/agent approve")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>().Marker.ShouldNotBe(first.Marker);
    }

    [Fact]
    public async Task Repository_NotServed_IsToldToWhoMayGiveCommandsAndRunningTasksGoOn()
    {
        _world.Options = new RoutingOptions { Serves = _ => false };
        (await _world.LabelAsync(Mona, 13, false, "agent:implement")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>().Body.ShouldContain("not work on this repository");
        (await _world.LabelAsync(Reader, 13, false, "agent:implement")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
        (await _world.CommentAsync(Mona, 13, false, "nice")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
        await _world.OwnTaskAsync(TaskState.Editing);
        (await _world.CommentAsync(Mona, 12, false, "/agent stop"))[0].ShouldBeOfType<BotAction.Signal>();
    }

    [Fact]
    public async Task Bot_ItselfAndOthers_AreIgnored()
    {
        await _world.OwnTaskAsync();
        foreach (var actor in (Actor[])[FakeForge.Bot, FakeForge.Bot with { Login = "renamed" }, Robot])
        {
            // What the bot writes carries a marker.
            (await _world.CommentAsync(actor, 12, false, "/agent stop\n\n<!-- coding-agent:reply:1 -->")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
            (await _world.CommentAsync(actor, 12, false, "all good")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
            (await _world.LabelAsync(actor, 12, false, "agent:working")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
            (await _world.ReviewAsync(actor, 34, ReviewState.ChangesRequested)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
            (await _world.UnlabelAsync(actor, 12, false, "agent:implement")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
        }

        (await _world.PullAsync(FakeForge.Bot, 34, PullChange.Synchronized)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
    }

    [Fact]
    public async Task Bot_AllowedByName_CountsAsAPerson()
    {
        await _world.OwnTaskAsync();
        _world.Options = new RoutingOptions { AllowsBot = (repo, login) => repo == Repo && login == Robot.Login };
        Signalled(await _world.CommentAsync(Robot, 12, false, "/agent stop"));
        Signalled(await _world.ReviewAsync(Robot, 34, ReviewState.ChangesRequested));
        // The forge has no answer about an app.
        _world.Forge.Calls.ShouldNotContain($"GetAccess {Robot.Login}");
    }

    [Fact]
    public async Task Bot_AllowedByName_ApprovesNothing()
    {
        await _world.OwnTaskAsync(TaskState.AwaitingApproval);
        _world.Options = new RoutingOptions { AllowsBot = (_, _) => true };
        (await _world.CommentAsync(Robot, 12, false, "/agent approve")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>().Body.ShouldContain("approved by a person");
        (await _world.ReviewAsync(Robot, 34, ReviewState.Approved)).ShouldHaveSingleItem().ShouldBe(new BotAction.Ignore("a bot approves nothing"));
    }

    [Fact]
    public async Task Ci_ConcludedOnARecordedHead_WakesTheTaskWhoeverReportsIt()
    {
        var id = await _world.OwnTaskAsync();
        foreach (var actor in (Actor[])[Robot, FakeForge.Bot, Reader])
            Signalled(await _world.CiAsync(actor, "headsha")).Task.ShouldBe(id);
        (await _world.CiAsync(Robot, "another")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
        (await _world.CiAsync(Robot, "headsha", completed: false)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
        (await _world.CiAsync(Robot, "headsha", name: "coding-agent/evidence")).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
    }

    [Theory]
    [InlineData(PullChange.Merged)]
    [InlineData(PullChange.Closed)]
    [InlineData(PullChange.Reopened)]
    [InlineData(PullChange.Synchronized)]
    [InlineData(PullChange.ReadyForReview)]
    public async Task Pull_ChangeOfAnOwnedOne_IsSignalled(PullChange change)
    {
        var id = await _world.OwnTaskAsync();
        Signalled(await _world.PullAsync(Robot, 34, change)).ShouldBe(new BotAction.Signal(id, new CodingTaskSignal.PullChanged("d1", Robot.Login, Now, change, "headsha")));
    }

    [Fact]
    public async Task Pull_OpenedOrNotOwned_IsIgnored()
    {
        (await _world.PullAsync(Mona, 40, PullChange.Opened)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
        (await _world.PullAsync(Mona, 40, PullChange.Merged)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
    }

    [Fact]
    public async Task Issue_ClosedIsSignalled_ReopenedIsNot()
    {
        var id = await _world.OwnTaskAsync();
        Signalled(await _world.IssueAsync(Mona, 12, isOpen: false)).Task.ShouldBe(id);
        (await _world.IssueAsync(Mona, 12, isOpen: true)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
        (await _world.IssueAsync(Mona, 13, isOpen: false)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
    }

    [Fact]
    public async Task Assignment_OfTheBotByAMember_StartsOnceAndByAnOutsiderIsRefused()
    {
        (await _world.AssignAsync(Reader, 13)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Reply>();
        var start = (await _world.AssignAsync(Mona, 13)).OfType<BotAction.StartTask>().ShouldHaveSingleItem().Input;
        (start.Id, start.Kind, start.RequestedBy, start.Statement!.Kind).ShouldBe((TaskId.ForIssue(Repo, 13), TaskKind.Implement, Mona, StatementKind.Assignment));
        start.IssueDigest.ShouldBe(_world.Forge.Issues[13].TextDigest);
        (await _world.TellAsync(new ForgeEvent.Assigned("", Repo, Mona, 13, FakeForge.Bot))).ShouldHaveSingleItem().ShouldBe(new BotAction.Ignore("another delivery brought this before"));
    }

    [Fact]
    public async Task Assignment_OfSomebodyElseOrByTheBot_AsksForNothing()
    {
        _world.Forge.Assign(Repo, 13, Mona, Now);
        (await _world.TellAsync(new ForgeEvent.Assigned("", Repo, Mona, 13, Reader))).ShouldHaveSingleItem().ShouldBe(new BotAction.Ignore("about somebody else"));
        _world.Forge.Calls.ShouldBe(["GetSelf"]);
        // What an issue says beside its assignment needs no help.
        _world.Forge.Issues[16] = _world.Forge.Open(Repo, 16, isPull: false) with { Author = Mona, Body = "@coding-agent-bot please", Assignees = [FakeForge.Bot] };
        (await _world.TellAsync(new ForgeEvent.IssueOpened("", Repo, Mona, 16, "@coding-agent-bot please"))).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
        // Its own account is a person's here.
        (await _world.AssignAsync(FakeForge.Bot, 14)).ShouldAllBe(a => a is BotAction.Ignore || a is BotAction.Reply);
    }

    [Fact]
    public async Task Assignment_TakenBack_StopsTheTask()
    {
        var id = await _world.OwnTaskAsync();
        (await _world.AssignAsync(Reader, 12, isOn: false)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
        Signalled(await _world.AssignAsync(Mona, 12, isOn: false)).ShouldBe(new BotAction.Signal(id, new CodingTaskSignal.Unassigned("d2", "mona", Now.AddSeconds(-3))));
        (await _world.AssignAsync(Mona, 15, isOn: false)).ShouldHaveSingleItem().ShouldBe(new BotAction.Ignore("taken off an issue where no task is"));
    }

    [Theory]
    [InlineData("agent:implement", true)]
    [InlineData("agent:working", true)]
    [InlineData("bug", false)]
    public async Task Unlabel_OfOurs_IsSignalled(string label, bool signalled)
    {
        await _world.OwnTaskAsync();
        (await _world.UnlabelAsync(Mona, 12, false, label)).Any(a => a is BotAction.Signal).ShouldBe(signalled);
        (await _world.UnlabelAsync(Reader, 12, false, label)).ShouldHaveSingleItem().ShouldBeOfType<BotAction.Ignore>();
    }

    [Fact]
    public async Task Load_ForgeAway_IsLeftToTheCaller()
    {
        _world.Forge.Trouble = (call, _) => call == "GetAccess" ? new ForgeUnavailableException("away") : null;
        await Should.ThrowAsync<ForgeUnavailableException>(() => _world.CommentAsync(Mona, 12, false, "/agent implement"));
    }

    [Theory]
    [InlineData("<!-- agent-task: task/github:octo/hello/issue/12 -->", "task/github:octo/hello/issue/12")]
    [InlineData("task task/github:my\\_org/a.b-c/pull/3 · cost", "task/github:my_org/a.b-c/pull/3")]
    [InlineData("> task/github:evil/x/issue/1\n\ntask task/github:octo/hello/issue/2", "task/github:octo/hello/issue/2")]
    [InlineData("task/github:octo/hello/issue/0", null)]
    [InlineData("nothing", null)]
    [InlineData(null, null)]
    public void TaskReference_Read_FindsTheLast(string? body, string? expected) => TaskReference.Read(body)?.ToString().ShouldBe(expected);

    private static BotAction.StartTask Started(IReadOnlyList<BotAction> actions) => actions[0].ShouldBeOfType<BotAction.StartTask>();

    private static BotAction.Signal Signalled(IReadOnlyList<BotAction> actions) => actions[0].ShouldBeOfType<BotAction.Signal>();
}
