using System.Globalization;
using CodingAgent.Playground.Demo;

namespace CodingAgent.Chaos;

/// <summary>
/// Plays the whole way once undisturbed and notes every moment on it; then again and again, killing at moments, and compares the end.
/// One run takes several kills that lie far apart. When its end differs, each of its points is tried alone, so that the guilty one is named.
/// </summary>
/// <param name="companies">Who plays, side by side; the first one alone plays the undisturbed run.</param>
/// <param name="job">Which job is asked for.</param>
/// <param name="output">Told the points, what became of each run, and the table at the end.</param>
public sealed class Matrix(IReadOnlyList<ChaosService> companies, ChaosJob job, TextWriter output)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<KillPoint, (Outcome Outcome, string Why)> _results = [];
    private readonly List<string> _differences = [];
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
        var service = companies[0];
        service.Arm([]);
        _expected = await PlayAsync(service, ct);
        var moments = service.Moments;
        Points = [.. moments.SelectMany(m => Enum.GetValues<KillKind>(), (m, kind) => new KillPoint(m, kind))];
        output.WriteLine($"undisturbed: {moments.Count} moments in {TimeProvider.System.GetElapsedTime(clock).TotalSeconds:0} s, {service.Ledger.Turns} turns of the model");
        foreach (var what in moments.GroupBy(m => m.What))
            output.WriteLine($"  {what.Key}: {what.Select(m => m.Nth).Distinct().Count()} times, {what.Count()} moments");
        output.WriteLine($"kill points: {Points.Count}. The forge at the end:");
        foreach (var line in _expected)
            output.WriteLine($"  {line}");
        if (service.Ledger.Doubled is [var doubled, ..])
            throw new StoryException($"Undisturbed, {doubled}.");
    }

    /// <summary>
    /// Tries points, several in one run, from a run on. Those not met (the run had no such moment, or something was down when it came) are
    /// tried again, half as many in one run each time, and at last alone.
    /// </summary>
    public async Task TryAsync(IReadOnlyList<KillPoint> points, int killsPerRun, int firstRun, CancellationToken ct)
    {
        var left = points;
        for (var first = firstRun; left.Count > 0; first = 1)
        {
            var runs = (left.Count + killsPerRun - 1) / killsPerRun;
            // Kills should lie far apart: runs take every n-th point.
            var packs = Enumerable.Range(0, runs).Skip(first - 1).Select(run => left.Where((_, index) => index % runs == run).ToList()).ToList();
            await TryRunsAsync(packs, ct);
            List<KillPoint> unmet = [.. packs.SelectMany(p => p).Where(p => _results[p].Outcome == Outcome.NotMet)];
            if (killsPerRun == 1)
                return;
            (left, killsPerRun) = (unmet, killsPerRun / 2);
        }
    }

    /// <summary>Prints the table; true when no end differed.</summary>
    public bool Report()
    {
        output.WriteLine();
        output.WriteLine($"{"boundary",-24}{string.Concat(Enum.GetValues<KillKind>().Select(k => $"{k,12}"))}");
        foreach (var phase in _results.Keys.GroupBy(p => p.Moment.Phase).OrderBy(g => g.Key))
            output.WriteLine($"{phase.Key,-24}{string.Concat(Enum.GetValues<KillKind>().Select(k => $"{Cell(phase.Where(p => p.Kind == k)),12}"))}");
        foreach (var difference in _differences)
            output.WriteLine(difference);
        foreach (var (point, (outcome, why)) in _results.Where(r => r.Value.Outcome != Outcome.Same))
            output.WriteLine($"{Word(outcome)}: {point}{(why.Length > 0 ? $": {why}" : "")}");
        int Count(Outcome outcome) => _results.Values.Count(r => r.Outcome == outcome);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"kill points: {_results.Count} of {Points.Count} tried, {Count(Outcome.Same)} with the same end, {Count(Outcome.Different)} with another, {Count(Outcome.NotMet)} not met; {_kills} kills, {_differences.Count} runs with another end"));
        return _differences.Count == 0;
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

    private async Task TryRunsAsync(IReadOnlyList<List<KillPoint>> runs, CancellationToken ct)
    {
        var next = -1;
        await Task.WhenAll(companies.Select(async service =>
        {
            while (Interlocked.Increment(ref next) is var mine && mine < runs.Count)
                await TryRunAsync(service, runs[mine], ct);
        }));
    }

    private async Task TryRunAsync(ChaosService service, IReadOnlyList<KillPoint> points, CancellationToken ct)
    {
        var clock = TimeProvider.System.GetTimestamp();
        service.Arm(points);
        var why = await DifferenceAsync(service, ct);
        var hit = service.Hit.ToHashSet();
        lock (_gate)
        {
            _kills += hit.Count;
            foreach (var point in points)
            {
                _results[point] = !hit.Contains(point) ? (Outcome.NotMet, "") : why is null ? (Outcome.Same, "") : (Outcome.Different, why);
                output.WriteLine($"  {Word(_results[point].Outcome)}: {point}");
            }

            if (why is not null)
                _differences.Add($"a run with another end, with kills at {string.Join(", ", hit)}: {why}");
            var met = _results.Values.Count(r => r.Outcome != Outcome.NotMet);
            output.WriteLine($"{why ?? "the same end"}, after {TimeProvider.System.GetElapsedTime(clock).TotalSeconds:0} s; {met} of {Points.Count} points");
        }

        if (why is null)
            return;

        // What hangs now would hang in the next run too, and be taken for a fault of its points.
        await service.RenewAsync(ct);
        if (points.Count == 1)
            return;
        foreach (var point in hit)
            await TryRunAsync(service, [point], ct);
        lock (_gate)
        {
            // None alone: their combination it is.
            if (hit.All(p => _results[p].Outcome == Outcome.Same))
            {
                foreach (var point in hit)
                    _results[point] = (Outcome.Different, $"together with {string.Join(", ", hit.Where(p => p != point))}: {why}");
            }
        }
    }

    private async Task<string?> DifferenceAsync(ChaosService service, CancellationToken ct)
    {
        try
        {
            var found = await PlayAsync(service, ct);
            var extra = found.Except(_expected).Select(l => $"+ {l}").Concat(_expected.Except(found).Select(l => $"- {l}")).Concat(service.Ledger.Doubled).ToList();
            if (extra.Count == 0 && found.Count != _expected.Count)
                extra.Add($"{found.Count} lines instead of {_expected.Count}");
            return extra.Count == 0 ? null : string.Join("; ", extra);
        }
        catch (StoryException e)
        {
            return e.Message;
        }
    }

    private async Task<IReadOnlyList<string>> PlayAsync(ChaosService service, CancellationToken ct)
    {
        using var ada = await service.OpenRepositoryAsync($"r{Guid.NewGuid():N}"[..9], ct);
        try
        {
            return await new ChaosRun(ada, job).PlayAsync(ct);
        }
        finally
        {
            await service.SettleAsync();
        }
    }
}
