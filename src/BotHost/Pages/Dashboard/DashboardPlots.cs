using System.Globalization;
using CodingAgent.BotHost.Pages.Parts;
using CodingAgent.Storage;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Pages.Dashboard;

/// <summary>Makes plots of figures; pure.</summary>
internal static class DashboardPlots
{
    // Below that the 95th percentile is the largest value.
    private const int FewForTail = 20;

    /// <summary>The plots, in the order in which they are shown.</summary>
    /// <param name="weeks">Figures of each week.</param>
    /// <param name="whole">Figures of all of them.</param>
    /// <param name="baseline">Lead time that was measured before there was an agent; null for none.</param>
    public static IReadOnlyList<Plot> Of(IReadOnlyList<TaskFigures> weeks, TaskFigures whole, TimeSpan? baseline) =>
    [
        Merged(weeks, whole),
        Acceptance(weeks, whole),
        LeadTime(weeks, whole, baseline),
        new("review", "Time in review", "from ready to merged", Axis.Seconds, Spread(weeks, w => w.ReviewTimes))
        {
            Figure = Axis.Seconds.Value(whole.ReviewTimes.Median),
            Words = Tail(whole.ReviewTimes, Axis.Seconds),
            Nothing = whole.ReviewTimes.Count == 0 ? "No pull request that had been ready was merged in this time." : null,
            IsLine = true,
            Of = ("Merged", [.. weeks.Select(w => w.ReviewTimes.Count)]),
        },
        new("cycles", "Reviewer cycles", "reviews answered per merged pull request", Axis.Counts, Spread(weeks, w => w.Reviews))
        {
            Figure = Axis.Counts.Value(whole.Reviews.Median),
            Words = Tail(whole.Reviews, Axis.Counts),
            Nothing = NothingMerged(whole),
            IsLine = true,
            Of = ("Merged", [.. weeks.Select(w => w.Reviews.Count)]),
        },
        Waiting(weeks, whole),
        Cost(weeks, whole),
        Coverage(weeks, whole),
        Regressions(weeks, whole),
        new("blocked", "Blocked operations", "changes that gates refused, per week", Axis.Counts, [new("Refused", [.. weeks.Select(w => (double?)w.Refused.Values.Sum())])])
        {
            Figure = Words.Count(whole.Refused.Values.Sum()),
            Words = string.Join(", ", whole.Refused.OrderByDescending(p => p.Value).ThenBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key} {Words.Count(p.Value)}")),
            Nothing = whole.Refused.Count == 0 ? "No gate refused a change in this time." : null,
        },
        new("resumed", "Resumed runs", "agents that went on after their worker had died, per week", Axis.Counts, [new("Resumed", [.. weeks.Select(w => (double?)w.ResumedRuns)])])
        {
            Figure = Words.Count(whole.ResumedRuns),
            Words = "each went on from its journal",
            Nothing = whole.ResumedRuns == 0 ? "No run was cut off in this time." : null,
        },
    ];

    private static Plot Merged(IReadOnlyList<TaskFigures> weeks, TaskFigures whole) =>
        new("merged", "Merged pull requests", "per week", Axis.Counts, [new("Merged", [.. weeks.Select(w => (double?)w.MergedPulls)])])
        {
            Figure = Words.Count(whole.MergedPulls),
            Words = string.Create(CultureInfo.InvariantCulture, $"{(double)whole.MergedPulls / weeks.Count:#,0.#} a week"),
            Nothing = NothingMerged(whole),
        };

    private static Plot Acceptance(IReadOnlyList<TaskFigures> weeks, TaskFigures whole) =>
        new("acceptance", "Acceptance", "% of the pull requests that ended", Axis.Percents, [new("Merged", [.. weeks.Select(w => w.EndedPulls == 0 ? (double?)null : Share(w.MergedPulls, w.EndedPulls))])])
        {
            Figure = Axis.Percents.Value(Share(whole.MergedPulls, whole.EndedPulls)),
            Words = $"{Words.Count(whole.MergedPulls)} of {Words.Count(whole.EndedPulls)} were merged",
            Nothing = whole.EndedPulls == 0 ? "No pull request was merged or closed in this time." : null,
            IsLine = true,
            Of = ("Ended", [.. weeks.Select(w => w.EndedPulls)]),
        };

    private static Plot LeadTime(IReadOnlyList<TaskFigures> weeks, TaskFigures whole, TimeSpan? baseline)
    {
        var median = whole.LeadTimes.Median;
        var against = baseline is not { TotalSeconds: var before } ? ""
            : median < before ? string.Create(CultureInfo.InvariantCulture, $"; {100 - Share(median, before):0} % below the {Axis.Seconds.Value(before)} of before")
            : $"; before it was {Axis.Seconds.Value(before)}";
        return new("lead", "Lead time", "from the request to a pull request that is ready", Axis.Seconds, Spread(weeks, w => w.LeadTimes))
        {
            Figure = Axis.Seconds.Value(median),
            Words = Tail(whole.LeadTimes, Axis.Seconds) + against,
            Nothing = whole.LeadTimes.Count == 0 ? "No pull request was made ready in this time." : null,
            IsLine = true,
            Baseline = baseline?.TotalSeconds,
            Of = ("Ready", [.. weeks.Select(w => w.LeadTimes.Count)]),
        };
    }

    private static Plot Waiting(IReadOnlyList<TaskFigures> weeks, TaskFigures whole)
    {
        Plot.Row Of(string name, TaskState state) => new(name, [.. weeks.Select(w => (double?)w.Waited.GetValueOrDefault(state).TotalSeconds)]);
        return new(
            "waiting", "Waiting for people", "time of all tasks together, in the week in which a wait was over", Axis.Seconds,
            [Of("for approval", TaskState.AwaitingApproval), Of("for review", TaskState.AwaitingReview), Of("for the merge", TaskState.ReadyToMerge)])
        {
            Figure = Axis.Seconds.Value(whole.Waited.Values.Sum(t => t.TotalSeconds)),
            Words = $"{Words.Count(whole.Waits.Count)} waits, half of them within {Axis.Seconds.Value(whole.Waits.Median)}, {Largest(whole.Waits)} {Axis.Seconds.Value(whole.Waits.P95)}",
            Nothing = whole.Waits.Count == 0 ? "No wait for people was over in this time." : null,
            Of = ("Waits", [.. weeks.Select(w => w.Waits.Count)]),
        };
    }

    private static Plot Cost(IReadOnlyList<TaskFigures> weeks, TaskFigures whole) =>
        new("cost", "Cost", "US dollars per merged pull request", Axis.Dollars, Spread(weeks, w => w.Costs))
        {
            Figure = Axis.Dollars.Value(whole.Costs.Median),
            Words = whole.MergedPulls == 0 ? "" : $"{Tail(whole.Costs, Axis.Dollars)}; with what was not merged {Words.Cost(whole.CostUsd / whole.MergedPulls, isKnown: true)} each",
            Nothing = NothingMerged(whole),
            IsLine = true,
            Of = ("Merged", [.. weeks.Select(w => w.Costs.Count)]),
        };

    private static Plot Coverage(IReadOnlyList<TaskFigures> weeks, TaskFigures whole) =>
        new("coverage", "Coverage", "points of a percent by which a merged pull request changed it", Axis.Points, [new("Median", [.. weeks.Select(w => w.Coverage.Count == 0 ? (double?)null : w.Coverage.Median)])])
        {
            Figure = Axis.Points.Value(whole.Coverage.Median),
            Words = $"median of {Words.Count(whole.Coverage.Count)} that were measured, of {Words.Count(whole.MergedPulls)} merged; it fell in {Words.Count(whole.CoverageFell)}",
            Nothing = NothingMerged(whole) ?? (whole.Coverage.Count == 0 ? $"Coverage was measured of none of the {Words.Count(whole.MergedPulls)} merged pull requests: a policy's tests.coverage asks for it." : null),
            Of = ("Measured", [.. weeks.Select(w => w.Coverage.Count)]),
        };

    private static Plot Regressions(IReadOnlyList<TaskFigures> weeks, TaskFigures whole)
    {
        static string Of((int Merged, int Reverted) cohort, int days) => cohort.Merged == 0
            ? $"within {days} days: none is that old yet"
            : $"within {days} days: {Axis.Percents.Value(Share(cohort.Reverted, cohort.Merged))} of {Words.Count(cohort.Merged)} that old";
        return new(
            "regressions", "Regressions", "pull requests that were reverted, by the week of their merge", Axis.Counts,
            [new("within 7 days", [.. weeks.Select(w => (double?)w.RevertedSoon)]), new("8 to 30 days", [.. weeks.Select(w => (double?)(w.RevertedLate - w.RevertedSoon))])])
        {
            Figure = Words.Count(whole.RevertedLate),
            Words = $"{Of(whole.AfterSeven, 7)}; {Of(whole.AfterThirty, 30)}",
            Nothing = NothingMerged(whole),
            Of = ("Merged", [.. weeks.Select(w => w.MergedPulls)]),
        };
    }

    private static string? NothingMerged(TaskFigures whole) => whole.MergedPulls == 0 ? "No pull request was merged in this time." : null;

    private static IReadOnlyList<Plot.Row> Spread(IReadOnlyList<TaskFigures> weeks, Func<TaskFigures, TaskFigures.Spread> of)
    {
        double? Value(TaskFigures week, Func<TaskFigures.Spread, double> which) => of(week) is { Count: > 0 } spread ? which(spread) : null;
        return [new("Median", [.. weeks.Select(w => Value(w, s => s.Median))]), new("95th percentile", [.. weeks.Select(w => Value(w, s => s.P95))])];
    }

    private static string Tail(TaskFigures.Spread spread, Axis axis) => $"median of {Words.Count(spread.Count)}; {Largest(spread)} {axis.Value(spread.P95)}";

    private static string Largest(TaskFigures.Spread spread) => spread.Count < FewForTail ? "at most" : "95 % within";

    private static double Share(double part, double whole) => whole == 0 ? 0 : Math.Round(100 * part / whole, 1);
}
