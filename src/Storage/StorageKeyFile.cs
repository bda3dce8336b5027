using System.Security.Cryptography;

namespace CodingAgent.Storage;

/// <summary>The storage key of an embedded installation: a file only its owner can read, made at the first start.</summary>
public static class StorageKeyFile
{
    /// <summary>Reads the key, or makes a new one when there is no file.</summary>
    /// <exception cref="StorageException">The file does not hold 64 hex digits.</exception>
    public static byte[] ReadOrCreate(string path)
    {
        if (!File.Exists(path))
            Create(path);
        var text = File.ReadAllText(path).Trim();
        return text.Length == 2 * PayloadCipher.KeySize && text.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(text)
            : throw new StorageException($"The storage key file {path} does not hold {2 * PayloadCipher.KeySize} hex digits: restore it from a backup; without it the journals cannot be read.");
    }

    // Written aside and linked into place, so that two processes starting together end up with one key.
    private static void Create(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var draft = $"{path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(draft, options))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(PayloadCipher.KeySize))));
            file.Flush(flushToDisk: true);
        }

        try
        {
            File.Move(draft, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(draft);
        }
    }
}
