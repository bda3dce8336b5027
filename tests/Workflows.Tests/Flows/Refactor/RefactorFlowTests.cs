using CodingAgent.Agents.Cohort;
using CodingAgent.Mcp.Git;
using CodingAgent.Storage;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Flows.Refactor;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Phases;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Tests.Flows.Refactor;

/// <summary>What the applier says of a refactoring, by the record that the checks role signed.</summary>
public sealed class RefactorFlowTests
{
    private static readonly RecordKeys Keys = TestKeys.OfAllRoles();
    private static readonly CheckEvidence Green = new("test", "dotnet test", 0, "exited", TimeSpan.FromSeconds(1), "");
    private static readonly CheckEvidence Red = Green with { ExitCode = 1, OutputTail = "Failed!" };
    private static readonly Plan Plan = new("g", ["Results stay."], [new("src/A.cs", "x")], [], [], []);
    private static readonly BuildRecord Build = new(TaskHarness.Repo, "base", "rules", "conditions", [new("test", "dotnet test", [], false, false)], ["tests/**"]);

    private static readonly RefactorProof Kept = new(
        TaskHarness.Repo, "base", "tree", "conditions", BuildRecord.DigestOf(Plan), new CheckedTree("0123456789abcdef", [Green]), new CheckedTree("fedcba9876543210", [Green]))
    {
        ApiSize = 12,
        Touched = 10,
        Run = 9,
        NotRun = ["src/A.cs:3"],
    };

    private static FlowJudgement Judge(RefactorProof? proof, Plan? plan = null, bool approved = false, params (string Path, string Told)[] asked) => FlowRegistry.Of(TaskKind.Refactor).Judge(new FlowCase(
        TaskHarness.Repo, "base",
        new GateInput(new ChangeSet("base", "tree", [new("src/A.cs", ChangeKind.Modified, "100644", 100, false, 5, 2)], 5, 2), [], new RepositoryPolicy { Checks = [new("test", "dotnet test")] }, plan ?? Plan, new Evidence("tree", [Green]), "coding-agent/issue-1", "main")
        {
            PlanApprovedByPerson = approved,
            Asked = asked.ToDictionary(a => a.Path, a => a.Told, StringComparer.Ordinal),
        },
        Build, proof is null ? [] : [Keys.Sign(proof with { Plan = BuildRecord.DigestOf(plan ?? Plan) })], Keys));

    private static GateVerdict Failed(FlowJudgement judgement) => judgement.Verdicts.Where(v => !v.Passed).ShouldHaveSingleItem();

    [Fact]
    public void Judge_BothSidesGreenAndNothingPublicChanged_PassesAndShowsBothRuns()
    {
        var judgement = Judge(Kept);

        judgement.Verdicts.ShouldAllBe(v => v.Passed && !v.Marked);
        judgement.Shows.ShouldContain(s => s.Contains("on the code as it was (tree 0123456789)", StringComparison.Ordinal));
        judgement.Shows.ShouldContain("The public surface is the same: 12 declarations");
    }

    [Fact]
    public void Judge_NothingSigned_Refuses() => Failed(Judge(null)).Message.ShouldContain("Nothing signed");

    [Fact]
    public void Judge_RecordOfAnotherTreeBaseOrConditions_DoesNotCount()
    {
        foreach (var other in new[] { Kept with { HeadTree = "other" }, Kept with { BaseSha = "other" }, Kept with { Conditions = "other" } }) Failed(Judge(other)).Message.ShouldContain("Nothing signed");
    }

    [Fact]
    public void Judge_RecordThatLeavesChecksOut_DoesNotCount() => Failed(Judge(Kept with { NewCode = Kept.NewCode with { Checks = [] } })).Message.ShouldContain("not those of all checks");

    [Fact]
    public void Judge_NewTestsRedOnOldCode_SaysThatTheyDescribeAnotherBehaviour() =>
        Failed(Judge(Kept with { OldCode = Kept.OldCode with { Checks = [Red] } })).Message.ShouldContain("they describe another behaviour");

    [Fact]
    public void Judge_OldTestsRedOnNewCode_SaysSo() => Failed(Judge(Kept with { NewCode = Kept.NewCode with { Checks = [Red] } })).Message.ShouldContain("With the tests as they were, the new code is red (test)");

    [Fact]
    public void Judge_TouchedLinesThatNoTestRan_NamesThem() =>
        Failed(Judge(Kept with { Run = 7 })).Message.ShouldBe("Tests ran 7 of the 10 lines that this change touches before it; 80 % are needed. Add characterisation tests that pass on the old code for src/A.cs:3.");

    [Fact]
    public void Judge_NothingMeasured_IsMarked() => Judge(Kept with { Touched = null, Run = 0 }).Verdicts.Single(v => v.Gate == "behaviour").ShouldSatisfyAllConditions(v => v.Passed.ShouldBeTrue(), v => v.Marked.ShouldBeTrue());

    [Fact]
    public void Judge_PublicSurfaceBeyondThePlan_AsksWithTheLines()
    {
        var verdict = Failed(Judge(Kept with { ApiChanges = ["+ public void C.N()"], ApiChangeCount = 1 }));

        verdict.Gate.ShouldBe("api");
        verdict.FixerFirst.ShouldBeTrue();
        verdict.Asks.ShouldHaveSingleItem().Why.ShouldBe("changes the public surface beyond the plan: + public void C.N()");
    }

    [Fact]
    public void Judge_PersonAgreedToTheLines_PassesMarked_AndToNoOthers()
    {
        const string Told = "x (It changes the public surface beyond the plan: + public void C.N().)";
        Judge(Kept with { ApiChanges = ["+ public void C.N()"], ApiChangeCount = 1 }, asked: ("src/A.cs", Told)).Verdicts.ShouldAllBe(v => v.Passed);
        Failed(Judge(Kept with { ApiChanges = ["+ public void C.N()", "- public void C.M()"], ApiChangeCount = 2 }, asked: ("src/A.cs", Told))).Gate.ShouldBe("api");
    }

    [Theory]
    [InlineData("API - public string C.M(int a)", true, true)]
    [InlineData("`API - public string! C.M(int a)`", true, true)]
    [InlineData("API - public string C.M(int a)", false, false)]
    [InlineData("API - public string C.M()", true, false)]
    [InlineData("The API - public string C.M(int a)", true, false)]
    public void Judge_SurfaceThatThePlanNames_PassesWhenAPersonApprovedIt(string constraint, bool approved, bool passes) =>
        Judge(Kept with { ApiChanges = ["- public string! C.M(int a)"], ApiChangeCount = 1 }, Plan with { Constraints = [constraint] }, approved).Verdicts.All(v => v.Passed).ShouldBe(passes);

    [Fact]
    public void Judge_PlannedChangeThatIsNotThere_Asks() =>
        Failed(Judge(Kept, Plan with { Constraints = ["API - public void C.M()"] }, approved: true)).Message.ShouldBe("src/A.cs does not change the public surface as the plan says: - public void C.M().");

    [Fact]
    public void Judge_MoreDifferencesThanWereKept_AreNotTakenForPlanned() =>
        Failed(Judge(Kept with { ApiChanges = ["- public void C.M()"], ApiChangeCount = 300 }, Plan with { Constraints = ["API - public void C.M()"] }, approved: true)).Message.ShouldContain("and 299 more");

    [Fact]
    public void Judge_SurfaceThatCouldNotBeRead_Asks() => Failed(Judge(Kept with { ApiSize = null })).Asks.ShouldHaveSingleItem();

    [Fact]
    public void Judge_TestThatIsGone_Asks() => Failed(Judge(Kept with { GoneTests = ["tests/ATests.cs"] })).Asks.ShouldHaveSingleItem().Path.ShouldBe("tests/ATests.cs");
}
