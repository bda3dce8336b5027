namespace TemporalServer.Visibility;

/// <summary>A word, value or sign of a list query.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">As it stands there, without quotes.</param>
/// <param name="Position">Where it begins, from 0.</param>
internal sealed record VisibilityToken(VisibilityTokenKind Kind, string Text, int Position)
{
    /// <summary>Takes a query apart; the last token says that it ends.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: something in it is no token.</exception>
    public static IReadOnlyList<VisibilityToken> Read(string query)
    {
        var tokens = new List<VisibilityToken>();
        var i = 0;
        while (i < query.Length)
        {
            var c = query[i];
            if (char.IsWhiteSpace(c))
            {
                i++;
            }
            else if (c is '\'' or '"' or '`')
            {
                var end = query.IndexOf(c, i + 1);
                if (end < 0)
                {
                    throw Error($"the text that begins at position {i} does not end", query);
                }

                // Backticks quote names, the others values.
                tokens.Add(new VisibilityToken(c == '`' ? VisibilityTokenKind.Word : VisibilityTokenKind.Text, query[(i + 1)..end], i));
                i = end + 1;
            }
            else if (char.IsAsciiDigit(c) || (c == '-' && i + 1 < query.Length && char.IsAsciiDigit(query[i + 1])))
            {
                var start = i++;
                while (i < query.Length && (char.IsAsciiDigit(query[i]) || query[i] is '.' or 'e' or 'E'))
                {
                    i++;
                }

                tokens.Add(new VisibilityToken(VisibilityTokenKind.Number, query[start..i], start));
            }
            else if (char.IsLetter(c) || c == '_')
            {
                var start = i;
                while (i < query.Length && (char.IsLetterOrDigit(query[i]) || query[i] is '_' or '.' or '-'))
                {
                    i++;
                }

                tokens.Add(new VisibilityToken(VisibilityTokenKind.Word, query[start..i], start));
            }
            else
            {
                var two = i + 1 < query.Length ? query.Substring(i, 2) : string.Empty;
                var symbol = two is "!=" or "<=" or ">=" or "<>" ? two : c.ToString();
                if (symbol.Length == 1 && !"=<>(),".Contains(c))
                {
                    throw Error($"'{c}' at position {i} is not understood", query);
                }

                tokens.Add(new VisibilityToken(VisibilityTokenKind.Symbol, symbol, i));
                i += symbol.Length;
            }
        }

        tokens.Add(new VisibilityToken(VisibilityTokenKind.End, string.Empty, query.Length));
        return tokens;
    }

    /// <summary>What is wrong with a query, for whoever asked.</summary>
    public static RpcException Error(string what, string query) => new(new Status(StatusCode.InvalidArgument, $"invalid query: {what} in: {query}"));
}
