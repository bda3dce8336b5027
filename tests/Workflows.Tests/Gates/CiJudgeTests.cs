using CodingAgent.Forges;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Tasks;
using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.Workflows.Tests.Gates;

public sealed class CiJudgeTests
{
    private static readonly RepositoryPolicy.CiRules Rules = new();

    [Theory]
    [InlineData("Passed", CiVerdict.Green)]
    [InlineData("Passed Skipped", CiVerdict.Green)]
    [InlineData("Skipped", CiVerdict.Green)]
    [InlineData("Passed Pending Failed", CiVerdict.Pending)]
    [InlineData("Passed Failed Cancelled", CiVerdict.Red)]
    [InlineData("Passed Cancelled", CiVerdict.Unsettled)]
    [InlineData("Passed Stale", CiVerdict.Unsettled)]
    [InlineData("Passed NeedsPerson", CiVerdict.Unsettled)]
    [InlineData("Passed NotStarted", CiVerdict.Unsettled)]
    public void Read_States_LeadToTheVerdict(string states, CiVerdict verdict)
    {
        var results = states.Split(' ').Select((s, i) => Job($"job{i}", Enum.Parse<CiState>(s))).ToArray();
        CiJudge.Judge(results).ShouldBe(verdict);
        // What is ours never counts.
        CiJudge.Judge([.. results, Job("coding-agent/evidence", CiState.Failed) with { IsOurs = true }]).ShouldBe(verdict);
    }

    [Theory]
    [InlineData(CiState.Cancelled, "unit / test was cancelled")]
    [InlineData(CiState.Stale, "unit / test was given up")]
    [InlineData(CiState.NeedsPerson, "unit / test waits for a person: open it and approve the run")]
    [InlineData(CiState.NotStarted, "unit / test could not be started")]
    public void Read_Unsettled_SaysWhichCheckAndWhatAPersonCanDo(CiState state, string words) =>
        Read([Job("test", state, "unit")]).Waits.Single().ShouldStartWith(words);

    [Theory]
    [InlineData("license/cla")]
    [InlineData("cla/google")]
    [InlineData("DCO")]
    [InlineData("EasyCLA")]
    [InlineData("licence/check")]
    [InlineData("verification/cla-signed")]
    [InlineData("CLA (individual)")]
    [InlineData("eclipsefdn/eca")]
    [InlineData("CommunityBridge / EasyCLA")]
    [InlineData("Contributor License Agreement")]
    [InlineData("DCO: Signed-off-by")]
    public void Read_ALoneAgreement_IsNoCiAndIsToldWhenRefused(string name)
    {
        var status = Job(name, CiState.Passed) with { Origin = CiOrigin.Status };
        Read([status]).ShouldSatisfyAllConditions(r => r.Verdict.ShouldBe(CiVerdict.None), r => r.Notes.ShouldBeEmpty());
        var red = status with { State = CiState.Failed };
        var reading = Read([red, Job("build", CiState.Passed)]);
        reading.Verdict.ShouldBe(CiVerdict.Green);
        reading.Notes.Single().ShouldStartWith($"{name} is no CI and waits for a person");
        CiJudge.Red([red], Rules, []).ShouldBeEmpty();
        Read([status with { State = CiState.Pending }, Job("build", CiState.Passed)]).Verdict.ShouldBe(CiVerdict.Green);
        // A policy that names it wants it.
        Read([red], Rules with { Checks = [name] }).Verdict.ShouldBe(CiVerdict.Red);
    }

    [Theory]
    [InlineData("class")]
    [InlineData("clang-tidy")]
    [InlineData("declare")]
    [InlineData("license headers")]
    [InlineData("sign packages")]
    [InlineData("agreement-service")]
    public void Read_AJobThatOnlySoundsLikeAnAgreement_Counts(string name) => Read([Job(name, CiState.Failed)]).Verdict.ShouldBe(CiVerdict.Red);

    [Fact]
    public void Read_NamedChecks_AreTheOnlyOnesThatCountAndMustBeThere()
    {
        var rules = Rules with { Checks = ["unit / *", "lint"] };
        CiResult[] results = [Job("test (a/b)", CiState.Passed, "unit"), Job("lint", CiState.Passed), Job("preview", CiState.Failed), Job("deploy", CiState.Pending)];
        Read(results, rules).Verdict.ShouldBe(CiVerdict.Green);
        Read(results[..1], rules).ShouldSatisfyAllConditions(r => r.Verdict.ShouldBe(CiVerdict.None), r => r.Waits.Single().ShouldBe("The check lint (ci.checks) has not reported"));
        Read([results[0], Job("lint", CiState.Failed)], rules).Verdict.ShouldBe(CiVerdict.Red);
        CiJudge.Red(results, rules, []).ShouldBeEmpty();
        // Ours does not stand for a name.
        Read([results[0], Job("lint", CiState.Passed) with { IsOurs = true }], rules).Verdict.ShouldBe(CiVerdict.None);
    }

    [Fact]
    public void Read_RedOnTheBaseToo_DoesNotCountUnlessThePolicySaysSo()
    {
        CiResult[] results = [Job("flag", CiState.Failed, "unit"), Job("build", CiState.Passed, "unit")];
        IReadOnlyList<CiResult> onBase = [Job("flag", CiState.Failed, "unit") with { Trigger = "schedule", Suite = 1 }];
        var reading = CiJudge.Read(results, Rules, [[], onBase]);
        reading.Verdict.ShouldBe(CiVerdict.Green);
        reading.Notes.Single().ShouldBe("unit / flag is red on the base too and does not count (ci.red_on_base)");
        CiJudge.Red(results, Rules, [onBase]).ShouldBeEmpty();
        CiJudge.KnownRed(results, Rules, [onBase]).Single().Name.ShouldBe("flag");
        var counts = Rules with { RedOnBase = CiRedOnBase.Count };
        CiJudge.Read(results, counts, [onBase]).Verdict.ShouldBe(CiVerdict.Red);
        CiJudge.Red(results, counts, [onBase]).Count.ShouldBe(1);
    }

    [Fact]
    public void Read_RedOnTheBaseUnderAnotherWorkflowOrGreenThereToo_Counts()
    {
        CiResult[] results = [Job("test", CiState.Failed, "unit")];
        IReadOnlyList<CiResult>[] bases =
        [
            [Job("test", CiState.Failed, "docs")],
            [Job("Test", CiState.Failed, "unit")],
            [Job("test", CiState.Failed, "unit"), Job("test", CiState.Passed, "unit") with { Trigger = "schedule" }],
            [Job("test", CiState.Cancelled, "unit")],
            [Job("test", CiState.Failed, "unit") with { IsOurs = true }],
        ];
        foreach (var onBase in bases)
            CiJudge.Read(results, Rules, [onBase]).Verdict.ShouldBe(CiVerdict.Red);
    }

    [Fact]
    public void Read_AllRedOnTheBase_ProvesNothing()
    {
        CiResult[] results = [Job("test", CiState.Failed)];
        var reading = CiJudge.Read(results, Rules, [results]);
        reading.Verdict.ShouldBe(CiVerdict.Unsettled);
        reading.Waits.Single().ShouldContain("says nothing about this change");
        reading.Retriable.ShouldBeEmpty();
    }

    [Fact]
    public void Read_PassedOnAReRun_IsCalledFlaky() =>
        Read([Job("test", CiState.Passed, "unit") with { FailedBefore = true }]).Notes.ShouldBe(["flaky: unit / test passed on a re-run"]);

    [Theory]
    [InlineData(CiRerun.Never, "")]
    [InlineData(CiRerun.Cancelled, "gone lost")]
    [InlineData(CiRerun.Failed, "gone lost red")]
    public void Read_WhatAFurtherTryMayHelp_IsThePolicys(CiRerun rerun, string names)
    {
        CiResult[] results = [Job("gone", CiState.Cancelled), Job("lost", CiState.Stale), Job("red", CiState.Failed), Job("asks", CiState.NeedsPerson), Job("broken", CiState.NotStarted), Job("ok", CiState.Passed)];
        Read(results, Rules with { Rerun = rerun }).Retriable.Select(r => r.Title).ShouldBe(names.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Read_AnyResults_IsBoundedAndNeverGreenOverRed()
    {
        var result =
            from name in ArbMap.Default.GeneratorFor<NonNull<string>>()
            from state in Gen.Elements(Enum.GetValues<CiState>())
            from ours in Gen.Frequency((5, Gen.Constant(false)), (1, Gen.Constant(true)))
            select Job(new string('n', name.Get.Length % 3 * 200) + name.Get, state) with { IsOurs = ours };
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(result.ListOf().ToArbitrary(), results =>
        {
            var reading = CiJudge.Read([.. results], Rules, []);
            return reading.Waits.Concat(reading.Notes).All(l => l.Length <= 251) && reading.Waits.Count <= 9 && reading.Notes.Count <= 9 && reading.Retriable.Count <= 30
                && (reading.Verdict != CiVerdict.Green || results.Where(r => !r.IsOurs).All(r => r.State is CiState.Passed or CiState.Skipped))
                && (CiJudge.Red([.. results], Rules, []).Count > 0 || reading.Verdict != CiVerdict.Red);
        }));
    }

    private static CiReading Read(IReadOnlyList<CiResult> results, RepositoryPolicy.CiRules? rules = null) => CiJudge.Read(results, rules ?? Rules, []);

    private static CiResult Job(string name, CiState state, string workflow = "") =>
        new(name, state, false, "", null) { Source = "workflow:" + workflow, Workflow = workflow, Trigger = "push", Suite = 1, Id = 1, Origin = CiOrigin.Job };
}
