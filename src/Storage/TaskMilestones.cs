using CodingAgent.Forges;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Tasks;
using Dapper;
using Microsoft.Data.Sqlite;

namespace CodingAgent.Storage;

/// <summary>
/// What happened in tasks and what stands open, for metrics. The milestones are written in the transaction that takes a task from one state to the next, so a
/// repeated or overtaken telling counts nothing, and who counts them from the first has the same numbers before a restart and after.
/// </summary>
/// <param name="database">Database.</param>
public sealed class TaskMilestones(SqliteDatabase database)
{
    private static readonly TaskState[] WaitsForPeople = [TaskState.AwaitingApproval, TaskState.AwaitingReview, TaskState.ReadyToMerge];

    /// <summary>The milestones after a place, in order.</summary>
    /// <param name="after">The last that is known; 0 for the first page.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<IReadOnlyList<TaskMilestone>> ListAsync(long after, int limit, CancellationToken cancellationToken)
    {
        await using var connection = database.OpenReader();
        var rows = await connection.QueryAsync<(long Seq, string What, string Detail, string Kind, long Seconds, bool HasPull, int Reviews, long CostMicro)>(new CommandDefinition(
            "SELECT seq, what, detail, kind, seconds, has_pull, reviews, cost_micro FROM task_milestones WHERE seq > @after ORDER BY seq LIMIT @limit", new { after, limit }, cancellationToken: cancellationToken));
        return [.. rows.Select(r => new TaskMilestone(
            r.Seq, Enum.Parse<TaskMilestoneKind>(r.What), r.Detail, Enum.Parse<TaskKind>(r.Kind), TimeSpan.FromSeconds(r.Seconds), r.HasPull, r.Reviews, r.CostMicro / 1_000_000m))];
    }

    /// <summary>How many tasks are in each state that is not the end, and since when the one that is longest in it.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<IReadOnlyDictionary<TaskState, (int Count, DateTimeOffset Since)>> CountOpenAsync(CancellationToken cancellationToken)
    {
        await using var connection = database.OpenReader();
        var rows = await connection.QueryAsync<(string State, int Count, long Since)>(new CommandDefinition(
            "SELECT state, COUNT(*), MIN(state_since) FROM tasks WHERE state NOT IN ('Merged', 'Closed', 'Stopped', 'Failed') GROUP BY state", cancellationToken: cancellationToken));
        return rows.ToDictionary(r => Enum.Parse<TaskState>(r.State), r => (r.Count, DateTimeOffset.FromUnixTimeMilliseconds(r.Since)));
    }

    /// <summary>Whether a pull request of a task was merged there since, so that it could be reverted.</summary>
    /// <param name="repo">The repository, by any name it has had.</param>
    /// <param name="since">Since when.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<bool> HasMergedAsync(RepoRef repo, DateTimeOffset since, CancellationToken cancellationToken)
    {
        await using var connection = database.OpenReader();
        return await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            $"SELECT EXISTS (SELECT 1 FROM task_milestones WHERE what = 'Ended' AND detail = 'Merged' AND pull IS NOT NULL AND at >= @since AND {RepositoryNames.Condition})",
            new { repo = RepositoryNames.Key(repo), since = since.ToUnixTimeMilliseconds() }, cancellationToken: cancellationToken));
    }

    /// <summary>Notes that a merged pull request was reverted, the first time; nothing where no task made it.</summary>
    /// <param name="repo">The repository, by any name it has had.</param>
    /// <param name="pull">The pull request.</param>
    /// <param name="at">When.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Whether it is a task's, and merged before.</returns>
    public Task<bool> RevertedAsync(RepoRef repo, int pull, DateTimeOffset at, CancellationToken cancellationToken) => database.WriteAsync(
        connection => connection.Execute(
            $"""
            UPDATE task_milestones SET reverted_seconds = COALESCE(reverted_seconds, (@at - at) / 1000)
            WHERE what = 'Ended' AND detail = 'Merged' AND pull = @pull AND at <= @at AND {RepositoryNames.Condition}
            """,
            new { repo = RepositoryNames.Key(repo), pull, at = at.ToUnixTimeMilliseconds() }) > 0,
        cancellationToken);

    /// <summary>The pull request that a task's head was merged with last; null for none.</summary>
    /// <param name="task">The task.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<int?> FindMergedPullAsync(TaskId task, CancellationToken cancellationToken)
    {
        await using var connection = database.OpenReader();
        return await connection.ExecuteScalarAsync<int?>(new CommandDefinition(
            "SELECT pull FROM task_milestones WHERE task = @task AND what = 'Ended' AND detail = 'Merged' ORDER BY created_at DESC LIMIT 1",
            new { task = task.ToString().ToLowerInvariant() }, cancellationToken: cancellationToken));
    }

    /// <summary>How many deliveries wait in the inbox, and since when the oldest; null when none does.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<(int Count, DateTimeOffset? Since)> CountInboxAsync(CancellationToken cancellationToken)
    {
        await using var connection = database.OpenReader();
        var (count, since) = await connection.QuerySingleAsync<(int Count, long? Since)>(new CommandDefinition(
            "SELECT COUNT(*), (SELECT received_at FROM inbox WHERE outcome IS NULL ORDER BY seq LIMIT 1) FROM inbox WHERE outcome IS NULL", cancellationToken: cancellationToken));
        return (count, since is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null);
    }

    /// <summary>Writes down what a step of a task is, in the transaction of the step.</summary>
    /// <param name="connection">Connection of the transaction.</param>
    /// <param name="task">Key of the task.</param>
    /// <param name="before">What was known before of the same task; null where nothing was.</param>
    /// <param name="since">Since when it was in the state before.</param>
    /// <param name="after">What is known now.</param>
    internal static void Write(SqliteConnection connection, string task, TaskSummary? before, DateTimeOffset since, TaskSummary after)
    {
        var left = before is not null && before.State != after.State;
        if (left && WaitsForPeople.Contains(before!.State))
            Insert(TaskMilestoneKind.Waited, before.State.ToString(), after.UpdatedAt - since);
        foreach (var (gate, count) in after.Refusals ?? new Dictionary<string, int>(StringComparer.Ordinal))
        {
            for (var known = before?.Refusals?.GetValueOrDefault(gate) ?? 0; known < count; known++)
                Insert(TaskMilestoneKind.Refused, gate, TimeSpan.Zero);
        }

        for (var known = before?.ResumedRuns ?? 0; known < after.ResumedRuns; known++)
            Insert(TaskMilestoneKind.Resumed, "", TimeSpan.Zero);

        // A pull request that was there before the task is ready whatever the task does.
        if (after is { Pull: not null, PullIsDraft: false } && !FlowList.Of(after.Kind).IsOnPull && before is not { PullIsDraft: false } && !IsKnown(TaskMilestoneKind.Ready))
            Insert(TaskMilestoneKind.Ready, "", after.UpdatedAt - (after.RequestedAt ?? after.CreatedAt));
        if (after.State.IsOver() && before?.State.IsOver() != true)
            Insert(TaskMilestoneKind.Ended, after.State.ToString(), after.UpdatedAt - (after.RequestedAt ?? after.CreatedAt));

        bool IsKnown(TaskMilestoneKind what) => connection.ExecuteScalar<bool>(
            "SELECT EXISTS (SELECT 1 FROM task_milestones WHERE task = @task AND created_at = @created AND what = @what)",
            new { task, created = after.CreatedAt.ToUnixTimeMilliseconds(), what = what.ToString() });

        void Insert(TaskMilestoneKind what, string detail, TimeSpan duration) => connection.Execute(
            """
            INSERT INTO task_milestones (seq, task, created_at, what, detail, kind, seconds, has_pull, reviews, cost_micro, at, repo, pull, ready_seconds, coverage_before, coverage_after)
            VALUES ((SELECT COALESCE(MAX(seq), 0) + 1 FROM task_milestones), @task, @created, @what, @detail, @kind, @seconds, @hasPull, @reviews, @cost, @at, @repo, @pull,
                CASE WHEN @isEnd THEN (SELECT MIN(seconds) FROM task_milestones WHERE task = @task AND created_at = @created AND what = 'Ready') END, @coverageBefore, @coverageAfter)
            """,
            new
            {
                task,
                created = after.CreatedAt.ToUnixTimeMilliseconds(),
                what = what.ToString(),
                detail,
                kind = after.Kind.ToString(),
                // Two clocks, the forge's and ours, may disagree.
                seconds = Math.Max(0, (long)duration.TotalSeconds),
                hasPull = after.Pull is not null,
                reviews = after.ReviewRounds,
                cost = (long)(after.CostUsd * 1_000_000),
                at = after.UpdatedAt.ToUnixTimeMilliseconds(),
                repo = after.Repo.ToString().ToLowerInvariant(),
                isEnd = what == TaskMilestoneKind.Ended,
                pull = what == TaskMilestoneKind.Ended ? after.Pull : null,
                coverageBefore = what == TaskMilestoneKind.Ended ? PerMille(after.Coverage?.Before) : null,
                coverageAfter = what == TaskMilestoneKind.Ended ? PerMille(after.Coverage?.After) : null,
            });

        static int? PerMille(decimal? percent) => percent is { } known ? (int)decimal.Round(known * 10) : null;
    }
}
