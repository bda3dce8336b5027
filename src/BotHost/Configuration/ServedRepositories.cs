using CodingAgent.Forges;

namespace CodingAgent.BotHost.Configuration;

/// <summary>The repositories this service works on: of each forge it has credentials of all that its account can reach, unless somebody named some.</summary>
/// <param name="Patterns">By forge <c>owner/name</c>, or <c>owner/*</c> for all of an owner (of a group with its subgroups); empty for all.</param>
public sealed record ServedRepositories(IReadOnlyDictionary<ForgeKind, IReadOnlyList<string>> Patterns)
{
    /// <summary>The repositories named one by one.</summary>
    public IEnumerable<RepoRef> Named => Patterns.SelectMany(f => f.Value.Where(p => !IsOfOwner(p)).Select(p => RepoRef.Parse($"{f.Key}:{p}")));

    /// <summary>The forge of a repository that is named without one.</summary>
    public ForgeKind Usual => Patterns.Keys.Order().FirstOrDefault();

    /// <summary>Whether a repository is worked on.</summary>
    public bool Serves(RepoRef repo) => Patterns.TryGetValue(repo.Forge, out var patterns) && (patterns.Count == 0 || patterns.Any(p =>
        p.Equals(repo.FullName, StringComparison.OrdinalIgnoreCase) || (IsOfOwner(p) && $"{repo.Owner}/".StartsWith(p[..^1], StringComparison.OrdinalIgnoreCase))));

    /// <summary>The setting of a forge.</summary>
    public static string KeyOf(ForgeKind forge) => $"Forge:{forge}:Repositories";

    /// <summary>Reads and checks those of a forge: one text with commas, or a list.</summary>
    /// <exception cref="ConfigurationException">One is no repository.</exception>
    public static IReadOnlyList<string> Read(IConfiguration configuration, ForgeKind forge)
    {
        var key = KeyOf(forge);
        return [.. configuration.GetSection(key).GetChildren().Select(c => c.Value ?? "").Append(configuration[key] ?? "")
            .SelectMany(text => text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Select(Pattern)];

        string Pattern(string text) => RepoRef.TryParse($"{forge}:{(IsOfOwner(text) ? text[..^1] + "x" : text)}", out _)
            ? text
            : throw new ConfigurationException($"{key} has '{text}'; write owner/name, or owner/* for all of an owner's, separated by commas.");
    }

    private static bool IsOfOwner(string pattern) => pattern.EndsWith("/*", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => string.Join("; ", Patterns.Select(f => $"{f.Key}: {(f.Value.Count == 0 ? "all" : string.Join(", ", f.Value))}"));
}
