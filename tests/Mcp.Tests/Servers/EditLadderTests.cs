using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Servers;
using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.Mcp.Tests.Servers;

public sealed class EditLadderTests
{
    [Theory]
    [InlineData("a\nb  \nc\n", "a\nb\n", "x\n", "x\nc\n", "trailing spaces")]
    [InlineData("if (x)\n    {\n        go();\n    }\n", "{\n    go();\n}", "{\n    stop();\n    go();\n}", "if (x)\n    {\n        stop();\n        go();\n    }\n", "indentation")]
    [InlineData("say(“hello – you”);\n", "say(\"hello - you\");", "say(1);", "say(1);\n", "spacing and typographic characters")]
    [InlineData("a  =   b;\nlast", "a = b;", "a = c;", "a = c;\nlast", "spacing and typographic characters")]
    [InlineData("a\nb\n", "b\n", "", "a\n", null)]
    [InlineData("abc", "b", "x", "axc", null)]
    public void Apply_ClimbsTheLadder(string text, string oldText, string newText, string expected, string? overlooked)
    {
        var match = EditLadder.Apply("f", text, oldText, newText);
        (match.NewText, match.Leniency).ShouldBe((expected, overlooked));
    }

    [Fact]
    public void Apply_AmbiguousOnALowerStep_IsRefused() =>
        Should.Throw<WorkspacePathException>(() => EditLadder.Apply("f", "  go();\n    go();\n", "go();\n", "x")).Message.ShouldContain("found 2 times");

    [Fact]
    public void Apply_AnUniqueLine_ChangesThatLineAlone() => Prop.ForAll<byte[]>(seed =>
    {
        var lines = seed.Select((b, i) => $"line {i} {b}").Append("the target").ToArray();
        var text = string.Join('\n', lines) + "\n";
        EditLadder.Apply("f", text, "the target", "changed").NewText.ShouldBe(text.Replace("the target", "changed", StringComparison.Ordinal));
    }).QuickCheckThrowOnFailure();
}
