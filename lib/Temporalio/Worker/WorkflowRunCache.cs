namespace Temporalio.Worker;

/// <summary>
/// The runs kept in memory between their tasks, least recently used ones given up first, and the turn-taking of tasks of one
/// run. A run that is given up is simply forgotten: nothing outside it refers to it, so no code of it ever runs again.
/// </summary>
/// <param name="capacity">Most runs kept. Those whose task is being worked on come on top.</param>
internal sealed class WorkflowRunCache(int capacity)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Place>> _places = new(StringComparer.Ordinal);
    private readonly LinkedList<Place> _byUse = new();

    /// <summary>Waits until no other task of the run is worked on.</summary>
    /// <param name="runId">The run.</param>
    /// <returns>Its place; disposing it lets the next task in.</returns>
    public async Task<Place> EnterAsync(string runId)
    {
        Place place;
        lock (_lock)
        {
            if (!_places.TryGetValue(runId, out var node))
            {
                _places[runId] = node = _byUse.AddFirst(new Place(this, runId));
            }

            place = node.Value;
            place.Users++;
        }

        await place.Turn.WaitAsync();
        return place;
    }

    private void Leave(Place place)
    {
        place.Turn.Release();
        lock (_lock)
        {
            place.Users--;
            var node = _places[place.RunId];
            _byUse.Remove(node);
            _byUse.AddFirst(node);
            if (place is { Users: 0, Run: null })
            {
                Forget(node);
            }

            for (var last = _byUse.Last; _places.Count > capacity && last is not null;)
            {
                var previous = last.Previous;
                if (last.Value.Users == 0)
                {
                    Forget(last);
                }

                last = previous;
            }
        }
    }

    private void Forget(LinkedListNode<Place> node)
    {
        _byUse.Remove(node);
        _places.Remove(node.Value.RunId);
    }

    /// <summary>Where a run is kept, and the turn of one task of it.</summary>
    internal sealed class Place(WorkflowRunCache cache, string runId) : IDisposable
    {
        public string RunId => runId;

        /// <summary>The run as its last task left it; null when it has to be made from its history.</summary>
        public WorkflowRun? Run { get; set; }

        public SemaphoreSlim Turn { get; } = new(1);

        public int Users { get; set; }

        public void Dispose() => cache.Leave(this);
    }
}
