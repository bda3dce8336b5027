using System.Diagnostics;
using System.Globalization;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>The control groups of one command.</summary>
/// <param name="memoryGroup">Of them, the one that counts memory.</param>
/// <param name="groups">Their folders.</param>
/// <param name="entry">Name of the file by which a process enters one.</param>
internal sealed class CgroupScope(string memoryGroup, IReadOnlyList<string> groups, string entry) : ILimitScope
{
    private const int RemoveAttempts = 100;
    private const int LongestRemovePause = 20;

    public IReadOnlyList<string> Entries => [.. groups.Select(g => Path.Combine(g, entry))];

    // The group counts by itself; the resource limit counts all processes of a user, of whichever task. Only root can lift it.
    public string Prelude => "ulimit -p unlimited 2>/dev/null || ulimit -u unlimited 2>/dev/null; ";

    public CancellationToken Stop => CancellationToken.None;

    public void Watch(int processId)
    {
    }

    public bool MemoryExceeded() =>
        // "oom_kill N" is in memory.events (version 2) and in memory.oom_control (version 1).
        (CgroupLimiter.Read(memoryGroup, "memory.events") + "\n" + CgroupLimiter.Read(memoryGroup, "memory.oom_control"))
            .Split('\n')
            .Any(line => line.StartsWith("oom_kill ", StringComparison.Ordinal) && line != "oom_kill 0");

    public async ValueTask DisposeAsync()
    {
        // The kernel needs a moment to let go of what has just ended: mostly a millisecond, which every command pays for.
        for (var attempt = 0; attempt < RemoveAttempts; attempt++)
        {
            if (groups.Select(TryRemove).ToList().TrueForAll(removed => removed)) return;
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(LongestRemovePause, attempt + 1)));
        }
    }

    /// <summary>Kills whatever is in a group and removes it; false when that has to be tried again.</summary>
    public static bool TryRemove(string group)
    {
        try
        {
            if (!Directory.Exists(group)) return true;
            Directory.Delete(group);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            foreach (var line in CgroupLimiter.Read(group, "cgroup.procs").Split('\n', StringSplitOptions.RemoveEmptyEntries)) Kill(line);
            return false;
        }
    }

    private static void Kill(string line)
    {
        try
        {
            if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 1) Process.GetProcessById(id).Kill();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It is gone already.
        }
    }
}
