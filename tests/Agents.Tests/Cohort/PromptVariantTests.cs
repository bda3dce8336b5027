using CodingAgent.Agents.Cohort;

namespace CodingAgent.Agents.Tests.Cohort;

public sealed class PromptVariantTests
{
    private static readonly PromptVariant[] Variants = [new("a", 3), new("b", 1), new("off", 0)];

    [Fact]
    public void Tasks_AreGivenVariantsByWeight_TheSameEveryTime()
    {
        var given = Enumerable.Range(1, 4_000).Select(i => PromptVariant.Of(Variants, $"task/github:acme/shop/issue/{i}")!.Name).ToList();
        given.Count(n => n == "b").ShouldBeInRange(900, 1_100);
        given.ShouldNotContain("off");
        PromptVariant.Of([.. Variants.Reverse()], "task/github:acme/shop/issue/7").ShouldBe(PromptVariant.Of(Variants, "task/github:Acme/Shop/issue/7"));
    }

    [Fact]
    public void Variant_WithoutWeights_IsNone()
    {
        PromptVariant.Of([], "t").ShouldBeNull();
        PromptVariant.Of([new("off", 0)], "t").ShouldBeNull();
        PromptVariant.Of([new("x", int.MaxValue), new("y", int.MaxValue)], "t").ShouldNotBeNull();
    }

    [Fact]
    public void Prompt_ReplacedOrAppended_IsAnotherVersion()
    {
        var variant = new PromptVariant("b", 1) { Texts = new Dictionary<string, string> { ["coder"] = "# You are brief", ["common.append"] = "Write in rhymes." } };
        var coder = CohortAgents.Coder("m", variant);
        coder.Instructions.ShouldStartWith("# You are brief\n\n## Rules for everyone");
        coder.Instructions.ShouldEndWith("\n\nWrite in rhymes.");
        coder.PromptVersion.ShouldNotBe(CohortAgents.Coder("m").PromptVersion);
        CohortAgents.Planner("m", variant).Handoffs.Single().Agent!.Instructions.ShouldEndWith("Write in rhymes.");
        CohortAgents.Coder("m", new PromptVariant("c", 1)).PromptVersion.ShouldBe(CohortAgents.Coder("other").PromptVersion);
    }
}
