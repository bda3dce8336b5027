using CodingAgent.Forges;
using CodingAgent.Forges.Events;
using CodingAgent.Storage;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Routing;

namespace CodingAgent.BotHost.Dispatch;

/// <summary>Notes which pull requests of tasks were reverted, by whosever pull request, when that is merged.</summary>
/// <param name="pulls">Reads it.</param>
/// <param name="links">Finds whose a reverted commit was.</param>
/// <param name="milestones">Where it is noted.</param>
/// <param name="time">Clock.</param>
public sealed class RevertWatch(IForgePulls pulls, ILinkStore links, TaskMilestones milestones, TimeProvider time)
{
    // After that nothing counts as reverted because of what it did.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(31);

    /// <summary>Looks at what was merged.</summary>
    /// <param name="merged">What the forge told.</param>
    /// <param name="receivedAt">When.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was found, in words; null for nothing.</returns>
    /// <exception cref="ForgeUnavailableException">The forge is away: try again later.</exception>
    public async Task<string?> LookAsync(ForgeEvent.PullChanged merged, DateTimeOffset receivedAt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(merged);
        // Where there is nothing to revert, the forge is not asked.
        if (!await milestones.HasMergedAsync(merged.Repo, time.GetUtcNow() - Longest, cancellationToken))
            return null;
        PullRequest pull;
        try
        {
            pull = await pulls.GetPullAsync(merged.Repo, merged.Number, cancellationToken);
        }
        catch (ForgeRejectedException)
        {
            // Deleted, or not to be seen: that a figure lacks it is no reason to hold anything up.
            return null;
        }

        if (!pull.IsMerged)
            return null;
        var (numbers, commits) = RevertText.Read(merged.Repo, pull);
        var reverted = new HashSet<int>(numbers);
        foreach (var commit in commits)
        {
            if (await links.FindByHeadAsync(merged.Repo, commit, cancellationToken) is { } task && await milestones.FindMergedPullAsync(task, cancellationToken) is { } number)
                reverted.Add(number);
        }

        var known = new List<int>();
        foreach (var number in reverted.Where(n => n != merged.Number).Order())
        {
            if (await milestones.RevertedAsync(merged.Repo, number, receivedAt, cancellationToken))
                known.Add(number);
        }

        return known.Count > 0 ? $"reverts {string.Join(", ", known.Select(n => $"{ForgeTerms.Of(merged.Repo).PullSign}{n}"))}" : null;
    }
}
