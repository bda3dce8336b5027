using System.Collections.Concurrent;
using CodingAgent.Agents.Sessions;

namespace CodingAgent.TestKit;

/// <summary>Sessions in memory.</summary>
public sealed class FakeSessions : IAgentSessions
{
    private readonly ConcurrentDictionary<string, List<(string RunId, List<string> Items)>> _sessions = new(StringComparer.Ordinal);

    public Task<IReadOnlyList<SessionItem>> GetAsync(string session, int? most, CancellationToken cancellationToken)
    {
        var runs = Of(session);
        lock (runs)
            return Task.FromResult<IReadOnlyList<SessionItem>>([.. runs.SelectMany(r => r.Items.Select(i => new SessionItem(r.RunId, i))).TakeLast(most ?? int.MaxValue)]);
    }

    public Task AddAsync(string session, string runId, IReadOnlyList<string> items, CancellationToken cancellationToken)
    {
        var runs = Of(session);
        lock (runs)
        {
            var at = runs.FindIndex(r => r.RunId == runId);
            if (at < 0)
                runs.Add((runId, [.. items]));
            else
                runs[at] = (runId, [.. items]);
        }

        return Task.CompletedTask;
    }

    public Task<SessionItem?> PopAsync(string session, CancellationToken cancellationToken)
    {
        var runs = Of(session);
        lock (runs)
        {
            if (runs is not [.., var last])
                return Task.FromResult<SessionItem?>(null);
            var item = new SessionItem(last.RunId, last.Items[^1]);
            last.Items.RemoveAt(last.Items.Count - 1);
            if (last.Items.Count == 0)
                runs.Remove(last);
            return Task.FromResult<SessionItem?>(item);
        }
    }

    public Task ClearAsync(string session, CancellationToken cancellationToken)
    {
        _sessions.TryRemove(session, out _);
        return Task.CompletedTask;
    }

    private List<(string RunId, List<string> Items)> Of(string session) => _sessions.GetOrAdd(session, _ => []);
}
