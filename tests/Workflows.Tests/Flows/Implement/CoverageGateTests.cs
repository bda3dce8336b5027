using CodingAgent.Mcp.Git;
using CodingAgent.Storage;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Flows.Implement;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Phases;
using CodingAgent.Workflows.Policy;
using CodingAgent.Workflows.Records;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Tests.Flows.Implement;

/// <summary>What the applier says of a change's coverage, by the policy's words.</summary>
public sealed class CoverageGateTests
{
    private static readonly RecordKeys Keys = TestKeys.OfAllRoles();
    private static readonly CoverageProof Half = new(TaskHarness.Repo, "base", "tree", "conditions", "", 10, 5) { NotRun = ["src/A.cs:3-7"], Before = 80m, After = 78.5m };

    private static FlowJudgement Judge(string coverage, CoverageProof? proof) => FlowRegistry.Of(TaskKind.Implement).Judge(new FlowCase(
        TaskHarness.Repo, "base",
        new GateInput(new ChangeSet("base", "tree", [], 0, 0), [], PolicyParser.Parse($"version: 1\ntests: {{ {coverage} }}\n").Policy.ShouldNotBeNull(), null, new Evidence("tree", []), "coding-agent/issue-1", "main"),
        new BuildRecord(TaskHarness.Repo, "base", "rules", "conditions", [], ["tests/**"]), proof is null ? [] : [Keys.Sign(proof)], Keys));

    [Theory]
    [InlineData("required_with_code: true")]
    [InlineData("coverage: false")]
    public void Judge_PolicyThatDoesNotAsk_SaysNothing(string coverage) => Judge(coverage, null).ShouldBe(FlowJudgement.None);

    [Fact]
    public void Judge_Asked_ShowsBothNumbers()
    {
        var judgement = Judge("coverage: true", Half);

        judgement.Shows.ShouldHaveSingleItem().ShouldBe("Coverage: tests run 5 of 10 changed lines; of all lines 80 % before, 78.5 % with the change. Not run: src/A.cs:3-7.");
        judgement.Verdicts.ShouldHaveSingleItem().ShouldSatisfyAllConditions(v => v.Passed.ShouldBeTrue(), v => v.Marked.ShouldBeTrue());
    }

    [Theory]
    [InlineData("coverage: { min_changed: 50 }", true)]
    [InlineData("coverage: { min_changed: 50.1 }", false)]
    [InlineData("coverage: { max_drop: 1.5 }", true)]
    [InlineData("coverage: { max_drop: 1 }", false)]
    [InlineData("coverage: { min_changed: 0, max_drop: 100 }", true)]
    public void Judge_Thresholds_Hold(string coverage, bool passes) => Judge(coverage, Half).Verdicts.ShouldHaveSingleItem().Passed.ShouldBe(passes);

    [Fact]
    public void Judge_WhatCannotBeMeasured_IsHeldAgainstNobody() =>
        Judge("coverage: { min_changed: 100, max_drop: 0 }", Half with { Lines = 0, Run = 0, NotRun = [], Before = null, After = null }).Verdicts.ShouldHaveSingleItem()
            .ShouldSatisfyAllConditions(v => v.Passed.ShouldBeTrue(), v => v.Message.ShouldContain("could not be measured"));

    [Fact]
    public void Judge_NothingSigned_Refuses() => Judge("coverage: true", null).Verdicts.ShouldHaveSingleItem().Passed.ShouldBeFalse();

    [Theory]
    [InlineData("coverage: 80", "true or false")]
    [InlineData("coverage: { min_changed: 101 }", "from 0 to 100")]
    [InlineData("coverage: { min_change: 80 }", "did you mean 'min_changed'")]
    public void Policy_Misspelt_IsToldWithTheKey(string coverage, string words) =>
        PolicyParser.Parse($"version: 1\ntests: {{ {coverage} }}\n").Errors.ShouldHaveSingleItem().Message.ShouldContain(words);
}
