using CodingAgent.Mcp.Texts;

namespace CodingAgent.Mcp.Tests.Texts;

public sealed class InvisibleTests
{
    [Theory]
    [InlineData("a\u202Eb\u2066c\u2069", "a[U+202E]b[U+2066]c[U+2069]")]
    [InlineData("a\u200Bb\uFEFF\u2060\u00AD\u180E", "a[U+200B]b[U+FEFF][U+2060][U+00AD][U+180E]")]
    [InlineData("x\U000E0041\U000E007F", "x[U+E0041][U+E007F]")]
    [InlineData("a\u3164b\u115F\u2800", "a[U+3164]b[U+115F][U+2800]")]
    [InlineData("a\fb\0c\u001B[31md", "a[U+000C]b[U+0000]c[U+001B][31md")]
    [InlineData("a\u2028b\u0085c", "a[U+2028]b[U+0085]c")]
    [InlineData("a\r\nb\rc\td", "a\r\nb[U+000D]c\td")]
    [InlineData("a\uFE0F\uFE0Fb", "a[U+FE0F][U+FE0F]b")]
    [InlineData("a\u200Db", "a[U+200D]b")]
    // Where writing needs them they are no trick.
    [InlineData("👩\u200D🚀 ❤\uFE0F 👍\U0001F3FD\u200D👍", "👩\u200D🚀 ❤\uFE0F 👍\U0001F3FD\u200D👍")]
    [InlineData("می\u200Cخواهم क्\u200Dष", "می\u200Cخواهم क्\u200Dष")]
    [InlineData("naïve 日本語 e\u0301", "naïve 日本語 e\u0301")]
    [InlineData("<!-- comment --> ![alt](x) [U+202E]", "<!-- comment --> ![alt](x) [U+202E]")]
    public void Shown_WhatIsNotSeen_IsWrittenOut(string text, string shown) => Invisible.Shown(text).ShouldBe(shown);

    [Theory]
    [InlineData("x[U+202E]y", "if (x\u202Ey)", "x\u202Ey")]
    [InlineData("[U+E0041]", "a\U000E0041", "\U000E0041")]
    // Neither what the file spells out, nor what it does not have, nor what can be seen.
    [InlineData("[U+202E]", "s = \"[U+202E]\" // \u202E", "[U+202E]")]
    [InlineData("[U+202E]", "abc", "[U+202E]")]
    [InlineData("[U+0041]", "A", "[U+0041]")]
    [InlineData("[U+D83C][U+FFFFFF][U+12]", "\u202E", "[U+D83C][U+FFFFFF][U+12]")]
    public void Back_WhatWasCopiedFromAView_IsTheCharacterAgain(string copied, string file, string meant) => Invisible.Back(copied, file).ShouldBe(meant);
}
