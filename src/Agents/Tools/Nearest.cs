namespace CodingAgent.Agents.Tools;

/// <summary>Finds the name a writer most likely meant.</summary>
internal static class Nearest
{
    /// <summary>The closest candidate within a third of the longer name's length in single-letter edits; null when none is close.</summary>
    public static string? Of(string name, IEnumerable<string> candidates) => candidates
        .Select(c => (Name: c, Distance: Distance(name, c)))
        .Where(c => c.Distance <= Math.Max(2, Math.Max(name.Length, c.Name.Length) / 3))
        .OrderBy(c => c.Distance)
        .ThenBy(c => c.Name, StringComparer.Ordinal)
        .Select(c => c.Name)
        .FirstOrDefault();

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                var same = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1;
                row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + same);
                diagonal = above;
            }
        }
        return row[b.Length];
    }
}
