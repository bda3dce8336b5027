using System.Diagnostics;
using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Tests.Sandboxes;

/// <summary>What a command sees of HOME and of other host folders, and that nothing of it is left.</summary>
public sealed class SandboxHomeTests : IDisposable
{
    private readonly ScratchFolder _host = new();
    private readonly SandboxFixture _f = new();

    public SandboxHomeTests()
    {
        _host.Write("home/.cache/kept.txt", "kept\n");
        _host.Write("home/.cache/gone.txt", "gone\n");
        SandboxFixture.Own(_host["home"]);
        File.SetUnixFileMode(_host.Path, (UnixFileMode)0x1ed);
    }

    public void Dispose()
    {
        _f.Dispose();
        _host.Dispose();
    }

    [Fact]
    public async Task HomeLayer_IsSeen_AndWhatIsWrittenThereVanishes()
    {
        var line = "cd && echo changed >> .cache/kept.txt && rm .cache/gone.txt && mkdir -p new/deep && echo x > new/deep/file && cat .cache/kept.txt && ls -A .cache && rm -r new && mkdir new && ls -A new";
        var result = await RunAsync(line, c => c with { HomeLayer = _host["home"] });
        (result.StandardOutput, result.StandardError).ShouldBe(("kept\nchanged\nkept.txt\n", ""));
        (await RunAsync("cd && cat .cache/kept.txt && ls -A . .cache", c => c with { HomeLayer = _host["home"] })).StandardOutput
            .ShouldBe("kept\n.:\n.cache\n\n.cache:\ngone.txt\nkept.txt\n");
        File.ReadAllText(_host["home/.cache/kept.txt"]).ShouldBe("kept\n");
    }

    [Fact]
    public async Task HomeLayer_OfAnotherCommandAtTheSameTime_IsNotMixed()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => RunAsync($"cd && echo {i} > mine && sleep 0.2 && cat mine", c => c with { HomeLayer = _host["home"] })));
        results.Select(r => r.StandardOutput).ShouldBe(Enumerable.Range(0, 6).Select(i => $"{i}\n"));
    }

    [Fact]
    public async Task HomeLayer_LeavesNothingOnTheHost_AlsoWhenTheCommandIsKilled()
    {
        var limits = SandboxFixture.Limits with { Timeout = TimeSpan.FromSeconds(1) };
        var result = await _f.Sandbox.RunAsync(
            SandboxCommand.Shell("cd && echo x > file; (setsid sleep 300 &); sleep 300", _f.Workspace, limits) with { HomeLayer = _host["home"] }, CancellationToken.None);
        result.Outcome.ShouldBe(SandboxOutcome.TimedOut);
        File.ReadAllText("/proc/self/mounts").ShouldNotContain("coding-agent-sandbox-");
        Directory.EnumerateFileSystemEntries(_host["home"]).Select(Path.GetFileName).ShouldBe([".cache"]);
        foreach (var folder in Directory.EnumerateDirectories(Path.GetTempPath(), "coding-agent-sandbox-*"))
            if (Directory.Exists(Path.Combine(folder, "stage"))) Directory.EnumerateFileSystemEntries(Path.Combine(folder, "stage")).ShouldBeEmpty();
    }

    [Fact]
    public async Task HomeLayer_WhereNoOverlayCanBeMounted_IsCopied_AndTheCopyIsRemoved()
    {
        using var f = new SandboxFixture(new BubblewrapOptions { NoOverlay = true });
        var command = SandboxCommand.Shell("cd && cat .cache/kept.txt && echo x > new && mkdir closed && touch closed/x && chmod 0 closed && rm .cache/gone.txt", f.Workspace, SandboxFixture.Limits);
        (await f.Sandbox.RunAsync(command with { HomeLayer = _host["home"] }, CancellationToken.None)).StandardOutput.ShouldBe("kept\n");
        (await f.Sandbox.InspectAsync()).CopiesHome.ShouldBeTrue();
        (await _f.Sandbox.InspectAsync()).CopiesHome.ShouldBeFalse();
        File.Exists(_host["home/.cache/gone.txt"]).ShouldBeTrue();
        // Other users' sandboxes are closed to this one.
        var mine = new EnumerationOptions { IgnoreInaccessible = true };
        Directory.EnumerateDirectories(Path.GetTempPath(), "coding-agent-sandbox-*", mine).SelectMany(d => Directory.EnumerateDirectories(d, "home-*", mine)).ShouldBeEmpty();
    }

    [Fact]
    public async Task HomeLayer_WithNamesThatMountOptionsWouldSplit_IsShown()
    {
        var odd = _host["odd,upper=x:y\\z home"];
        Directory.CreateDirectory(odd);
        File.WriteAllText(Path.Combine(odd, "file"), "seen");
        SandboxFixture.Own(odd);
        (await RunAsync("cat ~/file", c => c with { HomeLayer = odd })).StandardOutput.ShouldBe("seen");
    }

    [Fact]
    public async Task HomePath_IsWritten()
    {
        (await RunAsync("cd && cat .cache/kept.txt && echo made > made.txt", c => c with { HomePath = _host["home"] })).StandardOutput.ShouldBe("kept\n");
        File.ReadAllText(_host["home/made.txt"]).ShouldBe("made\n");
        await Should.ThrowAsync<ArgumentException>(() => RunAsync("true", c => c with { HomePath = _host["home"], HomeLayer = _host["home"] }));
    }

    [Fact]
    public async Task Capabilities_AreGone_BehindAStageToo()
    {
        var line = "grep -E 'Cap(Prm|Eff|Bnd|Amb)' /proc/self/status | grep -v 0000000000000000; id -u; unshare --user true; mount -t tmpfs none /tmp; ls /proc/1/root/root; ls -A /proc/1; ls /tmp";
        var result = await RunAsync(line, c => c with { HomeLayer = _host["home"] });
        result.StandardOutput.ShouldNotContain("Cap");
        result.StandardOutput.ShouldMatch("^[0-9]+\n$");
        result.StandardOutput.ShouldNotStartWith("0\n");
        result.StandardError.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(4, result.StandardError);
    }

    [Fact]
    public async Task Binds_AreSeenReadOnly()
    {
        var bind = new SandboxBind(_host["home/.cache"], "/opt/shown");
        var result = await RunAsync("cat /opt/shown/kept.txt; echo x > /opt/shown/x", c => c with { Binds = [bind] });
        result.StandardOutput.ShouldBe("kept\n");
        result.StandardError.ShouldContain("Read-only");
    }

    [Theory]
    [InlineData("/workspace/.git")]
    [InlineData("/home/agent")]
    [InlineData("/opt/../workspace/x")]
    [InlineData("relative")]
    [InlineData("/proc/1")]
    public async Task Binds_WhereCommandsCouldLeadThemElsewhere_AreRefused(string path) =>
        await Should.ThrowAsync<ArgumentException>(() => RunAsync("true", c => c with { Binds = [new SandboxBind(_host.Path, path)] }));

    [RootFact]
    public async Task Enter_FindsAWorkspaceThatOnlyAnotherMountNamespaceShows()
    {
        var hidden = Directory.CreateDirectory(_host["hidden"]).FullName;
        var start = new ProcessStartInfo("unshare", ["-m", "sh", "-c", "mount -t tmpfs none \"$1\" && mkdir -m 777 \"$1/ws\" && echo inside > \"$1/ws/file\" && echo ready && read end", "x", hidden])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        using var holder = Process.Start(start)!;
        (await holder.StandardOutput.ReadLineAsync()).ShouldBe("ready");
        var command = SandboxCommand.Shell("cat file; cat ~/.cache/kept.txt", Path.Combine(hidden, "ws"), SandboxFixture.Limits) with
        {
            Enter = ["nsenter", "-t", holder.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), "-m", "--"],
            HomeLayer = _host["home"],
        };
        var result = await _f.Sandbox.RunAsync(command, CancellationToken.None);
        holder.StandardInput.Close();
        (result.StandardOutput, result.StandardError).ShouldBe(("inside\nkept\n", ""));
    }

    private Task<SandboxResult> RunAsync(string line, Func<SandboxCommand, SandboxCommand> with) =>
        _f.Sandbox.RunAsync(with(SandboxCommand.Shell(line, _f.Workspace, SandboxFixture.Limits)), CancellationToken.None);
}
