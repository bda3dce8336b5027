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
