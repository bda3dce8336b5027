using System.Text;

namespace CodingAgent.Workflows.Gates;

/// <summary>A line of code without what it only says: the inside of strings, and comments. By one line alone, so a string or comment of several is not known.</summary>
internal static class SourceLine
{
    private static readonly HashSet<string> WithHash = new(
        [".py", ".pyi", ".rb", ".rake", ".sh", ".bash", ".zsh", ".bats", ".ksh", ".ps1", ".psm1", ".php", ".ex", ".exs", ".pl", ".pm", ".r", ".jl", ".yml", ".yaml", ".toml"], StringComparer.OrdinalIgnoreCase);

    /// <summary>The ending with its dot; empty when there is none.</summary>
    public static string EndingOf(string path)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        var dot = name.LastIndexOf('.');
        return dot < 0 ? "" : name[dot..];
    }

    /// <summary>What is left; empty for a comment.</summary>
    public static string Code(string path, string line)
    {
        var trimmed = line.AsSpan().TrimStart();
        if (trimmed.StartsWith("//") || trimmed.StartsWith("* ") || trimmed.StartsWith("/*") || trimmed.StartsWith("<!--"))
            return "";
        var hash = WithHash.Contains(EndingOf(path));
        // In C and Rust "#" begins no comment.
        var text = new StringBuilder(line.Length);
        // A quote that is not closed here opens nothing: an apostrophe, a lifetime, a string that goes on. Each is looked for once.
        var open = "";
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            var end = c is '"' or '\'' or '`' && !open.Contains(c, StringComparison.Ordinal) ? End(line, i) : 0;
            if (end > 0)
            {
                text.Append(c).Append(c);
                i = end;
                continue;
            }

            if (end < 0)
                open += c;
            if ((hash && c == '#' && (i == 0 || char.IsWhiteSpace(line[i - 1]))) || (!hash && c == '/' && i + 1 < line.Length && line[i + 1] == '/'))
            {
                break;
            }
            else
            {
                text.Append(c);
            }
        }

        return text.ToString().TrimEnd();
    }

    private static int End(string line, int from)
    {
        for (var i = from + 1; i < line.Length; i++)
        {
            if (line[i] == '\\')
                i++;
            else if (line[i] == line[from])
                return i;
        }

        return -1;
    }
}
