using System.Buffers.Binary;
using System.IO.Enumeration;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CodingAgent.Mcp.Files;

/// <summary>
/// Lists all that lies below a folder that untrusted code wrote, with what tells a change apart. Walks from open folder to open folder and
/// follows nothing. What cannot be looked at is listed as that, so that nobody takes it for gone.
/// </summary>
/// <param name="root">Folder to start at.</param>
/// <param name="overlayAttributes">Namespace of overlayfs's marks (<c>trusted.overlay.</c>, <c>user.overlay.</c>) when the folder is an overlay's upper layer; null for a plain one.</param>
internal sealed class FolderScan(string root, string? overlayAttributes = null)
{
    /// <summary>Most folders around a file that is looked at: each is an open descriptor, and a hostile tree may be endless.</summary>
    public const int DeepestFolder = 128;

    private const uint BasicStats = 0x7ff;

    /// <summary>All entries in ordinal order, folders before their content.</summary>
    /// <param name="enter">Says, before a folder is listed, whether to look into it.</param>
    /// <param name="cancellationToken">Stops the scan.</param>
    public IEnumerable<ScannedEntry> Run(Func<string, bool> enter, CancellationToken cancellationToken)
    {
        var fd = OpenFolderAt(Libc.CurrentDirectory, root);
        if (fd < 0) throw new DirectoryNotFoundException($"The folder {root} cannot be opened (error {Marshal.GetLastPInvokeError()}).");
        var open = new Stack<(SafeFileHandle Handle, string Path, Queue<string> Names)>();
        open.Push((new SafeFileHandle(fd, ownsHandle: true), "", Names(fd)));
        try
        {
            while (open.TryPeek(out var folder))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!folder.Names.TryDequeue(out var name))
                {
                    open.Pop().Handle.Dispose();
                    continue;
                }

                var entry = StatAt(Fd(folder.Handle), name, folder.Path.Length == 0 ? name : $"{folder.Path}/{name}");
                // Vanished since it was listed.
                if (entry.Kind == ScannedKind.Missing) continue;
                if (entry.Kind != ScannedKind.Directory || !enter(entry.Path))
                {
                    yield return entry;
                    continue;
                }

                if (open.Count > DeepestFolder)
                {
                    yield return entry with { Kind = ScannedKind.TooDeep };
                    continue;
                }

                fd = OpenFolderAt(Fd(folder.Handle), name);
                if (fd < 0)
                {
                    yield return entry with { Kind = ScannedKind.Unreadable };
                    continue;
                }

                var child = new SafeFileHandle(fd, ownsHandle: true);
                open.Push((child, entry.Path, Names(fd)));
                yield return entry with { Opaque = IsOpaque(fd) };
            }
        }
        finally
        {
            while (open.TryPop(out var folder)) folder.Handle.Dispose();
        }
    }

    private ScannedEntry StatAt(int directory, string name, string path)
    {
        // struct statx has one layout on all processors: mode at 28, inode at 32, size at 40, ctime at 96, mtime at 112, device at 128.
        Span<byte> stat = stackalloc byte[256];
        if (Libc.Stat(directory, name, Libc.SymlinkNoFollow, BasicStats, stat) != 0)
        {
            // A name that does not survive UTF-8 was listed and cannot be found again.
            var kind = name.Contains('\uFFFD', StringComparison.Ordinal) ? ScannedKind.Unnameable : ScannedKind.Missing;
            return new ScannedEntry(path, kind, default);
        }

        uint mode = BinaryPrimitives.ReadUInt16LittleEndian(stat[28..]);
        var stamp = new FileStamp(
            (long)BinaryPrimitives.ReadUInt64LittleEndian(stat[40..]), Nanoseconds(stat[112..]), Nanoseconds(stat[96..]),
            BinaryPrimitives.ReadUInt64LittleEndian(stat[32..]), mode & 0xfff);
        var isWhiteout = overlayAttributes is not null && (mode & 0xf000) == 0x2000 && BinaryPrimitives.ReadUInt64LittleEndian(stat[128..]) == 0;
        return new ScannedEntry(
            path,
            (mode & 0xf000) switch
            {
                0x8000 => ScannedKind.File,
                0x4000 => ScannedKind.Directory,
                0xa000 => ScannedKind.SymbolicLink,
                _ => isWhiteout ? ScannedKind.Whiteout : ScannedKind.Special,
            },
            stamp);
    }

    private bool IsOpaque(int folder)
    {
        if (overlayAttributes is null) return false;
        Span<byte> value = stackalloc byte[8];
        return Libc.ExtendedAttribute(folder, overlayAttributes + "opaque", value, (nuint)value.Length) == 1 && value[0] == (byte)'y';
    }

    private static long Nanoseconds(ReadOnlySpan<byte> time) =>
        (BinaryPrimitives.ReadInt64LittleEndian(time) * 1_000_000_000) + BinaryPrimitives.ReadUInt32LittleEndian(time[8..]);

    private static Queue<string> Names(int directory)
    {
        // The listing goes through the open folder, not through its name.
        var listing = new FileSystemEnumerable<string>(
            $"/proc/self/fd/{directory}",
            (ref FileSystemEntry e) => e.FileName.ToString(),
            new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = true });
        return new Queue<string>(listing.Order(StringComparer.Ordinal));
    }

    private static int OpenFolderAt(int directory, string name) =>
        Libc.OpenAt(directory, name, Libc.ReadOnly | Libc.OnlyDirectory | Libc.NoFollow | Libc.CloseOnExec, 0);

    private static int Fd(SafeFileHandle handle) => (int)handle.DangerousGetHandle();
}

/// <summary>One entry of a <see cref="FolderScan"/>.</summary>
/// <param name="Path">From the root, with forward slashes.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Stamp">What changes when it changes.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ScannedEntry(string Path, ScannedKind Kind, FileStamp Stamp)
{
    /// <summary>A folder of an upper layer that hides what the layers below have there.</summary>
    public bool Opaque { get; init; }
}

/// <summary>What changes when a file changes: no program can set the status time back.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="Modified">Nanoseconds since 1970.</param>
/// <param name="Changed">Likewise, of the status change.</param>
/// <param name="Inode">Number in its file system.</param>
/// <param name="Mode">Permission bits.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FileStamp(long Size, long Modified, long Changed, ulong Inode, uint Mode)
{
    /// <summary>Executable by its owner, all that git knows of permissions.</summary>
    public bool IsExecutable => (Mode & 0x40) != 0;
}

/// <summary>What an entry is, itself.</summary>
internal enum ScannedKind
{
    Missing,
    File,
    Directory,
    SymbolicLink,

    /// <summary>Pipe, socket or device.</summary>
    Special,

    /// <summary>Overlayfs's mark that the layers below have something here which is deleted.</summary>
    Whiteout,

    /// <summary>A name that is not UTF-8.</summary>
    Unnameable,

    /// <summary>A folder below too many others; not looked into.</summary>
    TooDeep,

    /// <summary>A folder that cannot be opened.</summary>
    Unreadable,
}
