using System.Text.RegularExpressions;
using CodingAgent.Mcp.Git;

namespace CodingAgent.Workflows.Gates;

/// <summary>Code dressed as tests: files that are named like tests, and that the product compiles or loads all the same.</summary>
internal static partial class ProductTests
{
    /// <summary>Those of a change.</summary>
    /// <param name="i">The change.</param>
    /// <param name="isNamedTest">What counts as a test by its path.</param>
    public static IReadOnlySet<string> Of(GateInput i, Func<string, bool> isNamedTest)
    {
        var found = new HashSet<string>(i.CompiledByProduct, StringComparer.Ordinal);
        var candidates = i.Changes.Files.Where(f => f.Kind != ChangeKind.Deleted && isNamedTest(f.Path)).Select(f => (f.Path, Stem: Stem(f.Path))).Where(c => c.Stem.Length > 0).ToArray();
        if (candidates.Length == 0)
            return found;
        // In Rust a module of tests is declared where it is compiled for tests only.
        var conditional = i.Added.Where(l => l.Text.Contains("cfg(test)", StringComparison.Ordinal)).Select(l => l.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var line in i.Added.Where(l => !isNamedTest(l.Path) && !conditional.Contains(l.Path) && Import().IsMatch(l.Text)))
        {
            var named = IsScript(SourceLine.EndingOf(line.Path)) ? Modules(line) : [.. Word().Matches(line.Text).Select(m => m.Value).Where(LooksLikeTest)];
            found.UnionWith(candidates.Where(c => SameLanguage(c.Path, line.Path) && ((!IsScript(SourceLine.EndingOf(c.Path)) && named.Contains(c.Stem)) || named.Contains(c.Path) || named.Contains(c.Path[..^SourceLine.EndingOf(c.Path).Length]))).Select(c => c.Path));
        }

        return found;
    }

    /// <summary>The files that a line of a script imports, from the root, as written: with or without their ending.</summary>
    private static HashSet<string> Modules(AddedLine line)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (Match match in Relative().Matches(line.Text))
        {
            var parts = line.Path.Split('/')[..^1].ToList();
            foreach (var part in match.Groups["path"].Value.Split('/'))
            {
                if (part == ".." && parts.Count > 0) parts.RemoveAt(parts.Count - 1);
                else if (part is not ("." or "..")) parts.Add(part);
            }

            var path = string.Join('/', parts);
            found.Add(path);
            // TypeScript imports a file by the name that it will be compiled to.
            if (IsScript(SourceLine.EndingOf(path))) found.Add(path[..^SourceLine.EndingOf(path).Length]);
        }

        return found;
    }

    // A test may be called after what it tests, and the product imports that.
    private static bool LooksLikeTest(string name) => name.Contains("test", StringComparison.OrdinalIgnoreCase) || name.Contains("spec", StringComparison.OrdinalIgnoreCase);

    // "payload.test" of "web/payload.test.ts": what an import names.
    private static string Stem(string path)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        var dot = name.LastIndexOf('.');
        return dot <= 0 ? "" : name[..dot];
    }

    private static bool SameLanguage(string test, string product)
    {
        var (a, b) = (SourceLine.EndingOf(test), SourceLine.EndingOf(product));
        return string.Equals(a, b, StringComparison.OrdinalIgnoreCase) || (IsScript(a) && IsScript(b));
    }

    private static bool IsScript(string ending) => ending.ToLowerInvariant() is ".js" or ".jsx" or ".ts" or ".tsx" or ".mjs" or ".cjs" or ".mts" or ".cts" or ".vue" or ".svelte";

    [GeneratedRegex(@"^\s*(export\s+.*\s+from|import|from|use|mod|pub\s+(mod|use)|require\w*|include\w*|load|source|\.)\b|\b(require|import)\s*\(|\bfrom\s+['""]|#\s*include\b|\bpath\s*=", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Import();

    [GeneratedRegex(@"['""`](?<path>\.\.?/[^'""`]*)['""`]", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Relative();

    [GeneratedRegex(@"\w+", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
