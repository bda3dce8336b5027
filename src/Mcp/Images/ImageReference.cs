using System.Text.RegularExpressions;

namespace CodingAgent.Mcp.Images;

/// <summary>
/// A container image's name as the OCI distribution specification writes it: <c>[host[:port]/]path[:tag][@digest]</c>. Outside text: what is
/// not of this form never reaches an Engine.
/// </summary>
/// <param name="Name">Registry and path, as written.</param>
/// <param name="Tag">Tag; null when none is written.</param>
/// <param name="Digest">Digest (<c>sha256:…</c>), which names one content for good; null when none is written.</param>
public sealed partial record ImageReference(string Name, string? Tag, string? Digest)
{
    // The distribution specification's bounds: 255 characters of name, 128 of tag.
    private const int LongestName = 255;
    private const int Longest = 512;

    /// <summary>True when the name can only ever mean one image.</summary>
    public bool IsPinned => Digest is not null;

    /// <summary>What the Engine is asked for: a digest beats a tag, and no tag means <c>latest</c>.</summary>
    public string Request => Digest is not null ? $"{Name}@{Digest}" : $"{Name}:{Tag ?? "latest"}";

    /// <summary>Reads a reference; null when the text is none.</summary>
    public static ImageReference? TryParse(string text)
    {
        if (text.Length is 0 or > Longest || Form().Match(text) is not { Success: true } match) return null;
        string? Part(string group) => match.Groups[group] is { Success: true } g ? g.Value : null;
        var name = match.Groups["name"].Value;
        // 64 hexadecimal digits are an image id, which only one machine knows; Engines would take them for one.
        return name.Length > LongestName || BareId().IsMatch(text) ? null : new ImageReference(name, Part("tag"), Part("digest"));
    }

    /// <summary>The reference as it was written.</summary>
    public override string ToString() => Name + (Tag is null ? "" : $":{Tag}") + (Digest is null ? "" : $"@{Digest}");

    [GeneratedRegex(
        """
        \A(?<name>
           (?:(?:localhost|[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?/)?
           [a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*
        )(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}))?\z
        """,
        RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form();

    [GeneratedRegex(@"\A(?:sha256:)?[0-9a-f]{64}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex BareId();
}
