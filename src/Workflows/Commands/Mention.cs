namespace CodingAgent.Workflows.Commands;

/// <summary>Whether a comment speaks to an account by one of its names. Pure, and total on any text.</summary>
public static class Mention
{
    /// <summary>True when the writer's own plain text has <c>@name</c>: not in code, quotes and links, in an address or as part of a longer name.</summary>
    /// <param name="markdown">The comment.</param>
    /// <param name="names">The account's names, as the forge and as people write it; letter case does not count.</param>
    public static bool IsIn(string? markdown, params string[] names)
    {
        if (string.IsNullOrEmpty(markdown) || !IsNamed(VisibleText.Of(markdown), names))
            return false;
        return IsNamed(OwnText.Of(markdown).Prose, names);
    }

    private static bool IsNamed(string text, string[] names)
    {
        for (var at = text.IndexOf('@', StringComparison.Ordinal); at >= 0; at = text.IndexOf('@', at + 1))
        {
            if (StartsName(text, at) && names.Any(name => name.Length > 0 && text.AsSpan(at + 1).StartsWith(name, StringComparison.OrdinalIgnoreCase) && EndsName(text.AsSpan(at + 1 + name.Length))))
                return true;
        }

        return false;
    }

    private static bool StartsName(string text, int at) => at == 0 || !(char.IsAsciiLetterOrDigit(text[at - 1]) || text[at - 1] is '_' or '-' or '+' or '@' or '/' or '\\');

    // "@name.example.org" and "@name/team" are no accounts; "@name, please" and "@name." at an end are.
    private static bool EndsName(ReadOnlySpan<char> rest) => rest.Length == 0
        || (!(char.IsAsciiLetterOrDigit(rest[0]) || rest[0] is '-' or '_' or '@')
            && !(rest[0] is '.' or '/' && rest.Length > 1 && char.IsAsciiLetterOrDigit(rest[1])));
}
