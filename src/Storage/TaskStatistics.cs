using CodingAgent.Forges;
using CodingAgent.Workflows.Tasks;
using Dapper;

namespace CodingAgent.Storage;

/// <summary>Figures of tasks by the week, which begins on Monday in UTC; from milestones, added up by the database.</summary>
/// <param name="database">Database.</param>
public sealed class TaskStatistics(SqliteDatabase database)
{
    private const int Day = 86_400;
    private const double Unit = 1;
    private const double Micro = 1e-6;
    private const double PerMille = 0.1;

    // The first of January 1970 was a Thursday.
    private const string Week = "(at + 259200000) / 604800000";
    private const string Merged = "what = 'Ended' AND detail = 'Merged' AND has_pull = 1";

    /// <summary>Reads them.</summary>
    /// <param name="query">Which.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Each week, those in which nothing happened too, in order; and all of them together.</returns>
    public async Task<(IReadOnlyList<TaskFigures> Weeks, TaskFigures Whole)> ReadAsync(StatisticsQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        var last = WeekOf(query.Now);
        var first = last - query.Weeks + 1;
        var scope = new Scope(query, first, last, cancellationToken);
        // Beside each other: each is a walk along an index.
        var parts = await Task.WhenAll(
            Task.Run(() => ReadEndsAsync(scope), cancellationToken),
            Task.Run(() => ReadWaitsAsync(scope), cancellationToken),
            Task.Run(() => ReadCountsAsync(scope), cancellationToken),
            Task.Run(() => ReadSpreadAsync(scope, "seconds", "what = 'Waited'", Unit, (f, s) => f with { Waits = s }), cancellationToken),
            Task.Run(() => ReadSpreadAsync(scope, "seconds", "what = 'Ready'", Unit, (f, s) => f with { LeadTimes = s }), cancellationToken),
            Task.Run(() => ReadSpreadAsync(scope, "seconds - ready_seconds", $"{Merged} AND ready_seconds IS NOT NULL", Unit, (f, s) => f with { ReviewTimes = s }), cancellationToken),
            Task.Run(() => ReadSpreadAsync(scope, "reviews", Merged, Unit, (f, s) => f with { Reviews = s }), cancellationToken),
            Task.Run(() => ReadSpreadAsync(scope, "cost_micro", Merged, Micro, (f, s) => f with { Costs = s }), cancellationToken),
            Task.Run(() => ReadSpreadAsync(scope, "coverage_after - coverage_before", $"{Merged} AND coverage_before IS NOT NULL", PerMille, (f, s) => f with { Coverage = s }), cancellationToken));

        var weeks = Enumerable.Range(0, query.Weeks).Select(i => new TaskFigures(StartOf(first + i))).ToArray();
        var whole = new TaskFigures(StartOf(first));
        foreach (var (week, add) in parts.SelectMany(p => p))
        {
            if (week is { } at)
                weeks[at - first] = add(weeks[at - first]);
            else
                whole = add(whole);
        }

        return (weeks, Together(weeks, whole));
    }

    /// <summary>The repositories in which tasks have ended, by name; at most a hundred.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<IReadOnlyList<RepoRef>> ListRepositoriesAsync(CancellationToken cancellationToken)
    {
        await using var connection = database.OpenReader();
        // From one name to the next in the index, over however many rows each has.
        var names = await connection.QueryAsync<string>(new CommandDefinition(
            """
            WITH RECURSIVE names (repo) AS (
                SELECT MIN(repo) FROM task_milestones INDEXED BY task_milestones_pull WHERE what = 'Ended'
                UNION ALL
                SELECT (SELECT MIN(repo) FROM task_milestones INDEXED BY task_milestones_pull WHERE what = 'Ended' AND repo > names.repo) FROM names WHERE names.repo IS NOT NULL LIMIT 101)
            SELECT repo FROM names WHERE repo IS NOT NULL
            """,
            cancellationToken: cancellationToken));
        return [.. names.Select(name => RepoRef.TryParse(name, out var repo) ? repo : null).OfType<RepoRef>()];
    }

    // What is only added up needs no second look at the rows.
    private static TaskFigures Together(TaskFigures[] weeks, TaskFigures spreads) => spreads with
    {
        EndedPulls = weeks.Sum(w => w.EndedPulls),
        MergedPulls = weeks.Sum(w => w.MergedPulls),
        CostUsd = weeks.Sum(w => w.CostUsd),
        MergedCostUsd = weeks.Sum(w => w.MergedCostUsd),
        RevertedSoon = weeks.Sum(w => w.RevertedSoon),
        RevertedLate = weeks.Sum(w => w.RevertedLate),
        AfterSeven = (weeks.Sum(w => w.AfterSeven.Merged), weeks.Sum(w => w.AfterSeven.Reverted)),
        AfterThirty = (weeks.Sum(w => w.AfterThirty.Merged), weeks.Sum(w => w.AfterThirty.Reverted)),
        CoverageFell = weeks.Sum(w => w.CoverageFell),
        ResumedRuns = weeks.Sum(w => w.ResumedRuns),
        Refused = weeks.SelectMany(w => w.Refused).GroupBy(p => p.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Sum(p => p.Value), StringComparer.Ordinal),
        Waited = weeks.SelectMany(w => w.Waited).GroupBy(p => p.Key).ToDictionary(g => g.Key, g => TimeSpan.FromSeconds(g.Sum(p => p.Value.TotalSeconds))),
    };

    private async Task<List<Figure>> ReadEndsAsync(Scope scope)
    {
        string Count(string condition) => $"SUM(CASE WHEN {Merged} AND {condition} THEN 1 ELSE 0 END)";
        var sql = $"""
            SELECT {Week} AS Week, SUM(has_pull) AS Ended, {Count("1")} AS Merged, SUM(cost_micro) AS Cost, SUM(CASE WHEN {Merged} THEN cost_micro ELSE 0 END) AS MergedCost,
                {Count($"reverted_seconds <= {7 * Day}")} AS Soon, {Count($"reverted_seconds <= {30 * Day}")} AS Late,
                {Count("at <= @now - 7 * 86400000")} AS SevenOld, {Count($"at <= @now - 7 * 86400000 AND reverted_seconds <= {7 * Day}")} AS SevenReverted,
                {Count("at <= @now - 30 * 86400000")} AS ThirtyOld, {Count($"at <= @now - 30 * 86400000 AND reverted_seconds <= {30 * Day}")} AS ThirtyReverted,
                {Count("coverage_after < coverage_before")} AS Fell
            FROM task_milestones WHERE what = 'Ended' AND {scope.Condition} GROUP BY 1
            """;
        return [.. (await QueryAsync<EndsRow>(scope, sql)).Select(r => new Figure(r.Week, f => f with
        {
            EndedPulls = r.Ended,
            MergedPulls = r.Merged,
            CostUsd = r.Cost / 1_000_000m,
            MergedCostUsd = r.MergedCost / 1_000_000m,
            RevertedSoon = r.Soon,
            RevertedLate = r.Late,
            AfterSeven = (r.SevenOld, r.SevenReverted),
            AfterThirty = (r.ThirtyOld, r.ThirtyReverted),
            CoverageFell = r.Fell,
        }))];
    }

    private async Task<List<Figure>> ReadWaitsAsync(Scope scope) =>
        [.. (await QueryAsync<(int Week, string Detail, long Seconds)>(scope, $"SELECT {Week}, detail, SUM(seconds) FROM task_milestones WHERE what = 'Waited' AND {scope.Condition} GROUP BY 1, 2"))
            .GroupBy(r => r.Week).Select(g => new Figure(g.Key, f => f with { Waited = g.ToDictionary(r => Enum.Parse<TaskState>(r.Detail), r => TimeSpan.FromSeconds(r.Seconds)) }))];

    private async Task<List<Figure>> ReadCountsAsync(Scope scope)
    {
        var rows = (await QueryAsync<(int Week, string What, string Detail, int Count)>(
            scope, $"SELECT {Week}, what, detail, COUNT(*) FROM task_milestones WHERE what IN ('Refused', 'Resumed') AND {scope.Condition} GROUP BY 1, 2, 3")).ToLookup(r => r.What);
        return
        [
            .. rows["Refused"].GroupBy(r => r.Week).Select(g => new Figure(g.Key, f => f with { Refused = g.ToDictionary(r => r.Detail, r => r.Count, StringComparer.Ordinal) })),
            .. rows["Resumed"].Select(r => new Figure(r.Week, f => f with { ResumedRuns = r.Count })),
        ];
    }

    // The database tells how often there is which value, so that no row of its own comes over; the ranks are counted here.
    private async Task<List<Figure>> ReadSpreadAsync(Scope scope, string value, string condition, double unit, Func<TaskFigures, TaskFigures.Spread, TaskFigures> put)
    {
        var rows = (await QueryAsync<(int Week, long Value, int Count)>(
            scope, $"SELECT {Week}, {value}, COUNT(*) FROM task_milestones WHERE {condition} AND {scope.Condition} GROUP BY 1, 2")).AsList();
        var figures = rows.GroupBy(r => r.Week).Select(g => Of(g.Key, [.. g])).ToList();
        if (rows.Count > 0)
            figures.Add(Of(null, rows));
        return figures;

        Figure Of(int? week, List<(int Week, long Value, int Count)> values)
        {
            values.Sort((a, b) => a.Value.CompareTo(b.Value));
            var count = values.Sum(v => v.Count);
            var spread = new TaskFigures.Spread(count, At((count + 1) / 2), At(((count * 95L) + 99) / 100));
            return new Figure(week, f => put(f, spread));

            double At(long rank)
            {
                var place = 0;
                for (rank -= values[0].Count; rank > 0; rank -= values[place].Count)
                    place++;
                return Math.Round(values[place].Value * unit, 6);
            }
        }
    }

    private async Task<IEnumerable<T>> QueryAsync<T>(Scope scope, string sql)
    {
        await using var connection = database.OpenReader();
        return await connection.QueryAsync<T>(new CommandDefinition(sql, scope.Values, cancellationToken: scope.CancellationToken));
    }

    private static int WeekOf(DateTimeOffset at) => (int)((at.ToUnixTimeMilliseconds() + 259_200_000) / 604_800_000);

    private static DateTimeOffset StartOf(int week) => DateTimeOffset.FromUnixTimeMilliseconds((week * 604_800_000L) - 259_200_000);

    /// <summary>Which rows, in SQL.</summary>
    private sealed class Scope(StatisticsQuery query, int first, int last, CancellationToken cancellationToken)
    {
        public CancellationToken CancellationToken { get; } = cancellationToken;

        public string Condition { get; } =
            $"at >= @from AND at < @until{(query.Kind is null ? "" : " AND kind = @kind")}{(query.Repo is null ? "" : $" AND {RepositoryNames.Condition}")}";

        public object Values { get; } = new
        {
            now = query.Now.ToUnixTimeMilliseconds(),
            from = StartOf(first).ToUnixTimeMilliseconds(),
            until = StartOf(last + 1).ToUnixTimeMilliseconds(),
            kind = query.Kind?.ToString(),
            repo = query.Repo is { } repo ? RepositoryNames.Key(repo) : null,
        };
    }

    /// <summary>Something read, and where it belongs.</summary>
    /// <param name="Week">The week; null for all of them together.</param>
    /// <param name="Add">Puts it there.</param>
    private sealed record Figure(int? Week, Func<TaskFigures, TaskFigures> Add);

    private sealed class EndsRow
    {
        public int Week { get; init; }

        public int Ended { get; init; }

        public int Merged { get; init; }

        public long Cost { get; init; }

        public long MergedCost { get; init; }

        public int Soon { get; init; }

        public int Late { get; init; }

        public int SevenOld { get; init; }

        public int SevenReverted { get; init; }

        public int ThirtyOld { get; init; }

        public int ThirtyReverted { get; init; }

        public int Fell { get; init; }
    }
}
