using System.Diagnostics;
using CodingAgent.Mcp.Files;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Tests.Sandboxes;

/// <summary>A sandbox over a workspace of its own.</summary>
public sealed class SandboxFixture : IDisposable
{
    // Time enough on a machine that does much else; who wants a limit to be met gives his own.
    public static readonly SandboxLimits Limits = new(TimeSpan.FromMinutes(2), 256L << 20, 200, 64 * 1024, 2);

    private readonly ScratchFolder _root = new();

    public SandboxFixture(BubblewrapOptions? options = null)
    {
        Sandbox = new BubblewrapSandbox(options ?? new BubblewrapOptions(), TimeProvider.System);
        Workspace = Directory.CreateDirectory(_root["ws"]).FullName;
        // As trusted git makes a workspace, whatever the umask.
        if (OperatingSystem.IsLinux()) File.SetUnixFileMode(Workspace, (UnixFileMode)0x1ed);
        Own(Workspace);
    }

    public BubblewrapSandbox Sandbox { get; }

    public string Workspace { get; }

    /// <summary>Root is the only one who can give a folder away; anybody else is the sandbox's user already.</summary>
    public static void Own(string path)
    {
        if (SandboxUser.ForThisProcess is not { } user) return;
        using var chown = Process.Start("chown", ["-R", $"{user.Uid}:{user.Gid}", path]);
        chown.WaitForExit();
        chown.ExitCode.ShouldBe(0);
    }

    public Task<SandboxResult> ShellAsync(string line, SandboxLimits? limits = null, bool bash = false) =>
        Sandbox.RunAsync(new SandboxCommand([bash ? "/bin/bash" : "/bin/sh", "-c", line], Workspace, limits ?? Limits), CancellationToken.None);

    public async Task<string> OutputAsync(string line)
    {
        var result = await ShellAsync(line);
        result.Succeeded.ShouldBeTrue($"{line}: {result}");
        return result.StandardOutput.TrimEnd('\n');
    }

    public void Dispose() => _root.Dispose();
}
