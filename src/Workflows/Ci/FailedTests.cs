using System.Text;
using System.Text.RegularExpressions;
using CodingAgent.Mcp.Texts;

namespace CodingAgent.Workflows.Ci;

/// <summary>
/// Names of failed tests in what test programs print: dotnet, pytest and unittest, go, jest, vitest and mocha, cargo, surefire and gradle, RSpec,
/// PHPUnit, CTest and GoogleTest, TAP; and reports as TRX and JUnit's XML, whole or in pieces. Pure and total; expressions that do not backtrack,
/// and one pass over XML.
/// </summary>
internal static partial class FailedTests
{
    private const int MostNames = 100;
    private const int LongestName = 300;
    private const int LongestTag = 4_000;

    private static readonly Regex[] Shapes =
    [
        VsTest(), XunitRunner(), TestingPlatform(), Pytest(), Unittest(), Go(), Jest(), Cross(), Vitest(), Cargo(), Surefire(), Gradle(), Rspec(), PhpUnit(), Ctest(), GoogleTest(),
    ];

    /// <summary>The name of the failed test a line tells of; null when it tells of none.</summary>
    public static string? NameIn(string line)
    {
        if (line.Length < 6)
            return null;
        if (Tap().Match(line) is { Success: true } tap)
            return TapExcuse().IsMatch(line) ? null : Short(tap.Groups["n"].Value);
        foreach (var shape in Shapes)
        {
            if (shape.Match(line) is { Success: true } match && !match.Groups["n"].Value.StartsWith("Tests run:", StringComparison.Ordinal))
                return Short(match.Groups["n"].Value);
        }

        return null;
    }

    /// <summary>Names in order of their first mention, each once, with what a report says of it.</summary>
    public static IReadOnlyList<string> In(string log, IReadOnlyList<LogLine> lines)
    {
        var names = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        void Add(string name, string why)
        {
            if (name.Length > 0 && names.Count < MostNames && seen.Add(name))
                names.Add(why.Length == 0 ? name : $"{name}: {why}");
        }

        // A report says more of a test than a line.
        foreach (var (name, why) in InReports(log))
            Add(name, why);
        var counted = false;
        foreach (var line in lines)
        {
            // Mocha numbers its failures below their count.
            counted = counted || MochaCount().IsMatch(line.Text);
            if (NameIn(line.Text) is { } name)
                Add(name, "");
            else if (counted && Numbered().Match(line.Text) is { Success: true } mocha)
                Add(Short(mocha.Groups["n"].Value), "");
        }

        return names;
    }

    /// <summary>Failed results in XML, also where it is cut off or stands among other text.</summary>
    private static IEnumerable<(string Name, string Why)> InReports(string log)
    {
        string? open = null;
        for (var at = log.IndexOf('<', StringComparison.Ordinal); at >= 0; at = at + 1 < log.Length ? log.IndexOf('<', at + 1) : -1)
        {
            if (Is(log, at, "<testcase"))
            {
                var tag = TagAt(log, at);
                var name = Attribute(tag, "name");
                var owner = Attribute(tag, "classname");
                open = tag.EndsWith("/>", StringComparison.Ordinal) || name.Length == 0 ? null : owner.Length == 0 ? name : $"{owner}.{name}";
            }
            else if (Is(log, at, "</testcase"))
            {
                open = null;
            }
            else if (open is not null && (Is(log, at, "<failure") || Is(log, at, "<error")))
            {
                yield return (Short(open), Short(Attribute(TagAt(log, at), "message")));
                open = null;
            }
            else if (Is(log, at, "<UnitTestResult"))
            {
                var tag = TagAt(log, at);
                if (Attribute(tag, "outcome") is "Failed" or "Error" or "Timeout" or "Aborted")
                    yield return (Short(Attribute(tag, "testName")), "");
            }
        }
    }

    private static bool Is(string text, int at, string tag) => string.CompareOrdinal(text, at, tag, 0, tag.Length) == 0;

    private static string TagAt(string text, int at)
    {
        var end = text.IndexOf('>', at, Math.Min(LongestTag, text.Length - at));
        return end < 0 ? text.Substring(at, Math.Min(LongestTag, text.Length - at)) : text[at..(end + 1)];
    }

    private static string Attribute(string tag, string name)
    {
        var at = tag.IndexOf($" {name}=\"", StringComparison.Ordinal);
        if (at < 0)
            return "";
        var start = at + name.Length + 3;
        var end = tag.IndexOf('"', start);
        var value = new StringBuilder(end < 0 ? tag[start..] : tag[start..end]);
        foreach (var (entity, sign) in (ReadOnlySpan<(string, string)>)[("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#10;", " "), ("&#xA;", " "), ("&amp;", "&")])
            value.Replace(entity, sign);
        return value.ToString();
    }

    private static string Short(string text)
    {
        var plain = new string([.. text.Select(c => char.IsControl(c) ? ' ' : c)]);
        var line = string.Join(' ', plain.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return TextCut.Head(line, LongestName, "…");
    }

    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant;

    [GeneratedRegex(@"^\s*Failed (?<n>\S.*) \[[<\d][^\]]*(s|m|h)\]$", Linear)]
    private static partial Regex VsTest();

    [GeneratedRegex(@"^\[xUnit\.net [\d:.]+\]\s+(?<n>\S.*) \[FAIL\]$", Linear)]
    private static partial Regex XunitRunner();

    [GeneratedRegex(@"^failed (?<n>\S.*) \([\dsmh. ]+\)$", Linear)]
    private static partial Regex TestingPlatform();

    [GeneratedRegex(@"^(FAILED|ERROR) (?<n>\S+(::|\.py)[^ ]*)( - .*)?$", Linear)]
    private static partial Regex Pytest();

    [GeneratedRegex(@"^(FAIL|ERROR): (?<n>test\w* \(.+\))$", Linear)]
    private static partial Regex Unittest();

    [GeneratedRegex(@"^\s*--- FAIL: (?<n>\S+)( \([\d.]+s\))?$", Linear)]
    private static partial Regex Go();

    [GeneratedRegex(@"^\s*● (?<n>\S.* › .+)$", Linear)]
    private static partial Regex Jest();

    [GeneratedRegex(@"^\s*[✕✗×] (?<n>\S[^(]*\S)(\s+\(?\d+\s?ms\)?)?$", Linear)]
    private static partial Regex Cross();

    [GeneratedRegex(@"^\s*FAIL\s+(?<n>\S+\.(test|spec)\.\w+ > .+)$", Linear)]
    private static partial Regex Vitest();

    [GeneratedRegex(@"^\s*\d+ failing$", Linear)]
    private static partial Regex MochaCount();

    [GeneratedRegex(@"^\s*\d+\) (?<n>\S.*[^:]):?$", Linear)]
    private static partial Regex Numbered();

    [GeneratedRegex(@"^test (?<n>\S+)( - .*)? \.\.\. FAILED$", Linear)]
    private static partial Regex Cargo();

    [GeneratedRegex(@"^(\[ERROR\]\s+)?(?<n>\S.*\S)\s+(--\s+)?Time elapsed:.*<<< (FAILURE|ERROR)!$", Linear)]
    private static partial Regex Surefire();

    [GeneratedRegex(@"^(?<n>\S+ > .+) FAILED$", Linear)]
    private static partial Regex Gradle();

    [GeneratedRegex(@"^rspec (?<n>\./\S+) # ", Linear)]
    private static partial Regex Rspec();

    [GeneratedRegex(@"^\d+\) (?<n>[\w\\]+::\w+.*)$", Linear)]
    private static partial Regex PhpUnit();

    [GeneratedRegex(@"^\s*\d+ - (?<n>\S.*) \((Failed|Timeout|SEGFAULT|Subprocess aborted|Not Run)\)", Linear)]
    private static partial Regex Ctest();

    [GeneratedRegex(@"^\[  FAILED  \] (?<n>[\w/]+\.[\w/]+)", Linear)]
    private static partial Regex GoogleTest();

    [GeneratedRegex(@"^\s*not ok \d+( -)? (?<n>\S.*)$", Linear)]
    private static partial Regex Tap();

    [GeneratedRegex(@"# (TODO|SKIP)\b", Linear | RegexOptions.IgnoreCase)]
    private static partial Regex TapExcuse();
}
