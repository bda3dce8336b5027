using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Tests.Sandboxes;

public sealed class BubblewrapSandboxTests : IDisposable
{
    private readonly SandboxFixture _f = new();

    public void Dispose() => _f.Dispose();

    [Fact]
    public async Task Inspect_SaysWhatItIsMadeOf()
    {
        var report = await _f.Sandbox.InspectAsync();
        report.Problem.ShouldBeNull();
        report.Version.ShouldStartWith("bubblewrap");
        report.Mechanism.ShouldNotBe(LimitMechanism.None);
    }

    [Fact]
    public async Task Command_GetsInputArgumentsEnvironmentAndFolder()
    {
        Directory.CreateDirectory(Path.Combine(_f.Workspace, "sub dir"));
        var command = new SandboxCommand(["/bin/sh", "-c", "pwd; cat; echo $1 $NAME; exit 3", "x", "an argument; true"], _f.Workspace, SandboxFixture.Limits)
        {
            WorkingDirectory = "sub dir",
            StandardInput = "typed\n",
            Environment = new Dictionary<string, string> { ["NAME"] = "a value" },
        };
        var result = await _f.Sandbox.RunAsync(command, CancellationToken.None);
        result.StandardOutput.ShouldBe("/workspace/sub dir\ntyped\nan argument; true a value\n");
        (result.Outcome, result.ExitCode, result.Succeeded).ShouldBe((SandboxOutcome.Exited, 3, false));
    }

    [Fact]
    public async Task Workspace_IsWritable_UnlessAskedOtherwise()
    {
        (await _f.OutputAsync("echo made > file && cat file")).ShouldBe("made");
        File.ReadAllText(Path.Combine(_f.Workspace, "file")).ShouldBe("made\n");
        var command = new SandboxCommand(["/bin/sh", "-c", "echo more >> file"], _f.Workspace, SandboxFixture.Limits) { ReadOnlyWorkspace = true };
        (await _f.Sandbox.RunAsync(command, CancellationToken.None)).Succeeded.ShouldBeFalse();
        File.ReadAllText(Path.Combine(_f.Workspace, "file")).ShouldBe("made\n");
    }

    [Fact]
    public async Task ProgramThatIsMissing_IsAResult()
    {
        var result = await _f.Sandbox.RunAsync(new SandboxCommand(["no-such-program"], _f.Workspace, SandboxFixture.Limits), CancellationToken.None);
        result.ExitCode.ShouldBe(127);
        result.StandardError.ShouldContain("no-such-program");
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("/etc")]
    public async Task WorkingDirectory_OutsideIsRefused(string folder)
    {
        var command = new SandboxCommand(["true"], _f.Workspace, SandboxFixture.Limits) { WorkingDirectory = folder };
        await Should.ThrowAsync<ArgumentException>(() => _f.Sandbox.RunAsync(command, CancellationToken.None));
    }

    [Fact]
    public async Task BubblewrapMissing_SaysWhatToInstall()
    {
        var sandbox = new BubblewrapSandbox(new BubblewrapOptions { Program = "bwrap-is-not-here" }, TimeProvider.System);
        var error = await Should.ThrowAsync<SandboxUnavailableException>(
            () => sandbox.RunAsync(new SandboxCommand(["true"], _f.Workspace, SandboxFixture.Limits), CancellationToken.None));
        error.Message.ShouldContain("apt-get install bubblewrap");
    }

    [Fact]
    public async Task NoMemoryLimit_RefusesUnlessAllowed()
    {
        var command = new SandboxCommand(["true"], _f.Workspace, SandboxFixture.Limits);
        var unlimited = new BubblewrapOptions { RequiredMechanism = LimitMechanism.None };
        var error = await Should.ThrowAsync<SandboxUnavailableException>(
            () => new BubblewrapSandbox(unlimited, TimeProvider.System).RunAsync(command, CancellationToken.None));
        error.Message.ShouldContain("AllowUnlimitedMemory");
        var allowed = new BubblewrapSandbox(unlimited with { AllowUnlimitedMemory = true }, TimeProvider.System);
        (await allowed.RunAsync(command, CancellationToken.None)).Succeeded.ShouldBeTrue();
    }

    [Fact]
    public async Task Timeout_KillsTheWholeTree_AndKeepsOutput()
    {
        var result = await _f.ShellAsync("echo before; sleep 300 & (setsid sleep 300 &) ; sleep 300", SandboxFixture.Limits with { Timeout = TimeSpan.FromSeconds(1) });
        (result.Outcome, result.ExitCode, result.StandardOutput).ShouldBe((SandboxOutcome.TimedOut, 137, "before\n"));
        result.Duration.ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Cancellation_EndsTheCommand()
    {
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        var run = _f.Sandbox.RunAsync(new SandboxCommand(["sleep", "300"], _f.Workspace, SandboxFixture.Limits), cancel.Token);
        await Should.ThrowAsync<OperationCanceledException>(() => run);
    }

    [Fact]
    public async Task BackgroundProcesses_EndWithTheirCommand()
    {
        var result = await _f.ShellAsync("(setsid sh -c 'while :; do date >> alive; sleep 0.05; done' >/dev/null 2>&1 &); sleep 0.3; echo done");
        result.StandardOutput.ShouldBe("done\n");
        var size = new FileInfo(Path.Combine(_f.Workspace, "alive")).Length;
        size.ShouldBeGreaterThan(0);
        // A second command gives a survivor time to write.
        await _f.ShellAsync("sleep 0.3");
        new FileInfo(Path.Combine(_f.Workspace, "alive")).Length.ShouldBe(size);
    }

    [Fact]
    public async Task OutputFlood_IsCutInTheMiddle()
    {
        var result = await _f.ShellAsync("echo first; head -c 30000000 /dev/zero | tr '\\0' x; echo; echo last", SandboxFixture.Limits with { OutputBytes = 2000 });
        result.StandardOutput.Length.ShouldBeLessThan(2100);
        result.StandardOutput.ShouldStartWith("first\nxxx");
        result.StandardOutput.ShouldEndWith("xxx\nlast\n");
        result.StandardOutput.ShouldContain("bytes cut ...]");
    }

    [Fact]
    public async Task ManyAtOnce_DoNotMix()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => _f.ShellAsync($"echo {i}; exit {i}")));
        results.Select(r => (r.ExitCode, r.StandardOutput)).ShouldBe(Enumerable.Range(0, 12).Select(i => (i, $"{i}\n")));
    }
}
