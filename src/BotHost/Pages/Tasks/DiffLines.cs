using System.Globalization;
using System.Text.RegularExpressions;

namespace CodingAgent.BotHost.Pages.Tasks;

/// <summary>The lines of a unified diff with their numbers; pure. What is not of its form is shown as it is.</summary>
internal static partial class DiffLines
{
    /// <summary>Reads the hunks of one file.</summary>
    /// <param name="patch">The hunks: outside text.</param>
    /// <param name="most">Lines that are read; the rest is only counted.</param>
    /// <returns>The lines, and how many follow.</returns>
    public static (IReadOnlyList<Line> Lines, int More) Read(string patch, int most)
    {
        var texts = patch.TrimEnd('\n').Split('\n');
        var lines = new List<Line>(Math.Min(texts.Length, most));
        int old = 0, now = 0;
        foreach (var text in texts.Take(most))
        {
            if (Header().Match(text) is { Success: true } header)
            {
                (old, now) = (Number(header, "old"), Number(header, "new"));
                lines.Add(new Line("hunk", null, null, text));
                continue;
            }

            lines.Add(text switch
            {
                ['+', ..] => new Line("add", null, now++, text),
                ['-', ..] => new Line("del", old++, null, text),
                ['\\', ..] => new Line("soft", null, null, text),
                _ => new Line("", old++, now++, text),
            });
        }

        return (lines, Math.Max(0, texts.Length - most));
    }

    /// <summary>How many lines a patch adds and takes away.</summary>
    public static (int Added, int Removed) Count(string patch) =>
        (patch.Split('\n').Count(l => l.StartsWith('+')), patch.Split('\n').Count(l => l.StartsWith('-')));

    private static int Number(Match header, string side) => int.TryParse(header.Groups[side].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    [GeneratedRegex(@"^@@ -(?<old>\d+)(,\d+)? \+(?<new>\d+)(,\d+)? @@", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Header();

    /// <summary>A line of a diff.</summary>
    /// <param name="Kind"><c>add</c>, <c>del</c>, <c>hunk</c>, <c>soft</c> or nothing for one that stays.</param>
    /// <param name="Old">Its number before; null where it was not.</param>
    /// <param name="Now">Its number now; null where it is not.</param>
    /// <param name="Text">The line with its sign.</param>
    internal sealed record Line(string Kind, int? Old, int? Now, string Text)
    {
        /// <summary>Without its sign.</summary>
        public string Code => Kind is "hunk" or "soft" || Text.Length == 0 ? Text : Text[1..];

        /// <summary>Its sign; empty for a line that is none of a file.</summary>
        public string Sign => Kind is "hunk" or "soft" || Text.Length == 0 ? "" : Text[..1];
    }
}
