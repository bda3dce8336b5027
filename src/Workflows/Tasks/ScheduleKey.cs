using System.Diagnostics.CodeAnalysis;
using CodingAgent.Forges;

namespace CodingAgent.Workflows.Tasks;

/// <summary>Which entry of which policy; written <c>github:owner/name/NAME</c>. Comparison ignores the repository's case, as forges do.</summary>
/// <param name="Repo">Repository.</param>
/// <param name="Name">The entry's name there.</param>
public sealed record ScheduleKey(RepoRef Repo, string Name)
{
    /// <summary>Parses the text form; false when the text is anything else.</summary>
    /// <param name="text">Text.</param>
    /// <param name="key">The key.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out ScheduleKey? key)
    {
        ArgumentNullException.ThrowIfNull(text);
        key = text.LastIndexOf('/') is > 0 and var slash && RepoRef.TryParse(text[..slash], out var repo) && slash < text.Length - 1 ? new ScheduleKey(repo, text[(slash + 1)..]) : null;
        return key is not null;
    }

    /// <summary>The text form. Temporal tells letter case apart, so there is one spelling.</summary>
    public override string ToString() => $"{Repo.ToString().ToLowerInvariant()}/{Name}";
}
