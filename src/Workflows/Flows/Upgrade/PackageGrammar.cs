using System.Text.RegularExpressions;
using CodingAgent.Workflows.Detection;

namespace CodingAgent.Workflows.Flows.Upgrade;

/// <summary>
/// What a name and a version look like in each ecosystem, and how a constraint is written anew. Names and versions come from issues, manifests
/// and registries: what does not fit the grammar reaches no file and no shell line.
/// </summary>
public static partial class PackageGrammar
{
    /// <summary>Ecosystems whose dependencies can be upgraded, as OSV calls them.</summary>
    public static IReadOnlyList<string> Ecosystems { get; } = ["NuGet", "npm", "PyPI", "Go", "Maven", "crates.io", "GitHub Actions"];

    /// <summary>True for a name that the ecosystem takes.</summary>
    public static bool IsName(string ecosystem, string name) => name.Length is > 0 and <= 214 && ecosystem switch
    {
        "NuGet" => NuGetName().IsMatch(name),
        "npm" => NpmName().IsMatch(name),
        "PyPI" => PythonName().IsMatch(name),
        "Go" => GoName().IsMatch(name) && !name.Contains("..", StringComparison.Ordinal),
        "Maven" => MavenName().IsMatch(name),
        "crates.io" => CrateName().IsMatch(name),
        "GitHub Actions" => ActionName().IsMatch(name),
        _ => false,
    };

    /// <summary>True for one version (no range) that the ecosystem takes.</summary>
    public static bool IsVersion(string ecosystem, string version) => version.Length is > 0 and <= 100 && ecosystem switch
    {
        "PyPI" => PythonVersion().IsMatch(version),
        "Maven" => MavenVersion().IsMatch(version),
        "GitHub Actions" => ActionVersion().IsMatch(version) || IsCommit(version),
        "NuGet" => NuGetVersion().IsMatch(version),
        _ => SemanticVersion().IsMatch(version),
    };

    /// <summary>A version as the ecosystem writes it: Go with a <c>v</c>, the others without.</summary>
    public static string Written(string ecosystem, string version) =>
        ecosystem == "GitHub Actions" ? version : ecosystem == "Go" ? "v" + version.TrimStart('v') : version.TrimStart('v');

    /// <summary>A name as the ecosystem compares it.</summary>
    public static string Normal(string ecosystem, string name) => ecosystem switch
    {
        "PyPI" => Separators().Replace(name.ToLowerInvariant(), "-"),
        "NuGet" or "GitHub Actions" => name.ToLowerInvariant(),
        "crates.io" => name.ToLowerInvariant().Replace('_', '-'),
        _ => name,
    };

    /// <summary>True for the full name of a commit.</summary>
    public static bool IsCommit(string text) => Commit().IsMatch(text);

    /// <summary>The lowest version that a constraint names; empty for none.</summary>
    public static string Lowest(string constraint) => FirstVersion().Match(constraint).Value;

    /// <summary>
    /// The constraint for another version, in the shape it has: its operator stays, an upper end that would shut the version out goes. Null when
    /// it asks for anything, or is of no shape that is known.
    /// </summary>
    /// <param name="declaration">The declaration.</param>
    /// <param name="version">One version that <see cref="IsVersion"/> takes.</param>
    public static string? Raised(Declaration declaration, string version)
    {
        if (!IsVersion(declaration.Ecosystem, version))
            return null;
        var to = Written(declaration.Ecosystem, version);
        var text = declaration.Constraint.Trim();
        return declaration.Ecosystem switch
        {
            "Go" => text.StartsWith('v') ? to : null,
            "NuGet" or "Maven" => Exact().IsMatch(text) ? $"[{to}]" : Range().IsMatch(text) || SingleVersion().IsMatch(text) || text.EndsWith('*') ? to : null,
            "GitHub Actions" => Action(text, to),
            "PyPI" => Python(text, to, declaration.Section.StartsWith("tool.poetry", StringComparison.Ordinal)),
            _ when declaration.Section == "peerDependencies" => text is "*" or "" || text.Contains(to, StringComparison.Ordinal) ? null : $"{text} || ^{to}",
            _ => Semantic(text, to, declaration.Ecosystem == "npm" ? "^" : ""),
        };
    }

    /// <summary>The constraint that only this version fits, for the first of two passes: it makes a lock file take the version and not a newer one.</summary>
    public static string? Pinned(Declaration declaration, string version) =>
        declaration.Ecosystem switch
        {
            _ when Raised(declaration, version) is null || declaration.Section is "peerDependencies" => null,
            "npm" => Written("npm", version),
            "crates.io" => "=" + Written("crates.io", version),
            "PyPI" when declaration.Path.EndsWith(".toml", StringComparison.Ordinal) => declaration.Section.StartsWith("tool.poetry", StringComparison.Ordinal) ? version : "==" + version,
            _ => null,
        };

    private static string? Semantic(string text, string to, string usual)
    {
        if (text is "" or "*" or "x" or "latest")
            return null;
        if (SingleConstraint().Match(text) is { Success: true } m)
            return m.Groups["operator"].Value is "<" or "<=" ? usual + to : m.Groups["operator"].Value.Trim() + m.Groups["space"].Value + to;
        return SemanticShape().IsMatch(text) ? usual + to : null;
    }

    private static string? Python(string text, string to, bool isPoetry)
    {
        if (text is "" or "*")
            return null;
        if (isPoetry && text[0] is not ('=' or '<' or '>' or '!') && !text.Contains(','))
            return Semantic(text, to, "^");
        if (!PythonShape().IsMatch(text))
            return null;
        var kept = new List<string>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var m = PythonPart().Match(part);
            var (sign, version) = (m.Groups["operator"].Value, m.Groups["version"].Value);
            var order = VersionOrder.Compare(to, version.TrimEnd('*').TrimEnd('.'));
            kept.Add(sign switch
            {
                "==" or "===" or ">=" or ">" => (sign == ">" ? ">=" : sign) + to,
                // "~=2" is no requirement: it needs a part that may move.
                "~=" => to.Contains('.', StringComparison.Ordinal) ? sign + to : ">=" + to,
                "!=" => part,
                "<" when order < 0 => part,
                "<=" when order <= 0 => part,
                _ => "",
            });
        }

        var left = kept.Where(k => k.Length > 0).Distinct(StringComparer.Ordinal).ToArray();
        return left.Length == 0 || left.All(k => k[0] is '!' or '<') ? string.Join(",", left.Prepend(">=" + to)) : string.Join(",", left);
    }

    // "v4" goes to "v5", "v4.1.0" to "v5.0.0", and a commit to a commit alone.
    private static string? Action(string text, string to)
    {
        if (IsCommit(text))
            return IsCommit(to) ? to.ToLowerInvariant() : null;
        if (IsCommit(to) || !char.IsAsciiDigit(text.TrimStart('v').FirstOrDefault()))
            return null;
        var parts = to.TrimStart('v').Split('.');
        var wanted = Math.Min(parts.Length, text.Split('-')[0].Count(c => c == '.') + 1);
        return (text[0] == 'v' ? "v" : "") + string.Join('.', parts[..wanted]);
    }

    [GeneratedRegex(@"^[A-Za-z0-9_]+([.\-][A-Za-z0-9_]+)*\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex NuGetName();

    [GeneratedRegex(@"^(@[a-z0-9~][a-z0-9~._\-]*/)?[A-Za-z0-9~][A-Za-z0-9~._\-]*\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex NpmName();

    [GeneratedRegex(@"^[A-Za-z0-9]([A-Za-z0-9._\-]*[A-Za-z0-9])?\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex PythonName();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9.\-]*\.[A-Za-z]+(/[A-Za-z0-9._~\-]+)*\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex GoName();

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_.\-]*:[A-Za-z0-9_][A-Za-z0-9_.\-]*\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex MavenName();

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_\-]{0,63}\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex CrateName();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9\-]*/[A-Za-z0-9._\-]+(/[A-Za-z0-9._\-]+)*\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex ActionName();

    [GeneratedRegex(@"^v?\d+\.\d+\.\d+(-[0-9A-Za-z.\-]+)?(\+[0-9A-Za-z.\-]+)?\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex SemanticVersion();

    [GeneratedRegex(@"^\d+(\.\d+){0,3}(-[0-9A-Za-z.\-]+)?(\+[0-9A-Za-z.\-]+)?\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex NuGetVersion();

    [GeneratedRegex(@"^v?(\d+!)?\d+(\.\d+)*([._\-]?(a|b|c|rc|alpha|beta|pre|preview)[._\-]?\d*)?(-\d+|[._\-]?(post|rev|r)[._\-]?\d*)?([._\-]?dev[._\-]?\d*)?(\+[a-z0-9]+([._\-][a-z0-9]+)*)?\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex PythonVersion();

    [GeneratedRegex(@"^[0-9][0-9A-Za-z.\-+_]*\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex MavenVersion();

    [GeneratedRegex(@"^v?\d+(\.\d+){0,2}([-+][0-9A-Za-z.\-]+)?\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex ActionVersion();

    [GeneratedRegex(@"^[0-9a-fA-F]{40}\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Commit();

    [GeneratedRegex(@"[0-9][0-9A-Za-z.+\-]*", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex FirstVersion();

    [GeneratedRegex(@"[-_.]+", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Separators();

    [GeneratedRegex(@"^\[\s*[0-9][^,\[\]()]*\]\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Exact();

    [GeneratedRegex(@"^[\[(][0-9A-Za-z.,\-+ ]*[\])]\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Range();

    [GeneratedRegex(@"^[0-9][0-9A-Za-z.\-+_]*\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex SingleVersion();

    [GeneratedRegex(@"^(?<operator>\^|~>?|>=|<=|=|>|<|)(?<space>\s*)v?\d+(\.\d+){0,2}([-+][0-9A-Za-z.\-+]+)?\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex SingleConstraint();

    [GeneratedRegex(@"^[\^~<>=vxX*|,\- 0-9A-Za-z.+]+\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex SemanticShape();

    [GeneratedRegex(@"^\s*((===|==|~=|>=|<=|!=|<|>)\s*[A-Za-z0-9.!+*_\-]+\s*(,\s*)?)+\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex PythonShape();

    [GeneratedRegex(@"^(?<operator>===|==|~=|>=|<=|!=|<|>)\s*(?<version>\S+)\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex PythonPart();
}
