using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace CodingAgent.Mcp.Files;

/// <summary>
/// Keeps what the service makes to its own user. What untrusted commands work on keeps the modes its makers gave it, below folders that
/// nobody else passes: sandboxes are shown it by mounts, not by rights.
/// </summary>
public static class PrivateFiles
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private const uint OwnerOnly = 0x3f; // 077

    /// <summary>From here on files and folders of this process and its children are private unless they say otherwise, whatever the umask was.</summary>
    public static void RestrictNewFiles()
    {
        if (!OperatingSystem.IsLinux()) return;
        _ = Libc.SetUmask(OwnerOnly);
        RestrictsNewFiles = true;
    }

    /// <summary>Whether a workspace's files have to be given the modes they have elsewhere.</summary>
    internal static bool RestrictsNewFiles { get; private set; }

    /// <summary>Makes a folder and those above it that are missing, closed to others.</summary>
    public static void MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, Owner);
    }

    /// <summary>The user a file or folder belongs to; of a link, what it leads to.</summary>
    /// <exception cref="IOException">It cannot be looked at.</exception>
    public static uint OwnerOf(string path)
    {
        // struct statx (statx(2)): the user's id is at 20.
        const uint Uid = 0x8;
        Span<byte> result = stackalloc byte[256];
        if (Libc.Stat(Libc.CurrentDirectory, path, 0, Uid, result) != 0) throw new IOException($"{path} cannot be looked at: {Marshal.GetLastPInvokeErrorMessage()}.");
        return MemoryMarshal.Read<uint>(result[20..]);
    }

    /// <summary>The user this process acts as.</summary>
    public static uint CurrentUser => Libc.EffectiveUser();

    /// <summary>
    /// Files and folders of a tree that others have a right to, the folder itself among them. Links are passed over, and so is what goes
    /// away meanwhile.
    /// </summary>
    /// <param name="folder">The tree.</param>
    /// <param name="closed">Full paths of folders that are not entered; they themselves are looked at.</param>
    public static IReadOnlyList<string> FindOpen(string folder, IReadOnlySet<string> closed)
    {
        ArgumentNullException.ThrowIfNull(closed);
        var found = new List<string>();
        if (!OperatingSystem.IsWindows()) Find(new DirectoryInfo(folder), closed, found);
        return found;
    }

    [UnsupportedOSPlatform("windows")]
    private static void Find(DirectoryInfo folder, IReadOnlySet<string> closed, List<string> found)
    {
        if (IsOpen(folder)) found.Add(folder.FullName);
        if (closed.Contains(folder.FullName)) return;
        try
        {
            foreach (var entry in folder.EnumerateFileSystemInfos("*", new EnumerationOptions { IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint }))
            {
                if (entry is DirectoryInfo deeper) Find(deeper, closed, found);
                else if (IsOpen(entry)) found.Add(entry.FullName);
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Gone in the moment between.
        }
    }

    // What is gone has all bits set.
    [UnsupportedOSPlatform("windows")]
    private static bool IsOpen(FileSystemInfo entry) => (int)entry.UnixFileMode != -1 && (entry.UnixFileMode & Others) != UnixFileMode.None;

    /// <summary>Takes others' rights to a file or folder away.</summary>
    public static void Close(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        try
        {
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) & ~Others);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Gone in the moment between.
        }
    }

    /// <summary>Lets everybody read a file, or a folder itself: for what is bound into a sandbox, whose user is another one.</summary>
    internal static void Show(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        var enter = Directory.Exists(path) ? UnixFileMode.GroupExecute | UnixFileMode.OtherExecute : UnixFileMode.None;
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.GroupRead | UnixFileMode.OtherRead | enter);
    }
}
