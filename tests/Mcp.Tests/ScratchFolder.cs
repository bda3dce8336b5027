namespace CodingAgent.Mcp.Tests;

/// <summary>A folder of its own per test, removed afterwards.</summary>
public sealed class ScratchFolder : IDisposable
{
    public ScratchFolder() => Path = Directory.CreateTempSubdirectory("coding-agent-test-").FullName;

    public string Path { get; }

    public string this[string relative] => System.IO.Path.Combine(Path, relative);

    public string Write(string relative, string content)
    {
        var path = this[relative];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    public void Dispose()
    {
        // .NET cannot name what is not UTF-8, and some tests leave just that; others leave folders closed to their owner.
        using var remove = System.Diagnostics.Process.Start(
            "/bin/sh", ["-c", "rm -rf --one-file-system -- \"$1\" 2>/dev/null || { chmod -R u+rwX -- \"$1\"; rm -rf --one-file-system -- \"$1\"; }", "sh", Path]);
        remove.WaitForExit();
        if (Directory.Exists(Path)) throw new IOException($"{Path} cannot be removed.");
    }
}
