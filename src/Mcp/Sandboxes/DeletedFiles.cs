using System.Buffers.Binary;
using System.Globalization;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Overlays;

namespace CodingAgent.Mcp.Sandboxes;

/// <summary>Files on disk that no folder shows any more and that processes keep, open or mapped: their room is taken all the same.</summary>
internal static class DeletedFiles
{
    private const uint BasicStats = 0x7ff;
    private const int RegularFile = 0x8000;

    /// <summary>What they hold together, each file counted once. What this user may not look at is not counted.</summary>
    public static DiskUse HeldBy(IEnumerable<int> processes, CancellationToken cancellationToken)
    {
        var seen = new HashSet<(string Device, ulong Inode)>();
        var sum = DiskUse.Nothing;
        // struct statx: links at 16, mode at 28, inode at 32, blocks of 512 bytes at 48, device at 136.
        Span<byte> stat = stackalloc byte[256];
        foreach (var process in processes.Select(id => id.ToString(CultureInfo.InvariantCulture)))
        {
            // Files without a name in memory (memfd, System V) lie on no mounted file system, others on temporary ones: both count as memory.
            var disks = MountTable.DisksOf(process);
            foreach (var held in Entries($"/proc/{process}/fd").Concat(Entries($"/proc/{process}/map_files")))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (Libc.Stat(Libc.CurrentDirectory, held, 0, BasicStats, stat) != 0) continue;
                if (BinaryPrimitives.ReadUInt32LittleEndian(stat[16..]) != 0 || (BinaryPrimitives.ReadUInt16LittleEndian(stat[28..]) & 0xf000) != RegularFile) continue;
                var device = string.Create(CultureInfo.InvariantCulture, $"{BinaryPrimitives.ReadUInt32LittleEndian(stat[136..])}:{BinaryPrimitives.ReadUInt32LittleEndian(stat[140..])}");
                if (!disks.Contains(device) || !seen.Add((device, BinaryPrimitives.ReadUInt64LittleEndian(stat[32..])))) continue;
                sum += new DiskUse(BinaryPrimitives.ReadInt64LittleEndian(stat[48..]) * 512, 1);
            }
        }

        return sum;
    }

    private static string[] Entries(string folder)
    {
        try
        {
            return Directory.GetFileSystemEntries(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Ended, or not to be looked at by this user.
            return [];
        }
    }
}
