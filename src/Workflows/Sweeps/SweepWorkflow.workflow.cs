using CodingAgent.Forges;
using CodingAgent.Workflows.Schedules;
using Temporalio.Common;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace CodingAgent.Workflows.Sweeps;

/// <summary>
/// Looks for what passed unheard, now and then: has forges send again what did not arrive, looks at what changed in each repository, and whether the open
/// tasks stand as is known. What cannot be looked at now is looked at next time.
/// </summary>
[Workflow]
public sealed class SweepWorkflow
{
    // Whatever fails is tried again by the next sweep.
    private static readonly ActivityOptions Options = new()
    {
        StartToCloseTimeout = TimeSpan.FromMinutes(5),
        HeartbeatTimeout = TimeSpan.FromSeconds(10),
        RetryPolicy = new RetryPolicy { InitialInterval = TimeSpan.FromSeconds(5), MaximumAttempts = 3 },
    };

    // All repositories in one step.
    private static readonly ActivityOptions OfSchedules = new() { StartToCloseTimeout = TimeSpan.FromMinutes(20), HeartbeatTimeout = Options.HeartbeatTimeout, RetryPolicy = Options.RetryPolicy };

    /// <summary>Runs one sweep.</summary>
    [WorkflowRun]
    public async Task<SweepReport> RunAsync()
    {
        var sweep = Workflow.Info.RunId;
        var report = new SweepReport(0, 0, 0, 0, 0);
        report += await TryAsync(() => Workflow.ExecuteActivityAsync((SweepActivities a) => a.RedeliverAsync(), Options));
        IReadOnlyList<RepoRef> repositories = [];
        var areListed = false;
        report += await TryAsync(async () =>
        {
            repositories = await Workflow.ExecuteActivityAsync((SweepActivities a) => a.ListRepositoriesAsync(), Options);
            areListed = true;
            return new SweepReport(0, 0, 0, 0, 0);
        });
        foreach (var repo in repositories)
            report += await TryAsync(() => Workflow.ExecuteActivityAsync((SweepActivities a) => a.SweepRepositoryAsync(repo, sweep), Options));
        // Without the list it would look as if no repository had schedules any more.
        if (areListed && Workflow.Patched("reconciles-schedules"))
        {
            report += await TryAsync(async () =>
            {
                var schedules = await Workflow.ExecuteActivityAsync((ScheduleActivities a) => a.ReconcileAsync(repositories), OfSchedules);
                return new SweepReport(0, 0, 0, 0, schedules.Failed) { Schedules = schedules.Changed };
            });
        }

        return report + await TryAsync(() => Workflow.ExecuteActivityAsync((SweepActivities a) => a.SweepTasksAsync(sweep), Options));
    }

    private static async Task<SweepReport> TryAsync(Func<Task<SweepReport>> look)
    {
        try
        {
            return await look();
        }
        catch (ActivityFailureException e) when (!TemporalException.IsCanceledException(e))
        {
            return new SweepReport(0, 0, 0, 0, 1);
        }
    }
}

/// <summary>What a sweep did.</summary>
/// <param name="Redelivered">Deliveries that forges are to send again.</param>
/// <param name="Repositories">Repositories that were looked through.</param>
/// <param name="Subjects">Issues and pull requests that are looked at.</param>
/// <param name="Mended">Tasks that had ended without knowing it.</param>
/// <param name="Failed">What could not be looked at.</param>
public sealed record SweepReport(int Redelivered, int Repositories, int Subjects, int Mended, int Failed)
{
    /// <summary>Schedules that were made, changed or taken away.</summary>
    public int Schedules { get; init; }

    /// <summary>Both together.</summary>
    public static SweepReport operator +(SweepReport a, SweepReport b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        return new SweepReport(a.Redelivered + b.Redelivered, a.Repositories + b.Repositories, a.Subjects + b.Subjects, a.Mended + b.Mended, a.Failed + b.Failed) { Schedules = a.Schedules + b.Schedules };
    }
}
