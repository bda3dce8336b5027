using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Tests.Sandboxes;

/// <summary>Memory and process bombs, under every mechanism that this machine has.</summary>
public sealed class LimitTests
{
    [Theory]
    [MechanismData(LimitMechanism.CgroupV2)]
    [MechanismData(LimitMechanism.CgroupV1)]
    [MechanismData(LimitMechanism.Supervisor)]
    public async Task MemoryBomb_EndsAsOutOfMemory(LimitMechanism mechanism)
    {
        using var f = Fixture(mechanism);
        // tail keeps what it is fed until a line ends.
        var result = await f.ShellAsync("tail /dev/zero", SandboxFixture.Limits with { MemoryBytes = 64L << 20 });
        result.Succeeded.ShouldBeFalse();
        // A process that meets its own limit first is told so (memory exhausted) and ends by itself.
        if (mechanism != LimitMechanism.Supervisor) result.Outcome.ShouldBe(SandboxOutcome.OutOfMemory, result.ToString());
        result.Outcome.ShouldNotBe(SandboxOutcome.TimedOut);
    }

    [Theory]
    [MechanismData(LimitMechanism.CgroupV2)]
    [MechanismData(LimitMechanism.CgroupV1)]
    [MechanismData(LimitMechanism.Supervisor)]
    public async Task MemoryOfAllProcessesTogether_IsLimited(LimitMechanism mechanism)
    {
        using var f = Fixture(mechanism);
        // Eight processes, each well below the limit alone.
        const string Line = "for i in 1 2 3 4 5 6 7 8; do sh -c 'x=$(head -c 24000000 /dev/zero | tr \"\\0\" x); sleep 2; echo survived' & done; wait; exit 9";
        var result = await f.ShellAsync(Line, SandboxFixture.Limits with { MemoryBytes = 100L << 20 });
        result.Outcome.ShouldBe(SandboxOutcome.OutOfMemory, result.ToString());
    }

    [Theory]
    [MechanismData(LimitMechanism.CgroupV2)]
    [MechanismData(LimitMechanism.CgroupV1)]
    [MechanismData(LimitMechanism.Supervisor)]
    public async Task ForkBomb_IsHeld_AndEnds(LimitMechanism mechanism)
    {
        using var f = Fixture(mechanism);
        // Whatever the shell makes of it, it is over some time, also on a machine that has much else to do, and the machine still starts processes.
        await f.ShellAsync("f() { f | f & }; f; sleep 1; echo through", SandboxFixture.Limits with { MaxProcesses = 60, Timeout = TimeSpan.FromSeconds(6) }, bash: true).WaitAsync(TimeSpan.FromMinutes(2));
        (await f.ShellAsync("echo alive")).StandardOutput.ShouldBe("alive\n");
    }

    [Theory]
    [MechanismData(LimitMechanism.CgroupV2)]
    [MechanismData(LimitMechanism.CgroupV1)]
    [MechanismData(LimitMechanism.Supervisor)]
    public async Task ManyProcesses_AboveTheLimit_CannotBeStarted(LimitMechanism mechanism)
    {
        using var f = Fixture(mechanism);
        var limits = SandboxFixture.Limits with { MaxProcesses = 20 };
        var result = await f.ShellAsync("for i in $(seq 60); do sleep 3 & done; wait; ls /proc | grep -c '^[0-9]'", limits);
        result.Succeeded.ShouldBeFalse();
    }

    /// <summary>Memory that is in no process, far above the limit: in files of each private file system, in files without a name, in shared segments.</summary>
    public static IReadOnlyList<(string Kind, string Line)> Hoards { get; } =
    [
        ("three file systems together", "for f in /tmp /dev/shm /home/agent; do head -c 60000000 /dev/zero > $f/big; done; sleep 3; echo held"),
        ("an unlinked file", "exec 3>/tmp/big; rm /tmp/big; head -c 50000000 /dev/zero >&3; exec 4>/dev/shm/big; rm /dev/shm/big; head -c 80000000 /dev/zero >&4; sleep 3; echo held"),
        ("a file without a name", "perl -e '$n=\"x\"; my $fd = syscall($ENV{MEMFD}, $n, 0); die \"refused\\n\" if $fd < 0; open(my $f, \">&=\", $fd); for (1..200) { syswrite($f, \"x\" x 1000000) or die } sleep 3; print \"held\"'"),
        ("shared segments", "perl -e 'for (1..20) { my $i = shmget(0, 10000000, 0600); die \"refused\\n\" unless defined $i; shmwrite($i, \"x\" x 10000000, 0, 10000000) or die } sleep 3; print \"held\"'"),
        ("many small shared segments", "perl -e 'for (1..4000) { my $i = shmget(0, 65536, 0600); die \"refused\\n\" unless defined $i; shmwrite($i, \"x\" x 65536, 0, 65536) or die } sleep 3; print \"held\"'"),
    ];

    [Theory]
    [MechanismData(LimitMechanism.CgroupV2)]
    [MechanismData(LimitMechanism.CgroupV1)]
    [MechanismData(LimitMechanism.Supervisor)]
    public async Task MemoryOutsideProcesses_IsLimited(LimitMechanism mechanism)
    {
        using var f = Fixture(mechanism);
        var number = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "279" : "319";
        foreach (var (kind, line) in Hoards)
        {
            var result = await f.ShellAsync($"MEMFD={number}; export MEMFD; {line}", SandboxFixture.Limits with { MemoryBytes = 100L << 20 });
            result.Succeeded.ShouldBeFalse($"{kind}: {result}");
            result.StandardOutput.ShouldNotContain("held", Case.Sensitive, kind);
            result.Outcome.ShouldNotBe(SandboxOutcome.TimedOut, kind);
        }
    }

    [Theory]
    [MechanismData(LimitMechanism.CgroupV2)]
    [MechanismData(LimitMechanism.CgroupV1)]
    [MechanismData(LimitMechanism.Supervisor)]
    public async Task SmallSharedSegment_AsDatabasesLockBy_CanBeHad(LimitMechanism mechanism)
    {
        using var f = Fixture(mechanism);
        (await f.ShellAsync("perl -e 'my $i = shmget(0, 56, 0600); die unless defined $i; shmwrite($i, \"x\", 0, 1) or die; print \"had\"'")).StandardOutput.ShouldBe("had");
    }

    [Theory]
    [MechanismData(LimitMechanism.CgroupV2)]
    [MechanismData(LimitMechanism.CgroupV1)]
    [MechanismData(LimitMechanism.Supervisor)]
    public async Task ProcessesOfOneCommand_DoNotCountAgainstAnothers(LimitMechanism mechanism)
    {
        using var f = Fixture(mechanism);
        using var other = Fixture(mechanism);
        var limits = SandboxFixture.Limits with { MaxProcesses = 40 };
        var greedy = f.ShellAsync("for i in $(seq 30); do sleep 4 & done; echo started > ready; wait", limits);
        for (var i = 0; i < 200 && !File.Exists(Path.Combine(f.Workspace, "ready")); i++) await Task.Delay(20);
        var modest = await other.ShellAsync("for i in $(seq 30); do sleep 0.5 & done; wait; echo done", limits);
        modest.StandardOutput.ShouldBe("done\n", modest.ToString());
        await greedy;
    }

    [Theory]
    [MechanismData(LimitMechanism.CgroupV2)]
    [MechanismData(LimitMechanism.CgroupV1)]
    [MechanismData(LimitMechanism.Supervisor)]
    public async Task ManyProcessesOfOneCommand_KeepNoEarlierOneFromForking(LimitMechanism mechanism)
    {
        using var f = Fixture(mechanism);
        using var other = Fixture(mechanism);
        using var enough = new CancellationTokenSource();
        var patient = SandboxFixture.Limits with { Timeout = TimeSpan.FromMinutes(2) };
        // Whoever came first has a limit that knew nothing of the others.
        var modest = f.ShellAsync("touch ready; until [ -e go ]; do sleep 0.05; done; for i in $(seq 20); do sleep 0.5 & done; wait; echo done", patient with { MaxProcesses = 40 });
        await AppearsAsync(f.Workspace, "ready", modest);
        var command = SandboxCommand.Shell("for i in $(seq 130); do sleep 100 & done; touch ready; wait", other.Workspace, patient with { MaxProcesses = 150 });
        var greedy = other.Sandbox.RunAsync(command, enough.Token);
        await AppearsAsync(other.Workspace, "ready", greedy);
        File.WriteAllText(Path.Combine(f.Workspace, "go"), "");
        var result = await modest;
        result.StandardOutput.ShouldBe("done\n", result.ToString());
        greedy.IsCompleted.ShouldBeFalse();
        await enough.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => greedy);
    }

    private static async Task AppearsAsync(string folder, string name, Task<SandboxResult> unless)
    {
        while (!File.Exists(Path.Combine(folder, name)))
        {
            if (unless.IsCompleted) throw new ShouldAssertException($"It ended before there was a {name}: {await unless}");
            await Task.Delay(20);
        }
    }

    [Fact]
    public async Task TemporaryFiles_CountAsMemory_AndEnd()
    {
        using var f = new SandboxFixture(new BubblewrapOptions { TemporaryBytes = 10L << 20 });
        var result = await f.ShellAsync("head -c 20000000 /dev/zero > /tmp/big");
        result.Succeeded.ShouldBeFalse();
        result.StandardError.ShouldContain("No space left");
    }

    [Fact]
    public async Task Workspace_AboveItsBound_EndsTheCommandWithOneLine()
    {
        using var f = new SandboxFixture(new BubblewrapOptions { Workspace = new DiskBounds(40L << 20, 100_000) });
        var result = await f.ShellAsync("for i in $(seq 40); do head -c 5000000 /dev/urandom > big$i; sync; sleep 0.1; done; echo through");
        result.Succeeded.ShouldBeFalse();
        result.StandardOutput.ShouldBe("");
        result.StandardError.ShouldContain("[killed: the workspace holds more than 40 MiB, its bound; delete what is not needed]");
        // At most a second of overshoot.
        Directory.EnumerateFiles(f.Workspace).Sum(p => new FileInfo(p).Length).ShouldBeLessThan(110L << 20);

        // What is there may go, and nothing may come.
        (await f.ShellAsync("rm big*; head -c 5000000 /dev/urandom > small; sync; sleep 1")).Succeeded.ShouldBeTrue();
    }

    [Fact]
    public async Task Workspace_FilledWhileOthersGiveRoomBack_IsBoundedAllTheSame()
    {
        using var f = new SandboxFixture(new BubblewrapOptions { Workspace = new DiskBounds(40L << 20, 100_000) });
        using var others = new ScratchFolder();
        for (var i = 0; i < 60; i++) await new FileStream(others[$"{i}"], new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, PreallocationSize = 20L << 20 }).DisposeAsync();
        var command = f.ShellAsync("for i in $(seq 40); do head -c 5000000 /dev/urandom > big$i; sync; sleep 0.1; done; echo through");
        // More is given back at each moment than the command takes.
        for (var i = 0; i < 60 && !command.IsCompleted; i++)
        {
            File.Delete(others[$"{i}"]);
            await Task.Delay(100);
        }

        var result = await command;
        result.StandardOutput.ShouldBe("", result.ToString());
        result.StandardError.ShouldContain("[killed: the workspace holds more than 40 MiB, its bound; delete what is not needed]");
    }

    [Fact]
    public async Task Workspace_FilledInFoldersThatAreClosedAgain_IsBounded()
    {
        using var f = new SandboxFixture(new BubblewrapOptions { Workspace = new DiskBounds(40L << 20, 100_000) });
        var result = await f.ShellAsync("mkdir d; for i in $(seq 40); do chmod 700 d; head -c 5000000 /dev/urandom > d/big$i; sync; chmod 000 d; sleep 0.1; done; echo through");
        result.StandardOutput.ShouldBe("", result.ToString());
        result.StandardError.ShouldContain("[killed: the workspace holds more than 40 MiB");
    }

    [Fact]
    public async Task Workspace_FilledByManyCommands_IsBoundedOverAllOfThem()
    {
        using var f = new SandboxFixture(new BubblewrapOptions { Workspace = new DiskBounds(40L << 20, 100_000) });
        SandboxResult? last = null;
        for (var i = 0; i < 10 && last is not { Succeeded: false }; i++) last = await f.ShellAsync($"mkdir -m 700 closed{i}; head -c 8000000 /dev/urandom > closed{i}/big; sync; sleep 0.6");
        last!.StandardError.ShouldContain("the workspace holds more than 40 MiB");
    }

    [Fact]
    public async Task Workspace_OfTooManyFiles_EndsTheCommandWithOneLine()
    {
        using var f = new SandboxFixture(new BubblewrapOptions { Workspace = new DiskBounds(1L << 30, 2_000) });
        var result = await f.ShellAsync("for i in $(seq 60); do mkdir d$i; (cd d$i; touch $(seq 500)); sleep 0.1; done; echo through");
        result.Succeeded.ShouldBeFalse();
        result.StandardOutput.ShouldBe("");
        result.StandardError.ShouldContain("[killed: the workspace holds more than 2000 files and folders, its bound; delete what is not needed]");
        Directory.EnumerateFiles(f.Workspace, "*", SearchOption.AllDirectories).Count().ShouldBeLessThan(15_000);
    }

    [Theory]
    [InlineData("exec 9>>big; rm big; exec 8<&9; for i in $(seq 40); do head -c 5000000 /dev/urandom; sync; sleep 0.1; done >&9")]
    [InlineData("for i in $(seq 40); do head -c 5000000 /dev/urandom > big$i; sleep 60 < big$i & rm big$i; sync; sleep 0.1; done; wait")]
    public async Task Workspace_FilesDeletedAndKeptOpen_Count(string line)
    {
        using var f = new SandboxFixture(new BubblewrapOptions { Workspace = new DiskBounds(40L << 20, 100_000) });
        var result = await f.ShellAsync(line + "; echo through");
        result.StandardError.ShouldContain("[killed: the workspace holds more than 40 MiB");
        result.StandardOutput.ShouldBe("");
    }

    [RootFact]
    public async Task Workspace_FilesDeletedAndKeptMapped_Count()
    {
        using var f = new SandboxFixture(new BubblewrapOptions { Workspace = new DiskBounds(40L << 20, 100_000) });
        // A running program is a mapped file.
        var result = await f.ShellAsync("head -c 5000000 /dev/urandom > pad; for i in $(seq 30); do cat /bin/sleep pad > nap; chmod +x nap; ./nap 60 & sleep 0.05; rm nap; sync; sleep 0.1; done; echo through");
        result.StandardError.ShouldContain("[killed: the workspace holds more than 40 MiB");
    }

    [Fact]
    public async Task Workspace_NearItsBound_GoesOnAfterALook()
    {
        using var f = new SandboxFixture(new BubblewrapOptions { Workspace = new DiskBounds(40L << 20, 100_000) });
        // More than the bound goes through the disk, never more than a part of it lies there; a stopped child of its own stays stopped.
        var result = await f.ShellAsync("sleep 60 & kill -STOP $!; for i in $(seq 20); do head -c 5000000 /dev/urandom > big; sync; sleep 0.1; rm big; done; head -c 5000000 /dev/urandom > big; sync; sleep 0.6; grep State /proc/$!/status; kill -9 $!; echo through");
        result.StandardOutput.ShouldContain("through", customMessage: result.ToString());
        result.StandardOutput.ShouldContain("T (stopped)");
    }

    [Fact]
    public async Task LargestFile_IsNoLargerThanTheWorkspace()
    {
        using var f = new SandboxFixture(new BubblewrapOptions { Workspace = new DiskBounds(8L << 20, 100_000) });
        (await f.ShellAsync("head -c 90000000 /dev/zero > big")).Succeeded.ShouldBeFalse();
        new FileInfo(Path.Combine(f.Workspace, "big")).Length.ShouldBeLessThanOrEqualTo(8L << 20);
    }

    [Fact]
    public async Task LargeFiles_AreCutOff()
    {
        using var f = new SandboxFixture(new BubblewrapOptions { LargestFileBytes = 4L << 20 });
        (await f.ShellAsync("head -c 9000000 /dev/zero > big")).Succeeded.ShouldBeFalse();
        new FileInfo(Path.Combine(f.Workspace, "big")).Length.ShouldBe(4L << 20);
    }

    [Theory]
    [MechanismData(LimitMechanism.CgroupV2)]
    [MechanismData(LimitMechanism.CgroupV1)]
    public async Task Groups_AreRemovedAfterwards(LimitMechanism mechanism)
    {
        using var f = Fixture(mechanism);
        await f.ShellAsync("true");
        await f.ShellAsync("tail /dev/zero", SandboxFixture.Limits with { MemoryBytes = 32L << 20 });
        // Other tests of this process run at the same time; a leak would keep groups whose processes are gone.
        var left = Directory.EnumerateDirectories("/sys/fs/cgroup", $"coding-agent-{Environment.ProcessId}-*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 3 })
            .Where(g => File.ReadAllText(Path.Combine(g, "cgroup.procs")).Length == 0)
            .ToList();
        for (var i = 0; i < 100 && left.Exists(Directory.Exists); i++) await Task.Delay(20);
        left.ShouldAllBe(g => !Directory.Exists(g) || File.ReadAllText(Path.Combine(g, "cgroup.procs")).Length > 0);
    }

    private static SandboxFixture Fixture(LimitMechanism mechanism) => new(new BubblewrapOptions { RequiredMechanism = mechanism });
}
