using System.Text;

namespace CodingAgent.Mcp.Files;

/// <summary>
/// How a text file's bytes are read and written. Whatever is chosen gives the file's bytes back exactly: an encoding that does not is not
/// taken, so that an edit changes nothing but its own place.
/// </summary>
internal sealed class TextEncoding
{
    private static readonly byte[] Utf8Mark = [0xef, 0xbb, 0xbf];
    private readonly Encoding? _encoding;
    private readonly byte[] _mark;

    /// <summary>Encoding with its mark; no encoding means UTF-8 with bytes among it that are not.</summary>
    private TextEncoding(string name, Encoding? encoding, byte[]? mark = null, bool isGuess = false, bool isUnknown = false) =>
        (Name, _encoding, _mark, IsGuess, IsUnknown) = (name, encoding, mark ?? [], isGuess, isUnknown);

    /// <summary>UTF-8 without a mark.</summary>
    public static TextEncoding Utf8 { get; } = new("UTF-8", Strict(Encoding.UTF8));

    /// <summary>Name as the IANA registry has it.</summary>
    public string Name { get; }

    /// <summary>True when it was found by looking at the bytes and not declared anywhere.</summary>
    public bool IsGuess { get; }

    /// <summary>True when the bytes are shown as Latin-1 only because each byte then is a character; their meaning is not known.</summary>
    public bool IsUnknown { get; }

    /// <summary>In words for a heading; null for plain UTF-8.</summary>
    public string? Remark =>
        this == Utf8 ? null
        : IsUnknown ? "encoding not known, shown byte by byte as ISO-8859-1"
        : Name + (_mark.Length > 0 ? " with byte order mark" : "") + (_encoding is null ? " with bytes that are not UTF-8, shown as \uFFFD" : "") + (IsGuess ? ", by its bytes" : "");

    /// <summary>The encoding of that name, as a file would begin in it; null when there is none.</summary>
    /// <param name="name">As in .editorconfig: utf-8, utf-8-bom, latin1, utf-16le, utf-16be, or any other name.</param>
    public static TextEncoding? Named(string name) => name.ToLowerInvariant() switch
    {
        "utf-8" or "utf8" => Utf8,
        "utf-8-bom" => new TextEncoding("UTF-8", Strict(Encoding.UTF8), Utf8Mark),
        "utf-16le" => new TextEncoding("UTF-16LE", Strict(Encoding.Unicode), [0xff, 0xfe]),
        "utf-16be" => new TextEncoding("UTF-16BE", Strict(Encoding.BigEndianUnicode), [0xfe, 0xff]),
        _ => DeclaredEncoding.ByName(name) is { } encoding ? Of(encoding) : null,
    };

    /// <summary>
    /// Reads bytes: by their mark; as UTF-8 where they are; in the encoding that the file or its folder declares; else by what they look
    /// like. Null when they are no text.
    /// </summary>
    public static (TextEncoding Encoding, string Text)? Detect(byte[] bytes, Func<string?> declaredByFolder)
    {
        if (Marked(bytes) is { } marked) return TryDecode(marked, bytes);
        if (bytes.AsSpan().Contains((byte)0)) return Utf16WithoutMark(bytes) is { } wide ? TryDecode(wide, bytes) : null;
        var isAscii = Ascii.IsValid(bytes);
        if (!isAscii && TryDecode(Utf8, bytes) is { } utf8) return utf8;
        var name = DeclaredEncoding.In(bytes) ?? declaredByFolder();
        var declared = name is null ? null : DeclaredEncoding.ByName(name);
        if (declared is not null && declared.CodePage != Encoding.UTF8.CodePage && TryDecode(Of(declared), bytes) is { } asDeclared) return asDeclared;
        if (isAscii) return (Utf8, Encoding.ASCII.GetString(bytes));
        if (declared?.CodePage == Encoding.UTF8.CodePage || StrayBytes.IsMostlyUtf8(bytes)) return TryDecode(new TextEncoding("UTF-8", null), bytes);
        if (bytes.AsSpan().ContainsAny(StrayBytes.NotInText)) return null;
        var guess = GuessedEncoding.Of(bytes);
        if (declared is null && guess is not null && TryDecode(Of(guess, isGuess: true), bytes) is { } guessed) return guessed;
        // Every byte is a character of Latin-1, so this always fits.
        return TryDecode(new TextEncoding("ISO-8859-1", Strict(Encoding.Latin1), isUnknown: true), bytes);
    }

    /// <summary>A text as it may be shown: U+FFFD for each byte that is no text.</summary>
    public static string Shown(string text) => StrayBytes.Shown(text);

    /// <summary>Bytes of a text, with the mark.</summary>
    /// <exception cref="TextEncodingException">The encoding does not have a character.</exception>
    public byte[] Encode(string text)
    {
        try
        {
            return [.. _mark, .. _encoding is null ? StrayBytes.Encode(text) : _encoding.GetBytes(text)];
        }
        catch (EncoderFallbackException e)
        {
            var unknown = e.CharUnknownHigh != 0 ? $"{e.CharUnknownHigh}{e.CharUnknownLow}" : e.CharUnknown.ToString();
            throw new TextEncodingException($"{Character(unknown)} cannot be written in {Name}, the encoding of this file; nothing was changed. Write it another way (an escape, or plain ASCII).");
        }
    }

    /// <summary>Refuses characters whose bytes cannot be known.</summary>
    /// <param name="fresh">Lines to put in.</param>
    /// <param name="present">Lines of the file.</param>
    public void RequireKnown(IEnumerable<string> fresh, IEnumerable<string> present)
    {
        if (!IsUnknown) return;
        var known = present.SelectMany(l => l).ToHashSet();
        var unknown = fresh.SelectMany(l => l).Where(c => c > 0x7f && !known.Contains(c)).Take(1).ToList();
        if (unknown.Count == 0) return;
        throw new TextEncodingException($"{Character(unknown[0].ToString())} cannot be written: the encoding of this file is not known, so only ASCII can be put in; nothing was changed.");
    }

    private static string Character(string c) => $"'{c}' (U+{(c.Length > 1 ? char.ConvertToUtf32(c, 0) : c[0]):X4})";

    private static TextEncoding Of(Encoding encoding, bool isGuess = false) =>
        new(encoding.WebName.StartsWith("iso-", StringComparison.Ordinal) ? encoding.WebName.ToUpperInvariant() : encoding.WebName, Strict(encoding), isGuess: isGuess);

    private static (TextEncoding, string)? TryDecode(TextEncoding encoding, byte[] bytes)
    {
        try
        {
            var body = bytes.AsSpan(encoding._mark.Length);
            var text = encoding._encoding is null ? StrayBytes.Decode(body) : encoding._encoding.GetString(body);
            if (bytes.AsSpan().SequenceEqual(encoding.Encode(text))) return (encoding, text);
            return null;
        }
        catch (Exception e) when (e is DecoderFallbackException or TextEncodingException)
        {
            // A mark says UTF-8, yet not all of it is.
            return encoding is { Name: "UTF-8", _mark.Length: > 0, _encoding: not null } ? TryDecode(new TextEncoding("UTF-8", null, Utf8Mark), bytes) : null;
        }
    }

    private static TextEncoding? Marked(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0xef, 0xbb, 0xbf, ..] => Named("utf-8-bom"),
        // Before UTF-16, whose mark it begins with.
        [0xff, 0xfe, 0, 0, ..] => new TextEncoding("UTF-32LE", Strict(new UTF32Encoding(bigEndian: false, byteOrderMark: false)), [0xff, 0xfe, 0, 0]),
        [0, 0, 0xfe, 0xff, ..] => new TextEncoding("UTF-32BE", Strict(new UTF32Encoding(bigEndian: true, byteOrderMark: false)), [0, 0, 0xfe, 0xff]),
        [0xff, 0xfe, ..] => Named("utf-16le"),
        [0xfe, 0xff, ..] => Named("utf-16be"),
        _ => null,
    };

    /// <summary>UTF-16 of mostly ASCII shows by a zero in every other byte and nowhere else.</summary>
    private static TextEncoding? Utf16WithoutMark(byte[] bytes)
    {
        if (bytes.Length % 2 != 0) return null;
        var (even, odd) = (0, 0);
        for (var i = 0; i < bytes.Length; i += 2)
        {
            if (bytes[i] == 0) even++;
            if (bytes[i + 1] == 0) odd++;
        }

        var most = bytes.Length * 2 / 5;
        return (even, odd) switch
        {
            (0, var n) when n >= most => new TextEncoding("UTF-16LE", Strict(Encoding.Unicode), isGuess: true),
            (var n, 0) when n >= most => new TextEncoding("UTF-16BE", Strict(Encoding.BigEndianUnicode), isGuess: true),
            _ => null,
        };
    }

    private static Encoding Strict(Encoding encoding)
    {
        var strict = (Encoding)encoding.Clone();
        strict.EncoderFallback = EncoderFallback.ExceptionFallback;
        strict.DecoderFallback = DecoderFallback.ExceptionFallback;
        return strict;
    }
}

/// <summary>A text cannot be written in its file's encoding; the message is fit for the model.</summary>
internal sealed class TextEncodingException(string message) : Exception(message);
