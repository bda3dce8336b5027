using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CodingAgent.Agents.Models;

/// <summary>Reads JSON that others wrote, without trusting the kind of anything in it: what is not as expected counts as absent.</summary>
internal static class WireJson
{
    // Gateways send white space while they wait, and some files' byte order mark.
    private static readonly char[] Before = ['\uFEFF', ' ', '\t', '\r', '\n'];

    private static readonly JsonDocumentOptions Lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <summary>Parses a text; what is not JSON, or nested deeper than 64, throws.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static JsonElement Parse(string text)
    {
        using var document = JsonDocument.Parse(MendSurrogates(text.TrimStart(Before)), Lenient);
        return document.RootElement.Clone();
    }

    public static JsonElement? Object(JsonElement? from, string name) => Member(from, name) is { ValueKind: JsonValueKind.Object } value ? value : null;

    public static string? Text(JsonElement? from, string name) => Member(from, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>The array's elements; a lone object counts as an array of it, anything else as none.</summary>
    public static IReadOnlyList<JsonElement> Array(JsonElement? from, string name) => Member(from, name) switch
    {
        { ValueKind: JsonValueKind.Array } array => [.. array.EnumerateArray()],
        { ValueKind: JsonValueKind.Object } one => [one],
        _ => [],
    };

    /// <summary>A count: whole, never negative; numbers written as text or with a fraction are read too.</summary>
    public static long? Count(JsonElement? from, string name)
    {
        var value = Member(from, name);
        double number;
        switch (value?.ValueKind)
        {
            case JsonValueKind.Number when value.Value.TryGetDouble(out number):
            case JsonValueKind.String when double.TryParse(value.Value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out number):
                return double.IsFinite(number) ? (long)Math.Clamp(number, 0, 1e15) : null;
            default:
                return null;
        }
    }

    /// <summary>A member that is there and not null.</summary>
    public static JsonElement? Member(JsonElement? from, string name) =>
        from is { ValueKind: JsonValueKind.Object } parent && parent.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>
    /// Text cut in the middle of a surrogate pair ("\ud83d" alone) parses, and then throws when it is read; such halves become U+FFFD.
    /// </summary>
    private static string MendSurrogates(string json)
    {
        if (!json.Contains("\\ud", StringComparison.OrdinalIgnoreCase))
            return json;
        var mended = new StringBuilder(json);
        for (var i = 0; i < mended.Length - 1; i++)
        {
            if (mended[i] != '\\')
                continue;
            if (Unit(mended, i) is not { } unit || !char.IsSurrogate(unit))
            {
                i++;
                continue;
            }
            if (char.IsHighSurrogate(unit) && Unit(mended, i + 6) is { } low && char.IsLowSurrogate(low))
            {
                i += 11;
                continue;
            }
            mended.Remove(i + 2, 4).Insert(i + 2, "fffd");
            i += 5;
        }
        return mended.ToString();
    }

    private static char? Unit(StringBuilder text, int at) =>
        at + 6 <= text.Length && text[at] == '\\' && text[at + 1] == 'u'
        && ushort.TryParse(text.ToString(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            ? (char)unit
            : null;
}
