namespace TemporalServer.Matching;

/// <summary>Joins tasks on offer with held polls. Not thread-safe: the engine's lock guards it.</summary>
internal sealed class TaskQueues(TimeProvider clock)
{
    // A queue polled within this time counts as having a worker: polls come back to back.
    private static readonly TimeSpan RecentPoll = TimeSpan.FromSeconds(10);

    // Polls that overtake their worker's good-bye come within moments: the last few keys are enough.
    private const int LeftWorkers = 1000;
    private readonly Dictionary<QueueKey, QueueState> _queues = [];
    private readonly HashSet<string> _left = new(StringComparer.Ordinal);
    private readonly Queue<string> _leftInOrder = new();
    private readonly HashSet<Poller> _underway = [];

    /// <summary>Offers a task: the longest waiting poll gets it, else it waits.</summary>
    /// <param name="key">The queue.</param>
    /// <param name="task">The task.</param>
    /// <param name="deliver">Starts the task for a worker; null when it no longer stands.</param>
    public void Offer(QueueKey key, TaskRef task, Func<TaskRef, string, Delivery?> deliver)
    {
        var queue = Get(key);
        if (queue.Pollers.First is not { } node)
        {
            // Somebody waits for the answer of a query, and not for long: it passes the tasks.
            (task is TaskRef.QueryTask ? queue.Queries : queue.Backlog).AddLast(task);
            return;
        }

        if (deliver(task, node.Value.Identity) is { } delivery)
        {
            queue.Pollers.Remove(node);
            Give(node.Value, delivery);
        }
    }

    /// <summary>Takes the first task that still stands, or holds the poll.</summary>
    public void Poll(QueueKey key, Poller poller, Func<TaskRef, string, Delivery?> deliver)
    {
        if (HasLeft(poller))
        {
            poller.SetAnswer(null);
            return;
        }

        var queue = Get(key);
        queue.LastPoll = clock.GetTimestamp();
        queue.LastIdentity = poller.Identity;
        queue.Polled = true;
        while ((queue.Queries.First ?? queue.Backlog.First) is { } node)
        {
            node.List!.Remove(node);
            if (deliver(node.Value, poller.Identity) is { } delivery)
            {
                Give(poller, delivery);
                return;
            }
        }

        queue.Pollers.AddLast(poller);
    }

    /// <summary>Gives up a held poll; false when a task was delivered to it.</summary>
    /// <param name="key">The queue.</param>
    /// <param name="poller">The poll.</param>
    /// <param name="gone">True when the worker broke the poll off, rather than its time running out: then it will not be back at once.</param>
    public bool Leave(QueueKey key, Poller poller, bool gone)
    {
        if (!_queues.TryGetValue(key, out var queue) || !queue.Pollers.Remove(poller))
        {
            return false;
        }

        queue.LastPoll = clock.GetTimestamp();
        if (gone && queue.Pollers.Count == 0)
        {
            queue.Polled = false;
            if (queue.Backlog.Count + queue.Queries.Count == 0)
            {
                _queues.Remove(key);
            }
        }

        return true;
    }

    /// <summary>Whether somebody polls a queue, or did just now.</summary>
    public bool HasWorker(QueueKey key) =>
        _queues.TryGetValue(key, out var queue)
        && queue.Polled
        && (queue.Pollers.Count > 0 || clock.GetElapsedTime(queue.LastPoll) < RecentPoll);

    /// <summary>Forgets a queue and ends its polls; returns the tasks left in it.</summary>
    public IReadOnlyList<TaskRef> Remove(QueueKey key)
    {
        if (!_queues.Remove(key, out var queue))
        {
            return [];
        }

        foreach (var poller in queue.Pollers)
        {
            poller.SetAnswer(null);
        }

        return [.. queue.Queries, .. queue.Backlog];
    }

    /// <summary>Those who poll a queue, or did just now.</summary>
    public IReadOnlyList<string> Workers(QueueKey key) =>
        _queues.TryGetValue(key, out var queue) && HasWorker(key)
            ? [.. queue.Pollers.Select(p => p.Identity).Append(queue.LastIdentity).Where(i => i.Length > 0).Distinct(StringComparer.Ordinal)]
            : [];

    /// <summary>Whether the worker that polls has said that it leaves.</summary>
    public bool HasLeft(Poller poller) => _left.Contains(poller.InstanceKey);

    /// <summary>Ends when what was given to the polls of a worker so far is on its way.</summary>
    public Task AllWritten(string instanceKey) => Task.WhenAll(_underway.Where(p => p.InstanceKey == instanceKey).Select(p => p.Written));

    /// <summary>What was given to a poll is on its way, or taken back.</summary>
    public void Forget(Poller poller) => _underway.Remove(poller);

    /// <summary>Ends every poll of a worker that leaves, and those of it that are still to come.</summary>
    public void EndPolls(string instanceKey)
    {
        if (_left.Add(instanceKey))
        {
            _leftInOrder.Enqueue(instanceKey);
            if (_left.Count > LeftWorkers)
            {
                _left.Remove(_leftInOrder.Dequeue());
            }
        }

        foreach (var queue in _queues.Values)
        {
            foreach (var poller in queue.Pollers.Where(p => p.InstanceKey == instanceKey).ToList())
            {
                queue.Pollers.Remove(poller);
                poller.SetAnswer(null);
            }
        }
    }

    /// <summary>Ends every held poll.</summary>
    public void EndPolls()
    {
        foreach (var queue in _queues.Values)
        {
            foreach (var poller in queue.Pollers)
            {
                poller.SetAnswer(null);
            }

            queue.Pollers.Clear();
        }
    }

    private void Give(Poller poller, Delivery delivery)
    {
        _underway.Add(poller);
        poller.SetAnswer(delivery);
    }

    private QueueState Get(QueueKey key)
    {
        if (!_queues.TryGetValue(key, out var queue))
        {
            queue = new QueueState();
            _queues[key] = queue;
        }

        return queue;
    }

    private sealed class QueueState
    {
        public LinkedList<TaskRef> Backlog { get; } = [];

        public LinkedList<TaskRef> Queries { get; } = [];

        public LinkedList<Poller> Pollers { get; } = [];

        public long LastPoll { get; set; }

        public string LastIdentity { get; set; } = string.Empty;

        public bool Polled { get; set; }
    }
}
