using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.Forges.Tests;

public sealed class CiTriesTests
{
    [Theory]
    // Tries of one check, oldest first, and the one that counts.
    [InlineData("Failed Passed", CiState.Passed, true)]
    [InlineData("Passed Failed", CiState.Failed, false)]
    [InlineData("Failed Skipped", CiState.Failed, false)]
    [InlineData("Passed Skipped Skipped", CiState.Passed, false)]
    [InlineData("Skipped Skipped", CiState.Skipped, false)]
    [InlineData("Failed Pending", CiState.Pending, false)]
    [InlineData("Failed Cancelled", CiState.Failed, false)]
    [InlineData("Failed NeedsPerson Stale NotStarted", CiState.Failed, false)]
    [InlineData("Passed Cancelled", CiState.Cancelled, false)]
    [InlineData("Failed Passed Cancelled", CiState.Cancelled, false)]
    [InlineData("Cancelled Passed", CiState.Passed, false)]
    [InlineData("Failed Cancelled Passed", CiState.Passed, true)]
    public void Tries_OfOneCheck_TheOneThatSaysSomethingCounts(string states, CiState counts, bool failedBefore)
    {
        var tries = states.Split(' ').Select((s, i) => Job(Enum.Parse<CiState>(s)) with { Suite = i / 2, Attempt = 1 + (i % 2) });
        var result = CiTries.Newest(tries.Reverse()).Single();
        (result.State, result.FailedBefore).ShouldBe((counts, failedBefore));
    }

    [Fact]
    public void Check_OfAnotherWorkflowTriggerOrName_ReplacesNothing()
    {
        var red = Job(CiState.Failed) with { Source = "a", Trigger = "push" };
        CiResult[] others = [red with { Source = "b" }, red with { Trigger = "pull_request" }, red with { Name = "Test" }];
        foreach (var other in others.Select(o => o with { State = CiState.Passed, Suite = 9 }))
            CiTries.Newest([red, other]).Select(r => r.State).Order().ShouldBe([CiState.Passed, CiState.Failed]);
    }

    [Theory]
    [InlineData(CiState.Passed, 9, 1)]
    [InlineData(CiState.Failed, 9, 1)]
    [InlineData(CiState.Pending, 9, 1)]
    // One that is older, or says nothing itself, takes nobody's place.
    [InlineData(CiState.Passed, 0, 2)]
    [InlineData(CiState.Skipped, 9, 2)]
    [InlineData(CiState.Cancelled, 9, 2)]
    public void Cancelled_WhereAnotherTriggerOfTheWorkflowTookItsPlace_IsReplaced(CiState other, int suite, int left)
    {
        var cancelled = Job(CiState.Cancelled) with { Trigger = "push", Suite = 5 };
        CiTries.Newest([cancelled, cancelled with { Trigger = "pull_request", Suite = suite, State = other }]).Count.ShouldBe(left);
    }

    [Fact]
    public void Status_RedThenGreen_IsNotCalledFlaky()
    {
        // A signed agreement, say.
        var red = Job(CiState.Failed) with { Origin = CiOrigin.Status };
        CiTries.Newest([red, red with { Attempt = 2, State = CiState.Passed }]).Single().FailedBefore.ShouldBeFalse();
    }

    [Fact]
    public void Newest_AnyResults_HidesNoRedThatNothingAnswered()
    {
        var result =
            from state in Gen.Elements(Enum.GetValues<CiState>())
            from source in Gen.Elements("a", "b")
            from trigger in Gen.Elements("push", "pull")
            from name in Gen.Elements("x", "y")
            from suite in Gen.Choose(0, 3)
            from attempt in Gen.Choose(1, 2)
            select new CiResult(name, state, false, "", null) { Source = source, Trigger = trigger, Suite = suite, Attempt = attempt, Origin = CiOrigin.Job };
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(result.ListOf().ToArbitrary(), all =>
        {
            var counting = CiTries.Newest(all);
            bool IsAnswered(CiResult red) => all.Any(o => Same(o, red) && (o.Suite, o.Attempt).CompareTo((red.Suite, red.Attempt)) > 0 && o.State is CiState.Passed or CiState.Pending or CiState.Failed);
            return all.Where(r => r.State == CiState.Failed && !IsAnswered(r)).All(r => counting.Any(c => Same(c, r) && c.State is CiState.Failed or CiState.Pending))
                && counting.SequenceEqual(CiTries.Newest(counting), Comparer);
        }));
    }

    private static bool Same(CiResult one, CiResult other) => (one.Source, one.Trigger, one.Name) == (other.Source, other.Trigger, other.Name);

    private static IEqualityComparer<CiResult> Comparer { get; } = EqualityComparer<CiResult>.Create((a, b) => a! with { FailedBefore = false } == b! with { FailedBefore = false }, a => a.Name.Length);

    private static CiResult Job(CiState state) => new("test", state, false, "", null) { Source = "a", Trigger = "push", Origin = CiOrigin.Job };
}
