namespace CodingAgent.Agents.Tools;

/// <summary>Finds the valid name a writer most likely meant, for what we answer to a mistyped tool, command or policy key.</summary>
public static class Nearest
{
    // What is longer is no slip of the pen, and outside text may be of any length.
    private const int MaxLength = 64;

    /// <summary>
    /// The candidate within a third of the longer name's length in single-letter edits, case aside; null when none is that close.
    /// </summary>
    public static string? Of(string given, IEnumerable<string> candidates) => given.Length > MaxLength
        ? null
        : candidates
            .Select(c => (Name: c, Distance: Distance(given.ToLowerInvariant(), c.ToLowerInvariant())))
            .Where(c => c.Distance <= Math.Max(2, Math.Max(given.Length, c.Name.Length) / 3))
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
                var substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
