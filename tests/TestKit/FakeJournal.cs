using CodingAgent.Agents.Journal;

namespace CodingAgent.TestKit;

/// <summary>A journal in memory that fences as the port demands.</summary>
public sealed class FakeJournal : IAgentJournal
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (int Attempt, SortedDictionary<int, JournalTurn> Turns)> _runs = new(StringComparer.Ordinal);

    public Task<IReadOnlyList<JournalTurn>> OpenAsync(string runId, int attempt, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (!_runs.TryGetValue(runId, out var run))
                run = (attempt, []);
            Fence(run.Attempt, attempt);
            _runs[runId] = (attempt, run.Turns);
            return Task.FromResult<IReadOnlyList<JournalTurn>>([.. run.Turns.Values]);
        }
    }

    public Task AppendResponseAsync(string runId, int attempt, int turn, string responseJson, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            Fence(_runs[runId].Attempt, attempt);
            _runs[runId].Turns[turn] = new JournalTurn(turn, responseJson, null, null);
        }

        return Task.CompletedTask;
    }

    public Task AppendTurnAsync(string runId, int attempt, int turn, string outputsJson, string? snapshot, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            Fence(_runs[runId].Attempt, attempt);
            _runs[runId].Turns[turn] = _runs[runId].Turns[turn] with { OutputsJson = outputsJson, Snapshot = snapshot };
        }

        return Task.CompletedTask;
    }

    private static void Fence(int newest, int attempt)
    {
        if (attempt < newest)
            throw new JournalFencedException($"Attempt {newest} owns the run.");
    }
}
