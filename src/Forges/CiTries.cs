namespace CodingAgent.Forges;

/// <summary>
/// Which tries of a check count. Of one workflow or app and one trigger the newest replaces older ones, but only with something to say: a skipped
/// one says nothing, and a cancelled one does not unsay that it was red. A job of another workflow never replaces anything.
/// </summary>
public static class CiTries
{
    /// <summary>The results that count, by title. Pure and total.</summary>
    public static IReadOnlyList<CiResult> Newest(IEnumerable<CiResult> results)
    {
        var counting = results.GroupBy(r => (r.Source, r.Trigger, r.Name)).Select(Counting).ToList();
        // A run that was cancelled because another of the same workflow took its place, set going by something else.
        return [.. counting.Where(c => !IsReplaced(c, counting)).SelectMany(c => c).OrderBy(r => r.Name, StringComparer.Ordinal).ThenBy(r => r.Workflow, StringComparer.Ordinal).ThenBy(r => r.Suite).ThenBy(r => r.Id)];
    }

    /// <summary>Worst first: of several with one name in one try, the worst speaks for all.</summary>
    private static int Rank(CiState state) => state switch
    {
        CiState.Pending => 0,
        CiState.Failed => 1,
        CiState.NotStarted => 2,
        CiState.NeedsPerson => 3,
        CiState.Stale => 4,
        CiState.Cancelled => 5,
        CiState.Passed => 6,
        _ => 7,
    };

    private static CiResult[] Counting(IEnumerable<CiResult> tries)
    {
        var newestFirst = tries.GroupBy(r => (r.Suite, r.Attempt)).OrderByDescending(t => t.Key.Suite).ThenByDescending(t => t.Key.Attempt).Select(t => t.ToArray()).ToArray();
        var states = Array.ConvertAll(newestFirst, t => t.Select(r => r.State).MinBy(Rank));
        var speaks = Array.FindIndex(states, s => s != CiState.Skipped);
        if (speaks < 0)
            return newestFirst[0];
        if (states[speaks] is not (CiState.Pending or CiState.Passed or CiState.Failed))
        {
            var red = Array.FindIndex(newestFirst, speaks, t => Array.Exists(t, r => r.State == CiState.Failed));
            if (red >= 0 && !states.AsSpan(speaks, red - speaks).Contains(CiState.Passed))
                speaks = red;
        }

        var failedBefore = states[speaks] == CiState.Passed && states.Skip(speaks + 1).Contains(CiState.Failed);
        return failedBefore ? Array.ConvertAll(newestFirst[speaks], r => r with { FailedBefore = r.State == CiState.Passed && r.Origin != CiOrigin.Status }) : newestFirst[speaks];
    }

    private static bool IsReplaced(CiResult[] cancelled, List<CiResult[]> all)
    {
        var one = cancelled[0];
        return one is { Source.Length: > 0, Origin: CiOrigin.Job } && Array.TrueForAll(cancelled, r => r.State is CiState.Cancelled or CiState.Skipped) && cancelled.Any(r => r.State == CiState.Cancelled)
            && all.Exists(o => o[0].Source == one.Source && o[0].Name == one.Name && o[0].Trigger != one.Trigger && o[0].Suite > one.Suite
                && Array.TrueForAll(o, r => r.State is CiState.Passed or CiState.Failed or CiState.Pending));
    }
}
