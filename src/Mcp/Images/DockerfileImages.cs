using System.Text;
using System.Text.RegularExpressions;
using CodingAgent.Mcp.Texts;

namespace CodingAgent.Mcp.Images;

/// <summary>
/// The images that a Dockerfile builds on. The Engine's builder fetches what is absent without asking; so they are known, and judged, before.
/// </summary>
public static partial class DockerfileImages
{
    private const int Longest = 256 * 1024;

    /// <summary>All images named by FROM and by <c>--from=</c>, each once.</summary>
    /// <param name="text">The Dockerfile.</param>
    /// <param name="arguments">Build arguments, which FROM lines may use.</param>
    /// <exception cref="FormatException">A name cannot be told, so neither whether it may be fetched.</exception>
    public static IReadOnlyList<ImageReference> Of(string text, IReadOnlyDictionary<string, string> arguments)
    {
        if (text.Length > Longest) throw new FormatException($"The Dockerfile is larger than {Longest / 1024} KB.");
        var found = new List<ImageReference>();
        var stages = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        var count = 0;
        void Add(string name)
        {
            var image = ImageReference.TryParse(name) ?? throw new FormatException($"The Dockerfile builds on '{Short(name)}', which is no image reference.");
            if (!found.Contains(image)) found.Add(image);
        }

        foreach (var words in Instructions(text).Select(line => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)))
        {
            switch (words[0].ToUpperInvariant())
            {
                // Only what stands before the first FROM counts there.
                case "ARG" when count == 0:
                    foreach (var word in words.Skip(1)) Declare(word, arguments, variables);
                    break;
                case "FROM":
                    var rest = words.Skip(1).SkipWhile(w => w.StartsWith("--", StringComparison.Ordinal)).ToArray();
                    if (rest.Length == 0) throw new FormatException("The Dockerfile has a FROM without an image.");
                    var name = Expand(Unquoted(rest[0]), variables);
                    if (name != "scratch" && !stages.Contains(name)) Add(name);
                    if (rest.Length >= 3 && rest[1].Equals("AS", StringComparison.OrdinalIgnoreCase)) stages.Add(rest[2]);
                    count++;
                    break;
                case "COPY" or "ADD" or "RUN" or "ONBUILD":
                    foreach (var from in words.SelectMany(From).Where(f => !stages.Contains(f) && !(int.TryParse(f, out var stage) && stage < count))) Add(Expand(from, variables));
                    break;
            }
        }

        return count > 0 ? found : throw new FormatException("The Dockerfile has no FROM.");
    }

    // COPY --from=NAME, and RUN --mount=type=bind,from=NAME,…
    private static IEnumerable<string> From(string word)
    {
        if (word.StartsWith("--from=", StringComparison.OrdinalIgnoreCase)) return [Unquoted(word["--from=".Length..])];
        return word.StartsWith("--mount=", StringComparison.OrdinalIgnoreCase)
            ? word["--mount=".Length..].Split(',').Where(p => p.StartsWith("from=", StringComparison.OrdinalIgnoreCase)).Select(p => Unquoted(p["from=".Length..]))
            : [];
    }

    private static void Declare(string word, IReadOnlyDictionary<string, string> arguments, Dictionary<string, string> variables)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? word : word[..equals];
        if (arguments.TryGetValue(name, out var given)) variables[name] = given;
        else if (equals >= 0) variables[name] = Expand(Unquoted(word[(equals + 1)..]), variables);
    }

    private static string Expand(string text, Dictionary<string, string> variables)
    {
        var expanded = Variable().Replace(text, m =>
        {
            var value = variables.GetValueOrDefault(m.Groups["name"].Value, "");
            return m.Groups["sign"].Value switch
            {
                "-" => value.Length > 0 ? value : m.Groups["word"].Value,
                "+" => value.Length > 0 ? m.Groups["word"].Value : "",
                _ => value,
            };
        });
        return expanded.Contains('$', StringComparison.Ordinal) ? throw new FormatException($"The Dockerfile builds on '{Short(text)}', whose variables cannot be told.") : expanded;
    }

    // Logical lines: continued ones joined, comments and empty lines left out, also within a continuation.
    private static IEnumerable<string> Instructions(string text)
    {
        var lines = text.TrimStart('\uFEFF').Split('\n').Select(l => l.TrimEnd('\r')).ToList();
        // A parser directive counts only before anything else.
        var escape = lines.TakeWhile(l => Directive().IsMatch(l)).Any(l => Directive().Match(l) is { } d && d.Groups["name"].Value.Equals("escape", StringComparison.OrdinalIgnoreCase) && d.Groups["value"].Value == "`") ? '`' : '\\';
        var joined = new StringBuilder();
        foreach (var line in lines)
        {
            var trimmed = line.Trim();
            if (trimmed.Length == 0 || trimmed[0] == '#') continue;
            if (trimmed[^1] == escape)
            {
                joined.Append(trimmed.AsSpan(0, trimmed.Length - 1)).Append(' ');
                continue;
            }

            joined.Append(trimmed);
            if (joined.ToString().Trim() is { Length: > 0 } whole) yield return whole;
            joined.Clear();
        }

        if (joined.ToString().Trim() is { Length: > 0 } last) yield return last;
    }

    private static string Unquoted(string word) => word.Length >= 2 && word[0] == word[^1] && word[0] is '"' or '\'' ? word[1..^1] : word;

    private static string Short(string text) => TextCut.Head(text, 60, "…");

    [GeneratedRegex(@"\$(?:(?<name>[A-Za-z_][A-Za-z0-9_]*)|\{(?<name>[A-Za-z_][A-Za-z0-9_]*)(?::(?<sign>[-+])(?<word>[^${}]*))?\})", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Variable();

    [GeneratedRegex(@"\A\s*#\s*(?<name>[A-Za-z]+)\s*=\s*(?<value>.*?)\s*\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Directive();
}
