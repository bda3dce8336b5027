using System.Text;
using System.Text.RegularExpressions;
using CodingAgent.Mcp.Texts;

namespace CodingAgent.Workflows.Ci;

/// <summary>
/// Cuts a CI log to what tells why it is red: the failed tests by name, then lines that say so with what stands around them, in the order of the
/// log. Pure, total and linear: any text gives at most so many characters.
/// </summary>
public static partial class TellingLines
{
    private const string Gap = "…";
    private const string Heading = "Failed tests:";

    /// <summary>What is worth reading of a log; all of it where it is short enough.</summary>
    /// <param name="log">The log: outside text.</param>
    /// <param name="limit">Most characters.</param>
    public static string Of(string log, int limit)
    {
        ArgumentNullException.ThrowIfNull(log);
        if (limit <= 0)
            return "";
        var lines = LogLines.Of(log);
        var names = FailedTests.In(log, lines);
        var head = Names(names, limit / 3);
        var room = limit - head.Length;
        var kept = new bool[lines.Count];
        if (lines.Sum(l => l.Text.Length + 1) <= room)
        {
            Array.Fill(kept, true);
        }
        else
        {
            var weights = lines.ConvertAll(WeightOf);
            foreach (var weight in (Weight[])[Weight.Strong, Weight.Medium, Weight.Weak])
                Take(lines, weights, weight, kept, ref room);
            // Nothing says anything: what came last is the likeliest.
            if (!Array.Exists(kept, k => k))
                TakeTail(lines, kept, ref room);
        }

        var text = new StringBuilder(head);
        for (var i = 0; i < lines.Count; i++)
        {
            if (kept[i] && lines[i].Text.Length > 0)
                text.Append(i > 0 && !kept[i - 1] ? Gap + "\n" : "").Append(lines[i].Text).Append('\n');
        }

        var told = text.ToString().TrimEnd();
        return TextCut.Head(told, limit);
    }

    private static string Names(IReadOnlyList<string> names, int limit)
    {
        if (names.Count == 0)
            return "";
        var text = new StringBuilder(Heading).Append('\n');
        var told = 0;
        foreach (var name in names)
        {
            if (text.Length + name.Length + 20 > limit)
                break;
            text.Append("- ").Append(name).Append('\n');
            told++;
        }

        if (told < names.Count)
            text.Append("- and ").Append(names.Count - told).Append(" more\n");
        return told == 0 ? "" : text.Append('\n').ToString();
    }

    private static void Take(List<LogLine> lines, List<Weight> weights, Weight weight, bool[] kept, ref int room)
    {
        var (before, after) = weight switch { Weight.Strong => (2, 12), Weight.Medium => (2, 5), _ => (0, 1) };
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < lines.Count && room > 0; i++)
        {
            // What says the same a hundred times is told once.
            if (kept[i] || weights[i] != weight || !seen.Add(lines[i].Text))
                continue;
            // The runner's own mark comes last, after what the step printed.
            var from = Math.Max(0, i - (lines[i].IsError ? 20 : before));
            if (!Keep(lines, i, kept, ref room))
                continue;
            for (var j = i - 1; j >= from; j--)
                Keep(lines, j, kept, ref room);
            for (var j = i + 1; j <= Math.Min(i + after, lines.Count - 1); j++)
                Keep(lines, j, kept, ref room);
        }
    }

    private static void TakeTail(List<LogLine> lines, bool[] kept, ref int room)
    {
        for (var i = lines.Count - 1; i >= 0; i--)
        {
            if (!Keep(lines, i, kept, ref room))
                return;
        }
    }

    private static bool Keep(List<LogLine> lines, int at, bool[] kept, ref int room)
    {
        if (kept[at])
            return true;
        var cost = lines[at].Text.Length + Gap.Length + 2;
        if (cost > room)
            return false;
        room -= cost;
        return kept[at] = true;
    }

    private static Weight WeightOf(LogLine line)
    {
        var text = line.Text;
        if (line.IsError)
            return Weight.Strong;
        if (text.Length < 4)
            return Weight.None;
        if (FailedTests.NameIn(text) is not null)
            return Weight.Strong;
        if (!Weak().IsMatch(text) || Harmless().IsMatch(text))
            return Cause().IsMatch(text) ? Weight.Medium : Weight.None;
        return Medium().IsMatch(text) || Cause().IsMatch(text) ? Weight.Medium : Weight.Weak;
    }

    private enum Weight
    {
        None,
        Weak,
        Medium,
        Strong,
    }

    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant;

    // path(3,4): error CS1002:, path:3:4: error:, error[E0308]:, ERROR in, npm ERR!, make: *** [all] Error 2, and what languages throw.
    [GeneratedRegex(
        @"(^|[\s:\])])(error|fatal error|fatal|panic)(\[\w+\]| [A-Z]{1,5}\d+)?:|^\[ERROR\]|^ERROR\b|npm ERR!|\*\*\* .*Error \d|\b\w*(Error|Exception)\b:|panicked at|^Traceback|undefined reference|Segmentation fault|(AddressSanitizer|UndefinedBehaviorSanitizer)|^\s*\S+:\d+(:\d+)?:? .*error",
        Linear)]
    private static partial Regex Medium();

    // What stands below a failed assertion.
    [GeneratedRegex(@"^E\s{2,}\S|^\s*(Expected|Received|Actual|Error Message|Caused by|left|right)\b.*:|\bbut was\b|^\s*at .+\(.+:\d+(:\d+)?\)$|^\s+-->\s|^\S+\.go:\d+(:\d+)?: ", Linear)]
    private static partial Regex Cause();

    [GeneratedRegex(@"\b(fail(ed|ure|ures|ing|s)?|errors?|err|fatal|panic(ked)?|exception|abort(ed)?|denied|refused|cannot|can't|could not|couldn't|unable|not found|no such|missing|timed out|timeout|killed|undefined|unresolved|invalid|assert(ion)?\w*|segmentation|out of memory|\w+(Error|Exception)|Traceback|ERR!)\b", Linear | RegexOptions.IgnoreCase)]
    private static partial Regex Weak();

    [GeneratedRegex(@"\b(0|no|zero|without) (errors?|fail(ed|ures?|ing)?|warnings?)\b|\b(errors?|fail(ed|ures?)?)[:=] ?0\b|continue-on-error|fail-fast|if-no-files-found|--no-fail|set -e|error_log|stderr", Linear | RegexOptions.IgnoreCase)]
    private static partial Regex Harmless();
}
