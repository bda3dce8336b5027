namespace CodingAgent.Mcp.Egress.Settings;

/// <summary>
/// Sections, keys and values as npm and pip write them: <c>[section]</c>, <c>key = value</c>, comments with <c>#</c> or <c>;</c>, and lines
/// that go on further in. The configuration providers of .NET know neither continued lines nor a key without a section given twice.
/// </summary>
internal static class IniFile
{
    /// <summary>Keys with their section (empty before the first) and value, in order; what is neither is passed over.</summary>
    public static IReadOnlyList<(string Section, string Key, string Value)> Read(string text)
    {
        var entries = new List<(string Section, string Key, string Value)>();
        var section = "";
        foreach (var line in text.TrimStart('\ufeff').ReplaceLineEndings("\n").Split('\n'))
        {
            var trimmed = line.Trim();
            if (trimmed.Length == 0 || trimmed[0] is '#' or ';') continue;
            var equals = trimmed.IndexOf('=', StringComparison.Ordinal);
            if (trimmed[0] == '[' && trimmed[^1] == ']') section = trimmed[1..^1].Trim();
            else if (char.IsWhiteSpace(line[0]) && entries.Count > 0) entries[^1] = entries[^1] with { Value = $"{entries[^1].Value}\n{trimmed}".Trim() };
            else if (equals > 0) entries.Add((section, trimmed[..equals].Trim(), Unquote(trimmed[(equals + 1)..].Trim())));
        }

        return entries;
    }

    private static string Unquote(string value) => value.Length >= 2 && value[0] is '"' or '\'' && value[^1] == value[0] ? value[1..^1] : value;
}
