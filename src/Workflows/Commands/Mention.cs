namespace CodingAgent.Workflows.Commands;

/// <summary>Whether a comment speaks to an account by its name. Pure, and total on any text.</summary>
public static class Mention
{
    private const string BotSuffix = "[bot]";

    /// <summary>How people write the name of an account: forges show an app's with a suffix that nobody types.</summary>
    public static string NameOf(string login) => login.EndsWith(BotSuffix, StringComparison.OrdinalIgnoreCase) ? login[..^BotSuffix.Length] : login;

    /// <summary>True when the writer's own plain text has <c>@name</c>: not in code, quotes and links, in an address or as part of a longer name.</summary>
    /// <param name="markdown">The comment.</param>
    /// <param name="login">The account's login.</param>
    public static bool IsIn(string? markdown, string login)
    {
        var name = NameOf(login);
        if (string.IsNullOrEmpty(markdown) || name.Length == 0 || !VisibleText.Of(markdown).Contains($"@{name}", StringComparison.OrdinalIgnoreCase))
            return false;
        var prose = OwnText.Of(markdown).Prose;
        for (var at = prose.IndexOf('@', StringComparison.Ordinal); at >= 0; at = prose.IndexOf('@', at + 1))
        {
            if (prose.AsSpan(at + 1).StartsWith(name, StringComparison.OrdinalIgnoreCase) && StartsName(prose, at) && EndsName(prose.AsSpan(at + 1 + name.Length)))
                return true;
        }

        return false;
    }

    /// <summary>True when the name is followed by a command on its line, where commands do not count.</summary>
    public static bool IsBeforeCommand(string? markdown, string login) =>
        VisibleText.Of(markdown ?? "").Split('\n').Any(line => line.Contains(" /agent", StringComparison.OrdinalIgnoreCase) && IsIn(line, login));

    private static bool StartsName(string text, int at) => at == 0 || !(char.IsAsciiLetterOrDigit(text[at - 1]) || text[at - 1] is '_' or '-' or '+' or '@' or '/' or '\\');

    private static bool EndsName(ReadOnlySpan<char> rest)
    {
        if (rest.StartsWith(BotSuffix, StringComparison.OrdinalIgnoreCase))
            rest = rest[BotSuffix.Length..];
        if (rest.Length == 0)
            return true;
        // "@name.example.org" and "@name/team" are no accounts; "@name, please" and "@name." at an end are.
        return !(char.IsAsciiLetterOrDigit(rest[0]) || rest[0] is '-' or '_' or '@')
            && !(rest[0] is '.' or '/' && rest.Length > 1 && char.IsAsciiLetterOrDigit(rest[1]));
    }
}
