using System.Runtime.CompilerServices;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Api;

/// <summary>What there is of a task's live log and what comes, and the task itself whenever it changes, until it has ended.</summary>
/// <param name="tasks">Where tasks stand.</param>
/// <param name="log">The log.</param>
/// <param name="time">Clock.</param>
/// <param name="lifetime">Ends with the service.</param>
internal sealed class TaskFollower(ITaskProjection tasks, ITaskLog log, TimeProvider time, IHostApplicationLifetime lifetime)
{
    /// <summary>Entries that are read at once.</summary>
    public const int MostRows = 500;

    // Other processes write too, so that nothing here can ring a bell.
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(500);

    // A key that was revoked meanwhile reads on no longer than this: who follows comes again with it.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    // Proxies give up on connections that are silent for a minute or so.
    private static readonly TimeSpan Ping = TimeSpan.FromSeconds(15);

    /// <summary>Follows it.</summary>
    /// <param name="task">The task.</param>
    /// <param name="after">Entry to go on after.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="until">When who follows must be judged again, if that is sooner than in a quarter of an hour.</param>
    public async IAsyncEnumerable<Seen> FollowAsync(TaskId task, long after, [EnumeratorCancellation] CancellationToken cancellationToken, DateTimeOffset? until = null)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        var began = time.GetTimestamp();
        var told = began;
        (string Run, long Version)? shown = null;
        while (!ending.IsCancellationRequested && time.GetElapsedTime(began) < Longest && !(until <= time.GetUtcNow()))
        {
            // Asked first: what belongs to the end is in the log before it.
            var summary = await tasks.FindAsync(task, cancellationToken);
            var rows = await log.ReadAsync(task, after, MostRows, cancellationToken);
            foreach (var row in rows)
            {
                after = row.Seq;
                yield return new Seen.Entry(row);
                told = time.GetTimestamp();
            }

            if (rows.Count == MostRows)
                continue;
            if (summary is not null && shown != (summary.RunId, summary.Version))
            {
                shown = (summary.RunId, summary.Version);
                yield return new Seen.Changed(summary);
            }

            if (summary?.State.IsOver() == true)
            {
                yield return new Seen.Ended();
                yield break;
            }

            if (time.GetElapsedTime(told) >= Ping)
            {
                yield return new Seen.Nothing();
                told = time.GetTimestamp();
            }

            await Task.Delay(LookAgain, time, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What who follows sees.</summary>
    internal abstract record Seen
    {
        /// <summary>An entry of the log.</summary>
        internal sealed record Entry(TaskLogRow Row) : Seen;

        /// <summary>The task as it stands now.</summary>
        internal sealed record Changed(TaskSummary Task) : Seen;

        /// <summary>Nothing for a while.</summary>
        internal sealed record Nothing : Seen;

        /// <summary>Nothing follows.</summary>
        internal sealed record Ended : Seen;
    }
}
