using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Tests.Sandboxes;

/// <summary>What only bubblewrap has; what every sandbox promises is in <see cref="SandboxContract"/>.</summary>
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
    public async Task BubblewrapMissing_SaysWhatToInstall()
    {
        var sandbox = new BubblewrapSandbox(new BubblewrapOptions { Program = "bwrap-is-not-here" }, TimeProvider.System);
        var error = await Should.ThrowAsync<SandboxUnavailableException>(
            () => sandbox.RunAsync(new SandboxCommand(["true"], _f.Workspace, SandboxFixture.Limits), CancellationToken.None));
        error.Message.ShouldContain("apt-get install bubblewrap");
    }

    [Theory]
    [InlineData("bwrap: Can't bind mount /oldroot/ on /newroot/: Unable to apply mount flags: remount \"/newroot/x/merged\": Invalid argument", 2)]
    [InlineData("bwrap: Can't bind mount /oldroot/usr on /newroot/usr: Unable to find \"/newroot/usr\" in mount table", 2)]
    [InlineData("bwrap: Can't find source path /x: No such file or directory", 100)]
    public async Task SetUpFails_AsBesideChangingMounts_IsTriedAgainAFewTimes(string says, int fails)
    {
        using var folder = new ScratchFolder();
        var program = folder["bwrap"];
        // Once it is armed it fails some times before it does what it is for.
        File.WriteAllText(program, $$"""
            #!/bin/sh
            cd '{{folder.Path}}' || exit 99
            if [ -e armed ] && [ "$(ls failed-* 2>/dev/null | wc -l)" -lt {{fails}} ]; then
              touch "failed-$$"
              echo '{{says.Replace("'", "'\\''", StringComparison.Ordinal)}}' >&2
              exit 1
            fi
            exec bwrap "$@"
            """.Replace("\r", "", StringComparison.Ordinal));
        if (OperatingSystem.IsLinux()) File.SetUnixFileMode(program, (UnixFileMode)0x1ed);
        var sandbox = new BubblewrapSandbox(new BubblewrapOptions { Program = program }, TimeProvider.System);
        (await sandbox.InspectAsync()).Problem.ShouldBeNull();
        File.WriteAllText(folder["armed"], "");
        var command = new SandboxCommand(["/bin/sh", "-c", "echo ran >> ran"], _f.Workspace, SandboxFixture.Limits);
        var isOver = fails < 10;
        if (isOver)
            (await sandbox.RunAsync(command, CancellationToken.None)).Succeeded.ShouldBeTrue();
        else
            (await Should.ThrowAsync<SandboxUnavailableException>(() => sandbox.RunAsync(command, CancellationToken.None))).Message.ShouldContain("No such file");
        File.Exists(Path.Combine(_f.Workspace, "ran")).ShouldBe(isOver);
        Directory.GetFiles(folder.Path, "failed-*").Length.ShouldBe(isOver ? fails : 6);
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
}
