using CodingAgent.Mcp.Texts;
using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.Mcp.Tests.Texts;

public sealed class TextCutTests
{
    [Theory]
    [InlineData("abc", 3, "abc")]
    [InlineData("abcd", 3, "abc…")]
    [InlineData("ab🎉", 3, "ab…")]
    [InlineData("abe\u0301", 3, "ab…")]
    [InlineData("a👍\U0001F3FDb", 3, "a…")]
    [InlineData("a👩\u200D🚀b", 4, "a…")]
    [InlineData("a❤\uFE0Fb", 2, "a…")]
    [InlineData("न\u0940a", 1, "…")]
    [InlineData("ab\r\nc", 3, "ab…")]
    [InlineData("🎉", 1, "…")]
    [InlineData("abc", 0, "…")]
    [InlineData("", 0, "")]
    public void Head_IsCut_BetweenCharacters(string text, int most, string head) => TextCut.Head(text, most, "…").ShouldBe(head);

    [Theory]
    [InlineData("abc", 3, "abc")]
    [InlineData("🎉bc", 3, "…bc")]
    [InlineData("ae\u0301bc", 3, "…bc")]
    [InlineData("a👩\u200D🚀b", 4, "…b")]
    public void Tail_IsCut_BetweenCharacters(string text, int most, string tail) => TextCut.Tail(text, most, "…").ShouldBe(tail);

    [Fact]
    public void Ends_TellWhatIsLeftOut() => TextCut.Ends("abc🎉🎉def", 4, left => $"[{left}]").ShouldBe("abc[4]def");

    [Fact]
    public void Head_OfMarksWithoutEnd_IsCutThroughThem_NotThroughAPair()
    {
        var text = string.Concat(Enumerable.Repeat("\U000E0100", 100));
        TextCut.Head("a" + text, 100).Length.ShouldBe(99);
        TextCut.Tail(text + "a", 100).Length.ShouldBe(99);
    }

    [Fact]
    public void AnyCut_LeavesNoHalf_AndIsNoLonger() => Prop.ForAll(
        Gen.Elements("a", "\u0301", "🎉", "\u200D", "\r", "\n", "\U0001F3FD", "\uFE0F", "न", "\u0940").ListOf().Select(string.Concat).ToArbitrary(), Gen.Choose(0, 20).ToArbitrary(),
        (text, most) =>
        {
            var (head, tail) = (TextCut.Head(text, most), TextCut.Tail(text, most));
            return head.Length <= most && tail.Length <= most && text.StartsWith(head, StringComparison.Ordinal) && text.EndsWith(tail, StringComparison.Ordinal)
                && head.EnumerateRunes().Concat(tail.EnumerateRunes()).All(r => r != System.Text.Rune.ReplacementChar);
        }).QuickCheckThrowOnFailure();
}
