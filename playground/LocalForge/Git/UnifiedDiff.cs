using System.Globalization;
using System.Text.RegularExpressions;

namespace CodingAgent.Playground.LocalForge.Git;

/// <summary>Reads unified diffs: files, the hunk above a comment, and where a line went.</summary>
internal static partial class UnifiedDiff
{
    /// <summary>Joins <c>git diff --name-status -z</c> with the patch of the same diff; both list files in one order.</summary>
    public static IReadOnlyList<DiffFile> Parse(string nameStatus, string patch)
    {
        var sections = SectionStart().Split(patch).Skip(1).ToList();
        var names = nameStatus.Split('\0');
        var files = new List<DiffFile>();
        for (var i = 0; i + 1 < names.Length;)
        {
            var code = names[i++];
            string? previous = code[0] is 'R' or 'C' ? names[i++] : null;
            var path = names[i++];
            var section = files.Count < sections.Count ? sections[files.Count] : "";
            var hunks = section.IndexOf("\n@@", StringComparison.Ordinal);
            files.Add(new DiffFile(
                code[0] switch { 'A' or 'C' => "added", 'D' => "removed", 'R' => "renamed", _ => "modified" },
                path,
                previous,
                hunks < 0 ? "" : section[(hunks + 1)..].TrimEnd('\n')));
        }

        return files;
    }

    /// <summary>The hunk up to and with a line of one side; null when the line is not part of the diff.</summary>
    public static string? HunkAt(string patch, int line, bool oldSide)
    {
        var kept = new List<string>();
        int oldLine = 0, newLine = 0;
        foreach (var text in patch.Split('\n'))
        {
            if (HunkHeader().Match(text) is { Success: true } header)
            {
                kept = [text];
                (oldLine, newLine) = (Number(header, "old"), Number(header, "new"));
                continue;
            }

            kept.Add(text);
            var isOld = !text.StartsWith('+');
            var isNew = !text.StartsWith('-');
            if (text.StartsWith('\\'))
                continue;
            if (oldSide ? isOld && oldLine == line : isNew && newLine == line)
                return string.Join('\n', kept);
            oldLine += isOld ? 1 : 0;
            newLine += isNew ? 1 : 0;
        }

        return null;
    }

    /// <summary>Each line of a patch with its numbers in the old and the new version; none for what is no line of the file.</summary>
    public static IEnumerable<(string Text, int? Old, int? New)> Lines(string patch)
    {
        int oldLine = 0, newLine = 0;
        foreach (var text in patch.Split('\n'))
        {
            if (HunkHeader().Match(text) is { Success: true } header)
            {
                (oldLine, newLine) = (Number(header, "old"), Number(header, "new"));
                yield return (text, null, null);
            }
            else if (text.StartsWith('\\') || text.Length == 0)
            {
                yield return (text, null, null);
            }
            else
            {
                yield return (text, text[0] == '+' ? null : oldLine++, text[0] == '-' ? null : newLine++);
            }
        }
    }

    /// <summary>A line's numbers in the old and the new version, of which an added or removed line has one; none for a line that is not part of the diff.</summary>
    public static (int? Old, int? New) NumbersAt(string patch, int? line, bool oldSide)
    {
        int oldLine = 0, newLine = 0;
        foreach (var text in patch.Split('\n'))
        {
            if (HunkHeader().Match(text) is { Success: true } header)
            {
                (oldLine, newLine) = (Number(header, "old"), Number(header, "new"));
                continue;
            }

            if (text.StartsWith('\\'))
                continue;
            var (isOld, isNew) = (!text.StartsWith('+'), !text.StartsWith('-'));
            if (oldSide ? isOld && oldLine == line : isNew && newLine == line)
                return (isOld ? oldLine : null, isNew ? newLine : null);
            oldLine += isOld ? 1 : 0;
            newLine += isNew ? 1 : 0;
        }

        return (null, null);
    }

    /// <summary>Where a line of the old version is in the new one, given a diff without context; null when it was changed.</summary>
    public static int? MapLine(string diffWithoutContext, int line)
    {
        var shift = 0;
        foreach (Match header in HunkHeader().Matches(diffWithoutContext))
        {
            int start = Number(header, "old"), count = Count(header, "oldCount"), added = Count(header, "newCount");
            if (count > 0 && line >= start && line < start + count)
                return null;
            // A hunk that only inserts names the line it inserts after.
            if (count > 0 ? line >= start + count : line > start)
                shift += added - count;
        }

        return line + shift;
    }

    private static int Number(Match match, string group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    private static int Count(Match match, string group) => match.Groups[group].Success ? Number(match, group) : 1;

    [GeneratedRegex(@"^diff --git ", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex SectionStart();

    [GeneratedRegex(@"^@@ -(?<old>\d+)(,(?<oldCount>\d+))? \+(?<new>\d+)(,(?<newCount>\d+))? @@", RegexOptions.Multiline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex HunkHeader();
}
