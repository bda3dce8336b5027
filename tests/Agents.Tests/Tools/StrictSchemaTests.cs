using System.Text.Json;
using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Definitions;
using CodingAgent.Agents.Tools;

namespace CodingAgent.Agents.Tests.Tools;

public sealed class StrictSchemaTests
{
    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}}}""", """{"type":"object","properties":{"a":{"type":["string","null"]}},"required":["a"],"additionalProperties":false}""")]
    [InlineData("""{"type":"object","properties":{"n":{"type":"integer","default":60,"title":"N"}}}""",
        """{"type":"object","properties":{"n":{"type":["integer","null"],"description":"Default value: 60"}},"required":["n"],"additionalProperties":false}""")]
    [InlineData("""{"type":"object","properties":{"e":{"type":"string","enum":["x"]}},"required":[]}""",
        """{"type":"object","properties":{"e":{"type":["string","null"],"enum":["x",null]}},"required":["e"],"additionalProperties":false}""")]
    [InlineData("""{"type":"object","properties":{"o":{"oneOf":[{"type":"string"},{"type":"integer"}]}},"required":["o"]}""",
        """{"type":"object","properties":{"o":{"anyOf":[{"type":"string"},{"type":"integer"}]}},"required":["o"],"additionalProperties":false}""")]
    [InlineData("""{"type":"object"}""", """{"type":"object","properties":{},"required":[],"additionalProperties":false}""")]
    public void Convert_Schema_IsClosedAndComplete(string schema, string expected)
    {
        StrictSchema.TryConvert(JsonElement.Parse(schema), out var strict).ShouldBeTrue();
        JsonElement.DeepEquals(strict, JsonElement.Parse(expected)).ShouldBeTrue(strict.GetRawText());
        StrictSchema.TryConvert(strict, out var again).ShouldBeTrue();
        JsonElement.DeepEquals(strict, again).ShouldBeTrue("converting twice changes nothing");
    }

    [Theory]
    [InlineData("""{"type":"object","additionalProperties":{"type":"string"}}""")]
    [InlineData("""{"type":"object","properties":{"any":{}}}""")]
    [InlineData("""{"type":"array"}""")]
    [InlineData("""{"type":"object","patternProperties":{"^x":{"type":"string"}}}""")]
    // No schema at all.
    [InlineData("""{"type":"object","properties":{"a":false}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":5}}}""")]
    [InlineData("""{"type":"object","required":[1]}""")]
    [InlineData("""{"type":"object","properties":[]}""")]
    [InlineData("true")]
    public void Convert_FreeForm_IsRefused(string schema) => StrictSchema.TryConvert(JsonElement.Parse(schema), out _).ShouldBeFalse();

    [Theory]
    [InlineData("""{"approved":true,"findings":[]}""", null)]
    [InlineData("""{"approved":"yes","findings":[]}""", "approved: boolean is expected, string was given.")]
    [InlineData("""{"approved":true}""", "findings: is missing.")]
    [InlineData("""{"approved":true,"findings":[{"path":"a","severity":"fatal","note":"n"}]}""", "findings[0].severity: one of \"blocking\", \"advice\" is expected, \"fatal\" was given.")]
    [InlineData("""{"approved":true,"findings":[{"path":"a","severity":"blocking","note":"n"}]}""", "approved is true but a finding is blocking")]
    [InlineData("""{"approved":false,"findings":[]}""", "approved is false but no finding is blocking")]
    [InlineData("""{"approved":true,"findings":[],"more":1}""", "more: is not known")]
    [InlineData("nonsense", "not valid JSON")]
    [InlineData("""{"approved":true,"findings":[],}""", "not valid JSON")]
    [InlineData("""{"approved":true,"findings":[{"path":"\ud83d","severity":"advice","note":"half an emoji"}]}""", "not valid JSON")]
    [InlineData("""{"approved":true,"approved":false,"findings":[]}""", "approved is false but no finding")]
    [InlineData("null", "object is expected, null was given")]
    public void Critique_Answer_IsChecked(string answer, string? error)
    {
        if (error is null)
            CohortOutputs.Critique.FirstError(answer).ShouldBeNull();
        else
            CohortOutputs.Critique.FirstError(answer).ShouldNotBeNull().ShouldContain(error);
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("src/**")]
    [InlineData("../x")]
    [InlineData("a//b")]
    [InlineData("")]
    public void Plan_BadPath_IsToldToTheModel(string path) =>
        CohortOutputs.Plan.FirstError(JsonSerializer.Serialize(new Plan("g", [], [new PlannedEdit(path, "i")], [], [], []), OutputContract.Json))
            .ShouldNotBeNull().ShouldContain("is not a file path");

    [Fact]
    public void Plan_Asked_HoldsAllButWhatCodeFillsIn()
    {
        var asked = CohortOutputs.Plan.Schema;
        string[] names = ["goal", "constraints", "edits", "tests", "risks", "questions", "rationale"];
        asked.GetProperty("properties").EnumerateObject().Select(p => p.Name).ShouldBe(names, ignoreOrder: true);
        asked.GetProperty("required").EnumerateArray().Select(p => p.GetString()).ShouldBe(names, ignoreOrder: true);
        asked.GetProperty("properties").GetProperty("rationale").GetProperty("type").GetString().ShouldBe("string");
        asked.GetProperty("properties").GetProperty("edits").GetProperty("items").GetProperty("required").EnumerateArray().Select(p => p.GetString()).ShouldBe(["path", "intent", "functions"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData(""","rationale":"Because." """, null)]
    [InlineData(""","rationale":null""", "rationale")]
    [InlineData(""","invented":[]""", "invented")]
    public void Plan_Answered_MayLackWhatPlansWereGivenLater(string more, string? wrong)
    {
        var json = $$"""{"goal":"g","constraints":[],"edits":[{"path":"src/A.cs","intent":"i"}],"tests":[],"risks":[],"questions":[]{{more}}}""";
        if (wrong is not null)
            CohortOutputs.Plan.FirstError(json).ShouldNotBeNull().ShouldContain(wrong);
        else
            CohortOutputs.Plan.FirstError(json).ShouldBeNull();
        if (more.Length == 0)
            OutputContract.Read<Plan>(json).Edits.Single().Functions.ShouldBeEmpty();
    }
}
