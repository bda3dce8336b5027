using System.Globalization;
using CodingAgent.Mcp.Files;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>
/// Limits where no control group can be made: resource limits for each process, and a watcher that adds up the tree and the temporary file
/// systems that only it sees. Less exact than control groups: a tree can overshoot between two looks, but no single process can; memory that
/// would be neither in a process nor in a file system cannot be had (<see cref="SystemCallFilter"/>).
/// </summary>
/// <param name="user">The commands' user; null for this process's own.</param>
/// <param name="countsByNamespace">Each sandbox has a user namespace in which the kernel counts its processes alone.</param>
/// <param name="time">Clock.</param>
internal sealed class SupervisorLimiter(SandboxUser? user, bool countsByNamespace, TimeProvider time) : ILimiter
{
    public LimitMechanism Mechanism => LimitMechanism.Supervisor;

    public static bool IsUsable => File.Exists("/proc/self/statm");

    public ILimitScope Open(SandboxLimits limits)
    {
        var kilobytes = limits.MemoryBytes / 1024;
        var prelude = string.Create(CultureInfo.InvariantCulture, $"ulimit -d {kilobytes}; ");
        if (countsByNamespace) return new SupervisorScope(limits, prelude, time) { ProcessesInNamespace = limits.MaxProcesses };
        // RLIMIT_NPROC counts all tasks of the user, not of the tree: what runs already is added.
        var processes = limits.MaxProcesses + ProcessTable.TasksOf(user?.Uid);
        return new SupervisorScope(limits, prelude + string.Create(CultureInfo.InvariantCulture, $"ulimit -p {processes} 2>/dev/null || ulimit -u {processes}; "), time);
    }
}

/// <summary>Watches one process tree and stops it above its limits.</summary>
internal sealed class SupervisorScope(SandboxLimits limits, string prelude, TimeProvider time) : ILimitScope
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _ended = new();
    private Task _watch = Task.CompletedTask;
    private volatile bool _memoryExceeded;

    public IReadOnlyList<string> Entries => [];

    public string Prelude => prelude;

    public int? ProcessesInNamespace { get; init; }

    public CancellationToken Stop => _stop.Token;

    public void Watch(int processId) => _watch = WatchAsync(processId);

    public bool MemoryExceeded() => _memoryExceeded;

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _watch;
        _stop.Dispose();
        _ended.Dispose();
    }

    private async Task WatchAsync(int root)
    {
        try
        {
            using var timer = new PeriodicTimer(Period, time);
            while (await timer.WaitForNextTickAsync(_ended.Token))
            {
                var (tasks, bytes, processes) = ProcessTable.TreeOf(root);
                if (bytes + TemporaryFiles.Of(processes) > limits.MemoryBytes) _memoryExceeded = true;
                if (_memoryExceeded || tasks > limits.MaxProcesses + 4) await _stop.CancelAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The command has ended.
        }
    }
}
