using System.Text;
using System.Text.RegularExpressions;
using CodingAgent.Mcp.Patterns;

namespace CodingAgent.Mcp.Tests.Patterns;

public sealed class RequiredTextTests
{
    private const int Cases = 40_000;

    [Theory]
    [InlineData("needle", "needle")]
    [InlineData(@"\bneedle\b", "needle")]
    [InlineData(@"public\s+void\s+Run", "public")]
    [InlineData(@"foo\.bar\(\)", null)]
    [InlineData(@"foo\.bar\[0\]", "foo.bar[0]")]
    [InlineData("colou?r", "colo")]
    [InlineData("ab+cde", "cde")]
    [InlineData("abc*d", "ab")]
    [InlineData("ab{0,3}", null)]
    [InlineData("x[abc]yz", "yz")]
    [InlineData("x[^]abc]yz", "yz")]
    [InlineData(@"x[\]q]yz", "yz")]
    [InlineData("[a-z-[aeiou]]yz", "yz")]
    [InlineData("one|two", null)]
    [InlineData("(?i)needle", null)]
    [InlineData("Größe", "Gr")]
    [InlineData(@"\x41bcd", "bcd")]
    [InlineData(@"\u0041bcd", "bcd")]
    [InlineData(@"\p{Lu}bc", "bc")]
    [InlineData(@"a\tbc", "bc")]
    [InlineData(".*", null)]
    [InlineData("", null)]
    [InlineData("^import React$", "import React")]
    public void Of_AnExpression_IsWhatEveryMatchHolds(string pattern, string? text) => RequiredText.Of(pattern).ShouldBe(text);

    // Whatever .NET matches holds it: expressions and texts of few characters, so that many match.
    [Fact]
    public void Of_RandomExpressions_IsInEveryMatch()
    {
        var random = new Random(20261130);
        string[] parts = ["a", "b", "ab", "\\.", ".", "a*", "b+", "a?", "ab?", "[ab]", "[^a]", "[]a]", "[a-b-[b]]", "\\w", "\\b", "\\x61", "\\u0062", "{", "a{2}", "b{0,1}", "a{1,2}?", "^", "$", "\\s", "\\\\", "é", "(a|b)", "|", "\\141", "]", "}", "-", "#", " "];
        var (required, matched) = (0, 0);
        for (var i = 0; i < Cases; i++)
        {
            var pattern = string.Concat(Enumerable.Range(0, random.Next(1, 6)).Select(_ => parts[random.Next(parts.Length)]));
            Regex regex;
            try
            {
                regex = new Regex(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
            }
            catch (ArgumentException)
            {
                continue;
            }

            if (RequiredText.Of(pattern) is not { } text) continue;
            required++;
            for (var t = 0; t < 20; t++)
            {
                var line = new StringBuilder();
                for (var n = random.Next(0, 12); n > 0; n--) line.Append("aab b.\\é{}-]# "[random.Next(14)]);
                if (!regex.IsMatch(line.ToString())) continue;
                matched++;
                line.ToString().ShouldContain(text, Case.Sensitive, $"{pattern} matches '{line}'");
            }
        }

        required.ShouldBeGreaterThan(1_000);
        matched.ShouldBeGreaterThan(1_000);
    }
}
