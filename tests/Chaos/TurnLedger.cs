using CodingAgent.Playground.Demo;

namespace CodingAgent.Chaos;

/// <summary>
/// Counts how often the model was asked each turn. Asking again is right only after something died, and only while the answer is
/// outstanding: not yet journaled.
/// </summary>
internal sealed class TurnLedger
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _requests = [];
    private readonly HashSet<string> _outstanding = [];
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
            _outstanding.Clear();
            _doubled.Clear();
            _kills = 0;
        }
    }

    public void NoteAsked(ModelTap.TurnRequest turn)
    {
        lock (_gate)
        {
            var requests = _requests[turn.Key] = _requests.GetValueOrDefault(turn.Key) + 1;
            var isOutstanding = !_outstanding.Add(turn.Key);
            if (requests > 1 && !isOutstanding)
                _doubled.Add($"a turn of {turn.Role} was asked again although its answer was journaled");
            else if (requests > 1 + _kills)
                _doubled.Add($"a turn of {turn.Role} was asked {requests} times, with {_kills} kills");
        }
    }

    /// <summary>The journal has an answer more: turns follow each other, so nothing asked before is outstanding any more.</summary>
    public void NoteJournaled()
    {
        lock (_gate)
            _outstanding.Clear();
    }

    public void NoteKill()
    {
        lock (_gate)
            _kills++;
    }
}
