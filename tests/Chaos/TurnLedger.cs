namespace CodingAgent.Chaos;

/// <summary>
/// Counts how often the model was asked each turn. Asking again is right only after something died, and only while the answer is
/// outstanding: not yet journaled. An agent's turns follow each other, so its n-th turn is the n-th that its journal holds.
/// </summary>
internal sealed class TurnLedger
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _requests = [];
    private readonly Dictionary<string, List<string>> _asked = [];
    private readonly Dictionary<string, HashSet<(string Run, long Turn)>> _journaled = [];
    private readonly List<string> _doubled = [];
    private int _kills;

    /// <summary>Turns asked.</summary>
    public int Turns
    {
        get
        {
            lock (_gate)
                return _requests.Count;
        }
    }

    /// <summary>Requests that should not have been, in words.</summary>
    public IReadOnlyList<string> Doubled
    {
        get
        {
            lock (_gate)
                return [.. _doubled];
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _requests.Clear();
            _asked.Clear();
            _journaled.Clear();
            _doubled.Clear();
            _kills = 0;
        }
    }

    /// <param name="agent">The agent.</param>
    /// <param name="key">Names the turn.</param>
    public void NoteAsked(string agent, string key)
    {
        lock (_gate)
        {
            var turns = Of(_asked, agent);
            if (!turns.Contains(key))
                turns.Add(key);
            var requests = _requests[key] = _requests.GetValueOrDefault(key) + 1;
            var number = turns.IndexOf(key) + 1;
            if (requests > 1 && Of(_journaled, agent).Count >= number)
                _doubled.Add($"turn {number} of the {agent} was asked again although its answer was journaled");
            else if (requests > 1 + _kills)
                _doubled.Add($"turn {number} of the {agent} was asked {requests} times, with {_kills} kills");
        }
    }

    public void NoteJournaled(string agent, string run, long turn)
    {
        lock (_gate)
            Of(_journaled, agent).Add((run, turn));
    }

    public void NoteKill()
    {
        lock (_gate)
            _kills++;
    }

    private static T Of<T>(Dictionary<string, T> lists, string agent)
        where T : new() => lists.TryGetValue(agent, out var list) ? list : lists[agent] = new T();
}
