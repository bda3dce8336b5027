using System.Security.Cryptography;
using System.Text;
using CodingAgent.Mcp.Files;

namespace CodingAgent.Storage;

/// <summary>
/// A secret in a file that only its owner may read. A missing one is made, once however many processes start together; one that others
/// could read is closed to them.
/// </summary>
public static class SecretFile
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int LargestBytes = 64 * 1024;

    /// <summary>32 bytes of a cryptographic source as 64 hex digits.</summary>
    public static string NewSecret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(PayloadCipher.KeySize));

    /// <summary>Reads the file's text, after making one with a new secret where there is none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What it holds, for messages, e.g. <c>the storage key</c>.</param>
    /// <returns>The text without blanks around it, and what a person should know: that others could read it.</returns>
    /// <exception cref="StorageException">It is empty, too large, no file, or cannot be read.</exception>
    public static (string Text, string? Note) ReadOrCreate(string path, string what)
    {
        if (!Path.Exists(path))
            Write(path, NewSecret() + "\n", overwrite: false);
        return Read(path, what);
    }

    /// <summary>Reads a file that must be there.</summary>
    /// <inheritdoc cref="ReadOrCreate"/>
    public static (string Text, string? Note) Read(string path, string what)
    {
        try
        {
            var note = Look(path, what);
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length > LargestBytes)
                throw new StorageException($"{path}, the file of {what}, is larger than {LargestBytes} bytes: name the right file.");
            using var reader = new StreamReader(file, Encoding.UTF8);
            var text = reader.ReadToEnd().Trim();
            return text.Length > 0 ? (text, note) : throw new StorageException($"{path}, the file of {what}, is empty: restore it from a backup, or delete it to have a new one made.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"{path}, the file of {what}, cannot be read: {e.Message.ReplaceLineEndings(" ")} It must be a file of this service's user.", e);
        }
    }

    /// <summary>Whether others than the owner have any right to a file that is there.</summary>
    public static bool IsOpen(string path) =>
        !OperatingSystem.IsWindows() && File.Exists(path) && (File.GetUnixFileMode(path) & ~Private & ~UnixFileMode.UserExecute) != UnixFileMode.None;

    /// <summary>Writes a secret aside and puts it in place whole, closed to others from its first byte.</summary>
    /// <param name="path">The file.</param>
    /// <param name="text">Its text.</param>
    /// <param name="overwrite">Whether it takes the place of one that is there; else that one stays.</param>
    public static void Write(string path, string text, bool overwrite)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, Private | UnixFileMode.UserExecute);
        var draft = $"{path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = Private;
        using (var file = new FileStream(draft, options))
        {
            file.Write(Encoding.ASCII.GetBytes(text));
            file.Flush(flushToDisk: true);
        }

        try
        {
            File.Move(draft, path, overwrite);
        }
        catch (IOException) when (!overwrite && File.Exists(path))
        {
            // Another process was faster; both read what it wrote.
        }
        finally
        {
            File.Delete(draft);
        }
    }

    /// <summary>Takes others' rights to a file away; false when they had none, or it is not there.</summary>
    public static bool Close(string path)
    {
        if (OperatingSystem.IsWindows() || !IsOpen(path))
            return false;
        File.SetUnixFileMode(path, Private);
        return true;
    }

    // A file of root's is one that an administrator or a platform put there for this service, perhaps by its group; anybody else's is anybody's.
    private static string? Look(string path, string what)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        var owner = PrivateFiles.OwnerOf(path);
        if (owner == PrivateFiles.CurrentUser)
            return Close(path) ? $"{path} could be used by others than its owner and is private now; if somebody else works on this machine, replace {what}." : null;
        if (owner != 0)
            throw new StorageException($"{path}, the file of {what}, belongs to user {owner}, who knows it: give it to this service's user (chown), or replace it.");
        return (File.GetUnixFileMode(path) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite)) != UnixFileMode.None
            ? $"{path} can be used by others, and is root's to close (chmod o=,g-w): whoever reads it knows {what}." : null;
    }
}
