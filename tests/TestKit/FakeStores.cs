using System.Collections.Concurrent;
using System.Security.Cryptography;
using CodingAgent.Forges;
using CodingAgent.Mcp;
using CodingAgent.Workflows.Ports;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.TestKit;

/// <summary>Stores in memory that keep their ports' promises; tests can wait for a projection instead of sleeping.</summary>
public sealed class FakeStores : ITaskProjection, ITaskLog, ILinkStore, IArtifactStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TaskId, TaskSummary> _tasks = [];
    private readonly List<(TaskId Task, int? Issue, int? Pull, string? Sha)> _links = [];
    private readonly List<(TaskId Task, TaskLogRow Row)> _log = [];
    private readonly ConcurrentDictionary<string, byte[]> _artifacts = new(StringComparer.Ordinal);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Every state a task has told, in order, without repeats in a row.</summary>
    public List<TaskState> States { get; } = [];

    public Task UpsertAsync(TaskSummary task, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_tasks.TryGetValue(task.Id, out var known) && known.RunId == task.RunId && known.Version > task.Version)
                return Task.CompletedTask;
            _tasks[task.Id] = task;
            if (States.Count == 0 || States[^1] != task.State)
                States.Add(task.State);
            _changed.TrySetResult();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return Task.CompletedTask;
    }

    public Task<TaskSummary?> FindAsync(TaskId id, CancellationToken cancellationToken)
    {
        lock (_lock)
            return Task.FromResult(_tasks.GetValueOrDefault(id));
    }

    public Task<IReadOnlyList<TaskSummary>> ListAsync(TaskQuery query, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<TaskSummary>>([.. _tasks.Values
                .Select(t => (Task: t, Place: TaskPlace.Of(t)))
                .Where(t => query.After is not { } after || t.Place.CreatedAt < after.CreatedAt
                    || (t.Place.CreatedAt == after.CreatedAt && string.CompareOrdinal(t.Place.Id, after.Id) > 0))
                .Where(t => (query.Repo is null || t.Task.Repo == query.Repo)
                    && (query.Within is null || (query.Within.Contains(t.Task.Id.Repo) && query.Within.Contains(t.Task.Repo)))
                    && (query.States.Count == 0 || query.States.Contains(t.Task.State)) && (query.Kinds.Count == 0 || query.Kinds.Contains(t.Task.Kind))
                    && (query.RequestedBy is null || query.RequestedBy.Equals(t.Task.RequestedBy, StringComparison.OrdinalIgnoreCase))
                    && (query.UpdatedAfter is null || t.Task.UpdatedAt > query.UpdatedAfter))
                .OrderByDescending(t => t.Place.CreatedAt).ThenBy(t => t.Place.Id, StringComparer.Ordinal)
                .Take(query.Limit).Select(t => t.Task)]);
        }
    }

    public Task<IReadOnlyList<RepoRef>> ListRepositoriesAsync(ForgeKind forge, int limit, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<RepoRef>>([.. _tasks.Values.OrderByDescending(t => t.CreatedAt)
                .SelectMany(t => (RepoRef[])[t.Id.Repo, t.Repo]).Where(r => r.Forge == forge).Distinct().Take(limit)]);
        }
    }

    /// <summary>Waits until the task's projection satisfies the condition; null when it did not within the patience.</summary>
    public async Task<TaskSummary?> WaitAsync(TaskId id, Func<TaskSummary, bool> condition, TimeSpan patience)
    {
        using var deadline = new CancellationTokenSource(patience);
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_tasks.TryGetValue(id, out var task) && condition(task))
                    return task;
                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }
    }

    public Task AppendAsync(TaskId task, IReadOnlyList<TaskLogEntry> entries, CancellationToken cancellationToken)
    {
        lock (_lock)
            _log.AddRange(entries.Select((e, i) => (task, new TaskLogRow(_log.Count + i + 1, e))));
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<TaskLogRow>> ReadAsync(TaskId task, long after, int most, CancellationToken cancellationToken)
    {
        lock (_lock)
            return Task.FromResult<IReadOnlyList<TaskLogRow>>([.. _log.Where(l => l.Task == task && l.Row.Seq > after).Select(l => l.Row).Take(most)]);
    }

    public Task<IReadOnlyList<TaskLogRow>> ReadLastAsync(TaskId task, int most, CancellationToken cancellationToken)
    {
        lock (_lock)
            return Task.FromResult<IReadOnlyList<TaskLogRow>>([.. _log.Where(l => l.Task == task).Select(l => l.Row).TakeLast(most)]);
    }

    public Task LinkAsync(TaskId task, RepoRef repo, int? issue, int? pull, string? headSha, CancellationToken cancellationToken)
    {
        lock (_lock)
            _links.Add((task, issue, pull, headSha));
        return Task.CompletedTask;
    }

    public Task<TaskId?> FindByIssueAsync(RepoRef repo, int issue, CancellationToken cancellationToken) => Find(l => l.Issue == issue);

    public Task<TaskId?> FindByPullAsync(RepoRef repo, int pull, CancellationToken cancellationToken) => Find(l => l.Pull == pull);

    public Task<TaskId?> FindByHeadAsync(RepoRef repo, string headSha, CancellationToken cancellationToken) => Find(l => l.Sha == headSha);

    public Task NameAsync(RepoRef repo, long id, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<IReadOnlyList<RepoRef>> ListNamedAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> IsNamedAsync(RepoRef repo, CancellationToken cancellationToken) => Task.FromResult(true);

    public Task<string> PutAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var id = Convert.ToHexStringLower(SHA256.HashData(content.Span));
        _artifacts[id] = content.ToArray();
        return Task.FromResult(id);
    }

    /// <summary>Stores a record as activities do.</summary>
    public Task<string> PutJsonForTestsAsync<T>(T value) => PutAsync(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(value), default);

    public Task<byte[]?> GetAsync(string id, CancellationToken cancellationToken) => Task.FromResult(_artifacts.GetValueOrDefault(id));

    private Task<TaskId?> Find(Predicate<(TaskId Task, int? Issue, int? Pull, string? Sha)> match)
    {
        lock (_lock)
        {
            var at = _links.FindLastIndex(match);
            return Task.FromResult(at < 0 ? null : _links[at].Task);
        }
    }
}
