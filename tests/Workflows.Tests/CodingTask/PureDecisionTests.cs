using System.Text.Json;
using CodingAgent.Agents.Cohort;
using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Workflows.CodingTask;
using CodingAgent.Workflows.Commands;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Policy;
using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.Workflows.Tests.CodingTask;

public sealed class PureDecisionTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private static readonly CodingTaskSignal[] Signals =
    [
        new CodingTaskSignal.CommandGiven("1", "ann", Now, new AgentCommand.Approve("abc"), 4),
        new CodingTaskSignal.CommandGiven("2", "ann", Now, new AgentCommand.Stop(), null),
        new CodingTaskSignal.CommentWritten("3", "ann", Now, 5, "hi"),
        new CodingTaskSignal.ReviewSubmitted("4", "ann", Now, 6, ReviewState.ChangesRequested, "sha"),
        new CodingTaskSignal.CiChanged("5", "ci", Now, "sha"),
        new CodingTaskSignal.PullChanged("6", "ann", Now, PullChange.Merged, "sha"),
        new CodingTaskSignal.IssueClosed("7", "ann", Now),
        new CodingTaskSignal.LabelRemoved("8", "ann", Now, "agent:working"),
    ];

    [Fact]
    public void Signal_SerialisedByItsOwnType_KeepsItsCase()
    {
        foreach (var signal in Signals)
            JsonSerializer.Deserialize<CodingTaskSignal>(JsonSerializer.Serialize(signal, signal.GetType())).ShouldBe(signal);
    }

    [Fact]
    public void State_Serialised_ComesBackWhole()
    {
        var state = new CodingTaskState { RunKey = "k", Plan = new Plan("g", ["c"], [], [], [], []), Ci = CiVerdict.Red, End = new EndRequest(TaskState.Stopped, "x") };
        foreach (var signal in Signals)
            SignalReducer.Apply(state, signal);
        state.Run = new AgentRunState("r", AgentRole.Coder, "t:p", [new PersonText("ann", "x")]) { Segment = 3 };
        var json = JsonSerializer.Serialize(state);
        JsonSerializer.Serialize(JsonSerializer.Deserialize<CodingTaskState>(json)).ShouldBe(json);
    }

    [Fact]
    public void Reducer_AnySequence_DedupesAndStaysBounded()
    {
        var sequence = Gen.Choose(0, Signals.Length - 1).ListOf(400);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(30), Prop.ForAll(sequence.ToArbitrary(), indexes =>
        {
            var state = new CodingTaskState();
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var i in indexes)
            {
                if (SignalReducer.Apply(state, Signals[i]) != seen.Add(Signals[i].DeliveryId))
                    return false;
            }

            for (var i = 0; i < SignalReducer.MaxSeen + 200; i++)
                SignalReducer.Apply(state, new CodingTaskSignal.CommentWritten($"x{i}", "ann", Now, i, "c"));
            return state.Seen.Count <= SignalReducer.MaxSeen && state.Steering.Count <= 100;
        }));
    }

    [Fact]
    public void Approval_CountsForItsHeadAlone_WhicheverIsHeardOfFirst()
    {
        var state = new CodingTaskState();
        SignalReducer.Apply(state, new CodingTaskSignal.ReviewSubmitted("1", "ann", Now, 6, ReviewState.Approved, "one"));
        state.ReviewApproved.ShouldBeFalse();
        state.HeadSha = "two";
        state.ReviewApproved.ShouldBeFalse();
        SignalReducer.Apply(state, new CodingTaskSignal.ReviewSubmitted("2", "ann", Now, 7, ReviewState.Approved, "three"));
        state.HeadSha = "three";
        state.ReviewApproved.ShouldBeTrue();
        SignalReducer.Apply(state, new CodingTaskSignal.ReviewSubmitted("3", "bob", Now, 8, ReviewState.Commented, "three"));
        state.ReviewApproved.ShouldBeTrue();
        SignalReducer.Apply(state, new CodingTaskSignal.ReviewSubmitted("4", "bob", Now, 9, ReviewState.ChangesRequested, "three"));
        state.ReviewApproved.ShouldBeFalse();
    }

    [Fact]
    public void Draft_MadeByAPerson_StaysOneUntilAPersonSaysOtherwise()
    {
        var state = new CodingTaskState { Ci = CiVerdict.Green, HeadSha = "h" };
        SignalReducer.Apply(state, new CodingTaskSignal.PullChanged("1", "ann", Now, PullChange.ConvertedToDraft, "h"));
        PullDecider.Decide(state, new RepositoryPolicy(), Now).ShouldBeOfType<PullStep.Wait>().Note.ShouldContain("a draft it stays");
        SignalReducer.Apply(state, new CodingTaskSignal.PullChanged("2", "ann", Now, PullChange.ReadyForReview, "h"));
        PullDecider.Decide(state, new RepositoryPolicy(), Now).ShouldBeOfType<PullStep.MarkReady>();
    }

    [Fact]
    public void TaskId_RepositoryInAnotherCase_IsTheSameText() =>
        TaskId.Parse("task/github:Acme/Shop/issue/7").ToString().ShouldBe(TaskId.Parse("task/github:acme/shop/issue/7").ToString());

    [Fact]
    public void Remark_VeryLong_IsCut()
    {
        var state = new CodingTaskState();
        SignalReducer.Apply(state, new CodingTaskSignal.CommentWritten("1", "ann", Now, 1, new string('x', 65_536)));
        state.Steering.Single().Text.Length.ShouldBeLessThan(5_000);
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
    }

    [Theory]
    [InlineData(null, 1, true)]
    [InlineData(null, 0, true)]
    [InlineData(null, -1, false)]
    [InlineData("ABC", -1, true)]
    [InlineData("abd", 1, false)]
    public void Decision_HashOrTime_DecidesWhetherItCounts(string? hash, int secondsAfter, bool counts) =>
        (PlanDecisions.Refusal(new PlanDecision("d", "ann", Now.AddSeconds(secondsAfter), true, hash, ""), "abc", Now) is null).ShouldBe(counts);

    [Fact]
    public void Decision_WithoutPostedPlan_DoesNotCount() =>
        PlanDecisions.Refusal(new PlanDecision("d", "ann", Now, true, "abc", ""), "abc", null).ShouldNotBeNull();

    [Fact]
    public void Pull_States_LeadToTheStepTheyShould()
    {
        var policy = new RepositoryPolicy();
        PullStep Decide(CodingTaskState s, RepositoryPolicy? p = null) => PullDecider.Decide(s, p ?? policy, Now);
        Decide(new() { Ci = CiVerdict.Green }).ShouldBeOfType<PullStep.MarkReady>();
        Decide(new() { Ci = CiVerdict.Green, IsReady = true }).ShouldBeOfType<PullStep.Wait>().State.ShouldBe(TaskState.AwaitingReview);
        Decide(new() { Ci = CiVerdict.Green, IsReady = true, HeadSha = "h", ApprovedHead = "h" }).ShouldBeOfType<PullStep.Wait>().State.ShouldBe(TaskState.ReadyToMerge);
        Decide(new() { Ci = CiVerdict.Pending }).ShouldBeOfType<PullStep.Wait>().State.ShouldBe(TaskState.AwaitingCi);
        Decide(new() { Ci = CiVerdict.Pending, HeadSha = "h", ApprovedHead = "h", IsReady = true }).ShouldBeOfType<PullStep.Wait>().State.ShouldBe(TaskState.AwaitingCi);
        Decide(new() { Ci = CiVerdict.Red }).ShouldBe(new PullStep.Address(true, false));
        Decide(new() { Ci = CiVerdict.Red, CiAttempts = 3 }).ShouldBeOfType<PullStep.Wait>().Note.ShouldContain("still red");
        Decide(new() { Ci = CiVerdict.Red, CiAttempts = 3, FixRequested = true }).ShouldBe(new PullStep.Address(true, true));
        Decide(new() { Ci = CiVerdict.Green, Reviews = { 1 } }).ShouldBe(new PullStep.Address(false, true));
        Decide(new() { Ci = CiVerdict.Green, Reviews = { 1 }, ReviewCycles = 5 }).ShouldBeOfType<PullStep.Wait>().Note.ShouldContain("limits.review_cycles");
        Decide(new() { CiSince = Now }).ShouldBeOfType<PullStep.Wait>().CiTimer.ShouldBeTrue();
        Decide(new() { CiSince = Now.AddHours(-1) }).ShouldBeOfType<PullStep.Wait>().Note.ShouldContain("stays a draft");
        Decide(new() { CiSince = Now.AddHours(-1) }, policy with { CiRequired = false }).ShouldBeOfType<PullStep.MarkReady>();
    }
}
