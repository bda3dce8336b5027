using System.Net;
using System.Net.Sockets;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Tests.Sandboxes;

/// <summary>What <see cref="ISandbox"/> promises, of every sandbox. Where one breaks a promise it is not a sandbox.</summary>
public sealed class SandboxContract
{
    [Theory, InBubblewrap, InDocker]
    public async Task Command_GetsInputArgumentsEnvironmentAndFolder(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        Directory.CreateDirectory(Path.Combine(f.Workspace, "sub dir"));
        var command = f.Line("") with
        {
            Argv = ["/bin/sh", "-c", "pwd; cat; echo \"$1\" $NAME; exit 3", "x", "an argument; true"],
            WorkingDirectory = "sub dir",
            StandardInput = "typed\n",
            Environment = new Dictionary<string, string> { ["NAME"] = "a value" },
        };
        var result = await f.RunAsync(command);
        result.StandardOutput.ShouldBe("/workspace/sub dir\ntyped\nan argument; true a value\n", result.StandardError);
        (result.Outcome, result.ExitCode, result.Succeeded).ShouldBe((SandboxOutcome.Exited, 3, false));
    }

    [Theory, InBubblewrap, InDocker]
    public async Task ExitCodes_OfProgramsSignalsAndMissingPrograms_AreTold(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        foreach (var code in new[] { 0, 1, 125, 126, 137, 255 }) (await f.ShellAsync($"exit {code}")).ExitCode.ShouldBe(code);
        (await f.ShellAsync("kill -TERM $$; sleep 5")).ExitCode.ShouldBe(143);
        (await f.ShellAsync("kill -KILL $$; sleep 5")).ShouldSatisfyAllConditions(r => r.ExitCode.ShouldBe(137), r => r.Outcome.ShouldBe(SandboxOutcome.Exited));
        var missing = await f.RunAsync(f.Line("") with { Argv = ["no-such-program"] });
        (missing.Outcome, missing.ExitCode).ShouldBe((SandboxOutcome.Exited, 127));
        missing.StandardError.ShouldContain("no-such-program");
    }

    [Theory, InBubblewrap, InDocker]
    public async Task Output_OfBothStreams_IsWholeHoweverShortTheCommand(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        for (var i = 0; i < 5; i++)
        {
            var result = await f.ShellAsync("echo out; echo err >&2");
            (result.StandardOutput, result.StandardError).ShouldBe(("out\n", "err\n"));
        }

        // The last bytes are the ones that a reader who stops at the exit loses.
        var limits = ContractFixture.Limits with { OutputBytes = 4 << 20 };
        (await f.ShellAsync("seq 1 300000; echo END; seq 1 1000 >&2", limits)).ShouldSatisfyAllConditions(
            r => r.StandardOutput.Length.ShouldBe(Enumerable.Range(1, 300_000).Sum(n => n.ToString(System.Globalization.CultureInfo.InvariantCulture).Length + 1) + 4),
            r => r.StandardOutput.ShouldEndWith("300000\nEND\n"),
            r => r.StandardError.ShouldEndWith("\n1000\n"));
    }

    [Theory, InBubblewrap, InDocker]
    public async Task OutputFlood_IsCutInTheMiddle(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        var result = await f.ShellAsync("echo first; head -c 30000000 /dev/zero | tr '\\0' x; echo; echo last", ContractFixture.Limits with { OutputBytes = 2000 });
        result.StandardOutput.Length.ShouldBeLessThan(2100);
        result.StandardOutput.ShouldStartWith("first\nxxx");
        result.StandardOutput.ShouldEndWith("xxx\nlast\n");
        result.StandardOutput.ShouldContain("bytes cut ...]");
    }

    [Theory, InBubblewrap, InDocker]
    public async Task OutputWithoutNewlinesNulBytesAndBrokenText_IsKept(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        (await f.ShellAsync("printf 'a\\0b\\377c'")).StandardOutput.ShouldBe("a\0b\uFFFDc");
    }

    [Theory, InBubblewrap, InDocker]
    public async Task Input_NoneIsAtItsEnd_AndMoreThanAnyBufferPassesWhileOutputComesBack(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        (await f.OutputAsync("cat; echo end")).ShouldBe("end");
        var text = string.Concat(Enumerable.Repeat("0123456789abcde\n", 1 << 17));
        var limits = ContractFixture.Limits with { OutputBytes = 4 << 20 };
        (await f.RunAsync(f.Line("cat") with { StandardInput = text, Limits = limits })).StandardOutput.ShouldBe(text);
        // Whoever does not read what is typed is nobody's trouble.
        (await f.RunAsync(f.Line("exec 0<&-; exit 7") with { StandardInput = text })).ExitCode.ShouldBe(7);
        (await f.RunAsync(f.Line("head -c 3") with { StandardInput = "" })).StandardOutput.ShouldBe("");
    }

    [Theory, InBubblewrap, InDocker]
    public async Task Workspace_IsWritable_UnlessAskedOtherwise(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        (await f.OutputAsync("echo made > file && cat file")).ShouldBe("made");
        File.ReadAllText(Path.Combine(f.Workspace, "file")).ShouldBe("made\n");
        (await f.RunAsync(f.Line("echo more >> file") with { ReadOnlyWorkspace = true })).Succeeded.ShouldBeFalse();
        File.ReadAllText(Path.Combine(f.Workspace, "file")).ShouldBe("made\n");
    }

    [Theory, InBubblewrap, InDocker]
    public async Task Workspace_WhatCommandsMake_BelongsToTheWorkspacesOwner(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        await f.OutputAsync("mkdir folder && touch folder/file && ln -s /etc/passwd link");
        var owner = Files.Owner(f.Workspace);
        foreach (var made in new[] { "folder", "folder/file", "link" }) Files.Owner(Path.Combine(f.Workspace, made)).ShouldBe(owner);
    }

    [Theory, InBubblewrap, InDocker]
    public async Task WorkspacePath_ThatIsALinkOrNoFolder_IsRefused(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        var link = f.Workspace + "-link";
        Directory.CreateSymbolicLink(link, "/etc");
        foreach (var path in new[] { link, f.Workspace + "/../ws", "/etc/passwd", "relative", "/", f.Workspace + "-absent" })
            await Should.ThrowAsync<ArgumentException>(() => f.RunAsync(f.Line("true") with { WorkspacePath = path }), path);
    }

    [Theory, InBubblewrap, InDocker]
    public async Task WorkingDirectory_OutsideIsRefused(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        foreach (var folder in new[] { "../x", "/etc", "a/../../b" })
            await Should.ThrowAsync<ArgumentException>(() => f.RunAsync(f.Line("true") with { WorkingDirectory = folder }), folder);
    }

    [Theory, InBubblewrap, InDocker]
    public async Task HostEnvironmentAndFiles_AreNotThere(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        using var other = new ScratchFolder();
        other.Write("secret.txt", "secret of another task");
        Environment.SetEnvironmentVariable("CODING_AGENT_TEST_SECRET", "hunter2");
        (await f.OutputAsync("env; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'")).ShouldNotContain("hunter2");
        foreach (var path in new[] { other["secret.txt"], "/etc/shadow", "/root/.ssh", "/var/lib/dpkg", "/boot", "/workspace/../etc/shadow", "/proc/1/root/etc/shadow", "/var/run/docker.sock", "/run/docker.sock", TestEngine.Socket })
            (await f.ShellAsync($"cat {path} || ls {path}")).Succeeded.ShouldBeFalse(path);
    }

    [Theory, InBubblewrap, InDocker]
    public async Task User_HasANameAHomeAndNoPower(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        (await f.OutputAsync("id -un; echo $HOME $TMPDIR; cd && pwd && echo x > $HOME/x && echo x > /tmp/x && echo x > /dev/shm/x && hostname")).ShouldBe("agent\n/home/agent /tmp\n/home/agent\nsandbox");
        (await f.OutputAsync("id -u; id -G")).ShouldNotContain("\n0");
        (await f.OutputAsync("grep -E 'Cap(Prm|Eff|Bnd|Amb)' /proc/self/status | grep -v 0000000000000000 || echo none")).ShouldBe("none");
        (await f.OutputAsync("grep NoNewPrivs /proc/self/status | tr -d '\\t'")).ShouldBe("NoNewPrivs:1");
        (await f.OutputAsync("grep Seccomp: /proc/self/status | tr -d '\\t'")).ShouldBe("Seccomp:2");
        (await f.OutputAsync("cp /bin/sh ./rootsh && chmod 4755 rootsh && ./rootsh -p -c 'id -u'")).ShouldNotBe("0");
    }

    [Theory, InBubblewrap, InDocker]
    public async Task TemporaryFolders_AreOfOneCommand_AndRunWhatIsBuiltInThem(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        (await f.OutputAsync("for d in /tmp $HOME; do printf '#!/bin/sh\\necho ran\\n' > $d/tool && chmod +x $d/tool && $d/tool; done")).ShouldBe("ran\nran");
        (await f.OutputAsync("ls -A /tmp $HOME /dev/shm | grep -v : | tr -d '\\n'")).ShouldBe("");
    }

    [Theory, InBubblewrap, InDocker]
    public async Task SystemFoldersAndKernelSettings_CannotBeWritten(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        var paths = "/usr/x /etc/x /x /bin/x /opt/x /dev/x /etc/passwd /proc/sys/kernel/hostname /proc/sysrq-trigger /proc/sys/kernel/core_pattern /proc/1/oom_score_adj /sys/kernel/x";
        (await f.OutputAsync($"for p in {paths}; do (echo x > $p) 2>/dev/null && echo wrote $p; done; echo tried")).ShouldBe("tried");
    }

    [Theory, InBubblewrap, InDocker]
    public async Task NewNamespacesMountsAndDevices_CannotBeMade(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        var tries = "unshare --user true|unshare --mount true|unshare --net true|unshare --user --map-root-user --mount true|mount -t tmpfs none /tmp|mknod disk b 8 0|mknod mem c 1 1";
        foreach (var line in tries.Split('|')) (await f.ShellAsync(line)).Succeeded.ShouldBeFalse(line);
    }

    [Theory, InBubblewrap, InDocker]
    public async Task SystemCalls_ThatLeadPastTheNamespaces_AreClosed(SandboxKind kind)
    {
        if (!File.Exists("/usr/bin/perl") || System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture != System.Runtime.InteropServices.Architecture.X64) return; // Written for perl and these call numbers.
        using var f = new ContractFixture(kind);
        // Families: netlink's neighbours, Bluetooth, AF_ALG and vsock (40). Calls: keyctl, io_uring_setup, bpf, userfaultfd, clone3, unshare, and clone of a user namespace.
        const string Script = "for my $f (17, 31, 38, 40, 4294967336) { print \"family $f open\\n\" if syscall(41, $f, 1, 0) >= 0 } for my $c ([250, 0, 0, 0], [425, 1, 0], [321, 0, 0, 0], [323, 0], [435, 0, 0], [272, 0x10000000], [56, 0x10000011, 0, 0, 0, 0]) { my ($call, @rest) = @$c; my $r = syscall($call, @rest); exit 0 if $r == 0 && $call == 56; print \"$call: \", $! + 0, \"\\n\" }";
        var command = f.Line("") with { Argv = ["/usr/bin/perl", "-e", Script] };
        // The test image has no perl; this machine's programs are shown in it.
        if (kind == SandboxKind.Docker) command = command with { Binds = [new SandboxBind("/usr", "/usr")] };
        var answers = (await f.OutputAsync(command)).Split('\n').Select(l => l.Split(": ")).ToArray();
        answers.Select(a => a[0]).ShouldBe(["250", "425", "321", "323", "435", "272", "56"]);
        // Not permitted, or no such call: filters differ in which.
        answers.Select(a => a[1]).Except(["1", "38"]).ShouldBeEmpty();
    }

    [Theory, InBubblewrap, InDocker]
    public async Task HostProcesses_AreNotThere(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        int.Parse(await f.OutputAsync("ls -d /proc/[0-9]* | wc -l"), System.Globalization.CultureInfo.InvariantCulture).ShouldBeLessThan(8);
        (await f.ShellAsync($"kill -9 {Environment.ProcessId}")).Succeeded.ShouldBeFalse();
        var descriptors = await f.RunAsync(f.Line("") with { Argv = ["ls", "/proc/self/fd"] });
        // The fourth is the folder that ls itself reads.
        descriptors.StandardOutput.ShouldBe("0\n1\n2\n3\n");
    }

    [Theory, InBubblewrap]
    public async Task Etc_IsOfThisSandboxAndShowsWhatProgramsNeedOfTheHosts(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        (await f.OutputAsync("cut -d: -f1 /etc/passwd | tr '\\n' ' '; getent group agent | cut -d: -f1")).ShouldBe("root agent agent");
        foreach (var name in new[] { "ld.so.cache", "ld.so.conf.d/libc.conf", "localtime" }.Where(n => File.Exists($"/etc/{n}")))
            (await f.OutputAsync($"sha256sum < /etc/{name}")).ShouldBe(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync($"/etc/{name}"))) + "  -");
        if (new FileInfo("/etc/alternatives/awk").LinkTarget is { } target)
            (await f.OutputAsync("readlink /etc/alternatives/awk")).ShouldBe(target);
        (await f.ShellAsync("rm -f /etc/passwd || touch /etc/alternatives/x || chmod u+w /.sandbox /.sandbox/*")).Succeeded.ShouldBeFalse();
    }

    [Theory, InBubblewrap, InDocker]
    public async Task Network_EvenTheHostsLoopback_CannotBeReached(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accepted = listener.AcceptTcpClientAsync();
        foreach (var target in new[] { $"127.0.0.1/{((IPEndPoint)listener.LocalEndpoint).Port}", "1.1.1.1/80", "169.254.169.254/80" })
            (await f.ShellAsync($"exec 3<>/dev/tcp/{target}")).Succeeded.ShouldBeFalse(target);
        (await f.OutputAsync("cut -d: -f1 -s /proc/net/dev | tr -d ' '")).ShouldBe("lo");
        (await f.OutputAsync("getent hosts localhost | head -1 | grep -c -E '127.0.0.1|::1'; grep -c . /etc/resolv.conf 2>/dev/null || true")).ShouldStartWith("1");
        accepted.IsCompleted.ShouldBeFalse();
    }

    [Theory, InBubblewrap, InDocker]
    public async Task Timeout_KillsTheWholeTree_AndKeepsOutput(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        var result = await f.ShellAsync("trap '' TERM INT; echo before; sleep 300 & (setsid sleep 300 &) ; sleep 300", ContractFixture.Limits with { Timeout = TimeSpan.FromSeconds(1) });
        (result.Outcome, result.ExitCode, result.StandardOutput).ShouldBe((SandboxOutcome.TimedOut, 137, "before\n"));
        result.Duration.ShouldBeLessThan(TimeSpan.FromMinutes(1));
    }

    [Theory, InBubblewrap, InDocker]
    public async Task Cancellation_EndsTheCommand(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        using var cancel = new CancellationTokenSource();
        var run = f.Sandbox.RunAsync(f.Line("while :; do date >> alive; sleep 0.05; done"), cancel.Token);
        var alive = Path.Combine(f.Workspace, "alive");
        await Files.AppearsAsync(alive, run);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => run);
        var size = new FileInfo(alive).Length;
        // Another command gives a survivor time to write.
        await f.ShellAsync("sleep 0.3");
        new FileInfo(alive).Length.ShouldBe(size);
    }

    [Theory, InBubblewrap, InDocker]
    public async Task BackgroundProcesses_EndWithTheirCommand(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        var result = await f.ShellAsync("(setsid sh -c 'while :; do date >> alive; sleep 0.05; done' >/dev/null 2>&1 &); until [ -s alive ]; do sleep 0.05; done; echo done");
        result.StandardOutput.ShouldBe("done\n");
        var size = new FileInfo(Path.Combine(f.Workspace, "alive")).Length;
        await f.ShellAsync("sleep 0.3");
        new FileInfo(Path.Combine(f.Workspace, "alive")).Length.ShouldBe(size);
    }

    [Theory, InBubblewrap, InDocker]
    public async Task BackgroundProcess_ThatKeepsTheOutputOpen_DoesNotHoldTheCommand(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        var result = await f.ShellAsync("sleep 300 & echo done");
        (result.Outcome, result.StandardOutput).ShouldBe((SandboxOutcome.Exited, "done\n"));
        result.Duration.ShouldBeLessThan(TimeSpan.FromMinutes(1));
    }

    [Theory, InBubblewrap, InDocker]
    public async Task MemoryBomb_EndsAsOutOfMemory_AlsoInAChild(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        var limits = ContractFixture.Limits with { MemoryBytes = 64L << 20 };
        // tail keeps what it is fed until a line ends.
        foreach (var line in new[] { "exec tail /dev/zero", "tail /dev/zero; echo \"ended with $?\"; exit 1" })
        {
            var result = await f.ShellAsync(line, limits);
            result.ExitCode.ShouldNotBe(0);
            // Without control groups a process may meet its own limit first; it is told so and ends by itself.
            (result.Outcome == SandboxOutcome.OutOfMemory || result.StandardError.Contains("memory exhausted", StringComparison.Ordinal)).ShouldBeTrue(result.ToString());
        }
    }

    [Theory, InBubblewrap, InDocker]
    public async Task ProcessBomb_EndsAtItsLimits_AndTheNextCommandRuns(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        await f.ShellAsync("f() { f | f & }; f; sleep 2", ContractFixture.Limits with { MaxProcesses = 40, Timeout = TimeSpan.FromSeconds(5) });
        (await f.OutputAsync("echo still here")).ShouldBe("still here");
    }

    [Theory, InBubblewrap, InDocker]
    public async Task TemporaryFileSystems_AreBounded(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        var result = await f.ShellAsync("head -c 400000000 /dev/zero > /tmp/big && echo all of it", ContractFixture.Limits with { MemoryBytes = 128L << 20 });
        result.StandardOutput.ShouldBe("");
        result.Succeeded.ShouldBeFalse();
    }

    [Theory, InBubblewrap, InDocker]
    public async Task HomePath_IsWrittenThrough(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        var home = f.NewFolder("home");
        (await f.OutputAsync(f.Line("echo kept > $HOME/.config && cat /home/agent/.config") with { HomePath = home })).ShouldBe("kept");
        File.ReadAllText(Path.Combine(home, ".config")).ShouldBe("kept\n");
    }

    [Theory, InBubblewrap, InDocker]
    public async Task HomeLayer_IsSeen_AndNeverWritten(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        var layer = f.NewFolder("layer");
        (await f.RunAsync(f.Line("mkdir -p $HOME/.cache && echo one > $HOME/.cache/a && echo two > $HOME/b && chmod 500 $HOME/.cache") with { HomePath = layer })).Succeeded.ShouldBeTrue();
        var command = f.Line("cat .cache/a b && echo changed > b && rm -f .cache/a; mkdir new && cat b; ls -A") with
        {
            HomeLayer = layer,
            Argv = ["/bin/sh", "-c", "cd && cat .cache/a b && echo changed > b && chmod 700 .cache && rm .cache/a && mkdir new && cat b && ls -A"],
        };
        for (var i = 0; i < 2; i++) (await f.OutputAsync(command)).ShouldBe("one\ntwo\nchanged\n.cache\nb\nnew");
        File.ReadAllText(Path.Combine(layer, "b")).ShouldBe("two\n");
        Directory.Exists(Path.Combine(layer, "new")).ShouldBeFalse();
    }

    [Theory, InBubblewrap, InDocker]
    public async Task HomeLayerAndHomePath_ExcludeEachOther(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        var folder = f.NewFolder("home");
        await Should.ThrowAsync<ArgumentException>(() => f.RunAsync(f.Line("true") with { HomeLayer = folder, HomePath = folder }));
    }

    [Theory, InBubblewrap, InDocker]
    public async Task Binds_AreReadOnly_AndMustExist(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        var folder = f.NewFolder("shown, as it: is");
        File.WriteAllText(Path.Combine(folder, "file"), "shown");
        var command = f.Line("cat /opt/shown/file; echo x > /opt/shown/file || echo refused") with { Binds = [new SandboxBind(folder, "/opt/shown")] };
        (await f.OutputAsync(command)).ShouldBe("shownrefused");
        File.ReadAllText(Path.Combine(folder, "file")).ShouldBe("shown");
        await Should.ThrowAsync<Exception>(() => f.RunAsync(f.Line("true") with { Binds = [new SandboxBind(folder + "-absent", "/opt/x")] }));
        Directory.Exists(folder + "-absent").ShouldBeFalse("an Engine makes what it is told to bind, unless it is told otherwise");
    }

    [Theory, InBubblewrap, InDocker]
    public async Task Egress_IsTheOnlyWayOut_AndOpenWhenTheCommandStarts(SandboxKind kind)
    {
        if (Mcp.Files.SandboxUser.ForThisProcess is null) return; // Only root can give a container a way out, and that it says so is tested elsewhere.
        using var f = new ContractFixture(kind);
        await using var proxy = new EchoProxy();
        var command = f.Line("read typed; exec 3<>/dev/tcp/127.0.0.1/3128 && echo \"ask $typed\" >&3 && cat <&3; (exec 4<>/dev/tcp/1.1.1.1/80) 2>/dev/null || echo \"nothing else\"; echo $https_proxy; head -1 $SSL_CERT_FILE") with
        {
            StandardInput = "for this\n",
            Egress = new SandboxEgress(proxy.SocketPath, proxy.Bundle),
        };
        var result = await f.RunAsync(command);
        result.StandardOutput.ShouldBe("answered: ask for this\nnothing else\nhttp://127.0.0.1:3128\n-----BEGIN CERTIFICATE-----\n", result.ToString());
        // Ours alone: a command of the same workspace without it has none.
        (await f.ShellAsync("exec 3<>/dev/tcp/127.0.0.1/3128")).Succeeded.ShouldBeFalse();
        (await f.OutputAsync("echo [$https_proxy]")).ShouldBe("[]");
    }

    [Theory, InBubblewrap, InDocker]
    public async Task ManyAtOnce_DoNotMix(SandboxKind kind)
    {
        using var f = new ContractFixture(kind);
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => f.ShellAsync($"echo {i}; exit {i}")));
        results.Select(r => (r.ExitCode, r.StandardOutput)).ShouldBe(Enumerable.Range(0, 8).Select(i => (i, $"{i}\n")));
    }

    private static class Files
    {
        public static (int, int) Owner(string path) => Mcp.Files.WorkspaceFolder.OwnerOf(path);

        public static async Task AppearsAsync(string path, Task run)
        {
            while (!File.Exists(path) && !run.IsCompleted) await Task.Delay(10);
        }
    }
}
