namespace CodingAgent.Workflows.Secrets;

/// <summary>Private keys of many lines: PEM (RFC 7468), OpenSSH, PGP, SSH2 and PuTTY; whole, without their end, and without their beginning.</summary>
internal static class PrivateKeys
{
    /// <summary>Words that stand where one begins or ends.</summary>
    public const string Anchors = "PRIVATE|KEY Private-Lines:";

    private const int LeastBody = 24;
    private const int PemLine = 64;
    private const int LongestKey = 20_000;

    /// <summary>The key around an anchor; null for none, and for a header that only code speaks of.</summary>
    public static (int From, int To)? At(string text, int anchor)
    {
        if (text[anchor + 1] == 'r')
            return Body(text, End(text, anchor + "Private-Lines:".Length, anchor), anchor);
        var line = anchor;
        while (line > 0 && anchor - line < 40 && (text[line - 1] is ' ' or '-' || char.IsAsciiLetterUpper(text[line - 1]) || char.IsAsciiDigit(text[line - 1])))
            line--;
        var head = text.AsSpan(line, anchor - line);
        var dashes = head.IndexOf("----", StringComparison.Ordinal);
        if (dashes < 0)
            return null;
        if (head.Contains("BEGIN ", StringComparison.Ordinal))
        {
            var after = text.IndexOf("----", anchor, Math.Min(60, text.Length - anchor), StringComparison.Ordinal);
            if (after < 0)
                return null;
            while (after < text.Length && text[after] == '-')
                after++;
            var from = line + dashes;
            return Body(text, after, from) ?? (IsAlone(text, from, after) ? (from, after) : null);
        }

        return head.Contains("END ", StringComparison.Ordinal) ? Before(text, line + dashes) : null;
    }

    private static int End(string text, int at, int from)
    {
        while (at < text.Length && at - from < 40 && text[at] is not '\n')
            at++;
        return at;
    }

    // What follows a header, to its end or as far as it looks like a key.
    private static (int From, int To)? Body(string text, int at, int from)
    {
        var (signs, to, limit) = (0, at, Math.Min(text.Length, at + LongestKey));
        while (at < limit)
        {
            if (text.AsSpan(at).StartsWith("-----END ", StringComparison.Ordinal) || text.AsSpan(at).StartsWith("---- END ", StringComparison.Ordinal))
            {
                var end = text.IndexOf("-----", at + 9, Math.Min(60, text.Length - at - 9), StringComparison.Ordinal);
                to = end < 0 ? at : end + 5;
                break;
            }

            if (text.AsSpan(at).StartsWith("-----BEGIN ", StringComparison.Ordinal))
                break;
            // An ellipsis after the first line: a manual shows what one looks like.
            if (text[at] == '.' && signs <= PemLine)
                return null;
            // Proc-Type: 4,ENCRYPTED and its like; quotes and signs that join the lines of a string in code.
            if (IsOfKey(text[at]))
                signs++;
            else if (!char.IsWhiteSpace(text[at]) && text[at] is not ('\\' or '"' or '\'' or ',' or ':' or '.' or '-' or '(' or ')' or '@' or ';' or '>' or '<' or '|'))
                break;
            to = ++at;
        }

        return signs >= LeastBody && LongestRun(text.AsSpan(from, to - from)) >= LeastBody ? (from, to) : null;
    }

    // A key that was cut at its beginning: the lines before its end.
    private static (int From, int To)? Before(string text, int end)
    {
        var from = end;
        while (from > 0 && end - from < LongestKey && (IsOfKey(text[from - 1]) || text[from - 1] is '\n' or '\r' or '\\'))
            from--;
        return LongestRun(text.AsSpan(from, end - from)) >= LeastBody ? (from, end) : null;
    }

    private static bool IsAlone(string text, int from, int to)
    {
        while (from > 0 && text[from - 1] is ' ' or '\t')
            from--;
        while (to < text.Length && text[to] is ' ' or '\t' or '\r')
            to++;
        return (from == 0 || text[from - 1] == '\n') && (to == text.Length || text[to] == '\n');
    }

    private static int LongestRun(ReadOnlySpan<char> text)
    {
        int longest = 0, run = 0;
        foreach (var c in text)
        {
            run = IsOfKey(c) ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        return longest;
    }

    private static bool IsOfKey(char c) => char.IsAsciiLetterOrDigit(c) || c is '+' or '/' or '=';
}
