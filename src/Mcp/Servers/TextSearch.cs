namespace CodingAgent.Mcp.Servers;

/// <summary>Finds a sequence in another in linear time (Knuth, Morris, Pratt), whatever the two are.</summary>
internal static class TextSearch
{
    /// <summary>All places, overlapping ones as well.</summary>
    public static List<int> Occurrences<T>(ReadOnlySpan<T> text, ReadOnlySpan<T> part)
        where T : IEquatable<T>
    {
        var found = new List<int>();
        if (part.Length == 0 || part.Length > text.Length) return found;
        var back = new int[part.Length + 1];
        for (int i = 1, matched = 0; i < part.Length; i++)
        {
            while (matched > 0 && !part[i].Equals(part[matched])) matched = back[matched];
            if (part[i].Equals(part[matched])) matched++;
            back[i + 1] = matched;
        }

        for (int i = 0, matched = 0; i < text.Length; i++)
        {
            while (matched > 0 && (matched == part.Length || !text[i].Equals(part[matched]))) matched = back[matched];
            if (text[i].Equals(part[matched])) matched++;
            if (matched == part.Length) found.Add(i - part.Length + 1);
        }

        return found;
    }

    /// <summary>All places of lines among lines.</summary>
    public static List<int> Places(IReadOnlyList<string> lines, IReadOnlyList<string> wanted)
    {
        // Numbers compare in constant time, lines do not.
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var part = new int[wanted.Count];
        for (var i = 0; i < part.Length; i++)
        {
            if (!numbers.TryGetValue(wanted[i], out part[i])) numbers[wanted[i]] = part[i] = numbers.Count;
        }

        var text = new int[lines.Count];
        for (var i = 0; i < text.Length; i++) text[i] = numbers.GetValueOrDefault(lines[i], -1);
        return Occurrences<int>(text, part);
    }
}
