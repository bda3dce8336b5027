namespace CodingAgent.Mcp.Git;

/// <summary>
/// Says that a folder is in use, by a lock that the kernel takes back when its holder dies: no list of users to keep, nothing stale after
/// a crash. .NET locks an open file with flock(2): shared when others may read, else exclusively.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    public static FolderLock MakeAndShare(string path)
    {
        using (File.Create(path))
        {
            // Made; it is opened again to be shared.
        }

        return TryShare(path) ?? throw new IOException($"{path} cannot be locked.");
    }

    /// <summary>Joins those who use it; null when it is not there or somebody owns it alone.</summary>
    public static FolderLock? TryShare(string path) => TryOpen(path, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Owns it alone; null when it is not there or in use.</summary>
    public static FolderLock? TryOwn(string path) => TryOpen(path, FileAccess.ReadWrite, FileShare.None);

    /// <summary>True when nobody uses it, or it is not there.</summary>
    public static bool IsFree(string path)
    {
        using var own = TryOwn(path);
        return own is not null || !File.Exists(path);
    }

    public void Dispose() => _file.Dispose();

    private static FolderLock? TryOpen(string path, FileAccess access, FileShare share)
    {
        try
        {
            return new FolderLock(new FileStream(path, FileMode.Open, access, share));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
