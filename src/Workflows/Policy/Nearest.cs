namespace CodingAgent.Workflows.Policy;

/// <summary>Finds the valid name nearest to a mistyped one, for error messages.</summary>
public static class Nearest
{
    private const int MaxLength = 64;

    /// <summary>The candidate with the smallest edit distance, or null when none is near enough to be what was meant.</summary>
    public static string? Of(string given, IEnumerable<string> candidates)
    {
        if (given.Length > MaxLength)
            return null;
        var best = candidates
            .Select(c => (Name: c, Distance: Distance(given.ToLowerInvariant(), c)))
            .OrderBy(c => c.Distance).ThenBy(c => c.Name, StringComparer.Ordinal)
            .FirstOrDefault();
        return best.Name is not null && best.Distance <= Math.Max(2, best.Name.Length / 2) ? best.Name : null;
    }

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
