using System.Globalization;
using System.Numerics;
using System.Text.Json;
using CodingAgent.Workflows.Flows.Upgrade;
using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.Workflows.Tests.Flows.Upgrade;

public sealed class BatchBisectTests
{
    [Fact]
    public void Batch_AllGreen_ShipsAfterOneRun()
    {
        var (done, runs) = Play(12, _ => false);
        (done.Green.Count, done.Culprits.Count, runs.Runs.Count).ShouldBe((12, 0, 1));
    }

    [Fact]
    public void Batch_Empty_IsDoneWithoutARun() => Play(0, _ => false).Done.ShouldBe(new BisectStep.Done([], [], [], false, false), Same);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(10, 0)]
    [InlineData(10, 9)]
    [InlineData(50, 31)]
    public void Culprit_AmongMany_IsNamedAloneAndTheRestShips(int n, int culprit)
    {
        var (done, _) = Play(n, s => s.Contains(culprit));
        done.Green.ShouldBe(Enumerable.Range(0, n).Where(i => i != culprit));
        var found = done.Culprits.ShouldHaveSingleItem();
        (found.Unit, found.With.Count, found.Proof).ShouldBe((culprit, 0, CulpritProof.Alone));
        found.Evidence.ShouldContain(r => r.Set.SequenceEqual(new[] { culprit }) && r.Result == BatchResult.Red);
    }

    [Fact]
    public void Pair_RedOnlyTogether_IsNamedTogetherAndOneOfItShips()
    {
        var (done, _) = Play(16, s => s.Contains(3) && s.Contains(11));
        var found = done.Culprits.ShouldHaveSingleItem();
        (found.Unit, found.With.Single(), found.Proof).ShouldBe((11, 3, CulpritProof.Together));
        done.Green.ShouldBe(Enumerable.Range(0, 16).Where(i => i != 11));
        found.Evidence.ShouldContain(r => r.Set.SequenceEqual(new[] { 3, 11 }) && r.Result == BatchResult.Red);
    }

    [Fact]
    public void Three_RedOnlyTogether_AreNamedTogether()
    {
        var (done, _) = Play(20, s => s.Contains(2) && s.Contains(9) && s.Contains(15));
        var found = done.Culprits.ShouldHaveSingleItem();
        found.Unit.ShouldBe(15);
        found.With.ShouldBe([2, 9]);
    }

    [Fact]
    public void Family_MovesTogether()
    {
        var batch = BatchBisect.Of([("a react", "react"), ("b lodash", "b lodash"), ("a react-dom", "react")], 20);
        batch.Units.Select(u => string.Join('+', u.Items)).ShouldBe(["a react+a react-dom", "b lodash"]);
    }

    [Fact]
    public void Base_Red_BlamesNobody()
    {
        var (done, runs) = Play(40, _ => true);
        (done.IsBaseRed, done.Culprits.Count, done.Green.Count, done.Undecided.Count).ShouldBe((true, 0, 0, 40));
        runs.Runs.Count.ShouldBeLessThan(40);
        var known = BatchBisect.Of(Items(40), 100).With([], BatchResult.Red);
        known.Next.ShouldBeOfType<BisectStep.Done>().IsBaseRed.ShouldBeTrue();
    }

    [Fact]
    public void Everything_RedAlone_IsNamedInAboutOneRunEach()
    {
        var (done, runs) = Play(40, s => s.Count > 0);
        (done.IsBaseRed, done.Culprits.Count, done.Green.Count).ShouldBe((false, 40, 0));
        done.Culprits.ShouldAllBe(c => c.Proof == CulpritProof.Alone);
        runs.Runs.Count.ShouldBeLessThan(80);
    }

    [Fact]
    public void RedRun_ByChance_IsTriedOnceMoreAndHoldsNobody()
    {
        var (done, runs) = Play(8, (s, n) => n == 0);
        (done.Culprits.Count, done.Green.Count).ShouldBe((0, 8));
        runs.Runs.Count(r => r.Set.Count == 8).ShouldBe(2);
    }

    [Fact]
    public void RedRun_ByChanceInside_ClearsWhoItHeldAndFindsTheCulprit()
    {
        // The second run is red by chance; the culprit stands in the other half.
        var (done, _) = Play(16, (s, n) => n == 1 || s.Contains(13));
        done.Green.ShouldBe(Enumerable.Range(0, 16).Where(i => i != 13));
        done.Culprits.ShouldHaveSingleItem().Unit.ShouldBe(13);
    }

    [Fact]
    public void Run_WithoutResult_IsAskedOnceMoreAndThenCountsAsRed()
    {
        var batch = BatchBisect.Of(Items(4), 30);
        while (batch.Next is BisectStep.Run run)
            batch = batch.With(run.Set, run.Set.Contains(2) ? BatchResult.Inconclusive : BatchResult.Green);
        var done = (BisectStep.Done)batch.Next;
        done.Green.ShouldBe([0, 1, 3]);
        done.Culprits.ShouldHaveSingleItem().Proof.ShouldBe(CulpritProof.NeverEnds);
        batch.Runs.Where(r => r.Set.SequenceEqual(new[] { 2 })).Count().ShouldBe(2);
    }

    [Fact]
    public void Runs_UsedUp_ShipsWhatWasSeenGreen()
    {
        var (done, runs) = Play(64, s => s.Contains(40), mostRuns: 3);
        (done.IsCapped, runs.Runs.Count).ShouldBe((true, 3));
        done.Green.ShouldBe(Enumerable.Range(0, 32));
        done.Undecided.ShouldBe(Enumerable.Range(32, 32));
    }

    /// <summary>Any culprits, alone and in pairs: what ships is green, who is named is to blame, and nobody is lost.</summary>
    [Fact]
    public void Batches_OfAnyCulprits_EndWithTheTruth() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(400), Prop.ForAll(Cases(), c =>
    {
        bool IsRed(IReadOnlyCollection<int> s) => c.Alone.Any(s.Contains) || c.Pairs.Any(p => s.Contains(p.A) && s.Contains(p.B));
        var (done, runs) = Play(c.Size, IsRed);
        IsRed(done.Green.ToHashSet()).ShouldBeFalse();
        if (done.Green.Count > 0)
            runs.Runs.ShouldContain(r => r.Result == BatchResult.Green && done.Green.All(r.Set.Contains));
        done.Undecided.ShouldBeEmpty();
        done.Green.Concat(done.Culprits.Select(x => x.Unit)).Order().ShouldBe(Enumerable.Range(0, c.Size));
        foreach (var found in done.Culprits)
        {
            (found.With.Count == 0).ShouldBe(c.Alone.Contains(found.Unit));
            IsRed([found.Unit, .. found.With]).ShouldBeTrue();
            if (found.With.Count > 0)
                c.Pairs.ShouldContain(p => (p.A == found.Unit && p.B == found.With[0]) || (p.B == found.Unit && p.A == found.With[0]));
        }
    }));

    /// <summary>The bound of the field for what may ship, for at most four culprits (beyond them it no longer tries the whole rest).</summary>
    [Fact]
    public void Batches_OfFewCulprits_ShipWithinTheBound() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(400), Prop.ForAll(Cases(), c =>
    {
        var culprits = c.Alone.Take(4).ToHashSet();
        if (culprits.Count == c.Size)
            return;
        var (_, runs) = Play(c.Size, s => culprits.Any(s.Contains));
        var settled = Enumerable.Range(1, runs.Runs.Count).First(r => (runs with { Runs = [.. runs.Runs.Take(r)] }).Next is BisectStep.Done or BisectStep.Run { IsSettled: true });
        settled.ShouldBeLessThanOrEqualTo((culprits.Count * (BitOperations.Log2((uint)c.Size - 1) + (c.Size == 1 ? 1 : 2))) + 1);
    }));

    /// <summary>Checks that lie now and then: it ends, and what ships was seen green as it ships.</summary>
    [Fact]
    public void Batches_OfUnsteadyChecks_EndAndShipOnlyWhatWasGreen() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(Cases(), c =>
    {
        var chance = new Random(c.Seed);
        var (done, runs) = Play(c.Size, (s, _) => c.Alone.Any(s.Contains) || chance.Next(8) == 0, mostRuns: 300);
        if (done.Green.Count > 0)
            runs.Runs.ShouldContain(r => r.Result == BatchResult.Green && r.Set.SequenceEqual(done.Green));
        done.Green.Intersect(c.Alone).ShouldBeEmpty();
        done.Green.Concat(done.Culprits.Select(x => x.Unit)).Concat(done.Undecided).Order().ShouldBe(Enumerable.Range(0, c.Size));
    }));

    [Fact]
    public void Batch_ReadBackAfterEachRun_AsksTheSame()
    {
        var batch = BatchBisect.Of(Items(30), 200);
        while (batch.Next is BisectStep.Run run)
        {
            var back = JsonSerializer.Deserialize<BatchBisect>(JsonSerializer.Serialize(batch))!;
            back.Next.ShouldBeOfType<BisectStep.Run>().Set.ShouldBe(run.Set);
            batch = back.With(run.Set, run.Set.Contains(4) || (run.Set.Contains(20) && run.Set.Contains(25)) ? BatchResult.Red : BatchResult.Green, "run");
        }

        ((BisectStep.Done)batch.Next).Culprits.Select(c => c.Unit).ShouldBe([4, 25]);
    }

    private static readonly EqualityComparer<BisectStep.Done> Same = EqualityComparer<BisectStep.Done>.Create((a, b) => JsonSerializer.Serialize(a) == JsonSerializer.Serialize(b));

    private static IEnumerable<(string, string)> Items(int n) => Enumerable.Range(0, n).Select(i => i.ToString(CultureInfo.InvariantCulture)).Select(i => (i, i));

    private static (BisectStep.Done Done, BatchBisect Runs) Play(int n, Func<IReadOnlyCollection<int>, bool> isRed, int mostRuns = 2000) => Play(n, (s, _) => isRed(s), mostRuns);

    private static (BisectStep.Done Done, BatchBisect Runs) Play(int n, Func<IReadOnlyCollection<int>, int, bool> isRed, int mostRuns = 2000)
    {
        var batch = BatchBisect.Of(Items(n), mostRuns);
        while (batch.Next is BisectStep.Run run)
            batch = batch.With(run.Set, isRed(run.Set.ToHashSet(), batch.Runs.Count) ? BatchResult.Red : BatchResult.Green);
        return ((BisectStep.Done)batch.Next, batch);
    }

    private static Arbitrary<Case> Cases() => Arb.From(
        from size in Gen.Choose(1, 40)
        from alone in Gen.Choose(0, 6).SelectMany(k => Gen.ListOf(Gen.Choose(0, size - 1), k))
        from pairs in Gen.Choose(0, 2).SelectMany(k => Gen.ListOf(Gen.Two(Gen.Choose(0, size - 1)), k))
        from seed in Gen.Choose(0, int.MaxValue)
        select new Case(size, [.. alone.Distinct()], [.. pairs.Where(p => p.Item1 != p.Item2 && !alone.Contains(p.Item1) && !alone.Contains(p.Item2)).Select(p => (p.Item1, p.Item2))], seed));

    private sealed record Case(int Size, int[] Alone, (int A, int B)[] Pairs, int Seed)
    {
        public override string ToString() => $"{Size} units, culprits {string.Join(' ', Alone)}, pairs {string.Join(' ', Pairs)}, seed {Seed}";
    }
}
