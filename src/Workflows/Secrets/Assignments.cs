using System.Buffers;

namespace CodingAgent.Workflows.Secrets;

/// <summary>
/// A value that stands behind a name which says secret, in whatever language the line is: <c>DB_PASSWORD=…</c>, <c>"apiKey": "…"</c>,
/// <c>--token …</c>, <c>&lt;password&gt;…</c>, <c>key="ApiKey" value="…"</c>, <c>X-Api-Key: …</c>; and the password of an address. Only what no
/// format has found already, and only what looks drawn at random.
/// </summary>
internal static class Assignments
{
    private const int LongestName = 60;
    private const int LongestValue = 300;

    private static readonly SearchValues<string> OfConnections = SearchValues.Create(
        ["server=", "host=", "data source=", "datasource=", "user id=", "userid=", "uid=", "user=", "username=", "jdbc:"], StringComparison.OrdinalIgnoreCase);

    private static readonly SearchValues<char> OfCode = SearchValues.Create("()[]{}<>;,");

    /// <summary>Words that begin the part of a name which says secret; lower case.</summary>
    public const string Anchors =
        "secret pass pwd token apikey api_key api-key api.key accesskey access_key access-key privatekey private_key private-key credential authkey auth_key auth-key signingkey signing_key signing-key "
        + "encryptionkey encryption_key encryption-key masterkey master_key accountkey account_key storagekey storage_key storage-key licensekey license_key authorization key ://";

    // What may still follow in such a name. "tokenizer", "secretName", "password_hash" and "accessKeyId" are other names.
    private static readonly HashSet<string> Suffixes = new(StringComparer.OrdinalIgnoreCase)
    {
        "", "key", "keys", "s", "es", "value", "val", "string", "str", "text", "secret", "password", "passwd", "token", "phrase", "word", "wd", "code", "prod", "production", "dev", "test", "testing", "staging",
        "stage", "live", "sandbox", "default", "env", "var", "old", "new", "current", "next", "previous", "primary", "secondary", "admin", "user", "root", "db", "base", "b64", "hex", "raw", "plain", "1", "2", "3", "header",
    };

    // Names that only hold such words, and words before one that make it another thing: a public key, a page's token.
    private static readonly string[] Others = ["csrf", "xsrf", "antiforgery", "nopass", "bypass", "compass", "placeholder"];
    private static readonly string[] OtherBefore = ["public", "publishable", "page", "cursor", "continuation", "sync", "cancel", "cancellation", "syntax", "design"];

    private static readonly string[] OtherKeys =
    [
        "public", "publish", "cache", "primary", "foreign", "partition", "sort", "row", "map", "dict", "object", "item", "index", "i18n", "translation", "locale", "message", "site", "badge", "query", "websocket", "storage",
        "state", "react", "group", "block", "chunk", "module", "file", "host", "image", "event", "idempotency", "dedup",
    ];

    /// <summary>The value behind a name in which an anchor stands; null for none.</summary>
    public static (int From, int To)? At(string text, int at, int length) =>
        text[at] == ':' ? Address(text, at) : Header(text, at, length) ?? Named(text, at, length);

    private static (int From, int To)? Named(string text, int at, int length)
    {
        var begin = at;
        while (begin > 0 && at - begin < LongestName && IsOfName(text[begin - 1]))
            begin--;
        var end = at + length;
        while (end < text.Length && end - at < LongestName && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '_' or '-'))
            end++;
        var name = text.AsSpan(begin, end - begin);
        foreach (var other in Others)
        {
            if (name.Contains(other, StringComparison.OrdinalIgnoreCase))
                return null;
        }

        foreach (var other in OtherBefore)
        {
            if (text.AsSpan(begin, at - begin).TrimEnd("_-.").EndsWith(other, StringComparison.OrdinalIgnoreCase))
                return null;
        }

        // Of what is only called a key most is none: it needs a name before it that is not one of these, and a long value.
        var isKey = length == 3 && (text[at] | 0x20) == 'k';
        if (isKey ? !IsKey(name, at - begin, end - at) : !IsSuffix(text.AsSpan(at + length, end - at - length)))
            return null;
        var before = begin == 0 ? ' ' : text[begin - 1];
        var found = Operator(text, end, before, isFlag: name.StartsWith("-"), isUpper: IsUpper(name)) is var (from, mustBeQuoted) ? Value(text, from, mustBeQuoted, IsOfPassword(text.AsSpan(at, length))) : null;
        return found is var (first, last) && isKey && !IsLong(text[first..last]) ? null : found;
    }

    /// <summary>Where the value begins; and whether it must stand in quotes.</summary>
    private static (int From, bool MustBeQuoted)? Operator(string text, int end, char before, bool isFlag, bool isUpper)
    {
        var at = end;
        var closed = Skip(text, ref at, "\"'`])}\\", 6) > 0;
        var spaces = Skip(text, ref at, " \t", 20);
        if (at == text.Length)
            return null;
        switch (text[at])
        {
            case '=' or ':' or '?' or '+' or '|':
                var first = at;
                Skip(text, ref at, ":=>?+|~", 4);
                if (text[at - 1] is '?' or '+' or '|')
                    return null;
                // "password: str = …": a type stands between.
                var typed = at;
                if (text[first] == ':' && at == first + 1 && Type(text, ref typed))
                    return (typed, true);
                // "==" compares.
                return text.AsSpan(first, at - first) is "==" or "===" or "::" ? (at, true) : Wrapped(text, at);
            case '>' when before == '<' || closed:
                return Wrapped(text, at + 1);
            case ',' when closed && spaces == 0 && before is '"' or '\'' or '`':
                return Pair(text, at + 1) ?? (at + 1, true);
            case '(' when !closed && spaces == 0:
                return (at + 1, true);
            case '-' when !closed && at + 1 < text.Length && text[at + 1] == '>':
                return (at + 2, true);
            default:
                // An attribute or entry whose value stands in the next one; a flag; a line of a Dockerfile or of .netrc.
                return Pair(text, at) ?? (spaces > 0 && (isFlag || isUpper || (before == ' ' && !closed)) && !char.IsAsciiLetterUpper(before) ? (at, !isFlag && !isUpper && !IsNetrc(text, end)) : null);
        }
    }

    private static bool IsNetrc(string text, int end) => text.LastIndexOf("login ", end, Math.Min(end, 120), StringComparison.Ordinal) >= 0;

    // name="password" value="…", {"name": "DB_PASSWORD", "value": "…"}, and the same on two lines of YAML; <setting …><value>…
    private static (int From, bool MustBeQuoted)? Pair(string text, int at)
    {
        Skip(text, ref at, " \t\r\n,>/<{-\"'", 24);
        if (!text.AsSpan(at).StartsWith("value", StringComparison.OrdinalIgnoreCase))
            return null;
        at += "value".Length;
        Skip(text, ref at, "\"'", 2);
        Skip(text, ref at, " \t", 4);
        return at < text.Length && text[at] is '=' or ':' or '>' ? (at + 1, false) : null;
    }

    private static (int From, bool MustBeQuoted)? Wrapped(string text, int at)
    {
        var next = at;
        Skip(text, ref next, " \t\r\n", 12);
        // <setting name="…"><value>…
        return text.AsSpan(next).StartsWith("<value>", StringComparison.OrdinalIgnoreCase) ? (next + "<value>".Length, false) : (at, false);
    }

    private static bool Type(string text, ref int at)
    {
        Skip(text, ref at, " ", 3);
        var begin = at;
        while (at < text.Length && at - begin < 40 && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '_' or '<' or '>' or '[' or ']' or '?' or '.' or '&' or '\''))
            at++;
        var isNamed = at > begin;
        Skip(text, ref at, " ", 3);
        return isNamed && at < text.Length && text[at++] == '=' && at < text.Length && text[at] != '=';
    }

    private static (int From, int To)? Value(string text, int at, bool mustBeQuoted, bool isPassword)
    {
        Skip(text, ref at, " \t", 20);
        if (at >= text.Length)
            return null;
        var prefix = at;
        // b"…", @"…", r'…': how the string is written.
        if (text[at] is 'b' or 'r' or 'u' or 'f' or 'L' or '@' or '$' && at + 1 < text.Length && text[at + 1] is '"' or '\'')
            at++;
        while (at < text.Length && text[at] == '\\' && at - prefix < 6)
            at++;
        if (text.AsSpan(at) is ['"' or '\'' or '`', ..] && at < text.Length)
        {
            var quote = text[at++];
            var to = at;
            while (to < text.Length && to - at < LongestValue && text[to] != quote && text[to] is not ('\n' or '\r'))
                to++;
            return Judge(text, at, to, isQuoted: true, isPassword);
        }

        if (mustBeQuoted)
            return null;
        at = prefix;
        var word = Scheme(text, at);
        at += word;
        var end = at;
        while (end < text.Length && end - at < LongestValue && !char.IsWhiteSpace(text[end]) && text[end] is not ('"' or '\'' or '`' or ',' or ';' or '<' or '>' or '(' or ')' or '[' or ']' or '{' or '}' or '|' or '&' or '\\') && !(text[end] == '=' && end + 1 < text.Length && char.IsAsciiLetterOrDigit(text[end + 1])))
            end++;
        // A call or an index: the name of a function or variable, no value.
        return end < text.Length && text[end] is '(' or '[' or '{' ? null : Judge(text, at, end, isQuoted: false, isPassword);
    }

    private static (int From, int To)? Judge(string text, int from, int to, bool isQuoted, bool isPassword)
    {
        var skipped = isQuoted ? Scheme(text, from) : 0;
        from += skipped;
        while (to > from && text[to - 1] is '\\' or '.' && !isQuoted)
            to--;
        while (to > from && isQuoted && text[to - 1] == '\\')
            to--;
        if (to - from < (isPassword ? 8 : 10))
            return null;
        var value = text[from..to];
        if (value.Any(char.IsWhiteSpace) || Randomness.IsReference(value) || IsHash(value))
            return null;
        // What is called a password is one although it is short, where it is a text, all that follows on its line, or part of a connection string.
        if (isPassword && Randomness.IsShortPassword(value) && (isQuoted || to == text.Length || text[to] is '\n' or '\r' || IsInConnection(text, from, to)))
            return (from, to);
        return Randomness.IsRandom(value) && (isQuoted || skipped > 0 || IsMixed(value)) || Randomness.IsPassword(value) && (isQuoted || value.Length >= 14) && value.AsSpan().IndexOfAny(OfCode) < 0 ? (from, to) : null;
    }

    // Code assigns names of functions and variables without quotes as well.
    private static bool IsMixed(string value) =>
        value.All(char.IsAsciiHexDigit)
        || ((value.Count(char.IsAsciiDigit) > 1 || Randomness.Changes(value) > 0.3 || value.AsSpan().IndexOfAny('+', '/', '=') >= 0) && value.Any(char.IsAsciiLetter) && !value.Contains('.', StringComparison.Ordinal) && !value.Contains(':', StringComparison.Ordinal));

    private static bool IsHash(string value) =>
        value[0] == '{' || (value[0] == '$' && value.IndexOf('$', 1) > 0) || value.StartsWith("sha", StringComparison.OrdinalIgnoreCase) && value.AsSpan(0, Math.Min(8, value.Length)).IndexOfAny(":-") > 0 || value.StartsWith("md5", StringComparison.OrdinalIgnoreCase)
        || value.StartsWith("ENC[", StringComparison.Ordinal) || value.StartsWith("ENC(", StringComparison.Ordinal) || value.StartsWith("arn:", StringComparison.Ordinal) || value.StartsWith("op:", StringComparison.Ordinal)
        || value.StartsWith("vault:", StringComparison.Ordinal) || value.StartsWith("@Microsoft", StringComparison.Ordinal);

    private static bool IsOfPassword(ReadOnlySpan<char> anchor) => anchor.StartsWith("pass", StringComparison.OrdinalIgnoreCase) || anchor.Equals("pwd", StringComparison.OrdinalIgnoreCase);

    // Server=…;User ID=…;Password=…; and ?user=…&password=…
    private static bool IsInConnection(string text, int from, int to)
    {
        var around = text.AsSpan(Math.Max(0, from - 200)..Math.Min(text.Length, to + 100));
        return text.LastIndexOfAny([';', '&', '?'], from, Math.Min(from, 20)) >= 0 && around.IndexOfAny(OfConnections) >= 0;
    }

    // Authorization: Bearer …, and what else names a scheme before the value.
    private static (int From, int To)? Header(string text, int at, int length)
    {
        if (!text.AsSpan(at, length).Equals("authorization", StringComparison.OrdinalIgnoreCase))
            return null;
        var end = at + length;
        Skip(text, ref end, "\"'`])\\", 4);
        Skip(text, ref end, " \t", 4);
        if (end == text.Length || text[end] is not (':' or '=' or ','))
            return null;
        end++;
        Skip(text, ref end, " \t\"'`\\", 6);
        if (Scheme(text, end) is not (> 0 and var word))
            return null;
        var from = end + word;
        var to = from;
        while (to < text.Length && to - from < LongestValue && (char.IsAsciiLetterOrDigit(text[to]) || text[to] is '+' or '/' or '=' or '_' or '-' or '.' or '~'))
            to++;
        return to - from >= 16 && text[from..to] is var value && !Randomness.IsReference(value) && Randomness.IsRandom(value) ? (from, to) : null;
    }

    private static int Scheme(string text, int at)
    {
        foreach (var word in (ReadOnlySpan<string>)["bearer", "basic", "token", "apikey", "api-key", "digest"])
        {
            if (at + word.Length < text.Length && text[at + word.Length] == ' ' && text.AsSpan(at, word.Length).Equals(word, StringComparison.OrdinalIgnoreCase))
                return word.Length + 1;
        }

        return 0;
    }

    // scheme://user:password@host
    private static (int From, int To)? Address(string text, int at)
    {
        if (at == 0 || !char.IsAsciiLetterOrDigit(text[at - 1]))
            return null;
        var colon = -1;
        var last = -1;
        for (var i = at + 3; i < text.Length && i - at < 400 && !char.IsWhiteSpace(text[i]) && text[i] is not ('"' or '\'' or '`' or '<' or '>' or '/' or '\\' or '?' or '#' or '(' or ')' or ','); i++)
        {
            if (text[i] == ':' && colon < 0)
                colon = i;
            if (text[i] == '@')
                last = i;
        }

        if (colon < 0 || last <= colon + 8 || colon > last)
            return null;
        var value = text[(colon + 1)..last];
        return value.Length >= 8 && !Randomness.IsReference(value) && (Randomness.IsRandom(value) || Randomness.IsPassword(value)) ? (colon + 1, last) : null;
    }

    private static bool IsKey(ReadOnlySpan<char> name, int before, int length)
    {
        if (before < 2 || length > 3 || (char.IsAsciiLetterLower(name[before - 1]) && char.IsAsciiLetterLower(name[before])))
            return false;
        foreach (var other in OtherKeys)
        {
            if (name[..before].Contains(other, StringComparison.OrdinalIgnoreCase))
                return false;
        }

        return true;
    }

    private static bool IsLong(string value) => value.Length >= 20 && value.Any(char.IsAsciiDigit) && value.Any(char.IsAsciiLetter) && !value.Contains('.', StringComparison.Ordinal);

    private static bool IsSuffix(ReadOnlySpan<char> rest)
    {
        // Parts of the rest of the name: _PROD, -value, Key2.
        var at = 0;
        while (at < rest.Length)
        {
            if (rest[at] is '_' or '-')
            {
                at++;
                continue;
            }

            var end = at + 1;
            while (end < rest.Length && rest[end] is not ('_' or '-') && !(char.IsAsciiLetterUpper(rest[end]) && char.IsAsciiLetterLower(rest[end - 1])) && char.IsAsciiDigit(rest[end]) == char.IsAsciiDigit(rest[at]))
                end++;
            if (!char.IsAsciiDigit(rest[at]) && !Suffixes.GetAlternateLookup<ReadOnlySpan<char>>().Contains(rest[at..end]))
                return false;
            at = end;
        }

        return true;
    }

    private static bool IsUpper(ReadOnlySpan<char> name)
    {
        foreach (var c in name)
        {
            if (char.IsAsciiLetterLower(c))
                return false;
        }

        return name.Length > 3;
    }

    private static bool IsOfName(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '$';

    private static int Skip(string text, ref int at, string signs, int most)
    {
        var begin = at;
        while (at < text.Length && at - begin < most && signs.Contains(text[at], StringComparison.Ordinal))
            at++;
        return at - begin;
    }
}
