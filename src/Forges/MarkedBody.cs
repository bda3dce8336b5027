namespace CodingAgent.Forges;

/// <summary>
/// Comment bodies with a hidden marker as their last line. Only the last line counts: what comes before may quote anybody, and
/// with it a marker that somebody else made up.
/// </summary>
internal static class MarkedBody
{
    private const string CutNote = "\n\n(The rest was cut: it is longer than the forge allows.)";

    /// <summary>The body with its marker, cut to what the forge takes.</summary>
    public static string Compose(string marker, string body, int longest)
    {
        var line = LineOf(marker);
        return Cut(body.TrimEnd(), longest - line.Length - 2) + "\n\n" + line;
    }

    public static bool Carries(string body, string marker) =>
        body.TrimEnd() is var text && text.EndsWith(LineOf(marker), StringComparison.Ordinal)
        && (text.Length == LineOf(marker).Length || text[^(LineOf(marker).Length + 1)] == '\n');

    /// <summary>Shortens a text to a length, saying so, without splitting a surrogate pair.</summary>
    public static string Cut(string text, int longest)
    {
        if (text.Length <= longest)
            return text;
        var end = longest - CutNote.Length;
        return text[..(char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)] + CutNote;
    }

    private static string LineOf(string marker) =>
        marker.Length is > 0 and <= 500 && !marker.Any(c => c is '<' or '>' || char.IsControl(c))
            ? $"<!-- coding-agent:{marker} -->"
            : throw new ArgumentException($"'{marker}' is not a comment marker: it must be one short line without angle brackets.", nameof(marker));
}
