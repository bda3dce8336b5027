namespace CodingAgent.Workflows.Detection;

/// <summary>Reads shell lines that initialise submodules, as far as they are plain: words, quotes, joined by <c>&amp;&amp;</c> or <c>;</c>.</summary>
public static class SubmoduleLines
{
    private static readonly HashSet<string> WithValue = new(StringComparer.Ordinal) { "--depth", "--jobs", "-j", "--reference", "--filter", "--branch", "-b" };

    /// <summary>Takes out of a line what the service does in its place.</summary>
    /// <param name="line">Shell line.</param>
    /// <returns>What it asks for, null when nothing; and what is left to run, empty when nothing.</returns>
    public static (SubmoduleRequest? Asked, string ToRun) Read(string line)
    {
        SubmoduleRequest? asked = null;
        var rest = new System.Text.StringBuilder();
        var joint = "";
        if (Parts(line) is not { } parts)
            return (null, line);
        foreach (var (part, after) in parts)
        {
            if (IsSubmodule(part, out var request))
            {
                asked = SubmoduleRequest.Join(asked, request);
            }
            else
            {
                rest.Append(rest.Length == 0 ? "" : joint).Append(part.Trim());
                joint = after;
            }
        }

        // A line that asks for nothing stays as it was written.
        return rest.Length > 0 && asked is null && !line.Contains("submodule", StringComparison.Ordinal) ? (null, line) : (asked, rest.ToString());
    }

    /// <summary>Cuts a line at <c>&amp;&amp;</c>, <c>;</c> and line ends that no quote holds; null for a line that does more.</summary>
    private static List<(string Part, string Joint)>? Parts(string line)
    {
        var parts = new List<(string, string)>();
        var (start, quote) = (0, '\0');
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (quote != '\0') quote = c == quote ? '\0' : quote;
            else if (c is '\'' or '"') quote = c;
            else if (c is '|' or '(' or '{' or '`' or '<' or '>' or '\\' || (c == '&' && (i + 1 == line.Length || line[i + 1] != '&'))) return null;
            else if (c is ';' or '\n' || c == '&')
            {
                if (i > start && line[start..i].Trim().Length > 0) parts.Add((line[start..i], c == '&' ? " && " : c == ';' ? "; " : "\n"));
                if (c == '&') i++;
                start = i + 1;
            }
        }

        if (quote != '\0') return null;
        if (line[start..].Trim().Length > 0) parts.Add((line[start..], ""));
        return parts;
    }

    // "git [-c name=value] submodule [--quiet] init|update|sync [options] [--] [paths]"
    private static bool IsSubmodule(string part, out SubmoduleRequest? asked)
    {
        asked = null;
        var words = new Queue<string>(part.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(w => w.Length > 2 && w[0] is '"' or '\'' && w[^1] == w[0] ? w[1..^1] : w));
        if (!words.TryDequeue(out var program) || program != "git") return false;
        while (words.TryPeek(out var option) && option == "-c")
        {
            words.Dequeue();
            if (!words.TryDequeue(out _)) return false;
        }

        if (!words.TryDequeue(out var command) || command != "submodule") return false;
        while (words.TryPeek(out var option) && option is "--quiet" or "-q") words.Dequeue();
        if (!words.TryDequeue(out var verb) || verb is not ("init" or "update" or "sync")) return false;
        var (recursive, paths, names) = (false, new List<string>(), false);
        while (words.TryDequeue(out var word))
        {
            if (word.IndexOfAny(['$', '\'', '"', '*', '?']) >= 0) return false;
            if (names || !word.StartsWith('-')) paths.Add(Paths.Resolve("", word) ?? word);
            else if (word == "--") names = true;
            else if (word == "--recursive") recursive = true;
            else if (WithValue.Contains(word) && !words.TryDequeue(out _)) return false;
        }

        // "sync" writes URLs into a configuration that nobody has here.
        if (verb != "sync") asked = new SubmoduleRequest(recursive, paths.Contains("") ? [] : paths);
        return true;
    }
}

/// <summary>Submodules that a set-up asks for. The service fetches them; a sandbox has no way to their remotes, and no credential.</summary>
/// <param name="Recursive">Those of submodules too.</param>
/// <param name="Paths">Only those at or below these paths; empty for all.</param>
public sealed record SubmoduleRequest(bool Recursive, IReadOnlyList<string> Paths)
{
    /// <summary>What both ask for together.</summary>
    public static SubmoduleRequest? Join(SubmoduleRequest? a, SubmoduleRequest? b) => a is null ? b : b is null ? a : new SubmoduleRequest(
        a.Recursive || b.Recursive, a.Paths.Count == 0 || b.Paths.Count == 0 ? [] : [.. a.Paths.Concat(b.Paths).Distinct(StringComparer.Ordinal)]);
}
