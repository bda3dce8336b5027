using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace CodingAgent.Forges;

/// <summary>A repository on a forge; written <c>github:owner/name</c>. Comparison ignores case, as forges do.</summary>
/// <param name="Forge">Which forge.</param>
/// <param name="Owner">User, organisation, or (GitLab) group path.</param>
/// <param name="Name">Repository name without the owner.</param>
public sealed record RepoRef(ForgeKind Forge, string Owner, string Name)
{
    /// <summary><c>owner/name</c>, as forges write it.</summary>
    [JsonIgnore]
    public string FullName => $"{Owner}/{Name}";

    /// <summary>Parses <c>github:owner/name</c>.</summary>
    /// <exception cref="FormatException">The text is not a repository reference.</exception>
    public static RepoRef Parse(string text) =>
        TryParse(text, out var repo)
            ? repo
            : throw new FormatException($"'{text}' is not a repository reference; write it as github:owner/name.");

    /// <summary>Parses <c>github:owner/name</c>; false when the text is anything else.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out RepoRef? repo)
    {
        repo = null;
        var colon = text?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        var slash = text?.LastIndexOf('/') ?? -1;
        if (colon <= 0 || slash <= colon + 1 || slash == text!.Length - 1)
            return false;
        if (!Enum.TryParse<ForgeKind>(text[..colon], ignoreCase: true, out var forge) || !Enum.IsDefined(forge))
            return false;
        string owner = text[(colon + 1)..slash], name = text[(slash + 1)..];
        if (!IsSegment(name) || !owner.Split('/').All(IsSegment) || (forge == ForgeKind.GitHub && owner.Contains('/', StringComparison.Ordinal)))
            return false;
        repo = new RepoRef(forge, owner, name);
        return true;
    }

    /// <summary><c>github:owner/name</c>.</summary>
    public override string ToString() => $"{Forge.ToString().ToLowerInvariant()}:{Owner}/{Name}";

    /// <inheritdoc/>
    public bool Equals(RepoRef? other) =>
        other is not null && Forge == other.Forge
        && string.Equals(Owner, other.Owner, StringComparison.OrdinalIgnoreCase)
        && string.Equals(Name, other.Name, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(Forge, StringComparer.OrdinalIgnoreCase.GetHashCode(Owner), StringComparer.OrdinalIgnoreCase.GetHashCode(Name));

    // A reference ends up in URLs, file names and workflow ids: only the characters forges allow pass.
    private static bool IsSegment(string s) =>
        s.Length is > 0 and <= 100 && s is not ("." or "..") && s.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}

/// <summary>The forges the product speaks to.</summary>
public enum ForgeKind
{
    /// <summary>github.com, GitHub Enterprise Server, or anything that speaks its REST API.</summary>
    GitHub,

    /// <summary>gitlab.com or a self-managed GitLab.</summary>
    GitLab,
}
