using System.Globalization;

namespace CodingAgent.Mcp.Git;

/// <summary>Reads <c>git diff-tree --raw --numstat -z</c>: first all raw records (two fields each), then one statistics record per file.</summary>
internal static class DiffTreeOutput
{
    /// <summary>One raw record.</summary>
    public sealed record Raw(string Path, ChangeKind Kind, string Mode, string ObjectId);

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
                var kind = fields[4][0] switch { 'A' => ChangeKind.Added, 'D' => ChangeKind.Deleted, _ => ChangeKind.Modified };
                raws.Add(new Raw(records[++i], kind, kind == ChangeKind.Deleted ? fields[0] : fields[1], fields[3]));
                continue;
            }

            var parts = records[i].Split('\t', 3);
            var binary = parts[0] == "-";
            stats[parts[2]] = new Stat(binary ? 0 : Number(parts[0]), binary ? 0 : Number(parts[1]), binary);
        }

        return (raws, stats);
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
