using System.Text.Json;
using CodingAgent.Agents.Tests.Fakes;
using CodingAgent.Agents.Tests.Runs;
using CodingAgent.Playground.ScriptedModel;
using Microsoft.Extensions.AI;

namespace CodingAgent.Agents.Tests.Tools;

/// <summary>What a model is told of arguments that do not fit, and that neither schemas nor values of others can hold us up.</summary>
public sealed class SchemaCheckTests
{
    private const string Nested = """
        {"type":"object","properties":{"n":{"type":["integer","null"],"minimum":3},"o":{"anyOf":[{"type":"null"},{"$ref":"#/$defs/T"}]},
        "l":{"type":"array","maxItems":2,"items":{"type":"object","properties":{"k":{"enum":["p","q"]}},"required":["k"],"additionalProperties":false}}},
        "required":["l"],"additionalProperties":{"type":"string"},
        "$defs":{"T":{"type":"object","properties":{"x":{"type":"integer"}},"required":["x"],"additionalProperties":false}}}
        """;

    [Theory]
    [InlineData(Nested, """{"l":[{"k":"p"}],"o":{"x":1},"n":3,"free":"text"}""", null)]
    [InlineData(Nested, """{"l":[],"o":null}""", null)]
    [InlineData(Nested, "{}", "l: is missing.")]
    [InlineData(Nested, """{"l":[],"n":"3"}""", "n: integer or null is expected, string was given.")]
    [InlineData(Nested, """{"l":[],"n":2.5}""", "n: integer or null is expected, number 2.5 was given.")]
    [InlineData(Nested, """{"l":[],"n":1}""", "n: 1 should be at least 3")]
    [InlineData(Nested, """{"l":[{"k":"p"},{"k":"r"}]}""", "l[1].k: one of \"p\", \"q\" is expected, \"r\" was given.")]
    [InlineData(Nested, """{"l":[{}]}""", "l[0].k: is missing.")]
    [InlineData(Nested, """{"l":[{"k":"p"},{"k":"p"},{"k":"p"}]}""", "l: ")]
    [InlineData(Nested, """{"l":[],"o":{"x":"1"}}""", "o.x: integer is expected, string was given.")]
    [InlineData(Nested, """{"l":[],"o":{"x":1,"y":2}}""", "o.y: is not known; known are x.")]
    [InlineData("""{"type":"object","properties":{"p":{"type":"string","pattern":"^[a-z]+$"}},"additionalProperties":{}}""", """{"p":"A"}""", "p: text matching \"^[a-z]+$\" is expected, \"A\" was given.")]
    [InlineData("""{"type":"object","patternProperties":{"^x_":{"type":"integer"}},"additionalProperties":false}""", """{"x_a":1}""", null)]
    // The older form of definitions, under its own dialect's name.
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"d":{"$ref":"#/definitions/D"}},"definitions":{"D":{"type":"integer"}},"additionalProperties":{}}""", """{"d":"1"}""", "d: integer is expected, string was given.")]
    public async Task Arguments_AreToldWhatIsWanted(string schema, string arguments, string? expected)
    {
        var output = await CallAsync(schema, arguments);
        if (expected is null)
            output.ShouldBe("ran");
        else
            output.ShouldContain(expected);
    }

    [Fact]
    public async Task References_ElsewhereInTheWorld_AreNotFollowed()
    {
        await using var server = await ScriptedModelServer.StartAsync(new ScriptedModelOptions { ApiKey = "k" }, CancellationToken.None);
        var schema = $$$"""{"$schema":"{{{server.BaseUrl}}}/dialect","type":"object","properties":{"p":{"$ref":"{{{server.BaseUrl}}}/schema"}},"additionalProperties":{}}""";
        (await CallAsync(schema, """{"p":1}""")).ShouldBe("ran");
        server.Requests.ShouldBeEmpty();
    }

    [Theory]
    // Catastrophic patterns: one that runs in linear time, one that only a clock ends (look-around and back reference), and as a name.
    [InlineData("""{"type":"object","properties":{"p":{"type":"string","pattern":"^(a+)+$"}},"additionalProperties":{}}""", "do not fit")]
    [InlineData("""{"type":"object","properties":{"p":{"type":"string","pattern":"^(?=(a+)+$)(a+)+\\2$"}},"additionalProperties":{}}""", "ran")]
    [InlineData("""{"type":"object","patternProperties":{"^(?=(a+)+$)\\1b":{"type":"integer"}},"additionalProperties":{}}""", "ran")]
    // A pattern, type or reference that is none; a reference elsewhere, to itself and in a circle.
    [InlineData("""{"type":"object","properties":{"p":{"pattern":"("}},"additionalProperties":{}}""", "ran")]
    [InlineData("""{"type":"object","properties":{"p":{"type":"integer","pattern":"("}},"additionalProperties":{}}""", "p: integer is expected")]
    [InlineData("""{"type":"object","properties":{"p":{"type":"string","pattern":"^(a{1000}){1000}$"}},"additionalProperties":{}}""", "f do not fit")]
    [InlineData("""{"type":"object","properties":{"p":{"type":"nonsense"}},"additionalProperties":{}}""", "ran")]
    [InlineData("""{"type":"object","properties":{"p":{"$ref":"#/$defs/none"}},"additionalProperties":{}}""", "ran")]
    [InlineData("""{"type":"object","properties":{"p":{"$ref":"http://127.0.0.1:9/schema.json"}},"additionalProperties":{}}""", "ran")]
    [InlineData("""{"type":"object","properties":{"p":{"$ref":"file:///etc/passwd"}},"additionalProperties":{}}""", "ran")]
    [InlineData("""{"type":"object","properties":{"p":{"$ref":"#/$defs/a"}},"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"additionalProperties":{}}""", "ran")]
    [InlineData("""{"type":"object","properties":{"p":{"type":"string","description":"a","description":"b"}},"additionalProperties":{}}""", "ran")]
    [InlineData("""{"$schema":"http://127.0.0.1:9/dialect","$id":"http://127.0.0.1:9/x","type":"object","additionalProperties":{}}""", "ran")]
    public async Task HostileSchemas_HoldNobodyUp(string schema, string expected)
    {
        var many = new string('a', 40);
        (await CallAsync(schema, $$"""{"p":"{{many}}!","{{many}}!":1}""").WaitAsync(TimeSpan.FromSeconds(30))).ShouldContain(expected);
    }

    [Fact]
    public async Task References_ThatDoubleAtEveryLevel_AreGivenUp()
    {
        var levels = string.Join(',', Enumerable.Range(0, 40).Select(i => $$"""
            "l{{i}}":{"allOf":[{"$ref":"#/$defs/l{{i + 1}}"},{"$ref":"#/$defs/l{{i + 1}}"}] }
            """));
        var schema = """{"type":"object","properties":{"p":{"$ref":"#/$defs/l0"}},"additionalProperties":{},"$defs":{LEVELS,"l40":{"type":"string"}}}""".Replace("LEVELS", levels);
        (await CallAsync(schema, """{"p":"x"}""").WaitAsync(TimeSpan.FromSeconds(60))).ShouldBe("ran");
    }

    [Theory]
    [InlineData("""{"l":[],"n":1e999}""")]
    [InlineData("""{"l":[],"n":123456789012345678901234567890123456789}""")]
    [InlineData("""{"l":[],"s":"\ud83d"}""")]
    public async Task HostileValues_AreAnswered(string arguments) => (await CallAsync(Nested, arguments)).ShouldNotBeNullOrEmpty();

    [Fact]
    public async Task Values_NestedDeeply_AreRefused()
    {
        var deep = string.Concat(Enumerable.Repeat("[", 500)) + string.Concat(Enumerable.Repeat("]", 500));
        (await CallAsync(Nested, $$"""{"l":{{deep}}}""")).ShouldContain("not valid JSON");
    }

    // Through the wire's reading, as arguments come.
    private static async Task<string> CallAsync(string schema, string arguments)
    {
        var call = JsonSerializer.Serialize(arguments);
        var endpoint = new FakeEndpoint(
            CodingAgent.Agents.Models.OpenAiApi.Chat,
            $$$"""{"choices":[{"message":{"tool_calls":[{"id":"c","function":{"name":"f","arguments":{{{call}}}}}]}}]}""",
            """{"choices":[{"message":{"content":"done"}}]}""");
        await new RunHarness().RunAsync(endpoint.Client, new SchemaFunction(JsonElement.Parse(schema)));
        return Conversations.Inside(endpoint.Bodies[1].GetProperty("messages").EnumerateArray().Single(m => m.GetProperty("role").GetString() == "tool").GetProperty("content").GetString()!);
    }

    private sealed class SchemaFunction(JsonElement schema) : AIFunction
    {
        public override string Name => "f";

        public override JsonElement JsonSchema => schema;

        protected override ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken) => new("ran");
    }
}
