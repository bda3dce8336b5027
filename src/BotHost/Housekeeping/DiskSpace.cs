using CodingAgent.BotHost.Observability;
using CodingAgent.Workflows.Ports;

namespace CodingAgent.BotHost.Housekeeping;

/// <summary>
/// How much room the data folder's disk has. Below one mark new tasks wait, so that those that run can end; below a lower one none is even
/// begun, and a file that was kept for it goes, so that the databases can still write. It comes back when there is room again.
/// </summary>
/// <param name="settings">The marks.</param>
/// <param name="folder">The data folder.</param>
/// <param name="free">Free bytes of its disk; given by the system, or by a test.</param>
public sealed class DiskSpace(DiskSettings settings, string folder, Func<string, long>? free = null) : IRoomForWork
{
    private readonly Func<string, long> _free = free ?? FreeOf;
    private readonly string _reserve = Path.Combine(folder, "reserve");

    /// <summary>Why new tasks wait, in one line; null while there is room.</summary>
    public string? Shortage { get; private set; }

    /// <summary>Why no task can be begun at all, in one line: there is room for the databases only. Null while there is more.</summary>
    public string? Emergency { get; private set; }

    /// <inheritdoc/>
    public string? WhyNot { get; private set; }

    /// <summary>Looks at the disk and does what follows.</summary>
    /// <returns>What has changed, in words for the log; null for nothing.</returns>
    public string? Look()
    {
        var before = Shortage;
        var bytes = _free(folder);
        Shortage = bytes < settings.NewWork ? $"The disk of {folder} has {Words(bytes)} left, less than {Words(settings.NewWork)} (Disk:NewWork): new tasks wait until there is room." : null;
        WhyNot = Shortage is null ? null : $"The machine that does the work is short of disk space: {Words(bytes)} are left, and new work needs {Words(settings.NewWork)}.";
        Emergency = bytes < Math.Min(settings.Reserve, settings.NewWork) ? Shortage : null;
        ServiceMetrics.Disk(bytes, Emergency is not null ? 2 : Shortage is not null ? 1 : 0);
        var released = bytes < settings.Reserve && File.Exists(_reserve);
        if (released) File.Delete(_reserve);
        // Made only where new work may go on afterwards.
        else if (!File.Exists(_reserve) && bytes > settings.NewWork + settings.Reserve) Keep();
        if (released) return $"{Shortage} The databases' reserve of {Words(settings.Reserve)} was released.";
        if ((before is null) == (Shortage is null)) return null;
        return Shortage ?? $"The disk of {folder} has room again: new tasks go on.";
    }

    /// <summary>Free bytes of the disk a folder lies on.</summary>
    public static long FreeOf(string folder) => new DriveInfo(folder).AvailableFreeSpace;

    /// <summary>Bytes as people read them.</summary>
    public static string Words(long bytes) => bytes >= 1L << 30 ? $"{bytes >> 30} GB" : $"{bytes >> 20} MB";

    private void Keep()
    {
        if (settings.Reserve == 0) return;
        try
        {
            // Room that is really taken: a file of holes would keep nothing.
            using var file = new FileStream(_reserve, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, PreallocationSize = settings.Reserve });
            file.SetLength(settings.Reserve);
        }
        catch (IOException)
        {
            // Filled by somebody else in this moment; the next look tries again.
            File.Delete(_reserve);
        }
    }
}

/// <summary>Marks of <see cref="DiskSpace"/>.</summary>
/// <param name="NewWork">Free bytes below which new tasks wait.</param>
/// <param name="Reserve">Bytes kept for the databases, which are released below as many free ones; 0 keeps none.</param>
public sealed record DiskSettings(long NewWork, long Reserve)
{
    /// <summary>Two gigabytes for what runs, a quarter of one for the databases.</summary>
    public static DiskSettings Default { get; } = new(2L << 30, 256L << 20);
}
