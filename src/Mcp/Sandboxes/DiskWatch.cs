using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Processes;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>
/// Holds what one command writes to disk to its bounds: looks four times a second how much room the disk has lost, and when that might be too
/// much, how much lies in the command's folders and in files that it deleted and keeps open; it stands still meanwhile. Others give room back
/// at the same time, which hides what it takes: so its folders are looked at now and then in any case. Beyond a bound the command ends. It
/// overshoots by what is written between two looks.
/// </summary>
internal sealed class DiskWatch : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    // A folder that takes longer to look through is judged by what the disk has lost since the last look.
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(5);

    // Looks that nothing gave a reason for: as often as their cost is nothing to a build, and never so long that the next reason waits.
    private const int LooksAtMostOneIn = 50;
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPlainLook = TimeSpan.FromSeconds(1);

    // What lay in a folder when it was last looked at, and what the disk has lost to commands in it since: an upper bound.
    private static readonly ConcurrentDictionary<string, DiskUse> Known = new(StringComparer.Ordinal);

    private readonly DiskBounds _most;
    private readonly IReadOnlyList<string> _folders;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _ended = new();
    private Task _watch = Task.CompletedTask;

    /// <summary>Watches nothing yet.</summary>
    /// <param name="most">What the folders may hold together.</param>
    /// <param name="command">The command.</param>
    /// <param name="time">Clock.</param>
    public DiskWatch(DiskBounds most, SandboxCommand command, TimeProvider time)
    {
        (_most, _time) = (most, time);
        _folders = [.. new[] { command.ReadOnlyWorkspace ? null : command.OwnPath ?? command.WorkspacePath, command.HomePath }.OfType<string>()];
    }

    /// <summary>Cancelled when the command has written too much.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>What to tell about it; null when the command kept within its bounds.</summary>
    public string? Words { get; private set; }

    /// <summary>Begins.</summary>
    /// <param name="process">Asked when it matters: the process id of the command's outermost program; 0 where it is not known.</param>
    public void Watch(Func<CancellationToken, Task<int>> process)
    {
        if (_folders.Count > 0) _watch = WatchAsync(process);
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _watch;
        _stop.Dispose();
        _ended.Dispose();
    }

    private async Task WatchAsync(Func<CancellationToken, Task<int>> process)
    {
        var free = DiskUse.FreeAt(_folders[0]);
        try
        {
            using var timer = new PeriodicTimer(Period, _time);
            // What was too much before it began may stay, and shrink.
            var begun = Known.TryGetValue(_folders[0], out var known) && WordsFor(known, DiskUse.Nothing) is null ? known : await LookAsync([], LongestLook, _ended.Token);
            var (looked, pause) = (_time.GetTimestamp(), ShortestPause);
            while (await timer.WaitForNextTickAsync(_ended.Token))
            {
                var now = DiskUse.FreeAt(_folders[0]);
                var use = Add((free - now).OrNothing);
                free = now;
                if (WordsFor(use, begun) is null)
                {
                    var start = _time.GetTimestamp();
                    if (_time.GetElapsedTime(looked, start) < pause) continue;
                    use = await LookAsync(ProcessTable.TreeFrom(await process(_ended.Token)), LongestPlainLook, _ended.Token);
                    looked = _time.GetTimestamp();
                    pause = TimeSpan.FromTicks(Math.Max(ShortestPause.Ticks, _time.GetElapsedTime(start, looked).Ticks * LooksAtMostOneIn));
                    if (WordsFor(use, begun) is null) continue;
                }

                using var tree = StoppedTree.Of(await process(_ended.Token));
                if (WordsFor(await LookAsync(tree.Processes, LongestLook, _ended.Token), begun) is not { } words) continue;
                Words = words;
                tree.Leave();
                await _stop.CancelAsync();
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // The command has ended.
        }
        finally
        {
            Add((free - DiskUse.FreeAt(_folders[0])).OrNothing);
        }
    }

    private string? WordsFor(DiskUse use, DiskUse begun)
    {
        if (use.Bytes > Math.Max(_most.Bytes, begun.Bytes))
            return string.Create(CultureInfo.InvariantCulture, $"[killed: the workspace holds more than {_most.Bytes >> 20} MiB, its bound; delete what is not needed]");
        return use.Files > Math.Max(_most.Files, begun.Files)
            ? string.Create(CultureInfo.InvariantCulture, $"[killed: the workspace holds more than {_most.Files} files and folders, its bound; delete what is not needed]")
            : null;
    }

    private DiskUse Add(DiskUse lost)
    {
        foreach (var gone in Known.Keys.Where(f => !Directory.Exists(f))) Known.TryRemove(gone, out _);
        return Known.AddOrUpdate(_folders[0], lost, (_, known) => known + lost);
    }

    private async Task<DiskUse> LookAsync(IReadOnlyList<int> processes, TimeSpan longest, CancellationToken cancellationToken)
    {
        // A program: names that are no text and any depth are nothing special to it. Where it cannot look, what the disk has lost is what counts.
        if (await CountAsync("-B1", longest, cancellationToken) is not { } bytes || await CountAsync("--inodes", longest, cancellationToken) is not { } files) return Known.GetValueOrDefault(_folders[0]);
        return Known[_folders[0]] = new DiskUse(bytes, files) + DeletedFiles.HeldBy(processes, cancellationToken);
    }

    private async Task<long?> CountAsync(string what, TimeSpan longest, CancellationToken cancellationToken)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = "/usr/bin:/bin", ["LC_ALL"] = "C" };
        var output = new HeadTailBuffer(4096);
        var exit = await ChildProcess.RunAsync(new ChildCommand("du", ["-sxc", what, "--", .. _folders], environment, longest), output, new HeadTailBuffer(100), _time, cancellationToken);
        var last = output.ToText().Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "";
        // What could not be read is missing from the sum, and a command can close its folders: then no sum counts.
        return exit.ExitCode == 0 && long.TryParse(last.Split('\t')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;
    }
}

/// <summary>Most that a workspace, with the HOME of a set-up, may hold of its own; a command that goes beyond ends.</summary>
/// <param name="Bytes">Bytes on disk.</param>
/// <param name="Files">Files, folders and links.</param>
public sealed record DiskBounds(long Bytes, long Files)
{
    /// <summary>Room for the largest builds known; a file system that holds a workspace has some sixteen million files.</summary>
    public static DiskBounds Default { get; } = new(20L << 30, 2_000_000);
}

/// <summary>Room on a disk: bytes, and files (inodes).</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct DiskUse(long Bytes, long Files)
{
    public static DiskUse Nothing => default;

    /// <summary>No less than nothing of either.</summary>
    public DiskUse OrNothing => new(Math.Max(0, Bytes), Math.Max(0, Files));

    /// <summary>What is free on the file system of a folder; no files where it does not count them (btrfs).</summary>
    public static DiskUse FreeAt(string folder)
    {
        // struct statvfs of 64-bit Linux: size of a block at 8, free blocks at 24, free inodes at 48.
        Span<long> stat = stackalloc long[32];
        return Libc.FileSystem(folder, stat) == 0 ? new DiskUse(stat[1] * stat[3], stat[6]) : Nothing;
    }

    /// <summary>False where the file system of a folder is mounted so that no program of it can be run.</summary>
    public static bool MayExecuteAt(string folder)
    {
        // The flags of struct statvfs are at 72; ST_NOEXEC.
        const long NoExec = 8;
        Span<long> stat = stackalloc long[32];
        return Libc.FileSystem(folder, stat) == 0 && (stat[9] & NoExec) == 0;
    }

    public static DiskUse operator +(DiskUse left, DiskUse right) => new(left.Bytes + right.Bytes, left.Files + right.Files);

    public static DiskUse operator -(DiskUse left, DiskUse right) => new(left.Bytes - right.Bytes, left.Files - right.Files);
}
