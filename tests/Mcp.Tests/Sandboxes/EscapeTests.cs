using System.Net;
using System.Net.Sockets;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Tests.Sandboxes;

/// <summary>Ways out of the sandbox, tried from within.</summary>
public sealed class EscapeTests : IDisposable
{
    private readonly SandboxFixture _f = new();

    public void Dispose() => _f.Dispose();

    [Theory]
    [InlineData("/etc/shadow")]
    [InlineData("/root")]
    [InlineData("/home/agent/.ssh")]
    [InlineData("/var")]
    [InlineData("/run")]
    [InlineData("/sys")]
    [InlineData("/boot")]
    [InlineData("/workspace/../etc/shadow")]
    [InlineData("/proc/1/root/etc/shadow")]
    public async Task HostFiles_AreNotThere(string path) => (await _f.ShellAsync($"cat {path} || ls {path}")).Succeeded.ShouldBeFalse();

    [Fact]
    public async Task HostTemporaryFilesAndOtherWorkspaces_AreNotThere()
    {
        using var other = new ScratchFolder();
        other.Write("secret.txt", "secret of another task");
        (await _f.ShellAsync($"cat {other["secret.txt"]}")).Succeeded.ShouldBeFalse();
        (await _f.OutputAsync("ls -A /tmp /workspace/.. | grep coding-agent-test || echo none")).ShouldBe("none");
    }

    [RootFact]
    public async Task RootOnlyFileShownByMistake_CannotBeRead()
    {
        using var folder = new ScratchFolder();
        File.SetUnixFileMode(folder.Write("key.pem", "private"), UnixFileMode.UserRead);
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0x1ed);
        var mistake = new SandboxToolchain("mistake", [new SandboxBind(folder.Path, "/opt/mistake")], new Dictionary<string, string>(), []);
        using var f = new SandboxFixture(new BubblewrapOptions { Toolchains = [mistake] });
        (await f.OutputAsync("ls /opt/mistake")).ShouldBe("key.pem");
        (await f.ShellAsync("cat /opt/mistake/key.pem")).StandardError.ShouldContain("Permission denied");
    }

    [Fact]
    public async Task HostEnvironment_IsNotThere()
    {
        Environment.SetEnvironmentVariable("CODING_AGENT_TEST_SECRET", "hunter2");
        var seen = await _f.OutputAsync("env; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'");
        seen.ShouldNotContain("hunter2");
        (await _f.OutputAsync("env | cut -d= -f1 | sort | tr '\\n' ' '")).ShouldBe("DOTNET_PROCESSOR_COUNT HOME LANG LOGNAME PATH PWD TERM TMPDIR USER ");
    }

    [Fact]
    public async Task FirstProcess_IsTheSandboxsOwn_AndHostProcessesAreNotThere()
    {
        (await _f.OutputAsync("ls -d /proc/[0-9]* | wc -l")).ShouldSatisfyAllConditions(n => int.Parse(n, System.Globalization.CultureInfo.InvariantCulture).ShouldBeLessThan(8));
        // What runs it is not shown: its command line names host paths.
        (await _f.OutputAsync("ls -A /proc/1")).ShouldBe("");
        // The words that are looked for stand in a file: in an argument, they would be found in the command line of what looks for them.
        File.WriteAllText(Path.Combine(_f.Workspace, "words"), "coding-agent-test\n");
        (await _f.OutputAsync("cat /proc/*/cmdline | tr '\\0' '\\n' | grep -cF -f words || true")).ShouldBe("0");
        (await _f.ShellAsync($"kill -9 {Environment.ProcessId}")).Succeeded.ShouldBeFalse();
    }

    [Theory]
    [InlineData("ptrace attach", "syscall($n{ptrace}, 16, 1, 0, 0)")]
    [InlineData("ptrace seize", "syscall($n{ptrace}, 0x4206, 1, 0, 0)")]
    [InlineData("ptrace with a longer number", "syscall($n{ptrace}, 16, 0x100000001, 0, 0)")]
    [InlineData("reading its memory", "syscall($n{readv}, 1, 0, 0, 0, 0, 0)")]
    [InlineData("writing its memory", "syscall($n{readv} + 1, 1, 0, 0, 0, 0, 0)")]
    [InlineData("taking its descriptors", "syscall(438, syscall(434, 1, 0), 8, 0)")]
    [InlineData("its memory as a file", "open(my $f, '+<', '/proc/1/mem') ? 0 : -1")]
    [InlineData("its folder", "opendir(my $d, '/proc/1/root') ? 0 : -1")]
    public async Task FirstProcess_CannotBeTakenHoldOf(string how, string call)
    {
        var numbers = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "ptrace=>117,readv=>270" : "ptrace=>101,readv=>310";
        File.WriteAllText(Path.Combine(_f.Workspace, "try.pl"), $"%n=({numbers}); print {call} < 0 ? 'refused' : 'HELD';");
        (await _f.OutputAsync("perl try.pl")).ShouldBe("refused", how);
    }

    [Fact]
    public async Task OwnProcesses_CanBeTraced_BecauseDebuggersAndSanitizersNeedIt()
    {
        var number = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? 117 : 101;
        File.WriteAllText(Path.Combine(_f.Workspace, "try.pl"), $"my $p = fork; if (!$p) {{ sleep 5; exit }} print syscall({number}, 16, $p, 0, 0) == 0 ? 'traced' : \"refused $!\"; kill 9, $p;");
        (await _f.OutputAsync("perl try.pl")).ShouldBe("traced");
    }

    [Fact]
    public async Task Descriptors_OnlyTheThreeStandardOnes()
    {
        // The fourth is the folder that ls itself reads.
        var result = await _f.Sandbox.RunAsync(new SandboxCommand(["ls", "/proc/self/fd"], _f.Workspace, SandboxFixture.Limits), CancellationToken.None);
        result.StandardOutput.ShouldBe("0\n1\n2\n3\n");
    }

    [Fact]
    public async Task Capabilities_AreGone_AndSetuidDoesNothing()
    {
        (await _f.OutputAsync("grep -E 'Cap(Prm|Eff|Bnd|Amb)' /proc/self/status | grep -v 0000000000000000 || echo none")).ShouldBe("none");
        (await _f.OutputAsync("grep NoNewPrivs /proc/self/status | tr -d '\\t'")).ShouldBe("NoNewPrivs:1");
        (await _f.OutputAsync("id -u")).ShouldNotBe("0");
        (await _f.OutputAsync("cp /bin/sh ./rootsh && chmod 4755 rootsh && ./rootsh -p -c 'id -u'")).ShouldNotBe("0");
        (await _f.OutputAsync("awk '$2 == \"/workspace\" || $2 == \"/usr\" { print $4 }' /proc/mounts | grep -v nosuid || echo all nosuid")).ShouldBe("all nosuid");
    }

    [Fact]
    public async Task SystemFolders_CannotBeWritten()
    {
        foreach (var path in new[] { "/usr/x", "/etc/x", "/x", "/bin/x", "/dev/x", "/proc/sys/kernel/hostname" })
            (await _f.ShellAsync($"echo x > {path}")).Succeeded.ShouldBeFalse(path);
    }

    [Fact]
    public async Task NewNamespaces_CannotBeMade()
    {
        foreach (var flag in new[] { "--user", "--mount", "--net", "--user --map-root-user --mount" })
            (await _f.ShellAsync($"unshare {flag} true")).Succeeded.ShouldBeFalse(flag);
        (await _f.ShellAsync("mount -t tmpfs none /tmp")).Succeeded.ShouldBeFalse();
    }

    [Fact]
    public async Task Network_EvenTheHostsLoopback_CannotBeReached()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var accepted = listener.AcceptTcpClientAsync();
        (await _f.ShellAsync($"exec 3<>/dev/tcp/127.0.0.1/{port}", bash: true)).Succeeded.ShouldBeFalse();
        (await _f.ShellAsync("exec 3<>/dev/tcp/1.1.1.1/80", bash: true)).Succeeded.ShouldBeFalse();
        (await _f.OutputAsync("cut -d: -f1 -s /proc/net/dev | tr -d ' '")).ShouldBe("lo");
        accepted.IsCompleted.ShouldBeFalse();
    }

    [NodeFact]
    public async Task OwnLoopback_Works_BecauseTestsNeedIt()
    {
        var script = "const s=require('net').createServer(c=>c.end('hi')).listen(0,'127.0.0.1',()=>require('net').connect(s.address().port,'127.0.0.1').on('data',d=>{console.log(String(d));s.close()}))";
        var result = await _f.Sandbox.RunAsync(new SandboxCommand(["node", "-e", script], _f.Workspace, SandboxFixture.Limits with { MemoryBytes = 1L << 30 }), CancellationToken.None);
        result.StandardOutput.ShouldBe("hi\n", result.StandardError);
    }

    [Fact]
    public async Task WorkspaceLinkToTheHost_LeadsToTheSandboxsOwnFile()
    {
        File.CreateSymbolicLink(Path.Combine(_f.Workspace, "passwd"), "/etc/passwd");
        (await _f.OutputAsync("cut -d: -f1 passwd | tr '\\n' ' '")).ShouldBe("root agent ");
    }

    [Fact]
    public async Task DynamicLoaderVariables_ReachOnlyTheUnprivilegedCommand()
    {
        var command = new SandboxCommand(["/bin/sh", "-c", "id -u"], _f.Workspace, SandboxFixture.Limits)
        {
            Environment = new Dictionary<string, string> { ["LD_PRELOAD"] = "/workspace/evil.so" },
        };
        var result = await _f.Sandbox.RunAsync(command, CancellationToken.None);
        // The loader complains once per program it could not preload into: the shell and id, not setpriv, not env.
        result.StandardError.Split("evil.so").Length.ShouldBe(3, result.StandardError);
    }
}
