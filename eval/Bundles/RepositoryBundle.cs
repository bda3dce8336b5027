using System.Reflection;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace CodingAgent.Eval.Bundles;

/// <summary>
/// A repository of the evaluation in one text: a YAML header, then each file under a line <c>-- path --</c> (the txtar format of the Go
/// project). <c>base/</c> holds the repository, <c>after/</c> the files as the reference change leaves them.
/// </summary>
/// <param name="Name">Name, also the repository's.</param>
/// <param name="Header">What else is known of it.</param>
/// <param name="Base">Text by path.</param>
/// <param name="After">Text by path.</param>
internal sealed partial record RepositoryBundle(string Name, BundleHeader Header, IReadOnlyDictionary<string, string> Base, IReadOnlyDictionary<string, string> After)
{
    /// <summary>The names of all that come with this program, in alphabetical order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. typeof(RepositoryBundle).Assembly.GetManifestResourceNames().Order(StringComparer.Ordinal)];

    /// <summary>One that comes with this program.</summary>
    /// <exception cref="EvalException">There is none of that name.</exception>
    public static RepositoryBundle Load(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new EvalException($"There is no repository '{name}'; there are: {string.Join(", ", Names)}.");
        using var reader = new StreamReader(stream);
        return Parse(name, reader.ReadToEnd());
    }

    /// <summary>Reads a bundle.</summary>
    /// <exception cref="EvalException">It is malformed.</exception>
    public static RepositoryBundle Parse(string name, string text)
    {
        var marks = Mark().Matches(text);
        if (marks.Count == 0)
            throw new EvalException($"{name}: there is no file; a file begins with a line '-- base/PATH --'.");
        var (before, after) = (new Dictionary<string, string>(StringComparer.Ordinal), new Dictionary<string, string>(StringComparer.Ordinal));
        for (var i = 0; i < marks.Count; i++)
        {
            var start = marks[i].Index + marks[i].Length;
            var end = i + 1 < marks.Count ? marks[i + 1].Index : text.Length;
            var (files, path) = marks[i].Groups["path"].Value switch
            {
                var p when p.StartsWith("base/", StringComparison.Ordinal) => (before, p["base/".Length..]),
                var p when p.StartsWith("after/", StringComparison.Ordinal) => (after, p["after/".Length..]),
                var p => throw new EvalException($"{name}: '{p}' begins neither with base/ nor with after/."),
            };
            if (path.Length == 0 || path.Split('/').Any(part => part is "" or "." or ".."))
                throw new EvalException($"{name}: '{path}' is not a path within the repository.");
            if (!files.TryAdd(path, text[start..end]))
                throw new EvalException($"{name}: {marks[i].Groups["path"].Value} is given twice.");
        }

        return new RepositoryBundle(name, ReadHeader(name, text[..marks[0].Index]), before, after);
    }

    private static BundleHeader ReadHeader(string name, string text)
    {
        try
        {
            var header = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).Build().Deserialize<BundleHeader>(text)
                ?? throw new EvalException($"{name}: the header is empty.");
            return header.Ecosystem.Length == 0 || header.Issue.Length == 0
                ? throw new EvalException($"{name}: the header needs 'ecosystem' and 'issue'.")
                : header;
        }
        catch (YamlException e)
        {
            throw new EvalException($"{name}: line {e.Start.Line} of the header: {e.InnerException?.Message ?? e.Message}");
        }
    }

    [GeneratedRegex("^-- (?<path>[^\n]+) --\r?\n", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Mark();
}
