using System.Collections.Concurrent;
using System.Globalization;
using CodingAgent.Mcp.Overlays;
using CodingAgent.Mcp.Processes;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>
/// Holds what one command writes to disk to its bound: looks four times a second how much room the disk has lost, and only when that might be too
/// much, how much lies in the command's folders. Above the bound the command ends. It overshoots by what is written between two looks.
/// </summary>
internal sealed class DiskWatch : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    // A folder that takes longer to look through is judged by what the disk has lost since the last look.
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(5);

    // What lay in a folder when it was last looked at, and what the disk has lost to commands in it since: an upper bound.
    private static readonly ConcurrentDictionary<string, long> Known = new(StringComparer.Ordinal);

    private readonly long _most;
    private readonly IReadOnlyList<string> _folders;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _ended = new();
    private Task _watch = Task.CompletedTask;

    /// <summary>Watches nothing yet.</summary>
    /// <param name="most">Bytes the folders may hold together.</param>
    /// <param name="command">The command.</param>
    /// <param name="time">Clock.</param>
    public DiskWatch(long most, SandboxCommand command, TimeProvider time)
    {
        (_most, _time) = (most, time);
        _folders = [.. new[] { command.ReadOnlyWorkspace ? null : command.WorkspacePath, command.HomePath }.OfType<string>()];
    }

    /// <summary>Cancelled when the command has written too much.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>What to tell about it; null when the command kept within its bound.</summary>
    public string? Words => Stop.IsCancellationRequested
        ? string.Create(CultureInfo.InvariantCulture, $"[killed: the workspace holds more than {_most >> 20} MiB, its bound; delete what is not needed]")
        : null;

    /// <summary>Begins; called with the process id of the command's outermost program, in whose namespaces its folders are what it sees.</summary>
    public void Watch(int processId)
    {
        if (_folders.Count > 0) _watch = WatchAsync(processId.ToString(CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _watch;
        _stop.Dispose();
        _ended.Dispose();
    }

    private async Task WatchAsync(string process)
    {
        IReadOnlyList<string> written = _folders;
        var free = Free(written[0]);
        var begun = -1L;
        try
        {
            using var timer = new PeriodicTimer(Period, _time);
            while (await timer.WaitForNextTickAsync(_ended.Token))
            {
                // Of an overlay what counts is its upper layer; it is there when the process has entered its namespace.
                written = [.. _folders.Select(f => MountTable.UpperOf(process, f) ?? f)];
                var (was, now) = (free, Free(written[0]));
                free = now;
                if (Add(written, Math.Max(0, was - now)) <= _most) continue;
                var bytes = await LookAsync(written, _ended.Token);
                // What was too much before it began may stay, and shrink.
                if (begun < 0) begun = Math.Max(bytes - Math.Max(0, was - now), 0);
                if (bytes > Math.Max(_most, begun)) await _stop.CancelAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The command has ended.
        }
        finally
        {
            Add(written, Math.Max(0, free - Free(written[0])));
        }
    }

    private static long Add(IReadOnlyList<string> folders, long lost)
    {
        foreach (var gone in Known.Keys.Where(f => !Directory.Exists(f))) Known.TryRemove(gone, out _);
        return Known.AddOrUpdate(folders[0], lost, (_, known) => known + lost);
    }

    private async Task<long> LookAsync(IReadOnlyList<string> folders, CancellationToken cancellationToken)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = "/usr/bin:/bin", ["LC_ALL"] = "C" };
        var output = new HeadTailBuffer(4096);
        // A program: names that are no text and any depth are nothing special to it. Where it cannot look, what the disk has lost is what counts.
        var exit = await ChildProcess.RunAsync(new ChildCommand("du", ["-sxc", "-B1", "--", .. folders], environment, LongestLook), output, new HeadTailBuffer(100), _time, cancellationToken);
        var last = output.ToText().Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "";
        if (exit.ExitCode == 0 && long.TryParse(last.Split('\t')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)) return Known[folders[0]] = bytes;
        return Known[folders[0]];
    }

    private static long Free(string folder)
    {
        try
        {
            return new DriveInfo(folder).TotalFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
