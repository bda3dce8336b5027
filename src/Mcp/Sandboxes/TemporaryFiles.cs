using CodingAgent.Mcp.Overlays;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>What lies in temporary file systems that processes see and this one does not: the sandbox's own /tmp, /dev/shm and home, which are memory.</summary>
internal static class TemporaryFiles
{
    /// <summary>Bytes in them, each file system counted once.</summary>
    public static long Of(IEnumerable<int> processes)
    {
        var ours = Namespace("self");
        var known = MountTable.TemporaryOf("self").Select(m => m.Device).ToHashSet(StringComparer.Ordinal);
        var bytes = 0L;
        foreach (var process in processes.Select(id => id.ToString(System.Globalization.CultureInfo.InvariantCulture)).DistinctBy(Namespace).Where(id => Namespace(id) != ours))
        {
            foreach (var (device, point) in MountTable.TemporaryOf(process))
            {
                if (known.Add(device)) bytes += Used($"/proc/{process}/root{point}");
            }
        }

        return bytes;
    }

    private static string? Namespace(string process)
    {
        try
        {
            return new FileInfo($"/proc/{process}/ns/mnt").LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended.
            return null;
        }
    }

    private static long Used(string path)
    {
        try
        {
            var drive = new DriveInfo(path);
            return drive.TotalSize - drive.TotalFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Ended, or not mounted any more.
            return 0;
        }
    }
}
