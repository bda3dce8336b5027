using System.Text.RegularExpressions;
using CodingAgent.Workflows.Detection;

namespace CodingAgent.Workflows.Flows.Upgrade;

/// <summary>Manifests that say one thing a line: requirements, <c>go.mod</c>, the <c>uses</c> of workflows and actions, pnpm's catalogs.</summary>
internal static partial class LineManifests
{
    public static IEnumerable<Declaration> Requirements(string path, string text)
    {
        var compiled = Compiled().IsMatch(text.Length > 2000 ? text[..2000] : text);
        var lines = Lines(text).ToArray();
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Text;
            if (Requirement(line) is not { } found)
                continue;
            // pip takes hashes on the same line or on lines that it is continued on.
            var hashed = line.Contains("--hash", StringComparison.Ordinal) || (line.TrimEnd().EndsWith('\\') && i + 1 < lines.Length && lines[i + 1].Text.Contains("--hash", StringComparison.Ordinal));
            yield return found with
            {
                Path = path,
                Section = Paths.Name(path),
                Start = lines[i].Start + found.Start,
                Line = i + 1,
                Fixed = found.Fixed ?? (compiled ? "the file is compiled from another one" : hashed ? "its hashes are of one version" : null),
            };
        }
    }

    /// <summary>One requirement (PEP 508), its constraint by its position in the text; null for anything else.</summary>
    public static Declaration? Requirement(string text)
    {
        if (RequirementLine().Match(text) is not { Success: true } m)
            return null;
        var constraint = m.Groups["constraint"];
        return new Declaration("PyPI", PackageGrammar.Normal("PyPI", m.Groups["name"].Value), constraint.Value.Trim(), "", "", constraint.Index)
        { Fixed = m.Groups["url"].Success ? "it comes from an address" : null };
    }

    public static IEnumerable<Declaration> GoMod(string path, string text)
    {
        var replaced = GoReplace().Matches(text).Select(m => m.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        var block = "";
        var number = 0;
        foreach (var (line, start) in Lines(text))
        {
            number++;
            if (GoBlock().Match(line) is { Success: true } opens)
                block = opens.Groups["verb"].Value;
            else if (line.TrimStart().StartsWith(')'))
                block = "";
            else if (GoRequire().Match(line) is { Success: true } m && (m.Groups["verb"].Success || block == "require") && !m.Groups["indirect"].Success)
                yield return new Declaration("Go", m.Groups["name"].Value, m.Groups["version"].Value, path, "require", start + m.Groups["version"].Index)
                { Line = number, Fixed = replaced.Contains(m.Groups["name"].Value) ? "a replace directive decides its version" : null };
        }
    }

    public static IEnumerable<Declaration> Actions(string path, string text)
    {
        // A shell text may hold such a line as well: only what the document says counts.
        var said = BoundedYaml.Read(text.TrimStart('\uFEFF')) is { } file ? Uses(file, 0).ToHashSet(StringComparer.Ordinal) : [];
        var number = 0;
        foreach (var (line, start) in Lines(text))
        {
            number++;
            if (UsesLine().Match(line) is not { Success: true } m || !said.Contains($"{m.Groups["name"].Value}@{m.Groups["ref"].Value}"))
                continue;
            var version = m.Groups["ref"].Value;
            yield return new Declaration("GitHub Actions", m.Groups["name"].Value, version, path, "uses", start + m.Groups["ref"].Index)
            {
                Line = number,
                Label = m.Groups["label"].Value,
                Fixed = PackageGrammar.IsCommit(version) || ActionTag().IsMatch(version) ? null : "it follows a branch",
            };
        }

        static IEnumerable<string> Uses(YamlValue value, int depth) => depth > 30 ? [] :
            value.Entries.SelectMany(e => e.Key == "uses" && e.Value.Text is { } text ? [text] : Uses(e.Value, depth + 1)).Concat(value.Items.SelectMany(i => Uses(i, depth + 1)));
    }

    /// <summary>What <c>catalog:</c> stands for in a pnpm workspace.</summary>
    public static IEnumerable<Declaration> Catalogs(string path, string text)
    {
        var within = false;
        var number = 0;
        foreach (var (line, start) in Lines(text))
        {
            number++;
            if (line.Length > 0 && !char.IsWhiteSpace(line[0]) && line[0] != '#')
                within = line.StartsWith("catalog:", StringComparison.Ordinal) || line.StartsWith("catalogs:", StringComparison.Ordinal);
            else if (within && CatalogLine().Match(line) is { Success: true } m)
                yield return new Declaration("npm", m.Groups["name"].Value, m.Groups["constraint"].Value, path, "catalog", start + m.Groups["constraint"].Index) { Line = number };
        }
    }

    private static IEnumerable<(string Text, int Start)> Lines(string text)
    {
        for (var start = 0; start <= text.Length;)
        {
            var end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end;
            yield return (text[start..end].TrimEnd('\r'), start);
            start = end + 1;
        }
    }

    [GeneratedRegex(@"(autogenerated|generated|compiled) by (pip-compile|uv|pipenv|poetry)|^#\s+(pip-compile|uv pip compile) ", RegexOptions.Multiline | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Compiled();

    [GeneratedRegex(@"^\uFEFF?\s*(?<name>[A-Za-z0-9]([A-Za-z0-9._\-]*[A-Za-z0-9])?)\s*(\[[^\]]*\])?\s*((?<url>@\s*\S.*)|\(?(?<constraint>((===|==|~=|>=|<=|!=|<|>)\s*[A-Za-z0-9][A-Za-z0-9.!+*_\-]*\s*(,\s*)?)*)\)?)\s*(;.*|#.*|--hash.*|\\.*)?$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex RequirementLine();

    [GeneratedRegex(@"^(?<verb>require|replace|exclude|retract|tool)\s*\(", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex GoBlock();

    [GeneratedRegex(@"^\s*((?<verb>require)\s+)?(?<name>[A-Za-z0-9][\w.\-~/]*)\s+(?<version>v\d\S*)(?<indirect>\s*//\s*indirect)?", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex GoRequire();

    [GeneratedRegex(@"^\s*(replace\s+)?(?<name>[A-Za-z0-9][\w.\-~/]*)(\s+v\S+)?\s*=>", RegexOptions.Multiline | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex GoReplace();

    [GeneratedRegex(@"^\s*(-\s+)?['""]?uses['""]?\s*:\s*['""]?(?<name>[A-Za-z0-9][\w.\-]*/[\w.\-]+(/[\w.\-]+)*)@(?<ref>[A-Za-z0-9][\w.\-/]*)['""]?\s*(#\s*(?<comment>[^\n]*?(?<label>v?\d+(\.\d+){0,2})?))?\s*$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex UsesLine();

    [GeneratedRegex(@"^v?\d+(\.\d+){0,3}([-+.][\w.\-]+)?$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex ActionTag();

    [GeneratedRegex(@"^\s+['""]?(?<name>(@[a-z0-9~._\-]+/)?[A-Za-z0-9~][A-Za-z0-9~._\-]*)['""]?\s*:\s+['""]?(?<constraint>[~^<>=v]*\s*\d[^'""#\n]*?)['""]?\s*(#.*)?$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex CatalogLine();
}
