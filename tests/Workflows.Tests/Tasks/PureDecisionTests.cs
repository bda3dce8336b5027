using System.Text.Json;
using System.Text.Json.Nodes;
using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Life;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;
using CodingAgent.Workflows.Tests.Life;
using FsCheck;
using FsCheck.Fluent;
using Temporalio.Converters;

namespace CodingAgent.Workflows.Tests.Tasks;

public sealed class PureDecisionTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private static readonly CodingTaskSignal[] Signals =
    [
        new CodingTaskSignal.CommandGiven("1", "ann", Now, new AgentCommand.Approve("abc"), 4),
        new CodingTaskSignal.CommandGiven("2", "ann", Now, new AgentCommand.Stop(), null) { FromRest = true },
        new CodingTaskSignal.CommentWritten("3", "ann", Now, 5, "hi"),
        new CodingTaskSignal.CommentWritten("9", "ann", Now, 5, "hi") { IsAddressed = false },
        new CodingTaskSignal.CommentWritten("10", "ann", Now, 5, "hi") { IsAddressed = true },
        new CodingTaskSignal.CommandGiven("11", "ann", Now, new AgentCommand.Fix { Words = "only this" }, 4),
        new CodingTaskSignal.ReviewSubmitted("4", "ann", Now, 6, ReviewState.ChangesRequested, "sha"),
        new CodingTaskSignal.CiChanged("5", "ci", Now, "sha"),
        new CodingTaskSignal.PullChanged("6", "ann", Now, PullChange.Merged, "sha"),
        new CodingTaskSignal.IssueClosed("7", "ann", Now),
        new CodingTaskSignal.LabelRemoved("8", "ann", Now, "agent:working"),
        new CodingTaskSignal.Unassigned("8a", "ann", Now),
    ];

    [Fact]
    public void Signal_SerialisedByItsOwnType_KeepsItsCase()
    {
        foreach (var signal in Signals)
            JsonSerializer.Deserialize<CodingTaskSignal>(JsonSerializer.Serialize(signal, signal.GetType())).ShouldBe(signal);
    }

    [Fact]
    public void Unassigned_OfALivingTask_StopsItInWords()
    {
        var state = CodingTaskState.Begin("run", Now);
        SignalReducer.Apply(state, new CodingTaskSignal.Unassigned("d", "ann", Now)).ShouldBeTrue();
        (state.Inbox.End!.State, state.Inbox.End.Reason).ShouldBe((TaskState.Stopped, "unassigned by ann"));
    }

    /// <summary>The service's clock may be an hour before or after the forge's; the shown plan is the same.</summary>
    [Theory]
    [InlineData(-60)]
    [InlineData(60)]
    public void Approval_OverRest_CountsForThePlanShownWhenItArrives(int minutesOff)
    {
        var rest = new CodingTaskSignal.CommandGiven("r", "rest-api", Now.AddMinutes(minutesOff), new AgentCommand.Approve(null), null) { FromRest = true };
        var reject = rest with { DeliveryId = "r2", Command = new AgentCommand.Reject("no") };
        var state = CodingTaskState.Begin("run", Now);
        SignalReducer.Apply(state, rest);
        state.Plan.Propose(new Plan("g", [], [], [], [], []), "aaaaaaaaaaaa", null);
        state.Plan.Posted(Now, null, null);
        state.Inbox.TakeDecision()!.Refusal(state.Plan.Hash, state.Plan.PostedAt).ShouldNotBeNull("it came before any plan");

        SignalReducer.Apply(state, rest with { DeliveryId = "r1" });
        SignalReducer.Apply(state, reject);
        state.Inbox.Decisions.ShouldAllBe(d => d.Refusal(state.Plan.Hash, state.Plan.PostedAt) == null);
        state.Plan.Propose(new Plan("h", [], [], [], [], []), "bbbbbbbbbbbb", null);
        state.Plan.Posted(Now.AddMinutes(1), null, null);
        state.Inbox.Decisions.ShouldAllBe(d => d.Refusal(state.Plan.Hash, state.Plan.PostedAt)!.Contains("aaaaaaaaaaaa", StringComparison.Ordinal));
    }

    [Fact]
    public void State_Serialised_ComesBackWhole()
    {
        var json = JsonSerializer.Serialize(Told());
        JsonSerializer.Serialize(JsonSerializer.Deserialize<CodingTaskState>(json)).ShouldBe(json);
    }

    [Fact]
    public void State_OfAnEarlierBuild_ComesBackWhole()
    {
        // Recorded before the state was several records: a task that runs on must find each of its fields, and write them so again.
        var before = Histories.Load("continued-from-before").Events.First().WorkflowExecutionStartedEventAttributes.Input.Payloads_.Single();
        var converter = DataConverter.Default.PayloadConverter;
        var input = converter.ToValue<CodingTaskInput>(before);

        input.Resume!.Progress.State.ShouldBe(TaskState.AwaitingCi);
        input.Resume.Plan.Current.ShouldNotBeNull();
        var after = JsonNode.Parse(converter.ToPayload(input).Data.ToStringUtf8());
        Holds(after, JsonNode.Parse(before.Data.ToStringUtf8()), "$");
    }

    // Fields that came later may stand beside those that were there.
    private static void Holds(JsonNode? after, JsonNode? before, string path)
    {
        if (before is JsonArray items)
        {
            after.ShouldNotBeNull(path).AsArray().Count.ShouldBe(items.Count, path);
            for (var i = 0; i < items.Count; i++)
                Holds(after.AsArray()[i], items[i], $"{path}[{i}]");
            return;
        }

        if (before is not JsonObject fields)
        {
            JsonNode.DeepEquals(after, before).ShouldBeTrue($"{path}: {after?.ToJsonString()} instead of {before?.ToJsonString()}");
            return;
        }

        foreach (var (name, value) in fields)
            Holds(after.ShouldNotBeNull(path).AsObject()[name], value, $"{path}.{name}");
    }

    private static CodingTaskState Told()
    {
        var state = CodingTaskState.Begin("k", Now);
        state.Plan.Propose(new Plan("g", ["c"], [], [], [], []), "h", null);
        state.Pull.Published("head", 3, new Uri("https://forge/3"), Now);
        state.Pull.CiRead(new CiReading(CiVerdict.Red) { Retriable = [new CiRetriable("k", "t", "1.1", true)], Waits = ["w"], Notes = ["n"] });
        state.Pull.Asked([new CiAsked("k", "1.1", Now, "no")]);
        state.Pull.StartedCi("started", Now);
        state.Work.StartFrom("base", foreign: true);
        state.Work.Answer(new WorkOrder(AgentRole.Fixer), [0, 5], [new PersonText("ann", "y")], null);
        state.Wait.Begin(Now, anew: true);
        state.Budget.Start("k", AgentRole.Coder, "t:p", [new PersonText("ann", "x")]).Segment = 3;
        foreach (var signal in Signals)
            SignalReducer.Apply(state, signal);
        return state;
    }

    [Fact]
    public void Reducer_AnySequence_DedupesAndStaysBounded()
    {
        var sequence = Gen.Choose(0, Signals.Length - 1).ListOf(400);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(30), Prop.ForAll(sequence.ToArbitrary(), indexes =>
        {
            var state = CodingTaskState.Begin("k", Now);
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var i in indexes)
            {
                if (SignalReducer.Apply(state, Signals[i]) != seen.Add(Signals[i].DeliveryId))
                    return false;
            }

            for (var i = 0; i < TaskInbox.MaxSeen + 200; i++)
                SignalReducer.Apply(state, new CodingTaskSignal.CommentWritten($"x{i}", "ann", Now, i, "c"));
            return state.Inbox.Seen.Count <= TaskInbox.MaxSeen && state.Inbox.Steering.Count <= 100;
        }));
    }

    [Fact]
    public void Approval_CountsForItsHeadAlone_WhicheverIsHeardOfFirst()
    {
        var state = CodingTaskState.Begin("k", Now);
        SignalReducer.Apply(state, new CodingTaskSignal.ReviewSubmitted("1", "ann", Now, 6, ReviewState.Approved, "one"));
        state.Pull.ReviewApproved.ShouldBeFalse();
        state.Pull.Moved("two", Now);
        state.Pull.ReviewApproved.ShouldBeFalse();
        SignalReducer.Apply(state, new CodingTaskSignal.ReviewSubmitted("2", "ann", Now, 7, ReviewState.Approved, "three"));
        state.Pull.Moved("three", Now);
        state.Pull.ReviewApproved.ShouldBeTrue();
        SignalReducer.Apply(state, new CodingTaskSignal.ReviewSubmitted("3", "bob", Now, 8, ReviewState.Commented, "three"));
        state.Pull.ReviewApproved.ShouldBeTrue();
        SignalReducer.Apply(state, new CodingTaskSignal.ReviewSubmitted("4", "bob", Now, 9, ReviewState.ChangesRequested, "three"));
        state.Pull.ReviewApproved.ShouldBeFalse();
    }

    [Fact]
    public void Draft_MadeByAPerson_StaysOneUntilAPersonSaysOtherwise()
    {
        var state = CodingTaskState.Begin("k", Now);
        state.Pull.Moved("h", Now);
        state.Pull.CiRead(CiVerdict.Green);
        SignalReducer.Apply(state, new CodingTaskSignal.PullChanged("1", "ann", Now, PullChange.ConvertedToDraft, "h"));
        PullDecider.Decide(state, new RepositoryPolicy(), Now).ShouldBeOfType<PullStep.Wait>().Note.ShouldContain("a draft it stays");
        SignalReducer.Apply(state, new CodingTaskSignal.PullChanged("2", "ann", Now, PullChange.ReadyForReview, "h"));
        PullDecider.Decide(state, new RepositoryPolicy(), Now).ShouldBeOfType<PullStep.MarkReady>();
    }

    [Fact]
    public void Draft_KeptByTheTaskItself_IsNotMadeReadyByGreenCi()
    {
        var state = CodingTaskState.Begin("k", Now);
        state.Pull.Moved("h", Now);
        state.Pull.CiRead(CiVerdict.Green);
        state.Pull.KeepDraft("web cannot have it as it is.");
        PullDecider.Decide(state, new RepositoryPolicy(), Now).ShouldBeOfType<PullStep.Wait>().Note.ShouldBe("web cannot have it as it is.");
        state.Pull.KeepDraft("");
        PullDecider.Decide(state, new RepositoryPolicy(), Now).ShouldBeOfType<PullStep.MarkReady>();
    }

    [Fact]
    public void Base_FollowedAsOftenAsThePolicyAllows_IsSaidAndLeftUntilSomebodyAsks()
    {
        var policy = new RepositoryPolicy { Review = new() { MaxRebases = 2 } };
        var state = CodingTaskState.Begin("k", Now);
        state.Pull.Moved("h", Now);
        state.Pull.MarkedReady();
        state.Pull.CiRead(CiVerdict.Green);
        state.Pull.BaseRead(new BaseStanding("main", "m", ["a.json"], false, ""));
        for (var i = 0; i < 2; i++)
        {
            PullDecider.Decide(state, policy, Now).ShouldBeOfType<PullStep.FollowBase>();
            state.Work.Rebase($"{i}", "tree", null);
        }

        var note = PullDecider.Decide(state, policy, Now).ShouldBeOfType<PullStep.Wait>().Note;
        note.ShouldContain("put on its new head 2 times already (review.max_rebases)");
        state.Work.ResetBaseMoves();
        PullDecider.Decide(state, policy, Now).ShouldBeOfType<PullStep.FollowBase>();
        PullDecider.Decide(state, policy with { Review = new() { MaxRebases = 0 } }, Now).ShouldBeOfType<PullStep.Wait>();
    }

    [Fact]
    public void TaskId_RepositoryInAnotherCase_IsTheSameText() =>
        TaskId.Parse("task/github:Acme/Shop/issue/7").ToString().ShouldBe(TaskId.Parse("task/github:acme/shop/issue/7").ToString());

    [Fact]
    public void Remark_VeryLong_IsCut()
    {
        var state = CodingTaskState.Begin("k", Now);
        SignalReducer.Apply(state, new CodingTaskSignal.CommentWritten("1", "ann", Now, 1, new string('x', 65_536)));
        state.Inbox.Steering.Single().Text.Length.ShouldBeLessThan(5_000);
    }

    [Fact]
    public void Hash_AnyPartChanged_IsAnother()
    {
        var plan = new Plan("g", ["c"], [new("a", "b")], [new("t", "u")], ["r"], []);
        var hash = PlanHash.Of(plan, "base", "blob");
        hash.Length.ShouldBe(12);
        PlanHash.Of(plan with { }, "base", "blob").ShouldBe(hash);
        string[] others =
        [
            PlanHash.Of(plan with { Goal = "h" }, "base", "blob"),
            PlanHash.Of(plan with { Edits = [new("ab", "")] }, "base", "blob"),
            PlanHash.Of(plan with { Edits = [], Tests = [new("a", "b"), new("t", "u")] }, "base", "blob"),
            PlanHash.Of(plan, "other", "blob"),
            PlanHash.Of(plan, "base", "other"),
        ];
        others.Append(hash).Distinct().Count().ShouldBe(6);

        // What people approved before plans had more to them is what they approved.
        hash.ShouldBe("95c703efa244");
        BuildRecord.DigestOf(plan).ShouldBe("fec6f089b3f42365a6678c1634291cc96cee76125f14cd018b6886189d4c5679");
        Plan[] more =
        [
            plan with { TicketId = "o/r#1" }, plan with { Rationale = "o/r#1" }, plan with { Checks = ["o/r#1"] },
            plan with { Edits = [new("a", "b") { Functions = ["o/r#1"] }] }, plan with { Tests = [new("t", "u") { Functions = ["o/r#1"] }] },
        ];
        more.Select(p => PlanHash.Of(p, "base", "blob")).Append(hash).Distinct().Count().ShouldBe(6);
        more.Select(BuildRecord.DigestOf).Append(BuildRecord.DigestOf(plan)).Distinct().Count().ShouldBe(6);
    }

    [Fact]
    public void PlanHash_OfSeveralRepositories_BindsAllOfEach()
    {
        var own = new Plan("g", [], [new("a", "b")], [], [], []) { TicketId = "o/r#1", Rationale = "r" };
        var there = new PlanElsewhere("o/s", "base2", "blob2", new Plan("h", [], [new("c", "d")], [], [], []));
        Plan With(params PlanElsewhere[] others) => own with { Others = others };
        Plan[] all =
        [
            own, With(there), With(there with { Repository = "o/t" }), With(there with { BaseSha = "base3" }), With(there with { PolicyBlob = "blob3" }), With(there with { Plan = own }), With(there with { Plan = there.Plan with { Questions = ["?"] } }),
            With(there, there with { Repository = "o/t" }), With(there with { Repository = "o/t" }, there), With(there with { Plan = there.Plan with { Edits = [new("c", "d") { Functions = ["f"] }] } }),
            // What is said there cannot be said here.
            own with { Edits = [.. own.Edits, .. there.Plan.Edits] }, own with { Edits = [own.Edits[0] with { Functions = ["o/s"] }] },
        ];
        all.Select(p => PlanHash.Of(p, "base", "blob")).ShouldBeUnique();
        all.Select(BuildRecord.DigestOf).ShouldBeUnique();
        // Plans that people approved, and checks that ran under them, before there were several repositories.
        PlanHash.Of(own, "base", "blob").ShouldBe("c040c0452f68");
        BuildRecord.DigestOf(own).ShouldBe("2dfe577ca49d04590b0491461e748c02958e3bbad0a381c155533b38606ccb65");
    }

    [Fact]
    public void PlanRisk_OfSeveralRepositories_IsTheStrictestOfAll()
    {
        var plan = FakePlan(3) with { Others = [new("o/s", "b", "", FakePlan(3)), new("o/t", "b", "", FakePlan(3))] };
        var never = new RepositoryPolicy { Approval = PlanApproval.Never };
        IReadOnlyList<(string, RepositoryPolicy, IReadOnlyCollection<string>)> With(RepositoryPolicy s, RepositoryPolicy t) => [("O/S", s, []), ("o/t", t, [])];
        PlanRisk.OfAll(plan, never, [], With(never, never)).NeedsApproval.ShouldBeFalse();
        PlanRisk.OfAll(plan, never, [], With(never, never with { Approval = PlanApproval.Always })).Because.ShouldHaveSingleItem().Why.ShouldBe("o/t: the policy asks for every plan (plan.approval: always)");
        PlanRisk.OfAll(plan with { Others = [new("o/s", "b", "", FakePlan(1) with { Edits = [new(".github/workflows/x.yml", "")] })] }, never, [], With(never with { Danger = never.Danger with { Ci = RiskRule.Ask } }, never))
            .Because.ShouldHaveSingleItem().Path.ShouldBe("o/s:.github/workflows/x.yml");
        PlanRisk.OfAll(plan, never, [], [("o/s", never, [])]).Because.ShouldHaveSingleItem().Why.ShouldBe("o/t: its policy is not known");
        // Small in each is not small.
        var wide = FakePlan(6) with { Others = [new("o/s", "b", "", FakePlan(6)), new("o/t", "b", "", FakePlan(6))] };
        PlanRisk.OfAll(wide, never, [], With(never, new RepositoryPolicy())).Because.ShouldContain(b => b.Why == "it names 18 files in 3 repositories (more than 15)");
        PlanRisk.OfAll(wide, never, [], With(never, never)).NeedsApproval.ShouldBeFalse();

        static Plan FakePlan(int files) => new("g", [], [.. Enumerable.Range(1, files).Select(i => new PlannedEdit($"src/{i}.cs", ""))], [], [], []);
    }

    [Theory]
    [InlineData(null, 1, true)]
    [InlineData(null, 0, true)]
    [InlineData(null, -1, false)]
    [InlineData("ABC", -1, true)]
    [InlineData("abd", 1, false)]
    public void Decision_HashOrTime_DecidesWhetherItCounts(string? hash, int secondsAfter, bool counts) =>
        (new PlanDecision("d", "ann", Now.AddSeconds(secondsAfter), true, hash, "").Refusal("abc", Now) is null).ShouldBe(counts);

    [Fact]
    public void Decision_WithoutPostedPlan_DoesNotCount() =>
        new PlanDecision("d", "ann", Now, true, "abc", "").Refusal("abc", null).ShouldNotBeNull();

    [Fact]
    public void Pull_States_LeadToTheStepTheyShould()
    {
        var policy = new RepositoryPolicy();
        PullStep Decide(CiVerdict ci, Action<CodingTaskState>? given = null, DateTimeOffset? since = null, RepositoryPolicy? under = null)
        {
            var state = CodingTaskState.Begin("k", Now);
            state.Pull.Moved("h", since ?? Now);
            state.Pull.CiRead(ci);
            given?.Invoke(state);
            return PullDecider.Decide(state, under ?? policy, Now);
        }

        void Ready(CodingTaskState s) => s.Pull.MarkedReady();
        void ReadyAndApproved(CodingTaskState s)
        {
            s.Pull.MarkedReady();
            s.Pull.Approve("h");
        }

        void Mended(CodingTaskState s, int times) => Enumerable.Repeat(s.Pull, times).ToList().ForEach(p => p.Address(becauseOfCi: true, becauseOfReview: false));
        void Answered(CodingTaskState s, int times) => Enumerable.Repeat(s.Pull, times).ToList().ForEach(p => p.Address(becauseOfCi: false, becauseOfReview: true));

        Decide(CiVerdict.Green).ShouldBeOfType<PullStep.MarkReady>();
        Decide(CiVerdict.Green, Ready).ShouldBeOfType<PullStep.Wait>().State.ShouldBe(TaskState.AwaitingReview);
        Decide(CiVerdict.Green, ReadyAndApproved).ShouldBeOfType<PullStep.Wait>().State.ShouldBe(TaskState.ReadyToMerge);
        Decide(CiVerdict.Pending).ShouldBeOfType<PullStep.Wait>().State.ShouldBe(TaskState.AwaitingCi);
        Decide(CiVerdict.Pending, ReadyAndApproved).ShouldBeOfType<PullStep.Wait>().State.ShouldBe(TaskState.AwaitingCi);
        Decide(CiVerdict.Red).ShouldBe(new PullStep.Address(true, false));
        Decide(CiVerdict.Red, s => Mended(s, 3)).ShouldBeOfType<PullStep.Wait>().Note.ShouldContain("still red");
        Decide(
            CiVerdict.Red,
            s =>
            {
                Mended(s, 3);
                s.Inbox.AskToFix();
            }).ShouldBe(new PullStep.Address(true, true));
        Decide(CiVerdict.Green, s => s.Inbox.AddReview(1)).ShouldBe(new PullStep.Address(false, true));
        Decide(
            CiVerdict.Green,
            s =>
            {
                Answered(s, 5);
                s.Inbox.AddReview(1);
            }).ShouldBeOfType<PullStep.Wait>().Note.ShouldContain("limits.review_cycles");
        Decide(
            CiVerdict.Green,
            s =>
            {
                Answered(s, 5);
                s.Wait.Park("A limit.");
                s.Inbox.Ask(new PersonText("ann", "do it"));
            }).ShouldBe(new PullStep.Address(false, false));
        Decide(CiVerdict.Green, s => s.Inbox.Add(new PersonText("ann", "as of old"))).ShouldBeOfType<PullStep.MarkReady>();
        Decide(CiVerdict.Green, s => s.Inbox.Overhear(new PersonText("ann", "lunch?"), isTaken: false)).ShouldBeOfType<PullStep.MarkReady>();
        Decide(CiVerdict.None).ShouldBeOfType<PullStep.Wait>().CiTimer.ShouldBeTrue();
        Decide(CiVerdict.None, since: Now.AddHours(-1)).ShouldBeOfType<PullStep.Wait>().Note.ShouldContain("stays a draft");
        Decide(CiVerdict.None, since: Now.AddHours(-1), under: policy with { CiRequired = false }).ShouldBeOfType<PullStep.MarkReady>();
    }

    [Fact]
    public void Pull_CiWithoutAVerdict_IsRetriedOnceThenToldAndLookedAtAgain()
    {
        var lost = new CiRetriable("key", "unit / test", "1.1", Failed: false);
        var state = CodingTaskState.Begin("k", Now);
        state.Pull.Moved("h", Now);
        PullStep Decide(int minutes = 0) => PullDecider.Decide(state, new RepositoryPolicy(), Now.AddMinutes(minutes));
        state.Pull.CiRead(new CiReading(CiVerdict.Unsettled) { Retriable = [lost], Waits = ["unit / test was cancelled: run it"] });
        Decide().ShouldBeOfType<PullStep.RetryCi>().Tries.ShouldBe([lost]);
        state.Pull.Asked([new CiAsked("key", "1.1", Now, "")]);
        // The forge shows the old try for a moment.
        Decide(9).ShouldBeOfType<PullStep.Wait>().Step.ShouldBe("CI is run once more");
        var told = Decide(11).ShouldBeOfType<PullStep.Wait>();
        (told.State, told.CiTimer).ShouldBe((TaskState.AwaitingCi, true));
        told.Note.ShouldContain("unit / test was cancelled: run it.");
        // Another try of it, cancelled too, is not tried for ever.
        state.Pull.CiRead(new CiReading(CiVerdict.Unsettled) { Retriable = [lost with { Try = "1.2" }] });
        Decide().ShouldBeOfType<PullStep.Wait>().Step.ShouldBe("CI has come to no verdict");
        state.Pull.Moved("i", Now);
        state.Pull.CiRead(new CiReading(CiVerdict.Unsettled) { Retriable = [lost with { Try = "2.1" }] });
        Decide().ShouldBeOfType<PullStep.RetryCi>();
    }

    [Fact]
    public void Pull_RedCi_IsRetriedOnlyWhereThatIsThePolicys()
    {
        var state = CodingTaskState.Begin("k", Now);
        state.Pull.Moved("h", Now);
        PullStep Decide(int minutes = 0) => PullDecider.Decide(state, new RepositoryPolicy(), Now.AddMinutes(minutes));
        // Something was cancelled beside what failed: a new head runs it all again anyway.
        state.Pull.CiRead(new CiReading(CiVerdict.Red) { Retriable = [new CiRetriable("c", "cancelled", "1.1", Failed: false)] });
        Decide().ShouldBe(new PullStep.Address(true, false));
        var red = new CiRetriable("r", "red", "1.1", Failed: true);
        state.Pull.CiRead(new CiReading(CiVerdict.Red) { Retriable = [red] });
        Decide().ShouldBeOfType<PullStep.RetryCi>().Tries.ShouldBe([red]);
        state.Pull.Asked([new CiAsked("r", "1.1", Now, "")]);
        Decide(1).ShouldBeOfType<PullStep.Wait>();
        state.Pull.CiRead(new CiReading(CiVerdict.Red) { Retriable = [red with { Try = "1.2" }] });
        Decide(1).ShouldBe(new PullStep.Address(true, false));
        // Where the forge refused, nothing is waited for.
        state.Pull.Moved("i", Now);
        state.Pull.CiRead(new CiReading(CiVerdict.Red) { Retriable = [red] });
        state.Pull.Asked([new CiAsked("r", "1.1", Now, "red could not be run again: 403")]);
        Decide(1).ShouldBe(new PullStep.Address(true, false));
        state.Pull.CiRemarks.ShouldBe(["red could not be run again: 403"]);
    }

    [Fact]
    public void Pull_CiThatDoesNotEnd_IsNamedAfterAWhile()
    {
        var state = CodingTaskState.Begin("k", Now);
        state.Pull.Moved("h", Now);
        state.Pull.CiRead(new CiReading(CiVerdict.Pending) { Running = ["cd / deploy"] });
        PullStep.Wait Decide(int minutes) => PullDecider.Decide(state, new RepositoryPolicy(), Now.AddMinutes(minutes)).ShouldBeOfType<PullStep.Wait>();
        Decide(119).Note.ShouldBeEmpty();
        Decide(121).ShouldSatisfyAllConditions(w => w.State.ShouldBe(TaskState.AwaitingCi), w => w.Note.ShouldContain("cd / deploy"), w => w.Note.ShouldContain("approval"));
        // A task of an older version does not know what runs, and goes on as it went.
        state.Pull.CiRead(CiVerdict.Pending);
        Decide(121).Note.ShouldBeEmpty();
    }

    [Fact]
    public void Pull_WithoutAnyCi_StartsTheNamedWorkflowOnce()
    {
        var policy = new RepositoryPolicy { Ci = new RepositoryPolicy.CiRules { Dispatch = "ci.yml" } };
        var state = CodingTaskState.Begin("k", Now);
        state.Pull.StartBranch("agent/x");
        state.Pull.Moved("h", Now);
        PullStep Decide(int minutes) => PullDecider.Decide(state, policy, Now.AddMinutes(minutes));
        Decide(1).ShouldBeOfType<PullStep.Wait>();
        Decide(5).ShouldBe(new PullStep.StartCi("ci.yml"));
        state.Pull.StartedCi("started", Now.AddMinutes(5));
        Decide(11).ShouldBeOfType<PullStep.Wait>().Step.ShouldContain("first CI result");
        Decide(36).ShouldBeOfType<PullStep.Wait>().State.ShouldBe(TaskState.AwaitingReview);
    }

    [Fact]
    public void CiReading_OfAnOlderHistory_IsANumber()
    {
        JsonSerializer.Deserialize<CiReading>("3").ShouldNotBeNull().Verdict.ShouldBe(CiVerdict.Red);
        var reading = new CiReading(CiVerdict.Unsettled) { Retriable = [new CiRetriable("k", "t", "1.1", true)], Waits = ["w"], Notes = ["n"], Running = ["r"] };
        var again = JsonSerializer.Deserialize<CiReading>(JsonSerializer.Serialize(reading)).ShouldNotBeNull();
        (again.Verdict, again.Retriable.Single(), again.Waits.Single(), again.Notes.Single(), again.Running.Single()).ShouldBe((CiVerdict.Unsettled, reading.Retriable[0], "w", "n", "r"));
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<CiReading>("\"red\""));
    }
}
