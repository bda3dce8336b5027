using CodingAgent.Agents.Journal;

namespace CodingAgent.Agents.Tests.Fakes;

/// <summary>A journal in memory with real fencing, and a switch that makes the process "die" at a chosen write.</summary>
internal sealed class MemoryJournal : IAgentJournal
{
    private readonly Dictionary<string, (int Attempt, SortedDictionary<int, JournalTurn> Turns)> _runs = [];

    /// <summary>Called before (false) and after (true) each write; throws to die there.</summary>
    public Action<string, int, bool>? OnWrite { get; set; }

    public IReadOnlyList<JournalTurn> Turns(string runId) => [.. _runs[runId].Turns.Values];

    public Task<IReadOnlyList<JournalTurn>> OpenAsync(string runId, int attempt, CancellationToken cancellationToken)
    {
        var turns = _runs.TryGetValue(runId, out var run) ? run.Turns : [];
        if (attempt < run.Attempt)
            throw new JournalFencedException($"attempt {run.Attempt} owns {runId}");
        _runs[runId] = (attempt, turns);
        return Task.FromResult<IReadOnlyList<JournalTurn>>([.. turns.Values]);
    }

    public Task AppendResponseAsync(string runId, int attempt, int turn, string responseJson, CancellationToken cancellationToken) =>
        WriteAsync("response", runId, attempt, turn, turns =>
        {
            turns.ContainsKey(turn).ShouldBeFalse("a response is journalled once");
            turns.Keys.Count.ShouldBe(turn - 1);
            turns[turn] = new JournalTurn(turn, responseJson, null, null);
        });

    public Task AppendTurnAsync(string runId, int attempt, int turn, string outputsJson, string? snapshot, CancellationToken cancellationToken) =>
        WriteAsync("turn", runId, attempt, turn, turns =>
        {
            turns[turn].OutputsJson.ShouldBeNull("a turn is closed once");
            turns[turn] = turns[turn] with { OutputsJson = outputsJson, Snapshot = snapshot };
        });

    private Task WriteAsync(string what, string runId, int attempt, int turn, Action<SortedDictionary<int, JournalTurn>> write)
    {
        var (owner, turns) = _runs[runId];
        if (attempt < owner)
            throw new JournalFencedException($"attempt {owner} owns {runId}");
        OnWrite?.Invoke(what, turn, false);
        write(turns);
        OnWrite?.Invoke(what, turn, true);
        return Task.CompletedTask;
    }
}
