using System.Globalization;
using System.Text;

namespace CodingAgent.Mcp.Git;

/// <summary>
/// What git holds for a file kept by Git LFS: a few lines that name the content (github.com/git-lfs/git-lfs, docs/spec.md). A pointer that
/// nobody touches leaves as it came.
/// </summary>
/// <param name="Oid">SHA-256 of the content, hexadecimal.</param>
/// <param name="Size">Bytes of the content.</param>
public sealed record LfsPointer(string Oid, long Size)
{
    /// <summary>Pointers are shorter than this many bytes.</summary>
    public const int MaxBytes = 1024;

    /// <summary>True when a program of the repository's own stands between the kept content and the file's (<c>ext-0-gzip</c>): the one is not the other.</summary>
    public bool IsExtended { get; init; }

    /// <summary>True when a file's content is a pointer.</summary>
    public static bool IsLfsPointer(ReadOnlySpan<byte> content) => Parse(content) is not null;

    /// <summary>The pointer, or null when the content is something else.</summary>
    public static LfsPointer? Parse(ReadOnlySpan<byte> content)
    {
        if (content.Length >= MaxBytes || !content.StartsWith("version "u8)) return null;
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in Encoding.UTF8.GetString(content).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space <= 0 || !fields.TryAdd(line[..space], line[(space + 1)..].TrimEnd('\r'))) return null;
        }

        // The second is what the format was called before its first release.
        var known = fields.GetValueOrDefault("version") is "https://git-lfs.github.com/spec/v1" or "https://hawser.github.com/spec/v1";
        return known && fields.GetValueOrDefault("oid") is { Length: 71 } oid && oid.StartsWith("sha256:", StringComparison.Ordinal)
            && oid[7..].All(char.IsAsciiHexDigitLower)
            && long.TryParse(fields.GetValueOrDefault("size"), NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            ? new LfsPointer(oid[7..], size) { IsExtended = fields.Keys.Any(k => k.StartsWith("ext-", StringComparison.Ordinal)) }
            : null;
    }
}
