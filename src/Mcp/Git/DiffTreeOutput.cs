using System.Globalization;

namespace CodingAgent.Mcp.Git;

/// <summary>
/// Reads <c>git diff-tree --raw --numstat -z</c>: first all raw records (header and path; two paths for renames and copies), then one
/// statistics record per file (with its path, or an empty one followed by both paths).
/// </summary>
internal static class DiffTreeOutput
{
    /// <summary>One raw record.</summary>
    public sealed record Raw(string Path, string? OldPath, ChangeKind Kind, int Similarity, string OldMode, string NewMode, string OldId, string ObjectId)
    {
        /// <summary>Mode after the change; the old one when deleted.</summary>
        public string Mode => Kind == ChangeKind.Deleted ? OldMode : NewMode;
    }

    /// <summary>Lines of one file.</summary>
    public sealed record Stat(int Insertions, int Deletions, bool IsBinary);

    public static (List<Raw> Raws, Dictionary<string, Stat> Stats) Parse(string[] records)
    {
        var raws = new List<Raw>();
        var stats = new Dictionary<string, Stat>(StringComparer.Ordinal);
        for (var i = 0; i < records.Length; i++)
        {
            if (records[i].StartsWith(':'))
            {
                var fields = records[i][1..].Split(' ');
                var kind = fields[4][0] switch
                {
                    'A' => ChangeKind.Added,
                    'D' => ChangeKind.Deleted,
                    'R' => ChangeKind.Renamed,
                    'C' => ChangeKind.Copied,
                    _ => ChangeKind.Modified,
                };
                var source = kind is ChangeKind.Renamed or ChangeKind.Copied ? records[++i] : null;
                raws.Add(new Raw(records[++i], source, kind, source is null ? 0 : Number(fields[4][1..]), fields[0], fields[1], fields[2], fields[3]));
                continue;
            }

            var parts = records[i].Split('\t', 3);
            var binary = parts[0] == "-";
            if (parts[2].Length == 0) i += 2;
            stats[parts[2].Length == 0 ? records[i] : parts[2]] = new Stat(binary ? 0 : Number(parts[0]), binary ? 0 : Number(parts[1]), binary);
        }

        return (raws, stats);
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
