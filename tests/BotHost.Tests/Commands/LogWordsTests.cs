using System.Text.Json.Nodes;
using CodingAgent.BotHost.Commands;

namespace CodingAgent.BotHost.Tests.Commands;

public sealed class LogWordsTests
{
    [Theory]
    [InlineData("""{"kind":"step","state":"Editing","text":"The coder edits"}""", "Editing: The coder edits")]
    [InlineData("""{"kind":"turn","agent":"coder","turn":3,"text":""}""", "coder 3 asks its model")]
    [InlineData("""{"kind":"said","agent":"coder","turn":3,"text":"a\nb","elapsedMs":1500}""", "coder 3 answers (1.5 s): a … 2 lines")]
    [InlineData("""{"kind":"said","agent":"coder","turn":3,"text":"","elapsedMs":0}""", "coder 3 answers (0.0 s)")]
    [InlineData("""{"kind":"call","agent":"coder","turn":3,"tool":"read_file","text":"{\"path\":\"a\"}"}""", "coder 3 calls read_file {\"path\":\"a\"}")]
    [InlineData("""{"kind":"output","agent":"coder","turn":3,"tool":"read_file","text":"x","elapsedMs":20}""", "read_file gives (0.0 s): x")]
    [InlineData("""{"kind":"handoff","agent":"planner","text":"retriever"}""", "planner hands over to retriever")]
    [InlineData("""{"kind":"of tomorrow","agent":"coder","text":"what"}""", "coder: what")]
    [InlineData("""{}""", "")]
    // What a tool printed moves no cursor and turns no text round.
    [InlineData("""{"kind":"output","tool":"run\u001b[2J","text":"\u001b]0;title\u0007\u202egnp.exe\r\u2028x"}""", "run[U+001B][2J gives: [U+001B]]0;title[U+0007][U+202E]gnp.exe[U+000D][U+2028]x")]
    public void Of_AnyEntry_IsOneLine(string entry, string words) =>
        LogWords.Of(JsonNode.Parse(entry)!.AsObject()).ShouldBe($"--------  {words}");

    [Fact]
    public void Of_ALongText_IsCutBetweenCharacters() =>
        LogWords.Of(new JsonObject { ["kind"] = "step", ["state"] = "Editing", ["text"] = new string('a', 199) + "😀b" }).ShouldEndWith("a…");
}
