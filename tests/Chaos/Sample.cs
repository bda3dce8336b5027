namespace CodingAgent.Chaos;

/// <summary>A few points out of many.</summary>
public static class Sample
{
    /// <summary>As many points as asked for, the same for the same seed, of all kinds alike, in their own order.</summary>
    public static IReadOnlyList<KillPoint> Of(IReadOnlyList<KillPoint> points, int count, int seed)
    {
#pragma warning disable CA5394 // Which points are tried is no secret.
        var shuffled = points.ToArray();
        new Random(seed).Shuffle(shuffled);
#pragma warning restore CA5394
        var chosen = shuffled.GroupBy(p => p.Kind).SelectMany(kind => kind.Take((count + 3) / 4)).Take(count).ToHashSet();
        return [.. points.Where(chosen.Contains)];
    }
}
