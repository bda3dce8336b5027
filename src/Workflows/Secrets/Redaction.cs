using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CodingAgent.Workflows.Secrets;

/// <summary>
/// Takes secrets out of a text that leaves: those that are configured, in every form in which they are written into texts, and whatever looks
/// like a credential (<see cref="SecretShapes"/>). The one way out for logs, traces, comments and answers.
/// </summary>
public sealed class Redaction
{
    // Shorter ones are found as they are only: encoded they are three signs that stand anywhere.
    private const int LeastEncoded = 6;
    private const int LeastForm = 8;
    private const int LeastPart = 8;

    private static readonly (string Text, char? Letter)[] Entities = [("&#8203;", null), ("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&#36;", '$')];

    private readonly string[] _secrets;
    private readonly string[] _seen;
    private readonly string[] _forms;
    private readonly SearchValues<string> _any;

    /// <summary>Of these; empty ones are passed over.</summary>
    /// <param name="secrets">Configured secrets.</param>
    public Redaction(IEnumerable<string> secrets)
    {
        _secrets = [.. secrets.Where(s => s.Length > 0).Distinct(StringComparer.Ordinal)];
        _seen = [.. _secrets.Select(s => s.Replace("`", "", StringComparison.Ordinal)).Where(s => s.Length >= LeastForm)];
        _forms = [.. _secrets.SelectMany(Forms).Distinct(StringComparer.Ordinal).OrderByDescending(f => f.Length)];
        _any = SearchValues.Create(_forms, StringComparison.Ordinal);
    }

    /// <summary>The text without them.</summary>
    public string Apply(string text)
    {
        // Found in the text as it is: what one mask covers must not hide from another that it was part of something longer.
        var found = SecretShapes.Parts(text).ToList();
        for (var at = 0; at < text.Length && text.AsSpan(at).IndexOfAny(_any) is >= 0 and var next; at++)
        {
            at += next;
            // The longest comes first. Of base64 the signs beside it hold bits of it.
            var form = Array.Find(_forms, f => text.AsSpan(at).StartsWith(f, StringComparison.Ordinal))!;
            found.Add(Array.IndexOf(_secrets, form) >= 0 ? (at, at + form.Length) : (Widened(text, at, -1), Widened(text, at + form.Length, 1)));
        }

        found.AddRange(InMarkdown(text, _seen));
        foreach (var secret in _secrets.Where(s => s.Length >= 2 * LeastPart))
            found.AddRange(Cut(text, secret));
        return SecretShapes.Mask(text, found);
    }

    // What was cut in the middle of a secret begins or ends with a part of it.
    private static IEnumerable<(int From, int To)> Cut(string text, string secret)
    {
        var end = text.EndsWith('…') ? text.Length - 1 : text.Length;
        var begin = text.StartsWith("…\n", StringComparison.Ordinal) ? 2 : text.StartsWith('…') ? 1 : 0;
        for (var length = secret.Length - 1; length >= LeastPart; length--)
        {
            if (end >= length && text.AsSpan(end - length, length).SequenceEqual(secret.AsSpan(0, length)))
                yield return (end - length, end);
            if (text.AsSpan(begin).StartsWith(secret.AsSpan(secret.Length - length)))
                yield return (begin, begin + length);
        }
    }

    private static int Widened(string text, int at, int by)
    {
        var next = by < 0 ? at - 1 : at;
        return next >= 0 && next < text.Length && (char.IsAsciiLetterOrDigit(text[next]) || text[next] is '+' or '/' or '-' or '_') ? at + by : at;
    }

    private static IEnumerable<string> Forms(string secret)
    {
        yield return secret;
        if (secret.Length < LeastEncoded)
            yield break;
        var bytes = Encoding.UTF8.GetBytes(secret);
        IEnumerable<string> written =
        [
            Convert.ToHexString(bytes), Convert.ToHexStringLower(bytes), string.Join('-', bytes.Select(b => b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture))),
            // Addresses and forms.
            Uri.EscapeDataString(secret), Lower(Uri.EscapeDataString(secret)), Uri.EscapeDataString(secret).Replace("%20", "+", StringComparison.Ordinal), System.Net.WebUtility.UrlEncode(secret),
            // JSON, as careful writers and careless ones escape it; also twice, as a text in a text.
            JsonEncodedText.Encode(secret).Value, JsonEncodedText.Encode(secret, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value,
            JsonEncodedText.Encode(JsonEncodedText.Encode(secret, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value,
            secret.Replace("/", "\\/", StringComparison.Ordinal), Lower(JsonEncodedText.Encode(secret).Value),
            // Pages.
            System.Net.WebUtility.HtmlEncode(secret),
        ];
        foreach (var form in written.Concat(Base64(bytes)).Where(f => f.Length >= LeastForm || f == secret))
            yield return form;
    }

    // As it stands inside something longer that is encoded: at each of three places in a group of three bytes, without the signs that other bytes share.
    private static IEnumerable<string> Base64(byte[] bytes)
    {
        for (var before = 0; before < 3; before++)
        {
            var whole = Convert.ToBase64String([.. new byte[before], .. bytes]).TrimEnd('=');
            var form = whole[(before == 0 ? 0 : before + 1)..((before + bytes.Length) % 3 == 0 ? whole.Length : whole.Length - 1)];
            yield return form;
            yield return form.Replace('+', '-').Replace('/', '_');
        }
    }

    private static string Lower(string escaped)
    {
        var text = new StringBuilder(escaped);
        for (var i = 0; i < text.Length; i++)
        {
            var digits = text[i] == '%' ? 2 : text[i] == '\\' && i + 1 < text.Length && text[i + 1] == 'u' ? 5 : 0;
            for (var j = i + 1; j <= i + digits && j < text.Length; j++)
                text[j] = char.ToLowerInvariant(text[j]);
            i += digits;
        }

        return text.ToString();
    }

    // A comment escapes outside text, and parts letters that would act together, where those are depends on what stands beside them. So it is read as
    // people see it, with the place of each letter.
    private static IEnumerable<(int From, int To)> InMarkdown(string text, string[] secrets)
    {
        if (text.AsSpan().IndexOfAny("\\`&\u200B") < 0)
            yield break;
        var (seen, places) = (new StringBuilder(text.Length), new List<int>(text.Length));
        for (var i = 0; i < text.Length;)
        {
            var (letter, length) = Shown(text, i);
            if (letter is { } c)
            {
                seen.Append(c);
                places.Add(i);
            }

            i += length;
        }

        places.Add(text.Length);
        var all = seen.ToString();
        foreach (var secret in secrets)
        {
            for (var at = all.IndexOf(secret, StringComparison.Ordinal); at >= 0; at = all.IndexOf(secret, at + 1, StringComparison.Ordinal))
                yield return (places[at], places[at + secret.Length]);
        }
    }

    // The letter that people see at a place, null for none, and how much of the text it takes.
    private static (char? Letter, int Length) Shown(string text, int at)
    {
        if (text[at] is '`' or '\u200B')
            return (null, 1);
        if (text[at] == '\\' && at + 1 < text.Length && (char.IsPunctuation(text[at + 1]) || char.IsSymbol(text[at + 1])))
            return (text[at + 1] == '`' ? null : text[at + 1], 2);
        var entity = text[at] == '&' ? Array.Find(Entities, e => text.AsSpan(at).StartsWith(e.Text, StringComparison.Ordinal)) : default;
        return entity.Text is null ? (text[at], 1) : (entity.Letter, entity.Text.Length);
    }
}
