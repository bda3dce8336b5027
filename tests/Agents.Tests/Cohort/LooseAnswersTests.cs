using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Runs;
using CodingAgent.Agents.Tests.Fakes;
using CodingAgent.Agents.Tests.Runs;

namespace CodingAgent.Agents.Tests.Cohort;

/// <summary>Answers by schema from endpoints that hold no model to it.</summary>
public sealed class LooseAnswersTests
{
    private const string Good = """{"approved":true,"findings":[]}""";

    [Theory]
    [InlineData(Good)]
    [InlineData("```json\n" + Good + "\n```")]
    [InlineData("Here is my critique:\n\n```\n" + Good + "\n```\nLet me know.")]
    [InlineData("The set {a, b} is fine. " + Good + " That is all.")]
    [InlineData("\"{\\\"approved\\\":true,\\\"findings\\\":[]}\"")]
    [InlineData("[" + Good + "]")]
    [InlineData("{\"critique\":" + Good + "}")]
    [InlineData("{\"name\":\"critique\",\"arguments\":" + Good + "}")]
    [InlineData("{\"approved\":\"perhaps\"}\n\nNo:\n" + Good)]
    [InlineData("<answer>" + Good + "</answer>")]
    public void Answer_InAnyWrapping_IsFound(string text)
    {
        var (json, error) = CohortOutputs.Critique.Find(text);
        error.ShouldBeNull();
        CohortOutputs.Critique.FirstError(json!).ShouldBeNull();
    }

    [Theory]
    [InlineData("I approve.", "not valid JSON")]
    [InlineData("```json\n{\"approved\":true}\n```", "findings")]
    [InlineData("{\"approved\":true,\"findings\":[", "not valid JSON")]
    [InlineData("", "not valid JSON")]
    [InlineData("{{{{{{{{{{{{{{{{", "not valid JSON")]
    public void Answer_ThatIsNone_IsToldPrecisely(string text, string expected)
    {
        var (json, error) = CohortOutputs.Critique.Find(text);
        json.ShouldBeNull();
        error.ShouldNotBeNull().ShouldContain(expected);
    }

    [Fact]
    public async Task Answer_ThatIsNone_IsAskedForWithTheSchema()
    {
        var harness = new RunHarness { Adjust = run => run with { Agent = run.Agent with { Output = CohortOutputs.Critique } } };
        var model = new FakeModel(FakeModel.Says("I approve."), FakeModel.Says("Sure:\n```json\n" + Good + "\n```"));
        (await harness.RunAsync(model)).ShouldBeOfType<AgentRunResult.Completed>().OutputJson.ShouldBe(Good);
        model.LastRequest![^1].Text.ShouldContain(CohortOutputs.Critique.Schema.GetRawText());
    }
}
