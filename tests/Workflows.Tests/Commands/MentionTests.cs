using CodingAgent.Workflows.Commands;
using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.Workflows.Tests.Commands;

public sealed class MentionTests
{
    [Theory]
    [InlineData("@shop-agent please have a look")]
    [InlineData("@Shop-Agent, please")]
    [InlineData("Hey @shop-agent!")]
    [InlineData("Hey @shop-agent.")]
    [InlineData("@shop-agent[bot] please")]
    [InlineData("(@shop-agent)")]
    [InlineData("**@shop-agent** rename it")]
    [InlineData("- @shop-agent rename it")]
    [InlineData("# @shop-agent")]
    [InlineData("@shop-agent's turn")]
    [InlineData("@shop-agent: go on")]
    [InlineData("请@shop-agent看一下")]
    [InlineData("你好 @shop-agent，请")]
    [InlineData("cc @ann @shop-agent")]
    [InlineData("> quoted\n\n@shop-agent please")]
    [InlineData("@shop-agent\u200b please")]
    [InlineData("@shop-agent-2 please", false)]
    [InlineData("@shop-agent_x please", false)]
    [InlineData("@shop-agents", false)]
    [InlineData("my@shop-agent", false)]
    [InlineData("me@shop-agent.example.org", false)]
    [InlineData("@shop-agent.example.org", false)]
    [InlineData("@shop-agent/maintainers", false)]
    [InlineData("@@shop-agent", false)]
    [InlineData("@shop-agent@mastodon.example", false)]
    [InlineData("\\@shop-agent", false)]
    [InlineData("https://forge.test/@shop-agent", false)]
    [InlineData("[x](https://forge.test/@shop-agent)", false)]
    [InlineData("`@shop-agent`", false)]
    [InlineData("```\n@shop-agent\n```", false)]
    [InlineData("    @shop-agent", false)]
    [InlineData("> @shop-agent please", false)]
    [InlineData("> text\n@shop-agent please", false)]
    [InlineData("- item\n  > @shop-agent", false)]
    [InlineData("<!-- @shop-agent -->", false)]
    [InlineData("<code>@shop-agent</code>", false)]
    [InlineData("<blockquote>\n\n@shop-agent\n\n</blockquote>", false)]
    [InlineData("shop-agent please", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void IsIn_Text_TellsWhoIsSpokenTo(string? text, bool expected = true)
    {
        Mention.IsIn(text, "shop-agent[bot]", "shop-agent").ShouldBe(expected);
    }

    [Fact]
    public void IsIn_AnyText_NeverThrows() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), text =>
        {
            _ = Mention.IsIn($"{text}@b{text}@b[bot]{text}", "b[bot]", "b", "");
            return true;
        }).QuickCheckThrowOnFailure();
}
