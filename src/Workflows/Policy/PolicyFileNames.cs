namespace CodingAgent.Workflows.Policy;

/// <summary>Names of files that are meant as the policy and are not it: one letter beside the name, and no rule in it holds.</summary>
public static class PolicyFileNames
{
    private static readonly string[] Suffixes = [".txt", ".bak", ".sample", ".json", ".yaml", ".yml"];

    /// <summary>Folders in which people put it.</summary>
    public static IReadOnlyList<string> Folders { get; } = ["", ".github", ".gitlab"];

    /// <summary>Those of some files that were meant, at most five.</summary>
    /// <param name="files">Paths from the root.</param>
    /// <param name="path">Where the policy is read.</param>
    public static IReadOnlyList<string> Meant(IEnumerable<string> files, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var name = Plain(path);
        // Beside the README a file without a suffix is a program.
        return [.. files.Where(f => f != path && Plain(f) == name && f.AsSpan().IndexOfAny('.', '/') >= 0).Order(StringComparer.Ordinal).Take(5)];
    }

    // ".github/Coding_Agent.yaml" and "coding-agent.yml.txt" are both "codingagent".
    private static string Plain(string path)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        while (Array.Find(Suffixes, s => name.EndsWith(s, StringComparison.OrdinalIgnoreCase)) is { } suffix)
            name = name[..^suffix.Length];
        return new string([.. name.Where(char.IsAsciiLetterOrDigit).Select(char.ToLowerInvariant)]);
    }
}
