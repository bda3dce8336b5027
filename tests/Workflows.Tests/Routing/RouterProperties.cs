using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Routing;
using CodingAgent.Workflows.Tasks;
using FsCheck;
using FsCheck.Fluent;
using static CodingAgent.Workflows.Tests.Routing.RoutingWorld;

namespace CodingAgent.Workflows.Tests.Routing;

public sealed class RouterProperties
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(3000);

    [Fact]
    public void Decide_AnyEventAndFacts_AnswersAtLeastOneAction() =>
        Prop.ForAll(Cases().ToArbitrary(), c => Router.Decide(c.Event, c.Facts).Count > 0).Check(Many);

    [Fact]
    public void Decide_WithoutWriteAccess_StartsNothingAndPassesOnNobodysWords() =>
        Prop.ForAll(
            Cases().Where(c => c.Facts.Access < AccessLevel.Write).ToArbitrary(),
            c => Router.Decide(c.Event, c.Facts).All(a => a is not BotAction.StartTask && (a is not BotAction.Signal signal || IsForgeFact(signal.Message))))
            .Check(Many);

    [Fact]
    public void Decide_BotItself_OnlyCiPasses() =>
        Prop.ForAll(
            Cases().Where(c => c.Event.Actor == FakeForge.Bot).ToArbitrary(),
            c => Router.Decide(c.Event, c.Facts).All(a => a is BotAction.Ignore or BotAction.Reply { Marker: "own-account" } || c.Event is ForgeEvent.CiChanged))
            .Check(Many);

    [Fact]
    public void Decide_HeadElsewhere_ReachesNoTask() =>
        Prop.ForAll(
            Cases().Where(c => HeadOf(c.Event) is { } head && head.Repo != Repo).ToArbitrary(),
            c => Router.Decide(c.Event, c.Facts).All(a => a is not BotAction.Signal))
            .Check(Many);

    [Fact]
    public void Decide_EveryMessage_HasItsOwnIdMadeOfTheDeliverys() =>
        Prop.ForAll(Cases().ToArbitrary(), c =>
        {
            var ids = Router.Decide(c.Event, c.Facts).Select(a => a switch
            {
                BotAction.Signal s => s.Message.DeliveryId,
                BotAction.StartTask s => s.Command.DeliveryId,
                _ => null,
            }).OfType<string>().ToList();
            return ids.Distinct().Count() == ids.Count && ids.All(id => id == c.Event.DeliveryId || id == c.Event.DeliveryId + "/review" || id == c.Event.DeliveryId + "/2");
        }).Check(Many);

    [Fact]
    public void Decide_EditedBySomebodyElseOrSaidBefore_StartsAndTellsNothing() =>
        Prop.ForAll(
            Cases().ToArbitrary(),
            c => Router.Decide(c.Event with { EditedBy = Robot }, c.Facts).Concat(Router.Decide(c.Event, c.Facts with { SaidBefore = true }))
                .All(a => a is BotAction.Ignore or BotAction.Reply || c.Event is not (ForgeEvent.Commented or ForgeEvent.ReviewSubmitted or ForgeEvent.ReviewCommented)))
            .Check(Many);

    [Fact]
    public void Decide_EditWithoutCommand_IsIgnored() =>
        Prop.ForAll(
            Cases().Where(c => CommandParser.Parse(BodyOf(c.Event)).Count == 0).ToArbitrary(),
            c => Router.Decide(c.Event with { IsEdit = true }, c.Facts).All(a => a is BotAction.Ignore || BodyOf(c.Event) is null))
            .Check(Many);

    [Fact]
    public void Decide_WhatDoesNotMatterAsTold_ChangesNothing() =>
        Prop.ForAll(
            Cases().Where(c => !Router.Matters(c.Event, c.Facts)).ToArbitrary(),
            c => Router.Decide(c.Event, c.Facts).All(a => a is BotAction.Ignore || (a is BotAction.Signal s && IsForgeFact(s.Message))))
            .Check(Many);

    private static string? BodyOf(ForgeEvent e) => e switch
    {
        ForgeEvent.Commented x => x.Body,
        ForgeEvent.ReviewSubmitted x => x.Body,
        ForgeEvent.ReviewCommented x => x.Body,
        _ => null,
    };

    private static bool IsForgeFact(CodingTaskSignal signal) =>
        signal is CodingTaskSignal.CiChanged or CodingTaskSignal.PullChanged or CodingTaskSignal.IssueClosed;

    private static PullHead? HeadOf(ForgeEvent e) => e switch
    {
        ForgeEvent.ReviewSubmitted x => x.Head,
        ForgeEvent.ReviewCommented x => x.Head,
        ForgeEvent.PullChanged x => x.Head,
        _ => null,
    };

    private static Gen<(ForgeEvent Event, RoutingFacts Facts)> Cases() =>
        from e in Events()
        from facts in AllFacts()
        select (e, facts);

    private static Gen<RoutingFacts> AllFacts() =>
        from access in Gen.Elements(Enum.GetValues<AccessLevel>())
        from owner in Gen.Elements(null, TaskId.ForIssue(Repo, 12), TaskId.ForPull(Repo, 34), new TaskId(Repo, TaskAnchor.Goal, "k"))
        from state in Gen.Elements(Enum.GetValues<TaskState>().Select(s => (TaskState?)s).Append(null))
        from pull in Gen.Elements(null, Pull(Repo, true), Pull(Repo, false), Pull(Fork, true), Pull(null, true))
        from allowed in Gen.Elements<IReadOnlyList<string>>([], ["robot[bot]"])
        from words in Gen.Elements(true, false)
        select new RoutingFacts(FakeForge.Bot, new RoutingOptions { AllowsBot = (_, login) => allowed.Contains(login), RefuseInWords = words }, Now)
        {
            Access = access,
            Owner = owner,
            Pull = pull,
            Summary = owner is null || state is null ? null
                : new TaskSummary(owner, 1, "run", TaskKind.Implement, state.Value, "", "why", "", "mona", 12, 34, null, null, 0, 0, 0, Now, Now),
        };

    private static Gen<ForgeEvent> Events() =>
        from actor in Gen.Elements(Mona, Reader, Robot, FakeForge.Bot, new Actor("ghost", 0, ActorKind.Other))
        from isPull in Gen.Elements(true, false)
        from body in Gen.Elements(
            "", "words", "/agent", "/agent implement", "/agent fix", "/agent approve", "/agent reject x", "/agent reject", "/agent stop", "/agent status", "/agent dance", "/agent approve\n/agent stop", "/agent implement\n\n/agent status", "@coding-agent-bot please", "@coding-agent-bot /agent fix")
        from label in Gen.Elements("bug", "agent:implement", "agent:fix", "agent:working")
        from head in Gen.Elements(new PullHead("coding-agent/issue-12", "headsha", Repo), new PullHead("coding-agent/issue-12", "headsha", Fork), new PullHead("feature", "x", null))
        from review in Gen.Elements(Enum.GetValues<ReviewState>())
        from change in Gen.Elements(Enum.GetValues<PullChange>())
        from done in Gen.Elements(true, false)
        from e in Gen.Elements<ForgeEvent>(
            new ForgeEvent.Labeled("d", Repo, actor, 12, isPull, label),
            new ForgeEvent.Unlabeled("d", Repo, actor, 12, isPull, label),
            new ForgeEvent.Assigned("d", Repo, actor, 12, done ? FakeForge.Bot : Reader),
            new ForgeEvent.Unassigned("d", Repo, actor, 12, done ? FakeForge.Bot : Reader),
            new ForgeEvent.IssueOpened("d", Repo, actor, 12, body),
            new ForgeEvent.IssueStateChanged("d", Repo, actor, 12, done),
            new ForgeEvent.Commented("d", Repo, actor, 12, isPull, 99, body, Now),
            new ForgeEvent.ReviewSubmitted("d", Repo, actor, 34, head, 7, review, body, Now),
            new ForgeEvent.ReviewCommented("d", Repo, actor, 34, head, 55, null, null, body, Now),
            new ForgeEvent.PullChanged("d", Repo, actor, 34, head, change),
            new ForgeEvent.CiChanged("d", Repo, actor, "headsha", CiSource.Status, "build", done, []))
        select e;

    private static PullRequest Pull(RepoRef? head, bool isOpen) => new(
        34, "t", "", Mona, new PullHead("feature", "x", head), "main", "b", false, isOpen, false, new Uri("https://forge.test/"));
}
