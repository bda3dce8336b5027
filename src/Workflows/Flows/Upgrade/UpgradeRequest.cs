using System.Text.RegularExpressions;

namespace CodingAgent.Workflows.Flows.Upgrade;

/// <summary>What people ask to upgrade, and to what.</summary>
/// <param name="Name">Dependency, as it was written; a name that at least one ecosystem takes.</param>
/// <param name="Version">Version; null for the newest that the policy lets through.</param>
public sealed partial record UpgradeRequest(string Name, string? Version)
{
    /// <summary>Reads <c>DEP [to VER]</c> out of a command's words, else out of a title such as <c>Bump DEP from 1.0 to 2.0</c>; null where neither names one.</summary>
    /// <param name="words">What was written after the command; null for nothing.</param>
    /// <param name="title">Title of the issue, or the goal.</param>
    public static UpgradeRequest? Read(string? words, string title) =>
        Read((words ?? "").Split('\n').Select(l => l.Trim()).FirstOrDefault(l => l.Length > 0) ?? "")
        ?? (InTitle().Match(title) is { Success: true } m ? Read(m.Groups["what"].Value) : null);

    private static UpgradeRequest? Read(string line)
    {
        var tokens = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(t => t.Trim('`', '"', '\'', ',', ';').TrimEnd('.', ':', '!', '?')).Where(t => t.Length > 0).ToList();
        // "upgrade react to 19", "react from 18 to 19", "react@19": fillers say nothing.
        if (tokens is [var verb, _, ..] && verb.ToLowerInvariant() is "upgrade" or "update" or "bump")
            tokens.RemoveAt(0);
        if (tokens is not [var name, .. var rest] || name.ToLowerInvariant() is "to" or "from")
            return null;
        string? version = null;
        if (name.LastIndexOf('@') is > 0 and var at)
            (name, version) = (name[..at], name[(at + 1)..]);
        else if (rest.FindIndex(t => t.Equals("to", StringComparison.OrdinalIgnoreCase)) is >= 0 and var to && to + 1 < rest.Count)
            version = rest[to + 1];
        else if (rest is [var only] && char.IsAsciiDigit(only.TrimStart('v')[..Math.Min(1, only.TrimStart('v').Length)].FirstOrDefault()))
            version = only;
        else if (rest.Count > 0 && !rest[0].Equals("from", StringComparison.OrdinalIgnoreCase))
            return null;
        return PackageGrammar.Ecosystems.Any(e => PackageGrammar.IsName(e, name)) && (version is null || PackageGrammar.Ecosystems.Any(e => PackageGrammar.IsVersion(e, version)))
            ? new UpgradeRequest(name, version)
            : null;
    }

    [GeneratedRegex(@"\b(upgrade|update|bump)s?\s+(?<what>\S{1,214}(\s+from\s+\S{1,100})?(\s+to\s+\S{1,100})?)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex InTitle();
}
