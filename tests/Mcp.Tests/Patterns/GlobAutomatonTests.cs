using System.Text;
using System.Text.RegularExpressions;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Patterns;
using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.Mcp.Tests.Patterns;

public sealed class GlobAutomatonTests
{
    private const string Letters = "ab/";

    [Fact]
    public void AnyParts_MatchWhatTheExpressionOfTheSameMeaningMatches() => Prop.ForAll<int>(seed =>
    {
        var random = new Random(seed);
        var expression = new StringBuilder(@"\A(?:");
        var automaton = GlobAutomaton.Build(parts => Describe(parts, expression, random, depth: 0));
        var expected = new Regex(expression.Append(@")\z").ToString(), RegexOptions.Singleline | RegexOptions.CultureInvariant);
        for (var i = 0; i < 20; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(7)).Select(_ => Letters[random.Next(Letters.Length)]));
            automaton.IsMatch(text).ShouldBe(expected.IsMatch(text), $"{expression} on '{text}'");
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void LongestPatternOnLongestPath_TakesTheirProduct()
    {
        // Two thousand "anything" in a row: an engine that tries one reading after the other would not end.
        var automaton = GlobAutomaton.Build(parts =>
        {
            for (var i = 0; i < 1000; i++) parts.Anything();
            parts.Character('x');
        });
        automaton.IsMatch(new string('a', 4096)).ShouldBeFalse();
        automaton.IsMatch(new string('a', 4096) + "x").ShouldBeTrue();
    }

    [Fact]
    public void PatternOfMoreStepsThanTheBound_IsRefused() => Should.Throw<ArgumentException>(() => GlobAutomaton.Build(parts =>
    {
        for (var i = 0; i <= GlobAutomaton.MostSteps; i++) parts.Character('x');
    })).Message.ShouldContain("too large");

    [Theory]
    [InlineData('K', '\u212a')]
    [InlineData('É', 'é')]
    public void Case_Overlooked_IsOverlookedBothWays(char pattern, char text)
    {
        GlobAutomaton.Build(p => p.Character(pattern), ignoresCase: true).IsMatch([text]).ShouldBeTrue();
        GlobAutomaton.Build(p => p.Character(text), ignoresCase: true).IsMatch([pattern]).ShouldBeTrue();
        GlobAutomaton.Build(p => p.Character(pattern)).IsMatch([text]).ShouldBeFalse();
    }

    [Fact]
    public void NegativeClass_OverlookingCase_LeavesOutBothCases()
    {
        var glob = Glob.Parse("[!a]", ignoreCase: true);
        glob.IsMatch("A").ShouldBeFalse();
        glob.IsMatch("B").ShouldBeTrue();
    }

    private static void Describe(GlobAutomaton.Parts parts, StringBuilder expression, Random random, int depth)
    {
        for (var i = random.Next(5); i > 0; i--)
        {
            switch (random.Next(depth < 3 ? 6 : 5))
            {
                case 0:
                    var c = Letters[random.Next(Letters.Length)];
                    parts.Character(c);
                    expression.Append(c);
                    break;
                case 1:
                    parts.OneInSegment();
                    expression.Append("[^/]");
                    break;
                case 2:
                    parts.ManyInSegment();
                    expression.Append("[^/]*");
                    break;
                case 3:
                    parts.Anything();
                    expression.Append(".*");
                    break;
                case 4:
                    parts.Folders();
                    expression.Append("(?:.*/)?");
                    break;
                default:
                    parts.Open();
                    expression.Append("(?:");
                    Describe(parts, expression, random, depth + 1);
                    parts.Or();
                    expression.Append('|');
                    Describe(parts, expression, random, depth + 1);
                    parts.Close();
                    expression.Append(')');
                    break;
            }
        }
    }
}
