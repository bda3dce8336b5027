using System.Runtime.InteropServices;

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

    /// <summary>The user a file or folder belongs to.</summary>
    /// <exception cref="IOException">It cannot be looked at.</exception>
    public static uint OwnerOf(string path)
    {
        // struct statx (statx(2)): the user's id is at 20.
        const uint Uid = 0x8;
        Span<byte> result = stackalloc byte[256];
        if (Libc.Stat(Libc.CurrentDirectory, path, Libc.SymlinkNoFollow, Uid, result) != 0) throw new IOException($"{path} cannot be looked at: {Marshal.GetLastPInvokeErrorMessage()}.");
        return MemoryMarshal.Read<uint>(result[20..]);
    }

    /// <summary>The user this process acts as.</summary>
    public static uint CurrentUser => Libc.EffectiveUser();

    /// <summary>Whether others than the owner have any right to a file or folder.</summary>
    public static bool IsOpen(string path) => !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != UnixFileMode.None;

    /// <summary>
    /// Files and folders of a tree that others have a right to, the folder itself among them. Links are passed over; of the folders named
    /// only the folder itself is looked at.
    /// </summary>
    /// <param name="folder">The tree.</param>
    /// <param name="deep">Whether more than the first level is looked at.</param>
    /// <param name="closed">Full paths of folders that are not entered.</param>
    public static IEnumerable<string> FindOpen(string folder, bool deep, IReadOnlySet<string> closed)
    {
        ArgumentNullException.ThrowIfNull(closed);
        if (OperatingSystem.IsWindows()) yield break;
        if (IsOpen(folder)) yield return folder;
        if (closed.Contains(folder)) yield break;
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", new EnumerationOptions { IgnoreInaccessible = true, AttributesToSkip = FileAttributes.None }))
        {
            if (entry.LinkTarget is not null) continue;
            if (entry is DirectoryInfo && deep)
            {
                foreach (var found in FindOpen(entry.FullName, deep, closed)) yield return found;
            }
            else if ((entry.UnixFileMode & Others) != UnixFileMode.None && (int)entry.UnixFileMode != -1)
            {
                yield return entry.FullName;
            }
        }
    }

    /// <summary>Takes others' rights away.</summary>
    public static void Close(string path)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, File.GetUnixFileMode(path) & ~Others);
    }

    /// <summary>Lets everybody read a file: for what is bound into a sandbox, whose user is another one.</summary>
    internal static void Show(string path)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }
}
