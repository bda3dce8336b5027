using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>A process and all its descendants, standing still: what they hold does not grow while it is looked at. Disposing lets them go on.</summary>
internal sealed class StoppedTree : IDisposable
{
    // From <signal.h>; the same on every processor that this runs on.
    private const int Stop = 19;
    private const int Continue = 18;

    // A tree that forks faster than it is stopped is looked at as it is.
    private const int MostRounds = 20;

    private readonly HashSet<int> _stopped = [];
    private bool _isLeft;

    private StoppedTree(IReadOnlyList<int> processes) => Processes = processes;

    /// <summary>All of them.</summary>
    public IReadOnlyList<int> Processes { get; private set; }

    /// <summary>Stops a tree; what its own debugger or shell had stopped already stays so afterwards. Nothing for an id that is nobody's, or everybody's.</summary>
    public static StoppedTree Of(int root)
    {
        var tree = new StoppedTree([]);
        if (root <= 1) return tree;
        for (var round = 0; round < MostRounds; round++)
        {
            var now = ProcessTable.MembersOf(root);
            tree.Processes = [.. now.Select(p => p.Id)];
            var running = now.Where(p => p.State is not ('T' or 't' or 'Z') && !tree._stopped.Contains(p.Id)).ToList();
            if (running.Count == 0) break;
            foreach (var process in running)
            {
                if (Libc.Signal(process.Id, Stop) == 0) tree._stopped.Add(process.Id);
            }
        }

        return tree;
    }

    /// <summary>Leaves them as they are: they are about to be killed.</summary>
    public void Leave() => _isLeft = true;

    public void Dispose()
    {
        foreach (var process in _isLeft ? [] : _stopped.ToList()) _ = Libc.Signal(process, Continue);
        _stopped.Clear();
    }
}
