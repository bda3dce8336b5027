using CodingAgent.Workflows.Commands;
using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.Workflows.Tests.Commands;

public sealed class CommandParserTests
{
    [Theory]
    [InlineData("/agent implement", typeof(AgentCommand.Implement))]
    [InlineData("/agent fix", typeof(AgentCommand.Fix))]
    [InlineData("/agent fix the red checks, please", typeof(AgentCommand.Fix))]
    [InlineData("/agent status", typeof(AgentCommand.Status))]
    [InlineData("/agent retry", typeof(AgentCommand.Retry))]
    [InlineData("/agent retry please", typeof(AgentCommand.Retry))]
    [InlineData("/agent stop", typeof(AgentCommand.Stop))]
    [InlineData("/agent stop!", typeof(AgentCommand.Stop))]
    [InlineData("/agent help", typeof(AgentCommand.Help))]
    [InlineData("/agent", typeof(AgentCommand.Help))]
    [InlineData("/Agent Stop", typeof(AgentCommand.Stop))]
    [InlineData("  /agent\tstop  ", typeof(AgentCommand.Stop))]
    [InlineData("Thanks!\n/agent stop", typeof(AgentCommand.Stop))]
    [InlineData("Thanks!\r\n\r\n/agent stop\r\nbye", typeof(AgentCommand.Stop))]
    [InlineData("/agent\u00a0stop", typeof(AgentCommand.Stop))]
    [InlineData("> what now?\n\n/agent stop", typeof(AgentCommand.Stop))]
    [InlineData("```\nlog\n```\n/agent stop", typeof(AgentCommand.Stop))]
    [InlineData("/agent stop\n--\nsent from my phone", typeof(AgentCommand.Stop))]
    public void Parse_CommandOnALineOfItsOwn_IsUnderstood(string comment, Type command) =>
        CommandParser.Parse(comment).ShouldBeOfType<ParsedCommand.Understood>().Command.ShouldBeOfType(command);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("nothing to see")]
    [InlineData("please run /agent stop")]
    [InlineData("/agents stop")]
    [InlineData("/agent-stop")]
    [InlineData("\\/agent stop")]
    [InlineData("&#47;agent stop")]
    [InlineData("`/agent stop`")]
    [InlineData("`a\n/agent stop\nb`")]
    [InlineData("```\n/agent stop\n```")]
    [InlineData("~~~~\n~~~\n/agent stop\n~~~~")]
    [InlineData("```\n/agent stop")]
    [InlineData("    /agent stop")]
    [InlineData("\t/agent stop")]
    [InlineData("text\n      /agent stop")]
    [InlineData("> /agent stop")]
    [InlineData("> quoted\n/agent stop")]
    [InlineData("> > /agent stop")]
    [InlineData("- /agent stop")]
    [InlineData("- item\n\n  /agent stop")]
    [InlineData("1. /agent stop")]
    [InlineData("# /agent stop")]
    [InlineData("**/agent stop**")]
    [InlineData("[\n/agent stop](https://example.org)")]
    [InlineData("<!-- /agent stop -->")]
    [InlineData("<!--\n/agent stop\n-->")]
    [InlineData("<!--\n\n/agent stop\n\n-->")]
    [InlineData("text <!--\n/agent stop\n--> text")]
    [InlineData("<!-- never closed\n\n/agent stop")]
    [InlineData("<pre>\n\n/agent stop\n\n</pre>")]
    [InlineData("<blockquote>\n\n/agent stop\n\n</blockquote>")]
    [InlineData("<details><summary>log</summary>\n\n/agent stop\n\n</details>")]
    [InlineData("see <code>\n/agent stop\n</code>")]
    [InlineData("<div>\n/agent stop\n</div>")]
    [InlineData("command | effect\n--- | ---\n/agent stop | stops")]
    // With its zero-width space dropped first, the third line would close the fence and free the fourth.
    [InlineData("````\ncode\n```\u200b`\n/agent stop\n````")]
    public void Parse_NoLineOfOrdinaryText_IsNone(string? comment) =>
        CommandParser.Parse(comment).ShouldBeOfType<ParsedCommand.None>();

    [Theory]
    [InlineData("/agent approve", null)]
    [InlineData("/agent approve 0123abcdef", "0123abcdef")]
    [InlineData("/agent approve `0123ABCDEF`", "0123abcdef")]
    [InlineData("/agent approve 0123\u200babcdef", "0123abcdef")]
    [InlineData("/ag\u200dent\u202e approve", null)]
    [InlineData("\ufeff/agent approve", null)]
    [InlineData("/agent approve <!-- 9999999999 -->", null)]
    public void Parse_Approve_ReadsTheVisibleHash(string comment, string? hash) =>
        CommandParser.Parse(comment).ShouldBe(new ParsedCommand.Understood(new AgentCommand.Approve(hash)));

    [Theory]
    [InlineData("/agent approve later")]
    [InlineData("/agent approve abc")]
    [InlineData("/agent approve 0123abcdef when green")]
    [InlineData("/agent approve not yet")]
    public void Parse_ApproveWithOtherWords_ApprovesNothing(string comment) =>
        CommandParser.Parse(comment).ShouldBeOfType<ParsedCommand.Misused>().Verb.ShouldBe("approve");

    [Fact]
    public void Parse_Reject_TakesTheLineAndTheTextBelow() =>
        CommandParser.Parse("/agent reject too broad\nonly the client\n\n> a quote\n\n```\ncode\n```\nand its tests\n/agent stop")
            .ShouldBe(new ParsedCommand.Understood(new AgentCommand.Reject("too broad\nonly the client\nand its tests")));

    [Fact]
    public void Parse_RejectWithoutReason_AsksForOne() =>
        CommandParser.Parse("/agent reject").ShouldBeOfType<ParsedCommand.Misused>().Verb.ShouldBe("reject");

    [Theory]
    [InlineData("/agent implemnt", "implemnt", "implement")]
    [InlineData("/agent stpo", "stpo", "stop")]
    [InlineData("/agent aprove", "aprove", "approve")]
    [InlineData("/agent dance", "dance", null)]
    [InlineData("/agent @all`x`", "allx", null)]
    public void Parse_UnknownVerb_NamesTheNearest(string comment, string word, string? nearest) =>
        CommandParser.Parse(comment).ShouldBe(new ParsedCommand.Unknown(word, nearest));

    [Fact]
    public void Parse_SeveralCommands_FirstWins() =>
        CommandParser.Parse("```\n/agent implement\n```\n/agent status\n/agent stop")
            .ShouldBe(new ParsedCommand.Understood(new AgentCommand.Status()));

    [Fact]
    public void Parse_LongerThanAForgeAllows_IsNone() =>
        CommandParser.Parse("/agent stop\n" + new string('x', 200_000)).ShouldBeOfType<ParsedCommand.None>();

    [Fact]
    public void Parse_AbsurdNesting_IsNone() =>
        CommandParser.Parse(new string('>', 60_000) + "\n/agent stop").ShouldBeOfType<ParsedCommand.None>();

    [Fact]
    public void Parse_AnyText_NeverThrows() =>
        Prop.ForAll(MarkdownSoup().ToArbitrary(), text => CommandParser.Parse(text) is not null).QuickCheckThrowOnFailure();

    [Fact]
    public void Parse_AnyString_NeverThrows() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), text => CommandParser.Parse(text + "\n/agent " + text) is not null).QuickCheckThrowOnFailure();

    [Fact]
    public void Parse_AnythingInsideAFence_NeverFires() =>
        Prop.ForAll(
            MarkdownSoup().Where(text => !text.Contains("``````", StringComparison.Ordinal)).ToArbitrary(),
            text => CommandParser.Parse($"``````\n{text}\n``````") is ParsedCommand.None).QuickCheckThrowOnFailure();

    [Fact]
    public void Parse_AnythingQuoted_NeverFires() =>
        Prop.ForAll(
            MarkdownSoup().ToArbitrary(),
            text => CommandParser.Parse("> " + text.Replace("\r\n", "\n").Replace('\r', '\n').Replace("\n", "\n> ")) is ParsedCommand.None)
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Parse_AnythingIndentedByFour_NeverFires() =>
        Prop.ForAll(
            MarkdownSoup().ToArbitrary(),
            text => CommandParser.Parse("    " + text.Replace("\r\n", "\n").Replace('\r', '\n').Replace("\n", "\n    ")) is ParsedCommand.None)
            .QuickCheckThrowOnFailure();

    // Pieces of Markdown thrown together find more than random characters do.
    private static Gen<string> MarkdownSoup() =>
        Gen.Elements(
                "/agent stop", "/agent approve", "/agent", "\n", "\n\n", "\r\n", " ", "    ", "\t", "> ", "- ", "1. ", "```", "~~~", "`", "``", "*", "_",
                "<!--", "-->", "<pre>", "</pre>", "<details>", "</blockquote>", "[", "](", ")", "|", "---", "===", "\\", "&#47;", "\u200b", "\u202e",
                "\ud83d", "\u0000", "# ", "text", "<", ">", "![", "\ufeff")
            .ListOf().Select(string.Concat);
}
