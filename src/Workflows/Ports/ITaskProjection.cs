using CodingAgent.Forges;
using CodingAgent.Workflows.Flows;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.Workflows.Ports;

/// <summary>The <c>tasks</c> table: written by one activity, read by REST and pages.</summary>
public interface ITaskProjection
{
    /// <summary>Stores the summary unless a newer version of the same run is there already.</summary>
    Task UpsertAsync(TaskSummary task, CancellationToken cancellationToken);

    /// <summary>Reads one task; null when unknown.</summary>
    Task<TaskSummary?> FindAsync(TaskId id, CancellationToken cancellationToken);

    /// <summary>
    /// Newest tasks first, by when they started. Who goes on after the last of a page sees none twice, and misses none that was there when they
    /// began and was not started anew meanwhile, however tasks change between the pages.
    /// </summary>
    Task<IReadOnlyList<TaskSummary>> ListAsync(TaskQuery query, CancellationToken cancellationToken);

    /// <summary>Repositories of a forge that tasks were asked for in or work in, those of the newest tasks first.</summary>
    /// <param name="forge">The forge.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<IReadOnlyList<RepoRef>> ListRepositoriesAsync(ForgeKind forge, int limit, CancellationToken cancellationToken);
}

/// <summary>Which tasks; all that is given must hold.</summary>
/// <param name="Limit">At most so many.</param>
public sealed record TaskQuery(int Limit)
{
    /// <summary>Those that work in this repository; null for any.</summary>
    public RepoRef? Repo { get; init; }

    /// <summary>Those that were asked for in one of these repositories, and work in one of them; null for any.</summary>
    public IReadOnlyCollection<RepoRef>? Within { get; init; }

    /// <summary>Those in one of these states; empty for any.</summary>
    public IReadOnlyList<TaskState> States { get; init; } = [];

    /// <summary>Those of one of these jobs; empty for any.</summary>
    public IReadOnlyList<TaskKind> Kinds { get; init; } = [];

    /// <summary>Those that this login asked for, ignoring case as forges do; null for anybody.</summary>
    public string? RequestedBy { get; init; }

    /// <summary>Those that changed after this moment; null for any.</summary>
    public DateTimeOffset? UpdatedAfter { get; init; }

    /// <summary>Those that come after this place; null for the newest.</summary>
    public TaskPlace? After { get; init; }
}

/// <summary>A place in the list of tasks, whether or not a task is still there.</summary>
/// <param name="CreatedAt">Start of the task there, to the millisecond.</param>
/// <param name="Id">Its id as text, in small letters.</param>
public sealed record TaskPlace(DateTimeOffset CreatedAt, string Id)
{
    /// <summary>Where a task is.</summary>
    public static TaskPlace Of(TaskSummary task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return new(DateTimeOffset.FromUnixTimeMilliseconds(task.CreatedAt.ToUnixTimeMilliseconds()), task.Id.ToString().ToLowerInvariant());
    }
}
