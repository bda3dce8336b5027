using CodingAgent.Forges;

namespace CodingAgent.BotHost.Configuration;

/// <summary>The repositories this service works on; all that its account can reach unless somebody named some.</summary>
/// <param name="Patterns"><c>owner/name</c>, or <c>owner/*</c> for all of an owner; empty for all.</param>
public sealed record ServedRepositories(IReadOnlyList<string> Patterns)
{
    /// <summary>The setting.</summary>
    public const string Key = "Forge:GitHub:Repositories";

    /// <summary>All that the account can reach.</summary>
    public static ServedRepositories All { get; } = new([]);

    /// <summary>The repositories named one by one.</summary>
    public IEnumerable<RepoRef> Named => Patterns.Where(p => !p.EndsWith("/*", StringComparison.Ordinal)).Select(p => RepoRef.Parse($"github:{p}"));

    /// <summary>Whether a repository is worked on.</summary>
    public bool Serves(RepoRef repo) => Patterns.Count == 0 || Patterns.Any(p =>
        p.Equals(repo.FullName, StringComparison.OrdinalIgnoreCase) || (p.EndsWith("/*", StringComparison.Ordinal) && p[..^2].Equals(repo.Owner, StringComparison.OrdinalIgnoreCase)));

    /// <summary>Reads and checks them: one text with commas, or a list.</summary>
    /// <exception cref="ConfigurationException">One is no repository.</exception>
    public static ServedRepositories Read(IConfiguration configuration) => new(
        [.. configuration.GetSection(Key).GetChildren().Select(c => c.Value ?? "").Append(configuration[Key] ?? "")
            .SelectMany(text => text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Select(Pattern)]);

    private static string Pattern(string text) => RepoRef.TryParse($"github:{(text.EndsWith("/*", StringComparison.Ordinal) ? text[..^1] + "x" : text)}", out _)
        ? text
        : throw new ConfigurationException($"{Key} has '{text}'; write owner/name, or owner/* for all of an owner's, separated by commas.");

    /// <inheritdoc/>
    public override string ToString() => Patterns.Count == 0 ? "all" : string.Join(", ", Patterns);
}
