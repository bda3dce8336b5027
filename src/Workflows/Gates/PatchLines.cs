using System.Globalization;
using System.Text;

namespace CodingAgent.Workflows.Gates;

/// <summary>Takes the added and removed lines out of a unified diff as git prints it (<c>a/</c> and <c>b/</c> prefixes). Total: odd text gives fewer lines.</summary>
public static class PatchLines
{
    /// <summary>All added lines in order.</summary>
    public static IReadOnlyList<AddedLine> Added(string patch) => Read(patch).Added;

    /// <summary>All added and all removed lines in order; a removed line by its number before, and in a rename by the old path.</summary>
    public static (IReadOnlyList<AddedLine> Added, IReadOnlyList<AddedLine> Removed) Read(string patch)
    {
        var (added, removed) = (new List<AddedLine>(), new List<AddedLine>());
        var (path, oldPath) = ("", "");
        int line = 0, oldLine = 0, oldLeft = 0, newLeft = 0;
        foreach (var raw in patch.Split('\n'))
        {
            // Inside a hunk only its own counts decide what a line is, so that file content such as "+++ x" cannot pose as a header.
            if (oldLeft > 0 || newLeft > 0)
            {
                switch (raw.Length == 0 ? ' ' : raw[0])
                {
                    case '+':
                        added.Add(new AddedLine(path, line++, raw[1..].TrimEnd('\r')));
                        newLeft--;
                        break;
                    case '-':
                        removed.Add(new AddedLine(oldPath, oldLine++, raw[1..].TrimEnd('\r')));
                        oldLeft--;
                        break;
                    case '\\':
                        break;
                    default:
                        line++;
                        oldLine++;
                        oldLeft--;
                        newLeft--;
                        break;
                }
            }
            else if (raw.StartsWith("+++ ", StringComparison.Ordinal))
            {
                path = FilePath(raw[4..].TrimEnd('\r', '\t'), "b/");
            }
            else if (raw.StartsWith("--- ", StringComparison.Ordinal))
            {
                oldPath = FilePath(raw[4..].TrimEnd('\r', '\t'), "a/");
            }
            else if (raw.StartsWith("@@ -", StringComparison.Ordinal))
            {
                (oldLine, oldLeft, line, newLeft) = Hunk(raw);
            }
        }

        return (added, removed);
    }

    private static (int OldStart, int OldCount, int NewStart, int NewCount) Hunk(string header)
    {
        var parts = header.Split(' ', 4);
        if (parts.Length < 3)
            return (0, 0, 0, 0);
        var (oldStart, oldCount) = Range(parts[1]);
        var (newStart, newCount) = Range(parts[2]);
        return (oldStart, oldCount, newStart, newCount);
    }

    private static (int Start, int Count) Range(string text)
    {
        var numbers = text.TrimStart('-', '+').Split(',');
        return (Number(numbers[0]), numbers.Length > 1 ? Number(numbers[1]) : 1);
    }

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static string FilePath(string text, string prefix)
    {
        var name = text.Length > 1 && text[0] == '"' && text[^1] == '"' ? Unquoted(text[1..^1]) : text;
        return name.StartsWith(prefix, StringComparison.Ordinal) ? name[2..] : name;
    }

    /// <summary>A name as git quotes it when it holds a control character, a quote or a backslash: C's escapes, bytes in octal.</summary>
    private static string Unquoted(string text)
    {
        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                var pair = char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(text.Substring(i, pair)));
                i += pair - 1;
            }
            else if (text[i + 1] is >= '0' and <= '3' && i + 3 < text.Length && text[i + 2] is >= '0' and <= '7' && text[i + 3] is >= '0' and <= '7')
            {
                bytes.Add((byte)(((text[i + 1] - '0') << 6) | ((text[i + 2] - '0') << 3) | (text[i + 3] - '0')));
                i += 3;
            }
            else
            {
                var c = text[++i];
                var known = "abtnvfr".IndexOf(c, StringComparison.Ordinal);
                bytes.AddRange(known >= 0 ? [(byte)(7 + known)] : Encoding.UTF8.GetBytes(text.Substring(i, 1)));
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}

/// <summary>One line a change adds, or takes away.</summary>
/// <param name="Path">File.</param>
/// <param name="Line">Line number in the version that has it, from 1.</param>
/// <param name="Text">The line without its end.</param>
public sealed record AddedLine(string Path, int Line, string Text);
