using System.Diagnostics;

namespace CodingAgent.Bench;

/// <summary>Bubblewrap started directly with the sandbox's namespaces and its plainest mounts; no limits, no filter, no change of user.</summary>
internal sealed class BareBubblewrap
{
    private readonly List<string> _arguments =
    [
        "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try", "--die-with-parent", "--new-session", "--clearenv",
        "--ro-bind", "/usr", "/usr",
    ];

    public BareBubblewrap(string workspace)
    {
        foreach (var folder in new[] { "/bin", "/lib", "/lib32", "/lib64", "/sbin" }.Select(path => new DirectoryInfo(path)).Where(folder => folder.Exists))
            _arguments.AddRange(folder.LinkTarget is { } target ? ["--symlink", target.TrimStart('/'), folder.FullName] : ["--ro-bind", folder.FullName, folder.FullName]);
        if (!Environment.IsPrivilegedProcess)
            _arguments.Add("--unshare-user");
        _arguments.AddRange(["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--bind", workspace, "/workspace", "--chdir", "/workspace", "--", "/bin/true"]);
    }

    public async Task RunAsync()
    {
        var start = new ProcessStartInfo("bwrap", _arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        await output;
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"Bare bubblewrap ended with {process.ExitCode}: {await error}");
    }
}
