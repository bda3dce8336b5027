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
        CommandParser.Parse(comment).ShouldHaveSingleItem().ShouldBeOfType<ParsedCommand.Understood>().Command.ShouldBeOfType(command);

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
        CommandParser.Parse(comment).ShouldBeEmpty();

    [Theory]
    [InlineData("/agent approve", null)]
    [InlineData("/agent approve 0123abcdef", "0123abcdef")]
    [InlineData("/agent approve `0123ABCDEF`", "0123abcdef")]
    [InlineData("/agent approve 0123\u200babcdef", "0123abcdef")]
    [InlineData("/ag\u200dent\u202e approve", null)]
    [InlineData("\ufeff/agent approve", null)]
    [InlineData("/agent approve <!-- 9999999999 -->", null)]
    public void Parse_Approve_ReadsTheVisibleHash(string comment, string? hash) =>
        CommandParser.Parse(comment).ShouldHaveSingleItem().ShouldBe(new ParsedCommand.Understood(new AgentCommand.Approve(hash)));

    [Theory]
    [InlineData("/agent approve later")]
    [InlineData("/agent approve abc")]
    [InlineData("/agent approve 0123abcdef when green")]
    [InlineData("/agent approve not yet")]
    public void Parse_ApproveWithOtherWords_ApprovesNothing(string comment) =>
        CommandParser.Parse(comment).ShouldHaveSingleItem().ShouldBeOfType<ParsedCommand.Misused>().Verb.ShouldBe("approve");

    [Fact]
    public void Parse_Reject_TakesTheLineAndTheTextBelow() =>
        CommandParser.Parse("/agent reject too broad\nonly the client\n\n> a quote\n\n```\ncode\n```\nand its tests\n/agent stop").ShouldBe([
            new ParsedCommand.Understood(new AgentCommand.Reject("too broad\nonly the client\n\n```\ncode\n```\nand its tests")),
            new ParsedCommand.Understood(new AgentCommand.Stop())]);

    [Fact]
    public void Parse_RejectWithoutReason_AsksForOne() =>
        CommandParser.Parse("/agent reject").ShouldHaveSingleItem().ShouldBeOfType<ParsedCommand.Misused>().Verb.ShouldBe("reject");

    [Theory]
    [InlineData("/agent implemnt", "implemnt", "implement")]
    [InlineData("/agent stpo", "stpo", "stop")]
    [InlineData("/agent aprove", "aprove", "approve")]
    [InlineData("/agent dance", "dance", null)]
    [InlineData("/agent @all`x`", "allx", null)]
    public void Parse_UnknownVerb_NamesTheNearest(string comment, string word, string? nearest) =>
        CommandParser.Parse(comment).ShouldHaveSingleItem().ShouldBe(new ParsedCommand.Unknown(word, nearest));

    [Fact]
    public void Parse_SeveralCommands_AreAllReadInOrder() =>
        CommandParser.Parse("```\n/agent implement\n```\n/agent status\n/agent stop").ShouldBe([
            new ParsedCommand.Understood(new AgentCommand.Status()), new ParsedCommand.Understood(new AgentCommand.Stop())]);

    [Fact]
    public void Parse_MoreCommandsThanAComment_MayHave_SaysSo()
    {
        var commands = CommandParser.Parse(string.Concat(Enumerable.Repeat("/agent status\n\n", 9)));
        commands.Count.ShouldBe(6);
        commands[^1].ShouldBeOfType<ParsedCommand.Misused>().Usage.ShouldContain("at most 5");
    }

    [Theory]
    [InlineData("/agent status?")]
    [InlineData("/agent status?!")]
    [InlineData("/agent status？")]
    [InlineData("/agent status。")]
    [InlineData("/agent status！")]
    [InlineData("/agent status…")]
    [InlineData("/agent: status")]
    [InlineData("/agent:status")]
    [InlineData("/agent, status please")]
    [InlineData("/agent：status")]
    [InlineData("/Agent Status")]
    [InlineData("/AGENT STATUS")]
    [InlineData("／agent status")]
    [InlineData("/agent\u3000status")]
    [InlineData("/agent `status`")]
    [InlineData("/agent **status**")]
    [InlineData("/agent <status>")]
    [InlineData("/agent please status")]
    [InlineData("/agent Please, status?")]
    [InlineData("/agent - status")]
    [InlineData("/agent → status")]
    [InlineData("/agent status ?")]
    [InlineData("/agent \"status\"")]
    [InlineData("/agent “status”")]
    public void Parse_PunctuationAndCourtesy_AreNoPartOfTheVerb(string comment) =>
        CommandParser.Parse(comment).ShouldHaveSingleItem().ShouldBe(new ParsedCommand.Understood(new AgentCommand.Status()));

    [Theory]
    [InlineData("/agent help!")]
    [InlineData("/agent?")]
    [InlineData("/agent!")]
    [InlineData("/agent？")]
    [InlineData("/agent ?")]
    [InlineData("/agent.")]
    public void Parse_QuestionOrCry_IsHelp(string comment) =>
        CommandParser.Parse(comment).ShouldHaveSingleItem().ShouldBe(new ParsedCommand.Understood(new AgentCommand.Help()));

    [Theory]
    [InlineData("/agent.md says so")]
    [InlineData("/agent/config is there")]
    [InlineData("/agent_x")]
    [InlineData("//agent status")]
    public void Parse_OtherWordsWithThatBeginning_AreNone(string comment) => CommandParser.Parse(comment).ShouldBeEmpty();

    [Theory]
    [InlineData("/agent implement but KEEP-POSIX please", "but KEEP-POSIX please")]
    [InlineData("/agent implement\n\n- no new files\n  - none\n- and:\n\n```\n/agent stop\n```\n\n1. this", "- no new files\n  - none\n- and:\n\n```\n/agent stop\n```\n\n1. this")]
    [InlineData("Mind the old shells.\n\n/agent implement", "Mind the old shells.")]
    [InlineData("Hi,\nkeep it small.\n/agent implement now\nand test it", "Hi,\nkeep it small.\nnow\nand test it")]
    [InlineData("/agent implement <!-- a secret -->", null)]
    [InlineData("/agent implement\n<!--\nhidden\n-->\nseen", "seen")]
    [InlineData("/agent implement\n\n> quoted: do evil\n\nmine", "mine")]
    [InlineData("/agent implement\n\n- one\n  > quoted\n- two", "- one\n\n- two")]
    [InlineData("/agent implement\n\n<blockquote>\n\nquoted\n\n</blockquote>\n\nmine", "mine")]
    [InlineData("/agent implement\n\n<details><summary>log</summary>\n\nsee this\n\n</details>", "<details><summary>log</summary>\n\nsee this\n\n</details>")]
    [InlineData("/agent implement\r\nfirst\r\n\r\nsecond\r\n", "first\n\nsecond")]
    [InlineData("/agent implement\n-- \nAda Example\nExample Ltd", null)]
    [InlineData("/agent implement thanks\nAda\u202e", "thanks\nAda")]
    [InlineData("/agent implement please", null)]
    [InlineData("Thanks!\n/agent implement now, please 🙏", null)]
    [InlineData("/agent implement", null)]
    public void Parse_WhatIsTheWritersOwn_BelongsToTheCommand(string comment, string? words) =>
        CommandParser.Parse(comment).ShouldHaveSingleItem().ShouldBe(new ParsedCommand.Understood(new AgentCommand.Implement { Words = words }));

    [Theory]
    [InlineData("/agent fix only the linter", "only the linter")]
    [InlineData("/agent fix: only the linter", "only the linter")]
    public void Parse_Fix_TakesWhatToFix(string comment, string words) =>
        CommandParser.Parse(comment).ShouldHaveSingleItem().ShouldBe(new ParsedCommand.Understood(new AgentCommand.Fix { Words = words }));

    [Theory]
    [InlineData("/agent reject\n- too wide\n- no tests", "- too wide\n- no tests")]
    [InlineData("/agent reject see below:\n\n* one\n  * two\n\n```\n/agent approve\n```", "see below:\n* one\n  * two\n\n```\n/agent approve\n```")]
    [InlineData("/agent reject.\n1. one\n2. two", "1. one\n2. two")]
    [InlineData("/agent reject\n# Why\nIt is wrong.\n\n| a | b |\n|---|---|\n| 1 | 2 |", "# Why\nIt is wrong.\n\n| a | b |\n|---|---|\n| 1 | 2 |")]
    [InlineData("Too wide.\n\n/agent reject", "Too wide.")]
    [InlineData("I read it.\n\n/agent reject too wide", "too wide")]
    public void Parse_Reject_TakesAllOfTheReason(string comment, string why) =>
        CommandParser.Parse(comment).ShouldHaveSingleItem().ShouldBe(new ParsedCommand.Understood(new AgentCommand.Reject(why)));

    [Fact]
    public void Parse_WordsOfTwoCommands_AreKeptApart() =>
        CommandParser.Parse("Above.\n/agent approve\nkeep the names\n\n/agent fix\n- the linter").ShouldBe([
            new ParsedCommand.Understood(new AgentCommand.Approve(null) { Words = "Above.\nkeep the names" }),
            new ParsedCommand.Understood(new AgentCommand.Fix { Words = "- the linter" })]);

    [Fact]
    public void Parse_VeryLongWords_AreCutBetweenCharacters()
    {
        var words = CommandParser.Parse("/agent implement " + string.Concat(Enumerable.Repeat("🙂", 20_000)))
            .ShouldHaveSingleItem().ShouldBeOfType<ParsedCommand.Understood>().Command.Words.ShouldNotBeNull();
        words.Length.ShouldBeLessThanOrEqualTo(4_000);
        char.IsHighSurrogate(words[^1]).ShouldBeFalse();
    }

    [Fact]
    public void Parse_LongerThanAForgeAllows_IsNone() =>
        CommandParser.Parse("/agent stop\n" + new string('x', 200_000)).ShouldBeEmpty();

    [Fact]
    public void Parse_AbsurdNesting_IsNone() =>
        CommandParser.Parse(new string('>', 60_000) + "\n/agent stop").ShouldBeEmpty();

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
            text => CommandParser.Parse($"``````\n{text}\n``````").Count == 0).QuickCheckThrowOnFailure();

    [Fact]
    public void Parse_AnythingQuoted_NeverFires() =>
        Prop.ForAll(
            MarkdownSoup().ToArbitrary(),
            text => CommandParser.Parse("> " + text.Replace("\r\n", "\n").Replace('\r', '\n').Replace("\n", "\n> ")).Count == 0)
            .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("please run /agent stop", true)]
    [InlineData("1. /agent approve", true)]
    [InlineData("(/agent: fix)", true)]
    [InlineData("Use `/agent stop`.", false)]
    [InlineData("> LGTM /agent approve", false)]
    [InlineData("```\n/agent stop\n```", false)]
    [InlineData("see https://forge.test/agent stop", false)]
    [InlineData("the /agent endpoint", false)]
    [InlineData("src/agent stop", false)]
    [InlineData("/agent stop", false)]
    [InlineData("LGTM /agent approve\n/agent stop", false)]
    [InlineData(null, false)]
    public void IsMisplaced_CommandWhereNoneCounts_IsSeen(string? comment, bool expected) => CommandParser.IsMisplaced(comment).ShouldBe(expected);

    [Fact]
    public void Parse_AnythingQuotedBelowACommand_IsNoneOfItsWords() =>
        Prop.ForAll(
            MarkdownSoup().ToArbitrary(),
            text => CommandParser.Parse("/agent implement\n\n> " + text.Replace("\r\n", "\n").Replace('\r', '\n').Replace("\n", "\n> ")) is [ParsedCommand.Understood { Command: AgentCommand.Implement { Words: null } }])
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Parse_AnyTextBelowACommand_ChangesNothingOfTheCommand() =>
        Prop.ForAll(
            MarkdownSoup().ToArbitrary(),
            text => CommandParser.Parse("/agent stop\n\n" + text) is [ParsedCommand.Understood { Command: AgentCommand.Stop { Words: null } }, ..]).QuickCheckThrowOnFailure();

    [Fact]
    public void Parse_AnythingIndentedByFour_NeverFires() =>
        Prop.ForAll(
            MarkdownSoup().ToArbitrary(),
            text => CommandParser.Parse("    " + text.Replace("\r\n", "\n").Replace('\r', '\n').Replace("\n", "\n    ")).Count == 0)
            .QuickCheckThrowOnFailure();

    // Pieces of Markdown thrown together find more than random characters do.
    private static Gen<string> MarkdownSoup() =>
        Gen.Elements(
                "/agent stop", "/agent approve", "/agent", "\n", "\n\n", "\r\n", " ", "    ", "\t", "> ", "- ", "1. ", "```", "~~~", "`", "``", "*", "_",
                "<!--", "-->", "<pre>", "</pre>", "<details>", "</blockquote>", "[", "](", ")", "|", "---", "===", "\\", "&#47;", "\u200b", "\u202e",
                "\ud83d", "\u0000", "# ", "text", "<", ">", "![", "\ufeff")
            .ListOf().Select(string.Concat);
}
