using System.Globalization;
using CodingAgent.Playground.Demo;

namespace CodingAgent.Chaos;

/// <summary>
/// Plays the whole way once undisturbed and notes every moment on it; then again and again, killing at moments, and compares the end.
/// One run takes several kills that lie far apart. When its end differs, each of its points is tried alone, so that the guilty one is named.
/// </summary>
public sealed class Matrix(Company company, TextWriter output)
{
    private readonly Dictionary<KillPoint, (Outcome Outcome, string Why)> _results = [];
    private IReadOnlyList<string> _expected = [];
    private int _kills;

    /// <summary>Every point, in the order of the undisturbed run.</summary>
    public IReadOnlyList<KillPoint> Points { get; private set; } = [];

    /// <summary>What became of each point tried.</summary>
    public IReadOnlyDictionary<KillPoint, (Outcome Outcome, string Why)> Results => _results;

    /// <summary>The undisturbed run.</summary>
    /// <exception cref="StoryException">It did not come to its end, so nothing can be compared with it.</exception>
    public async Task RehearseAsync(CancellationToken ct)
    {
        var clock = TimeProvider.System.GetTimestamp();
        company.Arm([]);
        _expected = await PlayAsync(ct);
        var moments = company.Moments;
        Points = [.. moments.SelectMany(m => Enum.GetValues<KillKind>(), (m, kind) => new KillPoint(m, kind))];
        output.WriteLine($"undisturbed: {moments.Count} moments in {TimeProvider.System.GetElapsedTime(clock).TotalSeconds:0} s, {company.Ledger.Turns} turns of the model");
        foreach (var what in moments.GroupBy(m => m.What))
            output.WriteLine($"  {what.Key}: {what.Select(m => m.Nth).Distinct().Count()} times, {what.Count()} moments");
        output.WriteLine($"kill points: {Points.Count}. The forge at the end:");
        foreach (var line in _expected)
            output.WriteLine($"  {line}");
        if (company.Ledger.Doubled is [var doubled, ..])
            throw new StoryException($"Undisturbed, {doubled}.");
    }

    /// <summary>Tries points, several in one run, from a run on; those not met are tried once more, alone.</summary>
    public async Task TryAsync(IReadOnlyList<KillPoint> points, int killsPerRun, int firstRun, CancellationToken ct)
    {
        // One moment can be killed at only once in a run, and kills should lie far apart: runs take every n-th point.
        var runs = (points.Count + killsPerRun - 1) / killsPerRun;
        var again = new List<KillPoint>();
        for (var run = firstRun; run <= runs; run++)
        {
            var mine = points.Where((_, index) => index % runs == run - 1).ToList();
            var together = mine.DistinctBy(p => p.Moment).ToList();
            output.WriteLine($"run {run} of {runs}");
            await TryRunAsync(together, ct);
            again.AddRange(mine.Except(together).Concat(together.Where(p => _results[p].Outcome == Outcome.NotMet)));
        }

        foreach (var point in again)
            await TryRunAsync([point], ct);
    }

    /// <summary>Prints the table; true when no end differed.</summary>
    public bool Report()
    {
        output.WriteLine();
        output.WriteLine($"{"boundary",-24}{string.Concat(Enum.GetValues<KillKind>().Select(k => $"{k,12}"))}");
        foreach (var phase in _results.Keys.GroupBy(p => p.Moment.Phase).OrderBy(g => g.Key))
            output.WriteLine($"{phase.Key,-24}{string.Concat(Enum.GetValues<KillKind>().Select(k => $"{Cell(phase.Where(p => p.Kind == k)),12}"))}");
        foreach (var (point, (outcome, why)) in _results.Where(r => r.Value.Outcome != Outcome.Same))
            output.WriteLine($"{Word(outcome)}: {point}{(why.Length > 0 ? $": {why}" : "")}");
        int Count(Outcome outcome) => _results.Values.Count(r => r.Outcome == outcome);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"kill points: {_results.Count} of {Points.Count} tried, {Count(Outcome.Same)} with the same end, {Count(Outcome.Different)} with another, {Count(Outcome.NotMet)} not met; {_kills} kills"));
        return Count(Outcome.Different) == 0;
    }

    private static string Word(Outcome outcome) => outcome switch
    {
        Outcome.Same => "same",
        Outcome.Different => "DIFFERENT",
        _ => "not met",
    };

    private string Cell(IEnumerable<KillPoint> points)
    {
        var all = points.ToList();
        return all.Count == 0 ? "" : $"{all.Count(p => _results[p].Outcome == Outcome.Same)}/{all.Count}";
    }

    private async Task TryRunAsync(IReadOnlyList<KillPoint> points, CancellationToken ct)
    {
        var clock = TimeProvider.System.GetTimestamp();
        company.Arm(points);
        var why = await DifferenceAsync(ct);
        var hit = company.Hit.ToHashSet();
        _kills += hit.Count;
        foreach (var point in points)
            _results[point] = !hit.Contains(point) ? (Outcome.NotMet, "") : why is null ? (Outcome.Same, "") : (Outcome.Different, why);
        foreach (var point in points)
            output.WriteLine($"  {Word(_results[point].Outcome)}: {point}");
        output.WriteLine($"  {why ?? "the same end"}, after {TimeProvider.System.GetElapsedTime(clock).TotalSeconds:0} s; {_results.Count} of {Points.Count} points");
        if (why is null || points.Count == 1)
            return;
        foreach (var point in hit)
            await TryRunAsync([point], ct);
        if (hit.All(p => _results[p].Outcome == Outcome.Same))
        {
            // None alone: their combination it is.
            foreach (var point in hit)
                _results[point] = (Outcome.Different, $"together with {string.Join(", ", hit.Where(p => p != point))}: {why}");
        }
    }

    private async Task<string?> DifferenceAsync(CancellationToken ct)
    {
        try
        {
            var found = await PlayAsync(ct);
            var extra = found.Except(_expected).Select(l => $"+ {l}").Concat(_expected.Except(found).Select(l => $"- {l}")).Concat(company.Ledger.Doubled).ToList();
            if (extra.Count == 0 && found.Count != _expected.Count)
                extra.Add($"{found.Count} lines instead of {_expected.Count}");
            return extra.Count == 0 ? null : string.Join("; ", extra);
        }
        catch (StoryException e)
        {
            return e.Message;
        }
    }

    private async Task<IReadOnlyList<string>> PlayAsync(CancellationToken ct)
    {
        using var ada = await company.OpenRepositoryAsync($"r{Guid.NewGuid():N}"[..9], ct);
        try
        {
            return await new Performance(ada).PlayAsync(ct);
        }
        finally
        {
            await company.SettleAsync();
        }
    }
}
