using System.Text;
using System.Text.Unicode;

namespace CodingAgent.Mcp.Git;

/// <summary>
/// Git's paths are bytes. They are UTF-8 nearly always; a byte that is not becomes one lone surrogate from U+DC80 to U+DCFF (as Python's
/// "surrogateescape" does), which no valid text decodes to. So every path has one string, and every string gives its bytes back.
/// </summary>
/// <remarks>Such a string cannot be a process argument or JSON: what shows it to people or a model says <see cref="Show"/>.</remarks>
public static class GitText
{
    private const int Escape = 0xDC00;

    /// <summary>Bytes to text; never fails and loses nothing.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes)) return Encoding.UTF8.GetString(bytes);
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            var valid = Rune.DecodeFromUtf8(bytes, out var rune, out var consumed) == System.Buffers.OperationStatus.Done;
            if (valid) text.Append(rune.ToString());
            else foreach (var b in bytes[..consumed]) text.Append((char)(Escape + b));
            bytes = bytes[consumed..];
        }

        return text.ToString();
    }

    /// <summary>The bytes that <see cref="Decode"/> made a text from.</summary>
    public static byte[] Encode(string text)
    {
        if (IsUtf8(text)) return Encoding.UTF8.GetBytes(text);
        var bytes = new List<byte>(text.Length);
        Span<byte> buffer = stackalloc byte[4];
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            Rune.DecodeFromUtf16(rest, out var rune, out var consumed);
            if (IsEscape(rest[0])) bytes.Add((byte)(rest[0] - Escape));
            else bytes.AddRange(buffer[..rune.EncodeToUtf8(buffer)]);
            rest = rest[consumed..];
        }

        return [.. bytes];
    }

    /// <summary>True when the text stands for valid UTF-8, so that it can be an argument, JSON or Markdown.</summary>
    public static bool IsUtf8(string text) => !text.AsSpan().ContainsAnyInRange((char)(Escape + 0x80), (char)(Escape + 0xFF)) || !HasEscape(text);

    /// <summary>The text for people: bytes that are not UTF-8 as <c>\xE9</c>.</summary>
    public static string Show(string text)
    {
        if (IsUtf8(text)) return text;
        var shown = new StringBuilder(text.Length + 8);
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) shown.Append(text[i]).Append(text[++i]);
            else if (IsEscape(text[i])) shown.Append("\\x").Append(((int)text[i] - Escape).ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            else shown.Append(text[i]);
        }

        return shown.ToString();
    }

    private static bool HasEscape(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) i++;
            else if (IsEscape(text[i])) return true;
        }

        return false;
    }

    private static bool IsEscape(char c) => c is >= (char)(Escape + 0x80) and <= (char)(Escape + 0xFF);
}
