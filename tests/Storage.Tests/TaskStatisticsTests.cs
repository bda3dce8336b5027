using CodingAgent.Forges;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Tasks;
using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.Storage.Tests;

public sealed class TaskStatisticsTests
{
    private static readonly RepoRef[] Repos = [RepoRef.Parse("github:octo/hello"), RepoRef.Parse("github:octo/other"), RepoRef.Parse("gitlab:a/b/c")];
    private static readonly TaskKind[] Kinds = [TaskKind.Implement, TaskKind.BugFix, TaskKind.Fix];
    private static readonly TaskState[] Ends = [TaskState.Merged, TaskState.Merged, TaskState.Closed, TaskState.Stopped, TaskState.Failed];

    // A Sunday, so that hours of it lie in the week before.
    private static readonly DateTimeOffset Now = DateTimeOffset.Parse("2027-01-03T20:00:00Z");

    /// <summary>What the database adds up is what a plain count in a loop gives, whatever lives tasks have led.</summary>
    [Fact]
    public void Read_OfAnyLives_EqualsAPlainCount()
    {
        var life = from issue in Gen.Choose(1, 12)
                   from repo in Gen.Elements(Repos)
                   from kind in Gen.Elements(Kinds)
                   from end in Gen.Elements(Ends)
                   from began in Gen.Choose(0, 60 * 24 * 45)
                   from steps in Gen.ArrayOf(Gen.Choose(0, 60 * 24 * 12), 4)
                   from shape in Gen.ArrayOf(Gen.Choose(0, 5), 8)
                   select new Life(issue, repo, kind, end, Now.AddMinutes(-began), steps, shape);
        var cases = from lives in Gen.ListOf(life)
                    from weeks in Gen.Elements(4, 12, 26, 52)
                    from repo in Gen.Elements([null, .. Repos])
                    from kind in Gen.Elements([null, .. Kinds.Select(k => (TaskKind?)k)])
                    select (Lives: lives.ToArray(), Query: new StatisticsQuery(Now, weeks) { Repo = repo, Kind = kind });

        Prop.ForAll(Arb.From(cases), c => HoldAsync(c.Lives, c.Query).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(60).WithEndSize(40));
    }

    [Fact]
    public async Task Repositories_OfThoseThatEndedSomething_AreEachThereOnce()
    {
        using var fixture = new SqliteFixture();
        (await new TaskStatistics(fixture.Database).ListRepositoriesAsync(default)).ShouldBeEmpty();
        foreach (var (repo, i) in Repos.Concat(Repos).Select((r, i) => (r, i)))
            await new TaskProjection(fixture.Database).UpsertAsync(new Life(i + 1, repo, TaskKind.Fix, TaskState.Stopped, Now, [1, 1, 1, 1], new int[8]).Told()[^1], default);
        (await new TaskStatistics(fixture.Database).ListRepositoriesAsync(default)).ShouldBe(Repos, ignoreOrder: true);
    }

    private static async Task HoldAsync(Life[] lives, StatisticsQuery query)
    {
        using var fixture = new SqliteFixture();
        var projection = new TaskProjection(fixture.Database);
        var milestones = new TaskMilestones(fixture.Database);
        // A later run of the same issue takes the place of an earlier; two that began in the same moment are one.
        foreach (var life in lives = [.. lives.DistinctBy(l => (l.Repo, l.Issue, l.Began)).OrderBy(l => l.Began)])
        {
            foreach (var told in life.Told())
                await projection.UpsertAsync(told, default);
            if (life.RevertedAt is { } at)
                await milestones.RevertedAsync(life.Repo, life.Pull!.Value, at, default);
        }

        var (weeks, whole) = await new TaskStatistics(fixture.Database).ReadAsync(query, default);

        var first = query.Now.UtcDateTime.Date;
        while (first.DayOfWeek != DayOfWeek.Monday)
            first = first.AddDays(-1);
        first = first.AddDays(-7 * (query.Weeks - 1));
        var counted = lives.Where(l => (query.Repo is null || l.Repo == query.Repo) && (query.Kind is null || l.Kind == query.Kind)).ToArray();
        weeks.Count.ShouldBe(query.Weeks);
        for (var i = 0; i < weeks.Count; i++)
            Hold(weeks[i], counted, new(first.AddDays(7 * i), TimeSpan.Zero), new(first.AddDays(7 * (i + 1)), TimeSpan.Zero));
        Hold(whole, counted, new(first, TimeSpan.Zero), new(first.AddDays(7 * query.Weeks), TimeSpan.Zero));
    }

    private static void Hold(TaskFigures figures, Life[] lives, DateTimeOffset from, DateTimeOffset until)
    {
        bool Within(DateTimeOffset at) => at >= from && at < until;
        var ended = lives.Where(l => Within(l.EndedAt)).ToArray();
        var merged = ended.Where(l => l is { End: TaskState.Merged, Pull: not null }).ToArray();
        var waits = lives.Where(l => l.HasReview && Within(l.EndedAt)).Select(l => (l.EndedAt - l.ReadyAt).TotalSeconds).ToArray();
        double Days(Life l) => (l.RevertedAt!.Value - l.EndedAt).TotalDays;
        Life[] Older(int days) => [.. merged.Where(l => l.EndedAt <= Now.AddDays(-days))];
        int Reverted(IEnumerable<Life> of, int days) => of.Count(l => l.RevertedAt is not null && Days(l) <= days);

        figures.From.ShouldBe(from);
        figures.EndedPulls.ShouldBe(ended.Count(l => l.Pull is not null));
        figures.MergedPulls.ShouldBe(merged.Length);
        figures.CostUsd.ShouldBe(ended.Sum(l => l.Cost));
        figures.MergedCostUsd.ShouldBe(merged.Sum(l => l.Cost));
        (figures.RevertedSoon, figures.RevertedLate).ShouldBe((Reverted(merged, 7), Reverted(merged, 30)));
        figures.AfterSeven.ShouldBe((Older(7).Length, Reverted(Older(7), 7)));
        figures.AfterThirty.ShouldBe((Older(30).Length, Reverted(Older(30), 30)));
        figures.CoverageFell.ShouldBe(merged.Count(l => l.Coverage is { } c && c.After < c.Before));
        figures.ResumedRuns.ShouldBe(lives.Where(l => Within(l.WorkedAt)).Sum(l => l.Resumed));
        figures.Refused.Values.Sum().ShouldBe(lives.Where(l => Within(l.WorkedAt)).Sum(l => l.Refused));
        figures.Waited.GetValueOrDefault(TaskState.AwaitingReview).TotalSeconds.ShouldBe(waits.Sum());
        figures.Waits.ShouldBe(Spread(waits));
        figures.LeadTimes.ShouldBe(Spread(lives.Where(l => l.IsMadeReady && Within(l.ReadyAt)).Select(l => (l.ReadyAt - l.Began).TotalSeconds)));
        figures.ReviewTimes.ShouldBe(Spread(merged.Where(l => l.IsMadeReady).Select(l => (l.EndedAt - l.ReadyAt).TotalSeconds)));
        figures.Reviews.ShouldBe(Spread(merged.Select(l => (double)l.Reviews)));
        figures.Costs.ShouldBe(Spread(merged.Select(l => (double)l.Cost)));
        figures.Coverage.ShouldBe(Spread(merged.Where(l => l.Coverage is not null).Select(l => (double)(l.Coverage!.After - l.Coverage.Before))));
    }

    // By nearest rank.
    private static TaskFigures.Spread Spread(IEnumerable<double> values)
    {
        var sorted = values.Select(v => Math.Round(v, 6)).Order().ToArray();
        double At(double share) => sorted[Math.Max(0, (int)Math.Ceiling(Math.Round(share * sorted.Length, 6)) - 1)];
        return sorted.Length == 0 ? TaskFigures.Spread.None : new(sorted.Length, At(0.5), At(0.95));
    }

    /// <summary>A task from its request to its end.</summary>
    private sealed record Life(int Issue, RepoRef Repo, TaskKind Kind, TaskState End, DateTimeOffset Began, int[] Steps, int[] Shape)
    {
        public int? Pull => Shape[0] == 0 ? null : (Issue * 100_000) + (int)(Now - Began).TotalMinutes;

        public int Refused => Shape[1];

        public int Resumed => Math.Max(0, Shape[2] - 3);

        public int Reviews => Shape[3];

        public decimal Cost => Shape[4] * 1.25m;

        public TaskSummary.CoverageChange? Coverage => Shape[5] < 2 ? null : new(80, 79.7m + (Shape[5] / 10m));

        public bool HasReview => Pull is not null && Shape[6] > 1;

        // On a person's own pull request the task makes nothing ready.
        public bool IsMadeReady => HasReview && Kind != TaskKind.Fix;

        public DateTimeOffset WorkedAt => Began.AddMinutes(Steps[0]);

        public DateTimeOffset ReadyAt => WorkedAt.AddMinutes(Steps[1]);

        public DateTimeOffset EndedAt => ReadyAt.AddMinutes(Steps[2]);

        public DateTimeOffset? RevertedAt => End == TaskState.Merged && Pull is not null && Shape[7] == 0 ? EndedAt.AddMinutes(Steps[3] * 4) : null;

        public IReadOnlyList<TaskSummary> Told()
        {
            var task = new TaskSummary(TaskId.ForIssue(Repo, Issue), 1, "run", Kind, TaskState.Queued, "", "", "t", "mona", Issue, null, null, null, 0, 0, 0, Began, Began) { RequestedAt = Began };
            var worked = task with
            {
                Version = 2,
                State = TaskState.AwaitingCi,
                UpdatedAt = WorkedAt,
                Pull = Pull,
                PullIsDraft = Pull is null ? null : true,
                ResumedRuns = Resumed,
                Refusals = Refused > 0 ? new Dictionary<string, int>(StringComparer.Ordinal) { ["paths"] = Refused } : null,
            };
            var ready = HasReview ? worked with { Version = 3, State = TaskState.AwaitingReview, PullIsDraft = false, UpdatedAt = ReadyAt } : worked;
            return [task, worked, ready, ready with { Version = 4, State = End, UpdatedAt = EndedAt, ReviewRounds = Reviews, CostUsd = Cost, Coverage = Coverage }];
        }
    }
}
