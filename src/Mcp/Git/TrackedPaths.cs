using System.Globalization;
using System.Text;

namespace CodingAgent.Mcp.Git;

/// <summary>The files of one tree, for questions about single paths and about all below a folder.</summary>
internal sealed class TrackedPaths
{
    public const string Submodule = "160000";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Dictionary<string, TreeEntry> _entries;
    private readonly string[] _sorted;
    private Larger? _larger;

    private TrackedPaths(Dictionary<string, TreeEntry> entries, IReadOnlyList<string> unnameable)
    {
        _entries = entries;
        _sorted = [.. entries.Keys.Order(StringComparer.Ordinal)];
        Unnameable = unnameable;
        Submodules = [.. entries.Values.Where(e => e.Mode == Submodule).Select(e => e.Path)];
    }

    /// <summary>Paths that are not UTF-8, as far as they can be shown; no call of ours can name them.</summary>
    public IReadOnlyList<string> Unnameable { get; }

    public IReadOnlyList<string> Submodules { get; }

    public IEnumerable<TreeEntry> Entries => _sorted.Select(p => _entries[p]);

    /// <summary>Files above a size; the last answer is kept, because one service asks for one size.</summary>
    public IReadOnlyList<string> LargerThan(long bytes)
    {
        if (_larger is { } kept && kept.Bytes == bytes) return kept.Paths;
        IReadOnlyList<string> paths = [.. Entries.Where(e => e.Size > bytes).Select(e => e.Path)];
        _larger = new Larger(bytes, paths);
        return paths;
    }

    public TreeEntry? Find(string path) => _entries.GetValueOrDefault(path);

    /// <summary>Paths below a folder, in ordinal order; the folder itself is not one.</summary>
    public IEnumerable<string> Below(string folder)
    {
        var prefix = folder.Length == 0 ? "" : folder + "/";
        var start = Array.BinarySearch(_sorted, prefix, StringComparer.Ordinal);
        for (var i = start < 0 ? ~start : start; i < _sorted.Length && _sorted[i].StartsWith(prefix, StringComparison.Ordinal); i++) yield return _sorted[i];
    }

    /// <summary>Reads <c>git ls-tree -r -z --long</c>.</summary>
    public static TrackedPaths Parse(ReadOnlySpan<byte> listing)
    {
        var entries = new Dictionary<string, TreeEntry>(StringComparer.Ordinal);
        var unnameable = new List<string>();
        foreach (var range in listing.Split((byte)0))
        {
            var record = listing[range];
            if (record.IsEmpty) continue;
            var tab = record.IndexOf((byte)'\t');
            var fields = Encoding.ASCII.GetString(record[..tab]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string path;
            try
            {
                path = Strict.GetString(record[(tab + 1)..]);
            }
            catch (DecoderFallbackException)
            {
                unnameable.Add(Encoding.UTF8.GetString(record[(tab + 1)..]));
                continue;
            }

            entries[path] = new TreeEntry(path, fields[0], fields[2], fields[3] == "-" ? 0 : long.Parse(fields[3], CultureInfo.InvariantCulture));
        }

        return new TrackedPaths(entries, unnameable);
    }

    // One reference, so that workspaces that share this may ask at once.
    private sealed record Larger(long Bytes, IReadOnlyList<string> Paths);
}
