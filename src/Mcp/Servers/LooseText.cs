using System.Text;

namespace CodingAgent.Mcp.Servers;

/// <summary>
/// A text without what is easily lost on its way through a model: kinds of quotes, dashes and spaces, invisible characters, full-width
/// forms. Each character knows where it came from, so that a place in it is a place in the text.
/// </summary>
internal sealed class LooseText
{
    private readonly List<int> _source = [];

    private LooseText(string text, bool withoutSpaces)
    {
        var key = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            foreach (var c in Plain(text, i))
            {
                if (c == '\n') TrimEnd(key);
                else if (c == ' ' && (withoutSpaces || key.Length == 0 || key[^1] is ' ' or '\n')) continue;
                key.Append(c);
                _source.Add(i);
            }
        }

        TrimEnd(key);
        Key = key.ToString();
        Length = text.Length;
    }

    /// <summary>The plain form: runs of spaces are one, and there are none at either end.</summary>
    public string Key { get; }

    private int Length { get; }

    /// <param name="text">One line, or several.</param>
    /// <param name="withoutSpaces">True to leave out all spaces.</param>
    public static LooseText Of(string text, bool withoutSpaces = false) => new(text, withoutSpaces);

    /// <summary>The key alone.</summary>
    public static string KeyOf(string line, bool withoutSpaces = false)
    {
        // Most lines are plain ASCII, and big files have many.
        if (line.AsSpan().ContainsAnyExceptInRange(' ', '~')) return Of(line, withoutSpaces).Key;
        if (withoutSpaces) return line.Replace(" ", "", StringComparison.Ordinal);
        var trimmed = line.Trim(' ');
        return trimmed.Contains("  ", StringComparison.Ordinal) ? Of(trimmed).Key : trimmed;
    }

    /// <summary>How many characters of the key come from the first <paramref name="length"/> of the text.</summary>
    public int KeyLength(int length)
    {
        var at = _source.BinarySearch(length);
        if (at < 0) return ~at;
        while (at > 0 && _source[at - 1] == length) at--;
        return at;
    }

    /// <summary>Where in the text a character of the key stands; the text's end for the one after the last.</summary>
    public int SourceOf(int key) => key < _source.Count ? _source[key] : Length;

    /// <summary>False where a place in the key lies within what one character of the text became.</summary>
    public bool IsBoundary(int key) => key <= 0 || key >= _source.Count || _source[key] != _source[key - 1];

    private void TrimEnd(StringBuilder key)
    {
        while (key.Length > 0 && key[^1] == ' ')
        {
            key.Length--;
            _source.RemoveAt(_source.Count - 1);
        }
    }

    private static string Plain(string text, int at) => text[at] switch
    {
        '\u2018' or '\u2019' or '\u201a' or '\u201b' or '\u2032' or '\u00b4' => "'",
        '\u201c' or '\u201d' or '\u201e' or '\u201f' or '\u2033' => "\"",
        >= '\u2010' and <= '\u2015' or '\u2212' => "-",
        '\u2026' => "...",
        '\t' or '\u00a0' or >= '\u2000' and <= '\u200a' or '\u202f' or '\u205f' or '\u3000' => " ",
        '\u00ad' or >= '\u200b' and <= '\u200f' or >= '\u202a' and <= '\u202e' or >= '\u2060' and <= '\u206f' or '\ufeff' => "",
        >= '\uff01' and <= '\uff5e' => ((char)(text[at] - 0xfee0)).ToString(),
        >= '\udc80' and <= '\udcff' when at == 0 || !char.IsHighSurrogate(text[at - 1]) => "\ufffd",
        _ => text[at].ToString(),
    };
}
